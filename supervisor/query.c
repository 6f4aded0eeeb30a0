/*
 * query.c - questions and orders of the command line.
 *
 * One verb a function and a row of its table; they share nothing but that.
 *
 * Owns:    the verbs of QUERY and CONTROL, requests for a reload.
 * Not here: live readers (live.c), the form of rows (rows.c).
 * Errors:  DONE with errno and a text for people.
 */
#include "query.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "census.h"
#include "conf_store.h"
#include "flow.h"
#include "live.h"
#include "proc.h"
#include "proxy.h"
#include "registry.h"
#include "rows.h"
#include "settings.h"
#include "stream.h"

#define WORDS_MAX	256
#define DEFAULT_LINES	10

struct query {
	struct stream	*s;
	struct node	*n;
	uint64_t	 ref;
	size_t		 nwords;
	char		*words[WORDS_MAX];
};

/* Answers go out as rows; DONE follows unless the verb says it is not done. */
enum answered { DONE_NOW, DONE_LATER };
typedef enum answered query_fn(struct query *);

static const struct pid	nobody;

static enum answered
fail(struct query *q, int err, const char *text)
{
	stream_done(q->s, q->ref, err, nobody, text);
	return DONE_LATER;		/* it is answered */
}

static bool
wants(const struct query *q, size_t from, const struct proc *p)
{
	size_t	i;

	for (i = from; i < q->nwords; i++)
		if (live_matches(p, q->words[i]))
			return true;
	return q->nwords <= from;
}

/* ---- processes and the node ---- */

static const char *
state_of(const struct proc *p)
{
	if (p->state == PROC_SPAWNING)
		return "starting";
	if (p->state != PROC_LIVE)
		return "ended";
	return p->ordered ? "stopping" : "up";
}

static void
user_of(const struct proc *p, struct rows *r)
{
	const struct world		*w = world_of(p->node);
	const struct conf_program	*program;

	program = conf_program(p->node->conf, p->program);
	if (p->kind == PROC_GUEST && p->uid != p->node->owner_uid)
		rows_number(r, "user", p->uid);
	else if (p->kind == PROC_GUEST || p->node->owner_uid != 0)
		rows_text(r, "user", w->owner);
	else if (program != NULL && program->user[0] != '\0')
		rows_text(r, "user", program->user);
	else
		rows_text(r, "user", p->node->conf->node.worker_user);
}

static void
send_proc(struct query *q, struct proc *p)
{
	struct watch	*m;
	struct link	*l;
	struct rows	 r;
	unsigned int	 monitors = 0, links = 0;

	LIST_FOREACH(m, &p->watches, entry)
		monitors++;
	LIST_FOREACH(l, &p->links, entry)
		links += l->unlinking == 0;
	rows_begin(&r);
	rows_pid(&r, "pid", q->n, proc_pid(p));
	if (p->os_pid != 0)
		rows_number(&r, "os_pid", p->os_pid);
	else
		rows_null(&r, "os_pid");
	rows_text(&r, "name", TAILQ_EMPTY(&p->names) ? "" : live_name(p));
	rows_text(&r, "program", p->program);
	rows_text(&r, "entry", p->entry);
	user_of(p, &r);
	rows_text(&r, "state", state_of(p));
	rows_number(&r, "uptime_s",
	    (uint64_t)(q->n->now.ns - p->since.ns) / 1000000000);
	if (p->hello || p->main == NULL)
		rows_null(&r, "mailbox");	/* it is the worker's own */
	else
		rows_number(&r, "mailbox", conn_out_count(&p->main->conn));
	rows_number(&r, "queued_bytes", stream_waiting(p));
	rows_number(&r, "monitors", monitors);
	rows_number(&r, "links", links);
	rows_send(&r, q->s, q->ref);
}

static enum answered
query_ps(struct query *q)
{
	struct proc	*p, *next;

	NODE_EACH(q->n->procs, p, next)
		/* Who asks as a guest does not mean itself. */
		if ((p != q->s->proc || p->kind != PROC_GUEST) &&
		    wants(q, 0, p))
			send_proc(q, p);
	return DONE_NOW;
}

