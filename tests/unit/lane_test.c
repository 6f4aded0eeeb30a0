/* lane_test.c - what goes to another node: order, turns, numbers, bounds. */
#include "lanes.h"

#define WINDOW	(64u * MB)
#define RESERVE	(4u * MB)

/* ---- order ---- */

static void
test_order(void)
{
	struct ends	 x;
	struct lane	*e;

	ends_open(&x, WINDOW, RESERVE);
	is_str(take(&x), "-", "nothing to write");
	ok(!lane_ready(&x.p.lanes), "and none is ready");
	put(&x, 1, 'a', 100, true);
	put(&x, 1, 'b', 58, false);
	put(&x, 2, 'a', 100, true);
	put(&x, 1, 'c', 100, true);
	put(&x, 0, 'a', 100, true);
	e = lane_of_name(&x.p, "name");
	is_int(put_in(e, 'a', 100, true), 0, "to a name");
	ok(lane_ready(&x.p.lanes), "now there is");
	is_str(take_all(&x), "1a 1b 1c 2a 0a namea",
	    "a lane in order; lanes in turn");
	ok(lane_find(&x.p, 1, "") == NULL &&
	    lane_find(&x.p, 0, "name") == NULL,
	    "a lane that is empty is gone");
	put(&x, 1, 'd', 100, true);
	is_str(take_all(&x), "1d", "and comes again");
	ends_close(&x);
}

/* Frames in a row are one call, as a corked sender's are. */
static void
test_runs(void)
{
	struct ends	 x;
	struct lane	*e;
	uint8_t		*run = malloc(300 * KB), *p;
	size_t		 n = 0, i, turns = 0, most = 0;
	uint64_t	 count = 0;

	ends_open(&x, WINDOW, RESERVE);
	BUG_ON(run == NULL);
	for (i = 0; i < 26; i++) {
		p = frame_new(1, "", 'a' + i, 9000 + i * 100);
		memcpy(run + n, p, 9000 + i * 100);
		n += 9000 + i * 100;
		free(p);
	}
	e = lane_to(&x, 1);
	is_int(lane_put(e, run, n, true), 0, "26 frames in a row");
	is_int((intmax_t)x.p.lanes.data, (intmax_t)n, "all is counted");
	while (strcmp(take(&x), "-") != 0) {
		turns++;
		count += x.frames;
		if (x.bytes > most)
			most = x.bytes;
	}
	ok(count == 26 && turns > 3, "in several turns");
	ok(most <= LANE_PIECE, "none longer than 64 KiB");
	is_int((intmax_t)x.p.lanes.next, 27, "numbered one by one");
	free(run);
	ends_close(&x);
}

/* ---- turns ---- */

/* Each lane of what is taken, until lane 1 alone has anything. */
static void
test_fairness(void)
{
	struct ends	 x;
	size_t		 served[22] = { 0 }, left = 20 * 300;
	size_t		 i, high, low, apart = 0;
	uint64_t	 to;

	ends_open(&x, WINDOW, RESERVE);
	put(&x, 1, 'a', 16 * MB, true);
	for (i = 0; i < 20 * 300; i++)
		put(&x, 2 + i % 20, 'a', 1000, true);
	while (left > 0) {
		BUG_ON(strcmp(take_some(&x, 0), "-") == 0);
		to = get_u64(x.out.p + 16);
		served[to] += x.bytes;
		left -= to == 1 ? 0 : x.frames;
		for (i = high = 0, low = SIZE_MAX; i < 21; i++) {
			/* One that has nothing left falls behind. */
			if (i > 0 && served[i + 1] == 300 * 1000)
				continue;
			high = served[i + 1] > high ? served[i + 1] : high;
			low = served[i + 1] < low ? served[i + 1] : low;
		}
		apart = high - low > apart && low != SIZE_MAX ? high - low :
		    apart;
	}
	ok(apart <= LANE_PIECE + LANE_WHOLE,
	    "16 MiB beside 20 lanes of small frames: shares are alike");
	note("%zu bytes apart, 64 KiB a turn", apart);
	ok(served[1] < 500 * 1000, "it has not gone first");
	ends_close(&x);
}

