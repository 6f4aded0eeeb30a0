/* flow_test.c - marks, chokes, and who waits for whom. */
#include "world.h"

#define MARKS	"high-mark = 64K\nlow-mark = 16K\n"
#define KB	1024

/* Sends n bytes in one frame. */
static void
flood(struct stream *s, struct proc *to, size_t n)
{
	char	*body = calloc(1, n);

	BUG_ON(body == NULL);
	SAYS(s, SEND, .to = proc_pid(to), .body = body,
	    .n = n - WIRE_HEAD);
	free(body);
}

/* Reads from the front of p's queue until at most left bytes are in it. */
static void
drain(struct proc *p, size_t left)
{
	size_t	len;

	while (p->main->conn.out_bytes > left &&
	    conn_out_peek(&p->main->conn, &len) != NULL)
		conn_out_drop(&p->main->conn);
	stream_flush(p->main);
	flow_drained(p);
}

static void
test_marks(void)
{
	struct world	 w;
	struct proc	*a, *b, *c;
	size_t		 i;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	c = world_worker(&w, "c");
	for (i = 0; i < 64; i++)
		flood(a->main, c, KB);
	is_str(world_heard(a->main), "", "at the high mark: nothing");
	flood(b->main, c, KB);
	is_str(world_heard(b->main), "CHOKE 3", "above it: CHOKE");
	is_str(world_heard(a->main), "", "only to who sends then");
	flood(b->main, c, KB);
	is_str(world_heard(b->main), "", "and once");
	flood(a->main, c, KB);
	is_str(world_heard(a->main), "CHOKE 3", "to the other as well");
	is_int((intmax_t)w.n.queued, 67 * KB, "all is counted");
	drain(c, 16 * KB);
	is_str(world_heard(a->main), "", "at the low mark: nothing");
	flood(a->main, c, 100);
	is_str(world_heard(a->main), "", "nor a second CHOKE between marks");
	drain(c, 0);
	is_str(world_heard(a->main), "UNCHOKE 3", "below it: UNCHOKE");
	is_str(world_heard(b->main), "UNCHOKE 3", "to all");
	is_int((intmax_t)w.n.queued, 0, "nothing is counted");
	flood(a->main, c, 65 * KB);
	is_str(world_heard(a->main), "CHOKE 3", "and again");
	world_close(&w);
}

static void
test_what_is_not_choked(void)
{
	struct world	 w;
	struct proc	*a, *c;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	flood(a->main, c, 65 * KB);
	flood(a->main, a, 65 * KB);
	is_str(world_heard(a->main) == NULL ? NULL : "", "", "to itself");
	ok(!LIST_EMPTY(&a->sink.chokes), "even who sends to itself waits");
	SAYS(a->main, LINK, .to = proc_pid(c));
	SAYS(a->main, MONITOR, .to = proc_pid(c), .ref = 1);
	SAYS(a->main, EXIT, .to = proc_pid(c), .text = "x");
	is_str(world_orders(&w), "O_KILL 2 TERM order",
	    "signals do not wait behind data");
	world_close(&w);
}

static void
test_ignored(void)
{
	struct world	 w;
	struct proc	*a, *c;
	size_t		 i;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	flood(a->main, c, 65 * KB);
	/* One large frame may have been begun before CHOKE was seen. */
	flood(a->main, c, 8 << 20);
	ok(!a->main->paused, "a large frame begun before is no fault");
	for (i = 0; i < 4; i++)
		flood(a->main, c, 64 * KB);
	ok(!a->main->paused, "256 KiB more neither");
	flood(a->main, c, 100);
	ok(a->main->paused, "beyond that it is not read any more");
	is_int((int)w.n.stats.ignored_chokes, 1, "counted once");
	PUTS(a->main, KILL, .to = proc_pid(c));
	world_route(a->main);
	is_str(world_orders(&w), "", "whatever comes then waits");
	drain(c, 0);
	ok(!a->main->paused, "until the receiver has room");
	world_route(a->main);
	is_str(world_orders(&w), "O_KILL 2 KILL order", "then it is routed");
	world_close(&w);
}

