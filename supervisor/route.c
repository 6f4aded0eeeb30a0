/*
 * route.c - what a frame does.
 *
 * Owns:    the table of operations and what each may do in which state.
 * Not here: messages themselves (carry.c), frames of other nodes (remote.c).
 * Errors:  a broken frame ends its stream (death.c); everything else that goes
 *          wrong is told to who asked, or vanishes as promised.
 */
#include "route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "carry.h"
#include "death.h"
#include "errand.h"
#include "flow.h"
#include "names.h"
#include "peer.h"
#include "post.h"
#include "proc.h"
#include "registry.h"
#include "settings.h"
#include "spawn.h"
#include "stream.h"
#include "watch.h"

/* ---- monitors, links, exits ---- */

static const char *
on_monitor(struct stream *s, struct frame *f, struct run *r)
{
	bool		mailbox = (f->h.flags & WIRE_F_MAILBOX) != 0;
	uint64_t	port = 0;

	(void)r;
	if (f->body_len != 0 && (f->body_len != sizeof(port) ||
	    (port = get_u64(f->body)) == 0))
		return "monitor: what it names is no port";
	if (watch_monitor(s->proc, mailbox, f->h.ref, f->h.to, port) == 0)
		return NULL;
	if (errno != ENOMEM)
		return "monitor: its ref is in use, or too many monitors";
	watch_refuse(s->proc, mailbox, f->h.ref, f->h.to);
	return NULL;
}

static const char *
on_demonitor(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	if (f->h.ref == 0)
		watch_demonitor_mailbox(s->proc, f->h.to);
	else
		watch_demonitor(s->proc, f->h.ref);
	return NULL;
}

static const char *
on_port_closed(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	watch_port_closed(s->proc, f->h.ref);
	return NULL;
}

static const char *
on_link(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	if (watch_link(s->proc, f->h.to) == 0)
		return NULL;
	if (errno != ENOMEM)
		return "link: too many links";
	watch_refuse_link(s->proc, f->h.to);
	return NULL;
}

static const char *
on_unlink(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	watch_unlink(s->proc, f->h.to);
	return NULL;
}

/* The whole body as text; false when a NUL is in it. */
static bool
body_text(const struct frame *f, char *text, size_t cap)
{
	size_t	n = f->body_len < cap ? f->body_len : cap - 1;

	memcpy(text, f->body, n);
	text[n] = '\0';
	return memchr(f->body, '\0', f->body_len) == NULL;
}

static const char *
on_exit_signal(struct stream *s, struct frame *f, struct run *r)
{
	char	text[WIRE_TEXT_MAX + 1];

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return "exit: a NUL in its text";
	watch_exit(s->proc, f->h.to, text);
	return NULL;
}

static const char *
on_kill(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	watch_kill(s->proc, f->h.to);
	return NULL;
}

static const char *
on_trap(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	s->proc->trap = (f->h.flags & WIRE_F_ON) != 0;
	return NULL;
}

static const char *
on_die(struct stream *s, struct frame *f, struct run *r)
{
	char	text[WIRE_TEXT_MAX + 1];

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return "die: a NUL in its text";
	free(s->proc->die);
	s->proc->die = strdup(text);	/* NULL: it ends as exit N */
	return NULL;
}

/* ---- names and requests ---- */

/* To another node: it is asked. */
static bool
is_elsewhere(const struct stream *s, const struct frame *f)
{
	return f->h.to.node != 0 && f->h.to.node != s->proc->node->id;
}

/* Requests to a node whose lanes are over wait like messages. */
static const char *
ask_there(struct stream *s, struct frame *f, const char *what)
{
	struct pid	 to = { f->h.to.node, 0 };
	struct lane	*e = post_lane_known(s->proc->node, to);
	const char	*why;

	if (e != NULL && e->sink.over && !flow_may_send(s, &e->sink))
		return carry_held;
	why = f->h.op == WIRE_SPAWN ? spawn_request(s, f) :
	    errand_ask(s, f, NULL, what);
	if (e != NULL)
		flow_sent_lane(s, e, f->h.len);
	return why;
}

