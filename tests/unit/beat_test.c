/* beat_test.c - numbers of frames on a connection: never a gap. */
#include "peers.h"

#include "hail.h"
#include "traffic.h"
#include "trunk.h"

static struct mono
on_clock(struct node *n)
{
	return n->now;
}

static void
on_push(struct trunk *t)
{
	(void)t;
}

static void
on_alarm(struct alarm *a, struct mono when)
{
	a->when = when;
}

/* A beat, and count SENDs to process 1; all of it arrives. */
static void
beat(struct trunk *t, uint64_t next, size_t count)
{
	struct beat	 b = { .next = next };
	struct buf	 out;
	uint8_t		 p[WIRE_HEAD + 11] = { 0 };

	buf_init(&out, 8 * KB);
	hail_put_beat(&out, t->peer->id, &b);
	wire_put(p, &(struct wire_head){ .len = sizeof(p), .op = WIRE_SEND,
	    .to = { WORLD_ID, 1 }, .from = { BETA, 9 } });
	for (; count > 0; count--) {
		p[sizeof(p) - 1] = (uint8_t)('a' + next++);
		buf_add(&out, p, sizeof(p));
	}
	t->conn.own = t->conn.in = out.p;
	t->conn.in_len = out.len;
	traffic_in(t);
	t->conn.own = NULL;
	t->conn.in_len = 0;
	buf_release(&out);
}

static const struct {
	const char	*name;
	uint64_t	 received;	/* before it */
	uint64_t	 first, second;	/* next of two beats; 0: no second */
	const char	*heard;		/* of three frames, then two */
	bool		 ends;
} rows[] = {
	{ "the first ever", 0, 1, 0, "SEND 9 b; SEND 9 c; SEND 9 d", false },
	{ "it goes on", 0, 1, 4,
	    "SEND 9 b; SEND 9 c; SEND 9 d; SEND 9 e; SEND 9 f", false },
	{ "all of it again", 5, 1, 4, "", false },
	{ "some of it again", 2, 1, 4, "SEND 9 d; SEND 9 e; SEND 9 f", false },
	{ "again, the rest is skipped", 5, 1, 6, "SEND 9 g; SEND 9 h", false },
	{ "more of it is skipped than came", 5, 1, 7, "", true },
	{ "a gap at first", 2, 4, 0, "", true },
	{ "a gap later", 0, 1, 5, "SEND 9 b; SEND 9 c; SEND 9 d", true },
	{ "back again", 0, 1, 3, "SEND 9 b; SEND 9 c; SEND 9 d", true },
	{ "no number", 0, 0, 0, "", true },
};

static void
test_numbers(void)
{
	struct world	 w;
	struct proc	*a;
	struct peer	*p;
	struct trunk	*t;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		peers_open(&w, "");
		peers_acts.clock = on_clock;
		peers_acts.push = on_push;
		peers_acts.alarm = on_alarm;
		a = world_worker(&w, "a");
		p = peers_add(&w, BETA, "beta");
		p->session.timeout = MONO_MS(1000);
		p->session.echoed = p->session.heard = w.n.now;
		p->session.received = rows[i].received;
		t = trunk_open(&w.n, NULL, "127.0.0.1", true, NULL);
		BUG_ON(t == NULL);
		t->conn.max_frame = LANE_WHOLE;
		t->state = TRUNK_UP;
		t->peer = p;
		p->trunk = t;
		beat(t, rows[i].first, 3);
		if (t->state == TRUNK_UP && rows[i].second != 0)
			beat(t, rows[i].second, 2);
		is_str(world_heard(a->main), rows[i].heard, "%s",
		    rows[i].name);
		ok((t->state == TRUNK_CLOSED) == rows[i].ends,
		    rows[i].ends ? "%s: the connection ends" :
		    "%s: it goes on", rows[i].name);
		trunk_close(t);
		trunk_bury(&w.n);
		peers_close(&w);
	}
}

int
main(void)
{
	test_numbers();
	return tap_done();
}
