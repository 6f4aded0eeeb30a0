/* pid_test.c - addresses as people write them, both ways. */
#include "tap.h"

#include <errno.h>

#include "pid.h"

#define N21	"n2345678901234567890x"
#define N63	N21 N21 N21

static const struct {
	const char	*text;
	uint64_t	 serial, incarnation, ref;
	const char	*name, *node;
} good[] = {
	{ "12", 12, 0, 0, "", "" },
	{ "12@alpha", 12, 0, 0, "", "alpha" },
	{ "1@a", 1, 0, 0, "", "a" },
	{ "012", 12, 0, 0, "", "" },
	{ "18446744073709551615", UINT64_MAX, 0, 0, "", "" },
	{ "12@alpha#5f3a9c0177e2b410", 12, 0x5f3a9c0177e2b410, 0, "",
	    "alpha" },
	{ "12@alpha#1", 12, 1, 0, "", "alpha" },
	{ "12@alpha#ffffffffffffffff", 12, UINT64_MAX, 0, "", "alpha" },
	{ "12#1", 12, 1, 0, "", "" },
	{ "12@#5f3a9c0177e2b410", 12, 0x5f3a9c0177e2b410, 0, "", "" },
	{ "4@#a!17", 4, 10, 17, "", "" },
	{ "4@alpha!17", 4, 0, 17, "", "alpha" },
	{ "4!17", 4, 0, 17, "", "" },
	{ "4@alpha#a!17", 4, 10, 17, "", "alpha" },
	{ "4@alpha!18446744073709551615", 4, 0, UINT64_MAX, "", "alpha" },
	{ "chat", 0, 0, 0, "chat", "" },
	{ "chat@beta", 0, 0, 0, "chat", "beta" },
	{ "a", 0, 0, 0, "a", "" },
	{ "Chat_2.old-x", 0, 0, 0, "Chat_2.old-x", "" },
	{ N63 "@" N63, 0, 0, 0, N63, N63 },
};

static const char *const bad[] = {
	"", " ", "@", "@alpha", "12@", "12@@a", "12@a@b", "12@1a", "12@-a",
	"0", "0@alpha", "-1", "+1", " 12", "12 ", "12\n", "1x", "0x10", "12@a ",
	"18446744073709551616", "99999999999999999999999",
	"12@alpha#", "12@alpha#0", "12@alpha#g", "12@alpha#A",
	"12@alpha#10000000000000000", "12@alpha##1", "12#", "12@#",
	"12@##1", "12@#0", "@#1", "12@alpha#1#2",
	"4!", "4!0", "4!-1", "4!x", "4!1!2", "4!17@alpha", "4!1#1",
	"4!18446744073709551616",
	"chat!1", "chat@beta!1", "!1", "#1",
	"_a", ".a", "-a", "a b", "a/b", "a:b", "a@b:1", "\xc3\xa4", "a\xc3\xa4",
	"\"a\"", "a\t", "a,b", "a*",
	N63 "x", N63 "x@a", "a@" N63 "x",
};

static void
test_parse(void)
{
	struct address	 a, zero;
	size_t		 i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(address_parse(good[i].text, &a) == 0 &&
		    a.serial == good[i].serial &&
		    a.incarnation == good[i].incarnation &&
		    a.ref == good[i].ref && strcmp(a.name, good[i].name) == 0 &&
		    strcmp(a.node, good[i].node) == 0, "'%s' is an address",
		    good[i].text);
	memset(&zero, 0, sizeof(zero));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&a, 1, sizeof(a));
		errno = 0;
		ok(address_parse(bad[i], &a) == -1 && errno == EINVAL &&
		    memcmp(&a, &zero, sizeof(a)) == 0, "bad one %zu is none",
		    i);
	}
}

static void
test_names(void)
{
	ok(name_valid("a") && name_valid("Z9_.-") && name_valid(N63), "names");
	ok(!name_valid("") && !name_valid("9") && !name_valid("a@") &&
	    !name_valid("a ") && !name_valid(N63 "x"), "no names");
}

static void
test_print(void)
{
	struct pid	 p = { 0x5f3a9c0177e2b410, 12 }, most;
	struct address	 a;
	char		 text[ADDRESS_SIZE], wide[200];

	is_str(pid_print(text, p, "alpha", false, 0), "12@alpha", "short");
	is_str(pid_print(text, p, "alpha", true, 0),
	    "12@alpha#5f3a9c0177e2b410", "full");
	is_str(pid_print(text, p, "alpha", false, 17), "12@alpha!17", "a call");
	is_str(pid_print(text, p, "alpha", true, 17),
	    "12@alpha#5f3a9c0177e2b410!17", "both");
	p.node = 1;
	is_str(pid_print(text, p, "alpha", true, 0),
	    "12@alpha#0000000000000001", "an id has all its digits");

	most = (struct pid){ UINT64_MAX, UINT64_MAX };
	pid_print(text, most, N63, true, UINT64_MAX);
	ok(strlen(text) < ADDRESS_SIZE && address_parse(text, &a) == 0 &&
	    a.serial == UINT64_MAX && a.incarnation == UINT64_MAX &&
	    a.ref == UINT64_MAX && strcmp(a.node, N63) == 0,
	    "the longest is whole, and parses again");
	memset(wide, 'w', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	pid_print(text, most, wide, true, UINT64_MAX);
	ok(memchr(text, '\0', ADDRESS_SIZE) != NULL, "no node is too long");
}

static void
test_equal(void)
{
	ok(pid_equal((struct pid){ 1, 2 }, (struct pid){ 1, 2 }), "equal");
	ok(!pid_equal((struct pid){ 1, 2 }, (struct pid){ 2, 2 }) &&
	    !pid_equal((struct pid){ 1, 2 }, (struct pid){ 1, 1 }),
	    "not equal");
	ok(pid_none((struct pid){ 5, 0 }) && !pid_none((struct pid){ 0, 1 }),
	    "serial 0 is nobody");
}

int
main(void)
{
	test_parse();
	test_names();
	test_print();
	test_equal();
	return tap_done();
}
