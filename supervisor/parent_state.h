/*
 * parent_state.h - all state of the parent: one struct parent.
 *
 * Who owns which part (and may write it):
 *
 *	starter.c	the relay's life: birth, ready, restarts
 *	report.c	the link's output
 *	orders.c	the link's input
 *	reload.c	conf, programs, net
 *	parent.c	signals, deaths, the stop, the rest
 */
#ifndef PARENT_STATE_H
#define PARENT_STATE_H
#include <sys/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "conn.h"
#include "kids.h"
#include "listen.h"
#include "mono.h"
#include "notify.h"
#include "programs.h"
#include "sigs.h"

#define PARENT_EXIT_USAGE	100
#define PARENT_EXIT_SYSTEM	111
#define PARENT_VERDICT_TIME	MONO_MS(5000)	/* a birth takes no longer */
#define PARENT_RESTARTS_MOST	1000		/* of relay-restarts */

/* Above this the relay is not asked what it wants, nor told of deaths: those
   stay in the table until it has read what is there. */
#define PARENT_LINK_HIGH	(256u << 10)

struct conf;
struct daemonize;
struct log;
struct rundir;
struct source;
struct where;

struct relay {
	struct child_birth	 birth;		/* pid 0: there is none */
	struct mono		 deadline;	/* of the verdict */
	struct mono		 again;		/* when the next one starts */
	struct mono		 started;
	struct mono		 deaths[PARENT_RESTARTS_MOST];
	size_t			 ndeaths;	/* within the period */
	bool			 ready;
	bool			 stopped;	/* it said O_STOPPED */
};

struct parent {
	/* from broodd.c, lent */
	const struct source	*source;
	const struct where	*where;
	struct rundir		*run;
	struct log		*log;
	struct daemonize	*daemon;
	pid_t			 known_pid;	/* whom init knows: the guard */
	int			 guard;		/* readable: it is dead */

	struct conf		*conf;
	struct programs		 programs;
	struct listen		 net;
	struct notify		 notify;
	struct sigs		 signals;
	struct kids		 kids;
	struct relay		 relay;
	struct conn		 link;
	struct conn_room	 room;
	int			 null;		/* /dev/null */

	struct mono		 retry;		/* what memory was short for */
	struct mono		 beat;		/* the watchdog's next */
	struct mono		 stop_by;
	unsigned int		 stops_direct, stops_passed;	/* asked */
	bool			 ever_ready;
	bool			 held;		/* a frame waits for memory */
	bool			 shutdown;	/* the relay asked for it */
	bool			 stopping;
	bool			 done;
	int			 code;		/* of the exit, once done */
};

#endif /* PARENT_STATE_H */