static const char *
on_whereis(struct stream *s, struct frame *f, struct run *r)
{
	struct node	*n = s->proc->node;
	struct address	 a;
	struct peer	*peer;
	struct pid	 pid;
	char		 text[ADDRESS_SIZE + 1];
	int		 err;

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return "whereis: a NUL in its address";
	if (text[0] != '@' &&
	    registry_where(n, text, &a, &peer) == REGISTRY_THERE) {
		f->h.to = (struct pid){ peer->id, 0 };
		return ask_there(s, f, text);
	}
	err = registry_find(n, text, &pid);
	stream_done(s, f->h.ref, err, pid, NULL);
	return NULL;
}

static const char *
on_register(struct stream *s, struct frame *f, struct run *r)
{
	struct pid	pid = { 0, 0 };
	char		text[NAME_SIZE];
	int		err;

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return f->h.op == WIRE_REGISTER ?
		    "register: a NUL in its name" :
		    "unregister: a NUL in its name";
	if (is_elsewhere(s, f))
		return ask_there(s, f, text);
	if (f->h.op == WIRE_REGISTER)
		err = registry_add(s->proc->node, f->h.to, text, &pid);
	else
		err = names_drop(s->proc->node, text) == -1 ? errno : 0;
	stream_done(s, f->h.ref, err, pid, NULL);
	return NULL;
}

static const char *
on_spawn(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	return is_elsewhere(s, f) ? ask_there(s, f, "") : spawn_request(s, f);
}

static const char *
on_query(struct stream *s, struct frame *f, struct run *r)
{
	static const struct pid	nobody;

	(void)r;
	if (f->h.op == WIRE_CONTROL && s->proc->kind == PROC_WORKER &&
	    !s->proc->trusted)
		stream_done(s, f->h.ref, EPERM, nobody,
		    "only for the supervisor's user");
	else if (is_elsewhere(s, f))
		return ask_there(s, f, "");
	else
		s->proc->node->acts->query(s, f);
	return NULL;
}

static const char *
on_nodes(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	peer_tell(s->proc, (f->h.flags & WIRE_F_ON) != 0);
	return NULL;
}

/* ---- the stream itself ---- */

static const char *
on_sync(struct stream *s, struct frame *f, struct run *r)
{
	static const struct pid	nobody = { 0, 0 };
	char			text[80];

	(void)r;
	/* To libmsg it only tells that what is under way has come. */
	if (s->kind == STREAM_WORKER || s->refused == 0) {
		stream_done(s, f->h.ref, 0, nobody, NULL);
		return NULL;
	}
	(void)snprintf(text, sizeof(text), "too large: at most %u bytes, the "
	    "max-message of its node", s->refused);
	s->refused = 0;
	stream_done(s, f->h.ref, EMSGSIZE, nobody, text);
	return NULL;
}

static const char *
on_hello(struct stream *s, struct frame *f, struct run *r)
{
	const struct conf_node	*conf = &s->proc->node->conf->node;
	struct proc		*p = s->proc;
	struct wire_head	 h = { .op = WIRE_WELCOME };
	struct buf		 b;

	(void)r;
	if (s->hello)
		return "a second hello";
	if ((f->body[0] << 8 | f->body[1]) != WIRE_VERSION)
		return "a version of the protocol that is not spoken here";
	buf_init(&b, WIRE_MAX);
	buf_add_u16(&b, WIRE_VERSION);
	buf_add_u64(&b, s->ref_base);
	buf_add_u64(&b, conf->max_mailbox);
	buf_add_u32(&b, s->conn.max_frame);	/* a reload may have come */
	buf_add_str8(&b, conf->name);
	if (s == p->main && p->args != NULL) {
		buf_add_u8(&b, 1);
		buf_add(&b, p->args->p, p->args->n);
	} else
		buf_add_u8(&b, 0);
	if (b.error != 0)
		stream_close(s);
	else
		stream_first(s, &h, b.p, b.len);
	buf_release(&b);
	if (s->kind == STREAM_WORKER)
		peer_limits_first(s);
	stream_hello(s);
	if (s == p->main) {
		free(p->args);		/* told once */
		p->args = NULL;
	}
	if (p->kind == PROC_GUEST)
		p->node->acts->deadline(p, MONO_NEVER);
	flow_drained(p);
	return NULL;
}

static const char *
on_bye(struct stream *s, struct frame *f, struct run *r)
{
	(void)f, (void)r;
	s->bye = true;
	return NULL;
}

