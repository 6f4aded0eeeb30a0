/*
 * link_cross_test.c - links between two nodes: every crossing there can be.
 *
 * Two processes, each in a node of its own, each doing up to OPS things (link,
 * unlink, die, send an exit signal); what the nodes tell each other waits in a
 * FIFO each way.  All interleavings of doing and delivering are gone through,
 * states met before left out, and in each state is asked what must hold.
 *
 * Beside the real modules a few facts are kept of each side (struct facts),
 * from what was done and delivered alone, never from the modules' tables.
 */
#include "world.h"

#define OPS	4		/* of a side */
#define FLIGHT	16		/* signals under way, more than ever are */
#define DEPTH	40		/* steps of a path, likewise */

enum step { LINK, UNLINK, DIE, EXIT, DELIVER, STEPS };

struct facts {
	uint8_t	 ops, alive, exit_next;
	uint8_t	 last;		/* 0, or LINK + 1, UNLINK + 1 */
	uint8_t	 exits;		/* of the link, since its last (un)link */
	uint8_t	 unlinked;	/* the peer's UNLINK came since then */
	uint8_t	 sent;		/* UNLINKs of its own on their way, ever */
	uint8_t	 known;		/* how many of the peer's it has seen */
	uint8_t	 relinked;	/* newer than its last UNLINK, by either */
};

struct flight {
	struct signal_frame	 g;
	uint8_t			 known;	/* of the sender, as it was sent */
};

/* All that makes one state differ from another. */
struct key {
	struct facts	 facts[2];
	uint8_t		 entry[2];	/* 0 none, 1 active, 2 + unlink id */
	uint8_t		 n[2];
	uint8_t		 flight[2][FLIGHT][3];
};

struct state {
	UT_hash_handle	 hh;
	struct key	 key;
	struct state	*before, *next;
	uint8_t		 side, step;
};

struct cross {
	struct world	 w[2];
	struct proc	*p[2];
	struct pid	 pid[2];
	struct facts	 facts[2];
	struct flight	 q[2][FLIGHT];	/* from this side */
	size_t		 n[2];
	const char	*wrong;
};

static struct cross	 x;
static struct conf	*conf;
static struct node_acts	 acts;

static const struct cause *
on_remote(struct node *n, const struct signal_frame *g)
{
	int	side = n == &x.w[1].n;

	BUG_ON(x.n[side] == FLIGHT);
	x.q[side][x.n[side]++] = (struct flight){ *g, x.facts[side].known };
	if (g->kind == SIGNAL_UNLINK)
		x.facts[side].sent++;
	return NULL;
}

static void
begin(void)
{
	struct world	*w;
	int		 i;

	memset(&x, 0, sizeof(x));
	for (i = 0; i < 2; i++) {
		w = &x.w[i];
		w->conf = conf;
		node_init(&w->n, conf, NULL, &acts, (uint64_t)(101 + i),
		    (struct mono){ 0 });
		w->n.world = w;
		x.p[i] = proc_new(&w->n, PROC_WORKER, "p", "");
		BUG_ON(stream_new(x.p[i], STREAM_WORKER, -1) == NULL);
		x.p[i]->state = PROC_LIVE;
		x.p[i]->trap = true;	/* so that exits are seen */
		x.pid[i] = proc_pid(x.p[i]);
		x.facts[i].alive = 1;
	}
}

static void
end(void)
{
	struct node	*n;
	int		 i;

	for (i = 0; i < 2; i++) {
		n = &x.w[i].n;
		if (x.facts[i].alive)
			death_stillborn(x.p[i]);
		stream_bury(n);
		proc_bury(n);
		if (n->links != NULL)
			x.wrong = "an entry is left in the node";
		node_release(n);
	}
}

/* Its entry, as the table has it. */
static uint64_t
entry_of(int i)
{
	struct link	*l;

	if (!x.facts[i].alive || (l = LIST_FIRST(&x.p[i]->links)) == NULL)
		return 0;
	if (LIST_NEXT(l, entry) != NULL)
		x.wrong = "two entries for one peer";
	return l->unlinking == 0 ? 1 : 2 + l->unlinking;
}

