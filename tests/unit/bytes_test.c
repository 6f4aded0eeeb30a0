/* bytes_test.c - bytes lent and kept; bytes sent from the front. */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#include "bytes.h"

static bool
takes(struct bytes_in *in, const char *want)
{
	char	got[20] = "";

	return bytes_in_take(in, got, strlen(want)) == strlen(want) &&
	    strcmp(got, want) == 0;
}

static void
test_in(void)
{
	struct bytes_in	in = { .n = 0 };
	char		lent[] = "abcdefgh";

	ok(bytes_in_take(&in, lent, 1) == 0, "none: nothing to take");
	ok(bytes_in_settle(&in) == 0 && bytes_in_put(&in, NULL, 0) == 0,
	    "none: nothing to settle, and none put in");
	ok(bytes_in_put(&in, lent, 4) == 0 && in.p == (uint8_t *)lent,
	    "lent: where they lie");
	ok(takes(&in, "ab"), "lent: taken from there");
	ok(bytes_in_settle(&in) == 0 && in.p != (uint8_t *)lent + 2 &&
	    in.n == 2, "settled: a copy of the rest");
	lent[2] = 'x';
	ok(bytes_in_put(&in, lent + 4, 2) == 0, "put beside: another copy");
	lent[4] = 'x';
	ok(takes(&in, "cdef") && in.n == 0, "all in order");
	ok(bytes_in_put(&in, lent + 6, 2) == 0 && in.own == NULL,
	    "lent again: the copy is gone");
	ok(bytes_in_put(&in, "ij", 2) == 0 && takes(&in, "gh") &&
	    bytes_in_settle(&in) == 0 && takes(&in, "ij"),
	    "put beside what is lent, settled twice: in order");
	ok(bytes_in_settle(&in) == 0 && in.own == NULL,
	    "settled when used up: no memory");
	ok(bytes_in_take(&in, lent, 3) == 0, "and nothing to take");
	bytes_in_release(&in);
}

/* What there is, as text. */
static const char *
text_of(const struct bytes_out *out)
{
	static char	text[20];
	size_t		n;
	const uint8_t	*p = bytes_out_peek(out, &n);

	if (p == NULL)
		return n == 0 ? NULL : "a length without bytes";
	(void)snprintf(text, sizeof(text), "%.*s", (int)n, (const char *)p);
	return text;
}

static void
test_out(void)
{
	struct bytes_out	out;

	bytes_out_init(&out, 1000);
	is_str(text_of(&out), NULL, "out: none");
	buf_add(&out.b, "abcdef", 6);
	is_str(text_of(&out), "abcdef", "out: all of it");
	bytes_out_drop(&out, 2, 100);
	is_str(text_of(&out), "cdef", "out: the rest");
	ok(bytes_out_reserve(&out, 10) == 0 && out.off == 2,
	    "room: little is gone, nothing moves");
	bytes_out_drop(&out, 2, 100);
	ok(bytes_out_reserve(&out, 10) == 0 && out.off == 0,
	    "room: most is gone, the rest moves");
	is_str(text_of(&out), "ef", "and is the same");
	ok(bytes_out_reserve(&out, 999) == -1 && errno == ENOMEM,
	    "no room: an error");
	buf_add(&out.b, "gh", 2);
	is_str(text_of(&out), "efgh", "after which it can be used");
	bytes_out_drop(&out, 4, 100);
	is_str(text_of(&out), NULL, "out: none again");
	bytes_out_release(&out);
}

static void
test_memory(void)
{
	struct bytes_out	out;
	char			many[900];

	memset(many, 'x', sizeof(many));
	bytes_out_init(&out, 1000);
	buf_add(&out.b, many, sizeof(many));
	bytes_out_drop(&out, sizeof(many), 100);
	ok(out.b.cap >= sizeof(many), "memory: kept while it is used");
	buf_add(&out.b, many, 300);
	bytes_out_drop(&out, 300, 100);
	ok(out.b.cap >= sizeof(many), "memory: kept while some of it is");
	buf_add(&out.b, "beat", 4);
	bytes_out_drop(&out, 4, 100);
	ok(out.b.cap == 0, "memory: back when little of it is");
	buf_add(&out.b, "beat", 4);
	bytes_out_drop(&out, 4, 1000);
	ok(out.b.cap != 0, "memory: a small one is kept");
	bytes_out_release(&out);
}

int
main(void)
{
	test_in();
	test_out();
	test_memory();
	return tap_done();
}
