/* conf_value_test.c - each type of setting: what reads, and how it prints. */
#include "tap.h"

#include <stdlib.h>

#include "conf_host.h"
#include "conf_table.h"

/* --- the table --- */

static void
test_table(void)
{
	const struct conf_kind_info	*info;
	const struct conf_key		*k;
	char				 why[CONF_WHY_SIZE], *text;
	_Alignas(16) char		 section[sizeof(struct conf_node)];
	void				*field;
	size_t				 i;

	for (info = conf_kinds; info < conf_kinds + CONF_NKINDS; info++)
		for (i = 0; i < info->nkeys; i++) {
			k = &info->keys[i];
			memset(section, 0, sizeof(section));
			field = section + k->offset;
			is_int(conf_value_parse(k, k->initial, field, why), 0,
			    "[%s] %s: its default reads", info->name, k->name);
			text = conf_value_text(k, field);
			is_str(text, k->initial, "[%s] %s: its default prints "
			    "as it stands", info->name, k->name);
			free(text);
			conf_value_release(k, field);
			ok(k->help[strlen(k->help) - 1] == '.',
			    "[%s] %s: is explained", info->name, k->name);
		}
}

/* --- values --- */

static const struct {
	const char	*key, *in;
	const char	*want;		/* as it prints; NULL: an error */
	const char	*why;		/* part of it */
} node_values[] = {
	{ "name", "alpha", "alpha", NULL },
	{ "name", "\"alpha\"", "alpha", NULL },
	{ "name", "a.b-c_D9", "a.b-c_D9", NULL },
	{ "name", "", "", NULL },
	{ "name", "9a", NULL, "no name" },
	{ "name", "a b", NULL, "no name" },
	{ "name", "a@b", NULL, "no name" },
	{ "name", "a\nb", NULL, "control character" },
	{ "role", "", NULL, "no value (without the line it is NODE)" },
	{ "peer-timeout", "5s", "5s", NULL },
	{ "peer-timeout", "5000ms", "5s", NULL },
	{ "peer-timeout", "5000000us", "5s", NULL },
	{ "peer-timeout", "250ms", "250ms", NULL },
	{ "peer-timeout", "60s", "1m", NULL },
	{ "peer-timeout", "90s", "90s", NULL },
	{ "peer-timeout", "60m", "1h", NULL },
	{ "peer-timeout", "5", NULL, "the unit is missing" },
	{ "peer-timeout", "5 s", NULL, "unknown unit ' s'" },
	{ "peer-timeout", "5d", NULL, "unknown unit 'd'" },
	{ "peer-timeout", "-5s", NULL, "not a time" },
	{ "peer-timeout", "s", NULL, "not a time" },
	{ "peer-timeout", "1.5s", NULL, "unknown unit '.5s'" },
	{ "peer-timeout", "99ms", NULL, "too small, at least 100ms" },
	{ "peer-timeout", "0", NULL, "too small" },
	{ "peer-timeout", "2h", NULL, "too large, at most 1h" },
	{ "peer-timeout", "9999999999999999h", NULL, "too large" },
	{ "peer-timeout", "99999999999999999999999999999999999999s", NULL,
	    "not a time" },
	{ "spin", "0", "0", NULL },
	{ "spin", "0us", "0", NULL },
	{ "spin", "50us", "50us", NULL },
	{ "max-message", "16M", "16M", NULL },
	{ "max-message", "16384K", "16M", NULL },
	{ "max-message", "1048576", "1M", NULL },
	{ "max-message", "1000000", "1000000", NULL },
	{ "max-message", "16MB", NULL, "unknown unit 'MB'" },
	{ "max-message", "16m", NULL, "unknown unit 'm'" },
	{ "max-message", "-1", NULL, "not a size" },
	{ "max-message", "K", NULL, "not a size" },
	{ "max-message", "1K", NULL, "too small, at least 4K" },
	{ "max-message", "2G", NULL, "too large, at most 16M" },
	{ "max-message", "99999999999999999999999G", NULL, "too large" },
	{ "max-message", "18446744073709551616", NULL, "too large" },
	{ "discovery-port", "1", "1", NULL },
	{ "discovery-port", "65536", NULL, "too large, a number from 1" },
	{ "discovery-port", "0", NULL, "too small" },
	{ "discovery-port", "1x", NULL, "invalid" },
	{ "log", "stderr", "stderr", NULL },
	{ "log", "/var/log/brood log", "\"/var/log/brood log\"", NULL },
	{ "log", "\"/a \\\"b\\\\\"", "\"/a \\\"b\\\\\"", NULL },
	{ "log", "brood.log", NULL, "neither stderr nor syslog" },
	{ "log-level", "debug", "debug", NULL },
	{ "log-level", "loud", NULL, "not one of: error warn info debug" },
	{ "log-level", "in", NULL, "not one of" },
	{ "listen", "none", "none", NULL },
	{ "listen", "127.0.0.1:0", "127.0.0.1:0", NULL },
	{ "listen", "[::1]:38813", "[::1]:38813", NULL },
	{ "listen", "localhost:38813", "localhost:38813", NULL },
	{ "listen", "*:38813", "\"*:38813\"", NULL },
	{ "listen", "*", NULL, "the port is missing" },
	{ "listen", "*.example.org:1", NULL, "a character that no name has" },
	{ "listen", "127.0.0.1", NULL, "the port is missing" },
	{ "listen", "127.0.0.1:x", NULL, "the port is not a number" },
	{ "listen", "127.0.0.1:65536", NULL, "0 to 65535" },
	{ "listen", "127.0.0.1:-1", NULL, "the port is not a number" },
	{ "listen", "127.0.0.256:1", NULL, "no IPv4 address" },
	{ "listen", "::1:38813", NULL, "stands in brackets" },
	{ "listen", "[::1", NULL, "a ] is missing" },
	{ "listen", "[::x]:1", NULL, "no IPv6 address" },
	{ "listen", "[::1]1", NULL, "after the closing ]" },
	{ "listen", ":1", NULL, "the host is missing" },
	{ "listen", "a/b:1", NULL, "a character that no name has" },
	{ "advertise", "alpha.example.org", "alpha.example.org", NULL },
	{ "advertise", "[fe80::1%eth0]:5", "[fe80::1%eth0]:5", NULL },
	{ "advertise", "alpha:0", NULL, "port 0" },
	{ "advertise", "*:38813", NULL, "none that can be dialled" },
	{ "advertise", "[::]:38813", NULL, "none that can be dialled" },
	{ "known-hosts", "a 0.0.0.0", NULL, "0.0.0.0: all addresses" },
	{ "known-hosts", " a  b:1\t[::1]:2 ", "a b:1 [::1]:2", NULL },
	{ "known-hosts", "a b:x", NULL, "b:x: the port" },
	{ "discover", "broadcast", "broadcast", NULL },
	{ "discover", "static  broadcast", "broadcast static", NULL },
	{ "discover", "static etcd", NULL, "'etcd' is not one of" },
	{ "discover", "", NULL, "no value" },
	{ "user", "www-data", "www-data", NULL },
	{ "user", "a b", NULL, "not a word" },
	{ "key-file", "keys", NULL, "not an absolute path" },
	{ "relay-restarts", "5/60s", "5/60s", NULL },
	{ "relay-restarts", "0/5m", "0/5m", NULL },
	{ "relay-restarts", "5", NULL, "such as 5/60s" },
	{ "relay-restarts", "5/", NULL, "not a time" },
	{ "relay-restarts", "/60s", NULL, "such as 5/60s" },
	{ "relay-restarts", "5/60", NULL, "the unit is missing" },
	{ "relay-restarts", "5000/60s", NULL, "the count is too large" },
	{ "relay-restarts", "5/25h", NULL, "within 1ms and 24h" },
	{ "relay-restarts", "5/0", NULL, "within 1ms and 24h" },
}, program_values[] = {
	{ "args", "a  b\tc", "a b c", NULL },
	{ "args", "\"a b\" c", "\"a b\" c", NULL },
	{ "args", "\"a # b\"", "\"a # b\"", NULL },
	{ "args", "'a b' c\\ d", "\"a b\" \"c d\"", NULL },
	{ "args", "\"\" ''", "\"\" \"\"", NULL },
	{ "args", "a\"b c\"'d e'", "\"ab cd e\"", NULL },
	{ "args", "\"a\\\"b\" \\\"c", "\"a\\\"b\" \"\\\"c\"", NULL },
	{ "args", "\"a\\b\\\\c\\$d\"", "\"a\\\\b\\\\c$d\"", NULL },
	{ "args", "$HOME ~ *", "$HOME \"~\" \"*\"", NULL },
	{ "args", "'a b", NULL, "a single quote is missing" },
	{ "args", "a \\", NULL, "a backslash at the end" },
	{ "environment", "A=1 _b2='x y' C=", "A=1 \"_b2=x y\" C=", NULL },
	{ "environment", "1=2", NULL, "'1=2' is not NAME=VALUE" },
	{ "environment", "A", NULL, "'A' is not NAME=VALUE" },
	{ "environment", "BROOD_FD=4", NULL, "are set by broodd" },
	{ "callers", "MASTER WORKER", "MASTER WORKER", NULL },
	{ "callers", "\"MASTER WORKER\"", "MASTER WORKER", NULL },
	{ "callers", "MASTER,WORKER", NULL, "no name" },
	{ "supplementary-groups", "a 1000", "a 1000", NULL },
	{ "umask", "077", "077", NULL },
	{ "umask", "7", "007", NULL },
	{ "umask", "0022", "022", NULL },
	{ "umask", "1000", NULL, "not an octal number up to 0777" },
	{ "umask", "8", NULL, "not an octal number" },
	{ "no-new-privs", "no", "no", NULL },
	{ "no-new-privs", "true", "yes", NULL },
	{ "no-new-privs", "2", NULL, "neither yes nor no" },
	{ "nice", "-20", "-20", NULL },
	{ "nice", "20", NULL, "a number from -20 to 19" },
	{ "rlimit-nofile", "1024", "1024", NULL },
	{ "rlimit-core", "unlimited", "unlimited", NULL },
	{ "rlimit-core", "0", "0", NULL },
	{ "rlimit-core", "", "", NULL },
	{ "rlimit-as", "1G", "1G", NULL },
	{ "rlimit-as", "many", NULL, "not a size" },
	{ "stderr", "separate", "separate", NULL },
	{ "stop-timeout", "0", "0", NULL },
}, worker_values[] = {
	{ "stop-signal", "TERM", "TERM", NULL },
	{ "stop-signal", "SIGHUP", "HUP", NULL },
	{ "stop-signal", "STOP", NULL, "not a signal that can stop" },
	{ "watchdog", "", "", NULL },
	{ "watchdog", "3s", "3s", NULL },
	{ "watchdog", "0", "", NULL },
	{ "restart", "transient", "transient", NULL },
	{ "notification-fd", "3", NULL, "a number from 4 to 9" },
};

