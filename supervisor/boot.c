/*
 * boot.c - [worker] sections: started with the node, stopped with it.
 *
 * Owns:    which sections are wanted, the order of an orderly end.
 * Not here: whether a dead one returns: nothing is restarted in this version.
 * Errors:  what cannot be started is logged; the others start all the same.
 */
#include "boot.h"

#include <signal.h>
#include <string.h>

#include "ask.h"
#include "conf_store.h"
#include "guest.h"
#include "life.h"
#include "log.h"
#include "loop.h"
#include "names.h"
#include "session.h"
#include "settings.h"
#include "spawn.h"

#define LAST_WORDS_MS	1000	/* for readers of the last output */

static bool
is_wanted(const struct conf *c, const struct conf_worker *w)
{
	size_t	i;

	if (conf_is_template(w))
		return false;
	for (i = 0; w->roles[i] != NULL; i++)
		if (strcmp(w->roles[i], c->node.role) == 0)
			return true;
	return i == 0;
}

void
boot_start(struct world *w)
{
	const struct conf_worker	*e;

	CONF_FOREACH(e, w->conf, CONF_WORKER)
		if (is_wanted(w->conf, e) &&
		    names_reserve(&w->node, e->s.name) == -1)
			log_error(w->node.log, "worker %s: name", e->s.name);
	CONF_FOREACH(e, w->conf, CONF_WORKER)
		if (is_wanted(w->conf, e))
			(void)spawn_section(&w->node, e);
}

/* ---- reload ---- */

static void
stop_proc(struct proc *p)
{
	struct cause	c;
	int		sig = SIGTERM;

	cause_set(&c, "stopped");
	if (p->worker != NULL && p->worker->stop_signal != 0)
		sig = p->worker->stop_signal;
	life_order(p, &c, sig);
}

/* Processes point into the configuration that goes: turn them to the new
   one. */
static void
point_to(struct world *w, const struct conf *now)
{
	struct proc	*p, *next;

	NODE_EACH(w->node.procs, p, next) {
		if (p->worker == NULL)
			continue;
		p->worker = conf_worker(now, p->worker->s.name);
		if (p->worker == NULL || !is_wanted(now, p->worker)) {
			p->worker = NULL;
			stop_proc(p);
		}
	}
}

/* Who was told of a larger max-message may still send that much: less memory
   than for one such frame would be waited for in vain. */
static size_t
frame_memory(const struct world *w, const struct conf *now)
{
	size_t	new = now->node.frame_memory, old = w->node.frame_memory.limit;

	if (new >= WIRE_MAX || new >= old)
		return new;
	return old < WIRE_MAX ? old : WIRE_MAX;
}

void
boot_reload(struct world *w, struct conf *now)
{
	const struct conf_worker	*e, *had;
	struct conf			*old = w->conf;

	CONF_FOREACH(e, old, CONF_WORKER)
		if ((had = conf_worker(now, e->s.name)) == NULL ||
		    !is_wanted(now, had))
			names_unreserve(&w->node, e->s.name);
	point_to(w, now);
	w->node.frame_memory.limit = frame_memory(w, now);
	w->conf = now;
	w->node.conf = now;
	log_set_level(w->node.log, (enum log_level)now->node.log_level);
	CONF_FOREACH(e, now, CONF_WORKER) {
		had = conf_worker(old, e->s.name);
		if (!is_wanted(now, e) || (had != NULL && is_wanted(old, had)))
			continue;
		if (names_reserve(&w->node, e->s.name) == 0)
			(void)spawn_section(&w->node, e);
	}
	conf_free(old);
}

/* ---- the end ---- */

void
boot_stop(struct world *w)
{
	struct proc	*p, *next;

	if (w->node.stopping)
		return;
	w->node.stopping = true;
	log_info(w->node.log, "node %s stopping", w->conf->node.name);
	NODE_EACH(w->node.procs, p, next)
		if (p->kind == PROC_WORKER && p->worker == NULL)
			stop_proc(p);
	boot_turn(w);
}

static void
on_words_over(void *arg)
{
	struct world	*w = arg;

	w->words_over = true;		/* the turn goes on with it */
}

/* What workers said last is still on its way to who reads it. */
static bool
await_readers(struct world *w)
{
	if (w->last_words != NULL)
		return true;
	w->last_words = loop_timer_new(w->node.loop, on_words_over, w);
	if (w->last_words == NULL)
		return false;
	loop_timer_set(w->last_words,
	    mono_after(w->node.now, MONO_MS(LAST_WORDS_MS)));
	return true;
}

void
boot_turn(struct world *w)
{
	struct proc	*p, *next, *last = NULL;
	struct cause	 c;

	if (!w->node.stopping || w->stopped)
		return;
	NODE_EACH(w->node.procs, p, next) {
		if (p->kind != PROC_WORKER)
			continue;
		if (p->worker == NULL)
			return;		/* spawned ones are still going */
		last = p;		/* the table is in order of serials */
	}
	if (last != NULL) {
		if (!last->ordered)
			stop_proc(last);
		return;
	}
	guest_close(w);
	/* Deaths reach other nodes before the goodbye does. */
	if (!w->words_over && (guest_waiting(w) ||
	    !session_settled(&w->node)) && await_readers(w))
		return;
	session_goodbye(&w->node);
	loop_timer_free(w->last_words);
	w->last_words = NULL;
	w->stopped = true;
	cause_set(&c, "stopped");
	guest_close_all(w, &c);
	ask_plain(&w->node, WIRE_O_STOPPED);
}
