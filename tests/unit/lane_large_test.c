/* lane_large_test.c - frames to another node that travel in pieces. */
#include "lanes.h"

#define WINDOW	(256u * MB)
#define RESERVE	(4u * MB)
#define HEAD	(WIRE_HEAD + 4)		/* of a piece */

static size_t
pieces_of(size_t len)
{
	return len <= LANE_WHOLE ? 1 : (len + LANE_PIECE - 1) / LANE_PIECE;
}

static void
test_sizes(void)
{
	static const size_t	 at[] = { 64 * KB, 68 * KB, 128 * KB,
	    128 * KB + 4 * KB, 192 * KB, 16 * MB };
	struct ends		 x;
	size_t			 i, len, count, total;
	int			 d;
	const char		*why = NULL, *all;

	ends_open(&x, WINDOW, WINDOW);
	for (i = 0; i < 6; i++)
		for (d = -2; d < 3; d++) {
			len = (size_t)((long)at[i] + d);
			put(&x, 1, 'a', len, d != 0);
			total = count = 0;
			while (strcmp(take(&x), "-") != 0) {
				total += x.bytes;
				count += x.frames;
				if (x.bytes > LANE_WHOLE)
					why = "a turn too long";
			}
			if (x.received != x.p.lanes.next - 1)
				why = "numbers";
			if (count != pieces_of(len) || total != len +
			    (count == 1 ? 0 : count * HEAD))
				why = "pieces of another size";
			if (x.p.lanes.data + x.p.lanes.signals != total)
				why = "counted otherwise";
			if (x.far.halves != NULL || x.budget.used != 0)
				why = "half of it is left";
			if (lane_acked(&x.p.lanes, x.received) == -1 ||
			    x.p.lanes.data + x.p.lanes.signals != 0)
				why = "not all was there";
			put(&x, 1, 'a', len, true);
			put(&x, 1, 'b', 100, true);
			all = take_all(&x);
			if (strcmp(all + strlen(all) - 5, "1a 1b") != 0)
				why = "not whole, or not in order";
			if (!ok(why == NULL, "%zu bytes", len))
				note("%s", why);
			why = NULL;
			acked(&x, x.received);
		}
	ends_close(&x);
}

static void
test_in_turn(void)
{
	struct ends	x;

	ends_open(&x, WINDOW, RESERVE);
	put(&x, 1, 'a', 130 * KB, true);
	put(&x, 1, 'b', 100, false);
	put(&x, 1, 'c', 100 * KB, true);
	put(&x, 2, 'a', 190 * KB, true);
	is_int(put_in(lane_of_name(&x.p, "name"), 'a', 70 * KB, true), 0,
	    "to a name");
	put(&x, 3, 'a', 100, true);
	is_str(take_all(&x), "(1) (2) (0) 3a (1) (2) (0)namea (1)1a 1b (1) "
	    "(2)2a (1)1c", "pieces of several take turns with small ones, and "
	    "nothing overtakes in a lane");
	is_int((intmax_t)x.p.lanes.begun, 0, "none is begun then");
	ends_close(&x);
}

static void
test_begun(void)
{
	struct ends	x;

	ends_open(&x, WINDOW, RESERVE);
	x.p.lanes.begun_max = x.far.halves_max = 250 * KB;
	put(&x, 1, 'a', 190 * KB, true);
	put(&x, 2, 'a', 70 * KB, true);
	put(&x, 3, 'a', 100, true);
	put(&x, 3, 'b', 70 * KB, true);
	put(&x, 4, 'a', 60 * KB, true);
	is_str(take_all(&x), "(1) 3a 4a (1) (1)1a (2) (3) (2)2a (3)3b",
	    "one that is begun holds others back, not the small ones");

	/* One alone may be as large as all. */
	put(&x, 1, 'a', 250 * KB, true);
	put(&x, 2, 'a', 69 * KB, true);
	is_str(take_all(&x), "(1) (1) (1) (1)1a (2) (2)2a", "one fills it");
	ends_close(&x);
}

