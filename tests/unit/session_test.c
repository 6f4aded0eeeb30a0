/* session_test.c - how sessions end, who is told when, what time does. */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\nhigh-mark = 64M\n"

/* Points of a session in the time of the test, in ns. */
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

/* ---- the end ---- */

/* Monitors, a link and a call between p and q. */
static void
tie(struct pair *x)
{
	SAYS(x->p->main, MONITOR, .to = proc_pid(x->q), .ref = 1);
	SAYS(x->p->main, MONITOR, .to = proc_pid(x->q), .ref = 2);
	SAYS(x->p->main, TRAP, .flags = WIRE_F_ON);
	SAYS(x->p->main, LINK, .to = proc_pid(x->q));
	SAYS(x->p->main, CALL, .to = proc_pid(x->q), .ref = 3, .text = "call");
	SAYS(x->q->main, MONITOR, .to = proc_pid(x->p), .ref = 7);
	nodes_pass(&x->all, 10);
	is_str(world_heard(x->q->main), "CALL 1 #3 call", "the call came");
}

static void
test_both_end(void)
{
	struct pair	 x;
	int64_t		 a, b;

	open_met(&x);
	tie(&x);
	nodes_cut_both(x.a, x.b, true);
	nodes_pass(&x.all, 10);
	a = deadline(x.a, x.b);
	b = deadline(x.b, x.a);
	nodes_until(&x.all, (a < b ? a : b) - 1);
	is_str(world_heard(x.p->main), "", "nothing is told early");
	nodes_pass(&x.all, 2 * T);
	is_int(MS(x.a->down), MS(a), "100 ms after the timeout it is told");
	is_int(MS(x.b->down), MS(b), "on either side");
	is_str(world_heard(x.p->main), "DOWN 1 #1 noconnection; "
	    "DOWN 1 #2 noconnection; DOWN 1 #3 noconnection; "
	    "EXITED 1 noconnection", "each monitor, call and link, once");
	is_str(world_heard(x.q->main), "DOWN 1 #7 noconnection",
	    "also there; its end of the link is no order: it is told");
	is_str(box_said(x.a), "suspect beta; down beta", "as an event");
	ok(x.p->nwatches == 0 && x.q->nwatches == 0 &&
	    x.a->w.n.watched == NULL && x.b->w.n.watched == NULL &&
	    x.b->w.n.links == NULL, "nothing of them is left");
	nodes_cut_both(x.a, x.b, false);
	nodes_pass(&x.all, 20 * T);
	is_str(world_heard(x.p->main), "", "nor told again");
	SAYS(x.q->main, REPLY, .to = proc_pid(x.p), .ref = 3, .text = "late");
	nodes_pass(&x.all, 10);
	is_str(world_heard(x.p->main), "", "the answer comes too late");
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

/* Broken for so long; goes on until nearly the deadline. */
static void
test_broken(int64_t ms, bool goes_on)
{
	struct pair	 x;
	int64_t		 end;

	open_met(&x);
	nodes_cut_both(x.a, x.b, true);
	nodes_break(x.a, x.b);
	nodes_turns(&x.all);
	end = deadline(x.a, x.b);
	if (deadline(x.b, x.a) < end)
		end = deadline(x.b, x.a);
	say(x.p, x.q, 1);
	say(x.q, x.p, 1);
	nodes_until(&x.all, end - MONO_MS(1100) + MONO_MS(ms));
	nodes_cut_both(x.a, x.b, false);
	nodes_pass(&x.all, 10 * T);
	is_int((intmax_t)nodes_peer(x.a, x.b)->session.number,
	    goes_on ? 1 : 2, "broken for %d ms of 1100", (int)ms);
	is_int(got(x.q), goes_on, "what waited %s", goes_on ? "comes" :
	    "is lost");
	is_int(got(x.p), goes_on, "either way");
	ok((strstr(box_said(x.a), "down") == NULL) == goes_on &&
	    (strstr(box_said(x.b), "down") == NULL) == goes_on,
	    "%s", goes_on ? "nobody is told" : "both are told");
	nodes_close(&x.all);
}

/* Its reason: told here with the words, there by N_END. */
static void
test_said_end(bool by_dialler)
{
	struct pair	 x;
	struct box	*a, *b;

	open_met(&x);
	a = by_dialler ? x.a : x.b;
	b = by_dialler ? x.b : x.a;
	a->said[0] = b->said[0] = '\0';
	say(x.p, x.q, 1);
	say(x.q, x.p, 1);
	post_doom(nodes_peer(a, b), "a reason");
	nodes_pass(&x.all, 5);
	ok(strcmp(box_said(a), by_dialler ? "down beta a reason" :
	    "down alpha a reason") == 0, "its end is told");
	ok(strcmp(box_said(b), by_dialler ? "down alpha" : "down beta") == 0,
	    "and said to the other, which does not wait");
	is_int(got(x.p) + got(x.q), 0, "what was under way is lost");
	nodes_pass(&x.all, 5 * T);
	ok(pair_talks(&x), "they talk in a new one");
	nodes_close(&x.all);
}

/* An orderly end: last words, then goodbye, and for ever. */
static void
test_goodbye(void)
{
	struct pair	 x;
	struct pid	 q;

	open_met(&x);
	q = proc_pid(x.q);
	SAYS(x.p->main, MONITOR, .to = q, .ref = 1);
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "last words");
	nodes_pass(&x.all, 10);
	x.q->ordered = true;
	box_leaves(x.b);
	is_str(world_heard(x.p->main), "SEND 1 last words; DOWN 1 #1 stopped",
	    "what it did before it left is told");
	is_str(box_said(x.a), "down beta goodbye", "then its goodbye");
	SAYS(x.p->main, MONITOR, .to = q, .ref = 2);
	SAYS(x.p->main, TRAP, .flags = WIRE_F_ON);
	SAYS(x.p->main, LINK, .to = q);
	SAYS(x.p->main, SEND, .to = q, .text = "to nobody");
	nodes_pass(&x.all, 5 * T);
	is_str(world_heard(x.p->main), "DOWN 1 #2 noproc; EXITED 1 noproc",
	    "from then on there is no such process");
	nodes_close(&x.all);
}

