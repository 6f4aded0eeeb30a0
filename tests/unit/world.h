/*
 * world.h - a node whose world is the test: no clock, no socket, no parent.
 *
 *	struct world	 w;
 *	struct proc	*a, *b;
 *
 *	world_open(&w, "");
 *	a = world_worker(&w, "ping");	as after O_SPAWNED and HELLO
 *	SAYS(a->main, SEND, .to = proc_pid(b), .text = "hi");
 *	is_str(world_heard(b->main), "SEND 1 hi", "delivered");
 *	is_str(world_orders(&w), "", "the parent was asked nothing");
 *	world_close(&w);
 *
 * Streams have no descriptor, so all that is written to them queues; it is read
 * back as text, one frame after the other with "; " between.
 */
#ifndef UNIT_WORLD_H
#define UNIT_WORLD_H
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "bug.h"
#include "conf.h"
#include "death.h"
#include "flow.h"
#include "life.h"
#include "names.h"
#include "proc.h"
#include "route.h"
#include "settings.h"
#include "spawn.h"
#include "stream.h"
#include "tap.h"
#include "watch.h"
#include "world_print.h"

#define WORLD_ID	77		/* of the node */

struct world {
	struct node	 n;
	struct conf	*conf;		/* NULL: it is somebody else's */
	char		*text;		/* of the last world_heard() */
	char		 events[4096];
	unsigned int	 updates, queries, gone;
	int		 fail_sockets, fail_bind;	/* with this errno */
	bool		 descriptors;	/* births get real ones */
	struct mono	 deadline;	/* the last one asked for */
};

/* ---- the acts ---- */

TAP_FN struct world *
world_of_test(const struct node *n)
{
	return n->world;
}

TAP_FN void
world_on_update(struct stream *s)
{
	world_of_test(s->proc->node)->updates++;
}

TAP_FN void
world_on_order(struct node *n)
{
	(void)n;			/* it waits in n->parent */
}

TAP_FN void
world_on_deadline(struct proc *p, struct mono when)
{
	struct world	*w = world_of_test(p->node);

	if (when.ns != MONO_NEVER.ns)
		w->deadline = when;
	p->timer = when.ns == MONO_NEVER.ns ? NULL : (void *)w;
}

TAP_FN int
world_on_sockets(struct proc *p, int fds[CONN_FDS], size_t *nfds)
{
	struct world	*w = world_of_test(p->node);

	*nfds = 0;
	if (w->fail_sockets != 0) {
		errno = w->fail_sockets;
		return -1;
	}
	if (stream_new(p, STREAM_WORKER, -1) == NULL)
		return -1;
	while (w->descriptors && *nfds < 2)
		fds[(*nfds)++] = open("/dev/null", O_RDWR | O_CLOEXEC);
	return 0;
}

/* As link.c does it, but for the socket. */
TAP_FN void
world_drain_stream(struct stream *s)
{
	s->paused = false;
	conn_unbudget(&s->conn);
	route_frames(s);
}

TAP_FN void
world_on_drain(struct proc *p)
{
	struct stream	*s, *next;

	if (p->kind == PROC_GUEST)
		return;
	if (p->main != NULL)
		world_drain_stream(p->main);
	for (s = LIST_FIRST(&p->attached); s != NULL; s = next) {
		next = LIST_NEXT(s, entry);
		world_drain_stream(s);
	}
}

TAP_FN int
world_on_bind(struct stream *s)
{
	struct world	*w = world_of_test(s->proc->node);

	errno = w->fail_bind;
	return w->fail_bind != 0 ? -1 : 0;
}

TAP_FN void
world_on_query(struct stream *s, const struct frame *f)
{
	world_of_test(s->proc->node)->queries++;
	stream_done(s, f->h.ref, 0, (struct pid){ 0, 0 }, NULL);
}

TAP_FN void
world_on_event(struct node *n, const char *event, const struct proc *p,
    const struct cause *c)
{
	struct world	*w = world_of_test(n);
	size_t		 len = strlen(w->events);

	(void)snprintf(w->events + len, sizeof(w->events) - len,
	    "%s%s %llu%s%s", len == 0 ? "" : "; ", event,
	    (unsigned long long)p->serial, c == NULL ? "" : " ",
	    c == NULL ? "" : c->text);
}

/* Of other nodes there are none; tests of sessions have a world of two. */
TAP_FN const struct cause *
world_on_remote(struct node *n, const struct signal_frame *g)
{
	static const struct cause	noproc = { "noproc", false };

	(void)n, (void)g;
	return &noproc;
}

TAP_FN void
world_on_gone(struct proc *p)
{
	world_of_test(p->node)->gone++;
}

