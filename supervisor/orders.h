/*
 * orders.h - what the relay asks, and what becomes of it.
 */
#ifndef ORDERS_H
#define ORDERS_H
#include "parent_state.h"

/* Receives once and acts on what is whole.  False: there was nothing. */
bool	 orders_read(struct parent *);

/* Frames that are here already, after memory was short for one. */
void	 orders_go_on(struct parent *);

/* A verdict of k is readable, or its time is over. */
void	 orders_verdict(struct parent *, struct kid *);

/* waitpid saw the end of k. */
void	 orders_exited(struct parent *, struct kid *, int status);

#endif /* ORDERS_H */