static void
send_node(struct query *q)
{
	const struct conf_node	*c = &q->n->conf->node;
	const char		*listen = world_of(q->n)->net_address;
	struct rows		 r;
	char			 id[24];

	(void)snprintf(id, sizeof(id), "%016llx",
	    (unsigned long long)q->n->id);
	rows_begin(&r);
	rows_text(&r, "node", c->name);
	rows_text(&r, "id", id);
	rows_text(&r, "role", c->role);
	rows_text(&r, "cluster", c->cluster);
	rows_text(&r, "listen", *listen != '\0' ? listen : c->listen);
	rows_text(&r, "advertise", c->advertise);
	rows_text(&r, "version", BROOD_VERSION);
	rows_number(&r, "uptime_s",
	    (uint64_t)(q->n->now.ns - q->n->born.ns) / 1000000000);
	rows_send(&r, q->s, q->ref);
}

static enum answered
query_info(struct query *q)
{
	struct proc	*p;
	struct pid	 pid;
	int		 err;

	if (q->nwords == 0) {
		send_node(q);
		return DONE_NOW;
	}
	if ((err = registry_find(q->n, q->words[0], &pid)) != 0)
		return fail(q, err, "no such process");
	if ((p = proc_by_pid(q->n, pid)) != NULL)
		send_proc(q, p);
	return DONE_NOW;
}

static enum answered
query_names(struct query *q)
{
	struct name	*e, *next;
	struct rows	 r;

	NODE_EACH(q->n->names, e, next) {
		if (e->proc == NULL || e->proc->state != PROC_LIVE)
			continue;
		rows_begin(&r);
		rows_text(&r, "name", e->text);
		rows_pid(&r, "pid", q->n, proc_pid(e->proc));
		rows_send(&r, q->s, q->ref);
	}
	return DONE_NOW;
}

/* ---- stats ---- */

static void
stat_row(struct query *q, const char *name, uint64_t value, const char *help)
{
	struct rows	r;

	rows_begin(&r);
	rows_text(&r, "name", name);
	rows_number(&r, "value", value);
	rows_text(&r, "help", help);
	rows_send(&r, q->s, q->ref);
}

static enum answered
query_stats(struct query *q)
{
	struct node	*n = q->n;
	const struct conf_node	*c = &n->conf->node;

#define X(name, help) stat_row(q, #name, n->stats.name, help);
	NODE_STATS(X)
#undef X
	stat_row(q, "processes", HASH_COUNT(n->procs), "workers and guests");
	stat_row(q, "guests_now", world_of(n)->nguests, "guests among them");
	stat_row(q, "monitors", HASH_COUNT(n->watches), "monitors in force");
	stat_row(q, "links", HASH_COUNT(n->links), "ends of links");
	stat_row(q, "queued_bytes", n->queued, "bytes queued to processes");
	stat_row(q, "frame_bytes", n->frame_memory.used,
	    "bytes of large frames being assembled");
	stat_row(q, "queue_limit", NODE_QUEUE_LIMIT,
	    "queued bytes above which senders to full queues are not read");
	stat_row(q, "high_mark", c->high_mark,
	    "bytes queued to one process above which senders are choked");
	stat_row(q, "memory_bound", flow_bound(n),
	    "most bytes of messages held, all together");
	return DONE_NOW;
}

/* ---- other nodes ---- */

static enum answered
query_peers(struct query *q)
{
	census_peers(q->n, q->s, q->ref);
	return DONE_NOW;
}

static enum answered
query_node(struct query *q)
{
	if (q->nwords != 1 || !census_node(q->n, q->s, q->ref, q->words[0]))
		return fail(q, ESRCH, "no such node");
	return DONE_NOW;
}

/* That it is answered is the answer. */
static enum answered
query_ping(struct query *q)
{
	(void)q;
	return DONE_NOW;
}

/* ---- logs ---- */

static bool
line_is_meant(const struct query *q, const struct line *l)
{
	const struct proc	*p = proc_by_pid(q->n, l->pid);

	return fnmatch(q->words[0], l->name, 0) == 0 ||
	    (p != NULL && live_matches(p, q->words[0]));
}

static void
send_line(struct query *q, const struct line *l)
{
	struct rows	r;

	rows_begin(&r);
	rows_text(&r, "worker", l->name);
	rows_pid(&r, "pid", q->n, l->pid);
	rows_bytes(&r, "line", l->text, l->len);
	rows_send(&r, q->s, q->ref);
}

