/*
 * remote.h - frames between this node and others: what each does.
 */
#ifndef REMOTE_H
#define REMOTE_H
#include "others.h"

/* Messages in a row for one process, still where they were received. */
struct remote_run {
	struct proc	*to;
	struct pid	 pid;		/* of to */
	const uint8_t	*p;
	size_t		 n;
	uint64_t	 frames;	/* 0: none */
};

/*
 * Adds a message to the run.  False: it is none, or cannot join, or its header
 * is broken: deliver the run and offer it again, then call remote_frame().
 */
bool		 remote_gather(struct peer *, const struct frame *,
		    struct remote_run *);
void		 remote_deliver(struct peer *, struct remote_run *);

/* A numbered frame of a peer.  NULL, or why it is broken. */
const char	*remote_frame(struct peer *, struct frame *);

/* A signal to another node (acts->remote).  NULL: sent; else why not. */
const struct cause *remote_signal(struct node *, const struct signal_frame *);

#endif /* REMOTE_H */
