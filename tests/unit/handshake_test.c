/*
 * handshake_test.c - from a connection to a session: what joins, what stays.
 *
 * Cases of one module, each short and by itself.
 */
#include "nodes.h"

#define SECOND	"peer-timeout = 1s\n"

/* Who is dialled does not learn where the other is. */
static void
only_dials(struct box *d)
{
	d->w.n.address[0] = '\0';
}

/* ---- what D joins, by what both know ---- */

static void
break_only(struct pair *x, struct box *d, struct box *a)
{
	(void)x;
	nodes_break(d, a);
}

/* Its process is told, the other is not: the N_END is lost. */
static void
end_at(struct pair *x, struct box *here, struct box *there)
{
	nodes_cut_both(here, there, true);
	post_doom(nodes_peer(here, there), "the test ends it");
	nodes_pass(&x->all, 1);
	nodes_break(here, there);
	nodes_cut_both(here, there, false);
}

static void
end_at_d(struct pair *x, struct box *d, struct box *a)
{
	end_at(x, d, a);
}

static void
end_at_a(struct pair *x, struct box *d, struct box *a)
{
	end_at(x, a, d);
}

static void
forget_at_a(struct pair *x, struct box *d, struct box *a)
{
	uint64_t	id;

	nodes_cut_both(a, d, true);
	post_doom(nodes_peer(a, d), "the test ends it");
	nodes_pass(&x->all, 1);
	for (id = 1000; id < 1000 + 2 * OTHERS_GONE_MAX; id++)
		BUG_ON(peer_get(&a->w.n, id) == NULL);
	nodes_pass(&x->all, 1);
	BUG_ON(nodes_peer(a, d) != NULL);
	nodes_break(a, d);
	nodes_cut_both(a, d, false);
}

static void
end_at_both(struct pair *x, struct box *d, struct box *a)
{
	nodes_cut_both(a, d, true);
	nodes_pass(&x->all, 3000);
	nodes_cut_both(a, d, false);
}

static const struct {
	const char	*title;
	void		(*happens)(struct pair *, struct box *d,
			    struct box *a);
	unsigned int	 number;
	const char	*d_says, *a_says;
} joins[] = {
	{ "open, open: the same", break_only, 1, "", "" },
	{ "open, ended: a new one", end_at_a, 2, "down A; up A",
	    "down D the test ends it; up D" },
	{ "open, unknown: a new one", forget_at_a, 2, "down A; up A",
	    "down D the test ends it; up D" },
	{ "ended, open: a new one", end_at_d, 2,
	    "down A the test ends it; up A", "down D; up D" },
	{ "ended, ended: a new one", end_at_both, 2,
	    "suspect A; down A; up A", "suspect D; down D; up D" },
};

static void
test_join(size_t i, bool smaller_dials)
{
	struct pair	 x;
	struct box	*d, *a;
	const struct peer *p;

	memset(&x, 0, sizeof(x));
	nodes_open(&x.all);
	x.a = nodes_box(&x.all, smaller_dials ? "D" : "A", SECOND);
	x.b = nodes_box(&x.all, smaller_dials ? "A" : "D", SECOND);
	x.p = world_worker(&x.a->w, "p");
	x.q = world_worker(&x.b->w, "q");
	d = smaller_dials ? x.a : x.b;
	a = smaller_dials ? x.b : x.a;
	only_dials(d);
	nodes_meet(d, a);
	ok(nodes_agree(d, a) == 1 && pair_talks(&x), "%s: they talk",
	    joins[i].title);
	joins[i].happens(&x, d, a);
	nodes_pass(&x.all, 6000);
	ok(nodes_agree(d, a) > 1, "%s: it is joined", joins[i].title);
	p = nodes_peer(d, a);
	is_int((intmax_t)p->session.number, joins[i].number, "its number");
	is_str(box_said(d), joins[i].d_says, "who dials is told");
	is_str(box_said(a), joins[i].a_says, "and who is dialled");
	is_int((intmax_t)d->w.n.stats.resumes, joins[i].number == 1,
	    "resumes are counted");
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

/* A has opened it, and its first beat is lost. */
static void
test_first_beat_lost(bool smaller_dials)
{
	struct pair	 x;
	struct box	*d, *a;

	pair_open(&x, SECOND);
	d = smaller_dials ? x.a : x.b;
	a = smaller_dials ? x.b : x.a;
	only_dials(d);
	nodes_know(d, a);
	nodes_pass(&x.all, 5);
	ok(nodes_peer(a, d)->state == PEER_UP && nodes_peer(d, a) == NULL,
	    "open where it was dialled, not heard of by who dialled");
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "early");
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "early");
	nodes_break(a, d);
	nodes_pass(&x.all, 500);
	ok(nodes_agree(d, a) == 2, "it is joined by the next connection");
	is_int((intmax_t)nodes_peer(d, a)->session.number, 1,
	    "the same session");
	ok(strchr(box_said(d), ';') == NULL && strchr(box_said(a), ';') == NULL,
	    "both are told once");
	is_str(world_heard(smaller_dials ? x.p->main : x.q->main),
	    "SEND 1 early", "what was sent on the lost one comes");
	(void)world_heard(smaller_dials ? x.q->main : x.p->main);
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

