/*
 * live.c - who reads events and output as they come; the last deaths.
 *
 * A reader that is slow loses events, and is told how many by stats; workers
 * never wait for it.  Only a reader of output that asked for it (brood run,
 * which must not lose a line) makes workers wait in their pipes.
 *
 * Owns:    subscriptions, the list of deaths.
 * Not here: questions with an end (query.c), lines themselves (output.c).
 * Errors:  without memory an event is lost.
 */
#include "live.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lines.h"
#include "others.h"
#include "proc.h"
#include "rows.h"
#include "settings.h"
#include "stream.h"

#define DEATH_LINES	10

/* ---- readers ---- */

int
live_subscribe(struct stream *s, uint64_t ref, bool output, bool wait,
    char *const *patterns, size_t n)
{
	struct subscription	*sub;
	size_t			 i;

	if (s->sub != NULL) {
		errno = EBUSY;
		return -1;
	}
	sub = calloc(1, sizeof(*sub) + n * sizeof(sub->patterns[0]));
	if (sub == NULL)
		return -1;
	for (i = 0; i < n; i++)
		if ((sub->patterns[sub->npatterns++] =
		    strdup(patterns[i])) == NULL)
			goto fail;
	sub->stream = s;
	sub->ref = ref;
	sub->output = output;
	sub->wait = wait;
	s->sub = sub;
	LIST_INSERT_HEAD(&world_of(s->proc->node)->subs, sub, entry);
	return 0;
 fail:
	while (sub->npatterns > 0)
		free(sub->patterns[--sub->npatterns]);
	free(sub);
	return -1;
}

void
live_stream_closed(struct stream *s)
{
	struct subscription	*sub = s->sub;

	if (sub == NULL)
		return;
	s->sub = NULL;
	LIST_REMOVE(sub, entry);
	if (sub->wait)
		world_of(s->proc->node)->output_held = false;
	while (sub->npatterns > 0)
		free(sub->patterns[--sub->npatterns]);
	free(sub);
}

const char *
live_name(const struct proc *p)
{
	return TAILQ_EMPTY(&p->names) ? p->program :
	    TAILQ_FIRST(&p->names)->text;
}

bool
live_matches(const struct proc *p, const char *pattern)
{
	const struct conf_node	*conf = &p->node->conf->node;
	struct address		 a;
	struct name		*e;

	if (address_parse(pattern, &a) == 0 && a.serial != 0)
		return a.serial == p->serial &&
		    (a.node[0] == '\0' || strcmp(a.node, conf->name) == 0) &&
		    (a.incarnation == 0 || a.incarnation == p->node->id);
	if (fnmatch(pattern, p->program, 0) == 0)
		return true;
	TAILQ_FOREACH(e, &p->names, entry)
		if (fnmatch(pattern, e->text, 0) == 0)
			return true;
	return false;
}

static bool
sub_wants(const struct subscription *sub, const struct proc *p)
{
	size_t	i;

	for (i = 0; i < sub->npatterns; i++)
		if (live_matches(p, sub->patterns[i]))
			return true;
	return sub->npatterns == 0;
}

static bool
sub_is_full(const struct subscription *sub)
{
	const struct stream	*s = sub->stream;

	return s->conn.out_bytes > s->proc->node->conf->node.high_mark;
}

void
live_drained(struct stream *s)
{
	if (s->sub->wait &&
	    s->conn.out_bytes < s->proc->node->conf->node.low_mark)
		world_of(s->proc->node)->output_held = false;
}

/* ---- events ---- */

static void
wall_clock(char text[40])
{
	struct timespec	t;
	struct tm	tm;
	size_t		n;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	(void)gmtime_r(&t.tv_sec, &tm);
	n = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, 40 - n, ".%03ldZ", t.tv_nsec / 1000000);
}