/* A large frame for one above its mark is not assembled first. */
static void
test_held_begun(void)
{
	static const enum wire_op ops[] = { WIRE_SEND, WIRE_CALL,
					    WIRE_FORWARD, WIRE_CHANNEL };
	struct wire_head	 h = { .len = 1 << 20 };
	struct world		 w;
	struct proc		*c, *g;
	uint8_t			 head[WIRE_HEAD];
	size_t			 i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		world_open(&w, MARKS);
		c = world_worker(&w, "c");
		g = world_guest(&w);
		flood(c->main, c, 65 * KB);
		h.op = (uint8_t)ops[i];
		h.to = proc_pid(c);
		h.from = proc_pid(g);
		wire_put(head, &h);
		world_bytes(g->main, head, sizeof(head));
		world_route(g->main);
		ok(g->main->paused, "the beginning of a large %s is held",
		    wire_rule(ops[i])->name);
		world_close(&w);
	}
}

static void
test_held(void)
{
	struct world	 w;
	struct proc	*a, *c, *g;
	struct stream	*s;

	world_open(&w, MARKS);
	a = world_worker(&w, "sh");
	c = world_worker(&w, "c");
	g = world_guest(&w);
	s = world_attach(a);
	flood(g->main, c, 65 * KB);
	ok(!g->main->paused, "a guest's frame may pass the mark");
	PUTS(g->main, SEND, .to = proc_pid(c), .text = "one");
	PUTS(g->main, SYNC, .ref = 5);
	world_route(g->main);
	SAYS(s, SEND_NAME, .name = "nobody", .text = "x");
	SAYS(s, SEND, .to = proc_pid(c), .text = "two");
	ok(g->main->paused, "the next waits in front");
	ok(s->paused, "on attached streams too");
	is_str(world_heard(g->main), "", "they are not told, just held");
	drain(c, 0);
	ok(!g->main->paused && !s->paused, "until it can");
	world_route(g->main);
	world_route(s);
	is_str(world_heard(c->main), "SEND 3 one; SEND 1 two",
	    "then it goes on");
	is_str(world_heard(g->main), "DONE #5 0", "and what was behind it");

	/* Calls, names, forwarded ones and replies are held alike. */
	flood(g->main, c, 65 * KB);
	SAYS(g->main, CALL, .to = proc_pid(c), .ref = 9, .text = "x");
	ok(g->main->paused && g->nwatches == 0, "a call, with its monitor");
	drain(c, 0);
	world_route(g->main);
	is_str(world_heard(c->main), "CALL 3 #9 x", "comes once");
	flood(g->main, c, 65 * KB);
	SAYS(s, FORWARD, .to = proc_pid(c), .text = "x");
	ok(s->paused, "a forwarded message");
	world_close(&w);
}

/* A mailbox that is full must not keep an answer from a command. */
static void
test_reply_to_attached(void)
{
	struct world	 w;
	struct proc	*a, *g;
	struct stream	*s;

	world_open(&w, MARKS);
	a = world_silent(&w, "sh");
	g = world_guest(&w);
	s = world_attach(a);
	SAYS(s, CALL, .to = proc_pid(g), .ref = s->ref_base + 1, .text = "?");
	(void)world_heard(g->main);
	flood(g->main, a, 65 * KB);
	SAYS(g->main, REPLY, .to = proc_pid(a), .ref = s->ref_base + 1,
	    .text = "!");
	is_str(world_heard(s), "REPLY 2 #0.1 !",
	    "an answer to a command does not wait for the mailbox");
	world_close(&w);
}

static void
test_receiver_dies(void)
{
	struct world	 w;
	struct proc	*a, *c, *g;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	g = world_guest(&w);
	flood(a->main, c, 65 * KB);
	flood(a->main, c, 9 << 20);
	flood(a->main, c, 9 << 20);
	SAYS(g->main, SEND, .to = proc_pid(c), .text = "x");
	ok(a->main->paused && g->main->paused, "both wait");
	(void)world_heard(a->main);
	world_dies(c, SIGKILL, false);
	ok(!a->main->paused && !g->main->paused,
	    "a death releases who waited");
	is_str(world_heard(a->main), "UNCHOKE 2", "and says so");
	is_int((intmax_t)w.n.queued, 0, "what was queued is gone");
	ok(LIST_EMPTY(&a->main->chokes), "no choke is left");
	world_route(g->main);
	is_str(world_heard(g->main), "", "the held frame vanishes");
	world_close(&w);
}

