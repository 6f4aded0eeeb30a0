/*
 * join_test.c - what a node joins that dials: by what it knows, and by what the
 * other says in its hello.
 */
#include "rogue.h"

enum known { NOTHING, OPEN, USED, ENDED };

static const struct {
	const char	*title;
	enum known	 known;		/* of session 1, connection 1 */
	uint64_t	 session;	/* what the other says */
	bool		 open;
	uint32_t	 connection;
	uint64_t	 received;
	const char	*join, *said;
} rows[] = {
	{ "nothing, nothing", NOTHING, 0, false, 0, 0, "new 1 1", "" },
	{ "nothing, ended 5", NOTHING, 5, false, 9, 0, "new 6 10", "" },
	{ "nothing, open 1, unheard", NOTHING, 1, true, 1, 0, "old 1 2", "" },
	{ "nothing, open 1, used", NOTHING, 1, true, 1, 3, "new 2 2", "" },
	{ "open 1, open 1", OPEN, 1, true, 1, 0, "old 1 2", "" },
	{ "open 1, open 1, a newer connection", OPEN, 1, true, 7, 0,
	    "old 1 8", "" },
	{ "open 1, open 1, an older connection", OPEN, 1, true, 0, 0,
	    "old 1 2", "" },
	{ "open 1, ended 1", OPEN, 1, false, 1, 0, "new 2 2", "down rogue" },
	{ "open 1, open 4", OPEN, 4, true, 3, 0, "new 5 4", "down rogue" },
	{ "open 1, ended 4", OPEN, 4, false, 3, 0, "new 5 4", "down rogue" },
	{ "open 1, nothing, unheard", OPEN, 0, false, 0, 0, "old 1 2", "" },
	{ "open 1, nothing, used", USED, 0, false, 0, 0, "new 2 2",
	    "down rogue" },
	{ "ended 1, open 1", ENDED, 1, true, 1, 0, "new 2 2", "" },
	{ "ended 1, open 2, unheard", ENDED, 2, true, 2, 0, "old 2 3", "" },
	{ "ended 1, open 2, used", ENDED, 2, true, 2, 1, "new 3 3", "" },
	{ "ended 1, ended 1", ENDED, 1, false, 1, 0, "new 2 2", "" },
	{ "ended 1, ended 7", ENDED, 7, false, 7, 0, "new 8 8", "" },
	{ "ended 1, nothing", ENDED, 0, false, 0, 0, "new 2 2", "" },
};

/* What a knows of the rogue before it dials. */
static void
get_to_know(struct rogue *x, enum known known)
{
	struct hello	h = hello_of(x);

	if (known == NOTHING)
		return;
	rogue_dials(x);
	(void)strlcpy(h.address, "h2:1", sizeof(h.address));
	says_hello(x, &h);
	joins(x, 1, false, 1, 0);
	beats(x, 0, 1);
	if (known == USED)
		sends_p(x, "used");
	if (known == ENDED)
		post_doom(peer_find(&x->a->w.n, x->r->id), "the test ends it");
	cable_break(x->e->cable);
	nodes_turns(&x->all);
	(void)box_said(x->a);
}

/* It dials; the rogue takes the other end. */
static void
is_dialled(struct rogue *x)
{
	struct cable	*c;
	int		 i;

	dial_suggest(&x->a->w.n, TARGET_STATIC, "h2:1");
	x->all.delay = MONO_MS(1);
	for (i = 0; i < 10000; i++) {
		nodes_pass(&x->all, 1);
		c = nodes_cable(x->a, x->r);
		if (c != NULL && c->open && !c->dead)
			break;
	}
	BUG_ON(c == NULL);
	x->e = &c->end[1];
}

static void
test_row(size_t i)
{
	struct rogue	x;
	struct hello	h;
	char		want[32];

	rogue_open(&x);
	get_to_know(&x, rows[i].known);
	is_dialled(&x);
	is_str(hears(&x), "N_HELLO", "%s", rows[i].title);
	h = hello_of(&x);
	h.session = rows[i].session;
	h.open = rows[i].open;
	h.connection = rows[i].connection;
	h.received = rows[i].received;
	says_hello(&x, &h);
	(void)snprintf(want, sizeof(want), "N_JOIN %s", rows[i].join);
	is_str(hears(&x), want, "what it joins");
	is_str(box_said(x.a), rows[i].said, "what is told");
	beats(&x, 0, 1);
	sends_p(&x, "hi");
	is_str(world_heard(x.p->main), rows[i].known == USED ?
	    "SEND 9 used; SEND 9 hi" : "SEND 9 hi", "and it works");
	rogue_close(&x);
}

int
main(void)
{
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(i);
	return tap_done();
}
