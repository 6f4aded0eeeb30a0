/*
 * tcp.h - the sockets of trunks: bytes both ways, with TLS or without.
 */
#ifndef TCP_H
#define TCP_H
#include "world.h"

/* acts->push(). */
void	 tcp_push(struct trunk *);

/* Between turns: what waits is written, what is closed goes away. */
void	 tcp_turn(struct world *);

/* All at once, for the end. */
void	 tcp_close_all(struct world *);

#endif /* TCP_H */
