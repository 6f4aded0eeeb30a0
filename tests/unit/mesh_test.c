/* mesh_test.c - gossip, questions for unknown ids, word of the dead. */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\n"

/* A chain: a and c know b alone. */
struct three {
	struct nodes	 all;
	struct box	*a, *b, *c;
	struct proc	*p, *q, *r;
};

static void
three_open(struct three *x)
{
	nodes_open(&x->all);
	x->a = nodes_box(&x->all, "alpha", SETTINGS);
	x->b = nodes_box(&x->all, "beta", SETTINGS);
	x->c = nodes_box(&x->all, "gamma", SETTINGS);
	x->p = world_worker(&x->a->w, "p");
	x->q = world_worker(&x->b->w, "q");
	x->r = world_worker(&x->c->w, "r");
}

static bool
says_so(struct proc *to, const char *want)
{
	return strcmp(world_heard(to->main), want) == 0;
}

/* ---- gossip ---- */

static void
test_gossip(void)
{
	struct three	x;

	three_open(&x);
	nodes_know(x.a, x.b);
	nodes_pass(&x.all, 100);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, 100);
	ok(nodes_agree(x.a, x.c) == 1, "two who know a third find each other");
	is_str(box_said(x.a), "up beta; up gamma", "each is told once");
	is_str(box_said(x.b), "up alpha; up gamma", "of each");
	ok(strcmp(box_said(x.c), "up beta; up alpha") == 0, "of the others");
	say(x.p, x.r, 1);
	nodes_pass(&x.all, 5);
	ok(says_so(x.r, "SEND 1 1"), "they talk");
	box_dies(x.b, true);
	nodes_pass(&x.all, 20 * T);
	is_str(box_said(x.a), "suspect beta; down beta", "the third is gone");
	say(x.p, x.r, 2);
	say(x.r, x.p, 3);
	nodes_pass(&x.all, 5);
	ok(says_so(x.r, "SEND 1 2") && says_so(x.p, "SEND 1 3"),
	    "they talk still");
	nodes_cut_both(x.a, x.c, true);
	nodes_pass(&x.all, 5 * T);
	ok(nodes_agree(x.a, x.c) == 0, "they lose each other");
	nodes_cut_both(x.a, x.c, false);
	nodes_pass(&x.all, 61 * T);
	ok(nodes_agree(x.a, x.c) != 0,
	    "and find each other again, by what they were told");
	nodes_close(&x.all);
}

/* One that cannot be dialled has to be told of all who can. */
static void
test_gossip_to_deaf(void)
{
	struct three	x;

	three_open(&x);
	x.a->w.n.address[0] = '\0';
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, 100);
	nodes_know(x.a, x.b);
	nodes_pass(&x.all, 100);
	ok(nodes_agree(x.a, x.c) == 1, "who comes is told who is there");
	nodes_close(&x.all);
}

/* One that is told of and cannot be reached is tried again. */
static void
test_gossip_late(void)
{
	struct three	x;

	three_open(&x);
	nodes_cut_both(x.a, x.c, true);
	nodes_know(x.a, x.b);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, 100 * T);
	ok(nodes_agree(x.a, x.c) == 0 && nodes_agree(x.a, x.b) != 0 &&
	    nodes_agree(x.b, x.c) != 0, "two cannot reach each other");
	nodes_cut_both(x.a, x.c, false);
	nodes_pass(&x.all, 75 * T);
	ok(nodes_agree(x.a, x.c) != 0, "as soon as they can, they do");
	nodes_close(&x.all);
}

static void
test_many(void)
{
	struct nodes	 w;
	struct box	*b[BOXES];
	char		 name[16];
	int		 i, j, n = 0;

	nodes_open(&w);
	for (i = 0; i < BOXES; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		b[i] = nodes_box(&w, name, SETTINGS);
		if (i > 0)
			nodes_know(b[i], b[i - 1]);
	}
	nodes_pass(&w, 1000);
	for (i = 0; i < BOXES; i++)
		for (j = 0; j < i; j++)
			n += nodes_agree(b[i], b[j]) != 0;
	is_int(n, BOXES * (BOXES - 1) / 2, "a chain of %d becomes a mesh",
	    BOXES);
	for (n = 0, i = 0; i < BOXES; i++)
		n += (int)b[i]->w.n.stats.sessions;
	is_int(n, BOXES * (BOXES - 1), "with one session of each pair");
	nodes_close(&w);
}

/* ---- loopback ---- */

static void
loopback_box(struct box *b)
{
	(void)snprintf(b->w.n.address, sizeof(b->w.n.address),
	    "127.0.0.1:%d", b->number);
}

static bool
has_target(struct box *b, const char *address)
{
	const struct target	*t;

	HASH_FIND(hh, b->w.n.targets, address, strlen(address), t);
	return t != NULL;
}

