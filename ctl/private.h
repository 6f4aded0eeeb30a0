/*
 * private.h - supervisors of our own, for the time of one command.
 *
 * From private_open() on SIGINT, SIGTERM and SIGHUP end nothing by themselves:
 * client calls end with EINTR then, and private_heard() tells what came.
 */
#ifndef PRIVATE_H
#define PRIVATE_H
#include <stdbool.h>
#include <stddef.h>

#include "member.h"

#define PRIVATE_MOST	64		/* nodes: a bit each in a word */
#define PRIVATE_SECONDS	20		/* for all to be there */

struct pollfd;

struct private {
	struct cmd	*cmd;
	char		 dir[64];	/* "": not made */
	int		 signals;	/* signalfd: INT TERM HUP CHLD */
	int		 stopped_by;	/* the signal that is to end us; 0 */
	size_t		 n;
	struct member	*members;	/* the first is cmd's client's */
	struct mono	 deadline;	/* for all to see each other */

	struct pollfd	*fds;		/* signals, then two a member */
	size_t		 turn, frames;	/* who is read, how many so far */
};

/* Starts n of them and connects to each; worker_dir "" is the installation's.
   0, or the exit code; private_close() is due in any case. */
int	 private_open(struct private *, struct cmd *, const char *worker_dir,
	    size_t n);
int	 private_reconnect(struct private *);	/* to each anew */

/* After EINTR: the signal that is to end us, or 0 when that was all. */
int	 private_heard(struct private *);

/* The next frame of any member.  -1: EINTR; ETIMEDOUT; else *m is the one whose
   stream has ended. */
int	 private_read(struct private *, struct member **m, struct frame *,
	    struct mono deadline);

/* Its stream has ended, with errno: prints it. */
int	 private_lost(struct private *, struct member *);

/* "worker1: " where there are several, else "". */
const char	*private_prefix(const struct private *,
		    const struct member *, char text[32]);

/*
 * Stops them in order and removes everything.  What the processes say until
 * then is given to fn.  Ends this process if a signal was to end it.
 */
void	 private_close(struct private *, client_frame_fn *fn, void *ctx);

#endif /* PRIVATE_H */
