/* announce_test.c - the bytes of an announcement, and what is none. */
#include "tap.h"

#include <stdlib.h>

#include "announce.h"

static const struct announce	 sample = {
	.kind = ANNOUNCE_HERE, .node = 0x0102030405060708, .port = 38813,
	.name = "alpha", .role = "WORKER", .host = "10.0.0.1",
	.tag = { "0123456789abcde" }
};
static const struct announce_tag tags[] = {
	{ "fedcba987654321" }, { "0123456789abcde" }
};

/* Offsets in it. */
enum { MAGIC = 0, VERSION = 4, KIND = 6, ZERO = 7, TAG = 8, NODE = 24,
    PORT = 32, NAME = 34, ROLE = NAME + 6, HOST = ROLE + 7, END = HOST + 9 };

static enum announce_result
reads(struct announce *a, const void *p, size_t n)
{
	/* Memory of that very size: a sanitizer sees what is read beyond. */
	void			*copy = malloc(n > 0 ? n : 1);
	enum announce_result	 r;

	if (n > 0)
		memcpy(copy, p, n);
	r = announce_read(a, copy, n, tags, 2);
	free(copy);
	return r;
}

static void
test_layout(void)
{
	static const uint8_t	want[] =
	    "brda" "\0\1" "\1" "\0" "0123456789abcde\0"
	    "\1\2\3\4\5\6\7\10" "\x97\x9d" "\5alpha" "\6WORKER" "\10"
	    "10.0.0.1";
	uint8_t			p[ANNOUNCE_MAX];

	is_int((intmax_t)announce_write(p, &sample), END, "its length");
	is_int((intmax_t)sizeof(want) - 1, END, "as it is documented");
	ok(memcmp(p, want, END) == 0, "its bytes");
}

static void
test_round_trip(void)
{
	struct announce	a = sample, b;
	uint8_t		p[ANNOUNCE_MAX];
	size_t		n;

	a.kind = ANNOUNCE_QUESTION;
	memset(a.name, 'n', NAME_SIZE - 1);
	memset(a.role, 'r', NAME_SIZE - 1);
	memset(a.host, 'h', CONF_HOST_SIZE - 1);
	n = announce_write(p, &a);
	ok(n > 0 && n <= ANNOUNCE_MAX, "the longest fits: %zu", n);
	is_int(reads(&b, p, n), ANNOUNCE_GOOD, "and reads");
	ok(b.kind == a.kind && b.node == a.node && b.port == a.port &&
	    strcmp(b.name, a.name) == 0 && strcmp(b.role, a.role) == 0 &&
	    strcmp(b.host, a.host) == 0, "as it was written");
	a.host[0] = '\0';
	n = announce_write(p, &a);
	is_int(reads(&b, p, n), ANNOUNCE_GOOD, "without an address");
	is_str(b.host, "", "it is the packet's");
	(void)snprintf(a.host, sizeof(a.host), "fd00::1");
	n = announce_write(p, &a);
	is_int(reads(&b, p, n), ANNOUNCE_GOOD, "with one of IPv6");
	is_str(b.host, "fd00::1", "without brackets");
}

static void
test_lengths(void)
{
	static const struct announce	zero;
	struct announce			a;
	uint8_t				p[2 * ANNOUNCE_MAX] = { 0 };
	size_t				n, i, wrong = 0;

	n = announce_write(p, &sample);
	for (i = 0; i < n; i++)
		if (reads(&a, p, i) != ANNOUNCE_MALFORMED ||
		    memcmp(&a, &zero, sizeof(a)) != 0)
			wrong++;
	is_int((intmax_t)wrong, 0, "cut anywhere: malformed, and nothing told");
	is_int(reads(&a, p, n + 1), ANNOUNCE_MALFORMED, "with a byte more");
	is_int(reads(&a, p, ANNOUNCE_MAX), ANNOUNCE_MALFORMED, "much longer");
	is_int(reads(&a, p, ANNOUNCE_MAX + 1), ANNOUNCE_OVERSIZE, "too long");
	is_int(announce_read(&a, p, 65507, tags, 2), ANNOUNCE_OVERSIZE,
	    "too long: what is not there is not read");
}