/* ---- steps ---- */

static void
do_op(int i, enum step step)
{
	struct facts	*f = &x.facts[i];
	uint64_t	 was = entry_of(i);
	size_t		 n = x.n[i];

	f->ops++;
	if (step == DIE) {
		f->alive = 0;		/* first: x.p[i] is freed by it */
		world_dies(x.p[i], SIGKILL, false);
		return;
	}
	if (step == EXIT) {
		watch_exit(x.p[i], x.pid[!i], "x");
		return;
	}
	f->last = (uint8_t)(step + 1);
	f->exits = f->unlinked = 0;
	if (step == LINK) {
		f->relinked = 1;
		watch_link(x.p[i], x.pid[!i]);
		if ((x.n[i] != n) == (was == 1))
			x.wrong = "a link told of twice, or never";
	} else {
		watch_unlink(x.p[i], x.pid[!i]);
		if ((x.n[i] != n) != (was == 1))
			x.wrong = "an unlink told of twice, or never";
		if (x.n[i] != n)
			f->relinked = 0;
	}
}

/* The number of messages in i's mailbox, which is emptied. */
static size_t
messages(int i)
{
	struct conn	*c = &x.p[i]->main->conn;
	size_t		 n, len;

	for (n = 0; conn_out_peek(c, &len) != NULL; n++)
		conn_out_drop(c);
	stream_flush(x.p[i]->main);
	return n;
}

static void
deliver(int i)
{
	struct flight	 at = x.q[!i][0];
	struct facts	*f = &x.facts[i];
	size_t		 got;

	memmove(x.q[!i], x.q[!i] + 1, --x.n[!i] * sizeof(at));
	if (f->alive && at.g.kind == SIGNAL_UNLINK)
		f->unlinked = 1;
	if (at.g.kind == SIGNAL_UNLINK)
		f->known++;
	if (at.g.kind == SIGNAL_LINK && at.known == f->sent)
		f->relinked = 1;
	watch_receive(&x.w[i].n, &at.g);
	if (!f->alive)
		return;
	got = messages(i);
	if (at.g.kind == SIGNAL_EXIT && got != 1)
		x.wrong = "an exit signal came not once";
	if (at.g.kind != SIGNAL_EXIT && at.g.kind != SIGNAL_LINK_EXIT &&
	    got != 0)
		x.wrong = "an exit out of nothing";
	if (at.g.kind != SIGNAL_LINK_EXIT || got == 0)
		return;
	if (f->sent > 0 && !f->relinked)
		x.wrong = "an exit after an unlink";
	if (++f->exits > 1)
		x.wrong = "an exit twice";
}

/* Whether this step can be done now. */
static bool
possible(int i, enum step step, unsigned int ops, bool exits)
{
	if (step == DELIVER)
		return x.n[!i] > 0;
	if (step == EXIT && !exits)
		return false;
	return x.facts[i].alive && x.facts[i].ops < ops;
}

static void
take_step(int i, enum step step)
{
	if (step == DELIVER)
		deliver(i);
	else
		do_op(i, step);
}

/* ---- what must hold when nothing is under way ---- */

static void
check_rest(void)
{
	const struct facts	*f;
	uint64_t		 e[2] = { entry_of(0), entry_of(1) };
	int			 i;

	if (x.n[0] > 0 || x.n[1] > 0)
		return;
	if (e[0] > 1 || e[1] > 1)
		x.wrong = "an unlink was never acknowledged";
	if (e[0] != e[1])
		x.wrong = "the ends do not agree";
	for (i = 0; i < 2; i++) {
		f = &x.facts[i];
		if (!f->alive || f->last != LINK + 1 || f->unlinked)
			continue;
		if (x.facts[!i].alive && e[i] != 1)
			x.wrong = "a link was lost";
		if (!x.facts[!i].alive && f->exits != 1)
			x.wrong = "an exit was lost";
	}
}