/* Those that begin one after the other do not shut out who waits. */
static void
test_no_starving(void)
{
	struct ends	x;
	char		c;

	ends_open(&x, WINDOW, RESERVE);
	x.p.lanes.begun_max = x.far.halves_max = 200 * KB;
	for (c = 'a'; c < 'e'; c++) {
		put(&x, 1, c, 100 * KB, true);
		put(&x, 2, c, 100 * KB, true);
	}
	put(&x, 3, 'a', 120 * KB, true);
	put(&x, 3, 'b', 100, false);
	is_str(take_all(&x), "(1) (2) (1)1a (2)2a (3) (3)3a 3b (1) (2) (1)1b "
	    "(2)2b (1) (2) (1)1c (1) (2)2c (2) (1)1d (2)2d",
	    "who has waited longest begins first");
	ends_close(&x);
}

/* Put in before it was known how much the other takes. */
static void
test_too_large(void)
{
	struct ends	x;

	ends_open(&x, WINDOW, RESERVE);
	put(&x, 1, 'a', 1 * MB, true);
	put(&x, 1, 'b', 100, false);
	put(&x, 2, 'a', 1 * MB, true);
	put(&x, 3, 'a', 100, true);
	x.p.lanes.begun_max = x.far.halves_max = 100 * KB;
	is_str(take_all(&x), "1b 3a", "a frame it cannot take is dropped");
	is_int((int)x.n.stats.frames_too_large, 2, "and counted");
	ok(lane_find(&x.p, 2, "") == NULL, "its lane goes");
	is_int((intmax_t)x.p.lanes.data, 100, "its bytes do");
	put(&x, 1, 'c', 1 * MB, true);
	ok(lane_ready(&x.p.lanes), "the last one");
	is_str(take(&x), "-", "gives nothing");
	ok(!lane_ready(&x.p.lanes), "and is gone");
	ends_close(&x);
}

static void
test_resent(void)
{
	struct ends	x;

	ends_open(&x, WINDOW, RESERVE);
	put(&x, 1, 'a', 190 * KB, true);
	put(&x, 2, 'a', 100 * KB, true);
	is_str(take(&x), "(1)", "a piece arrives");
	is_str(take_some(&x, 0), "", "one is lost");
	is_str(take_some(&x, 0), "", "another");
	reconnect(&x);
	is_str(take(&x), "(2)", "what was lost comes again");
	is_str(take_all(&x), "(1) (2)2a (1)1a", "in its order");
	ends_close(&x);

	ends_open(&x, WINDOW, RESERVE);
	put(&x, 1, 'a', 190 * KB, true);
	put(&x, 2, 'a', 100 * KB, true);
	(void)take(&x);
	(void)take(&x);
	x.next = 1;
	lane_rewind(&x.p.lanes);
	is_str(take_all(&x), "= = (1) (2)2a (1)1a",
	    "pieces that come twice do no harm");
	is_int((intmax_t)x.budget.used, 0, "all is whole");
	ends_close(&x);
}

/* ---- arriving ---- */

/* n bytes of a frame of that length, in the lane id. */
static int
piece(struct ends *x, uint64_t id, size_t len, size_t n, struct half **h)
{
	struct wire_head h1 = { .op = WIRE_N_PIECE, .ref = id };
	uint8_t		*p = calloc(1, HEAD + n);
	int		 got;

	BUG_ON(p == NULL);
	h1.len = (uint32_t)(HEAD + n);
	wire_put(p, &h1);
	put_u32(p + WIRE_HEAD, (uint32_t)len);
	errno = 0;
	got = arrive(x, p, h);
	free(p);
	return got;
}

