/*
 * flow.c - back-pressure: a full receiver costs senders time, not us memory.
 *
 * A receiver whose queue passes high-mark is `over` until it is below low-mark.
 * Who sends to it meanwhile is told CHOKE once, and UNCHOKE at the end.
 * Signals, answers and notices go to it all the same: their number is bounded
 * by the tables they come from.
 *
 *	worker		told; not read only when it ignores that for more than
 *			NODE_IGNORED_MAX bytes, or all queues are at their bound
 *	attached, guest	a stream of one errand: held before the frame; one to
 *			its own process only above NODE_SELF_MAX
 *
 * A lane to a process of another node is over while the window of that node is
 * full, or the other node says that its receiver is: its senders are treated
 * alike.  A node that sends to a receiver here is told N_CHOKE, and chokes its
 * own.
 *
 * Owns:    struct choke, sink->over, stream->paused.
 * Not here: the queues (stream.c), who is read (the acts look at paused).
 * Errors:  without memory for a choke its sender is not told.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "post.h"
#include "proc.h"
#include "settings.h"
#include "stream.h"

#define LANES_MOST	65536		/* that one peer's chokes may make */

/* Whom a CHOKE is about; nobody: what is sent by name cannot be held by it. */
static struct pid
sink_pid(struct sink *k)
{
	struct lane	*e;

	if (!k->lane)
		return proc_pid(proc_of_sink(k));
	e = lane_of_sink(k);
	return (struct pid){ e->peer->id, e->serial };
}

static void
tell(struct stream *s, struct pid about, enum wire_op op)
{
	struct wire_head	h = { .op = (uint8_t)op, .from = about };

	if (about.serial != 0)
		stream_frame(s, &h, NULL, 0);
}

static void
tell_peer(const struct choke *c, enum wire_op op)
{
	struct wire_head	h = { .op = (uint8_t)op };

	h.to = (struct pid){ c->peer->id, 0 };
	h.from = proc_pid(proc_of_sink(c->sink));
	post_urgent(c->peer, &h, c->name, strlen(c->name));
}

static struct choke *
choke_find(struct stream *s, const struct sink *k)
{
	struct choke	*c;

	LIST_FOREACH(c, &s->chokes, by_sender)
		if (c->sink == k)
			return c;
	return NULL;
}

static struct choke *
choke_new(struct sink *k, const char *name)
{
	struct choke	*c;
	size_t		 n = strlen(name);

	if ((c = calloc(1, sizeof(*c) + n + 1)) == NULL)
		return NULL;
	memcpy(c->name, name, n + 1);
	c->sink = k;
	LIST_INSERT_HEAD(&k->chokes, c, by_sink);
	return c;
}

static struct choke *
choke_stream(struct stream *s, struct sink *k)
{
	struct choke	*c = choke_new(k, "");

	if (c == NULL)
		return NULL;
	c->stream = s;
	LIST_INSERT_HEAD(&s->chokes, c, by_sender);
	return c;
}

/* s stays unread while any of its chokes says so. */
static void
paused_update(struct stream *s)
{
	struct choke	*c;
	bool		 paused = false;

	if (s->proc->state == PROC_LIVE)	/* a tail is read to its end */
		LIST_FOREACH(c, &s->chokes, by_sender)
			if (c->pausing)
				paused = true;
	if (paused == s->paused)
		return;
	s->paused = paused;
	s->proc->node->acts->update(s);
}

static void
choke_free(struct choke *c)
{
	LIST_REMOVE(c, by_sender);
	LIST_REMOVE(c, by_sink);
	free(c);
}

static void
choke_pause(struct choke *c)
{
	c->pausing = true;
	paused_update(c->stream);
}

/* ---- choking ---- */

/* s gave so much to k. */
static void
sent(struct stream *s, struct sink *k, size_t bytes)
{
	struct node	*n = s->proc->node;
	struct choke	*c;

	if (!k->over || s->kind != STREAM_WORKER || s->closed ||
	    s->proc->state != PROC_LIVE)
		return;
	if ((c = choke_find(s, k)) == NULL) {
		if ((c = choke_stream(s, k)) == NULL)
			return;
		n->stats.chokes++;
		tell(s, sink_pid(k), WIRE_CHOKE);
		if (s->closed)		/* for want of memory, chokes too */
			return;
	} else {
		c->after += bytes;
		if (bytes > c->largest)
			c->largest = bytes;
	}
	if (c->pausing)
		return;
	/* One frame may have been begun before CHOKE was seen. */
	if (c->after - c->largest > NODE_IGNORED_MAX ||
	    n->queued > NODE_QUEUE_LIMIT ||
	    (k->lane && lanes_full(&lane_of_sink(k)->peer->lanes))) {
		n->stats.ignored_chokes++;
		choke_pause(c);
	}
}

