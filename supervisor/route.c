/*
 * route.c - what a frame does.
 *
 * The way of a message: link.c has received into the room, conn_next() has
 * checked the header, here the receiver is looked up, and the bytes go to its
 * socket from where they lie.  Frames in a row for one receiver go as one
 * write: that is where the speed of a corked sender comes from.
 *
 * Owns:    the table of operations and what each may do in which state.
 * Not here: bodies of messages: they are never opened.
 * Errors:  a broken frame ends its stream (death.c); everything else that goes
 *          wrong is told to who asked, or vanishes as promised.
 */
#include "route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "death.h"
#include "flow.h"
#include "log.h"
#include "names.h"
#include "proc.h"
#include "settings.h"
#include "spawn.h"
#include "stream.h"
#include "watch.h"

/* Frames in a row for one receiver. */
struct run {
	struct proc	*to;
	struct pid	 pid;		/* of to: saves looking it up again */
	const uint8_t	*p;
	size_t		 n, frames;
};

static const char	held[] = "held";	/* no fault: again later */

static void
run_flush(struct stream *s, struct run *r)
{
	struct node	*n = s->proc->node;
	struct proc	*to = r->to;

	r->to = NULL;
	if (to == NULL)
		return;
	n->stats.frames_routed += r->frames;
	n->stats.bytes_routed += r->n;
	stream_to_proc(to, r->p, r->n);
	flow_sent(s, to, r->n);
}

static void
run_add(struct stream *s, struct run *r, struct proc *to,
    const struct frame *f)
{
	if (r->to != to || r->p + r->n != f->bytes) {
		run_flush(s, r);
		*r = (struct run){ .to = to, .pid = f->h.to, .p = f->bytes };
	}
	r->n += f->h.len;
	r->frames++;
}

/* ---- messages ---- */

static const char *
to_proc(struct stream *s, struct frame *f, struct run *r, struct proc *to)
{
	if (to == NULL || to->state == PROC_EXITED) {
		s->proc->node->stats.frames_dropped++;
		return NULL;
	}
	if (to->over && !flow_may_send(s, to))
		return held;
	run_add(s, r, to, f);
	return NULL;
}

static const char *
on_send(struct stream *s, struct frame *f, struct run *r)
{
	if (r->to != NULL && pid_equal(r->pid, f->h.to))
		return to_proc(s, f, r, r->to);
	return to_proc(s, f, r, proc_by_pid(s->proc->node, f->h.to));
}

/* The process of a name of this node, by an address; NULL: nobody. */
static struct proc *
by_name(struct node *n, const struct address *a)
{
	if (a->node[0] != '\0' && strcmp(a->node, n->conf->node.name) != 0)
		return NULL;
	return names_find(n, a->name);
}

/*
 * A large frame that will have to wait should not be assembled first: memory
 * for such frames is everybody's.  So its receiver is looked at as soon as the
 * header is there, where a stream can be held.
 */
static void
hold_begun(struct stream *s)
{
	struct wire_head h;
	struct address	 a;
	struct proc	*to = NULL;
	struct rd	 rd;
	const uint8_t	*bytes;
	size_t		 len;
	char		 text[ADDRESS_SIZE];

	if (s->kind == STREAM_WORKER || s->closed || s->broken || s->paused ||
	    !conn_begun(&s->conn, &h, &bytes, &len))
		return;
	if (h.op < WIRE_SEND || h.op > WIRE_FORWARD || h.op == WIRE_REPLY)
		return;			/* signals wait for no data */
	if (h.op != WIRE_SEND_NAME)
		to = proc_by_pid(s->proc->node, h.to);
	else {
		rd_init(&rd, bytes + WIRE_HEAD, len - WIRE_HEAD);
		rd_str8(&rd, text, sizeof(text));
		if (!rd.bad && address_parse(text, &a) == 0 && a.serial == 0)
			to = by_name(s->proc->node, &a);
	}
	if (to != NULL && to->over)
		(void)flow_may_send(s, to);
}

