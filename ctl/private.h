/*
 * private.h - a supervisor of our own, for the time of one command.
 *
 * From private_open() on SIGINT, SIGTERM and SIGHUP end nothing by themselves:
 * client calls end with EINTR then, and private_heard() tells what came.
 */
#ifndef PRIVATE_H
#define PRIVATE_H
#include <sys/types.h>
#include <stdbool.h>

#include "cmd.h"

struct private {
	struct cmd	*cmd;
	char		 dir[64];	/* "": not made */
	int		 signals;	/* signalfd: INT TERM HUP CHLD */
	int		 ready;		/* where broodd says READY=1 */
	pid_t		 broodd;	/* 0: none, or buried */
	int		 stopped_by;	/* the signal that is to end us; 0 */
	bool		 blame;		/* broodd let us down: show its log */
};

/* Starts it and connects cmd's client; worker_dir "" is the installation's.
   0, or the exit code; private_close() is due in any case. */
int	 private_open(struct private *, struct cmd *, const char *worker_dir);

/* After EINTR: the signal that is to end us, or 0 when that was all. */
int	 private_heard(struct private *);

/* A client call failed for another reason: prints it. */
int	 private_lost(struct private *);

/*
 * Stops it in order and removes everything.  What the processes say until then
 * is given to fn.  Ends this process if a signal was to end it.
 */
void	 private_close(struct private *, client_frame_fn *fn, void *ctx);

#endif /* PRIVATE_H */
