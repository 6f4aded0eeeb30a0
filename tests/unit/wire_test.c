/* wire_test.c - the table of frames, and headers to and from bytes. */
#include "tap.h"

#include <stdlib.h>

#include "wire.h"

#define X(name, num, least, most, who, body)				\
	{ #name, num, least, most, who, body },
static const struct {
	const char	*name;
	unsigned int	 num;
	uint32_t	 least, most;
	unsigned int	 who;
	const char	*body;
} rows[] = { WIRE_OPS(X) };
#undef X
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static void
test_table(void)
{
	const struct wire_rule	*r;
	const char		*wrong = NULL;
	size_t			 i, named = 0;

	for (i = 0; i < NROWS; i++) {
		r = wire_rule(rows[i].num);
		if (i > 0 && rows[i].num <= rows[i - 1].num)
			wrong = "numbers do not rise";
		if (rows[i].num == 0 || rows[i].num >= WIRE_OP_LIMIT)
			wrong = "a number is out of its range";
		if (rows[i].least > rows[i].most)
			wrong = "more is the least than the most";
		if (rows[i].most != WIRE_NO_MAX &&
		    rows[i].most > WIRE_MAX - WIRE_HEAD)
			wrong = "a bound is above the largest frame";
		if (rows[i].who == 0)
			wrong = "nobody may send it";
		if ((rows[i].who & (WIRE_O | WIRE_P)) != 0 &&
		    (rows[i].num < 100 || (rows[i].who & WIRE_DATA) != 0))
			wrong = "an order among the frames of workers";
		if (r->name == NULL || strcmp(r->name, rows[i].name) != 0 ||
		    r->least != rows[i].least || r->most != rows[i].most ||
		    r->who != rows[i].who)
			wrong = "its rule says something else";
		if (rows[i].least == 0 && rows[i].most == 0 &&
		    rows[i].body[0] != '\0' && strstr(rows[i].body,
		    "descriptor") == NULL)
			wrong = "it has a body and no length";
		if (wrong != NULL)
			break;
	}
	if (!ok(wrong == NULL, "each row of WIRE_OPS makes sense"))
		note("%s: %s", rows[i].name, wrong);
	for (i = 0; i < 1000; i++)
		named += wire_rule((unsigned int)i)->name != NULL;
	is_int((intmax_t)named, NROWS, "no other number has a rule");
}

static void
test_bytes(void)
{
	static const uint8_t	 want[WIRE_HEAD] = { 1, 2, 3, 4, 10, 5, 0, 0,
	    0x11, 0, 0, 0, 0, 0, 0, 0x12, 0x21, 0, 0, 0, 0, 0, 0, 0x22,
	    0x31, 0, 0, 0, 0, 0, 0, 0x32, 0x41, 0, 0, 0, 0, 0, 0, 0x42,
	    0x51, 0, 0, 0, 0, 0, 0, 0x52 };
	const struct wire_head	 h = { 0x01020304, 10, 5,
	    { 0x1100000000000012, 0x2100000000000022 },
	    { 0x3100000000000032, 0x4100000000000042 }, 0x5100000000000052 };
	struct wire_head	 again;
	uint8_t			 p[WIRE_HEAD];

	memset(p, 0xff, sizeof(p));
	wire_put(p, &h);
	ok(memcmp(p, want, sizeof(p)) == 0, "a header as bytes");
	wire_get(&again, p);
	ok(again.len == h.len && again.op == h.op && again.flags == h.flags &&
	    pid_equal(again.to, h.to) && pid_equal(again.from, h.from) &&
	    again.ref == h.ref, "and back");
}

static const struct {
	const char	*name;
	uint32_t	 len;
	unsigned int	 op, who;
	const char	*why;
} checks[] = {
	{ "a good one", 58, WIRE_SEND, WIRE_W, NULL },
	{ "the largest", 1000, WIRE_SEND, WIRE_G, NULL },
	{ "larger", 1001, WIRE_SEND, WIRE_W, "longer than max-message" },
	{ "the greatest length", UINT32_MAX, WIRE_SEND, WIRE_W,
	    "longer than max-message" },
	{ "no length", 0, WIRE_SEND, WIRE_W, "shorter than its header" },
	{ "half a header", 47, WIRE_BYE, WIRE_G, "shorter than its header" },
	{ "only a header", 48, WIRE_BYE, WIRE_G, NULL },
	{ "a short body", 57, WIRE_SEND, WIRE_W, "body too short" },
	{ "a long body", 48 + 64, WIRE_REGISTER, WIRE_W, "body too long" },
	{ "as long as may be", 48 + 63, WIRE_REGISTER, WIRE_W, NULL },
	{ "no operation", 48, 0, WIRE_W, "unknown operation" },
	{ "an unknown one", 48, 127, WIRE_W, "unknown operation" },
	{ "one above all", 48, 255, WIRE_W, "unknown operation" },
	{ "of another sender", 48, WIRE_TAKE, WIRE_W,
	    "not an operation for this sender" },
	{ "of no sender", 48, WIRE_BYE, 0,
	    "not an operation for this sender" },
};

static void
test_check(void)
{
	struct wire_head	 h;
	size_t			 i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		h = (struct wire_head){ .len = checks[i].len,
		    .op = (uint8_t)checks[i].op };
		is_str(wire_check(&h, checks[i].who, 1000), checks[i].why,
		    "%s", checks[i].name);
	}
}

/* The row of docs/wire.md, as scripts/wire_doc.c writes it. */
static void
document_row(size_t i, char *row, size_t cap)
{
	static const char	letters[] = "WAGROPN";
	char			who[16] = "", most[16] = "";
	size_t			k, n = 0;

	for (k = 0; letters[k] != '\0'; k++)
		if ((rows[i].who & 1u << k) != 0) {
			who[n++] = letters[k];
			who[n++] = ' ';
		}
	if (rows[i].most != WIRE_NO_MAX)
		(void)snprintf(most, sizeof(most), "%u ", rows[i].most);
	(void)snprintf(row, cap, "\n| %u | %s | %s| %u | %s| %s |\n",
	    rows[i].num, rows[i].name, who, rows[i].least, most,
	    rows[i].body);
}

static void
test_document(void)
{
	FILE	*f = fopen("docs/wire.md", "r");
	char	 text[32768], row[1024];
	size_t	 n, i;

	if (!ok(f != NULL, "docs/wire.md is there"))
		return;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	for (i = 0; i < NROWS; i++) {
		document_row(i, row, sizeof(row));
		if (strstr(text, row) == NULL)
			break;
	}
	if (!ok(i == NROWS, "docs/wire.md is as the table is"))
		note("not %s; make docs/wire.md", rows[i].name);
}

int
main(void)
{
	test_table();
	test_bytes();
	test_check();
	test_document();
	return tap_done();
}