/* ---- all states ---- */

static void
make_key(struct key *k)
{
	size_t	j;
	int	i;

	memset(k, 0, sizeof(*k));
	for (i = 0; i < 2; i++) {
		k->facts[i] = x.facts[i];
		k->entry[i] = (uint8_t)entry_of(i);
		k->n[i] = (uint8_t)x.n[i];
		for (j = 0; j < x.n[i]; j++) {
			k->flight[i][j][0] = (uint8_t)x.q[i][j].g.kind;
			k->flight[i][j][1] = (uint8_t)x.q[i][j].g.ref;
			k->flight[i][j][2] = x.q[i][j].known;
		}
	}
}

static void
replay(const struct state *s)
{
	const struct state	*path[DEPTH];
	size_t			 n = 0;

	for (; s != NULL && s->before != NULL; s = s->before) {
		BUG_ON(n == DEPTH);
		path[n++] = s;
	}
	begin();
	while (n-- > 0)
		take_step(path[n]->side, (enum step)path[n]->step);
}

static void
tell(const struct state *s)
{
	static const char *const names[STEPS] = { "link", "unlink", "die",
	    "exit", "receive" };

	if (s == NULL || s->before == NULL)
		return;
	tell(s->before);
	note("%s %s", s->side == 0 ? "A" : "B", names[s->step]);
}

struct search {
	struct state	*seen, *last;
	size_t		 n;
	unsigned int	 ops;
	bool		 exits;
};

static void
meet(struct search *h, struct state *before, int side, enum step step)
{
	struct state	*s = calloc(1, sizeof(*s)), *old;

	BUG_ON(s == NULL);
	make_key(&s->key);
	HASH_FIND(hh, h->seen, &s->key, sizeof(s->key), old);
	if (old != NULL) {
		free(s);
		return;
	}
	s->before = before;
	s->side = (uint8_t)side;
	s->step = (uint8_t)step;
	HASH_ADD(hh, h->seen, key, sizeof(s->key), s);
	if (h->last != NULL)
		h->last->next = s;
	h->last = s;
	h->n++;
}

/* One step more from s, in all ways.  False: something was wrong. */
static bool
widen(struct search *h, struct state *s)
{
	struct state	 way;
	const char	*wrong;
	int		 side, step;
	bool		 can;

	for (side = 0; side < 2; side++)
		for (step = 0; step < STEPS; step++) {
			replay(s);
			can = possible(side, (enum step)step, h->ops,
			    h->exits);
			if (can) {
				take_step(side, (enum step)step);
				check_rest();
				meet(h, s, side, (enum step)step);
			}
			wrong = x.wrong;
			end();
			if ((wrong = wrong == NULL ? x.wrong : wrong) == NULL)
				continue;
			note("%s:", wrong);
			way = (struct state){ .before = s,
			    .side = (uint8_t)side, .step = (uint8_t)step };
			tell(&way);
			return false;
		}
	return true;
}

static void
test_all(unsigned int ops, bool exits, size_t least)
{
	struct search	 h = { .ops = ops, .exits = exits };
	struct state	*s, *next;
	bool		 good = true;

	begin();
	meet(&h, NULL, 0, LINK);
	end();
	for (s = h.seen; s != NULL && good; s = s->next)
		good = widen(&h, s);
	ok(good, "links hold in all crossings of %u steps each%s", ops,
	    exits ? ", with exit signals between" : "");
	ok(h.n >= least, "in %zu states", h.n);
	HASH_ITER(hh, h.seen, s, next) {
		HASH_DEL(h.seen, s);
		free(s);
	}
}

int
main(void)
{
	conf = conf_new();
	BUG_ON(conf == NULL);
	acts = world_acts;
	acts.remote = on_remote;
	test_all(2, true, 100);
	test_all(OPS, false, 10000);
	conf_free(conf);
	return tap_done();
}
