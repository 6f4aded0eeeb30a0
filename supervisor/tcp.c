/*
 * tcp.c - the sockets of trunks: bytes both ways, with TLS or without.
 *
 * With TLS and without in one file: they differ in single steps of one way.
 *
 * Owns:    struct tcp, world->tcps.
 * Not here: how there comes to be one (strangers.c, tcp_dial.c), frames
 *          (traffic.c), TLS itself (tls.c).
 * Errors:  a dial that fails is told to dial.c with a reason; a connection that
 *          fails has ended.
 */
#include "tcp.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "handshake.h"
#include "host.h"
#include "log.h"
#include "loop.h"
#include "resolve.h"
#include "tcp_state.h"
#include "tls.h"
#include "traffic.h"
#include "trunk.h"

#define UNSENT_MOST	(128 << 10)	/* bytes the kernel takes ahead */
#define TURNS		4		/* of writing, before others */
#define SAY_NS		INT64_C(1000000000) /* strangers are logged so often */

/* ---- beginning and end ---- */

static void
dirty(struct tcp *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	STAILQ_INSERT_TAIL(&c->world->dirty_tcps, c, next_dirty);
}

struct tcp *
tcp_new(struct world *w, int fd)
{
	struct tcp	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->world = w;
	c->fd = fd;
	buf_init(&c->out, 4 * TRAFFIC_TURN);
	TAILQ_INSERT_TAIL(&w->tcps, c, entry);
	return c;
}

static void
tcp_free(struct tcp *c)
{
	if (c->dirty)
		STAILQ_REMOVE(&c->world->dirty_tcps, c, tcp, next_dirty);
	TAILQ_REMOVE(&c->world->tcps, c, entry);
	if (c->stranger)
		c->world->nstrangers--;
	if (c->target != NULL)
		c->target->io = NULL;
	if (c->trunk != NULL)
		c->trunk->io = NULL;
	resolver_cancel(c->query);
	loop_io_free(c->io);
	loop_timer_free(c->timer);
	tls_free(c->tls);
	buf_release(&c->out);
	if (c->fd != -1)
		close(c->fd);
	free(c);
}

void
tcp_gone(struct tcp *c)
{
	c->gone = true;
	resolver_cancel(c->query);
	c->query = NULL;
	if (c->io != NULL)
		(void)loop_io_want(c->io, 0);
	dirty(c);
}

void
tcp_failed(struct tcp *c, const char *why)
{
	struct target	*t = c->target;

	if (c->gone)
		return;
	c->target = NULL;
	tcp_gone(c);
	if (c->trunk != NULL)
		trunk_ended(c->trunk, why);
	else if (t != NULL) {
		t->io = NULL;
		dial_failed(t, why, DIAL_LATER);
	} else if (why != NULL && c->world->node.now.ns -
	    c->world->stranger_said.ns > SAY_NS) {
		c->world->stranger_said = c->world->node.now;
		c->world->node.stats.connections_refused++;
		log_warnx(c->world->node.log, "connection from %s refused: %s",
		    c->host, why);
	} else
		c->world->node.stats.connections_refused++;
}

static void
on_timer(void *arg)
{
	struct tcp	*c = arg;

	c->world->node.now = mono_now();
	tcp_failed(c, "no answer in time");
}

static void
known(struct tcp *c)
{
	if (c->stranger)
		c->world->nstrangers--;
	c->stranger = false;
}

/* ---- writing ---- */

static const uint8_t *
pending(struct tcp *c, size_t *n)
{
	if (c->tls != NULL)
		return tls_out(c->tls, n);
	*n = c->out.len - c->off;
	return *n == 0 ? NULL : c->out.p + c->off;
}

static void
dropped(struct tcp *c, size_t n)
{
	if (c->tls != NULL) {
		tls_out_drop(c->tls, n);
		return;
	}
	c->off += n;
	if (c->off == c->out.len) {
		buf_reset(&c->out);
		c->off = 0;
	}
}

/* Gives the kernel what it takes.  False: no more now, or it failed. */
static bool
drain(struct tcp *c)
{
	const uint8_t	*p;
	size_t		 n;
	ssize_t		 r;

	while ((p = pending(c, &n)) != NULL) {
		r = send(c->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (r > 0) {
			dropped(c, (size_t)r);
			continue;
		}
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == ENOBUFS || errno == ENOMEM))
			c->blocked = true;
		else
			tcp_failed(c, strerror(errno));
		return false;
	}
	return true;
}