static void
test_urgent(void)
{
	struct wire_head h = { .len = WIRE_HEAD, .op = WIRE_N_CHOKE,
			    .ref = '1' };
	struct ends	 x;
	uint8_t		 p[WIRE_HEAD];

	ends_open(&x, 100 * KB, 200);
	put(&x, 1, 'a', 100, true);
	put(&x, 2, 'a', 500 * KB, true);
	wire_put(p, &h);
	is_int(lane_urgent(&x.p.lanes, p, sizeof(p)), 0, "an urgent frame");
	h.ref = '2';
	wire_put(p, &h);
	is_int(lane_urgent(&x.p.lanes, p, sizeof(p)), 0, "another");
	is_str(take(&x), "choke1 choke2", "go first, in order");
	is_str(take(&x), "1a", "then the others");
	is_str(take_all(&x), "(2) (2)", "until the window is full");
	ok(!lane_ready(&x.p.lanes), "none is ready then");
	is_int(lane_urgent(&x.p.lanes, p, sizeof(p)), 0, "an urgent frame");
	is_str(take(&x), "choke2", "goes all the same");
	errno = 0;
	ok(lane_urgent(&x.p.lanes, p, sizeof(p)) == 0 &&
	    lane_urgent(&x.p.lanes, p, sizeof(p)) == -1 && errno == ENOBUFS,
	    "but they count in the reserve");
	ends_close(&x);
}

/* ---- numbers ---- */

static void
test_acks(void)
{
	struct ends	 x;
	struct lanes	*l = &x.p.lanes;
	char		 c;

	ends_open(&x, WINDOW, RESERVE);
	for (c = 'a'; c < 'd'; c++)
		put(&x, 1, c, 100, c != 'b');
	is_int((intmax_t)lane_number(l), 1, "the first number is 1");
	is_int((intmax_t)l->data, 200, "data waits");
	is_int((intmax_t)l->signals, 100, "and signals");
	errno = 0;
	ok(lane_acked(l, 1) == -1 && errno == EPROTO,
	    "what was not written cannot be there");
	is_str(take(&x), "1a 1b 1c", "written as one");
	is_int((intmax_t)lane_number(l), 4, "the next number");
	is_int((intmax_t)l->unacked, 300, "not acknowledged");
	acked(&x, 0);
	acked(&x, 2);
	is_int((intmax_t)(l->unacked + l->data), 500,
	    "two of three: all is kept");
	acked(&x, 1);
	is_int((intmax_t)l->acked, 2, "older news changes nothing");
	errno = 0;
	ok(lane_acked(l, 4) == -1 && errno == EPROTO, "4 of 3 is EPROTO");
	is_int((intmax_t)l->acked, 2, "and changes nothing");
	acked(&x, 3);
	is_int((intmax_t)(l->unacked + l->data + l->signals), 0,
	    "all of them: nothing is kept");
	ok(STAILQ_EMPTY(&l->sent), "really nothing");
	acked(&x, 3);
	ends_close(&x);
}

static void
test_rewind(void)
{
	struct ends	 x;
	struct lanes	*l = &x.p.lanes;
	char		 c;

	ends_open(&x, WINDOW, RESERVE);
	lane_rewind(l);
	is_str(take(&x), "-", "nothing to write again");
	for (c = 'a'; c < 'd'; c++)
		put(&x, 1, c, 100, true);
	for (c = 'a'; c < 'd'; c++)
		put(&x, 2, c, 100, true);
	is_str(take(&x), "1a 1b 1c", "written, and arrived");
	is_str(take_some(&x, 0), "", "written, and lost");
	x.received = 2;			/* the third one was cut short */
	reconnect(&x);
	put(&x, 3, 'a', 100, true);
	is_int((intmax_t)lane_number(l), 3, "from the third on");
	x.p.lanes.unacked += WINDOW + RESERVE;	/* even with a full window */
	is_str(take(&x), "1c", "comes the rest of a chunk");
	is_int((int)x.frames, 1, "counted");
	is_int((intmax_t)lane_number(l), 4, "then");
	is_str(take(&x), "2a 2b 2c", "what was lost");
	x.p.lanes.unacked -= WINDOW + RESERVE;
	is_str(take(&x), "3a", "then what is new");
	is_int((intmax_t)lane_number(l), 8, "under the next number");

	/* What arrived is told later than the connection was made. */
	x.received = 1;
	x.next = 2;
	lane_rewind(l);
	acked(&x, 5);			/* was it told, nothing of it comes */
	is_int((intmax_t)lane_number(l), 6, "an acknowledgement skips");
	x.received = 5;
	x.next = 6;
	is_str(take(&x), "2c", "in the middle of a chunk");
	acked(&x, 7);
	ok(l->resend == NULL && STAILQ_EMPTY(&l->sent),
	    "or what was to be written again");
	is_str(take(&x), "-", "which is not");
	is_int((intmax_t)lane_number(l), 8, "and the numbers go on");

	/* Twice in a row, from the middle. */
	for (c = 'a'; c < 'd'; c++)
		put(&x, 1, c, 400, true);
	x.received = 7;
	x.next = 8;
	is_str(take_some(&x, 0), "", "one chunk");
	is_str(take_some(&x, 0), "", "another");
	reconnect(&x);
	is_str(take(&x), "1a", "again");
	x.received = 7;			/* no, it was lost as well */
	reconnect(&x);
	is_str(take_all(&x), "1a 1b 1c", "and again");
	ends_close(&x);
}