static void
test_sender_ends(void)
{
	struct world	 w;
	struct proc	*a, *c, *g;
	struct stream	*s;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	g = world_guest(&w);
	s = world_attach(a);
	flood(a->main, c, 65 * KB);
	SAYS(g->main, SEND, .to = proc_pid(c), .text = "x");
	SAYS(s, SEND, .to = proc_pid(c), .text = "x");
	death_attached(s);
	death_guest(g);
	world_dies(a, 0, false);
	ok(LIST_EMPTY(&c->sink.chokes), "streams that end wait for nobody");
	drain(c, 0);
	ok(!c->sink.over, "the receiver goes on");
	world_close(&w);
}

/* The dead send on: all that was theirs is routed, whatever the marks. */
static void
test_tail_of_a_choked(void)
{
	struct world	 w;
	struct proc	*a, *c;
	size_t		 i;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	SAYS(c->main, MONITOR, .to = proc_pid(a), .ref = 1);
	flood(a->main, c, 65 * KB);
	for (i = 0; i < 3; i++)
		flood(a->main, c, 64 * KB);
	for (i = 0; i < 8; i++) {	/* each a run of its own */
		char	body[60 * KB] = { 0 };

		PUTS(a->main, SEND, .to = proc_pid(c), .body = body,
		    .n = sizeof(body));
		PUTS(a->main, SYNC, .ref = 1);
	}
	PUTS(a->main, SEND, .to = proc_pid(c), .text = "last");
	world_dies(a, SIGKILL, false);
	drain(c, 500);
	is_str(world_heard(c->main),
	    "SEND 1 last; DOWN 1 #1 signal 9 (KILL)",
	    "the tail of one that ignored CHOKE is routed to its end");
	world_close(&w);
}

static void
test_node_limit(void)
{
	struct world	 w;
	struct proc	*a, *c;

	world_open(&w, MARKS);
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	w.n.queued += NODE_QUEUE_LIMIT;	/* by others */
	flood(a->main, c, 65 * KB);
	ok(a->main->paused, "over the bound of all queues the first is enough");
	is_str(world_heard(a->main), "CHOKE 2", "it is told all the same");
	w.n.queued -= NODE_QUEUE_LIMIT;
	drain(c, 0);
	ok(!a->main->paused, "and goes on");
	world_close(&w);
}

/*
 * Above the bound tails of the dead wait.  What is queued to the dead
 * themselves is no reason to: nobody will ever read it.
 */
static void
test_tails_wait(void)
{
	struct world	 w;
	struct proc	*a, *c;

	world_open(&w, MARKS "tail-memory = 1M\n");
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	SAYS(c->main, MONITOR, .to = proc_pid(a), .ref = 1);
	w.n.queued += NODE_QUEUE_LIMIT + (1 << 20) + 1;
	a->main->tail = 64 * KB;
	world_dies(a, 0, false);
	is_str(world_heard(c->main), "", "a tail waits for memory");
	is_int((int)w.n.stats.drains_waited, 1, "counted");
	w.n.queued -= NODE_QUEUE_LIMIT + (1 << 20) + 1;
	world_turn(&w);
	is_str(world_heard(c->main), "DOWN 1 #1 normal", "and comes later");
	world_close(&w);

	world_open(&w, MARKS "tail-memory = 1M\n");
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	SAYS(c->main, MONITOR, .to = proc_pid(a), .ref = 1);
	flood(c->main, a, 2 << 20);
	w.n.queued += NODE_QUEUE_LIMIT;
	(void)world_heard(c->main);
	world_dies(a, 0, false);
	is_str(world_heard(c->main), "UNCHOKE 1; DOWN 1 #1 normal",
	    "what waits for the dead holds up no burial");
	w.n.queued -= NODE_QUEUE_LIMIT;
	world_close(&w);
}

int
main(void)
{
	test_marks();
	test_what_is_not_choked();
	test_ignored();
	test_held();
	test_held_begun();
	test_reply_to_attached();
	test_receiver_dies();
	test_sender_ends();
	test_tail_of_a_choked();
	test_node_limit();
	test_tails_wait();
	return tap_done();
}
