/* remote_test.c - calls, requests, questions, order, chokes between nodes. */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\nhigh-mark = 64K\nlow-mark = 16K\n"
#define KB		1024

static void
open_met(struct pair *x, const char *settings)
{
	pair_open(x, settings);
	nodes_meet(x->a, x->b);
}

static void
stall(struct pair *x, bool on)
{
	nodes_cut_both(x->a, x->b, on);
}

static void
flood(struct proc *from, struct pid to, size_t n)
{
	char	*body = calloc(1, n);

	BUG_ON(body == NULL);
	SAYS(from->main, SEND, .to = to, .body = body, .n = n - WIRE_HEAD);
	free(body);
}

/* Its queue is read to the end. */
static size_t
empties(struct proc *p)
{
	size_t	n, len;

	for (n = 0; conn_out_peek(&p->main->conn, &len) != NULL; n++)
		conn_out_drop(&p->main->conn);
	stream_flush(p->main);
	flow_drained(p);
	return n;
}

/* ---- calls ---- */

static void
test_calls(void)
{
	struct pair	x;
	struct pid	q;

	open_met(&x, SETTINGS);
	q = proc_pid(x.q);
	SAYS(x.p->main, CALL, .to = q, .ref = 1, .text = "a?");
	SAYS(x.p->main, CALL, .to = q, .ref = 2, .text = "b?");
	SAYS(x.p->main, MONITOR, .to = q, .ref = 3);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.q->main), "CALL 1 #1 a?; CALL 1 #2 b?",
	    "calls come");
	SAYS(x.q->main, REPLY, .to = proc_pid(x.p), .ref = 2, .text = "b!");
	SAYS(x.q->main, REPLY, .to = proc_pid(x.p), .ref = 2, .text = "b!!");
	SAYS(x.q->main, REPLY, .to = proc_pid(x.p), .ref = 1, .text = "a!");
	SAYS(x.q->main, REPLY, .to = proc_pid(x.p), .ref = 3, .text = "c!");
	SAYS(x.q->main, REPLY, .to = proc_pid(x.p), .ref = 9, .text = "d!");
	nodes_pass(&x.all, 10);
	is_str(world_heard(x.p->main), "REPLY 1 #2 b!; REPLY 1 #1 a!",
	    "each answer once, only of calls");
	is_int(x.p->nwatches, 1, "a plain monitor cannot be answered away");
	SAYS(x.p->main, CALL, .to = q, .ref = 4, .text = "dying?");
	SAYS(x.p->main, CALL, .to = { q.node, 77 }, .ref = 5, .text = "who?");
	nodes_pass(&x.all, 5);
	world_dies(x.q, 0, false);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DOWN 77 #5 noproc; DOWN 1 #4 normal; "
	    "DOWN 1 #3 normal", "deaths end calls");
	ok(x.p->nwatches == 0 && x.b->w.n.watched == NULL, "nothing is left");
	nodes_close(&x.all);
}

/* ---- order ---- */

static void
test_order(void)
{
	struct pair	 x;
	struct pid	 q;
	static char	 large[200000];

	open_met(&x, "peer-timeout = 1s\n");
	q = proc_pid(x.q);
	SAYS(x.p->main, MONITOR, .to = q, .ref = 1);
	nodes_pass(&x.all, 5);
	memset(large, 'x', sizeof(large) - 1);
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "first");
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = large);
	SAYS(x.q->main, SEND, .to = proc_pid(x.p), .text = "last");
	world_dies(x.q, 1 << 8, false);
	nodes_pass(&x.all, 30);
	(void)world_heard(x.p->main);
	ok(strncmp(x.a->w.text, "SEND 1 first; SEND 1 xxx", 24) == 0 &&
	    strstr(x.a->w.text, "xxx; SEND 1 last; DOWN 1 #1 exit 1") != NULL,
	    "a death comes after the last message, large ones between");
	nodes_close(&x.all);
}

static void
test_large_beside_small(void)
{
	struct pair	 x;
	struct proc	*r;
	static char	 large[4000000];

	open_met(&x, "peer-timeout = 1s\nhigh-mark = 64M\n");
	r = world_worker(&x.b->w, "r");
	memset(large, 'x', sizeof(large) - 1);
	x.all.room = 64 * KB;
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = large);
	nodes_pass(&x.all, 3);
	SAYS(x.p->main, SEND, .to = proc_pid(r), .text = "small");
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "behind");
	SAYS(x.p->main, EXIT, .to = proc_pid(x.q), .text = "signal");
	nodes_pass(&x.all, 5);
	is_str(world_heard(r->main), "SEND 1 small",
	    "a small message to another passes a large one");
	is_str(world_orders(&x.b->w), "", "a signal to the same does not");
	ok(stream_waiting(x.q) == 0, "which is still on its way");
	nodes_pass(&x.all, 300);
	(void)world_heard(x.q->main);
	ok(strstr(x.b->w.text, "xxx; SEND 1 behind") != NULL, "it comes whole");
	is_str(world_orders(&x.b->w), "O_KILL 1 TERM order", "then the signal");
	nodes_close(&x.all);
}