static const struct {
	const char	*name;
	size_t		 first, n, second, m;	/* length said, bytes */
	int		 err;			/* of the last */
} bad[] = {
	{ "a length of nothing", 0, 10, 0, 0, EPROTO },
	{ "one that needs no pieces", LANE_WHOLE, 100, 0, 0, EPROTO },
	{ "more than can be", 32 * MB + 1, 100, 0, 0, EPROTO },
	{ "the greatest number", UINT32_MAX, 100, 0, 0, EPROTO },
	{ "an empty piece", 100 * KB, 0, 0, 0, EPROTO },
	{ "a piece that is all", 69 * KB, 69 * KB, 0, 0, EPROTO },
	{ "a piece that is more", 69 * KB, 69 * KB + 1, 0, 0, EPROTO },
	{ "another length", 100 * KB, 64 * KB, 100 * KB + 1, 10, EPROTO },
	{ "an empty second", 100 * KB, 64 * KB, 100 * KB, 0, EPROTO },
	{ "one byte too many", 100 * KB, 64 * KB, 100 * KB, 36 * KB + 1,
	    EPROTO },
};

static void
test_bad(void)
{
	struct ends	 x;
	struct half	*h = NULL;
	size_t		 i;
	int		 got;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ends_open(&x, WINDOW, RESERVE);
		got = piece(&x, 1, bad[i].first, bad[i].n, &h);
		if (bad[i].second != 0) {
			is_int(got, 0, "%s: the first is good", bad[i].name);
			got = piece(&x, 1, bad[i].second, bad[i].m, &h);
		}
		ok(got == -1 && errno == bad[i].err && h == NULL, "%s: refused",
		    bad[i].name);
		is_int((intmax_t)x.budget.used, bad[i].second == 0 ? 0 :
		    100 * KB, "%s: nothing is taken for it", bad[i].name);
		ends_close(&x);
	}
}

static void
test_halves(void)
{
	struct ends	 x;
	struct half	*h, *lent;

	ends_open(&x, WINDOW, RESERVE);
	x.far.halves_max = 300 * KB;
	is_int(piece(&x, 1, 200 * KB, 100, &h), 0, "a frame begins");
	is_int((intmax_t)x.budget.used, 200 * KB, "all of it is counted");
	is_int(piece(&x, 2, 100 * KB, 100, &h), 0, "another");
	is_int((intmax_t)x.far.halves_bytes, 300 * KB, "both are");
	ok(piece(&x, 3, 69 * KB, 100, &h) == -1 && errno == ENOBUFS,
	    "a third is more than was agreed");
	is_int((intmax_t)x.budget.used, 300 * KB, "and is not counted");
	is_int(piece(&x, 2, 100 * KB, 100 * KB - 100, &lent), 1,
	    "one becomes whole");
	is_int((intmax_t)x.budget.used, 300 * KB, "while it is lent it counts");
	is_int(piece(&x, 2, 69 * KB, 100, &h), -1, "so does the bound");
	lane_half_free(&x.far, lent);
	is_int((intmax_t)x.budget.used, 200 * KB, "then no more");
	is_int(piece(&x, 2, 69 * KB, 100, &h), 0, "the next of its lane");

	/* The session ends because of what a whole one said. */
	is_int(piece(&x, 2, 69 * KB, 69 * KB - 100, &lent), 1, "it is whole");
	lanes_release(&x.far);
	is_int((intmax_t)x.budget.used, 69 * KB, "halves are thrown away");
	lane_half_free(&x.far, lent);
	ok(x.budget.used == 0 && x.far.halves_bytes == 0,
	    "one that was lent counts until it is given back");
	is_int(piece(&x, 1, 300 * KB, 100, &h), 0, "and all can begin again");
	ends_close(&x);

	/* An only one may be as large as the bound, whatever the budget is. */
	ends_open(&x, WINDOW, RESERVE);
	x.budget.limit = 1;
	x.far.halves_max = 100 * KB;
	is_int(piece(&x, 1, 100 * KB, 100, &h), 0, "the whole bound at once");
	ends_close(&x);
}

int
main(void)
{
	test_sizes();
	test_in_turn();
	test_begun();
	test_no_starving();
	test_too_large();
	test_resent();
	test_bad();
	test_halves();
	return tap_done();
}
