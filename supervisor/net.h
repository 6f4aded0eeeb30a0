/*
 * net.h - the network of a relay: listener, keys, discovery, timers.
 */
#ifndef NET_H
#define NET_H
#include "world.h"

/* With what the parent has opened, after the configuration or any of it is
   new.  -1: logged, and what was there stays. */
int		 net_open(struct world *);
void		 net_close(struct world *);

/* Before descriptors of the parent are replaced: none is watched any more. */
void		 net_unwatch(struct world *);

/* acts->clock(), random(), alarm(). */
struct mono	 net_clock(struct node *);
uint64_t	 net_random(struct node *);
void		 net_alarm(struct alarm *, struct mono);

#endif /* NET_H */