static void
check_value(enum conf_kind kind, const char *key, const char *in,
    const char *want, const char *why_part)
{
	const struct conf_key		*k = conf_table_find(kind, key);
	_Alignas(16) char		 section[sizeof(struct conf_node)] = "";
	char				 why[CONF_WHY_SIZE] = "", *text;
	void				*field = section + k->offset;
	int				 rc;

	conf_value_parse(k, k->initial, field, why);
	rc = conf_value_parse(k, in, field, why);
	text = conf_value_text(k, field);
	if (want != NULL) {
		is_int(rc, 0, "%s = %s: is good", key, in);
		is_str(text, want, "%s = %s: prints", key, in);
	} else {
		ok(rc == -1 && strstr(why, why_part) != NULL,
		    "%s = %s: refused, %s", key, in, why);
		is_str(text, k->initial, "%s = %s: changes nothing", key, in);
	}
	free(text);
	conf_value_release(k, field);
}

static void
test_values(void)
{
	size_t	 i;

	for (i = 0; i < sizeof(node_values) / sizeof(node_values[0]); i++)
		check_value(CONF_NODE, node_values[i].key, node_values[i].in,
		    node_values[i].want, node_values[i].why);
	for (i = 0; i < sizeof(program_values) / sizeof(*program_values); i++)
		check_value(CONF_PROGRAM, program_values[i].key,
		    program_values[i].in, program_values[i].want,
		    program_values[i].why);
	for (i = 0; i < sizeof(worker_values) / sizeof(*worker_values); i++)
		check_value(CONF_WORKER, worker_values[i].key,
		    worker_values[i].in, worker_values[i].want,
		    worker_values[i].why);
}

/* --- words and hosts alone --- */

static void
test_hosts(void)
{
	static const struct {
		const char	*text;
		bool		 loopback;
	} hosts[] = {
		{ "127.0.0.1:1", true }, { "127.9.9.9:1", true },
		{ "localhost:1", true }, { "[::1]:1", true },
		{ "[::ffff:127.0.0.1]:1", true }, { "0.0.0.0:1", false },
		{ "[::]:1", false }, { "10.0.0.1:1", false },
		{ "[::ffff:10.0.0.1]:1", false }, { "alpha:1", false },
		{ "localhost.example.org:1", false }, { "x y", false },
	};
	size_t	 i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		is_int(conf_host_loopback(hosts[i].text), hosts[i].loopback,
		    "loopback: %s", hosts[i].text);
}

int
main(void)
{
	test_table();
	test_values();
	test_hosts();
	return tap_done();
}
