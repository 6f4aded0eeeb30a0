/*
 * carry.c - messages from the streams of processes to where they go.
 *
 * The way of a message: link.c has received into the room, conn_next() has
 * checked the header, here the receiver is looked up, and the bytes go to its
 * socket from where they lie, or into the lane to its node.  Frames in a row
 * for one receiver go as one write: that is where the speed of a corked sender
 * comes from.
 *
 * Owns:    nothing; a run lasts for one receive.
 * Not here: bodies of messages: they are never opened.
 * Errors:  what goes nowhere is counted, and vanishes as promised.
 */
#include "carry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "ends.h"
#include "flow.h"
#include "lane.h"
#include "log.h"
#include "names.h"
#include "peer.h"
#include "post.h"
#include "proc.h"
#include "registry.h"
#include "stream.h"
#include "watch.h"

const char	carry_held[] = "held";

void
carry_flush(struct stream *s, struct run *r)
{
	struct node	*n = s->proc->node;
	struct sink	*to = r->to;

	r->to = NULL;
	if (to == NULL)
		return;
	if (to->lane) {
		post(lane_of_sink(to), r->p, r->n, true);
		flow_sent_lane(s, lane_of_sink(to), r->n);
		return;
	}
	n->stats.frames_routed += r->frames;
	n->stats.bytes_routed += r->n;
	stream_to_proc(proc_of_sink(to), r->p, r->n);
	flow_sent(s, proc_of_sink(to), r->n);
}

static void
run_add(struct stream *s, struct run *r, struct sink *to,
    const struct frame *f)
{
	if (r->to != to || r->p + r->n != f->bytes) {
		carry_flush(s, r);
		*r = (struct run){ .to = to, .pid = f->h.to, .p = f->bytes };
	}
	r->n += f->h.len;
	r->frames++;
}

/* ---- messages ---- */

static struct sink *
sink_of_proc(struct proc *p)
{
	return p == NULL || p->state == PROC_EXITED ? NULL : &p->sink;
}

/* Where frames to this pid go; NULL: nowhere. */
static struct sink *
sink_of(struct node *n, struct pid to)
{
	struct lane	*e;

	if (to.node == n->id)
		return sink_of_proc(proc_by_pid(n, to));
	e = post_lane(n, to);
	return e == NULL ? NULL : &e->sink;
}

static bool
too_large(const struct sink *to, const struct frame *f)
{
	const struct peer	*p;

	if (!to->lane)
		return false;
	p = lane_of_sink(to)->peer;
	return p->max_message != 0 && f->h.len > p->max_message;
}

/*
 * A call is answered, a command is told as it asks whether all was routed, a
 * worker has gone on: it learns what it did not know yet, and the log has the
 * first of its losses.
 */
static void
refuse(struct stream *s, const struct frame *f, const struct peer *p)
{
	static const struct pid	 nobody;
	struct node		*n = s->proc->node;
	char			 text[ADDRESS_SIZE + 80], who[ADDRESS_SIZE];
	bool			 first = s->refused == 0;

	n->stats.frames_too_large++;
	(void)snprintf(text, sizeof(text), "%u bytes are too much for node %s, "
	    "whose max-message is %u", f->h.len, p->name, p->max_message);
	if (s->kind == STREAM_WORKER)
		peer_limit(s, p);
	if (f->h.op == WIRE_CALL) {
		watch_demonitor(s->proc, f->h.ref);
		stream_done(s, f->h.ref, EMSGSIZE, nobody, text);
		return;
	}
	s->refused = p->max_message;
	if (first && s->kind == STREAM_WORKER)
		log_warnx(n->log, "message of %s dropped: %s",
		    peer_pid_text(n, proc_pid(s->proc), who), text);
}

/* Nothing is put there after all: a lane that was made for it goes, if what was
   gathered is not for it either. */
static void
unused(const struct run *r, struct sink *to)
{
	if (to != NULL && to->lane && (r == NULL || r->to != to))
		lane_idle(lane_of_sink(to));
}

static const char *
to_sink(struct stream *s, struct frame *f, struct run *r, struct sink *to)
{
	if (to == NULL) {
		s->proc->node->stats.frames_dropped++;
		return NULL;
	}
	if (too_large(to, f)) {
		refuse(s, f, lane_of_sink(to)->peer);
		unused(r, to);
		return NULL;
	}
	if (to->over && !flow_may_send(s, to))
		return carry_held;
	run_add(s, r, to, f);
	return NULL;
}

const char *
carry_send(struct stream *s, struct frame *f, struct run *r)
{
	if (r->to != NULL && pid_equal(r->pid, f->h.to))
		return to_sink(s, f, r, r->to);
	return to_sink(s, f, r, sink_of(s->proc->node, f->h.to));
}

/* The sink of the address that begins a body.  NULL: nobody, or *why says what
   is wrong with it. */
