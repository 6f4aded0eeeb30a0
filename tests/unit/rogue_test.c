/*
 * rogue_test.c - connections of a node whose frames are the test's: what is
 * refused, what is a breach, what is taken once.
 */
#include "rogue.h"

/* ---- who is let in ---- */

static void
another_version(struct hello *h)
{
	h->version = WIRE_VERSION + 1;
}

static void
another_cluster(struct hello *h)
{
	(void)strlcpy(h->cluster, "other", sizeof(h->cluster));
}

static void
its_own_id(struct hello *h)
{
	h->id = 101;
}

static void
its_own_name(struct hello *h)
{
	(void)strlcpy(h->name, "alpha", sizeof(h->name));
}

static void
no_name(struct hello *h)
{
	h->name[0] = '\0';
}

static const struct {
	const char	*title;
	void		(*changes)(struct hello *);
	const char	*answer;
	unsigned int	 refused;
} hellos[] = {
	{ "another version", another_version, "N_REFUSE 2; closed", 1 },
	{ "another cluster", another_cluster, "N_REFUSE 3; closed", 1 },
	{ "the id of who is dialled", its_own_id, "N_REFUSE 4; closed", 0 },
	{ "its name", its_own_name, "N_REFUSE 5; closed", 1 },
	{ "no name", no_name, "closed", 0 },
};

static void
test_hellos(void)
{
	struct rogue	x;
	struct hello	h;
	size_t		i;

	for (i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
		rogue_open(&x);
		rogue_dials(&x);
		h = hello_of(&x);
		hellos[i].changes(&h);
		says_hello(&x, &h);
		is_str(hears(&x), hellos[i].answer, "%s", hellos[i].title);
		is_int((intmax_t)x.a->w.n.stats.connections_refused,
		    hellos[i].refused, "is counted");
		is_str(box_said(x.a), "", "nobody is told");
		rogue_close(&x);
	}
}

static void
test_slow(void)
{
	struct rogue	x;

	rogue_open(&x);
	rogue_dials(&x);
	nodes_pass(&x.all, 4990);
	is_str(hears(&x), "", "5 s to say hello");
	nodes_pass(&x.all, 10);
	is_str(hears(&x), "N_REFUSE 7; closed", "not more");
	nodes_pass(&x.all, 2000);
	rogue_greets(&x);
	is_str(hears(&x), "N_HELLO", "it is greeted");
	nodes_pass(&x.all, 5000);
	is_str(hears(&x), "N_REFUSE 7; closed", "and has to join");
	nodes_pass(&x.all, 1100);
	ok(LIST_EMPTY(&x.a->w.n.trunks), "no connection is left");
	rogue_close(&x);
}

/* Frames before their time. */
static const struct {
	const char	*title;
	enum wire_op	 op;
	size_t		 n;
} early[] = {
	{ "a join before hello", WIRE_N_JOIN, 37 },
	{ "a beat before hello", WIRE_N_BEAT, 33 },
	{ "an end before hello", WIRE_N_END, 9 },
	{ "a list of nodes before hello", WIRE_N_NODES, 20 },
	{ "a frame of another kind of sender", WIRE_HELLO, 4 },
};

static void
test_order(void)
{
	struct rogue	x;
	uint8_t		body[64] = { 0 };
	size_t		i;

	for (i = 0; i < sizeof(early) / sizeof(early[0]); i++) {
		rogue_open(&x);
		rogue_dials(&x);
		says_frame(&x, (struct wire_head){ .op =
		    (uint8_t)early[i].op }, body, early[i].n);
		is_str(hears(&x), "closed", "%s", early[i].title);
		is_int((intmax_t)x.a->w.n.stats.bad_frames, 1, "is counted");
		rogue_close(&x);
	}
	rogue_open(&x);
	rogue_greets(&x);
	rogue_greets(&x);
	is_str(hears(&x), "N_HELLO", "two connections may say hello");
	beats(&x, 0, 1);
	is_str(hears(&x), "closed", "a beat before the join");
	rogue_close(&x);
}

/* ---- joins that do not fit ---- */