static void
test_loopback(void)
{
	struct three	 x;
	struct box	*d;

	three_open(&x);
	d = nodes_box(&x.all, "delta", SETTINGS);
	loopback_box(x.a);
	loopback_box(d);
	dial_suggest(&x.a->w.n, TARGET_STATIC, "127.0.0.1:2");
	dial_suggest(&d->w.n, TARGET_STATIC, "127.0.0.1:2");
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, 200);
	ok(nodes_agree(x.a, x.b) != 0 && nodes_agree(x.c, x.b) != 0,
	    "one is there on loopback, one is not");
	ok(!has_target(x.c, "127.0.0.1:1") && !has_target(x.c, "127.0.0.1:4"),
	    "who is not is not told of loopback");
	ok(nodes_agree(x.a, d) != 0, "who is on it is");
	/* The other way round it can be dialled. */
	ok(nodes_agree(x.a, x.c) != 0, "and is told of others");
	nodes_close(&x.all);
}

/* ---- questions ---- */

/* a has a pid of c, which b knows; c could not be dialled until now. */
static void
test_known_by_third(void)
{
	struct three	x;
	unsigned int	i;
	char		want[400] = "";
	size_t		n = 0;

	three_open(&x);
	x.a->w.n.address[0] = '\0';	/* c cannot dial a */
	x.c->deaf = true;
	nodes_know(x.a, x.b);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, 30 * T);
	ok(nodes_agree(x.a, x.c) == 0 && nodes_agree(x.b, x.c) != 0,
	    "a has given up dialling for some time");
	x.c->deaf = false;
	(void)box_said(x.a);
	for (i = 1; i <= 20; i++) {
		say(x.p, x.r, i);
		nodes_until(&x.all, x.all.now + 500000);
		n += (size_t)snprintf(want + n, sizeof(want) - n,
		    "%sSEND 1 %u", i == 1 ? "" : "; ", i);
	}
	nodes_pass(&x.all, 10);
	is_str(box_said(x.a), "up gamma", "it asks, and dials at once");
	is_str(world_heard(x.r->main), want,
	    "what was sent meanwhile comes, and is not overtaken");
	nodes_close(&x.all);
}

static void
asks_all(struct proc *p, struct pid to, uint64_t ref)
{
	SAYS(p->main, MONITOR, .to = to, .ref = ref);
	SAYS(p->main, CALL, .to = to, .ref = ref + 1, .text = "?");
	SAYS(p->main, SEND, .to = to, .text = "!");
}

static const struct pid	stranger = { 0x5f3a9c01, 7 };

static void
test_unknown(void)
{
	struct three	x;

	three_open(&x);
	nodes_meet(x.a, x.b);
	SAYS(x.p->main, TRAP, .flags = WIRE_F_ON);
	SAYS(x.p->main, LINK, .to = stranger);
	asks_all(x.p, stranger, 1);
	is_str(world_heard(x.p->main), "", "an unknown id is asked for");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DOWN 7 #1 noconnection; "
	    "DOWN 7 #2 noconnection; EXITED 7 noconnection",
	    "nobody knows it: no connection");
	is_str(box_said(x.a), "", "no node is said to be down");
	nodes_cut_both(x.a, x.b, true);
	asks_all(x.p, stranger, 3);
	is_str(world_heard(x.p->main), "DOWN 7 #3 noconnection; "
	    "DOWN 7 #4 noconnection", "that is known for some time");
	nodes_cut_both(x.a, x.b, false);
	nodes_pass(&x.all, 10 * T - 100);
	asks_all(x.p, stranger, 5);
	is_str(world_heard(x.p->main), "DOWN 7 #5 noconnection; "
	    "DOWN 7 #6 noconnection", "for 10 s");
	nodes_pass(&x.all, 200);
	asks_all(x.p, stranger, 7);
	is_str(world_heard(x.p->main), "", "then it is asked for again");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DOWN 7 #7 noconnection; "
	    "DOWN 7 #8 noconnection", "in vain");
	nodes_close(&x.all);
}

/* Nobody answers: 2 s. */
static void
test_no_answer(bool alone)
{
	struct three	 x;
	int64_t		 since;

	three_open(&x);
	if (!alone) {
		nodes_meet(x.a, x.b);
		nodes_cut_both(x.a, x.b, true);
	}
	since = x.all.now;
	asks_all(x.p, stranger, 1);
	while (x.p->main->conn.out_bytes == 0 &&
	    x.all.now < since + MONO_MS(10 * T))
		nodes_pass(&x.all, 10);
	is_int(MS(x.all.now - since), 2000, "%s: 2 s", alone ?
	    "nobody there to ask" : "no answer");
	nodes_close(&x.all);
}

