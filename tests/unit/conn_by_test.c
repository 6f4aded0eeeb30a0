/* conn_by_test.c - frames of a conn whose bytes come from elsewhere. */
#include "conn_frames.h"

#include <errno.h>

/* What receive() gives: some bytes a time, or an answer of its own. */
struct source {
	const uint8_t	*p;
	size_t		 left, most;
	size_t		 asked;		/* the room of the last call */
	int		 err;		/* when nothing is left; 0: the end */
	unsigned int	 calls;
};

static ssize_t
give(void *arg, uint8_t *p, size_t n)
{
	struct source	*s = arg;

	s->calls++;
	s->asked = n;
	if (s->left == 0) {
		errno = s->err;
		return s->err == 0 ? 0 : -1;
	}
	n = n < s->most ? n : s->most;
	n = n < s->left ? n : s->left;
	memcpy(p, s->p, n);
	s->p += n;
	s->left -= n;
	return (ssize_t)n;
}

static const struct {
	const char	*name;
	size_t		 most;		/* bytes a time */
	size_t		 limit;
} ways[] = {
	{ "all at once", SIZE_MAX, 0 },
	{ "byte by byte", 1, 0 },
	{ "in odd pieces", 997, 0 },
	{ "by the limit", SIZE_MAX, 100 },
	{ "in large pieces", 100 << 10, 0 },
};

static void
test_by(void)
{
	static const size_t	 lens[] = { 58, 60, ROOM - 1, 1000, 100 << 10,
	    58 };
	struct source		 s;
	struct conn		 c;
	struct conn_budget	 budget = { 0, 1 << 20 };
	struct frame		 f;
	uint8_t			*all, *p;
	size_t			 i, n = 0, got;
	bool			 good;

	BUG_ON((all = malloc(1 << 20)) == NULL);
	for (i = 0; i < 6; i++) {
		p = make_frame(i, lens[i]);
		memcpy(all + n, p, lens[i]);
		n += lens[i];
		free(p);
	}
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		conn_init(&c, -1, WIRE_W, MAX);
		c.budget = &budget;
		s = (struct source){ .p = all, .left = n,
		    .most = ways[i].most, .err = EAGAIN };
		got = 0;
		good = true;
		while (conn_fill_by(&c, &room, ways[i].limit, give, &s) > 0) {
			while (conn_next(&c, &f) == 1) {
				good = good && good_frame(&f, got, lens[got]);
				got++;
			}
			good = good && conn_settle(&c) == 0 &&
			    (ways[i].limit == 0 || s.asked <= ways[i].limit);
			memset(room_bytes, 0xee, sizeof(room_bytes));
		}
		ok(good && got == 6 && errno == EAGAIN && !c.eof,
		    "from elsewhere, %s", ways[i].name);
		is_int((intmax_t)budget.used, 0, "no memory is kept");
		s.err = 0;
		ok(conn_fill_by(&c, &room, 0, give, &s) == 0 && c.eof,
		    "the end is known");
		conn_release(&c);
	}
	free(all);
}

/* No budget, no call; an error takes nothing from what was there. */
static void
test_by_fails(void)
{
	struct conn_budget	 budget = { 0, 10 };
	struct conn		 c;
	struct frame		 f;
	uint8_t			*p = make_frame(7, 100 << 10);
	struct source		 s = { .p = p, .left = 100 << 10,
				    .most = 1000, .err = ECONNRESET };

	conn_init(&c, -1, WIRE_W, MAX);
	c.budget = &budget;
	BUG_ON(conn_fill_by(&c, &room, 0, give, &s) != 1000 ||
	    conn_next(&c, &f) != 0 || conn_settle(&c) == -1);
	errno = 0;
	ok(conn_fill_by(&c, &room, 0, give, &s) == -1 && errno == ENOBUFS &&
	    s.calls == 1, "without budget nothing is asked for");
	budget.limit = 1 << 20;
	BUG_ON(conn_fill_by(&c, &room, 0, give, &s) != 1000);
	s.left = 0;
	ok(conn_fill_by(&c, &room, 0, give, &s) == -1 && errno == ECONNRESET &&
	    !c.eof, "an error is passed on");
	is_int((intmax_t)c.in_len, 2000, "what was there is there");
	s.left = (100 << 10) - 2000;
	s.most = SIZE_MAX;
	while (conn_fill_by(&c, &room, 0, give, &s) > 0)
		;
	ok(conn_next(&c, &f) == 1 && good_frame(&f, 7, 100 << 10),
	    "and becomes whole");
	conn_release(&c);
	is_int((intmax_t)budget.used, 0, "the budget is given back");
	free(p);
}

int
main(void)
{
	test_by();
	test_by_fails();
	return tap_done();
}
