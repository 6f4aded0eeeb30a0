/*
 * netif.c - datagrams to everybody in the local networks, and from them.
 *
 * To each interface's own broadcast address: 255.255.255.255 leaves by one
 * interface only, and by none where no route leads there.  Interfaces come and
 * go, so they are listed anew each time.
 *
 * Owns:    the system's calls of announcements.
 * Not here: opening the socket; what is sent, and when.
 * Errors:  -1 and errno.  One interface that fails does not keep a datagram
 *          from the others.
 */
#include "netif.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>

#define LOOPBACK_ALL	0x7fffffff		/* 127.255.255.255 */

/* A point-to-point interface has a peer in the place of the address. */
static const struct sockaddr_in *
broadcast_of(const struct ifaddrs *i)
{
	const unsigned int	need = IFF_UP | IFF_BROADCAST;

	if ((i->ifa_flags & need) != need || i->ifa_addr == NULL ||
	    i->ifa_addr->sa_family != AF_INET || i->ifa_broadaddr == NULL)
		return NULL;
	return (const void *)i->ifa_broadaddr;
}

static bool
listed(const struct in_addr *list, int n, struct in_addr a)
{
	while (n-- > 0)
		if (list[n].s_addr == a.s_addr)
			return true;
	return false;
}

int
netif_list(struct in_addr list[NETIF_MOST], bool loopback)
{
	const struct sockaddr_in	*b;
	struct ifaddrs			*all, *i;
	int				 n = 0;

	if (loopback) {
		list[0].s_addr = htonl(LOOPBACK_ALL);
		return 1;
	}
	if (getifaddrs(&all) == -1)
		return -1;
	for (i = all; i != NULL && n < NETIF_MOST; i = i->ifa_next)
		if ((b = broadcast_of(i)) != NULL &&
		    b->sin_addr.s_addr != htonl(INADDR_ANY) &&
		    !listed(list, n, b->sin_addr))
			list[n++] = b->sin_addr;
	freeifaddrs(all);
	return n;
}

int
netif_broadcast(int fd, uint16_t port, bool loopback, const void *p, size_t n)
{
	struct in_addr		list[NETIF_MOST];
	struct sockaddr_in	to;
	int			i, count, sent = 0, err = ENETUNREACH;

	if ((count = netif_list(list, loopback)) == -1)
		return 0;
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	to.sin_port = htons(port);
	for (i = 0; i < count; i++) {
		to.sin_addr = list[i];
		if (sendto(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&to, sizeof(to)) != -1)
			sent++;
		else
			err = errno;
	}
	if (sent == 0)
		errno = err;
	return sent;
}

ssize_t
netif_receive(int fd, void *p, size_t size, char host[NETIF_HOST_SIZE])
{
	struct sockaddr_in	from;
	struct iovec		iov = { p, size };
	struct msghdr		m;
	ssize_t			n;

	memset(&from, 0, sizeof(from));
	memset(&m, 0, sizeof(m));
	m.msg_name = &from;
	m.msg_namelen = sizeof(from);
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	/* MSG_TRUNC asks for the length it had on the wire. */
	if ((n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_TRUNC)) == -1)
		return -1;
	if (from.sin_family != AF_INET ||
	    inet_ntop(AF_INET, &from.sin_addr, host, NETIF_HOST_SIZE) == NULL) {
		errno = EBADMSG;
		return -1;
	}
	if ((m.msg_flags & MSG_TRUNC) != 0 && (size_t)n <= size)
		n = (ssize_t)size + 1;	/* a system that tells no length */
	return n;
}