/* ---- requests ---- */

static void
test_requests(void)
{
	struct pair	x;
	struct pid	q, beta;

	open_met(&x, SETTINGS);
	q = proc_pid(x.q);
	beta = (struct pid){ q.node, 0 };
	SAYS(x.p->main, WHEREIS, .ref = 1, .text = "svc@beta");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #1 ESRCH", "nobody has it");
	SAYS(x.p->main, REGISTER, .ref = 2, .to = q, .text = "svc");
	nodes_pass(&x.all, 5);
	SAYS(x.p->main, REGISTER, .ref = 3, .to = { q.node, 8 }, .text = "x");
	SAYS(x.p->main, WHEREIS, .ref = 4, .text = "svc@beta");
	SAYS(x.p->main, WHEREIS, .ref = 5, .text = "1@beta");
	SAYS(x.p->main, WHEREIS, .ref = 6, .text = "@beta");
	SAYS(x.p->main, WHEREIS, .ref = 7, .text = "svc@gamma");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #2 0 1; DONE #6 0; "
	    "DONE #7 EHOSTUNREACH; DONE #3 ESRCH 8; DONE #4 0 1; DONE #5 0 1",
	    "names are given and found");
	SAYS(x.p->main, SEND_NAME, .name = "svc@beta", .text = "by name");
	SAYS(x.p->main, SEND_NAME, .name = "none@beta", .text = "to nobody");
	SAYS(x.p->main, UNREGISTER, .ref = 8, .to = beta, .text = "svc");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.q->main), "SEND_NAME 1 by name", "and sent to");
	is_str(world_heard(x.p->main), "DONE #8 0", "and taken");
	ok(x.a->w.n.errands == NULL, "nobody waits any more");
	nodes_close(&x.all);
}

/* The session ends: each is answered, once. */
static void
test_requests_end(void)
{
	struct pair	x;
	struct pid	q;

	open_met(&x, SETTINGS);
	q = proc_pid(x.q);
	stall(&x, true);
	SAYS(x.p->main, WHEREIS, .ref = 1, .text = "svc@beta");
	SAYS(x.p->main, REGISTER, .ref = 2, .to = q, .text = "svc");
	SAYS(x.p->main, UNREGISTER, .ref = 3, .to = q, .text = "svc");
	SAYS(x.p->main, QUERY, .ref = 4, .to = q, .body = "\2ps\0\0", .n = 5);
	SAYS(x.p->main, SYNC, .ref = 5);
	is_str(world_heard(x.p->main), "DONE #5 0", "they wait");
	nodes_pass(&x.all, 3 * T);
	is_str(world_heard(x.p->main), "DONE #1 EHOSTUNREACH node beta: "
	    "noconnection; DONE #2 EHOSTUNREACH node beta: noconnection; "
	    "DONE #3 EHOSTUNREACH node beta: noconnection; "
	    "DONE #4 EHOSTUNREACH node beta: noconnection", "all are answered");
	SAYS(x.p->main, REGISTER, .ref = 6, .to = q, .text = "svc");
	is_str(world_heard(x.p->main), "DONE #6 EHOSTUNREACH node beta: "
	    "No route to host", "and from then on at once");
	stall(&x, false);
	nodes_pass(&x.all, 20 * T);
	is_str(world_heard(x.p->main), "", "nothing comes later");
	nodes_close(&x.all);
}

/* ---- questions ---- */

static struct stream	*asked;		/* that waits for its answer */

static void
answers_later(struct stream *s, const struct frame *f)
{
	(void)f;
	asked = s;
}

static void
rows(struct stream *s, uint64_t ref, int n, size_t size)
{
	struct wire_head	h = { .op = WIRE_ROW, .ref = ref };
	char			*row = calloc(1, size);

	BUG_ON(row == NULL);
	while (n-- > 0)
		stream_frame(s, &h, row, size);
	free(row);
}

static void
asks(struct proc *p, struct pid to, uint64_t ref)
{
	SAYS(p->main, QUERY, .ref = ref, .to = to, .body = "\2ps\0\0", .n = 5);
}

