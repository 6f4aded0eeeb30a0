/* buf_test.c - bytes written within a bound, read without overrun. */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#include "buf.h"

static void
test_write(void)
{
	struct buf	b;
	const uint8_t	want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
			    14, 15, 2, 'h', 'i', 0, 1, 'x', 'y' };

	buf_init(&b, 1000);
	buf_add_u8(&b, 0x01);
	buf_add_u16(&b, 0x0203);
	buf_add_u32(&b, 0x04050607);
	buf_add_u64(&b, 0x08090a0b0c0d0e0f);
	buf_add_str8(&b, "hi");
	buf_add_str16(&b, "x");
	buf_add(&b, "y", 1);
	buf_add(&b, NULL, 0);
	ok(b.error == 0 && b.len == sizeof(want) &&
	    memcmp(b.p, want, sizeof(want)) == 0, "all kinds, big-endian");
	buf_reset(&b);
	ok(b.len == 0 && b.cap > 0, "reset keeps the memory");
	buf_release(&b);
	ok(b.p == NULL && b.max == 1000, "released, it can be used again");
	buf_add_u8(&b, 1);
	is_int((intmax_t)b.len, 1, "as it is here");
	buf_release(&b);
}

static void
test_bound(void)
{
	struct buf	b;
	char		text[70000];
	size_t		i;

	buf_init(&b, 10);
	buf_add(&b, "0123456789", 10);
	is_int(b.error, 0, "as much as the bound");
	buf_add(&b, "", 0);
	is_int(b.error, 0, "nothing more still fits");
	buf_add_u8(&b, 1);
	is_int(b.error, EMSGSIZE, "a byte more does not");
	ok(b.len == 10 && memcmp(b.p, "0123456789", 10) == 0,
	    "what is there stays");
	buf_reset(&b);
	buf_add_u8(&b, 1);
	ok(b.error == 0 && b.len == 1, "after a reset it does");
	ok(buf_room(&b, SIZE_MAX) == NULL && b.error == EMSGSIZE,
	    "the greatest length does not wrap");
	buf_add_u8(&b, 2);
	is_int((intmax_t)b.len, 1, "an error sticks");
	buf_release(&b);

	memset(text, 'x', sizeof(text));
	buf_init(&b, 1 << 20);
	text[256] = '\0';
	buf_add_str8(&b, text);
	is_int(b.error, EMSGSIZE, "256 bytes are no str8");
	is_int((intmax_t)b.len, 0, "and not cut");
	buf_reset(&b);
	text[255] = '\0';
	buf_add_str8(&b, text);
	ok(b.error == 0 && b.len == 256, "255 are");
	text[255] = text[256] = 'x';
	text[65536] = '\0';
	buf_add_str16(&b, text);
	is_int(b.error, EMSGSIZE, "65536 bytes are no str16");
	buf_reset(&b);
	text[65535] = '\0';
	buf_add_str16(&b, text);
	ok(b.error == 0 && b.len == 65537, "65535 are");
	buf_release(&b);

	buf_init(&b, 100000);
	for (i = 0; i < 100000; i++)
		buf_add_u8(&b, (unsigned int)i & 0xff);
	for (i = 0; i < 100000 && b.p[i] == (i & 0xff); i++)
		;
	is_int((intmax_t)i, 100000, "it grows, and what is in it stays");
	is_int((intmax_t)b.cap, 100000, "not beyond its bound");
	buf_release(&b);
}

static void
test_read(void)
{
	const uint8_t	bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
			    14, 15, 2, 'h', 'i', 0, 1, 'x' };
	struct rd	r;
	char		text[8];
	uint8_t		*p;
	size_t		n;
	bool		good;

	rd_init(&r, bytes, sizeof(bytes));
	ok(rd_u8(&r) == 0x01 && rd_u16(&r) == 0x0203 &&
	    rd_u32(&r) == 0x04050607 && rd_u64(&r) == 0x08090a0b0c0d0e0f,
	    "numbers");
	rd_str8(&r, text, sizeof(text));
	is_str(text, "hi", "str8");
	ok(!rd_done(&r), "not yet at the end");
	rd_str16(&r, text, sizeof(text));
	is_str(text, "x", "str16");
	ok(rd_done(&r), "at the end");
	ok(rd_u8(&r) == 0 && r.bad && !rd_done(&r), "nothing is behind it");

	/* Cut anywhere: bad, and never beyond the last byte. */
	for (n = 0, good = true; n < sizeof(bytes); n++) {
		p = malloc(n == 0 ? 1 : n);
		memcpy(p, bytes, n);
		rd_init(&r, p, n);
		(void)rd_u8(&r);
		(void)rd_u16(&r);
		(void)rd_u32(&r);
		(void)rd_u64(&r);
		rd_str8(&r, text, sizeof(text));
		rd_str16(&r, text, sizeof(text));
		good = good && r.bad && !rd_done(&r) && text[0] == '\0';
		free(p);
	}
	ok(good, "cut short at any place it is bad");
}

static void
test_read_strings(void)
{
	static const struct {
		const char	*name, *bytes;
		size_t		 n;
		bool		 bad;
		const char	*want;
	} rows[] = {
		{ "an empty string", "\0", 1, false, "" },
		{ "as long as its place", "\3abc", 4, false, "abc" },
		{ "longer than its place", "\4abcd", 5, true, "" },
		{ "longer than its bytes", "\3ab", 3, true, "" },
		{ "the greatest length", "\377ab", 3, true, "" },
		{ "a NUL inside", "\3a\0c", 4, true, "" },
		{ "a NUL at the end", "\2a\0", 3, true, "" },
		{ "nothing", "", 0, true, "" },
	};
	struct rd	r;
	char		text[4];
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(text, 'x', sizeof(text));
		rd_init(&r, rows[i].bytes, rows[i].n);
		rd_str8(&r, text, sizeof(text));
		ok(r.bad == rows[i].bad && memchr(text, '\0',
		    sizeof(text)) != NULL && strcmp(text, rows[i].want) == 0,
		    "%s", rows[i].name);
	}
	rd_init(&r, "ab", 2);
	ok(rd_take(&r, 3) == NULL && rd_take(&r, 1) == NULL && r.bad,
	    "bad once is bad for good");
	rd_init(&r, "ab", 2);
	ok(rd_take(&r, SIZE_MAX) == NULL && r.bad, "no length wraps");
	rd_init(&r, NULL, 0);
	ok(rd_done(&r) && rd_take(&r, 0) == NULL, "no bytes at all");
}

static void
test_fixed(void)
{
	uint8_t	p[8];

	put_u32(p, 0xfffefdfc);
	ok(p[0] == 0xff && p[3] == 0xfc && get_u32(p) == 0xfffefdfc, "u32");
	put_u64(p, 0x8001020304050607);
	ok(p[0] == 0x80 && p[7] == 7 && get_u64(p) == 0x8001020304050607,
	    "u64");
}

int
main(void)
{
	test_write();
	test_bound();
	test_read();
	test_read_strings();
	test_fixed();
	return tap_done();
}
