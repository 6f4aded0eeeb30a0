/*
 * lease_test.c - leases: nothing is routed of what the other may have ended.
 */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\nhigh-mark = 64M\n"

/* Points of a session in the time of the test, in ns. */
static int64_t
lease_end(struct box *at, struct box *of)
{
	return nodes_peer(at, of)->session.echoed.ns - at->ahead + MONO_MS(T);
}

static int64_t
deadline(struct box *at, struct box *of)
{
	return nodes_peer(at, of)->session.heard.ns - at->ahead +
	    MONO_MS(T + 100);
}

static void
open_met(struct pair *x)
{
	pair_open(x, SETTINGS);
	nodes_meet(x->a, x->b);
	nodes_pass(&x->all, 10 * T);
}

/* ---- the lease ---- */

struct ends {				/* of a session between a and b */
	int64_t	 drops;			/* a's lease is over */
	int64_t	 frozen;		/* b's */
	int64_t	 told;			/* a is told */
	int64_t	 last;			/* b routed something */
};

/* p in a goes on to send to q in b until a is told, and for a time after. */
static struct ends
send_to_the_end(struct box *a, struct box *b, struct proc *p, struct proc *q)
{
	struct ends	 x = { .told = deadline(a, b) };
	unsigned int	 n = 0;
	uint64_t	 routed;

	while (a->all->now < x.told + MONO_MS(T)) {
		if (a->all->now < x.told)
			say(p, q, ++n);
		if (nodes_peer(b, a)->session.state == SESSION_UP) {
			x.drops = lease_end(a, b);
			x.frozen = lease_end(b, a);
		}
		routed = b->w.n.stats.frames_routed;
		nodes_pass(a->all, 1);
		if (b->w.n.stats.frames_routed != routed)
			x.last = a->all->now;
	}
	return x;
}