static enum answered
query_log(struct query *q)
{
	const char	*why = NULL;
	long long	 left = DEFAULT_LINES;
	struct line	*l, *first = NULL;

	if (q->nwords > 1)
		left = strtonum(q->words[1], 0, 1000000, &why);
	if (q->nwords < 1 || why != NULL)
		return fail(q, EINVAL, "log: WORKER and a number of lines");
	TAILQ_FOREACH_REVERSE(l, &world_of(q->n)->lines, lines, entry) {
		if (!line_is_meant(q, l))
			continue;
		if (left-- == 0)
			break;
		first = l;
	}
	for (l = first; l != NULL; l = TAILQ_NEXT(l, entry))
		if (line_is_meant(q, l))
			send_line(q, l);
	return DONE_NOW;
}

static enum answered
query_deaths(struct query *q)
{
	struct death	*d;
	struct rows	 r;

	TAILQ_FOREACH(d, &world_of(q->n)->deaths, entry) {
		if (q->nwords > 0 && fnmatch(q->words[0], d->name, 0) != 0)
			continue;
		rows_begin(&r);
		rows_text(&r, "time", d->time);
		rows_pid(&r, "pid", q->n, d->pid);
		rows_text(&r, "worker", d->name);
		rows_text(&r, "cause", d->cause.text);
		rows_number(&r, "uptime_s", (uint64_t)d->uptime_s);
		rows_list(&r, "lines", d->lines == NULL ? "" : d->lines);
		rows_send(&r, q->s, q->ref);
	}
	return DONE_NOW;
}

/* ---- live ---- */

static enum answered
query_events(struct query *q)
{
	if (live_subscribe(q->s, q->ref, false, false, NULL, 0) == -1)
		return fail(q, errno, "events");
	return DONE_LATER;
}

/* output [wait] [PATTERN...]: with "wait" no line is lost. */
static enum answered
query_output(struct query *q)
{
	bool	wait = q->nwords > 0 && strcmp(q->words[0], "wait") == 0;

	if (live_subscribe(q->s, q->ref, true, wait, q->words + wait,
	    q->nwords - wait) == -1)
		return fail(q, errno, "output");
	return DONE_LATER;
}

/* ---- orders ---- */

static enum answered
control_signal(struct query *q)
{
	struct proc	*p, *next;
	struct rows	 r;
	const char	*why = NULL;
	int		 sig = 0;

	if (q->nwords >= 2)
		sig = (int)strtonum(q->words[0], 1, SIGRTMAX, &why);
	if (q->nwords < 2 || why != NULL)
		return fail(q, EINVAL, "signal: a number and patterns");
	NODE_EACH(q->n->procs, p, next) {
		if (p->kind != PROC_WORKER || p->state != PROC_LIVE ||
		    !wants(q, 1, p))
			continue;
		if (ask_kill(p, sig, false) == -1)
			return fail(q, errno, "signal");
		rows_begin(&r);
		rows_pid(&r, "pid", q->n, proc_pid(p));
		rows_send(&r, q->s, q->ref);
	}
	return DONE_NOW;
}

static enum answered
control_shutdown(struct query *q)
{
	ask_plain(q->n, WIRE_O_SHUTDOWN);
	return DONE_NOW;
}

static enum answered
control_reload(struct query *q)
{
	struct reload	*r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return fail(q, ENOMEM, "reload");
	r->by = q->s->kind == STREAM_PROXY ? proxy_asker(q->s) :
	    proc_pid(q->s->proc);
	r->ref = q->ref;
	r->dry_run = q->nwords > 0 && strcmp(q->words[0], "dry-run") == 0;
	TAILQ_INSERT_TAIL(&world_of(q->n)->reloads, r, entry);
	ask_reload(q->n, r->dry_run);
	return DONE_LATER;
}

static void
send_change(struct stream *s, uint64_t ref, const char *change,
    const char *kind, const char *name)
{
	struct rows	r;

	rows_begin(&r);
	rows_text(&r, "change", change);
	rows_text(&r, "kind", kind);
	rows_text(&r, "name", name);
	rows_send(&r, s, ref);
}

static void
send_changes(struct stream *s, uint64_t ref, enum conf_kind kind,
    const char *word, const struct conf *old, const struct conf *now)
{
	const struct conf_section	*a, *b;

	STAILQ_FOREACH(a, &old->sections[kind], next)
		if (conf_section_find(now, kind, a->name) == NULL)
			send_change(s, ref, "-", word, a->name);
	STAILQ_FOREACH(b, &now->sections[kind], next) {
		a = conf_section_find(old, kind, b->name);
		send_change(s, ref, a == NULL ? "+" :
		    conf_same(kind, a, b) ? "=" : "~", word, b->name);
	}
}