static const struct node_acts world_acts = {
	.update = world_on_update,
	.order = world_on_order,
	.deadline = world_on_deadline,
	.sockets = world_on_sockets,
	.drain = world_on_drain,
	.bind = world_on_bind,
	.query = world_on_query,
	.remote = world_on_remote,
	.event = world_on_event,
	.gone = world_on_gone,
};

/* ---- beginning and end ---- */

/* settings: of [node], and whole sections after them; "": defaults. */
TAP_FN struct conf *
world_conf(const char *settings)
{
	struct conf_sink	 none = { 0 };
	struct conf		*conf;
	char			 text[2048];

	(void)snprintf(text, sizeof(text), "[node]\nname = alpha\n%s",
	    settings);
	BUG_ON(conf_parse_text(&conf, text, strlen(text), &none) == -1);
	return conf;
}

/* With a conf of the caller's. */
TAP_FN void
world_open_with(struct world *w, const struct conf *conf)
{
	memset(w, 0, sizeof(*w));
	node_init(&w->n, conf, NULL, &world_acts, WORLD_ID,
	    (struct mono){ MONO_MS(1000) });
	w->n.world = w;
}

TAP_FN void
world_open(struct world *w, const char *settings)
{
	struct conf	*conf = world_conf(settings);

	world_open_with(w, conf);
	w->conf = conf;
}

/* As at the end of a relay.  Whatever is left is a fault. */
TAP_FN bool
world_close_quietly(struct world *w)
{
	struct proc	*p, *next;
	bool		 empty;

	w->n.stopping = true;
	death_turn(&w->n);
	HASH_ITER(hh, w->n.procs, p, next)
		death_stillborn(p);
	stream_bury(&w->n);
	proc_bury(&w->n);
	empty = w->n.queued == 0 && w->n.frame_memory.used == 0 &&
	    w->n.procs == NULL && w->n.watches == NULL &&
	    w->n.watched == NULL && w->n.ports == NULL &&
	    w->n.links == NULL &&
	    w->n.interned == NULL && STAILQ_EMPTY(&w->n.drains);
	node_release(&w->n);
	conf_free(w->conf);
	free(w->text);
	return empty;
}

TAP_FN void
world_close(struct world *w)
{
	ok(world_close_quietly(w), "nothing is left in the node");
}

TAP_FN void
world_turn(struct world *w)
{
	death_turn(&w->n);
}

/* ---- what streams say ---- */

struct say {
	enum wire_op	 op;
	uint8_t		 flags;
	struct pid	 to, from;	/* from: its own, if not given */
	uint64_t	 ref;
	const char	*name;		/* SEND_NAME: the address */
	const char	*text;		/* of a message, or the whole body */
	const void	*body;		/* instead of text */
	size_t		 n;
};

