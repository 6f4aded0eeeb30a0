/*
 * world.h - what a relay has beside its node: sockets, timers, readers.
 *
 * The node decides; this is where its decisions meet the system.  node.world is
 * the struct world around it.
 */
#ifndef WORLD_H
#define WORLD_H
#include "buf.h"
#include "node.h"

struct line {				/* captured */
	TAILQ_ENTRY(line)	 entry;
	struct pid		 pid;
	char			 name[NAME_SIZE];
	size_t			 len;
	char			 text[];
};

struct death {				/* remembered */
	TAILQ_ENTRY(death)	 entry;
	struct pid		 pid;
	char			 name[NAME_SIZE];
	struct cause		 cause;
	int64_t			 uptime_s;
	char			 time[40];
	char			*lines;		/* its last, or NULL */
};

struct subscription {			/* a live query */
	LIST_ENTRY(subscription) entry;
	struct stream		*stream;
	uint64_t		 ref;
	bool			 output;	/* else events */
	bool			 wait;		/* workers wait for it */
	size_t			 npatterns;
	char			*patterns[];
};

struct reload {				/* asked by a command, unanswered */
	TAILQ_ENTRY(reload)	 entry;
	struct pid		 by;
	uint64_t		 ref;
	bool			 dry_run;
};

#define WORLD_ROOM	(128u << 10)	/* bytes received in a turn of one */
#define WORLD_LINES_MAX	(256u << 10)	/* bytes of captured lines kept */
#define WORLD_DEATHS_MAX 100

struct world {
	struct node		 node;
	struct conf		*conf;
	struct conn_room	 room;		/* of all streams, in turn */
	struct loop_io		*order_io;
	bool			 order_writing;
	STAILQ_HEAD(, stream)	 resumed;

	int			 listener, spare;	/* spare: see guest.c */
	struct loop_io		*listener_io;
	struct loop_timer	*listener_timer;
	unsigned int		 nguests;

	/* Opened by the parent; -1: none. */
	int			 net_listener;		/* TCP */
	int			 net_udp;		/* announcements */
	char			 net_address[256];	/* host:port, or "" */
	int			 key_fd;		/* of the key file */

	struct loop_io		*net_io, *udp_io;
	struct loop_timer	*net_timer;	/* accepting pauses */
	struct loop_timer	*discover_timer;
	struct loop_timer	*alarm_timer;	/* to set lost ones again */
	LIST_HEAD(, alarm)	 lost_alarms;
	struct resolver		*resolver;
	struct discover		*discover;
	struct tls_ctx		*tls;		/* NULL: without a key */
	struct keys		*keys;
	TAILQ_HEAD(, tcp)	 tcps;		/* oldest first */
	STAILQ_HEAD(, tcp)	 dirty_tcps;
	unsigned int		 nstrangers;
	struct mono		 stranger_said;
	struct conn_room	 sealed;	/* bytes of TLS, in turn */
	struct buf		 plain;		/* before it is sealed */

	TAILQ_HEAD(lines, line)	 lines;
	size_t			 lines_bytes;
	TAILQ_HEAD(deaths, death) deaths;
	size_t			 ndeaths;
	LIST_HEAD(, subscription) subs;
	bool			 output_held;	/* a reader is full */
	bool			 output_stopped;	/* so nothing is read */
	TAILQ_HEAD(, reload)	 reloads;
	bool			 reload_good;	/* its O_CONF follows */
	char			 owner[NAME_SIZE];	/* broodd's user */
	struct loop_timer	*debt;		/* orders to be sent again */
	struct loop_timer	*last_words;	/* time to read the last rows */
	bool			 words_over;
	bool			 stopped;		/* told the parent */
};

static inline struct world *
world_of(const struct node *n)
{
	return n->world;
}

#endif /* WORLD_H */
