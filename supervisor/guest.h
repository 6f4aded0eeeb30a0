/*
 * guest.h - the control socket: connections that are processes.
 */
#ifndef GUEST_H
#define GUEST_H
#include "world.h"

/* Takes the listening socket.  -1 and errno. */
int	 guest_open(struct world *, int fd);
void	 guest_close(struct world *);		/* no new ones */

/* Whether a guest has still something to read. */
bool	 guest_waiting(struct world *);

/* All guests are closed, at the end of the node. */
void	 guest_close_all(struct world *, const struct cause *);

#endif /* GUEST_H */
