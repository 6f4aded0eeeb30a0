/*
 * listener.c - the port that clients come to.
 *
 * Owns:    the listening socket; what happens when descriptors run out.
 * Not here: what a connection is then (clients.c).
 * Errors:  NULL or false, and words.
 */
#include "listener.h"

#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "msg.h"

#define TURN_MOST	64	/* connections, before others have their turn */
#define PAUSE_MS	200	/* when not even one descriptor is to be had */

struct listener {
	int		 fd;
	int		 spare;	/* given up to accept, and refuse, one more */
	bool		 short_of;	/* descriptors; said once */
	uint64_t	 paused;	/* until then; 0: not */
	struct watch	*watch;
	void		(*accepted)(void *, int);
	void		*ctx;
};

/* ---- the socket ---- */

/* One socket for IPv4 and IPv6, where there is IPv6. */
static int
bind_one(const struct addrinfo *a)
{
	int	one = 1, zero = 0, fd, error;

	if ((fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0)) == -1)
		return -1;
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero,
		    sizeof(zero));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static const char *
bind_any(int *fd, const char *address, const char *port)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo	*list, *a;
	int		 r, error;

	hints.ai_family = address == NULL ? AF_INET6 : AF_UNSPEC;
	if ((r = getaddrinfo(address, port, &hints, &list)) != 0)
		return r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r);
	for (a = list; a != NULL && *fd == -1; a = a->ai_next)
		*fd = bind_one(a);
	error = errno;
	freeaddrinfo(list);
	/* A host without IPv6. */
	if (*fd == -1 && address == NULL && error != EADDRINUSE &&
	    error != EACCES)
		return bind_any(fd, "0.0.0.0", port);
	return *fd == -1 ? strerror(error) : NULL;
}

struct listener *
listener_new(const char *address, size_t port, char why[LISTENER_WHY])
{
	struct listener	*l;
	const char	*fault;
	char		 text[8];

	if ((l = calloc(1, sizeof(*l))) == NULL) {
		(void)snprintf(why, LISTENER_WHY, "%s", strerror(errno));
		return NULL;
	}
	l->fd = -1;
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text), "%zu", port);
	if ((fault = bind_any(&l->fd, address, text)) == NULL)
		return l;
	(void)snprintf(why, LISTENER_WHY, "%s%sport %zu: %s",
	    address == NULL ? "" : address, address == NULL ? "" : " ", port,
	    fault);
	listener_free(l);
	return NULL;
}

void
listener_free(struct listener *l)
{
	loop_unwatch(&l->watch);
	if (l->fd != -1)
		close(l->fd);
	if (l->spare != -1)
		close(l->spare);
	free(l);
}

size_t
listener_port(const struct listener *l)
{
	struct sockaddr_storage	 name;
	socklen_t		 n = sizeof(name);
	char			 port[8] = "0";

	if (getsockname(l->fd, (struct sockaddr *)&name, &n) == 0)
		(void)getnameinfo((struct sockaddr *)&name, n, NULL, 0, port,
		    sizeof(port), NI_NUMERICSERV);
	return strtoul(port, NULL, 10);
}

/* ---- connections ---- */

/* An IPv4 client of the one socket is shown as what it is. */
static void
say_accepted(const struct sockaddr_storage *from, socklen_t n)
{
	char		 host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
	const char	*text = host;

	(void)getnameinfo((const struct sockaddr *)from, n, host, sizeof(host),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	if (strncmp(host, "::ffff:", 7) == 0 && strchr(host, '.') != NULL)
		text += 7;
	printf("Accepted connection from %s: %s\n", text, port);
}

/*
 * No descriptor is left: with the spare one the client can at least be told,
 * instead of waiting unanswered in the backlog, for which the loop would go
 * round and round.
 */
static void
refuse_one(struct listener *l)
{
	struct sockaddr_storage	 from;
	socklen_t		 n = sizeof(from);
	int			 fd;

	if (!l->short_of)
		msg_say("chat: accept: %s", strerror(errno));
	l->short_of = true;
	if (l->spare != -1)
		close(l->spare);
	fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC);
	if (fd != -1) {
		(void)send(fd, LISTENER_FULL, sizeof(LISTENER_FULL) - 1,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
	}
	l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (l->spare != -1)
		return;
	loop_want(l->watch, 0);
	l->paused = loop_ms() + PAUSE_MS;
}

static void
on_ready(void *arg, unsigned int what)
{
	struct listener		*l = arg;
	struct sockaddr_storage	 from;
	socklen_t		 n;
	int			 i, fd, one = 1;

	(void)what;
	for (i = 0; i < TURN_MOST && l->paused == 0; i++) {
		n = sizeof(from);
		fd = accept4(l->fd, (struct sockaddr *)&from, &n,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1) {
			l->short_of = false;
			/* A turn's lines go in one write anyway. */
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
			    sizeof(one));
			(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one,
			    sizeof(one));
			say_accepted(&from, n);
			l->accepted(l->ctx, fd);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			break;
		} else if (errno == EMFILE || errno == ENFILE ||
		    errno == ENOBUFS || errno == ENOMEM) {
			refuse_one(l);
		}
		/* Else it was that connection's fault. */
	}
	(void)fflush(stdout);
}

bool
listener_open(struct listener *l, struct loop *loop,
    void (*accepted)(void *, int), void *ctx)
{
	l->accepted = accepted;
	l->ctx = ctx;
	if (listen(l->fd, SOMAXCONN) == -1 ||
	    (l->watch = loop_watch(loop, l->fd, on_ready, l)) == NULL) {
		msg_say("chat: port %zu: %s", listener_port(l),
		    strerror(errno));
		return false;
	}
	loop_want(l->watch, LOOP_READ);
	printf("Listening on port %zu\n", listener_port(l));
	(void)fflush(stdout);
	return true;
}

bool
listener_turn(struct listener *l)
{
	if (l->paused != 0 && loop_ms() >= l->paused) {
		l->paused = 0;
		loop_want(l->watch, LOOP_READ);
	}
	return l->paused != 0;
}
