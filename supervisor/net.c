/*
 * net.c - the network of a relay: listener, keys, discovery, timers.
 *
 * Owns:    the listener's and announcements' descriptors, the keys.
 * Not here: connections (tcp.c), which address is dialled when (dial.c).
 * Errors:  a broken key file leaves the keys that were there; without one no
 *          address but loopback is dialled.
 */
#include "net.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_host.h"
#include "dial.h"
#include "discover.h"
#include "host.h"
#include "keys.h"
#include "log.h"
#include "loop.h"
#include "netif.h"
#include "peer.h"
#include "resolve.h"
#include "session.h"
#include "settings.h"
#include "strangers.h"
#include "tcp.h"
#include "tls.h"

#define ACCEPTS_A_TURN	32
#define PACKETS_A_TURN	64
#define ACCEPT_PAUSE_MS	100
#define ALARM_RETRY_MS	20
#define SEALED_ROOM	(128u << 10)	/* bytes received in a turn */

/* ---- time and chance ---- */

struct mono
net_clock(struct node *n)
{
	(void)n;
	return mono_now();
}

uint64_t
net_random(struct node *n)
{
	uint64_t	r;

	(void)n;
	arc4random_buf(&r, sizeof(r));
	return r;
}

static void
on_alarm(void *arg)
{
	struct alarm	*a = arg;

	a->node->now = mono_now();
	a->when = MONO_NEVER;
	a->fn(a->arg);
}

static void
alarm_lost(struct alarm *a, bool lost)
{
	struct world	*w;

	if (a->lost == lost)		/* as one that was never set */
		return;
	w = world_of(a->node);
	a->lost = lost;
	if (!lost)
		LIST_REMOVE(a, entry);
	else {
		LIST_INSERT_HEAD(&w->lost_alarms, a, entry);
		loop_timer_set(w->alarm_timer, mono_after(a->node->now,
		    MONO_MS(ALARM_RETRY_MS)));
	}
}

void
net_alarm(struct alarm *a, struct mono when)
{
	a->when = when;
	if (when.ns == MONO_NEVER.ns) {
		alarm_lost(a, false);
		loop_timer_free(a->timer);
		a->timer = NULL;
		return;
	}
	if (a->timer == NULL)
		a->timer = loop_timer_new(a->node->loop, on_alarm, a);
	if (a->timer != NULL)
		loop_timer_set(a->timer, when);
	alarm_lost(a, a->timer == NULL);	/* no memory for it yet */
}

static void
on_alarms_lost(void *arg)
{
	struct world	*w = arg;
	struct alarm	*a, *next;

	w->node.now = mono_now();
	for (a = LIST_FIRST(&w->lost_alarms); a != NULL; a = next) {
		next = LIST_NEXT(a, entry);
		alarm_lost(a, false);
		net_alarm(a, a->when);
	}
}

/* ---- the listener ---- */

static void
on_pause_over(void *arg)
{
	struct world	*w = arg;

	if (w->net_io != NULL)
		(void)loop_io_want(w->net_io, LOOP_READ);
}