static const char *
on_send_name(struct stream *s, struct frame *f, struct run *r)
{
	struct address	 a;
	struct proc	*to;
	struct rd	 rd;
	char		 text[ADDRESS_SIZE];

	rd_init(&rd, f->body, f->body_len);
	rd_str8(&rd, text, sizeof(text));
	if (rd.bad || rd.left < 10)
		return "send by name: too short";
	if (address_parse(text, &a) == -1 || a.serial != 0)
		return "send by name: not a name";
	to = by_name(s->proc->node, &a);
	if (to != NULL) {
		f->h.to = proc_pid(to);
		wire_put(f->bytes, &f->h);
	}
	return to_proc(s, f, r, to);
}

static const char *
on_call(struct stream *s, struct frame *f, struct run *r)
{
	struct proc	*to = proc_by_pid(s->proc->node, f->h.to);
	struct watch	*w;
	const char	*why;

	if (to != NULL && to->over && !flow_may_send(s, to))
		return held;
	if (watch_monitor(s->proc, false, f->h.ref, f->h.to) == -1) {
		if (errno != ENOMEM)
			return "call: its ref is in use, or too many calls";
		watch_refuse(s->proc, false, f->h.ref, f->h.to);
		return NULL;		/* unsent, and the caller is told */
	}
	if ((w = watch_find(s->proc, f->h.ref)) != NULL)
		w->call = true;		/* else its DOWN has come already */
	why = to_proc(s, f, r, to);
	run_flush(s, r);
	return why;
}

/*
 * A reply is taken once, by who still waits for it: that bounds what others can
 * put on an attached stream, and ends the monitor of the call.
 */
static const char *
on_reply(struct stream *s, struct frame *f, struct run *r)
{
	struct node	*n = s->proc->node;
	struct proc	*to = proc_by_pid(n, f->h.to);
	struct watch	*w = to == NULL ? NULL : watch_find(to, f->h.ref);
	struct stream	*out;

	/* A plain monitor nobody can answer away. */
	if (w == NULL || !w->call ||
	    (out = stream_of_ref(to, f->h.ref)) == NULL) {
		n->stats.frames_dropped++;
		return NULL;
	}
	/* Who asked on an attached stream may never empty the mailbox. */
	if (out == to->main && to->over && !flow_may_send(s, to))
		return held;
	watch_demonitor(to, f->h.ref);
	if (out == to->main)
		return to_proc(s, f, r, to);
	stream_send(out, f->bytes, f->h.len);
	return NULL;
}

/* ---- monitors, links, exits ---- */