static void
remember_death(struct world *w, const struct proc *p, const char *time,
    const struct cause *c)
{
	struct death	*d, *old;

	if (p->kind == PROC_GUEST || (d = calloc(1, sizeof(*d))) == NULL)
		return;
	d->pid = proc_pid(p);
	d->cause = *c;
	d->uptime_s = (w->node.now.ns - p->since.ns) / 1000000000;
	(void)strlcpy(d->name, p->worker != NULL ? p->worker->s.name :
	    p->program, sizeof(d->name));
	(void)strlcpy(d->time, time, sizeof(d->time));
	d->lines = lines_last(w, d->pid, DEATH_LINES);
	TAILQ_INSERT_TAIL(&w->deaths, d, entry);
	if (++w->ndeaths <= WORLD_DEATHS_MAX)
		return;
	old = TAILQ_FIRST(&w->deaths);
	TAILQ_REMOVE(&w->deaths, old, entry);
	w->ndeaths--;
	free(old->lines);
	free(old);
}

/* Of a process, or (p is NULL) of another node. */
struct event {
	const char		*what, *node, *cause;
	const struct proc	*p;
};

static void
send_event(struct subscription *sub, const struct event *e, const char *time)
{
	const struct proc	*p = e->p;
	struct rows		 r;

	rows_begin(&r);
	rows_text(&r, "time", time);
	rows_text(&r, "event", e->what);
	if (p != NULL)
		rows_pid(&r, "pid", p->node, proc_pid(p));
	else
		rows_text(&r, "pid", "");
	rows_text(&r, "worker", p == NULL ? "" : p->worker != NULL ?
	    p->worker->s.name : p->program);
	rows_text(&r, "node", e->node);
	rows_text(&r, "cause", e->cause);
	rows_send(&r, sub->stream, sub->ref);
}

static void
send_event_to_all(struct world *w, const struct event *e, const char *time)
{
	struct subscription	*sub, *next;

	for (sub = LIST_FIRST(&w->subs); sub != NULL; sub = next) {
		next = LIST_NEXT(sub, entry);
		if (sub->output)
			continue;
		if (sub_is_full(sub))
			w->node.stats.events_lost++;
		else
			send_event(sub, e, time);
	}
}

void
live_node_event(struct node *n, const char *what, const struct peer *p,
    const char *why)
{
	struct event	e = { what, p->name, why == NULL ? "" : why, NULL };
	char		time[40];

	wall_clock(time);
	send_event_to_all(world_of(n), &e, time);
}

void
live_event(struct node *n, const char *what, const struct proc *p,
    const struct cause *c)
{
	struct event	e = { what, n->conf->node.name,
			    c == NULL ? "" : c->text, p };
	char		time[40];

	wall_clock(time);
	if (c != NULL)
		remember_death(world_of(n), p, time, c);
	if (p->kind != PROC_GUEST)
		send_event_to_all(world_of(n), &e, time);
}

void
live_line(struct world *w, const struct proc *p, const char *text, size_t len,
    bool more)
{
	struct subscription	*sub, *next;
	struct rows		 r;

	for (sub = LIST_FIRST(&w->subs); sub != NULL; sub = next) {
		next = LIST_NEXT(sub, entry);
		if (!sub->output || !sub_wants(sub, p))
			continue;
		if (sub_is_full(sub) && !sub->wait) {
			w->node.stats.events_lost++;
			continue;
		}
		rows_begin(&r);
		rows_pid(&r, "pid", p->node, proc_pid(p));
		rows_text(&r, "worker", live_name(p));
		rows_bytes(&r, "line", text, len);
		rows_bool(&r, "more", more);
		rows_send(&r, sub->stream, sub->ref);
		if (sub_is_full(sub))
			w->output_held = true;
	}
}

void
live_release(struct world *w)
{
	struct death	*d;

	while ((d = TAILQ_FIRST(&w->deaths)) != NULL) {
		TAILQ_REMOVE(&w->deaths, d, entry);
		free(d->lines);
		free(d);
	}
}