/* Session after session, each has a higher number. */
static void
test_numbers_rise(void)
{
	struct pair	 x;
	int		 i;

	pair_open(&x, SECOND);
	nodes_meet(x.a, x.b);
	for (i = 1; i <= 20; i++) {
		if (nodes_agree(x.a, x.b) == 0 ||
		    nodes_peer(x.a, x.b)->session.number != (uint64_t)i)
			break;
		if (i % 3 == 0)
			end_at(&x, x.a, x.b);
		else if (i % 3 == 1)
			end_at(&x, x.b, x.a);
		else
			end_at_both(&x, x.a, x.b);
		nodes_pass(&x.all, 30000);
	}
	is_int(i, 21, "each session has the next number");
	ok(pair_talks(&x), "they talk in the last");
	nodes_close(&x.all);
}

/* ---- which connection stays ---- */

static int
cables(const struct nodes *w)
{
	const struct cable	*c;
	int			 n = 0;

	TAILQ_FOREACH(c, &w->cables, entry)
		n++;
	return n;
}

/* How often somebody was called so. */
static int
broken(const struct pair *x)
{
	return (int)(x->a->w.n.stats.bad_frames + x->b->w.n.stats.bad_frames);
}

enum before { FIRST, RESUMED, A_AHEAD, B_AHEAD, BEFORES };

static const char *const befores[BEFORES] = { "at first", "after a break",
    "when the smaller has seen one session more",
    "when the larger has seen one session more" };

/* a has opened and ended a session that b has never heard of. */
static void
get_ahead(struct pair *x, struct box *a, struct box *b)
{
	char	address[32];

	(void)snprintf(address, sizeof(address), "h%d:1", a->number);
	nodes_know(b, a);
	nodes_pass(&x->all, 5);
	BUG_ON(nodes_peer(a, b)->state != PEER_UP || nodes_peer(b, a) != NULL);
	nodes_cut_both(a, b, true);
	dial_withdraw(&b->w.n, TARGET_STATIC, address);
	nodes_break(a, b);
	nodes_pass(&x->all, 3000);
	dial_stop(&a->w.n);		/* it has learned where b is */
	a->w.n.dials_over = false;
	nodes_cut_both(a, b, false);
	nodes_pass(&x->all, 3000);
	BUG_ON(nodes_peer(a, b)->state == PEER_UP || nodes_peer(b, a) != NULL);
	a->w.n.stats.sessions = 0;
}

static void
both_dial(struct pair *x, enum before before, int64_t later_us)
{
	if (before == A_AHEAD)
		get_ahead(x, x->a, x->b);
	else if (before == B_AHEAD)
		get_ahead(x, x->b, x->a);
	if (before == RESUMED) {
		nodes_meet(x->b, x->a);
		nodes_break(x->a, x->b);
		nodes_turns(&x->all);
		dial_peer(nodes_peer(x->a, x->b), 0);
	} else
		nodes_know(x->a, x->b);
	nodes_until(&x->all, x->all.now + later_us * 1000);
	if (before != RESUMED)
		nodes_know(x->b, x->a);
	else if (nodes_peer(x->b, x->a)->trunk == NULL)
		dial_peer(nodes_peer(x->b, x->a), 0);
}

/* Dials that cross, the second so much later. */
static bool
crossing(enum before before, int64_t later_us)
{
	struct pair	 x;
	bool		 good;
	int		 i;

	pair_open(&x, SECOND);
	both_dial(&x, before, later_us);
	for (i = 0; i < 20; i++) {
		SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "x");
		SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "x");
		nodes_pass(&x.all, 1);
	}
	(void)world_heard(x.p->main);
	(void)world_heard(x.q->main);
	nodes_pass(&x.all, 3000);
	good = nodes_agree(x.a, x.b) != 0 && cables(&x.all) == 1 &&
	    nodes_peer(x.a, x.b)->session.number ==
	    (before >= A_AHEAD ? 2 : 1) &&
	    x.a->w.n.stats.sessions == 1 && x.b->w.n.stats.sessions == 1 &&
	    broken(&x) == 0 && pair_talks(&x);
	nodes_close_quietly(&x.all);
	if (good && x.all.wrong == NULL)
		return true;
	note("%s, %lld us later: %s", befores[before], (long long)later_us,
	    x.all.wrong == NULL ? "" : x.all.wrong);
	return false;
}

