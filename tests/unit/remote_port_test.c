/* remote_port_test.c - channels between nodes: messages, monitors of ports. */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\nhigh-mark = 64K\nlow-mark = 16K\n"
#define PORT(id)	.body = "\0\0\0\0\0\0\0" id, .n = 8

static void
open_met(struct pair *x)
{
	pair_open(x, SETTINGS);
	nodes_meet(x->a, x->b);
}

/* To ports, to the process, large and small: all in one order. */
static void
test_order(void)
{
	struct pair	 x;
	struct pid	 q;
	static char	 large[200000];

	open_met(&x);
	q = proc_pid(x.q);
	memset(large, 'x', sizeof(large) - 1);
	PUTS(x.p->main, SEND, .to = q, .text = "one");
	PUTS(x.p->main, CHANNEL, .to = q, .ref = 2, .text = "image 2.");
	PUTS(x.p->main, CHANNEL, .to = q, .ref = 2, .text = "image 3.");
	PUTS(x.p->main, SEND, .to = q, .text = "four");
	world_route(x.p->main);
	nodes_pass(&x.all, 10);
	is_str(world_heard(x.q->main), "SEND 1 one; CHANNEL 1 #2 image 2.; "
	    "CHANNEL 1 #2 image 3.; SEND 1 four", "one order");
	SAYS(x.p->main, CHANNEL, .to = q, .ref = 3, .text = large);
	SAYS(x.p->main, SEND, .to = q, .text = "last");
	nodes_pass(&x.all, 30);
	(void)world_heard(x.q->main);
	ok(strncmp(x.b->w.text, "CHANNEL 1 #3 xxx", 16) == 0 &&
	    strstr(x.b->w.text, "xxx; SEND 1 last") != NULL,
	    "also of what goes in pieces");
	SAYS(x.p->main, CHANNEL, .to = { q.node, 77 }, .ref = 2,
	    .text = "image 2.");
	nodes_pass(&x.all, 10);
	is_int((int)x.b->w.n.stats.frames_dropped, 1, "to the dead: lost");
	nodes_close(&x.all);
}

static void
test_choke(void)
{
	struct pair	 x;
	static char	 body[1000];
	int		 i;

	open_met(&x);
	for (i = 0; i < 100; i++) {
		SAYS(x.p->main, CHANNEL, .to = proc_pid(x.q), .ref = 2,
		    .body = body, .n = sizeof(body));
		nodes_pass(&x.all, 1);
	}
	is_str(world_heard(x.p->main), "CHOKE 1",
	    "a port that is not read chokes its sender");
	nodes_close(&x.all);
}

static void
test_monitors(void)
{
	struct pair	x;
	struct pid	q;

	open_met(&x);
	q = proc_pid(x.q);
	SAYS(x.p->main, SEND, .to = q, .text = "first");
	SAYS(x.p->main, MONITOR, .to = q, .ref = 1, PORT("\2"));
	SAYS(x.p->main, MONITOR, .to = q, .ref = 2, PORT("\3"));
	SAYS(x.p->main, MONITOR, .to = q, .ref = 3, PORT("\2"));
	SAYS(x.p->main, MONITOR, .to = q, .ref = 4, PORT("\2"));
	SAYS(x.p->main, MONITOR, .to = { q.node, 77 }, .ref = 5, PORT("\2"));
	SAYS(x.p->main, DEMONITOR, .ref = 3);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.q->main), "SEND 1 first; PORT_WATCHED #2; "
	    "PORT_WATCHED #3", "the owner is asked, after what was sent");
	is_str(world_heard(x.p->main), "DOWN 77 #5 noproc", "of the dead");
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "before");
	SAYS(x.q->main, PORT_CLOSED, .ref = 2);
	SAYS(x.q->main, PORT_CLOSED, .ref = 2);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "SEND 1 before; DOWN 1 #4 closed; "
	    "DOWN 1 #1 closed", "closed: each is told, once");
	world_dies(x.q, 3 << 8, false);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DOWN 1 #2 exit 3",
	    "dead: the rest is");
	ok(x.p->nwatches == 0 && x.b->w.n.ports == NULL &&
	    x.b->w.n.watched == NULL, "nothing is left");
	nodes_close(&x.all);
}

/* Both sides forget; what the owner says later is about nobody. */
static void
test_out_of_reach(void)
{
	struct pair	x;
	struct pid	q;

	open_met(&x);
	q = proc_pid(x.q);
	SAYS(x.p->main, MONITOR, .to = q, .ref = 1, PORT("\2"));
	nodes_pass(&x.all, 5);
	nodes_cut_both(x.a, x.b, true);
	nodes_pass(&x.all, 3 * T);
	is_str(world_heard(x.p->main), "DOWN 1 #1 noconnection",
	    "out of reach");
	ok(x.b->w.n.ports == NULL, "its watchers are forgotten");
	SAYS(x.q->main, PORT_CLOSED, .ref = 2);
	nodes_cut_both(x.a, x.b, false);
	nodes_pass(&x.all, 20 * T);
	is_str(world_heard(x.p->main), "", "nothing comes later");
	nodes_close(&x.all);
}

int
main(void)
{
	test_order();
	test_choke();
	test_monitors();
	test_out_of_reach();
	return tap_done();
}