/* All queues together at their bound: then any queue is too long. */
static void
proc_mark(struct proc *p)
{
	const struct node	*n = p->node;

	if (stream_waiting(p) > n->conf->node.high_mark ||
	    (n->queued > NODE_QUEUE_LIMIT && stream_waiting(p) > 0))
		p->sink.over = true;
}

void
flow_sent(struct stream *s, struct proc *p, size_t bytes)
{
	proc_mark(p);
	sent(s, &p->sink, bytes);
}

void
flow_sent_lane(struct stream *s, struct lane *e, size_t bytes)
{
	sent(s, &e->sink, bytes);
}

void
flow_received(struct peer *from, struct proc *p, const char *name)
{
	struct choke	*c;

	proc_mark(p);
	if (!p->sink.over)
		return;
	LIST_FOREACH(c, &from->chokes, by_sender)
		if (c->sink == &p->sink && strcmp(c->name, name) == 0)
			return;
	if ((c = choke_new(&p->sink, name)) == NULL)
		return;
	c->peer = from;
	LIST_INSERT_HEAD(&from->chokes, c, by_sender);
	p->node->stats.chokes++;
	tell_peer(c, WIRE_N_CHOKE);
}

bool
flow_may_send(struct stream *s, struct sink *k)
{
	struct node	*n = s->proc->node;
	struct choke	*c;

	if (!k->over || s->kind == STREAM_WORKER ||
	    s->proc->state != PROC_LIVE)
		return true;
	/* A script that fills its own queue cannot empty it while it waits. */
	if (k == &s->proc->sink && stream_waiting(s->proc) < NODE_SELF_MAX &&
	    n->queued < NODE_QUEUE_LIMIT)
		return true;
	if ((c = choke_find(s, k)) == NULL && (c = choke_stream(s, k)) == NULL)
		return true;		/* no memory to wait with */
	choke_pause(c);
	return false;
}

/* ---- and releasing ---- */

/* Everyone who waited for k may go on. */
static void
unchoke_all(struct sink *k)
{
	struct choke	*c;
	struct stream	*s;

	k->over = false;
	while ((c = LIST_FIRST(&k->chokes)) != NULL) {
		s = c->stream;
		if (s == NULL)
			tell_peer(c, WIRE_N_UNCHOKE);
		choke_free(c);
		if (s == NULL)
			continue;
		if (s->kind == STREAM_WORKER)
			tell(s, sink_pid(k), WIRE_UNCHOKE);
		paused_update(s);
	}
}

void
flow_drained(struct proc *p)
{
	if (!p->sink.over ||
	    stream_waiting(p) >= p->node->conf->node.low_mark)
		return;
	unchoke_all(&p->sink);		/* two marks, so we do not flap */
}

void
flow_proc_gone(struct proc *p)
{
	unchoke_all(&p->sink);
}

/* What it says of ever more receivers is no reason to keep ever more. */
static bool
crowded(const struct peer *p)
{
	return HASH_COUNT(p->lanes.by_serial) + HASH_COUNT(p->lanes.by_name) >=
	    LANES_MOST;
}

void
flow_peer_says(struct peer *p, uint64_t serial, const char *name, bool choke)
{
	struct lane	*e = lane_find(p, serial, name);

	if (e == NULL && choke && !crowded(p))
		e = name[0] != '\0' ? lane_of_name(p, name) :
		    lane_of(p, serial);
	if (e == NULL)
		return;			/* then its queue grows instead */
	e->choked = choke;
	if (choke)
		e->sink.over = true;
	else if (lane_may_go_on(e))
		unchoke_all(&e->sink);
	lane_idle(e);
}

/* All, or those that may go on; whether any is over still. */
static bool
lanes_unchoke(struct lane *table, bool all)
{
	struct lane	*e, *next;
	bool		 over = false;

	NODE_EACH(table, e, next) {
		if (!e->sink.over)
			continue;
		if (!all && !lane_may_go_on(e)) {
			over = true;
			continue;
		}
		unchoke_all(&e->sink);
		if (!all)
			lane_idle(e);
	}
	return over;
}

void
flow_peer_drained(struct peer *p)
{
	bool	serial, name;

	if (!p->lanes.holding)
		return;
	serial = lanes_unchoke(p->lanes.by_serial, false);
	name = lanes_unchoke(p->lanes.by_name, false);
	p->lanes.holding = serial || name;
}

void
flow_peer_gone(struct peer *p)
{
	while (!LIST_EMPTY(&p->chokes))
		choke_free(LIST_FIRST(&p->chokes));
	lanes_unchoke(p->lanes.by_serial, true);
	lanes_unchoke(p->lanes.by_name, true);
}

/*
 * Past NODE_QUEUE_LIMIT nobody who feeds a full queue is read, but each of its
 * senders may have one turn's worth of frames, or one large frame, under way.
 */
size_t
flow_bound(const struct node *n)
{
	return (size_t)NODE_QUEUE_LIMIT + n->frame_memory.limit +
	    n->conf->node.tail_memory;
}