/* Its node dials us while it is asked for. */
static void
test_it_comes(void)
{
	struct three	x;

	three_open(&x);
	asks_all(x.p, proc_pid(x.q), 1);
	nodes_pass(&x.all, T);
	nodes_know(x.b, x.a);
	nodes_pass(&x.all, T / 2);
	is_str(world_heard(x.q->main), "CALL 1 #2 ?; SEND 1 !",
	    "what waited comes");
	nodes_pass(&x.all, 10 * T);
	is_str(world_heard(x.p->main), "", "nobody is told of anything");
	ok(x.b->w.n.watched != NULL, "the monitor stands");
	world_dies(x.q, 0, false);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DOWN 1 #2 normal; DOWN 1 #1 normal",
	    "and tells");
	nodes_close(&x.all);
}

/* Larger than the other takes, sent before that was known. */
static void
test_large_for_unknown(void)
{
	struct three	 x;
	static char	 large[400000];

	three_open(&x);
	box_dies(x.b, false);
	(void)strlcpy(x.b->settings, SETTINGS "max-message = 64K\n",
	    sizeof(x.b->settings));
	box_boot(x.b);
	x.q = world_worker(&x.b->w, "q");
	memset(large, 'x', sizeof(large) - 1);
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "before");
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = large);
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "behind");
	nodes_know(x.b, x.a);
	nodes_pass(&x.all, T);
	is_str(world_heard(x.q->main), "SEND 1 before; SEND 1 behind",
	    "what is too large is dropped, the rest comes");
	is_int((intmax_t)(x.a->w.n.stats.bad_frames +
	    x.b->w.n.stats.bad_frames), 0, "and nobody is called broken");
	is_int(nodes_agree(x.a, x.b), 1, "on one connection");
	nodes_close(&x.all);
}

/* ---- the dead ---- */

/* c said goodbye to b alone; a asks b. */
static void
test_dead_by_third(void)
{
	struct three	x;
	struct pid	r;

	three_open(&x);
	r = proc_pid(x.r);
	nodes_cut_both(x.a, x.c, true);
	nodes_know(x.a, x.b);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, T);
	box_leaves(x.c);
	asks_all(x.p, r, 1);
	nodes_pass(&x.all, 10);
	is_str(world_heard(x.p->main), "DOWN 1 #1 noproc; DOWN 1 #2 noproc",
	    "a third knows that it is dead");
	asks_all(x.p, r, 3);
	is_str(world_heard(x.p->main), "DOWN 1 #3 noproc; DOWN 1 #4 noproc",
	    "and then we do");
	nodes_close(&x.all);
}

/* a lost c before; it hears of its death from b. */
static void
test_dead_by_gossip(void)
{
	struct three	x;
	struct pid	r;

	three_open(&x);
	r = proc_pid(x.r);
	nodes_know(x.a, x.b);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, T);
	nodes_cut_both(x.a, x.c, true);
	nodes_pass(&x.all, 2 * T);
	asks_all(x.p, r, 1);
	nodes_pass(&x.all, 10);
	is_str(world_heard(x.p->main), "DOWN 1 #1 noconnection; "
	    "DOWN 1 #2 noconnection", "one that is silent is not dead");
	box_leaves(x.c);
	asks_all(x.p, r, 3);
	is_str(world_heard(x.p->main), "DOWN 1 #3 noproc; DOWN 1 #4 noproc",
	    "one that has said goodbye to another is");
	nodes_close(&x.all);
}

/* A new incarnation under its name: the old one is dead, everywhere. */
static void
test_replaced(void)
{
	struct three	x;
	struct pid	r;

	three_open(&x);
	r = proc_pid(x.r);
	nodes_know(x.a, x.b);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, T);
	box_dies(x.c, true);
	nodes_pass(&x.all, 2 * T);
	asks_all(x.p, r, 1);
	is_str(world_heard(x.p->main), "DOWN 1 #1 noconnection; "
	    "DOWN 1 #2 noconnection", "silent");
	box_boot(x.c);
	nodes_know(x.c, x.b);
	nodes_pass(&x.all, T);
	asks_all(x.p, r, 3);
	is_str(world_heard(x.p->main), "DOWN 1 #3 noproc; DOWN 1 #4 noproc",
	    "and dead when another bears its name");
	nodes_close(&x.all);
}

int
main(void)
{
	test_gossip();
	test_gossip_to_deaf();
	test_gossip_late();
	test_many();
	test_loopback();
	test_known_by_third();
	test_unknown();
	test_no_answer(true);
	test_no_answer(false);
	test_it_comes();
	test_large_for_unknown();
	test_dead_by_third();
	test_dead_by_gossip();
	test_replaced();
	return tap_done();
}