/* Its connection breaks meanwhile: it goes on until all is told. */
static void
test_goodbye_after_break(bool dialler_leaves)
{
	struct pair	 x;
	struct box	*a, *b;
	struct proc	*p, *q;

	open_met(&x);
	b = dialler_leaves ? x.a : x.b;
	a = dialler_leaves ? x.b : x.a;
	p = dialler_leaves ? x.q : x.p;
	q = dialler_leaves ? x.p : x.q;
	SAYS(p->main, MONITOR, .to = proc_pid(q), .ref = 1);
	nodes_pass(&x.all, 10);
	nodes_break(a, b);
	q->ordered = true;
	SAYS(q->main, SEND, .to = proc_pid(p), .text = "last words");
	box_leaves(b);
	is_str(world_heard(p->main), "SEND 1 last words; DOWN 1 #1 stopped",
	    "a break does not keep a node from its last words");
	ok(strstr(box_said(a), "goodbye") != NULL, "nor from its goodbye");
	nodes_close(&x.all);
}

/* One that only fell silent may come back. */
static void
test_silent(void)
{
	struct pair	 x;
	struct pid	 q;

	open_met(&x);
	q = proc_pid(x.q);
	box_dies(x.b, true);
	nodes_pass(&x.all, 2 * T);
	is_str(box_said(x.a), "suspect beta; down beta", "it is told");
	SAYS(x.p->main, MONITOR, .to = q, .ref = 2);
	nodes_pass(&x.all, 1);
	is_str(world_heard(x.p->main), "DOWN 1 #2 noconnection",
	    "later as well, and at once");
	nodes_close(&x.all);
}

/* Signals that nobody takes: their reserve is full. */
static void
test_full_reserve(bool connected)
{
	struct pair	 x;
	int		 i;

	pair_open(&x, SETTINGS "link-reserve = 64K\n");
	nodes_meet(x.a, x.b);
	if (connected)
		x.all.room = 0;		/* nothing is written */
	else {
		nodes_cut_both(x.a, x.b, true);
		nodes_break(x.a, x.b);
	}
	SAYS(x.p->main, MONITOR, .to = proc_pid(x.q), .ref = 1);
	for (i = 0; i < 2000 && x.a->down == 0; i++) {
		SAYS(x.p->main, EXIT, .to = proc_pid(x.q), .text = "normal");
		nodes_turns(&x.all);
	}
	ok(i > 900 && i < 1400, "after %d signals", i);
	is_str(box_said(x.a), "down beta too many signals wait for it",
	    "it ends with the turn");
	is_str(world_heard(x.p->main), "DOWN 1 #1 noconnection", "and is told");
	x.all.room = 1 << 20;
	nodes_cut_both(x.a, x.b, false);
	nodes_pass(&x.all, 10 * T);
	ok(pair_talks(&x), "they talk in a new one");
	nodes_close(&x.all);
}

/* ---- time that passes ---- */

/* Idle: it stays, and little is said. */
static void
test_idle(void)
{
	struct pair	 x;
	uint64_t	 n;

	open_met(&x);
	n = x.a->w.n.stats.frames_sent;
	nodes_pass(&x.all, 1000 * T);
	is_str(box_said(x.a), "", "idle sessions stay");
	is_int(nodes_agree(x.a, x.b), 1, "on one connection");
	is_int((intmax_t)(x.a->w.n.stats.frames_sent - n), 0,
	    "and nothing but beats is said");
	nodes_close(&x.all);
}

