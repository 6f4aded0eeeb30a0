/*
 * nodes.h - several nodes in one process; time and network are the test's.
 *
 *	struct nodes	 w;
 *	struct box	*a, *b;
 *
 *	nodes_open(&w);
 *	a = nodes_box(&w, "alpha", "");
 *	b = nodes_box(&w, "beta", "peer-timeout = 1s\n");
 *	nodes_know(a, b);		a is told where b is
 *	nodes_pass(&w, 100);		ms of time, and all that happens in them
 *	is_str(box_said(a), "up beta", "what a's events say");
 *	nodes_cut(a, b, true);		what a sends to b stays on the way
 *	nodes_break(a, b);		their connection is gone, both see it
 *	nodes_close(&w);
 *
 * A box begins with a struct world, so all of world.h works on &a->w.  Clocks
 * of boxes differ.  Whatever a test does, nothing may be routed of a session
 * whose other side has waited for its deadline and ended it: nodes_close() says
 * so.
 */
#ifndef UNIT_NODES_H
#define UNIT_NODES_H
#include "cables.h"

/* ---- time ---- */

struct next {				/* what happens next */
	int64_t		 at;
	struct alarm	*alarm;
	struct cable	*cable;
	struct end	*end;
};

TAP_FN bool
next_is_sooner(const struct nodes *w, const struct next *x, int64_t at)
{
	if (at < w->now)
		at = w->now;
	return x->at == INT64_MAX || at < x->at ||
	    (at == x->at && x->alarm != NULL && !w->alarms_first);
}

TAP_FN struct next
nodes_next(struct nodes *w)
{
	struct next	 x = { .at = INT64_MAX };
	struct cable	*c;
	struct box	*b, *d;
	int64_t		 at;
	int		 i;

	for (i = 0; i < w->nalarms; i++) {
		b = box_of(w->alarms[i]->node);
		at = w->alarms[i]->when.ns - b->ahead;
		if (!b->stopped && (x.at == INT64_MAX || at < x.at))
			x = (struct next){ at, w->alarms[i], NULL, NULL };
	}
	if (x.at < w->now)
		x.at = w->now;
	TAILQ_FOREACH(c, &w->cables, entry) {
		b = c->end[0].box;
		d = c->end[1].box;
		if (!c->open && !b->stopped && !d->dark &&
		    !w->cut[b->number][d->number] &&
		    !w->cut[d->number][b->number] &&
		    next_is_sooner(w, &x, c->at))
			x = (struct next){ c->at, NULL, c, NULL };
		for (i = 0; i < 2; i++)
			if (end_ready(&c->end[i], &at) &&
			    next_is_sooner(w, &x, at))
				x = (struct next){ at, NULL, NULL,
				    &c->end[i] };
	}
	return x;
}

TAP_FN void
nodes_do(struct nodes *w, struct next *x)
{
	struct alarm	*a = x->alarm;
	struct box	*b;

	w->spins = x->at > w->now || a == NULL ? 0 : w->spins + 1;
	if (x->at > w->now)
		w->now = x->at;
	if (a != NULL) {
		b = box_of(a->node);
		alarm_off(a);
		box_now(b);
		a->fn(a->arg);
	} else if (x->cable != NULL)
		cable_opens(x->cable);
	else
		end_event(x->end);
	if (w->spins > SPINS)
		w->wrong = "an alarm that is due again and again";
}

TAP_FN void
nodes_turns(struct nodes *w)
{
	struct cable	*c, *next;
	int		 i;

	for (i = 1; i <= w->n; i++)
		if (!w->box[i]->stopped)
			box_turn(w->box[i]);
	for (c = TAILQ_FIRST(&w->cables); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->end[0].gone && c->end[1].gone &&
		    c->end[0].trunk == NULL && c->end[1].trunk == NULL)
			cable_free(c);
	}
}

/* Time goes on to this point, event for event. */
TAP_FN void
nodes_until(struct nodes *w, int64_t end)
{
	struct next	x;
	int		i;

	for (nodes_turns(w); w->wrong == NULL; nodes_turns(w)) {
		x = nodes_next(w);
		if (x.at > end)
			break;
		nodes_do(w, &x);
	}
	if (end > w->now)
		w->now = end;
	for (i = 1; i <= w->n; i++)
		box_now(w->box[i]);
}

TAP_FN void
nodes_pass(struct nodes *w, int64_t ms)
{
	nodes_until(w, w->now + MONO_MS(ms));
}

/* ---- boxes ---- */

