/*
 * tcp_dial.c - connections that are dialled: from an address to a socket.
 *
 * Owns:    nothing.
 * Not here: when to dial which address (dial.c), names to addresses
 *          (resolve.c).
 * Errors:  dial_failed() with a reason; without a key no address but loopback
 *          is dialled.
 */
#include "tcp_dial.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "conf_host.h"
#include "dial.h"
#include "host.h"
#include "loop.h"
#include "resolve.h"
#include "tcp_state.h"

#define DIAL_MS_MOST	5000		/* to be connected and shown it */

static int
parse_numeric(const struct host *h, struct sockaddr_storage *a, socklen_t *len)
{
	struct sockaddr_in	*v4 = (void *)a;
	struct sockaddr_in6	*v6 = (void *)a;

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, h->name, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(h->port);
		*len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, h->name, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(h->port);
		*len = sizeof(*v6);
		return 0;
	}
	return -1;
}

static void
begin(struct tcp *c, const struct host *h)
{
	struct sockaddr_storage	a;
	socklen_t		len;

	if (parse_numeric(h, &a, &len) == -1) {
		tcp_failed(c, "no address that can be dialled");
		return;
	}
	tcp_set_host(c, &a);
	if (!c->world->node.keyed && !c->loopback) {
		tcp_failed(c, "not loopback: a key-file is needed; "
		    "scripts/gen-key makes one");
		return;
	}
	c->fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	c->state = TCP_CONNECTING;
	if (c->fd == -1 || tcp_start(c, LOOP_WRITE, DIAL_MS_MOST) == -1 ||
	    (connect(c->fd, (struct sockaddr *)&a, len) == -1 &&
	    errno != EINPROGRESS))
		tcp_failed(c, strerror(errno));
}

static void
on_addresses(void *arg, const struct host *h, size_t n, const char *why)
{
	struct tcp	*c = arg;

	c->world->node.now = mono_now();
	c->query = NULL;
	if (n == 0)
		tcp_failed(c, why != NULL ? why : "no such host");
	else	/* the next one each time, if there are several */
		begin(c, &h[c->target->failures % n]);
}

void
tcp_dial(struct target *t)
{
	struct world	*w = world_of(t->node);
	struct tcp	*c = tcp_new(w, -1);
	struct host	 h;
	int		 port;

	if (c == NULL) {
		dial_failed(t, "out of memory", DIAL_LATER);
		return;
	}
	c->target = t;
	t->io = c;
	c->state = TCP_LOOKUP;
	if (conf_host_parse(t->address, h.name, &port) != NULL || port <= 0) {
		tcp_failed(c, "no address that can be dialled");
		return;
	}
	h.port = (uint16_t)port;
	c->query = resolver_ask(w->resolver, h.name, RESOLVER_HOST, h.port,
	    on_addresses, c);
	if (c->query == NULL)
		tcp_failed(c, strerror(errno));
}

void
tcp_dial_stop(struct target *t)
{
	struct tcp	*c = t->io;

	if (c == NULL)
		return;
	t->io = NULL;
	c->target = NULL;
	tcp_gone(c);
}