static void
test_crossing(enum before before)
{
	int64_t	us;
	bool	good = true;

	for (us = 0; us <= 9000; us += 250)
		good = crossing(before, us) && good;
	ok(good, "dials that cross %s: one session, one connection stays",
	    befores[before]);
}

/*
 * Both redial after a break and join with the same number.  The larger's is
 * adopted; the smaller's join waits on its way.  *ours: the smaller's.
 */
static void
open_crossed(struct pair *x, struct cable **ours, struct cable **theirs)
{
	pair_open(x, SECOND "high-mark = 64M\n");
	nodes_meet(x->a, x->b);
	nodes_break(x->a, x->b);
	nodes_turns(&x->all);		/* who dialled does so again */
	dial_peer(nodes_peer(x->b, x->a), 0);
	nodes_pass(&x->all, 4);
	*ours = nodes_cable(x->a, x->b);
	*theirs = nodes_cable(x->b, x->a);
	(*ours)->end[1].held = true;
	nodes_pass(&x->all, 20);
	ok(nodes_agree(x->a, x->b) == 2 && nodes_peer(x->a, x->b)->trunk ==
	    (*theirs)->end[1].trunk, "the larger's is there first");
}

/* It carries frames; then the smaller's join arrives, written before them. */
static void
test_equal_numbers(size_t n, int before, int more)
{
	struct pair	 x;
	struct cable	*ours, *theirs;
	char		*text = calloc(1, n + 1);
	int		 i;

	BUG_ON(text == NULL);
	memset(text, 'x', n);
	open_crossed(&x, &ours, &theirs);
	x.all.room = 64 << 10;
	for (i = 0; i < before; i++)
		SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = text);
	nodes_pass(&x.all, 100);
	for (i = 0; i < more; i++)
		SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = text);
	nodes_pass(&x.all, 1);
	ours->end[1].held = false;
	nodes_pass(&x.all, 500);
	ok(nodes_agree(x.a, x.b) == 2 && nodes_peer(x.a, x.b)->trunk ==
	    ours->end[0].trunk, "the smaller's of the same number replaces it");
	ok(x.a->w.n.stats.frames_twice > 0, "what it repeats is dropped: %llu",
	    (unsigned long long)x.a->w.n.stats.frames_twice);
	is_int((intmax_t)x.a->w.n.stats.frames_routed, before + more,
	    "each message is delivered once");
	is_int(broken(&x), 0, "and nobody is called broken");
	is_int(cables(&x.all), 1, "one is left");
	free(text);
	nodes_close(&x.all);
}

/*
 * What is written again was received meanwhile over the other connection: the
 * acknowledgement says so in the middle of it.
 */
static void
test_acked_in_between(void)
{
	struct pair	 x;
	struct cable	*ours, *theirs;
	static char	 text[30000];
	int		 i;

	memset(text, 'x', sizeof(text) - 1);
	open_crossed(&x, &ours, &theirs);
	theirs->end[0].held = true;	/* a's acknowledgements */
	for (i = 0; i < 30; i++)
		SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = text);
	nodes_pass(&x.all, 100);
	is_int((intmax_t)x.a->w.n.stats.frames_routed, 30, "all is there");
	x.all.room = 64 << 10;
	ours->end[1].held = false;
	nodes_pass(&x.all, 500);
	is_int(nodes_agree(x.a, x.b), 2, "they agree on the smaller's");
	is_int(broken(&x), 0,
	    "what was received meanwhile need not be written again");
	is_int((intmax_t)x.a->w.n.stats.frames_routed, 30, "nothing is new");
	nodes_close(&x.all);
}

/* Its session ends while the join is on its way. */
static void
test_ended_meanwhile(void)
{
	struct pair	x;

	pair_open(&x, SECOND);
	nodes_meet(x.a, x.b);
	nodes_break(x.a, x.b);
	nodes_pass(&x.all, 4);
	post_doom(nodes_peer(x.a, x.b), "a reason");
	nodes_pass(&x.all, 3000);
	is_str(box_said(x.a), "down beta a reason; up beta", "it has ended");
	is_str(box_said(x.b), "down alpha; up alpha", "the other learns of it");
	is_int(broken(&x), 0, "and nobody is called broken");
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

/* One side believes in a connection that the other has lost. */
static void
test_half_open(bool dialler_believes)
{
	struct pair	 x;
	struct box	*lost;
	int64_t		 since;

	pair_open(&x, SECOND);
	nodes_meet(x.a, x.b);
	lost = dialler_believes ? x.b : x.a;
	nodes_half(lost, dialler_believes ? x.a : x.b);
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "1");
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "2");
	since = x.all.now;
	while (nodes_agree(x.a, x.b) != 2 && x.all.now < since + MONO_MS(2000))
		nodes_pass(&x.all, 1);
	is_int(nodes_agree(x.a, x.b), 2, "a higher number replaces it");
	ok(x.all.now - since < MONO_MS(dialler_believes ? 270 : 20),
	    "%s dials %s", dialler_believes ? "who was dialled" :
	    "who dialled last", dialler_believes ? "after 250 ms" : "at once");
	nodes_pass(&x.all, 20);
	is_str(world_heard(x.q->main), "SEND 1 1", "nothing is lost");
	is_str(world_heard(x.p->main), "SEND 1 2", "either way");
	is_str(box_said(x.a), "", "nobody is told of anything");
	is_str(box_said(x.b), "", "on either side");
	nodes_close(&x.all);
}