/* What the kernel does not take at once is all that an own buffer is for. */
static void
write_plain(struct tcp *c, const struct buf *b)
{
	ssize_t	r;

	do
		r = send(c->fd, b->p, b->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r == -1 && errno == EINTR);
	if (r == -1)
		r = 0;			/* drain() finds out why */
	buf_add(&c->out, b->p + r, b->len - (size_t)r);
	if (c->out.error != 0)
		tcp_failed(c, "out of memory");
}

/* The next turn's worth, put together in memory that all share. */
static void
refill(struct tcp *c)
{
	struct buf	*b = &c->world->plain;

	traffic_out(c->trunk, b, TRAFFIC_TURN);
	if (b->error != 0)
		tcp_failed(c, "out of memory");
	else if (b->len != 0 && c->tls == NULL)
		write_plain(c, b);
	else if (b->len != 0 && tls_write(c->tls, b->p, b->len) == -1)
		tcp_failed(c, "out of memory");
	buf_reset(b);
}

static void
want(struct tcp *c)
{
	if (c->gone || c->io == NULL || c->state == TCP_CONNECTING)
		return;
	(void)loop_io_want(c->io, LOOP_READ |
	    (c->blocked ? LOOP_WRITE : 0));
}

static void
flush(struct tcp *c)
{
	int	turns = 0;

	while (!c->gone && !c->blocked && drain(c) && c->trunk != NULL &&
	    traffic_waits(c->trunk)) {
		if (turns++ == TURNS) {
			c->blocked = true;	/* others first */
			break;
		}
		refill(c);
	}
	if (!c->gone && !c->blocked && c->trunk != NULL &&
	    c->trunk->closing && !c->shut) {
		c->shut = true;		/* its last words are on the way */
		(void)shutdown(c->fd, SHUT_WR);
	}
	/* An idle connection keeps no buffer. */
	if (c->out.len == 0)
		buf_release(&c->out);
	want(c);
}

void
tcp_push(struct trunk *t)
{
	struct tcp	*c = t->io;

	if (c != NULL)
		dirty(c);
}

void
tcp_turn(struct world *w)
{
	struct tcp	*c;

	while ((c = STAILQ_FIRST(&w->dirty_tcps)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->dirty_tcps, next_dirty);
		c->dirty = false;
		if (c->gone || (c->trunk != NULL &&
		    c->trunk->state == TRUNK_CLOSED))
			tcp_free(c);
		else
			flush(c);
	}
	trunk_bury(&w->node);
}

/* ---- reading ---- */

static ssize_t
receive(void *arg, uint8_t *p, size_t n)
{
	struct tcp	*c = arg;
	ssize_t		 r;

	do
		r = recv(c->fd, p, n, MSG_DONTWAIT);
	while (r == -1 && errno == EINTR);
	return r;
}

static ssize_t
receive_tls(void *arg, uint8_t *p, size_t n)
{
	struct tcp	*c = arg;

	return tls_read(c->tls, p, n);
}

