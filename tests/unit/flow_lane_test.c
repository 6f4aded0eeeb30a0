/* flow_lane_test.c - back-pressure between nodes: who waits, who is told. */
#include "peers.h"

#define MARKS	"high-mark = 64K\nlow-mark = 16K\n"

/* A window of 64 KiB, which is soon full. */
static struct peer *
window_of(struct peer *p)
{
	p->lanes.window = 64 * KB;
	return p;
}

/* n bytes in one frame, to a process there. */
static void
flood(struct stream *s, uint64_t serial, size_t n)
{
	char	*body = calloc(1, n);

	BUG_ON(body == NULL);
	SAYS(s, SEND, .to = there(serial), .body = body, .n = n - WIRE_HEAD);
	free(body);
}

static void
drain(struct proc *p)
{
	size_t	len;

	while (conn_out_peek(&p->main->conn, &len) != NULL)
		conn_out_drop(&p->main->conn);
	stream_flush(p->main);
	flow_drained(p);
}

/* So many turns are written, of which nothing is acknowledged yet. */
static void
unacknowledged(struct peer *p, int turns)
{
	struct buf	 b;
	uint32_t	 frames;

	buf_init(&b, 256 * KB);
	while (turns-- > 0)
		BUG_ON(!lane_take(&p->lanes, &b, &frames));
	buf_release(&b);
	flow_peer_drained(p);
}

/* ---- towards a node ---- */

static void
test_window(void)
{
	struct world	 w;
	struct proc	*a, *b, *g;
	struct peer	*p;
	struct stream	*s;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	g = world_guest(&w);
	s = world_attach(b);
	flood(a->main, 5, 64 * KB);
	is_str(world_heard(a->main), "", "a window that is full: nothing");
	flood(a->main, 5, 100);
	is_str(world_heard(a->main), "CHOKE 5", "above it: CHOKE of the pid");
	flood(a->main, 5, 100);
	is_str(world_heard(a->main), "", "once");
	flood(a->main, 6, 64 * KB);
	is_str(world_heard(a->main), "", "another receiver has its share");
	flood(a->main, 6, 100);
	flood(b->main, 6, 100);
	is_str(world_heard(a->main), "CHOKE 6", "above that: CHOKE of it, too");
	is_str(world_heard(b->main), "CHOKE 6", "to each who sends to it");
	flood(g->main, 7, 65 * KB);
	ok(!g->main->paused, "guests have their share");
	flood(g->main, 7, 100);
	flood(s, 7, 100);
	ok(g->main->paused && s->paused, "above it they and commands are held");
	is_str(world_heard(g->main), "", "and told nothing");
	SAYS(a->main, MONITOR, .to = there(5), .ref = 1);
	is_int((intmax_t)p->lanes.signals, WIRE_HEAD, "signals go on");
	ok(!a->main->paused, "who was told is read");
	flood(a->main, 8, 64 * KB);
	is_str(world_heard(a->main), "CHOKE 8",
	    "above four windows nobody has a share");
	ok(a->main->paused && !b->main->paused, "and who sends is not read");
	(void)written(&w, p);
	is_str(world_heard(a->main), "UNCHOKE 5; UNCHOKE 6; UNCHOKE 8",
	    "when it has all, everyone goes on");
	is_str(world_heard(b->main), "UNCHOKE 6", "all of them");
	ok(!a->main->paused && !g->main->paused && !s->paused,
	    "those that were held, too");
	world_route(g->main);
	world_route(s);
	is_str(written(&w, p), "SEND 3 ; SEND 2 ",
	    "what was held is on its way");
	ok(p->lanes.by_serial == NULL, "no lane is left");
	peers_close(&w);
}

/* Its frames are written: it goes on, though the window is full still. */
static void
test_share(void)
{
	struct world	 w;
	struct proc	*a;
	struct peer	*p;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	flood(a->main, 5, 65 * KB);
	flood(a->main, 6, 60 * KB);
	flood(a->main, 6, 60 * KB);
	is_str(world_heard(a->main), "CHOKE 5; CHOKE 6", "two wait");
	unacknowledged(p, 1);
	is_str(world_heard(a->main), "UNCHOKE 5", "one goes on");
	ok(p->lanes.over && p->lanes.holding, "the window is full");
	unacknowledged(p, 1);
	is_str(world_heard(a->main), "",
	    "not the other, of whose share more than half waits");
	unacknowledged(p, 1);
	is_str(world_heard(a->main), "UNCHOKE 6", "until that is written");
	ok(p->lanes.over && !p->lanes.holding && p->lanes.by_serial == NULL,
	    "no lane is left");
	(void)written(&w, p);
	ok(!p->lanes.over, "and then the window is empty");
	peers_close(&w);
}