static void
on_listener(void *arg, int what)
{
	struct world	*w = arg;
	int		 fd, i;

	(void)what;
	w->node.now = mono_now();
	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		/* cppcheck-suppress nullPointer ; no address is wanted */
		fd = accept4(w->net_listener, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1)
			strangers_accept(w, fd);
		else if (errno == EMFILE || errno == ENFILE ||
		    errno == ENOMEM || errno == ENOBUFS) {
			/* They wait in the kernel meanwhile. */
			(void)loop_io_want(w->net_io, 0);
			loop_timer_set(w->net_timer, mono_after(w->node.now,
			    MONO_MS(ACCEPT_PAUSE_MS)));
			return;
		} else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* ---- discovery ---- */

static const unsigned int sources[] = {
	[DISCOVER_STATIC] = TARGET_STATIC,
	[DISCOVER_DNS] = TARGET_DNS,
	[DISCOVER_BROADCAST] = TARGET_BROADCAST,
};

static void
suggest(void *arg, enum discover_source source, const char *host,
    uint16_t port)
{
	struct world	*w = arg;
	char		 text[HOST_TEXT_SIZE];

	dial_suggest(&w->node, sources[source], host_print(text, host, port));
}

static void
withdraw(void *arg, enum discover_source source, const char *host,
    uint16_t port)
{
	struct world	*w = arg;
	char		 text[HOST_TEXT_SIZE];

	dial_withdraw(&w->node, sources[source],
	    host_print(text, host, port));
}

static void
broadcast(void *arg, bool loopback, const void *p, size_t n)
{
	struct world	*w = arg;

	if (w->net_udp != -1)
		(void)netif_broadcast(w->net_udp,
		    (uint16_t)w->conf->node.discovery_port, loopback, p, n);
}

static void
on_answer(void *arg, const struct host *h, size_t n, const char *why)
{
	struct world	*w = arg;

	w->node.now = mono_now();
	discover_answer(w->discover, h, n, why);
}

/* A name that begins with _ names a service. */
static int
ask(void *arg, const char *name)
{
	struct world	*w = arg;

	return resolver_ask(w->resolver, name, name[0] == '_' ?
	    RESOLVER_SERVICE : RESOLVER_HOST, DISCOVER_PORT, on_answer, w) ==
	    NULL ? -1 : 0;
}

static void
on_tick(void *arg)
{
	struct world	*w = arg;

	w->node.now = mono_now();
	discover_tick(w->discover);
}

static void
wake(void *arg, struct mono when)
{
	struct world	*w = arg;

	loop_timer_set(w->discover_timer, when);
}

static uint32_t
random_below(void *arg, uint32_t below)
{
	(void)arg;
	return arc4random_uniform(below);
}

static const struct discover_acts discover_acts = {
	.suggest = suggest,
	.withdraw = withdraw,
	.broadcast = broadcast,
	.ask = ask,
	.wake = wake,
	.random = random_below,
};

static void
on_packet(void *arg, int what)
{
	struct world	*w = arg;
	uint8_t		 p[ANNOUNCE_MAX + 1];
	char		 host[NETIF_HOST_SIZE];
	ssize_t		 n;
	int		 i;

	(void)what;
	w->node.now = mono_now();
	for (i = 0; i < PACKETS_A_TURN; i++) {
		n = netif_receive(w->net_udp, p, sizeof(p), host);
		if (n >= 0)
			discover_packet(w->discover, host, p, (size_t)n);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
	}
}

/* ---- keys ---- */

static int
read_keys(struct world *w)
{
	struct keys	*keys;
	struct tls_ctx	*tls;
	char		 why[KEYS_WHY_SIZE + TLS_WHY_SIZE];

	if ((keys = calloc(1, sizeof(*keys))) == NULL)
		return -1;
	(void)lseek(w->key_fd, 0, SEEK_SET);	/* shared with the parent */
	if (keys_read(keys, w->key_fd, why, sizeof(why)) == -1)
		goto fail;
	if ((tls = tls_ctx_new(keys, why, sizeof(why))) == NULL)
		goto fail;
	if (w->keys != NULL)
		keys_release(w->keys);
	free(w->keys);
	tls_ctx_free(w->tls);
	w->keys = keys;
	w->tls = tls;
	return 0;
 fail:
	log_warnx(w->node.log, "%s: %s", w->conf->node.key_file, why);
	keys_release(keys);
	free(keys);
	return -1;
}

static void
drop_keys(struct world *w)
{
	if (w->keys != NULL)
		keys_release(w->keys);
	free(w->keys);
	tls_ctx_free(w->tls);
	w->keys = NULL;
	w->tls = NULL;
}

/* ---- all of it ---- */

/* The address others dial, as N_HELLO says it: ":PORT" where it is the one the
   connection comes from. */
static void
set_address(struct world *w)
{
	const char	*a = w->conf->node.advertise[0] != '\0' ?
			    w->conf->node.advertise : w->net_address;
	char		 host[CONF_HOST_SIZE];
	int		 port = -1, own = -1;

	w->node.address[0] = '\0';
	if (conf_host_parse(w->net_address, host, &own) != NULL ||
	    conf_host_parse(a, host, &port) != NULL)
		return;
	if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0)
		host[0] = '\0';
	(void)host_print(w->node.address, host, (uint16_t)(port != -1 ? port :
	    own));
}

