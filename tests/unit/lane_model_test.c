/*
 * lane_model_test.c - lanes under any order of events, beside a model.
 *
 * Frames go in, are written, arrive or are lost with their connection, are
 * acknowledged or not yet: as dice say.  The model knows for each lane only how
 * many frames went in and how many came out; each has the next letter.  At the
 * end the rest is taken, and nothing may be lost, doubled or out of order.
 */
#include "lanes.h"

#define RUNS	120
#define STEPS	300
#define LANES	6		/* serials 0 to 3, names "a" and "b" */

struct model {
	struct ends	 x;
	uint64_t	 seed;
	unsigned int	 in[LANES], out[LANES];
	const char	*wrong;
};

/* As random as the test wants it: xorshift. */
static size_t
dice(struct model *m, size_t below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (size_t)(m->seed >> 11) % below;
}

/* ---- what happens ---- */

static size_t
some_length(struct model *m)
{
	switch (dice(m, 12)) {
	case 0:
		return 60 * KB + dice(m, 10 * KB);	/* whole, or just not */
	case 1:
		return 70 * KB + dice(m, 200 * KB);
	case 2:
	case 3:
		return 1000 + dice(m, 20 * KB);
	}
	return 60 + dice(m, 300);
}

static struct lane *
some_lane(struct model *m, size_t i)
{
	static const char *const names[] = { "a", "b" };

	return i < 4 ? lane_to(&m->x, i) : lane_of_name(&m->x.p, names[i - 4]);
}

static void
do_put(struct model *m)
{
	size_t	n = 1 + dice(m, 4), i = dice(m, LANES);

	for (; n > 0; n--) {
		if (put_in(some_lane(m, i), 'a' + m->in[i] % 26,
		    some_length(m), dice(m, 4) != 0) != 0)
			m->wrong = "not put in";
		m->in[i]++;
	}
}

/* "3c", "ac": the frame c of the lane. */
static void
whole(struct model *m, const char *text)
{
	size_t	i = text[0] >= 'a' ? 4 + (size_t)(text[0] - 'a') :
		    (size_t)(text[0] - '0');

	if (i >= LANES || text[1] == '\0' || text[2] != '\0')
		m->wrong = "a broken frame";
	else if (text[1] != (char)('a' + m->out[i] % 26))
		m->wrong = "a frame out of order";
	else
		m->out[i]++;
}

static void
do_take(struct model *m, uint32_t arriving)
{
	char	*text = m->x.text, *one;

	if (strcmp(take_some(&m->x, arriving), "-") == 0)
		return;
	while ((one = strsep(&text, " ")) != NULL) {
		if (one[0] == '=' || one[0] == '\0')
			continue;
		if (one[0] == '(')
			one = strchr(one, ')') + 1;
		if (one[0] != '\0')
			whole(m, one);
	}
}

/* The other tells what it has: or what it had, some time ago. */
static void
do_ack(struct model *m)
{
	uint64_t	ago = dice(m, 3) == 0 ? dice(m, 10) : 0;

	if (ago > m->x.received)
		ago = m->x.received;
	if (lane_acked(&m->x.p.lanes, m->x.received - ago) == -1)
		m->wrong = "an acknowledgement is refused";
}

/*
 * A connection breaks in the middle of what was written; another comes.  What
 * arrived may not have been known yet when that was agreed: then some of it is
 * written again, until an acknowledgement skips the rest.
 */
static void
do_break(struct model *m)
{
	uint64_t	received = m->x.received;

	do_take(m, (uint32_t)dice(m, 3));
	if (dice(m, 2) == 0)
		do_take(m, 0);
	if (dice(m, 2) == 0)
		received = m->x.received;
	BUG_ON(lane_acked(&m->x.p.lanes, received) == -1);
	lane_rewind(&m->x.p.lanes);
	m->x.next = lane_number(&m->x.p.lanes);
}

static void
do_end(struct model *m)
{
	lanes_release(&m->x.p.lanes);
	lanes_release(&m->x.far);
	memset(m->in, 0, sizeof(m->in));
	memset(m->out, 0, sizeof(m->out));
	m->x.received = 0;
	m->x.next = 1;
}

static void
step(struct model *m)
{
	size_t	n = dice(m, 100);

	if (n < 40)
		do_put(m);
	else if (n < 80)
		do_take(m, UINT32_MAX);
	else if (n < 94)
		do_ack(m);
	else if (n < 99)
		do_break(m);
	else if (dice(m, 4) == 0)
		do_end(m);
}

/* ---- what holds at any time ---- */

static void
check(struct model *m)
{
	const struct lanes	*l = &m->x.p.lanes;
	const struct chunk	*k;
	size_t			 unacked = 0;
	uint64_t		 frames = 0;

	STAILQ_FOREACH(k, &l->sent, next) {
		unacked += k->len;
		frames += k->frames;
	}
	if (unacked != l->unacked || unacked > l->data + l->signals)
		m->wrong = "bytes are counted wrongly";
	if (frames < l->next - 1 - l->acked)
		m->wrong = "a frame that may be needed is gone";
	if (unacked >= l->window + l->reserve + LANE_WHOLE)
		m->wrong = "more under way than the bound";
	if (l->data > l->window && !l->over)
		m->wrong = "above its window and not over";
	if (m->x.far.halves_bytes > m->x.far.halves_max ||
	    m->x.budget.used != m->x.far.halves_bytes)
		m->wrong = "half frames above their bound";
	if (l->begun > l->begun_max)
		m->wrong = "more begun than agreed";
}

static bool
all_out(struct model *m)
{
	size_t	i;

	for (i = 0; i < LANES; i++)
		if (m->in[i] != m->out[i])
			return false;
	return true;
}

static const char *
run(uint64_t seed)
{
	struct model	 m = { .seed = seed * UINT64_C(0x9e3779b97f4a7c15) };
	int		 i;

	ends_open(&m.x, 400 * KB, 64 * MB);
	m.x.p.lanes.begun_max = m.x.far.halves_max = 300 * KB;
	/* Most is data, so that the window matters. */
	m.x.p.lanes.reserve = dice(&m, 2) == 0 ? 64 * MB : 8 * MB;
	for (i = 0; i < STEPS && m.wrong == NULL; i++) {
		step(&m);
		check(&m);
	}
	for (i = 0; m.wrong == NULL && !all_out(&m); i++) {
		do_take(&m, UINT32_MAX);
		do_ack(&m);
		check(&m);
		if (i > 100000)
			m.wrong = "it does not come to an end";
	}
	BUG_ON(lane_acked(&m.x.p.lanes, m.x.received) == -1);
	if (m.wrong == NULL && (m.x.p.lanes.data + m.x.p.lanes.signals != 0 ||
	    m.x.p.lanes.by_serial != NULL || m.x.p.lanes.by_name != NULL))
		m.wrong = "something is left when all has arrived";
	if (!ends_close_quietly(&m.x))
		m.wrong = "something is left in the end";
	return m.wrong;
}

int
main(void)
{
	uint64_t	 seed;
	const char	*why = NULL;

	for (seed = 1; seed <= RUNS && why == NULL; seed++)
		why = run(seed);
	if (!ok(why == NULL, "%d runs of %d steps: nothing is lost, doubled or "
	    "out of order", RUNS, STEPS))
		note("seed %llu: %s", (unsigned long long)seed - 1, why);
	return tap_done();
}