static struct sink *
sink_of_name(struct node *n, const uint8_t *body, size_t len, bool make,
    struct pid *to, const char **why)
{
	struct address	 a;
	struct peer	*peer;
	struct lane	*e;
	struct rd	 rd;
	char		 text[ADDRESS_SIZE];

	rd_init(&rd, body, len);
	rd_str8(&rd, text, sizeof(text));
	*why = rd.bad ? "send by name: too short" :
	    "send by name: not a name";
	if (rd.bad || address_parse(text, &a) == -1 || a.serial != 0)
		return NULL;
	*why = NULL;
	switch (registry_where(n, text, &a, &peer)) {
	case REGISTRY_NOWHERE:
		break;
	case REGISTRY_THERE:
		*to = (struct pid){ peer->id, 0 };
		e = make ? lane_of_name(peer, a.name) :
		    lane_find(peer, 0, a.name);
		if (e == NULL && make)
			post_doom(peer, "out of memory");
		return e == NULL ? NULL : &e->sink;
	case REGISTRY_HERE:
		return sink_of_proc(names_find(n, a.name));
	}
	return NULL;
}

/*
 * A large frame that will have to wait should not be assembled first: memory
 * for such frames is everybody's.  So its receiver is looked at as soon as the
 * header is there, where a stream can be held.
 */
void
carry_hold_begun(struct stream *s)
{
	struct wire_head h;
	struct node	*n = s->proc->node;
	struct sink	*to;
	struct pid	 pid;
	const uint8_t	*bytes;
	const char	*why;
	size_t		 len;

	if (s->kind == STREAM_WORKER || s->closed || s->broken || s->paused ||
	    !conn_begun(&s->conn, &h, &bytes, &len))
		return;
	if (h.op < WIRE_SEND || h.op > WIRE_CHANNEL || h.op == WIRE_REPLY)
		return;			/* signals wait for no data */
	to = h.op != WIRE_SEND_NAME ? sink_of(n, h.to) : sink_of_name(n,
	    bytes + WIRE_HEAD, len - WIRE_HEAD, false, &pid, &why);
	if (to != NULL && to->over)
		(void)flow_may_send(s, to);
	unused(NULL, to);
}

const char *
carry_send_name(struct stream *s, struct frame *f, struct run *r)
{
	struct pid	 to = { 0, 0 };
	struct sink	*k;
	const char	*why;

	k = sink_of_name(s->proc->node, f->body, f->body_len, true, &to, &why);
	if (why != NULL)
		return why;
	if (f->body_len < 1u + f->body[0] + 10)
		return "send by name: too short";
	if (k != NULL) {
		f->h.to = k->lane ? to : proc_pid(proc_of_sink(k));
		wire_put(f->bytes, &f->h);
	}
	return to_sink(s, f, r, k);
}

const char *
carry_call(struct stream *s, struct frame *f, struct run *r)
{
	struct node	*n = s->proc->node;
	struct sink	*to = sink_of(n, f->h.to);
	struct watch	*w;
	const char	*why;
	int		 err;

	if (to != NULL && to->over && !flow_may_send(s, to))
		return carry_held;
	if (watch_monitor(s->proc, false, f->h.ref, f->h.to, 0) == -1) {
		err = errno;
		unused(r, to);
		if (err != ENOMEM)
			return "call: its ref is in use, or too many calls";
		watch_refuse(s->proc, false, f->h.ref, f->h.to);
		return NULL;		/* unsent, and the caller is told */
	}
	if ((w = ends_watch(s->proc, f->h.ref)) != NULL)
		w->call = true;		/* else its DOWN has come already */
	why = to_sink(s, f, r, to);
	carry_flush(s, r);
	return why;
}

/*
 * A reply is taken once, by who still waits for it: that bounds what others can
 * put on an attached stream, and ends the monitor of the call.
 */
const char *
carry_reply(struct stream *s, struct frame *f, struct run *r)
{
	struct node	*n = s->proc->node;
	struct proc	*to;
	struct stream	*out;

	if (f->h.to.node != n->id)	/* its node knows whether it waits */
		return to_sink(s, f, r, sink_of(n, f->h.to));
	to = proc_by_pid(n, f->h.to);
	/* A plain monitor nobody can answer away. */
	if (to == NULL || (out = watch_caller(to, f->h.ref)) == NULL) {
		n->stats.frames_dropped++;
		return NULL;
	}
	/* Who asked on an attached stream may never empty the mailbox. */
	if (out == to->main && to->sink.over && !flow_may_send(s, &to->sink))
		return carry_held;
	watch_demonitor(to, f->h.ref);
	if (out == to->main)
		return to_sink(s, f, r, sink_of_proc(to));
	stream_send(out, f->bytes, f->h.len);
	return NULL;
}