static void
test_questions(void)
{
	struct pair	 x;
	struct proc	*g;

	open_met(&x, SETTINGS);
	x.all.query = answers_later;
	g = world_guest(&x.a->w);
	asks(g, proc_pid(x.q), 7);
	nodes_pass(&x.all, 5);
	ok(asked != NULL && pid_equal(proxy_asker(asked), proc_pid(g)),
	    "the question comes, and who asks");
	rows(asked, 7, 2, 4);
	nodes_pass(&x.all, 5);
	is_int((intmax_t)empties(g), 2, "rows as they come");
	stream_done(asked, 7, 0, (struct pid){ 0, 0 }, NULL);
	nodes_pass(&x.all, 5);
	is_str(world_heard(g->main), "DONE #7 0", "and its end");
	ok(LIST_EMPTY(&nodes_peer(x.b, x.a)->proxies) &&
	    x.a->w.n.errands == NULL, "nothing is left");

	asks(g, proc_pid(x.q), 8);
	nodes_pass(&x.all, 5);
	death_guest(g);
	nodes_pass(&x.all, 5);
	ok(LIST_EMPTY(&nodes_peer(x.b, x.a)->proxies),
	    "who asks no more is not answered any more");

	asks(x.p, proc_pid(x.q), 9);
	nodes_pass(&x.all, 5);
	stall(&x, true);
	rows(asked, 9, 2, 4);
	nodes_pass(&x.all, 2 * T);
	is_str(world_heard(x.p->main),
	    "DONE #9 EHOSTUNREACH node beta: noconnection",
	    "nor who is out of reach");
	ok(LIST_EMPTY(&nodes_peer(x.b, x.a)->proxies), "nothing is left");
	nodes_close(&x.all);
}

/* A slow reader there is a slow reader here. */
static void
test_slow_questions(void)
{
	struct pair	 x;
	struct proc	*g;
	size_t		 n = 0;
	int		 i;

	open_met(&x, SETTINGS "link-window = 128K\n");
	x.all.query = answers_later;
	g = world_guest(&x.a->w);
	asks(g, proc_pid(x.q), 7);
	nodes_pass(&x.all, 5);
	rows(asked, 7, 1000, 10 * KB);
	nodes_pass(&x.all, 3 * T);
	ok(x.a->w.n.queued < 512 * KB, "what its reader does not read waits "
	    "elsewhere: %zu bytes", x.a->w.n.queued);
	ok(nodes_peer(x.b, x.a)->lanes.data < 256 * KB,
	    "and not in the lane: %zu", nodes_peer(x.b, x.a)->lanes.data);
	for (i = 0; i < 10000 && n < 1000; i++) {
		n += empties(g);
		nodes_pass(&x.all, 10);
	}
	is_int((intmax_t)n, 1000, "all come, after %d reads", i);
	nodes_close(&x.all);
}

/* ---- chokes ---- */

static void
test_receiver_chokes(void)
{
	struct pair	 x;
	struct proc	*r, *p2;
	int		 i;

	open_met(&x, SETTINGS);
	r = world_worker(&x.b->w, "r");
	p2 = world_worker(&x.a->w, "p2");
	for (i = 0; i < 70; i++)
		flood(x.p, proc_pid(x.q), KB);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "", "who sends next is told");
	flood(x.p, proc_pid(x.q), KB);
	flood(p2, proc_pid(x.q), KB);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "CHOKE 1", "of the receiver");
	is_str(world_heard(p2->main), "CHOKE 1", "each sender");
	flood(x.p, proc_pid(x.q), KB);
	SAYS(x.p->main, SEND, .to = proc_pid(r), .text = "to another");
	SAYS(x.p->main, EXIT, .to = proc_pid(x.q), .text = "signal");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "", "once");
	is_str(world_heard(r->main), "SEND 1 to another", "no other waits");
	is_str(world_orders(&x.b->w), "O_KILL 1 TERM order", "nor signals");
	is_int((intmax_t)empties(x.q), 73, "nothing is lost");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "UNCHOKE 1", "they go on");
	is_str(world_heard(p2->main), "UNCHOKE 1", "all of them");
	ok(LIST_EMPTY(&nodes_peer(x.b, x.a)->chokes), "nothing is left");
	nodes_close(&x.all);
}

enum release { READ, DIED, ENDED, SENDER_DIED, RELEASES };

static const char *const releases[RELEASES] = { "its receiver reads",
    "its receiver dies", "the session ends", "its sender dies" };

