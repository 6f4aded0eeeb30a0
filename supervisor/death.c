/*
 * death.c - a process is dead: its last words, its watchers, its remains.
 *
 * The order at a death is written here and nowhere else (design 5.3):
 *
 *	1  what is left in its sockets is read, as much as was there when the
 *	   parent told of the exit, and routed
 *	2  its names are free
 *	3  its watchers are told: after its last message, never before
 *	4  its streams are closed and whoever waited for it goes on
 *
 * Owns:    that order; node->drains.
 * Not here: the cause (life.c), who watches (watch.c), the reading (link.c).
 * Errors:  none; a report that names nobody is logged and dropped.
 */
#include "death.h"

#include <signal.h>

#include "buf.h"
#include "errand.h"
#include "settings.h"
#include "flow.h"
#include "life.h"
#include "log.h"
#include "names.h"
#include "peer.h"
#include "proc.h"
#include "stream.h"
#include "watch.h"

#define SMALL_TAIL	4096		/* bytes */

void
death_exited(struct node *n, const struct frame *f)
{
	struct proc	*p = proc_by_serial(n, f->h.to.serial);
	struct stream	*s;
	struct rd	 r;

	rd_init(&r, f->body, f->body_len);
	if (p == NULL || p->kind != PROC_WORKER || p->state != PROC_LIVE) {
		log_warnx(n->log, "exit of nobody: serial=%llu",
		    (unsigned long long)f->h.to.serial);
		return;
	}
	p->status = (int)rd_u32(&r);
	p->obeyed = rd_u8(&r) != 0;
	p->state = PROC_EXITED;
	STAILQ_INSERT_TAIL(&n->drains, p, waiting);
	/* How much is its tail is asked now: later bytes are not its own. */
	if (p->main != NULL) {
		stream_discard(p->main);
		flow_drained(p);
		n->acts->update(p->main);
	}
	LIST_FOREACH(s, &p->attached, entry)
		n->acts->update(s);
}

void
death_guest(struct proc *p)
{
	if (p->state != PROC_LIVE)
		return;
	p->state = PROC_EXITED;
	STAILQ_INSERT_TAIL(&p->node->drains, p, waiting);
}

void
death_attached(struct stream *s)
{
	if (s->closed)
		return;
	watch_stream_closed(s);
	errand_stream_closed(s);
	stream_close(s);
}

void
death_bad_frame(struct stream *s, const char *why)
{
	struct proc	*p = s->proc;
	struct cause	 c;
	char		 text[ADDRESS_SIZE];

	if (s->closed || s->broken)
		return;
	p->node->stats.bad_frames++;
	log_warnx(p->node->log, "proc %s bad frame: program=%s reason=%s",
	    peer_pid_text(p->node, proc_pid(p), text), p->program, why);
	if (s->kind == STREAM_ATTACHED) {
		death_attached(s);
		return;
	}
	s->broken = true;
	p->node->acts->update(s);
	cause_set(&c, "error: bad frame: %s", why);
	life_order(p, &c, SIGKILL);
}

static void
say_death(struct proc *p, const struct cause *c)
{
	struct node	*n = p->node;
	char		 text[ADDRESS_SIZE];

	n->stats.deaths++;
	if (!c->normal)
		n->stats.deaths_abnormal++;
	if (p->kind == PROC_GUEST)
		log_debug(n->log, "guest %s gone: cause=%s",
		    peer_pid_text(n, proc_pid(p), text), c->text);
	else
		log_info(n->log,
		    "proc %s died: program=%s os_pid=%u cause=%s up_ms=%lld",
		    peer_pid_text(n, proc_pid(p), text), p->program, p->os_pid,
		    c->text, (long long)((n->now.ns - p->since.ns) / 1000000));
	n->acts->event(n, "death", p, c);
}

/* Everything that hangs off p, once nobody needs to be told. */
static void
remains(struct proc *p)
{
	if (p->born_for != NULL)
		LIST_REMOVE(p, born);
	p->born_for = NULL;
	while (!LIST_EMPTY(&p->attached))
		stream_close(LIST_FIRST(&p->attached));
	if (p->main != NULL)
		stream_close(p->main);
	flow_proc_gone(p);
	p->node->acts->deadline(p, MONO_NEVER);
	p->node->acts->gone(p);
	proc_gone(p);
}

static void
finish(struct proc *p)
{
	struct cause	c;

	life_cause(p, &c);
	names_drop_all(p);
	watch_died(p, &c);
	errand_proc_gone(p, &c);
	say_death(p, &c);		/* the log may be slow: last */
	remains(p);
}

/*
 * Whether what p left would put more into the queues than tail-memory allows.
 * A small tail never waits: full queues of some must not keep the deaths of
 * others from being told.
 */
static bool
must_wait(const struct proc *p)
{
	const struct node	*n = p->node;
	const struct stream	*s;
	size_t			 tail = 0;

	if (p->kind == PROC_GUEST || n->stopping)
		return false;
	if (p->main != NULL)
		tail += p->main->tail;
	LIST_FOREACH(s, &p->attached, entry)
		tail += s->tail;
	return tail > SMALL_TAIL && n->queued + tail >
	    NODE_QUEUE_LIMIT + n->conf->node.tail_memory;
}

void
death_turn(struct node *n)
{
	struct proc_list waiting = STAILQ_HEAD_INITIALIZER(waiting);
	struct proc	*p;

	while ((p = STAILQ_FIRST(&n->drains)) != NULL) {
		STAILQ_REMOVE_HEAD(&n->drains, waiting);
		if (must_wait(p)) {
			n->stats.drains_waited++;
			STAILQ_INSERT_TAIL(&waiting, p, waiting);
			continue;
		}
		n->acts->drain(p);
		finish(p);
	}
	STAILQ_CONCAT(&n->drains, &waiting);
	stream_bury(n);
	proc_bury(n);
}

void
death_stillborn(struct proc *p)
{
	watch_undo(p);
	names_drop_all(p);
	remains(p);
}
