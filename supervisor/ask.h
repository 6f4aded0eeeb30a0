/*
 * ask.h - what the relay asks of the parent, over the order link.
 */
#ifndef ASK_H
#define ASK_H
#include "node.h"

/* Words of a command line: u16 count and str16s, as they stand in a frame. */
struct ask_args { const uint8_t *p; size_t n; };

/* The descriptors are taken, on failure too.  -1: ENOMEM, EMSGSIZE. */
int	 ask_spawn(struct proc *, const char *worker, struct ask_args,
	    const int *fds, size_t nfds);

/* A signal; as an order it is the cause of what follows.  -1: ENOMEM. */
int	 ask_kill(struct proc *, int sig, bool order);

/* O_READY, O_RELOAD (flag: dry run), O_SHUTDOWN, O_STOPPED. */
void	 ask_plain(struct node *, enum wire_op);
void	 ask_reload(struct node *, bool dry_run);

#endif /* ASK_H */
