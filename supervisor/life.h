/*
 * life.h - orders that end a process, and the cause it ended of.
 */
#ifndef LIFE_H
#define LIFE_H
#include "node.h"

#define CAUSE_MAX	(WIRE_CAUSE_SIZE - 1)

/* Texts of interface.md; what does not fit is cut. */
void	 cause_set(struct cause *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Orders p to end: sig is SIGTERM (then SIGKILL after its stop-timeout) or
 * SIGKILL.  The first order sent to a live process is its cause; a guest's
 * connection is closed.  To the dead: nothing.
 */
void	 life_order(struct proc *, const struct cause *, int sig);

/* Orders that found no memory: again.  They stay owed until they are sent. */
void		 life_owed(struct node *);

/* The stop-timeout of p is over. */
void	 life_deadline(struct proc *);

/* What p died of, from its status, its order and its own words. */
void	 life_cause(const struct proc *, struct cause *);

#endif /* LIFE_H */