/* Who dialled last redials at once, the other after 250 ms. */
static void
test_redial(void)
{
	struct pair	 x;
	int64_t		 since;

	pair_open(&x, SECOND);
	nodes_meet(x.a, x.b);
	nodes_break(x.a, x.b);
	since = x.all.now;
	nodes_pass(&x.all, 15);
	ok(nodes_agree(x.a, x.b) == 2 && nodes_cable(x.a, x.b) != NULL &&
	    nodes_cable(x.b, x.a) == NULL, "who dialled last redials at once");
	nodes_break(x.a, x.b);
	dial_stop(&x.a->w.n);
	since = x.all.now;
	while (nodes_cable(x.b, x.a) == NULL &&
	    x.all.now < since + MONO_MS(2000))
		nodes_pass(&x.all, 1);
	is_int(MS(x.all.now - since), 250, "the other after 250 ms");
	nodes_close(&x.all);
}

/* ---- a connection that breaks at any byte ---- */

static const char *const	 words[] = { "ab", "b", "" };

/* After n bytes of that side; from the first hello, or in the session. */
static bool
breaks_after(size_t n, bool of_a, bool in_session, size_t piece)
{
	struct pair	 x;
	int		 i;
	bool		 good;

	pair_open(&x, SECOND);
	x.all.piece = piece;
	if (in_session)
		nodes_meet(x.a, x.b);
	else
		nodes_know(x.a, x.b);
	x.all.fuse = of_a ? x.a : x.b;
	x.all.fuse_left = n;
	for (i = 0; i < 3 && in_session; i++) {
		SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = words[i]);
		SAYS(x.q->main, MONITOR, .to = proc_pid(x.p),
		    .ref = (uint64_t)(i + 1));
		SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "x");
		nodes_pass(&x.all, 3);
	}
	nodes_pass(&x.all, 900);
	good = x.all.fuse == NULL && nodes_agree(x.a, x.b) != 0 &&
	    nodes_peer(x.a, x.b)->session.number == 1;
	if (in_session)
		good = good && strcmp(world_heard(x.q->main),
		    "SEND 1 ab; SEND 1 b; SEND 1") == 0 &&
		    strcmp(world_heard(x.p->main),
		    "SEND 1 x; SEND 1 x; SEND 1 x") == 0 &&
		    x.a->w.n.stats.sessions == 1 &&
		    x.p->nwatches == 0 && x.q->nwatches == 3;
	good = good && pair_talks(&x);
	nodes_close_quietly(&x.all);
	if (good && x.all.wrong == NULL)
		return true;
	note("after %zu bytes%s: %s", n, of_a ? " of who dialled" : "",
	    x.all.wrong == NULL ? "" : x.all.wrong);
	return false;
}

static void
test_break_anywhere(bool of_a, bool in_session, size_t most)
{
	bool	good = true;
	size_t	n;

	for (n = 0; n < most; n++)
		good = breaks_after(n, of_a, in_session, n % 5 * 20) && good;
	ok(good, "%s breaks after any byte of %s, and goes on",
	    in_session ? "a session" : "a handshake", of_a ?
	    "who dialled" : "who was dialled");
}

int
main(void)
{
	size_t	i;

	for (i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		test_join(i, true);
		test_join(i, false);
	}
	test_first_beat_lost(true);
	test_first_beat_lost(false);
	test_numbers_rise();
	for (i = 0; i < BEFORES; i++)
		test_crossing((enum before)i);
	test_equal_numbers(100, 40, 100);
	test_equal_numbers(30000, 20, 60);
	test_acked_in_between();
	test_ended_meanwhile();
	test_half_open(true);
	test_half_open(false);
	test_redial();
	test_break_anywhere(true, false, 250);
	test_break_anywhere(false, false, 250);
	test_break_anywhere(true, true, 500);
	test_break_anywhere(false, true, 500);
	return tap_done();
}
