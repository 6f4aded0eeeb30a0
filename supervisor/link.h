/*
 * link.h - streams on sockets: what the node decides, done.
 */
#ifndef LINK_H
#define LINK_H
#include "world.h"

/* The acts of the node that are about sockets; see struct node_acts. */
int	 link_bind(struct stream *);
void	 link_update(struct stream *);
int	 link_sockets(struct proc *, int fds[CONN_FDS], size_t *nfds);
void	 link_drain(struct proc *);
void	 link_deadline(struct proc *, struct mono);
void	 link_gone(struct proc *);

/* At the end of a turn: streams that may go on with what they hold. */
void	 link_turn(struct world *);

#endif /* LINK_H */
