/*
 * lane_memory_test.c - lanes when there is no memory: nothing is lost.
 *
 * Holds lane.c and lane_half.c, with an allocator that fails when told to.
 */
#include "lanes.h"

#include "remote.h"

static int	 left = -1;	/* allocations until one fails; -1: none does */
static int	 failures;

static bool
fails(void)
{
	if (left < 0 || left-- > 0)
		return false;
	failures++;
	errno = ENOMEM;
	return true;
}

static void *
test_malloc(size_t n)
{
	return fails() ? NULL : malloc(n);
}

static void *
test_calloc(size_t n, size_t size)
{
	return fails() ? NULL : calloc(n, size);
}

#define malloc	test_malloc
#define calloc	test_calloc
#include "lane.c"
#include "lane_half.c"

/* What the caller of each does who can wait: again, until there is memory. */
static void
put_again(struct ends *x, uint64_t serial, const char *name, char letter,
    size_t len)
{
	struct lane	*e;

	do
		e = name[0] != '\0' ? lane_of_name(&x->p, name) :
		    lane_of(&x->p, serial);
	while (e == NULL && errno == ENOMEM);
	BUG_ON(e == NULL);
	while (put_in(e, (uint64_t)letter, len, true) == ENOMEM)
		;
}

static const char *
take_again_all(struct ends *x)
{
	static char	 all[sizeof(x->text)];
	const char	*one;

	all[0] = '\0';
	while (strcmp(one = take(x), "-") != 0) {
		if (strcmp(one, "error") == 0)
			continue;
		if (all[0] != '\0')
			(void)strlcat(all, " ", sizeof(all));
		(void)strlcat(all, one, sizeof(all));
	}
	return all;
}

/* The n-th allocation fails: whether all comes as if it had not. */
static bool
play(int n)
{
	struct wire_head h = { .len = WIRE_HEAD, .op = WIRE_N_CHOKE,
			    .ref = '9' };
	struct ends	 x;
	uint8_t		 p[WIRE_HEAD];
	const char	*got;
	bool		 good;

	ends_open(&x, 64 * MB, 4 * MB);
	left = n;
	put_again(&x, 1, "", 'a', 300);
	put_again(&x, 1, "", 'b', 300);
	put_again(&x, 2, "", 'a', 150 * KB);
	put_again(&x, 2, "", 'b', 300);
	put_again(&x, 0, "name", 'a', 300);
	put_again(&x, 3, "", 'a', 70 * KB);
	wire_put(p, &h);
	while (lane_urgent(&x.p.lanes, p, sizeof(p)) == -1)
		BUG_ON(errno != ENOMEM);
	got = take_again_all(&x);
	left = -1;
	good = strcmp(got, "choke9 1a 1b (2) namea (3) (2) (3)3a (2)2a 2b") ==
	    0;
	if (!good)
		note("allocation %d: %s", n, got);
	BUG_ON(lane_acked(&x.p.lanes, x.received) == -1);
	return x.p.lanes.data == 0 && x.p.lanes.signals == 0 &&
	    x.p.lanes.begun == 0 && ends_close_quietly(&x) && good;
}

/* Whether an allocation that fails is told, and by what. */
static void
test_told(void)
{
	struct ends	x;
	struct lane	*e;
	struct half	*h = NULL;
	uint8_t		 p[WIRE_HEAD + 4 + 100] = { 0 };
	size_t		 i;

	ends_open(&x, 64 * MB, 4 * MB);
	for (i = 0; i < 2; i++) {
		left = (int)i;
		errno = 0;
		ok(lane_of(&x.p, 1) == NULL && errno == ENOMEM,
		    "a lane, allocation %zu: ENOMEM", i);
	}
	e = lane_to(&x, 1);
	left = 0;
	is_int(put_in(e, 'a', 100, true), ENOMEM, "a frame: ENOMEM");
	ok(x.p.lanes.data == 0 && !e->queued, "it is not there");
	is_int(put_in(e, 'a', 200 * KB, true), 0, "a large one");
	left = 0;
	is_str(take(&x), "error", "a piece: an error of the buffer");
	is_int(x.out.error, ENOMEM, "ENOMEM");
	is_int((intmax_t)x.p.lanes.next, 1, "it has no number");
	is_str(take(&x), "(1)", "it comes again");
	wire_put(p, &(struct wire_head){ .len = sizeof(p), .ref = 9,
	    .op = WIRE_N_PIECE });
	put_u32(p + WIRE_HEAD, 100 * KB);
	errno = 0;
	left = 0;
	ok(arrive(&x, p, &h) == -1 && errno == ENOMEM, "a half frame: ENOMEM");
	is_int((intmax_t)x.budget.used, 200 * KB, "not counted");
	left = -1;
	ends_close(&x);
}

/* A piece that is lost here was received: the session cannot go on. */
static void
test_piece_lost(void)
{
	static const struct { size_t len; int left; } rows[] = {
		{ 100 * KB, 0 },		/* no memory */
		{ 64 * MB, -1 },		/* more than was agreed */
	};
	struct ends	 x;
	struct frame	 f;
	uint8_t		 p[WIRE_HEAD + 4 + 100] = { 0 };
	size_t		 i;

	f = (struct frame){ .bytes = p, .body = p + WIRE_HEAD,
	    .body_len = sizeof(p) - WIRE_HEAD };
	f.h = (struct wire_head){ .len = sizeof(p), .op = WIRE_N_PIECE,
	    .ref = 9, .to = { HERE, 1 }, .from = { THERE, 1 } };
	for (i = 0; i < 2; i++) {
		ends_open(&x, 64 * MB, 4 * MB);
		x.n.id = HERE;
		x.p.lanes.halves_max = 32 * MB;
		put_u32(p + WIRE_HEAD, (uint32_t)rows[i].len);
		left = rows[i].left;
		ok(remote_frame(&x.p, &f) != NULL && x.p.doomed != NULL,
		    "a piece that cannot be kept ends the session");
		left = -1;
		ends_close(&x);
	}
}

int
main(void)
{
	int	n, bad = 0;

	test_told();
	test_piece_lost();
	for (n = 0; failures = 0, bad += !play(n), failures != 0; n++)
		;
	is_int(bad, 0, "any one allocation that fails costs only time");
	ok(n > 10, "there were %d of them", n);
	return tap_done();
}
