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
 * Owns:    struct choke, proc->over, stream->paused.
 * Not here: the queues (stream.c), who is read (the acts look at paused).
 * Errors:  without memory for a choke its sender is not told.
 */
#include "flow.h"

#include <stdlib.h>

#include "settings.h"
#include "proc.h"
#include "stream.h"

static void
tell(struct stream *s, struct proc *p, enum wire_op op)
{
	struct wire_head	h = { .op = (uint8_t)op };

	h.from = proc_pid(p);
	stream_frame(s, &h, NULL, 0);
}

static struct choke *
choke_find(struct stream *s, const struct proc *p)
{
	struct choke	*c;

	LIST_FOREACH(c, &s->chokes, by_stream)
		if (c->proc == p)
			return c;
	return NULL;
}

static struct choke *
choke_new(struct stream *s, struct proc *p)
{
	struct choke	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->stream = s;
	c->proc = p;
	LIST_INSERT_HEAD(&s->chokes, c, by_stream);
	LIST_INSERT_HEAD(&p->chokes, c, by_proc);
	return c;
}

/* s stays unread while any of its chokes says so. */
static void
paused_update(struct stream *s)
{
	struct choke	*c;
	bool		 paused = false;

	if (s->proc->state == PROC_LIVE)	/* a tail is read to its end */
		LIST_FOREACH(c, &s->chokes, by_stream)
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
	LIST_REMOVE(c, by_stream);
	LIST_REMOVE(c, by_proc);
	free(c);
}

static void
choke_pause(struct choke *c)
{
	c->pausing = true;
	paused_update(c->stream);
}

void
flow_sent(struct stream *s, struct proc *p, size_t bytes)
{
	struct node	*n = p->node;
	struct choke	*c;

	/* All queues together at their bound: then any queue is too long. */
	if (stream_waiting(p) > n->conf->node.high_mark ||
	    (n->queued > NODE_QUEUE_LIMIT && stream_waiting(p) > 0))
		p->over = true;
	if (!p->over || s->kind != STREAM_WORKER || s->closed ||
	    s->proc->state != PROC_LIVE)
		return;
	if ((c = choke_find(s, p)) == NULL) {
		if ((c = choke_new(s, p)) == NULL)
			return;
		n->stats.chokes++;
		tell(s, p, WIRE_CHOKE);
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
	    n->queued > NODE_QUEUE_LIMIT) {
		n->stats.ignored_chokes++;
		choke_pause(c);
	}
}

bool
flow_may_send(struct stream *s, struct proc *p)
{
	struct choke	*c;

	if (!p->over || s->kind == STREAM_WORKER ||
	    s->proc->state != PROC_LIVE)
		return true;
	/* A script that fills its own queue cannot empty it while it waits. */
	if (p == s->proc && stream_waiting(p) < NODE_SELF_MAX &&
	    p->node->queued < NODE_QUEUE_LIMIT)
		return true;
	if ((c = choke_find(s, p)) == NULL && (c = choke_new(s, p)) == NULL)
		return true;		/* no memory to wait with */
	choke_pause(c);
	return false;
}

/* Everyone who waited for p may go on. */
static void
unchoke_all(struct proc *p)
{
	struct choke	*c;
	struct stream	*s;
	bool		 told;

	while ((c = LIST_FIRST(&p->chokes)) != NULL) {
		s = c->stream;
		told = s->kind == STREAM_WORKER;
		choke_free(c);
		if (told)
			tell(s, p, WIRE_UNCHOKE);
		paused_update(s);
	}
}

void
flow_drained(struct proc *p)
{
	if (!p->over || stream_waiting(p) >= p->node->conf->node.low_mark)
		return;
	p->over = false;		/* two marks, so we do not flap */
	unchoke_all(p);
}

void
flow_proc_gone(struct proc *p)
{
	p->over = false;
	unchoke_all(p);
}

/*
 * Past NODE_QUEUE_LIMIT nobody who feeds a full queue is read, but each of its
 * senders may have one turn's worth of frames, or one large frame, under way.
 */
size_t
flow_bound(const struct node *n)
{
	return (size_t)NODE_QUEUE_LIMIT + n->conf->node.frame_memory +
	    n->conf->node.tail_memory;
}
