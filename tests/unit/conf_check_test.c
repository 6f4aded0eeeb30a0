/*
 * conf_check_test.c - the rules between settings of the network.
 */
#include "conf_check.h"
#include "conf_help.h"

static const struct {
	const char	*text;		/* of [node] */
	const char	*told;		/* begins so; NULL: nothing */
} cases[] = {
	/* who may connect */
	{ "listen = none", NULL },
	{ "listen = 127.0.0.1:0", NULL },
	{ "listen = 127.8.9.1:38813", NULL },
	{ "listen = localhost:38813", NULL },
	{ "listen = [::1]:38813", NULL },
	{ "listen = [::ffff:127.0.0.1]:1", NULL },
	{ "listen = 0.0.0.0:38813", "2: listen: 0.0.0.0 is not loopback: a "
	  "key-file is needed, the same on all nodes; scripts/gen-key makes "
	  "one\n" },
	{ "listen = *:38813", "2: listen: * is not loopback: " },
	{ "listen = [::]:38813", "2: listen: :: is not loopback: " },
	{ "listen = alpha:38813", "2: listen: alpha is not loopback: " },
	{ "listen = [::ffff:10.0.0.1]:1", "2: listen: ::ffff:10.0.0.1 is " },
	{ "key-file = /k\nlisten = *:38813", NULL },
	{ "key-file = /k\nlisten = alpha:38813", NULL },
	{ "key-file = /k", NULL },

	/* settings that nothing would read */
	{ "known-hosts = a", "2: known-hosts: without listen there is no "
	  "network: give listen" },
	{ "advertise = a:1", "2: advertise: without listen " },
	{ "dns-name = a", "2: dns-name: without listen " },
	{ "discover = broadcast", "2: discover: without listen " },
	{ "discover = static", NULL },
	{ "peer-timeout = 1s", NULL },
	{ "listen = [::1]:1\nknown-hosts = a\nadvertise = a", NULL },
	{ "listen = [::1]:1\ndiscover = broadcast\nknown-hosts = a",
	  "4: known-hosts: is of use only with static in discover\n" },
	{ "listen = [::1]:1\ndns-name = a",
	  "3: dns-name: is of use only with dns in discover\n" },
	{ "listen = [::1]:1\ndiscover = dns",
	  "3: discover: dns needs a dns-name\n" },
	{ "listen = [::1]:1\ndiscover = dns broadcast\ndns-name = a", NULL },

	/* sizes and times */
	{ "link-window = 127K", "2: link-window: too small, at least 128K" },
	{ "link-window = 128K", NULL },		/* below max-message */
	{ "link-reserve = 63K", "2: link-reserve: too small, at least 64K" },
	{ "peer-timeout = 99ms", "2: peer-timeout: too small, at least 100ms" },
};

static void
test_network(void)
{
	struct told	 told;
	struct conf	*c;
	char		 text[256], want[256], title[256], *p;
	bool		 held;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "[node]\n%s\n", cases[i].text);
		snprintf(title, sizeof(title), "%s", cases[i].text);
		for (p = title; (p = strchr(p, '\n')) != NULL; )
			*p = ',';
		c = parse(text, &told);
		if (cases[i].told == NULL)
			held = c != NULL && told.lines == 0;
		else {
			snprintf(want, sizeof(want), "text:%s", cases[i].told);
			held = c == NULL && told.lines == 1 &&
			    strncmp(told.text, want, strlen(want)) == 0;
		}
		if (!ok(held, "%s: %s", cases[i].told != NULL ? "refused" :
		    "allowed", title))
			note("told %s", told.text);
		conf_free(c);
	}
}

/* All of the network is built: nothing of it is told of as missing. */
static void
test_built(void)
{
	struct told		 told;
	struct conf_sink	 sink = { .say = told_say, .ctx = &told };
	struct conf		*c = parse("[node]\ncluster = c\n"
	    "listen = 127.0.0.1:1\nadvertise = a\nkey-file = /k\n"
	    "discover = static dns broadcast\nknown-hosts = b\n"
	    "discovery-port = 2\ndns-name = d\ndns-interval = 1s\n"
	    "peer-timeout = 1s\nlink-window = 1M\nlink-reserve = 1M\n"
	    "[program p]\ncallers = A\n[worker w]\nprogram = p\nroles = A\n"
	    "restart = temporary\n", &told);

	if (!ok(c != NULL, "every setting of the network: %s", told.text))
		return;
	conf_unsupported(c, &sink);
	is_str(told.text, "", "every setting of the network has an effect");
	conf_free(c);
}

int
main(void)
{
	test_network();
	test_built();
	return tap_done();
}