static const struct {
	const char	*title;
	uint64_t	 session;
	bool		 resumed;
	uint32_t	 connection;
	uint64_t	 received;
	const char	*answer, *said;
} rejoins[] = {
	{ "resumed, newer", 1, true, 2, 0, "N_BEAT", "" },
	{ "resumed, much newer", 1, true, 1000, 0, "N_BEAT", "" },
	{ "resumed, the same number by the larger id", 1, true, 1, 0,
	    "N_REFUSE 1; closed", "" },
	{ "resumed, of a session that never was", 2, true, 2, 0,
	    "N_REFUSE 1; closed", "" },
	{ "new, of the same number", 1, false, 2, 0, "N_REFUSE 1; closed",
	    "" },
	{ "new, of the next", 2, false, 2, 0, "N_BEAT",
	    "down rogue; up rogue" },
	{ "new, of one far off", 77, false, 2, 0, "N_BEAT",
	    "down rogue; up rogue" },
	{ "it has more than was sent", 1, true, 2, 1, "closed",
	    "down rogue it has more than was sent" },
	{ "no session", 0, false, 2, 0, "closed", "" },
	{ "no connection", 1, true, 0, 0, "closed", "" },
	{ "new, and frames received", 2, false, 2, 1, "closed", "" },
};

static void
test_joins(void)
{
	struct rogue	x;
	size_t		i;

	for (i = 0; i < sizeof(rejoins) / sizeof(rejoins[0]); i++) {
		rogue_joined(&x);
		rogue_greets(&x);
		is_str(hears(&x), "N_HELLO", "%s", rejoins[i].title);
		joins(&x, rejoins[i].session, rejoins[i].resumed,
		    rejoins[i].connection, rejoins[i].received);
		is_str(hears(&x), rejoins[i].answer, "is answered");
		is_str(box_said(x.a), rejoins[i].said, "and told");
		rogue_close(&x);
	}
}

/* It goes on with one that we have not heard of: we begin it. */
static void
test_unheard(void)
{
	struct rogue	x;

	rogue_open(&x);
	rogue_greets(&x);
	joins(&x, 1, true, 1, 3);
	is_str(hears(&x), "N_HELLO; N_REFUSE 1; closed",
	    "not one in which we have sent something");
	rogue_greets(&x);
	joins(&x, 5, true, 1, 0);
	is_str(hears(&x), "N_HELLO; N_REFUSE 1; closed", "not one far off");
	rogue_greets(&x);
	joins(&x, 1, true, 1, 0);
	is_str(hears(&x), "N_HELLO; N_BEAT", "the next one we begin");
	is_str(box_said(x.a), "up rogue", "as one that is new");
	beats(&x, 0, 1);
	sends_p(&x, "hi");
	is_str(world_heard(x.p->main), "SEND 9 hi", "and it works");
	rogue_close(&x);
}

/* ---- numbers of frames ---- */

static void
test_numbers(void)
{
	struct rogue	x;

	rogue_joined(&x);
	sends_p(&x, "1");
	sends_p(&x, "2");
	beats(&x, 0, 3);
	sends_p(&x, "3");
	is_str(world_heard(x.p->main), "SEND 9 1; SEND 9 2; SEND 9 3",
	    "frames are taken");
	is_str(hears(&x), "", "and need no answer");
	rogue_greets(&x);
	joins(&x, 1, true, 2, 0);
	is_str(hears(&x), "N_HELLO; N_BEAT", "another connection");
	beats(&x, 0, 2);
	sends_p(&x, "2");
	sends_p(&x, "3");
	sends_p(&x, "4");
	is_str(world_heard(x.p->main), "SEND 9 4", "what came is not repeated");
	is_int((intmax_t)x.a->w.n.stats.frames_twice, 2, "it is counted");
	beats(&x, 0, 5);
	sends_p(&x, "5");
	is_str(world_heard(x.p->main), "SEND 9 5", "and so on");
	sends(&x, (struct pid){ x.r->id, 9 }, (struct pid){ x.a->w.n.id, 77 },
	    "to nobody");
	is_str(hears(&x), "", "nobody is no breach");
	is_str(box_said(x.a), "", "the session stays");
	rogue_close(&x);
}

/* ---- breaches: the end of its session ---- */

static void
gap_at_begin(struct rogue *x)
{
	rogue_greets(x);
	joins(x, 1, true, 2, 0);
	beats(x, 0, 3);
	sends_p(x, "3");
}

static void
gap_later(struct rogue *x)
{
	beats(x, 0, 3);
	sends_p(x, "3");
}

static void
number_goes_back(struct rogue *x)
{
	sends_p(x, "2");
	beats(x, 0, 2);
}

static void
no_first_beat(struct rogue *x)
{
	rogue_greets(x);
	joins(x, 1, true, 2, 0);
	sends_p(x, "x");
}

static void
acknowledges_too_much(struct rogue *x)
{
	beats(x, 1, 2);
}