/* A buffer without room: nothing is lost, nothing gets a number. */
static void
test_no_room(void)
{
	struct ends	 x;
	struct buf	 small;
	uint32_t	 frames;

	ends_open(&x, WINDOW, RESERVE);
	buf_init(&small, LANE_WHOLE - 1);
	put(&x, 1, 'a', 60 * KB, true);
	put(&x, 1, 'b', 60 * KB, true);
	ok(!lane_take(&x.p.lanes, &small, &frames) && small.error != 0,
	    "no room to write to");
	is_int((intmax_t)lane_number(&x.p.lanes), 1, "it is not numbered");
	is_str(take(&x), "1a", "and comes when there is");
	is_str(take_some(&x, 0), "", "the next one is lost");
	reconnect(&x);
	buf_release(&small);
	buf_init(&small, 60 * KB - 1);
	ok(!lane_take(&x.p.lanes, &small, &frames) && small.error != 0,
	    "no room to write it again");
	is_str(take_all(&x), "1b", "it is not left out");
	buf_release(&small);
	ends_close(&x);
}

/* ---- bounds ---- */

static void
test_window(void)
{
	struct ends	 x;
	struct lanes	*l = &x.p.lanes;
	struct lane	*e, *f;

	ends_open(&x, 100000, 1000000);
	e = lane_to(&x, 1);
	ok(!e->sink.over && lane_may_go_on(e), "at first nothing is over");
	put(&x, 1, 'a', 60000, true);
	put(&x, 1, 'b', 40000, true);
	ok(!l->over && !e->sink.over, "at the window: not over");
	put(&x, 2, 'a', 50000, false);
	ok(!l->over, "signals do not count");
	put(&x, 1, 'c', 60, true);
	ok(l->over && e->sink.over, "above it: over");
	f = lane_to(&x, 3);
	ok(!f->sink.over && lane_may_go_on(f), "who says nothing is not");
	put(&x, 3, 'a', 10000, true);
	ok(!f->sink.over, "nor who says little");
	put(&x, 3, 'b', 56000, true);
	ok(f->sink.over, "above its share: over");
	ok(l->holding && !lane_may_go_on(e) && !lane_may_go_on(f), "both wait");
	is_str(take_all(&x), "1a 1b 1c 2a 3a 3b", "written");
	e = lane_to(&x, 1);		/* an idle lane does not stay */
	ok(l->over && lane_may_go_on(e), "what is written is no share now");
	put(&x, 1, 'd', 60000, true);
	put(&x, 1, 'e', 60000, true);
	put(&x, 1, 'f', 60000, true);
	put(&x, 2, 'b', 100, true);
	ok(!lane_find(&x.p, 2, "")->sink.over, "three windows: it has a share");
	put(&x, 1, 'g', 60000, true);
	put(&x, 2, 'c', 100, true);
	ok(lane_find(&x.p, 2, "")->sink.over, "above four: nobody has one");
	ok(!lane_may_go_on(lane_find(&x.p, 2, "")), "and nobody goes on");
	while (strcmp(take_all(&x), "") != 0)
		acked(&x, l->next - 1);
	acked(&x, l->next - 1);
	f = lane_to(&x, 3);
	ok(lane_may_go_on(f) && !l->over, "below a quarter: all may");
	ends_close(&x);
}

/* Half a chunk that is over the window counts until all of it is there. */
static void
test_full(void)
{
	struct ends	 x;
	size_t		 i, n = 0;

	ends_open(&x, 200 * KB, 100 * KB);
	for (i = 0; i < 100; i++)
		put(&x, i % 3 + 1, 'a', 10 * KB, true);
	while (strcmp(take(&x), "-") != 0)
		n += x.bytes;
	ok(n >= 300 * KB && n < 300 * KB + LANE_WHOLE,
	    "so much is under way: window and reserve");
	acked(&x, x.received);
	ok(lane_ready(&x.p.lanes), "more when that is there");
	while (strcmp(take(&x), "-") != 0) {
		n += x.bytes;
		acked(&x, x.received);
	}
	is_int((intmax_t)n, 1000 * KB, "and so all of it");
	ends_close(&x);
}

