/*
 * traffic.h - what travels on a connection: frames in, bytes out.
 *
 * The world feeds trunk->conn and writes what it is given.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H
#include "others.h"

#define TRAFFIC_TURN	(64u << 10)	/* bytes written before looking up */

/* What trunk->conn has received is acted on. */
void	 traffic_in(struct trunk *);

/* Whether there is something to write; and it, up to about most bytes. */
bool	 traffic_waits(const struct trunk *);
void	 traffic_out(struct trunk *, struct buf *out, size_t most);

#endif /* TRAFFIC_H */