#define SAYS(s, what, ...)						\
	world_says((s), (struct say){ .op = WIRE_##what, __VA_ARGS__ })
#define PUTS(s, what, ...)						\
	world_puts((s), (struct say){ .op = WIRE_##what, __VA_ARGS__ })

/* Bytes that the other end has sent, on a heap block of just their size. */
TAP_FN void
world_bytes(struct stream *s, const void *p, size_t n)
{
	struct conn	*c = &s->conn;
	uint8_t		*own = malloc(c->in_len + n);

	BUG_ON(own == NULL);
	if (c->in_len != 0)
		memcpy(own, c->in, c->in_len);
	if (n != 0)
		memcpy(own + c->in_len, p, n);
	free(c->own);
	c->own = c->in = own;
	c->in_len += n;
	c->own_cap = c->in_len;
}

TAP_FN void
world_body(struct buf *b, const struct say *say)
{
	if (say->body != NULL) {
		buf_add(b, say->body, say->n);
		return;
	}
	if (say->op == WIRE_SEND_NAME)
		buf_add_str8(b, say->name);
	if (say->op == WIRE_FORWARD)
		buf_add(b, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2", 16);
	if (world_is_message(say->op))
		buf_add(b, "\0\0\0\0\0\0\0\1\0\0", 10);
	if (say->text != NULL)
		buf_add(b, say->text, strlen(say->text));
	else if (say->op == WIRE_HELLO)
		buf_add(b, "\0\1\0\0", 4);
}

/* The frame lies there; nobody has looked yet. */
TAP_FN void
world_puts(struct stream *s, struct say say)
{
	struct wire_head	h = { .op = (uint8_t)say.op,
				    .flags = say.flags, .to = say.to,
				    .from = say.from, .ref = say.ref };
	struct buf		b;

	if (h.from.node == 0 && h.from.serial == 0)
		h.from = proc_pid(s->proc);
	buf_init(&b, WIRE_MAX * 2);
	(void)buf_room(&b, WIRE_HEAD);
	world_body(&b, &say);
	BUG_ON(b.error != 0);
	h.len = (uint32_t)b.len;
	wire_put(b.p, &h);
	world_bytes(s, b.p, b.len);
	buf_release(&b);
}

TAP_FN void
world_route(struct stream *s)
{
	route_frames(s);
	BUG_ON(conn_settle(&s->conn) == -1);
}

TAP_FN void
world_says(struct stream *s, struct say say)
{
	world_puts(s, say);
	world_route(s);
}

/* ---- what the parent says ---- */

TAP_FN void
world_parent(struct proc *p, enum wire_op op, struct buf *body,
    void fn(struct node *, const struct frame *))
{
	struct frame	f = { .body = body->p, .body_len = body->len };

	f.h.op = (uint8_t)op;
	f.h.to.serial = p->serial;
	fn(p->node, &f);
	buf_release(body);
}

TAP_FN void
world_spawned(struct proc *p, uint32_t os_pid)
{
	struct buf	b;

	buf_init(&b, 64);
	buf_add_u32(&b, os_pid);
	world_parent(p, WIRE_O_SPAWNED, &b, spawn_done);
}

TAP_FN void
world_failed(struct proc *p, int err, const char *stage)
{
	struct buf	b;

	buf_init(&b, 256);
	buf_add_u32(&b, (uint32_t)err);
	buf_add_str8(&b, stage);
	world_parent(p, WIRE_O_FAILED, &b, spawn_failed);
}

/* waitpid has seen it; the turn is not over. */
TAP_FN void
world_exits(struct proc *p, int status, bool ordered)
{
	struct buf	b;

	buf_init(&b, 64);
	buf_add_u32(&b, (uint32_t)status);
	buf_add_u8(&b, ordered);
	world_parent(p, WIRE_O_EXITED, &b, death_exited);
}

TAP_FN void
world_dies(struct proc *p, int status, bool ordered)
{
	struct node	*n = p->node;

	world_exits(p, status, ordered);
	death_turn(n);
}

/* ---- what is heard, as text ---- */

/* All frames that wait in a conn, taken out of it. */
TAP_FN const char *
world_read(struct world *w, struct conn *c)
{
	const uint8_t	*p;
	size_t		 len, n = 0;
	FILE		*f;

	free(w->text);
	w->text = NULL;
	f = open_memstream(&w->text, &len);
	BUG_ON(f == NULL);
	for (; (p = conn_out_peek(c, &len)) != NULL; n++) {
		fputs(n == 0 ? "" : "; ", f);
		world_print(f, p);
		conn_out_drop(c);
	}
	fclose(f);
	return w->text;
}

TAP_FN const char *
world_heard(struct stream *s)
{
	struct world	*w = world_of_test(s->proc->node);

	(void)world_read(w, &s->conn);
	stream_flush(s);		/* counts what is left: nothing */
	return w->text;
}

TAP_FN const char *
world_orders(struct world *w)
{
	return world_read(w, &w->n.parent);
}

/* What happened since the last time it was asked. */
TAP_FN const char *
world_events(struct world *w)
{
	free(w->text);
	w->text = strdup(w->events);
	w->events[0] = '\0';
	return w->text;
}

/* ---- processes ---- */

/* A foreign program, or one that has not yet said HELLO. */
TAP_FN struct proc *
world_silent(struct world *w, const char *program)
{
	struct proc	*p = proc_new(&w->n, PROC_WORKER, program, "");

	BUG_ON(p == NULL);
	p->birth = calloc(1, sizeof(*p->birth));
	p->stop_timeout = MONO_MS(5000);
	BUG_ON(p->birth == NULL || stream_new(p, STREAM_WORKER, -1) == NULL);
	world_spawned(p, (uint32_t)(1000 + p->serial));
	w->events[0] = '\0';
	return p;
}

TAP_FN void
world_hello(struct stream *s)
{
	SAYS(s, HELLO, .ref = 0);
	(void)world_heard(s);
}

TAP_FN struct proc *
world_worker(struct world *w, const char *program)
{
	struct proc	*p = world_silent(w, program);

	world_hello(p->main);
	return p;
}

TAP_FN struct proc *
world_guest(struct world *w)
{
	struct proc	*p = proc_new(&w->n, PROC_GUEST, "guest", "");

	BUG_ON(p == NULL || stream_new(p, STREAM_GUEST, -1) == NULL);
	world_hello(p->main);
	return p;
}

TAP_FN struct stream *
world_attach(struct proc *p)
{
	struct stream	*s = stream_new(p, STREAM_ATTACHED, -1);

	BUG_ON(s == NULL);
	world_hello(s);
	return s;
}

/* A pid of this node that nobody has. */
TAP_FN struct pid
world_nobody(void)
{
	return (struct pid){ WORLD_ID, 1000000 };
}

#endif /* UNIT_WORLD_H */
