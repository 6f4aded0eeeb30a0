/* clash_test.c - two nodes of one name: which of them is let in. */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\n"

static bool
is_up(struct box *at, const struct box *of)
{
	const struct peer	*p = nodes_peer(at, of);

	return p != NULL && p->state == PEER_UP;
}

/* The one that another address leads to shows itself as this. */
static bool
shows_conflict(struct box *b)
{
	const struct target	*t, *next;

	NODE_EACH(b->w.n.targets, t, next)
		if (t->conflict && strstr(t->why, "node") != NULL)
			return true;
	return false;
}

static int64_t
waits_for(struct nodes *w, struct box *at, const struct box *of)
{
	int64_t	since = w->now;

	while (!is_up(at, of) && w->now < since + MONO_MS(30 * T))
		nodes_pass(w, 10);
	return (w->now - since) / 1000000;
}

/* ---- restarted ---- */

/* silent: nobody has seen the old one's end. */
static void
test_restart(bool silent, bool dials)
{
	struct pair	 x;
	struct pid	 q;
	int64_t		 ms;

	pair_open(&x, SETTINGS);
	nodes_meet(x.a, x.b);
	q = proc_pid(x.q);
	SAYS(x.p->main, MONITOR, .to = q, .ref = 1);
	nodes_pass(&x.all, 10);
	box_dies(x.b, silent);
	box_boot(x.b);
	if (dials)
		nodes_know(x.b, x.a);
	else			/* it has no address but is dialled */
		nodes_pass(&x.all, 5);
	ms = waits_for(&x.all, x.a, x.b);
	ok(ms <= (silent ? dials ? 520 : 3 * T : 30),
	    "restarted%s, it is let in after %d ms", silent ?
	    " without a word" : "", (int)ms);
	ok(ms >= (silent && dials ? 500 : 0), "when the old one was asked");
	if (!silent || dials)
		is_str(box_said(x.a), silent ?
		    "suspect beta; down beta restarted; up beta" :
		    "down beta restarted; up beta", "the old one has ended");
	is_str(world_heard(x.p->main), "DOWN 1 #1 noconnection",
	    "who watched it is told");
	SAYS(x.p->main, MONITOR, .to = q, .ref = 2);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DOWN 1 #2 noproc",
	    "and it is known to be dead");
	x.q = world_worker(&x.b->w, "q");
	ok(pair_talks(&x), "they talk");
	is_int((intmax_t)nodes_peer(x.a, x.b)->session.number, 1,
	    "in their first session");
	nodes_close(&x.all);
}

/* Others are told that the old one is dead, also who cannot reach the new. */
static void
test_restart_told(void)
{
	struct pair	 x;
	struct box	*c;
	struct proc	*r;
	struct pid	 q;

	pair_open(&x, SETTINGS);
	c = nodes_box(&x.all, "gamma", SETTINGS);
	r = world_worker(&c->w, "r");
	nodes_meet(x.a, x.b);
	nodes_meet(c, x.a);
	nodes_pass(&x.all, 100);
	q = proc_pid(x.q);
	ok(is_up(c, x.b), "three that know each other");
	nodes_cut_both(c, x.b, true);
	nodes_pass(&x.all, 3 * T);
	SAYS(r->main, MONITOR, .to = q, .ref = 1);
	is_str(world_heard(r->main), "DOWN 1 #1 noconnection", "one is lost");
	box_dies(x.b, true);
	box_boot(x.b);
	nodes_know(x.b, x.a);
	ok(waits_for(&x.all, x.a, x.b) < T, "it is restarted");
	nodes_pass(&x.all, 10);
	SAYS(r->main, MONITOR, .to = q, .ref = 2);
	is_str(world_heard(r->main), "DOWN 1 #2 noproc",
	    "who heard of it knows that the old one is dead");
	nodes_close(&x.all);
}

/* Its old connection has broken, and cannot be resumed. */
static void
test_restart_broken(void)
{
	struct pair	x;

	pair_open(&x, SETTINGS);
	nodes_meet(x.a, x.b);
	nodes_cut(x.a, x.b, true);
	box_dies(x.b, false);
	box_boot(x.b);
	nodes_pass(&x.all, 100);
	ok(nodes_peer(x.a, x.b) == NULL, "a cannot dial it");
	nodes_cut(x.a, x.b, false);
	nodes_know(x.b, x.a);
	ok(waits_for(&x.all, x.a, x.b) <= 30, "at once, as it was broken");
	nodes_close(&x.all);
}

/* ---- another one ---- */

static void
test_newcomer(bool dials)
{
	struct pair	 x;
	struct box	*c;
	struct proc	*r;

	pair_open(&x, SETTINGS);
	nodes_meet(x.a, x.b);
	c = nodes_box(&x.all, "beta", SETTINGS);
	r = world_worker(&c->w, "r");
	if (dials)
		nodes_know(c, x.a);
	else
		nodes_know(x.a, c);
	nodes_pass(&x.all, 30 * T);
	ok(!is_up(x.a, c) && is_up(x.a, x.b), "who was there first stays");
	ok(shows_conflict(dials ? c : x.a), "the other shows a conflict");
	is_str(box_said(x.a), "", "nobody is told");
	ok(proc_is_live(r), "it keeps its work");
	ok(pair_talks(&x), "nobody is disturbed");
	box_leaves(x.b);
	ok(waits_for(&x.all, x.a, c) < 10 * T, "when the first is gone it is "
	    "let in");
	nodes_close(&x.all);
}

