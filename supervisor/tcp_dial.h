/*
 * tcp_dial.h - connections that are dialled: from an address to a socket.
 */
#ifndef TCP_DIAL_H
#define TCP_DIAL_H
#include "world.h"

/* acts->connect(), connect_stop(). */
void	 tcp_dial(struct target *);
void	 tcp_dial_stop(struct target *);

#endif /* TCP_DIAL_H */
