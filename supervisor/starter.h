/*
 * starter.h - the relay's life: it is started, and started again.
 */
#ifndef STARTER_H
#define STARTER_H
#include "parent_state.h"

/* Starts a relay.  What fails counts as its death. */
void	 starter_start(struct parent *);

/* Its verdict is readable, or its time is over. */
void	 starter_verdict(struct parent *);

void	 starter_ready(struct parent *);	/* it said so */

/* It broke the protocol, or closed the link (NULL): it is killed. */
void	 starter_broken(struct parent *, const char *why);

/* waitpid saw its end.  All workers are killed; then it starts again, or the
   parent is done. */
void	 starter_died(struct parent *, int status);

#endif /* STARTER_H */
