/* limits_test.c - nodes that take less than this one: who is told, and when. */
#include "peers.h"

#define SMALL	5000			/* bytes, of such a node */
#define GAMMA	89

static void
peer_small(struct world *w, uint64_t id, const char *name, uint32_t most)
{
	struct hello	 h = { .max_message = most };
	struct peer	*p = peer_get(&w->n, id);

	BUG_ON(p == NULL);
	(void)strlcpy(h.name, name, sizeof(h.name));
	peer_up(p, &h);
}

/* A frame of n bytes. */
static void
large(struct stream *s, enum wire_op op, uint64_t ref, size_t n)
{
	char	*body = calloc(1, n);

	BUG_ON(body == NULL);
	world_says(s, (struct say){ .op = op, .to = there(5), .ref = ref,
	    .body = body, .n = n - WIRE_HEAD });
	free(body);
}

static void
test_told(void)
{
	struct world	 w;
	struct proc	*a, *g;

	peers_open(&w, "");
	a = world_worker(&w, "a");
	g = world_guest(&w);
	peer_small(&w, BETA, "beta", SMALL);
	is_str(world_heard(a->main), "LIMIT 5000 beta",
	    "a worker is told as such a node comes");
	is_str(world_heard(g->main), "", "a guest is not");
	peer_small(&w, GAMMA, "gamma", WIRE_MAX);
	is_str(world_heard(a->main), "", "of one that is like us nobody");
	peers_end(peer_find(&w.n, BETA));
	is_str(world_heard(a->main), "LIMIT 0 beta", "and as it goes");
	peers_close(&w);
}

static void
test_welcome(void)
{
	struct world	 w;
	struct proc	*a;
	struct stream	*s;

	peers_open(&w, "");
	peer_small(&w, BETA, "beta", SMALL);
	a = world_silent(&w, "a");
	s = world_attach(a);
	SAYS(s, SEND, .to = proc_pid(a), .text = "early");
	SAYS(a->main, HELLO);
	is_str(world_heard(a->main), "LIMIT 5000 beta; WELCOME; SEND 1 early",
	    "before a worker is welcome it knows");
	peers_close(&w);
}

static void
test_refused(void)
{
	struct world	 w;
	struct proc	*a, *g;
	struct peer	*p;

	peers_open(&w, "");
	a = world_worker(&w, "a");
	g = world_guest(&w);
	peer_small(&w, BETA, "beta", SMALL);
	p = peer_find(&w.n, BETA);
	(void)world_heard(a->main);
	large(a->main, WIRE_SEND, 0, SMALL + 1);
	is_str(world_heard(a->main), "LIMIT 5000 beta",
	    "one that did not know is told");
	large(a->main, WIRE_CALL, 7, SMALL + 1);
	is_str(world_heard(a->main), "LIMIT 5000 beta; DONE #7 EMSGSIZE "
	    "5001 bytes are too much for node beta, whose max-message is 5000",
	    "a call is answered");
	SAYS(a->main, SYNC, .ref = 8);
	is_str(world_heard(a->main), "DONE #8 0", "and SYNC is none of it");
	(void)written(&w, p);
	SAYS(g->main, SYNC, .ref = 1);
	is_str(world_heard(g->main), "DONE #1 0", "a guest, before");
	large(g->main, WIRE_SEND, 0, SMALL + 1);
	is_str(world_heard(g->main), "", "it is not told at once");
	SAYS(g->main, SYNC, .ref = 2);
	is_str(world_heard(g->main), "DONE #2 EMSGSIZE too large: at most "
	    "5000 bytes, the max-message of its node", "but as it asks");
	SAYS(g->main, SYNC, .ref = 3);
	is_str(world_heard(g->main), "DONE #3 0", "once");
	is_int((int)w.n.stats.frames_too_large, 3, "they are counted");
	large(g->main, WIRE_SEND, 0, SMALL);
	ok(p->lanes.data == SMALL, "what just fits is sent");
	peers_close(&w);
}

int
main(void)
{
	test_told();
	test_welcome();
	test_refused();
	return tap_done();
}