static void
test_suspect(void)
{
	struct pair	 x;
	int64_t		 end;

	open_met(&x);
	nodes_cut(x.b, x.a, true);
	nodes_pass(&x.all, 10);
	end = deadline(x.a, x.b) - MONO_MS(T + 100);
	nodes_until(&x.all, end + MONO_MS(2 * T / 5) - 1);
	is_str(box_said(x.a), "", "until 2 T/5 nothing is said");
	is_str(peer_word(nodes_peer(x.a, x.b)), "up", "it is up");
	nodes_pass(&x.all, 1);
	is_str(box_said(x.a), "suspect beta", "then it is suspect");
	is_str(peer_word(nodes_peer(x.a, x.b)), "suspect", "and shown so");
	nodes_cut(x.b, x.a, false);
	nodes_pass(&x.all, 10);
	is_str(peer_word(nodes_peer(x.a, x.b)), "up", "until it is heard");
	nodes_close(&x.all);
}

/* The kernel takes no more: beats are due, and cannot be written. */
static void
test_blocked(void)
{
	struct pair	 x;
	static char	 text[100000];
	int		 i;

	open_met(&x);
	memset(text, 'x', sizeof(text) - 1);
	x.all.room = 64 << 10;
	nodes_cut(x.a, x.b, true);
	for (i = 0; i < 10; i++)
		SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = text);
	nodes_pass(&x.all, T / 2);
	is_str(x.all.wrong, NULL,
	    "a beat that cannot be written is waited for");
	nodes_cut(x.a, x.b, false);
	nodes_pass(&x.all, 5 * T);
	is_int((intmax_t)x.b->w.n.stats.frames_routed, 10, "all comes");
	nodes_close(&x.all);
}

/* What one receives is acknowledged before it has to wait for a beat. */
static void
test_acknowledged(void)
{
	struct pair	 x;
	static char	 text[300000];

	open_met(&x);
	memset(text, 'x', sizeof(text) - 1);
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = text);
	nodes_pass(&x.all, 10);
	ok(nodes_peer(x.a, x.b)->lanes.data < 64 << 10,
	    "256 KiB are acknowledged at once");
	nodes_pass(&x.all, T / 2);
	is_int((intmax_t)nodes_peer(x.a, x.b)->lanes.data, 0,
	    "the rest with the next beat");
	nodes_close(&x.all);
}

/* ---- what processes see of nodes ---- */

#define UP_BETA		"NODE \1\4beta\4NODE"

static void
test_nodes(void)
{
	struct pair	 x;
	struct proc	*late;

	pair_open(&x, SETTINGS);
	SAYS(x.p->main, NODES, .flags = WIRE_F_ON);
	nodes_know(x.a, x.b);
	nodes_pass(&x.all, 5);
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "first");
	nodes_pass(&x.all, 20);
	is_str(world_heard(x.p->main), UP_BETA "; SEND 1 first",
	    "a node is told of before its first frame");
	late = world_worker(&x.a->w, "late");
	SAYS(late->main, NODES, .flags = WIRE_F_ON);
	SAYS(late->main, NODES, .flags = WIRE_F_ON);
	is_str(world_heard(late->main), UP_BETA, "who asks later is told once");
	nodes_break(x.a, x.b);
	nodes_pass(&x.all, T);
	is_str(world_heard(x.p->main), "", "a resume is told to nobody");
	SAYS(x.p->main, MONITOR, .to = proc_pid(x.q), .ref = 1);
	SAYS(x.p->main, MONITOR, .to = proc_pid(x.q), .ref = 2);
	SAYS(late->main, NODES, .flags = 0);
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "last");
	nodes_pass(&x.all, 10);
	nodes_cut_both(x.a, x.b, true);
	nodes_pass(&x.all, 2 * T);
	is_str(world_heard(x.p->main), "SEND 1 last; DOWN 1 #1 noconnection; "
	    "DOWN 1 #2 noconnection; NODE ", "its end after all deaths");
	is_str(world_heard(late->main), "", "not to who wants no more");
	nodes_close(&x.all);
}

int
main(void)
{
	test_both_end();
	test_broken(500, true);
	test_broken(990, true);
	test_broken(1050, true);
	test_broken(1110, false);
	test_said_end(true);
	test_said_end(false);
	test_goodbye();
	test_goodbye_after_break(true);
	test_goodbye_after_break(false);
	test_silent();
	test_full_reserve(true);
	test_full_reserve(false);
	test_idle();
	test_suspect();
	test_blocked();
	test_acknowledged();
	test_nodes();
	return tap_done();
}