static void
configure_discovery(struct world *w)
{
	struct announce_tag	 tags[KEYS_MOST] = { { { 0 } } };
	struct discover_self	 self = { .listen = w->net_address,
				    .tags = tags, .ntags = 1 };
	struct keys		 none = { .n = 0 }, one = { .n = 1 };
	size_t			 i;

	if (!w->node.network) {
		discover_configure(w->discover, NULL);
		return;
	}
	if (w->keys == NULL)
		keys_tag(&none, w->conf->node.cluster, tags[0].p);
	else
		for (self.ntags = 0, i = 0; i < w->keys->n &&
		    i < KEYS_MOST; i++) {
			one.key[0] = w->keys->key[i];
			keys_tag(&one, w->conf->node.cluster,
			    tags[self.ntags++].p);
		}
	keys_release(&one);
	discover_configure(w->discover, &self);
}

void
net_unwatch(struct world *w)
{
	loop_io_free(w->net_io);
	loop_io_free(w->udp_io);
	w->net_io = w->udp_io = NULL;
}

/* The descriptors the parent gave, or gave anew. */
static int
watch_sockets(struct world *w)
{
	net_unwatch(w);
	if (!w->node.network)
		return 0;
	if (w->net_listener != -1 && ((w->net_io = loop_io_new(w->node.loop,
	    w->net_listener, on_listener, w)) == NULL ||
	    loop_io_want(w->net_io, LOOP_READ) == -1))
		return -1;
	if (w->net_udp != -1 && ((w->udp_io = loop_io_new(w->node.loop,
	    w->net_udp, on_packet, w)) == NULL ||
	    loop_io_want(w->udp_io, LOOP_READ) == -1))
		return -1;
	return 0;
}

/* What is there from the first to the last, with or without a network. */
static int
begin(struct world *w)
{
	if (w->discover != NULL)
		return 0;
	TAILQ_INIT(&w->tcps);
	STAILQ_INIT(&w->dirty_tcps);
	buf_init(&w->plain, SEALED_ROOM + WIRE_MAX);
	w->net_timer = loop_timer_new(w->node.loop, on_pause_over, w);
	w->discover_timer = loop_timer_new(w->node.loop, on_tick, w);
	w->alarm_timer = loop_timer_new(w->node.loop, on_alarms_lost, w);
	w->discover = discover_new(&w->node, &discover_acts, w);
	return w->net_timer == NULL || w->discover_timer == NULL ||
	    w->alarm_timer == NULL || w->discover == NULL ? -1 : 0;
}

/* What only a network needs. */
static int
begin_network(struct world *w)
{
	if (w->resolver == NULL &&
	    (w->resolver = resolver_new(w->node.loop, NULL)) == NULL)
		return -1;
	if (w->sealed.p == NULL) {
		w->sealed.cap = SEALED_ROOM;
		w->sealed.p = malloc(w->sealed.cap);
	}
	return w->sealed.p == NULL ? -1 : 0;
}

int
net_open(struct world *w)
{
	int	result = 0;

	if (begin(w) == -1)
		return -1;
	if (w->key_fd == -1)
		drop_keys(w);
	else if (read_keys(w) == -1)
		result = -1;
	w->node.keyed = w->keys != NULL;
	/* A key that is asked for and is not there is never done without. */
	w->node.network = w->net_listener != -1 &&
	    (w->node.keyed || w->conf->node.key_file[0] == '\0');
	if (w->node.network && begin_network(w) == -1)
		return -1;
	loop_spin(w->node.loop, w->conf->node.spin * 1000);
	set_address(w);
	if (watch_sockets(w) == -1)
		return -1;
	dial_reload(&w->node, NULL, 0);
	configure_discovery(w);
	return result;
}

void
net_close(struct world *w)
{
	if (w->discover == NULL)
		return;
	dial_stop(&w->node);
	session_goodbye(&w->node);
	tcp_close_all(w);
	w->node.network = false;
	dial_release(&w->node);
	peer_release(&w->node);
	discover_free(w->discover);
	if (w->resolver != NULL)
		resolver_free(w->resolver);
	loop_timer_free(w->discover_timer);
	loop_timer_free(w->alarm_timer);
	loop_timer_free(w->net_timer);
	net_unwatch(w);
	drop_keys(w);
	free(w->sealed.p);
	buf_release(&w->plain);
}