/* A worker and a guest send to q until the guest is held. */
static struct proc *
hold_guest(struct pair *x, bool by_name)
{
	struct proc	*g = world_guest(&x->a->w);
	int		 i;

	SAYS(x->q->main, REGISTER, .ref = 1, .to = proc_pid(x->q),
	    .text = "svc");
	(void)empties(x->q);
	for (i = 0; i < 1000 && g->main->conn.in_len == 0; i++) {
		flood(x->p, proc_pid(x->q), KB);
		if (by_name)
			SAYS(g->main, SEND_NAME, .name = "svc@beta",
			    .text = "x");
		else
			flood(g, proc_pid(x->q), KB);
		nodes_pass(&x->all, 1);
	}
	ok(g->main->conn.in_len > 0 && g->main->paused,
	    "a guest that sends%s is held", by_name ? " by name" : "");
	(void)world_heard(x->p->main);
	return g;
}

static void
release(struct pair *x, enum release how, struct proc *g)
{
	switch (how) {
	case READ:
		(void)empties(x->q);
		break;
	case DIED:
		world_dies(x->q, 0, false);
		break;
	case SENDER_DIED:
		death_guest(g);
		nodes_pass(&x->all, 10);
		(void)empties(x->q);	/* the worker waits still */
		break;
	default:
		stall(x, true);
		break;
	}
}

/* However the waiting ends, it ends. */
static void
test_release(enum release how, bool by_name)
{
	struct pair		 x;
	struct proc		*g;
	const struct lanes	*l;

	open_met(&x, SETTINGS);
	g = hold_guest(&x, by_name);
	release(&x, how, g);
	nodes_pass(&x.all, 3 * T);
	if (how == SENDER_DIED)
		ok(proc_by_serial(&x.a->w.n, 2) == NULL, "%s", releases[how]);
	else
		ok(g->main->conn.in_len == 0 && !g->main->paused,
		    "until %s", releases[how]);
	is_str(world_heard(x.p->main), "UNCHOKE 1", "a worker is told");
	l = &nodes_peer(x.a, x.b)->lanes;
	ok(l->by_name == NULL && l->by_serial == NULL, "no lane is left");
	nodes_close(&x.all);
}

/* The window of a node is full: all who send there wait, nobody else. */
static void
test_window(bool ends)
{
	struct pair	 x;
	struct box	*c;
	struct proc	*r;
	int		 i;

	open_met(&x, "peer-timeout = 1s\nlink-window = 128K\n"
	    "high-mark = 64M\n");
	c = nodes_box(&x.all, "gamma", "");
	r = world_worker(&c->w, "r");
	nodes_know(x.a, c);
	nodes_pass(&x.all, 50);
	stall(&x, true);
	for (i = 0; i < 130; i++)
		flood(x.p, proc_pid(x.q), KB);
	is_str(world_heard(x.p->main), "CHOKE 1", "the window is full");
	for (i = 0; i < 66; i++)	/* each has a share */
		flood(x.p, (struct pid){ x.b->w.n.id, 5 }, KB);
	is_str(world_heard(x.p->main), "CHOKE 5", "towards all of the node");
	SAYS(x.p->main, SEND, .to = proc_pid(r), .text = "elsewhere");
	nodes_pass(&x.all, 5);
	is_str(world_heard(r->main), "SEND 1 elsewhere", "not to others");
	is_str(world_heard(x.p->main), "", "which choke nobody");
	if (!ends)
		stall(&x, false);
	nodes_pass(&x.all, 2 * T);
	is_str(world_heard(x.p->main), "UNCHOKE 1; UNCHOKE 5",
	    ends ? "the session's end releases them" : "acknowledged: go on");
	is_int((intmax_t)empties(x.q), ends ? 0 : 130, ends ?
	    "what waited is lost" : "all has come");
	nodes_close(&x.all);
}

/* A small window is not slower than the network. */
static void
test_small_window(void)
{
	struct pair	 x;
	int		 i;

	open_met(&x, "peer-timeout = 5s\nlink-window = 128K\n"
	    "link-reserve = 64K\nhigh-mark = 64M\n");
	for (i = 0; i < 2000 && x.b->w.n.stats.frames_routed < 1000; i++) {
		if (!nodes_peer(x.a, x.b)->lanes.over)
			flood(x.p, proc_pid(x.q), 4 * KB);
		nodes_pass(&x.all, 1);
	}
	ok(i < 1500, "4 MiB through a window of 128 KiB took %d ms", i);
	nodes_close(&x.all);
}

int
main(void)
{
	int	i;

	test_calls();
	test_order();
	test_large_beside_small();
	test_requests();
	test_requests_end();
	test_questions();
	test_slow_questions();
	test_receiver_chokes();
	for (i = 0; i < RELEASES; i++) {
		test_release((enum release)i, false);
		test_release((enum release)i, true);
	}
	test_window(false);
	test_window(true);
	test_small_window();
	return tap_done();
}