static void
test_choked_by_pid(void)
{
	struct world	 w;
	struct proc	*a, *g;
	struct peer	*p;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	g = world_guest(&w);
	flow_peer_says(p, 5, "", true);
	SAYS(a->main, SEND, .to = there(6), .text = "x");
	is_str(world_heard(a->main), "", "another receiver is not meant");
	SAYS(a->main, SEND, .to = there(5), .text = "x");
	is_str(world_heard(a->main), "CHOKE 5", "this one is");
	SAYS(g->main, SEND, .to = there(5), .text = "held");
	ok(g->main->paused, "for guests, too");
	SAYS(g->main, CALL, .to = there(5), .text = "held", .ref = 1);
	is_str(written(&w, p), "SEND 1 x; SEND 1 x",
	    "what is in the lane moves all the same");
	is_str(world_heard(a->main), "", "which releases nobody");
	flow_peer_says(p, 6, "", false);
	flow_peer_says(p, 0, "a", false);
	is_str(world_heard(a->main), "", "nor does what is said of others");
	flow_peer_says(p, 5, "", false);
	is_str(world_heard(a->main), "UNCHOKE 5", "its release does");
	ok(!g->main->paused, "for all");
	world_route(g->main);
	is_str(written(&w, p), "SEND 2 held; MONITOR 2 #1; CALL 2 #1 held",
	    "then comes what was held, in order");
	ok(p->lanes.by_serial == NULL && p->lanes.by_name == NULL,
	    "no lane is left");
	peers_close(&w);
}

static void
test_choked_by_name(void)
{
	struct world	 w;
	struct proc	*a, *g;
	struct peer	*p;
	size_t		 i;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	g = world_guest(&w);
	flow_peer_says(p, 0, "srv", true);
	SAYS(a->main, SEND, .to = there(5), .text = "x");
	SAYS(g->main, SEND_NAME, .name = "other@beta", .text = "x");
	ok(world_heard(a->main)[0] == '\0' && !g->main->paused,
	    "pids and other names are not meant");
	SAYS(g->main, SEND_NAME, .name = "srv@beta", .text = "held");
	ok(g->main->paused, "a guest is held before that name");
	SAYS(a->main, SEND_NAME, .name = "srv@beta", .text = "x");
	is_str(world_heard(a->main), "", "a worker cannot be told of a name");
	for (i = 0; i < 6; i++) {
		char	big[60 * KB] = "\10srv@beta";

		SAYS(a->main, SEND_NAME, .body = big, .n = sizeof(big));
	}
	ok(a->main->paused, "it is not read when it sends much");
	(void)written(&w, p);
	ok(a->main->paused, "an empty window is not what it waits for");
	flow_peer_says(p, 0, "srv", false);
	ok(!a->main->paused && !g->main->paused, "all are released");
	is_str(world_heard(a->main), "", "without a word");
	peers_close(&w);
}

/* Two reasons to wait: both have to pass. */
static void
test_both(void)
{
	struct world	 w;
	struct proc	*a;
	struct peer	*p;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	flood(a->main, 5, 65 * KB);
	is_str(world_heard(a->main), "CHOKE 5", "a full window");
	flow_peer_says(p, 5, "", true);
	(void)written(&w, p);
	is_str(world_heard(a->main), "", "a choke outlives it");
	flow_peer_says(p, 5, "", false);
	is_str(world_heard(a->main), "UNCHOKE 5", "then both are over");
	flow_peer_says(p, 5, "", true);
	flood(a->main, 5, 65 * KB);
	is_str(world_heard(a->main), "CHOKE 5", "choked, and full");
	flow_peer_says(p, 5, "", false);
	is_str(world_heard(a->main), "", "a full window outlives it, too");
	(void)written(&w, p);
	is_str(world_heard(a->main), "UNCHOKE 5", "until it is empty");
	ok(p->lanes.by_serial == NULL, "no lane is left");
	peers_close(&w);
}

static void
test_ends(void)
{
	struct world	 w;
	struct proc	*a, *b, *g;
	struct peer	*p;
	char		 big[60 * KB] = "\10srv@beta";
	size_t		 i;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	g = world_guest(&w);
	flow_peer_says(p, 6, "", true);
	flood(a->main, 5, 65 * KB);
	flood(a->main, 6, 100);
	flood(b->main, 5, 100);
	for (i = 0; i < 3; i++)
		SAYS(g->main, SEND_NAME, .body = big, .n = sizeof(big));
	ok(g->main->paused, "all wait");
	world_dies(b, 0, false);
	(void)world_heard(a->main);
	peers_end(p);
	is_str(world_heard(a->main), "UNCHOKE 6; UNCHOKE 5",
	    "the end of the session releases everyone");
	ok(!g->main->paused, "and those that were held");
	ok(LIST_EMPTY(&a->main->chokes) && LIST_EMPTY(&g->main->chokes),
	    "nobody waits");
	world_route(g->main);
	ok(!p->lanes.over && p->lanes.by_name == NULL,
	    "what was held goes nowhere");
	peers_close(&w);

	/* Senders end first. */
	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	g = world_guest(&w);
	flood(g->main, 5, 65 * KB);
	flood(g->main, 5, 100);
	ok(g->main->paused && lane_find(p, 5, "") != NULL, "one waits");
	death_guest(g);
	world_turn(&w);
	(void)written(&w, p);
	ok(p->lanes.by_serial == NULL,
	    "the lane of who ended meanwhile is not left");
	peers_close(&w);
}