/* What b says does not reach a, what a says reaches b. */
static void
test_one_way(bool dialler_is_heard)
{
	struct pair	 x;
	struct box	*a, *b;
	struct ends	 e;

	open_met(&x);
	a = dialler_is_heard ? x.a : x.b;
	b = dialler_is_heard ? x.b : x.a;
	nodes_cut(b, a, true);
	nodes_pass(&x.all, 10);
	e = send_to_the_end(a, b, dialler_is_heard ? x.p : x.q,
	    dialler_is_heard ? x.q : x.p);
	ok(e.frozen < e.told, "the lease ends before anybody is told");
	/* That of a ends as well, and closes the connection. */
	if (e.drops < e.frozen)
		e.frozen = e.drops + MONO_MS(1);
	ok(e.last <= e.frozen && e.last > e.frozen - MONO_MS(3),
	    "frames are routed until a lease ends, not later");
	is_int(MS(a->down), MS(e.told), "who hears nothing is told at its "
	    "deadline");
	ok(got(dialler_is_heard ? x.q : x.p) > T / 2,
	    "some were routed before");
	nodes_cut(b, a, false);
	nodes_pass(&x.all, 10 * T);
	is_int((intmax_t)nodes_peer(a, b)->session.number, 2, "a new session");
	ok(strstr(box_said(b), "down") != NULL, "the other is told as well");
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

/* Frozen, and resumed before the other was told. */
static void
test_freeze_resume(bool dialler_freezes)
{
	struct pair	 x;
	struct box	*a, *b;
	int		 i;

	open_met(&x);
	b = dialler_freezes ? x.a : x.b;
	a = dialler_freezes ? x.b : x.a;
	nodes_cut(b, a, true);
	nodes_pass(&x.all, 10);
	for (i = 1; x.all.now < lease_end(b, a) + MONO_MS(30); i++) {
		say(x.p, x.q, (unsigned int)i);
		say(x.q, x.p, (unsigned int)i);
		nodes_pass(&x.all, 1);
	}
	ok(nodes_peer(b, a)->session.state != SESSION_UP &&
	    nodes_peer(a, b)->session.state != SESSION_UP,
	    "both leases are over");
	ok(x.all.now < deadline(a, b) && x.all.now < deadline(b, a),
	    "and nobody is told yet");
	nodes_cut(b, a, false);
	nodes_pass(&x.all, T / 2);
	ok(nodes_agree(x.a, x.b) != 0, "it goes on");
	ok(lease_end(b, a) > x.all.now + MONO_MS(T / 2),
	    "the lease is renewed");
	is_int(got(x.q), i - 1, "nothing is lost, nothing comes twice");
	is_int(got(x.p), i - 1, "nor the other way");
	nodes_pass(&x.all, 10 * T);
	ok(strstr(box_said(x.a), "down") == NULL &&
	    strstr(box_said(x.b), "down") == NULL, "nobody is told");
	nodes_close(&x.all);
}

/* The input of a turn is older than the clock: it is read anew. */
static void
test_late_turn(bool alarms_first)
{
	struct pair	 x;
	int64_t		 end;

	open_met(&x);
	x.all.alarms_first = alarms_first;
	end = lease_end(x.b, x.a);
	nodes_until(&x.all, end - MONO_MS(300));
	end = lease_end(x.b, x.a);
	nodes_until(&x.all, end - MONO_MS(200));
	nodes_cut(x.b, x.a, true);
	x.b->stopped = true;
	say(x.p, x.q, 1);
	nodes_until(&x.all, lease_end(x.b, x.a));
	x.b->stopped = false;
	nodes_pass(&x.all, 1);
	is_int((intmax_t)x.b->w.n.stats.frames_routed, 0,
	    "at the end of the lease nothing is routed, %s",
	    alarms_first ? "whatever comes first" : "though it is there");
	is_int(nodes_peer(x.b, x.a)->session.state, SESSION_FROZEN,
	    "it is frozen");
	nodes_cut(x.b, x.a, false);
	nodes_pass(&x.all, T);
	is_int(got(x.q), 1, "it comes after the lease is renewed");
	nodes_close(&x.all);
}

/* A turn that began in time and lasts. */
static void
test_long_turn(void)
{
	struct pair	 x;

	open_met(&x);
	nodes_pass(&x.all, 150);
	say(x.p, x.q, 1);
	nodes_turns(&x.all);
	x.all.late = lease_end(x.b, x.a) - x.all.now;
	nodes_until(&x.all, x.all.now + x.all.delay);
	is_int((intmax_t)x.b->w.n.stats.frames_routed, 0,
	    "the clock is read anew before frames are routed");
	x.all.late = 0;
	nodes_pass(&x.all, T);
	is_int(got(x.q), 1, "the frame comes when the lease is renewed");
	nodes_close(&x.all);
}

/*
 * Of a new session as well: the lease counts from what was echoed, not from
 * when the first beat came.
 */
static void
test_first_lease(void)
{
	struct pair	 x;
	struct cable	*c;
	unsigned int	 n = 0;

	pair_open(&x, SETTINGS);
	nodes_know(x.a, x.b);
	nodes_pass(&x.all, 5);
	c = nodes_cable(x.a, x.b);
	ok(nodes_peer(x.b, x.a)->state == PEER_UP, "who was dialled has begun");
	c->end[0].held = true;
	nodes_cut(x.a, x.b, true);
	while (nodes_peer(x.b, x.a)->state == PEER_UP) {
		say(x.q, x.p, ++n);
		if (n == 950)
			c->end[0].held = false;
		if (n == 990)
			c->end[0].held = true;
		nodes_pass(&x.all, 1);
	}
	ok(n > 1000, "it has ended now");
	if (c == nodes_cable(x.a, x.b))
		c->end[0].held = false;
	nodes_pass(&x.all, 10);
	ok(got(x.p) < 1000, "nothing more is routed");
	nodes_close(&x.all);
}

/* ---- nodes and networks that stand still ---- */

enum still { STOPPED, CUT_TO, CUT_FROM, CUT_BOTH, STILLS };

static const char *const stills[STILLS] = { "stopped", "not reached",
    "not heard", "cut off" };

static void
stand_still(struct pair *x, enum still what, bool on)
{
	if (what == STOPPED)
		x->b->stopped = on;
	if (what == CUT_TO || what == CUT_BOTH)
		nodes_cut(x->a, x->b, on);
	if (what == CUT_FROM || what == CUT_BOTH)
		nodes_cut(x->b, x->a, on);
}

/* Queues fill both ways for so many ms; how many were sent each way. */
static unsigned int
fill(struct pair *x, int64_t ms)
{
	int64_t		end = x->all.now + MONO_MS(ms);
	unsigned int	n = 0;

	while (x->all.now < end) {
		if (x->a->down == 0 && x->b->down == 0) {
			say(x->p, x->q, ++n);
			say(x->q, x->p, n);
		}
		nodes_pass(&x->all, 1);
	}
	return n;
}

/*
 * For so many ms; then it goes on.  Either nobody is told and nothing is lost,
 * or both are, and what came is a beginning.
 */
static bool
stood(enum still what, int64_t ms, int64_t phase, bool alarms_first)
{
	struct pair	 x;
	unsigned int	 n;
	int		 to_q, to_p;
	bool		 good, told;

	open_met(&x);
	x.all.alarms_first = alarms_first;
	x.all.room = 16 << 10;
	nodes_pass(&x.all, phase);
	stand_still(&x, what, true);
	n = fill(&x, ms);
	stand_still(&x, what, false);
	nodes_pass(&x.all, 10 * T);
	to_q = got(x.q);
	to_p = got(x.p);
	told = strstr(box_said(x.a), "down") != NULL;
	good = to_q >= 0 && to_p >= 0 &&
	    (strstr(box_said(x.b), "down") != NULL) == told &&
	    nodes_agree(x.a, x.b) != 0 &&
	    nodes_peer(x.a, x.b)->session.number == (told ? 2 : 1);
	if (told ? ms < 4 * T / 5 : to_q != (int)n || to_p != (int)n ||
	    ms > T + 110)
		good = false;
	nodes_close_quietly(&x.all);
	if (good && x.all.wrong == NULL)
		return true;
	note("%s for %d ms, %d after a beat: %stold, %d and %d of %u, %s",
	    stills[what], (int)ms, (int)phase, told ? "" : "not ", to_q, to_p,
	    n, x.all.wrong == NULL ? "" : x.all.wrong);
	return false;
}

static void
test_stood(enum still what)
{
	int64_t	ms, phase;
	bool	good = true;

	for (ms = 500; ms <= 2500; ms += ms > 800 && ms < 1200 ? 19 : 300)
		for (phase = 0; phase < 200; phase += 67)
			good = stood(what, ms, phase, false) &&
			    stood(what, ms, phase, true) && good;
	ok(good, "a node that was %s routes nothing of what has ended",
	    stills[what]);
}

int
main(void)
{
	int	i;

	test_one_way(true);
	test_one_way(false);
	test_freeze_resume(true);
	test_freeze_resume(false);
	test_late_turn(false);
	test_late_turn(true);
	test_long_turn();
	test_first_lease();
	for (i = 0; i < STILLS; i++)
		test_stood((enum still)i);
	return tap_done();
}