static void
sender_elsewhere(struct rogue *x)
{
	sends(x, (struct pid){ 999, 9 }, proc_pid(x->p), "x");
}

static void
receiver_elsewhere(struct rogue *x)
{
	sends(x, (struct pid){ x->r->id, 9 }, (struct pid){ 999, 1 }, "x");
}

static void
hello_again(struct rogue *x)
{
	struct hello	h = hello_of(x);

	says_hello(x, &h);
}

static void
not_of_nodes(struct rogue *x)
{
	says_frame(x, (struct wire_head){ .op = WIRE_CHOKE }, NULL, 0);
}

static void
broken_list(struct rogue *x)
{
	says_frame(x, (struct wire_head){ .op = WIRE_N_NODES,
	    .to = { x->a->w.n.id, 0 } }, "\7xx", 3);
}

static void
broken_piece(struct rogue *x)
{
	says_frame(x, (struct wire_head){ .op = WIRE_N_PIECE,
	    .to = proc_pid(x->p) }, "\0\0\0\5xxxxx", 9);
}

static const struct {
	const char	*title;
	void		(*breaks)(struct rogue *);
	const char	*why;		/* NULL: it broke the protocol */
} breaches[] = {
	{ "a gap at the begin of a connection", gap_at_begin, NULL },
	{ "a gap later", gap_later, NULL },
	{ "a number that goes back", number_goes_back, NULL },
	{ "a frame before the first beat", no_first_beat, NULL },
	{ "more acknowledged than was sent", acknowledges_too_much,
	    NULL },
	{ "a sender elsewhere", sender_elsewhere, NULL },
	{ "a receiver elsewhere", receiver_elsewhere, NULL },
	{ "a second hello", hello_again, NULL },
	{ "a frame of local streams", not_of_nodes, NULL },
	{ "a broken list of nodes", broken_list, NULL },
	{ "a piece of no large frame", broken_piece,
	    "pieces that make no frame" },
};

static void
test_breaches(void)
{
	struct rogue	x;
	const char	*heard;
	char		want[80];
	size_t		i;

	for (i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
		rogue_joined(&x);
		sends_p(&x, "1");
		(void)world_heard(x.p->main);
		breaches[i].breaks(&x);
		heard = hears(&x);
		ok(strlen(heard) >= 6 && strcmp(heard + strlen(heard) - 6,
		    "closed") == 0, "%s", breaches[i].title);
		(void)snprintf(want, sizeof(want), "down rogue %s",
		    breaches[i].why == NULL ? "it broke the protocol" :
		    breaches[i].why);
		is_str(box_said(x.a), want, "ends the session");
		is_int((intmax_t)x.a->w.n.stats.bad_frames, 1, "is counted");
		(void)world_heard(x.p->main);
		ok(strchr(x.a->w.text, '3') == NULL &&
		    strchr(x.a->w.text, 'x') == NULL, "and not delivered");
		rogue_close(&x);
	}
}

/* ---- its end ---- */

static void
ends(struct rogue *x, uint64_t session, bool goodbye)
{
	struct buf	b;

	buf_init(&b, 4096);
	hail_put_end(&b, x->r->id, session, goodbye);
	says(x, &b);
}

static void
test_ends(void)
{
	struct rogue	x;

	rogue_joined(&x);
	ends(&x, 2, false);
	is_str(hears(&x), "closed", "the end of another session");
	is_str(box_said(x.a), "", "is not of this one");
	rogue_greets(&x);
	joins(&x, 1, true, 2, 0);
	ends(&x, 1, false);
	is_str(hears(&x), "N_HELLO; N_BEAT; closed", "its end");
	is_str(box_said(x.a), "down rogue", "is told");
	rogue_greets(&x);
	joins(&x, 2, false, 3, 0);
	beats(&x, 0, 1);
	sends_p(&x, "new");
	is_str(world_heard(x.p->main), "SEND 9 new", "a new one");
	SAYS(x.p->main, MONITOR, .to = { x.r->id, 9 }, .ref = 1);
	ends(&x, 2, true);
	is_str(box_said(x.a), "up rogue; down rogue goodbye", "a goodbye");
	SAYS(x.p->main, MONITOR, .to = { x.r->id, 9 }, .ref = 2);
	is_str(world_heard(x.p->main), "DOWN 9 #1 noconnection; "
	    "DOWN 9 #2 noproc", "is for ever");
	rogue_close(&x);
}

int
main(void)
{
	test_hellos();
	test_slow();
	test_order();
	test_joins();
	test_unheard();
	test_numbers();
	test_breaches();
	test_ends();
	return tap_done();
}
