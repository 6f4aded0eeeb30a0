/* handshake_old_test.c - hellos and joins older than what they meet. */
#include "nodes.h"

#define SECOND	"peer-timeout = 1s\n"

/*
 * Dials cross; the hello that answers the later one was written before the
 * other end heard of the session, and is read after frames of it.
 */
static void
test_old_hello(bool smaller_is_first)
{
	struct pair	 x;
	struct box	*a, *b;
	struct cable	*late;
	int		 i;

	pair_open(&x, SECOND);
	a = smaller_is_first ? x.a : x.b;
	b = smaller_is_first ? x.b : x.a;
	nodes_know(a, b);
	nodes_pass(&x.all, 2);
	nodes_know(b, a);
	nodes_pass(&x.all, 2);
	late = nodes_cable(b, a);
	late->end[0].held = true;	/* a's hello */
	for (i = 0; i < 10; i++) {
		SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "x");
		SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "x");
		nodes_pass(&x.all, 2);
	}
	(void)world_heard(x.p->main);
	(void)world_heard(x.q->main);
	ok(nodes_agree(a, b) == 1 && late->end[0].bytes > 0 &&
	    nodes_peer(b, a)->session.received > 0,
	    "frames have come, an older hello has not");
	late->end[0].held = false;
	nodes_pass(&x.all, 500);
	is_int(nodes_agree(a, b), 1, "its connection is not needed");
	ok(nodes_cable(b, a) == NULL, "and closed");
	is_int((intmax_t)nodes_peer(a, b)->session.number, 1,
	    "the session goes on");
	ok(strchr(box_said(a), ';') == NULL && strchr(box_said(b), ';') == NULL,
	    "nobody is told of an end");
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

/* at ends the session with of, which does not hear of it, and forgets it for
   all the others that end. */
static void
forget(struct box *at, struct box *of)
{
	uint64_t	id;

	nodes_cut_both(at, of, true);
	post_doom(nodes_peer(at, of), "the test ends it");
	nodes_pass(at->all, 1);
	for (id = 1000; id < 1000 + 2 * OTHERS_GONE_MAX; id++)
		BUG_ON(peer_get(&at->w.n, id) == NULL);
	nodes_pass(at->all, 1);
	BUG_ON(nodes_peer(at, of) != NULL);
	nodes_break(at, of);
	nodes_cut_both(at, of, false);
}

/* The other has heard nothing in it, but has been heard. */
static void
test_forgotten(bool by_dialler)
{
	struct pair	 x;
	struct box	*knows, *forgets;
	struct proc	*p, *q;

	pair_open(&x, SECOND);
	x.a->w.n.address[0] = '\0';	/* nobody dials it */
	nodes_meet(x.a, x.b);
	knows = by_dialler ? x.b : x.a;
	forgets = by_dialler ? x.a : x.b;
	p = by_dialler ? x.q : x.p;
	q = by_dialler ? x.p : x.q;
	SAYS(p->main, SEND, .to = proc_pid(q), .text = "x");
	nodes_pass(&x.all, 300);
	is_str(world_heard(q->main), "SEND 1 x", "heard");
	forget(forgets, knows);
	nodes_pass(&x.all, 6000);
	is_str(box_said(knows), by_dialler ? "suspect alpha; down alpha; "
	    "up alpha" : "down beta; up beta", "the old one ends");
	is_int((intmax_t)nodes_peer(knows, forgets)->session.number, 2,
	    "a new one begins");
	is_int((intmax_t)(x.a->w.n.stats.bad_frames +
	    x.b->w.n.stats.bad_frames), 0, "nobody is called broken");
	ok(pair_talks(&x), "they talk");
	nodes_close(&x.all);
}

int
main(void)
{
	test_old_hello(true);
	test_old_hello(false);
	test_forgotten(false);
	test_forgotten(true);
	return tap_done();
}