static const struct {
	const char		*what;
	size_t			 at, n;
	const char		*bytes;
	enum announce_result	 want;
} changes[] = {
	{ "as it is", MAGIC, 1, "b", ANNOUNCE_GOOD },
	{ "another magic", MAGIC, 1, "B", ANNOUNCE_MALFORMED },
	{ "version 0", VERSION, 2, "\0\0", ANNOUNCE_FOREIGN },
	{ "version 2", VERSION, 2, "\0\2", ANNOUNCE_FOREIGN },
	{ "kind 0", KIND, 1, "\0", ANNOUNCE_MALFORMED },
	{ "kind 2", KIND, 1, "\2", ANNOUNCE_GOOD },
	{ "kind 3", KIND, 1, "\3", ANNOUNCE_MALFORMED },
	{ "not 0 where 0 is", ZERO, 1, "\1", ANNOUNCE_MALFORMED },
	{ "the other tag", TAG, 16, "fedcba987654321", ANNOUNCE_GOOD },
	{ "a tag that differs in its last bit", TAG + 15, 1, "\1",
	  ANNOUNCE_FOREIGN },
	{ "node id 0", NODE, 8, "\0\0\0\0\0\0\0\0", ANNOUNCE_MALFORMED },
	{ "port 0", PORT, 2, "\0\0", ANNOUNCE_MALFORMED },
	{ "no name", NAME, 6, "\5" "9lpha", ANNOUNCE_MALFORMED },
	{ "a NUL in the name", NAME, 6, "\5" "al\0ha", ANNOUNCE_MALFORMED },
	{ "a longer name than there are bytes", NAME, 1, "\377",
	  ANNOUNCE_MALFORMED },
	{ "an empty name", NAME, 1, "\0", ANNOUNCE_MALFORMED },
	{ "no role", ROLE, 7, "\6" "W RKER", ANNOUNCE_MALFORMED },
	{ "an address with a blank", HOST + 1, 8, "10.0 0.1",
	  ANNOUNCE_MALFORMED },
	{ "an address that is none", HOST + 1, 8, "10.0.300",
	  ANNOUNCE_MALFORMED },
	{ "an address with a port", HOST + 1, 8, "10.0.0:1",
	  ANNOUNCE_MALFORMED },
	{ "a bracket", HOST + 1, 8, "[fd::12]", ANNOUNCE_MALFORMED },
	{ "stars", HOST + 1, 8, "********", ANNOUNCE_MALFORMED },
	{ "a shorter address", HOST, 1, "\7", ANNOUNCE_MALFORMED },
	{ "a foreign tag goes before what else is wrong", TAG, 28,
	  "................\0\0\0\0\0\0\0\0\0\0\0", ANNOUNCE_FOREIGN },
};

static void
test_changes(void)
{
	struct announce	a;
	uint8_t		p[ANNOUNCE_MAX];
	size_t		n, i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		n = announce_write(p, &sample);
		memcpy(p + changes[i].at, changes[i].bytes, changes[i].n);
		is_int(reads(&a, p, n), changes[i].want, "%s", changes[i].what);
	}
	is_int(announce_read(&a, p, n, tags, 0), ANNOUNCE_FOREIGN,
	    "without any tag all is foreign");
	is_int(reads(&a, "pid://host:1/7/", 15), ANNOUNCE_MALFORMED,
	    "what others send to this port");
}

static void
test_not_written(void)
{
	struct announce	a;
	uint8_t		p[ANNOUNCE_MAX];

	a = sample, a.port = 0;
	is_int((intmax_t)announce_write(p, &a), 0, "port 0 is not written");
	a = sample, a.node = 0;
	is_int((intmax_t)announce_write(p, &a), 0, "nor id 0");
	a = sample, a.name[0] = '\0';
	is_int((intmax_t)announce_write(p, &a), 0, "nor no name");
	a = sample, a.host[0] = '[';
	is_int((intmax_t)announce_write(p, &a), 0, "nor a bracket");
}

int
main(void)
{
	test_layout();
	test_round_trip();
	test_lengths();
	test_changes();
	test_not_written();
	return tap_done();
}