static void
test_silent_elsewhere(void)
{
	struct pair	 x;
	struct box	*c;
	int64_t		 down;

	pair_open(&x, SETTINGS);
	nodes_meet(x.a, x.b);
	c = nodes_box(&x.all, "beta", SETTINGS);
	box_dies(x.b, true);
	nodes_know(c, x.a);
	(void)waits_for(&x.all, x.a, c);
	down = x.a->down;
	is_str(box_said(x.a), "suspect beta; down beta; up beta",
	    "at another address it waits until the silent one has ended");
	ok(x.a->up > down && x.a->up < down + MONO_MS(6 * T),
	    "not much longer: %d ms", (int)MS(x.a->up - down));
	nodes_close(&x.all);
}

static void
test_own_name(void)
{
	struct nodes	 w;
	struct box	*a, *b;

	nodes_open(&w);
	a = nodes_box(&w, "same", SETTINGS);
	b = nodes_box(&w, "same", SETTINGS);
	nodes_know(a, b);
	nodes_know(b, a);
	nodes_know(a, a);
	nodes_pass(&w, 30 * T);
	ok(!is_up(a, b) && !is_up(b, a), "two of one name do not meet");
	ok(shows_conflict(a) && shows_conflict(b), "both say so");
	ok(a->w.n.stats.connections_refused < 50, "and do not insist: %llu",
	    (unsigned long long)a->w.n.stats.connections_refused);
	ok(!is_up(a, a), "one does not meet itself");
	nodes_close(&w);
}

/* ---- two halves ---- */

/* x and y bear one name, each in its half; then a meets b. */
static void
test_halves(bool first_is_smaller, bool x_hears)
{
	struct nodes	 w;
	struct box	*a, *b, *x, *y, *keeps, *loses;
	struct proc	*p, *q;

	nodes_open(&w);
	a = nodes_box(&w, "alpha", SETTINGS);
	b = nodes_box(&w, "beta", SETTINGS);
	x = nodes_box(&w, "same", SETTINGS);
	y = nodes_box(&w, "same", SETTINGS);
	keeps = first_is_smaller ? x : y;
	loses = first_is_smaller ? y : x;
	if (!first_is_smaller) {	/* the ids the other way round */
		box_dies(x, false);
		box_boot(x);
	}
	nodes_know(a, x);
	nodes_know(b, y);
	nodes_pass(&w, 100);
	p = world_worker(&a->w, "p");
	q = world_worker(&loses->w, "q");
	SAYS(p->main, MONITOR, .to = proc_pid(q), .ref = 1);
	ok(is_up(a, x) && is_up(b, y), "two halves, each with one");
	nodes_know(x_hears ? a : b, x_hears ? b : a);
	nodes_pass(&w, 70 * T);
	ok(is_up(a, b), "they meet");
	ok(is_up(a, keeps) && is_up(b, keeps), "the smaller id stays");
	ok(!is_up(a, loses) && !is_up(b, loses), "the larger loses everywhere");
	ok(!is_up(keeps, loses) && !is_up(loses, keeps), "they do not meet");
	ok(strncmp(world_heard(p->main), "DOWN 1 #1 no", 12) == 0 &&
	    strchr(a->w.text, ';') == NULL, "who watched is told once");
	ok(proc_is_live(q), "the loser keeps its work");
	box_leaves(keeps);
	nodes_pass(&w, 70 * T);
	ok(is_up(a, loses) && is_up(b, loses), "and is let in when it can be");
	nodes_close(&w);
}

/* Who asks to come in is gone before it is decided; so is who was there. */
static void
test_gone_meanwhile(bool newcomer)
{
	struct pair	 x;
	struct box	*c;

	pair_open(&x, SETTINGS);
	nodes_meet(x.a, x.b);
	c = nodes_box(&x.all, "beta", SETTINGS);
	nodes_cut(x.b, x.a, true);
	nodes_know(c, x.a);
	nodes_pass(&x.all, 100);
	if (newcomer)
		box_dies(c, false);
	else
		post_doom(nodes_peer(x.a, x.b), "a reason");
	nodes_pass(&x.all, 700);
	nodes_cut(x.b, x.a, false);
	nodes_pass(&x.all, 10 * T);
	ok(is_up(x.a, newcomer ? x.b : c), "one of them is there");
	ok(!is_up(x.a, newcomer ? c : x.b), "and one alone");
	nodes_close(&x.all);
}

int
main(void)
{
	test_restart(false, true);
	test_restart(false, false);
	test_restart(true, true);
	test_restart(true, false);
	test_restart_told();
	test_restart_broken();
	test_newcomer(true);
	test_newcomer(false);
	test_silent_elsewhere();
	test_own_name();
	test_halves(true, true);
	test_halves(true, false);
	test_halves(false, true);
	test_halves(false, false);
	test_gone_meanwhile(true);
	test_gone_meanwhile(false);
	return tap_done();
}
