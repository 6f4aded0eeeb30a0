/*
 * strangers.c - connections that are accepted, and the bounds on them.
 *
 * A connection that has not shown who it is may be anybody's: there are at most
 * STRANGERS of them, STRANGERS_HOST from one address (the port is open to all
 * processes of this machine on loopback, so there as many as in all).  One too
 * many drops the oldest, so that a flood keeps nobody out.  Who knows the key,
 * or without one who has said hello, is no stranger.
 *
 * Owns:    nothing; tcp.c says when one is a stranger no more.
 * Not here: the listener (net.c), what they say (tcp.c, trunk.c).
 * Errors:  one that cannot be kept is closed.
 */
#include "strangers.h"

#include <sys/socket.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "tcp_state.h"

#define STRANGERS	64
#define STRANGERS_HOST	8
#define STRANGER_MS	5000		/* to show who it is */

/* The oldest stranger of this host (NULL: of any); *n: how many there are. */
static struct tcp *
oldest_stranger(struct world *w, const char *host, unsigned int *n)
{
	struct tcp	*c, *oldest = NULL;

	*n = 0;
	TAILQ_FOREACH(c, &w->tcps, entry) {
		if (!c->stranger || c->gone ||
		    (host != NULL && strcmp(host, c->host) != 0))
			continue;
		if (oldest == NULL)
			oldest = c;
		(*n)++;
	}
	return oldest;
}

static void
make_room(struct world *w, const struct tcp *new)
{
	struct tcp	*old;
	unsigned int	 n;

	if (!new->loopback) {
		old = oldest_stranger(w, new->host, &n);
		if (n >= STRANGERS_HOST)
			tcp_failed(old, "too many connections of its address");
	}
	old = oldest_stranger(w, NULL, &n);
	if (n >= STRANGERS)
		tcp_failed(old, "too many connections");
}

void
strangers_accept(struct world *w, int fd)
{
	struct sockaddr_storage	a;
	socklen_t		len = sizeof(a);
	struct tcp		*c;

	if (getpeername(fd, (struct sockaddr *)&a, &len) == -1 ||
	    (c = tcp_new(w, fd)) == NULL) {
		close(fd);
		return;
	}
	tcp_set_host(c, &a);
	if (w->nstrangers >= STRANGERS_HOST)
		make_room(w, c);
	c->state = TCP_SHAKING;
	c->stranger = true;
	w->nstrangers++;
	if (tcp_start(c, LOOP_READ, STRANGER_MS) == -1) {
		tcp_failed(c, "out of memory");
		return;
	}
	if (c->tls == NULL)
		tcp_open(c);
}