TAP_FN void
box_boot(struct box *b)
{
	struct conf_sink	 none = { 0 };
	struct conf		*conf;
	char			 text[1024];

	(void)snprintf(text, sizeof(text), "[node]\nname = %s\n%s", b->name,
	    b->settings);
	BUG_ON(conf_parse_text(&conf, text, strlen(text), &none) == -1);
	memset(&b->w, 0, sizeof(b->w));
	node_init(&b->w.n, conf, NULL, &nodes_acts, b->id,
	    (struct mono){ b->all->now + b->ahead });
	b->w.n.world = b;
	b->w.n.network = b->w.n.keyed = true;
	b->w.conf = conf;
	(void)strlcpy(b->w.n.address, b->address, sizeof(b->w.n.address));
	memset(b->ended, 0, sizeof(b->ended));
	b->off = b->stopped = b->dark = false;
}

/* It is gone from one moment to the next; its kernel says so to all others, or
   (silent) nothing is heard of it any more. */
TAP_FN void
box_dies(struct box *b, bool silent)
{
	struct cable	*c, *next;
	struct trunk	*t;
	int		 i;

	b->off = true;
	b->dark = silent;
	for (c = TAILQ_FIRST(&b->all->cables); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		for (i = 0; i < 2; i++)
			if (c->end[i].box == b && c->open) {
				c->dead = c->dead || silent;
				end_let_go(&c->end[i]);
			}
	}
	dial_stop(&b->w.n);
	session_goodbye(&b->w.n);
	while ((t = LIST_FIRST(&b->w.n.trunks)) != NULL)
		trunk_close(t);
	trunk_bury(&b->w.n);
	b->w.n.network = false;
	dial_release(&b->w.n);
	peer_release(&b->w.n);
	if (!world_close_quietly(&b->w))
		b->all->wrong = "something is left in a node";
	b->w.text = NULL;
	b->id += 100;
}

/* An orderly end: its processes die, all is told, and a goodbye. */
TAP_FN void
box_leaves(struct box *b)
{
	struct proc	*p, *next;
	int		 i;

	b->w.n.stopping = true;
	NODE_EACH(b->w.n.procs, p, next)
		world_dies(p, SIGTERM, true);
	for (i = 0; i < 100 && !session_settled(&b->w.n); i++)
		nodes_pass(b->all, 10);
	session_goodbye(&b->w.n);
	nodes_pass(b->all, 50);
	box_dies(b, false);
	nodes_pass(b->all, 50);
}

/* What its events said of nodes since the last time. */
TAP_FN const char *
box_said(struct box *b)
{
	free(b->w.text);
	b->w.text = strdup(b->said);
	b->said[0] = '\0';
	return b->w.text;
}

/* ---- all ---- */

TAP_FN void
nodes_open(struct nodes *w)
{
	memset(w, 0, sizeof(*w));
	w->now = MONO_MS(3600000);
	w->delay = MONO_MS(1);
	w->room = 1u << 20;
	w->seed = 88172645463325252u;
	TAILQ_INIT(&w->cables);
}

/* Its id is 100 + its number: the first is the smallest. */
TAP_FN struct box *
nodes_box(struct nodes *w, const char *name, const char *settings)
{
	struct box	*b = calloc(1, sizeof(*b));

	BUG_ON(b == NULL || w->n == BOXES);
	w->box[++w->n] = b;
	b->all = w;
	b->number = w->n;
	b->id = 100 + (uint64_t)w->n;
	b->ahead = MONO_MS(-1000000) * w->n;
	(void)snprintf(b->address, sizeof(b->address), "h%d:1", w->n);
	(void)strlcpy(b->name, name, sizeof(b->name));
	(void)strlcpy(b->settings, settings, sizeof(b->settings));
	box_boot(b);
	return b;
}

TAP_FN void
nodes_close_quietly(struct nodes *w)
{
	int	i;

	for (i = 1; i <= w->n; i++)
		if (!w->box[i]->off)
			box_dies(w->box[i], false);
	while (!TAILQ_EMPTY(&w->cables))
		cable_free(TAILQ_FIRST(&w->cables));
	if (w->nalarms != 0 && w->wrong == NULL)
		w->wrong = "an alarm of what is gone";
	for (i = 1; i <= w->n; i++)
		free(w->box[i]);
}

TAP_FN void
nodes_close(struct nodes *w)
{
	nodes_close_quietly(w);
	is_str(w->wrong, NULL, "nothing went wrong, and nothing is left");
}

/* ---- two boxes ---- */

TAP_FN struct peer *
nodes_peer(struct box *at, const struct box *of)
{
	return peer_find(&at->w.n, of->w.n.id);
}

TAP_FN void
nodes_know(struct box *a, const struct box *b)
{
	char	address[32];

	(void)snprintf(address, sizeof(address), "h%d:1", b->number);
	dial_suggest(&a->w.n, TARGET_STATIC, address);
}