static struct stream *
who_asked(struct node *n, const struct reload *r)
{
	struct proc	*p = proc_by_pid(n, r->by);

	if (p != NULL)
		return stream_of_ref(p, r->ref);
	return r->by.node == n->id ? NULL : proxy_find(n, r->by, r->ref);
}

void
query_reloaded(struct world *w, int err, const char *text,
    const struct conf *now)
{
	struct reload	*r = TAILQ_FIRST(&w->reloads);
	struct stream	*s;

	if (r == NULL)
		return;			/* SIGHUP asked, not a command */
	TAILQ_REMOVE(&w->reloads, r, entry);
	if ((s = who_asked(&w->node, r)) != NULL) {
		if (now != NULL) {
			send_changes(s, r->ref, CONF_NODE, "node", w->conf,
			    now);
			send_changes(s, r->ref, CONF_PROGRAM, "program",
			    w->conf, now);
			send_changes(s, r->ref, CONF_WORKER, "worker", w->conf,
			    now);
			send_changes(s, r->ref, CONF_GROUP, "group", w->conf,
			    now);
		}
		stream_done(s, r->ref, err, nobody, text);
	}
	free(r);
}

/* ---- the tables ---- */

static const struct {
	const char	*what;
	uint8_t		 op;
	query_fn	*fn;
} verbs[] = {
	{ "ps",		WIRE_QUERY,	query_ps },
	{ "info",	WIRE_QUERY,	query_info },
	{ "names",	WIRE_QUERY,	query_names },
	{ "stats",	WIRE_QUERY,	query_stats },
	{ "peers",	WIRE_QUERY,	query_peers },
	{ "node",	WIRE_QUERY,	query_node },
	{ "ping",	WIRE_QUERY,	query_ping },
	{ "log",	WIRE_QUERY,	query_log },
	{ "deaths",	WIRE_QUERY,	query_deaths },
	{ "events",	WIRE_QUERY,	query_events },
	{ "output",	WIRE_QUERY,	query_output },
	{ "signal",	WIRE_CONTROL,	control_signal },
	{ "shutdown",	WIRE_CONTROL,	control_shutdown },
	{ "reload",	WIRE_CONTROL,	control_reload },
};

/* The words are copied, for their NULs; -1: too many, or not whole. */
static int
words_read(struct query *q, struct rd *r)
{
	const uint8_t	*p;
	size_t		 count = rd_u16(r), len;

	if (count > WORDS_MAX)
		return -1;
	while (count-- > 0 && !r->bad) {
		len = rd_u16(r);
		if ((p = rd_take(r, len)) == NULL)
			return -1;
		q->words[q->nwords] = strndup((const char *)p, len);
		if (q->words[q->nwords++] == NULL)
			return -1;
	}
	return rd_done(r) ? 0 : -1;
}

static enum answered
dispatch(struct query *q, uint8_t op, const char *what)
{
	size_t	i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].op == op && strcmp(verbs[i].what, what) == 0)
			break;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return fail(q, ENOSYS, "no such question");
	/* Who may CONTROL was asked where the question came from (route.c). */
	return verbs[i].fn(q);
}

void
query_frame(struct stream *s, const struct frame *f)
{
	struct query	 q = { .s = s, .n = s->proc->node, .ref = f->h.ref };
	struct rd	 r;
	char		 what[32];
	enum answered	 a;

	rd_init(&r, f->body, f->body_len);
	rd_str8(&r, what, sizeof(what));
	if (words_read(&q, &r) == -1)
		a = fail(&q, EINVAL, "a broken question");
	else
		a = dispatch(&q, f->h.op, what);
	if (a == DONE_NOW)
		stream_done(s, q.ref, 0, nobody, NULL);
	while (q.nwords > 0)
		free(q.words[--q.nwords]);
}

void
query_release(struct world *w)
{
	struct reload	*r;

	while ((r = TAILQ_FIRST(&w->reloads)) != NULL) {
		TAILQ_REMOVE(&w->reloads, r, entry);
		free(r);
	}
}