static const char *
on_monitor(struct stream *s, struct frame *f, struct run *r)
{
	bool	mailbox = (f->h.flags & WIRE_F_MAILBOX) != 0;

	(void)r;
	if (watch_monitor(s->proc, mailbox, f->h.ref, f->h.to) == 0)
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

/* ---- names ---- */

int
route_resolve(struct node *n, const char *text, struct pid *out)
{
	struct address	 a;
	struct proc	*p;

	*out = (struct pid){ 0, 0 };
	if (address_parse(text, &a) == -1)
		return -1;
	if (a.node[0] != '\0' && strcmp(a.node, n->conf->node.name) != 0) {
		errno = EHOSTUNREACH;
		return -1;
	}
	if (a.serial != 0) {
		out->node = a.incarnation == 0 ? n->id : a.incarnation;
		out->serial = a.serial;
		p = proc_by_pid(n, *out);
	} else if ((p = by_name(n, &a)) != NULL)
		*out = proc_pid(p);
	if (p == NULL || !proc_is_live(p)) {
		errno = ESRCH;
		if (a.serial == 0)
			*out = (struct pid){ 0, 0 };
		return -1;
	}
	return 0;
}

static const char *
on_whereis(struct stream *s, struct frame *f, struct run *r)
{
	struct pid	pid;
	char		text[ADDRESS_SIZE + 1];
	int		err = 0;

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return "whereis: a NUL in its address";
	if (route_resolve(s->proc->node, text, &pid) == -1)
		err = errno;
	stream_done(s, f->h.ref, err, pid, NULL);
	return NULL;
}

static const char *
on_register(struct stream *s, struct frame *f, struct run *r)
{
	struct proc	*p = proc_by_pid(s->proc->node, f->h.to), *owner;
	struct pid	 pid = f->h.to;
	char		 text[NAME_SIZE];
	int		 err = 0;

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return "register: a NUL in its name";
	if (f->h.to.node != s->proc->node->id)
		err = EHOSTUNREACH;
	else if (p == NULL || p->state == PROC_EXITED)
		err = ESRCH;
	else if (names_add(p, text, &owner) == -1) {
		err = errno;
		pid = owner == NULL ? (struct pid){ 0, 0 } : proc_pid(owner);
	}
	stream_done(s, f->h.ref, err, pid, NULL);
	return NULL;
}

static const char *
on_unregister(struct stream *s, struct frame *f, struct run *r)
{
	static const struct pid	nobody = { 0, 0 };
	char			text[NAME_SIZE];
	int			err = 0;

	(void)r;
	if (!body_text(f, text, sizeof(text)))
		return "unregister: a NUL in its name";
	if (names_drop(s->proc->node, text) == -1)
		err = errno;
	stream_done(s, f->h.ref, err, nobody, NULL);
	return NULL;
}

static const char *
on_spawn(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	return spawn_request(s, f);
}

/* ---- the stream itself ---- */

static const char *
on_sync(struct stream *s, struct frame *f, struct run *r)
{
	static const struct pid	nobody = { 0, 0 };

	(void)r;
	stream_done(s, f->h.ref, 0, nobody, NULL);
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
	buf_add_u32(&b, (uint32_t)conf->max_message);
	buf_add_str8(&b, conf->name);
	if (s == p->main && p->args != NULL) {
		buf_add_u8(&b, 1);
		buf_add(&b, p->args->p, p->args->n);
	} else
		buf_add_u8(&b, 0);
	if (b.error != 0)
		stream_close(s);
	else
		stream_welcome(s, &h, b.p, b.len);
	buf_release(&b);
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

static const char *
on_query(struct stream *s, struct frame *f, struct run *r)
{
	(void)r;
	s->proc->node->acts->query(s, f);
	return NULL;
}

/* ---- the table ---- */

/* NULL: done; held: not now; else why the frame is broken. */
typedef const char *route_fn(struct stream *, struct frame *, struct run *);

static route_fn *const routes[WIRE_OP_LIMIT] = {
	[WIRE_HELLO] = on_hello,	[WIRE_BYE] = on_bye,
	[WIRE_ATTACH] = on_attach,	[WIRE_READY] = on_ready,
	[WIRE_SEND] = on_send,		[WIRE_SEND_NAME] = on_send_name,
	[WIRE_CALL] = on_call,		[WIRE_REPLY] = on_reply,
	[WIRE_FORWARD] = on_send,	[WIRE_MONITOR] = on_monitor,
	[WIRE_DEMONITOR] = on_demonitor, [WIRE_LINK] = on_link,
	[WIRE_UNLINK] = on_unlink,	[WIRE_EXIT] = on_exit_signal,
	[WIRE_KILL] = on_kill,		[WIRE_TRAP] = on_trap,
	[WIRE_DIE] = on_die,		[WIRE_REGISTER] = on_register,
	[WIRE_UNREGISTER] = on_unregister, [WIRE_WHEREIS] = on_whereis,
	[WIRE_SYNC] = on_sync,		[WIRE_SPAWN] = on_spawn,
	[WIRE_TAKE] = on_take,		[WIRE_TAKEN] = on_taken,
	[WIRE_QUERY] = on_query,	[WIRE_CONTROL] = on_query,
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
	if (f->h.op != WIRE_SEND && f->h.op != WIRE_FORWARD)
		run_flush(s, r);	/* what was sent first comes first */
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
		if ((why = route_one(s, &f, &r)) == held)
			conn_unget(&s->conn, &f);
	run_flush(s, &r);
	if (got == -1)
		why = s->conn.why;
	if (why == NULL)
		hold_begun(s);
	else if (why != held)
		death_bad_frame(s, why);
}
