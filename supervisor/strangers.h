/*
 * strangers.h - connections that are accepted, and the bounds on them.
 */
#ifndef STRANGERS_H
#define STRANGERS_H
#include "world.h"

/* A connection was accepted; fd is taken. */
void	 strangers_accept(struct world *, int fd);

#endif /* STRANGERS_H */