static void
test_reserve(void)
{
	struct ends	 x;

	ends_open(&x, 1000, 1000);
	is_int(put(&x, 1, 'a', 600, false), 0, "a signal");
	is_int(put(&x, 1, 'b', 900, true), 0, "data");
	is_int(put(&x, 1, 'c', 401, false), ENOBUFS, "one too many");
	is_int(put(&x, 2, 'c', 400, false), 0, "as many as fit");
	is_int(put(&x, 1, 'd', 58, false), ENOBUFS, "not one more");
	is_int(put(&x, 1, 'e', 5000, true), 0, "data is not held to it");
	is_str(take_all(&x), "1a 1b 1e", "some is written");
	is_int(put(&x, 1, 'f', 58, false), ENOBUFS, "which frees nothing");
	acked(&x, 1);
	is_int(put(&x, 1, 'g', 58, false), 0, "that it is there does");
	ends_close(&x);
}

/* ---- the life of a lane ---- */

static void
test_idle(void)
{
	static const char *const why[] = { "a frame", "a choke of the other",
	    "who waits" };
	struct ends	 x;
	struct lane	*e;
	struct choke	 c;
	size_t		 i;

	ends_open(&x, WINDOW, RESERVE);
	e = lane_to(&x, 1);
	ok(lane_of(&x.p, 1) == e, "a lane is made once");
	lane_idle(e);
	ok(lane_find(&x.p, 1, "") == NULL, "and goes when nobody needs it");
	for (i = 0; i < 3; i++) {
		e = lane_to(&x, 1);
		memset(&c, 0, sizeof(c));
		if (i == 0)
			put(&x, 1, 'a', 100, true);
		e->choked = i == 1;
		if (i == 2)
			LIST_INSERT_HEAD(&e->sink.chokes, &c, by_sink);
		lane_idle(e);
		ok(lane_find(&x.p, 1, "") == e, "%s keeps it", why[i]);
		if (i != 0) {
			put(&x, 1, 'a', 100, true);
			(void)take(&x);
			ok(lane_find(&x.p, 1, "") == e,
			    "even when its frames are gone");
		}
		e->choked = false;
		if (i == 2)
			LIST_REMOVE(&c, by_sink);
		if (i == 0)
			(void)take(&x);
		else
			lane_idle(e);
		ok(lane_find(&x.p, 1, "") == NULL, "no longer");
	}
	ok(lane_of_name(&x.p, "a") != lane_of_name(&x.p, "b") &&
	    lane_find(&x.p, 0, "") == NULL, "names are lanes of their own");
	ends_close(&x);
}

/* Of everything there can be, nothing stays but the bounds. */
static void
test_release(void)
{
	struct wire_head h = { .len = WIRE_HEAD, .op = WIRE_N_CHOKE };
	struct ends	 x;
	struct lanes	*l = &x.p.lanes;
	uint8_t		 p[WIRE_HEAD];

	ends_open(&x, WINDOW, RESERVE);
	l->begun_max = 1 * MB;
	l->halves_max = 3 * MB;
	put(&x, 1, 'a', 1 * MB, true);
	(void)take(&x);
	put(&x, 2, 'b', 1 * MB, true);
	(void)take(&x);
	ok(!TAILQ_EMPTY(&l->waiting), "one waits");
	put(&x, 3, 'c', 100, false);
	(void)take(&x);
	put(&x, 4, 'd', 100, true);
	(void)lane_of_name(&x.p, "idle");
	wire_put(p, &h);
	(void)lane_urgent(l, p, sizeof(p));
	lane_rewind(l);
	l->over = true;
	lanes_release(l);
	ok(lanes_are_empty(l), "all is thrown away");
	ok(!l->over && l->next == 1 && l->acked == 0 && l->resend == NULL &&
	    l->ids == 0, "the numbers begin anew");
	ok(l->window == WINDOW && l->reserve == RESERVE &&
	    l->begun_max == 1 * MB && l->halves_max == 3 * MB,
	    "the bounds are as they were");
	put(&x, 1, 'e', 100, true);
	x.received = 0;
	x.next = 1;
	is_str(take(&x), "1e", "and it can be used again");
	ends_close(&x);
}

int
main(void)
{
	test_order();
	test_runs();
	test_fairness();
	test_urgent();
	test_acks();
	test_rewind();
	test_no_room();
	test_window();
	test_full();
	test_reserve();
	test_idle();
	test_release();
	return tap_done();
}