TAP_FN void
nodes_cut(const struct box *from, const struct box *to, bool cut)
{
	from->all->cut[from->number][to->number] = cut;
}

TAP_FN void
nodes_cut_both(const struct box *a, const struct box *b, bool cut)
{
	nodes_cut(a, b, cut);
	nodes_cut(b, a, cut);
}

/* The newest cable that a has dialled to b, not closed by both; or NULL. */
TAP_FN struct cable *
nodes_cable(const struct box *a, const struct box *b)
{
	struct cable	*c;

	TAILQ_FOREACH_REVERSE(c, &a->all->cables, cables, entry)
		if (c->end[0].box == a && c->end[1].box == b)
			return c;
	return NULL;
}

/* All their connections are gone; both are told. */
TAP_FN void
nodes_break(struct box *a, struct box *b)
{
	struct cable	*c;

	TAILQ_FOREACH(c, &a->all->cables, entry)
		if (c->open && !c->dead &&
		    ((c->end[0].box == a && c->end[1].box == b) ||
		    (c->end[0].box == b && c->end[1].box == a)))
			cable_break(c);
}

/* Likewise, but only a is told; b believes on. */
TAP_FN void
nodes_half(struct box *a, struct box *b)
{
	struct cable	*c;

	TAILQ_FOREACH(c, &a->all->cables, entry) {
		if (!c->open || c->dead)
			continue;
		if (c->end[0].box == a && c->end[1].box == b)
			end_break(&c->end[0]);
		else if (c->end[0].box == b && c->end[1].box == a)
			end_break(&c->end[1]);
		else
			continue;
		c->dead = true;
	}
}

TAP_FN void
nodes_meet(struct box *a, struct box *b)
{
	nodes_know(a, b);
	nodes_pass(a->all, 50);
	a->said[0] = b->said[0] = '\0';
}

/* Both have the same session, over the same cable: its connection's number, or
   0. */
TAP_FN uint32_t
nodes_agree(struct box *a, struct box *b)
{
	const struct peer	*p = nodes_peer(a, b), *q = nodes_peer(b, a);
	const struct end	*e, *d;

	if (p == NULL || q == NULL || p->trunk == NULL || q->trunk == NULL ||
	    p->session.state != SESSION_UP || q->session.state != SESSION_UP ||
	    p->session.number != q->session.number)
		return 0;
	e = p->trunk->io;
	d = q->trunk->io;
	return e->other == d && p->session.connection ==
	    q->session.connection ? p->session.connection : 0;
}

/* ---- messages that are numbers ---- */

TAP_FN void
say(struct proc *from, struct proc *to, unsigned int n)
{
	char	text[16];

	(void)snprintf(text, sizeof(text), "%u", n);
	PUTS(from->main, SEND, .to = proc_pid(to), .text = text);
	if (!box_of(from->node)->stopped)
		world_route(from->main);
}

/* What p has got: messages 1, 2, ... and nothing else; how many, or -1. */
TAP_FN int
got(struct proc *p)
{
	char	*text = strdup(world_heard(p->main)), *at = text;
	int	 n = 0, i, used;

	while (at != NULL && sscanf(at, "SEND 1 %d%n", &i, &used) == 1) {
		if (i != ++n)
			n = -2;
		at += used;
		at = *at == ';' ? at + 2 : NULL;
	}
	if (at != NULL && *at != '\0')
		n = -1;
	if (n < 0)
		note("got '%.200s'", text);
	free(text);
	return n;
}

/* ---- a pair: two boxes, alpha and beta, a process p in a, q in b ---- */

struct pair {
	struct nodes	 all;
	struct box	*a, *b;
	struct proc	*p, *q;
};

/* They know nothing of each other. */
TAP_FN void
pair_open(struct pair *x, const char *settings)
{
	nodes_open(&x->all);
	x->a = nodes_box(&x->all, "alpha", settings);
	x->b = nodes_box(&x->all, "beta", settings);
	x->p = world_worker(&x->a->w, "p");
	x->q = world_worker(&x->b->w, "q");
}

/* A message each way comes, and nothing else has come. */
TAP_FN bool
pair_talks(struct pair *x)
{
	bool	good;

	SAYS(x->p->main, SEND, .to = proc_pid(x->q), .text = "to q");
	SAYS(x->q->main, SEND, .to = proc_pid(x->p), .text = "to p");
	nodes_pass(&x->all, 20);
	good = strcmp(world_heard(x->q->main), "SEND 1 to q") == 0;
	if (!good)
		note("q heard '%s'", x->b->w.text);
	if (strcmp(world_heard(x->p->main), "SEND 1 to p") == 0)
		return good;
	note("p heard '%s'", x->a->w.text);
	return false;
}

#endif /* UNIT_NODES_H */