/* ---- lanes that are looked up, and not used ---- */

static void
test_unused(void)
{
	struct world	 w;
	struct proc	*a, *g;
	struct peer	*p;
	struct stream	*s;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	g = world_guest(&w);
	s = world_attach(a);
	p->max_message = 1000;
	flood(a->main, 5, 1001);
	ok(p->lanes.by_serial == NULL, "a message the other does not take");
	PUTS(a->main, SEND, .to = there(5), .text = "x");
	flood(a->main, 5, 1001);
	is_str(written(&w, p), "SEND 1 x", "even behind one that it does");
	SAYS(s, MONITOR, .to = there(6), .ref = s->ref_base + 1);
	SAYS(s, CALL, .to = there(7), .ref = s->ref_base + 1, .text = "x");
	(void)written(&w, p);
	ok(s->closed && p->lanes.by_serial == NULL, "a broken call");
	PUTS(g->main, SEND, .to = there(8), .text = "long");
	g->main->conn.in_len -= 2;	/* not all of it has come */
	world_route(g->main);
	ok(p->lanes.by_serial == NULL, "a frame that has only begun");
	peers_close(&w);
}

/* Whatever a peer says, it is not kept without bound. */
static void
test_crowd(void)
{
	struct world	 w;
	struct peer	*p;
	uint64_t	 i;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	flow_peer_says(p, 0, "name", true);
	for (i = 1; i < 100000; i++)
		flow_peer_says(p, i, "", true);
	is_int(HASH_COUNT(p->lanes.by_serial), 65535,
	    "chokes of 100,000 receivers are not all kept");
	for (i = 1; i < 100000; i++)
		flow_peer_says(p, i, "", false);
	ok(p->lanes.by_serial == NULL, "released, none is");
	peers_close(&w);
}

/* ---- from a node ---- */

/* As remote.c does with a message of a peer. */
static void
arrives(struct peer *from, struct proc *to, const char *name, size_t n)
{
	uint8_t	*p = calloc(1, n);

	BUG_ON(p == NULL);
	wire_put(p, &(struct wire_head){ .len = (uint32_t)n,
	    .op = WIRE_SEND, .from = { from->id, 9 } });
	stream_to_proc(to, p, n);
	flow_received(from, to, name);
	free(p);
}

static void
test_received(void)
{
	struct world	 w;
	struct proc	*c;
	struct peer	*p, *q;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	q = window_of(peers_add(&w, BETA + 1, "gamma"));
	c = world_worker(&w, "c");
	arrives(p, c, "", 64 * KB);
	is_str(written(&w, p), "", "at the high mark: nothing");
	arrives(p, c, "", 100);
	is_str(written(&w, p), "N_CHOKE 1", "above it the node is told");
	arrives(p, c, "", 100);
	is_str(written(&w, p), "", "once");
	arrives(p, c, "srv", 100);
	is_str(written(&w, p), "N_CHOKE 1 srv", "for each name, too");
	arrives(p, c, "also", 100);
	arrives(p, c, "srv", 100);
	is_str(written(&w, p), "N_CHOKE 1 also", "once for each");
	is_str(written(&w, q), "", "who did not send is not told");
	arrives(q, c, "srv", 100);
	is_str(written(&w, q), "N_CHOKE 1 srv", "who does, is");
	is_int((int)w.n.stats.chokes, 4, "counted");
	drain(c);
	is_str(written(&w, p), "N_UNCHOKE 1 also; N_UNCHOKE 1 srv; "
	    "N_UNCHOKE 1", "drained: each is released");
	is_str(written(&w, q), "N_UNCHOKE 1 srv", "everywhere");
	ok(LIST_EMPTY(&p->chokes) && LIST_EMPTY(&q->chokes), "none waits");

	arrives(p, c, "", 65 * KB);
	arrives(q, c, "", 100);
	is_str(written(&w, p), "N_CHOKE 1", "above it again");
	peers_end(q);
	q = NULL;
	world_dies(c, SIGKILL, false);
	is_str(written(&w, p), "N_UNCHOKE 1",
	    "its death releases them as well");
	peers_close(&w);
}

/* A local sender and a node wait for the same one. */
static void
test_together(void)
{
	struct world	 w;
	struct proc	*a, *c;
	struct peer	*p;

	peers_open(&w, MARKS);
	p = window_of(peers_add(&w, BETA, "beta"));
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	arrives(p, c, "", 65 * KB);
	SAYS(a->main, SEND, .to = proc_pid(c), .text = "x");
	is_str(world_heard(a->main), "CHOKE 2", "a sender here is told");
	is_str(written(&w, p), "N_CHOKE 2", "and the node");
	p->doomed = "test";
	drain(c);
	is_str(world_heard(a->main), "UNCHOKE 2", "both are released");
	p->doomed = NULL;
	is_str(written(&w, p), "",
	    "a node whose session ends is told no more");
	peers_close(&w);
}

int
main(void)
{
	test_window();
	test_share();
	test_choked_by_pid();
	test_choked_by_name();
	test_both();
	test_ends();
	test_unused();
	test_crowd();
	test_received();
	test_together();
	return tap_done();
}