static const char *
on_attach(struct stream *s, struct frame *f, struct run *r)
{
	struct node	*n = s->proc->node;
	struct stream	*a;
	int		 fd;

	(void)f, (void)r;
	if ((fd = conn_take_fd(&s->conn)) == -1 && errno == ENOENT)
		return "attach: no descriptor beside it";
	if (fd == -1 || s->proc->nattached >= NODE_ATTACHED_MAX) {
		/* Its command sees the end of its stream, and says so. */
		n->stats.attach_lost++;
		if (fd != -1)
			close(fd);
		return NULL;
	}
	if ((a = stream_new(s->proc, STREAM_ATTACHED, fd)) == NULL)
		return NULL;
	n->stats.attaches++;
	if (n->acts->bind(a) == -1) {
		n->stats.attach_lost++;
		stream_close(a);
	}
	return NULL;
}

static const char *
on_ready(struct stream *s, struct frame *f, struct run *r)
{
	struct proc	*p = s->proc;

	(void)f, (void)r;
	if (!p->ready) {
		p->ready = true;
		p->node->acts->event(p->node, "ready", p, NULL);
	}
	return NULL;
}

static const char *
on_take(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	if (s->lent != NULL || s->taking)
		return "take: one is under way";
	if (s->proc->hello)
		stream_take_refuse(s, f->h.ref);
	else
		stream_take(s, f->h.ref);
	flow_drained(s->proc);
	return NULL;
}

static const char *
on_taken(struct stream *s, struct frame *f, struct run *r)
{
	(void)f, (void)r;
	if (s->lent == NULL)
		return "taken: nothing was given";
	stream_taken(s);
	return NULL;
}

/* ---- the table ---- */

/* NULL: done; carry_held: not now; else why the frame is broken. */
typedef const char *route_fn(struct stream *, struct frame *, struct run *);

static route_fn *const routes[WIRE_OP_LIMIT] = {
	[WIRE_HELLO] = on_hello,	[WIRE_BYE] = on_bye,
	[WIRE_ATTACH] = on_attach,	[WIRE_READY] = on_ready,
	[WIRE_SEND] = carry_send,	[WIRE_SEND_NAME] = carry_send_name,
	[WIRE_CALL] = carry_call,	[WIRE_REPLY] = carry_reply,
	[WIRE_FORWARD] = carry_send,	[WIRE_MONITOR] = on_monitor,
	[WIRE_DEMONITOR] = on_demonitor, [WIRE_LINK] = on_link,
	[WIRE_UNLINK] = on_unlink,	[WIRE_EXIT] = on_exit_signal,
	[WIRE_KILL] = on_kill,		[WIRE_TRAP] = on_trap,
	[WIRE_DIE] = on_die,		[WIRE_REGISTER] = on_register,
	[WIRE_UNREGISTER] = on_register, [WIRE_WHEREIS] = on_whereis,
	[WIRE_SYNC] = on_sync,		[WIRE_SPAWN] = on_spawn,
	[WIRE_TAKE] = on_take,		[WIRE_TAKEN] = on_taken,
	[WIRE_QUERY] = on_query,	[WIRE_CONTROL] = on_query,
	[WIRE_NODES] = on_nodes,	[WIRE_CHANNEL] = carry_send,
	[WIRE_PORT_CLOSED] = on_port_closed,
};

static const char *
route_one(struct stream *s, struct frame *f, struct run *r)
{
	bool	first = f->h.op == WIRE_HELLO || f->h.op == WIRE_ATTACH;
	bool	blank = first || f->h.op == WIRE_BYE;

	if (!(blank && pid_none(f->h.from)) &&
	    !pid_equal(f->h.from, proc_pid(s->proc)))
		return "from is not its sender";
	if (!s->hello && !first)
		return "no hello before it";
	if (f->h.op != WIRE_SEND && f->h.op != WIRE_CHANNEL &&
	    f->h.op != WIRE_FORWARD)
		carry_flush(s, r);	/* what was sent first comes first */
	return routes[f->h.op](s, f, r);
}

void
route_frames(struct stream *s)
{
	struct run	 r = { 0 };
	struct frame	 f;
	const char	*why = NULL;
	int		 got = 0;

	while (!s->closed && !s->broken && !s->paused && why == NULL &&
	    (got = conn_next(&s->conn, &f)) == 1)
		if ((why = route_one(s, &f, &r)) == carry_held)
			conn_unget(&s->conn, &f);
	carry_flush(s, &r);
	if (got == -1)
		why = s->conn.why;
	if (why == NULL)
		carry_hold_begun(s);
	else if (why != carry_held)
		death_bad_frame(s, why);
}
