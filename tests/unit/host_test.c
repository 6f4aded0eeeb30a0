/* host_test.c - hosts as they are written, with and without brackets. */
#include "tap.h"

#include "host.h"

static const struct {
	const char	*name;
	bool		 valid, loopback;
	const char	*text;			/* with port 38813 */
} rows[] = {
	{ "10.0.0.1", true, false, "10.0.0.1:38813" },
	{ "127.0.0.1", true, true, "127.0.0.1:38813" },
	{ "127.255.255.255", true, true, "127.255.255.255:38813" },
	{ "localhost", true, true, "localhost:38813" },
	{ "a.example.org", true, false, "a.example.org:38813" },
	{ "fd00::1", true, false, "[fd00::1]:38813" },
	{ "::1", true, true, "[::1]:38813" },
	{ "fe80::1%eth0", true, false, "[fe80::1%eth0]:38813" },
	{ "", false, false, ":38813" },
	{ "*", false, false, "*:38813" },
	{ "[::1]", false, false, "[[::1]]:38813" },
	{ "10.0.0.300", false, false, "10.0.0.300:38813" },
	{ "a:1", false, false, "[a:1]:38813" },
	{ "a b", false, false, "a b:38813" },
	{ "a]", false, false, "a]:38813" },
	{ "a\n", false, false, "a\n:38813" },
};

int
main(void)
{
	char	text[HOST_TEXT_SIZE], name[2 * CONF_HOST_SIZE];
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(host_valid(rows[i].name), rows[i].valid,
		    "host %zu: whether it is one", i);
		is_int(host_loopback(rows[i].name), rows[i].loopback,
		    "host %zu: whether it is loopback", i);
		ok(strcmp(host_print(text, rows[i].name, 38813),
		    rows[i].text) == 0, "host %zu: as text", i);
	}
	is_str(host_print(text, "a", 0), "a", "port 0 is left out");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ok(!host_valid(name), "too long: not valid");
	(void)host_print(text, name, 65535);
	is_int((intmax_t)strlen(text), CONF_HOST_SIZE - 1 + 6,
	    "too long: cut");
	name[CONF_HOST_SIZE - 1] = '\0';
	ok(host_valid(name), "the longest one");
	return tap_done();
}
