/*
 * route.h - what a frame does.
 */
#ifndef ROUTE_H
#define ROUTE_H
#include "node.h"

/*
 * Acts on the whole frames that lie in the stream's conn, until there is none,
 * or the stream is held or closed.  A broken frame ends the stream here.
 */
void	 route_frames(struct stream *);

#endif /* ROUTE_H */