static bool
again(ssize_t n)
{
	return n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Why it ended.  Who has a key answers a node without one in TLS. */
static const char *
reason(const struct tcp *c, ssize_t n)
{
	const struct conn	*in = &c->trunk->conn;

	if (c->tls != NULL && tls_why(c->tls) != NULL)
		return tls_why(c->tls);
	if (n != 0)
		return strerror(errno);
	if (c->tls == NULL && c->trunk->state == TRUNK_HELLO &&
	    in->in_len >= 3 && memcmp(in->in, "\x15\x03\x03", 3) == 0)
		return "it wants TLS: it has a key-file, this node has none";
	return NULL;
}

/* Frames of one receive; false: that was all there is, or it has ended. */
static bool
feed(struct tcp *c, conn_receive_fn *from)
{
	struct trunk	*t = c->trunk;
	ssize_t		 n;

	if (t->closing) {		/* whatever it still says is unheard */
		n = from(c, c->world->room.p, c->world->room.cap);
		if (n <= 0 && !again(n))
			trunk_close(t);
		return n > 0;
	}
	n = conn_fill_by(&t->conn, &c->world->room, 0, from, c);
	if (n > 0) {
		traffic_in(t);
		if (t->state > TRUNK_HELLO)
			known(c);
		if (t->state != TRUNK_CLOSED && conn_settle(&t->conn) == -1)
			tcp_failed(c, "out of memory");
	} else if (!again(n))
		tcp_failed(c, reason(c, n));
	return n > 0 && !c->gone && t->state != TRUNK_CLOSED;
}

void
tcp_open(struct tcp *c)
{
	struct target	*t = c->target;

	c->target = NULL;
	if (t != NULL)
		t->io = NULL;
	c->state = TCP_OPEN;
	loop_timer_free(c->timer);
	c->timer = NULL;
	if (c->tls != NULL)
		known(c);
	c->trunk = handshake_begin(&c->world->node, t, c->host, c->loopback, c);
	if (c->trunk == NULL) {
		if (t != NULL)
			dial_failed(t, "out of memory", DIAL_LATER);
		tcp_gone(c);
		return;
	}
	if (c->tls != NULL)
		(void)strlcpy(c->trunk->key, tls_key_id(c->tls),
		    sizeof(c->trunk->key));
	dirty(c);
}

static void
shake(struct tcp *c)
{
	switch (tls_handshake(c->tls)) {
	case 1:
		tcp_open(c);
		break;
	case -1:
		(void)drain(c);		/* the alert: a word for the other */
		tcp_failed(c, tls_why(c->tls));
		return;
	}
	dirty(c);
}

static void
read_tls(struct tcp *c)
{
	ssize_t	n = receive(c, c->world->sealed.p, c->world->sealed.cap);

	if (n <= 0) {
		if (!again(n))
			tcp_failed(c, n == 0 ? NULL : strerror(errno));
		return;
	}
	if (tls_put_in(c->tls, c->world->sealed.p, (size_t)n) == -1) {
		tcp_failed(c, "out of memory");
		return;
	}
	if (c->state == TCP_SHAKING)
		shake(c);
	if (c->state == TCP_OPEN)
		while (!c->gone && feed(c, receive_tls))
			;
	if (!c->gone && tls_settle(c->tls) == -1)
		tcp_failed(c, "out of memory");
}

static void
connected(struct tcp *c)
{
	int		error = 0;
	socklen_t	len = sizeof(error);

	(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		tcp_failed(c, strerror(error));
		return;
	}
	c->state = TCP_SHAKING;
	if (c->tls != NULL)
		shake(c);
	else
		tcp_open(c);
	want(c);
}

static void
on_socket(void *arg, int what)
{
	struct tcp	*c = arg;

	c->world->node.now = mono_now();
	if (c->gone)
		return;
	if (c->state == TCP_CONNECTING) {
		connected(c);
		return;
	}
	if ((what & LOOP_WRITE) != 0) {
		c->blocked = false;
		dirty(c);
	}
	if ((what & LOOP_READ) == 0)
		return;
	if (c->tls != NULL)
		read_tls(c);
	else if (c->trunk != NULL)
		(void)feed(c, receive);
}

/* ---- sockets ---- */

static void
set_options(int fd)
{
	int	on = 1;
#ifdef TCP_NOTSENT_LOWAT
	int	unsent = UNSENT_MOST;

	/* What waits, waits where it can still be put in order. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
	    sizeof(unsent));
#endif
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void
tcp_set_host(struct tcp *c, const struct sockaddr_storage *a)
{
	const struct sockaddr_in6	*v6 = (const void *)a;
	const struct sockaddr_in	*v4 = (const void *)a;

	if (a->ss_family == AF_INET)
		(void)inet_ntop(AF_INET, &v4->sin_addr, c->host,
		    sizeof(c->host));
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		(void)inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], c->host,
		    sizeof(c->host));
	else
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, c->host,
		    sizeof(c->host));
	c->loopback = host_loopback(c->host);
}

int
tcp_start(struct tcp *c, int what, int ms)
{
	struct world	*w = c->world;

	set_options(c->fd);
	c->io = loop_io_new(w->node.loop, c->fd, on_socket, c);
	if (c->timer == NULL)
		c->timer = loop_timer_new(w->node.loop, on_timer, c);
	if (w->tls != NULL)
		c->tls = tls_new(w->tls, c->target != NULL);
	if (c->io == NULL || c->timer == NULL ||
	    (w->tls != NULL && c->tls == NULL) ||
	    loop_io_want(c->io, what) == -1)
		return -1;
	loop_timer_set(c->timer, mono_after(w->node.now, MONO_MS(ms)));
	return 0;
}

void
tcp_close_all(struct world *w)
{
	struct tcp	*c, *next;

	for (c = TAILQ_FIRST(&w->tcps); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->trunk != NULL)
			trunk_close(c->trunk);
		tcp_free(c);
	}
	trunk_bury(&w->node);
}
