/*
 * netif.h - datagrams to everybody in the local networks, and from them.
 *
 * The descriptor is opened elsewhere: UDP over IPv4 with SO_BROADCAST and
 * SO_REUSEADDR, so that several nodes of one machine share the port and each
 * hears every broadcast.  Bound to 0.0.0.0; a node that listens on loopback
 * alone binds 127.255.255.255 and hears nothing from outside.
 */
#ifndef NETIF_H
#define NETIF_H
#include <sys/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETIF_MOST	256		/* broadcast addresses sent to */
#define NETIF_HOST_SIZE	INET_ADDRSTRLEN

/*
 * The broadcast addresses of all interfaces that are up, each once; with
 * loopback 127.255.255.255 alone.  How many.  -1 and errno.
 */
int	 netif_list(struct in_addr list[NETIF_MOST], bool loopback);

/*
 * Sends to each of them, never blocks.  To how many; 0 and errno when it went
 * to none.
 */
int	 netif_broadcast(int fd, uint16_t port, bool loopback, const void *,
	    size_t);

/*
 * Receives one datagram and tells where it came from.  Its length, which may be
 * more than size: then it was cut.  -1 and errno: EAGAIN, or one that is lost,
 * and the next may be read.
 */
ssize_t	 netif_receive(int fd, void *, size_t size,
	    char host[NETIF_HOST_SIZE]);

#endif /* NETIF_H */
