/*
 * resolve_test.c - names looked up at a name server of the test's own, which
 * answers, says no, hangs, lies and sends garbage.
 *
 * The file itself is compiled here, with less time for an answer.  Cases of one
 * module, each short and by itself.
 */
#define RESOLVER_MS	2500
#define TRY_MS		1000		/* then 2 s: longer than RESOLVER_MS */
#define RESOLV_CONF	"resolv.conf"	/* in a folder of the test's */
#include "../../supervisor/resolve.c"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "tap.h"
#include "../hosts/dns.h"

#define PATIENCE_MS	20000

static const char	zone[] =
	"one.test A 10.0.0.1\n"
	"both.test A 10.0.0.1\n"
	"both.test A 10.0.0.2\n"
	"both.test AAAA fd00::1\n"
	"six.test AAAA fd00::6\n"
	"empty.test NONE\n"
	"_b._tcp.test SRV 4000 one.test\n"
	"_b._tcp.test SRV 0 portless.test\n"
	"_b._tcp.test SRV 4001 10.0.0.9\n"
	"_bad._tcp.test SRV 4000 o%e.te:st\n"
	"_none._tcp.test NONE\n"
	"many.test COUNT 10000\n"
	"some.test COUNT 100\n"
	"hang.test HANG\n"
	"fail.test FAIL\n"
	"garbage.test GARBAGE\n"
	"lie.test LIE\n"
	"wrong.test WRONG\n";

static const char *
the_zone(void)
{
	return zone;
}

/* ---- the server, a process ---- */

static pid_t		server;
static char		servers[32];

static void
server_start(void)
{
	struct sockaddr_in	a;
	socklen_t		len = sizeof(a);
	int			udp, tcp = -1, tries;

	for (tries = 0; tcp == -1 && tries < 100; tries++) {
		udp = dns_open("127.0.0.1", 0, SOCK_DGRAM);
		if (getsockname(udp, (struct sockaddr *)&a, &len) == -1)
			abort();
		tcp = dns_open("127.0.0.1", ntohs(a.sin_port), SOCK_STREAM);
		if (tcp == -1)
			close(udp);
	}
	(void)snprintf(servers, sizeof(servers), "127.0.0.1:%u",
	    ntohs(a.sin_port));
	if ((server = fork()) == -1)
		abort();
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		dns_serve(udp, tcp, the_zone);
		_exit(0);
	}
	close(udp);
	close(tcp);
}

/* ---- asking ---- */

struct got {
	unsigned int	 calls;
	size_t		 n;
	char		 why[128];	/* "": none */
	char		 text[512];	/* the first results */
	struct mono	 asked, when;
};

static struct loop	*loop;
static bool		 inside;	/* of resolver_ask() */
static unsigned int	 within;	/* calls from there */

static void
on_result(void *arg, const struct host *h, size_t n, const char *why)
{
	struct got	*g = arg;
	size_t		 i, at;

	if (inside)
		within++;
	g->calls++;
	g->n = n;
	g->when = mono_now();
	(void)snprintf(g->why, sizeof(g->why), "%s", why != NULL ? why : "");
	for (i = 0; i < n && i < 8; i++) {
		at = strlen(g->text);
		(void)snprintf(g->text + at, sizeof(g->text) - at, "%s%s %u",
		    i > 0 ? ", " : "", h[i].name, h[i].port);
	}
}

static struct resolver_query *
asks(struct resolver *r, const char *name, enum resolver_kind kind,
    struct got *g)
{
	struct resolver_query	*q;

	memset(g, 0, sizeof(*g));
	g->asked = mono_now();
	inside = true;
	q = resolver_ask(r, name, kind, 38813, on_result, g);
	inside = false;
	return q;
}

static bool	(*until)(void *);

static void
on_turn(void *arg)
{
	if (until(arg))
		loop_stop(loop);
}

static void
on_patience(void *arg)
{
	(void)arg;
	ok(false, "it takes too long");
	loop_stop(loop);
}

static void
run(bool (*fn)(void *), void *arg)
{
	struct loop_timer	*t = loop_timer_new(loop, on_patience, NULL);

	until = fn;
	loop_timer_set(t, mono_after(mono_now(), MONO_MS(PATIENCE_MS)));
	if (!fn(arg))
		(void)loop_run(loop, on_turn, arg);
	loop_timer_free(t);
}

static bool
called(void *arg)
{
	return ((struct got *)arg)->calls > 0;
}

static bool
idle(void *arg)
{
	return ((struct resolver *)arg)->n == 0;
}

/* ---- what is answered ---- */

static const struct {
	const char		*name;
	enum resolver_kind	 kind;
	const char		*text;
	bool			 trouble;
} rows[] = {
	{ "one.test", RESOLVER_HOST, "10.0.0.1 38813", false },
	{ "one.test.", RESOLVER_HOST, "10.0.0.1 38813", false },
	{ "six.test", RESOLVER_HOST, "fd00::6 38813", false },
	{ "10.1.2.3", RESOLVER_HOST, "10.1.2.3 38813", false },
	{ "fd00::7", RESOLVER_HOST, "fd00::7 38813", false },
	{ "fe80::7%lo", RESOLVER_HOST, "fe80::7%lo 38813", false },
	{ "unknown.test", RESOLVER_HOST, "", false },
	{ "empty.test", RESOLVER_HOST, "", false },
	{ "_b._tcp.test", RESOLVER_SERVICE, "one.test 4000, 10.0.0.9 4001",
	  false },
	{ "_none._tcp.test", RESOLVER_SERVICE, "", false },
	{ "_unknown._tcp.test", RESOLVER_SERVICE, "", false },
	{ "one.test", RESOLVER_SERVICE, "", false },
	{ "fail.test", RESOLVER_HOST, "", true },
	{ "garbage.test", RESOLVER_HOST, "", true },
	{ "garbage.test", RESOLVER_SERVICE, "", true },
	{ "lie.test", RESOLVER_SERVICE, "", true },
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static bool
all_called(void *arg)
{
	struct got	*g = arg;
	size_t		 i;

	for (i = 0; i < NROWS; i++)
		if (g[i].calls == 0)
			return false;
	return true;
}

static void
test_rows(struct resolver *r)
{
	struct got	got[NROWS];
	size_t		i;

	for (i = 0; i < NROWS; i++)
		if (asks(r, rows[i].name, rows[i].kind, &got[i]) == NULL)
			ok(false, "%s is asked for", rows[i].name);
	run(all_called, got);
	for (i = 0; i < NROWS; i++) {
		is_str(got[i].text, rows[i].text, "%s", rows[i].name);
		ok((got[i].why[0] != '\0') == rows[i].trouble,
		    "%s: whether that is trouble (%s)", rows[i].name,
		    got[i].why);
		is_int(got[i].calls, 1, "%s: one call", rows[i].name);
	}
	is_int(within, 0, "never called from within");
}

static void
test_both(struct resolver *r)
{
	struct got	g;

	(void)asks(r, "both.test", RESOLVER_HOST, &g);
	run(called, &g);
	is_int((intmax_t)g.n, 3, "A and AAAA together");
	ok(strstr(g.text, "10.0.0.1 38813") != NULL &&
	    strstr(g.text, "10.0.0.2 38813") != NULL &&
	    strstr(g.text, "fd00::1 38813") != NULL, "all of them: %s", g.text);
	(void)asks(r, "localhost", RESOLVER_HOST, &g);
	run(called, &g);
	ok(strstr(g.text, "127.0.0.1 38813") != NULL ||
	    strstr(g.text, "::1 38813") != NULL, "localhost: %s", g.text);
	/* Whether the library takes such a name for an answer is its thing. */
	(void)asks(r, "_bad._tcp.test", RESOLVER_SERVICE, &g);
	run(called, &g);
	is_int((intmax_t)g.n, 0, "a target that is no name is none (%s)",
	    g.why);
}

static void
test_many(struct resolver *r)
{
	struct got	g;

	(void)asks(r, "some.test", RESOLVER_HOST, &g);
	run(called, &g);
	is_int((intmax_t)g.n, 200, "more than a datagram holds: over TCP");
	(void)asks(r, "many.test", RESOLVER_HOST, &g);
	run(called, &g);
	is_int((intmax_t)g.n, RESOLVER_MOST, "10,000 records: no more than %d"
	    "%s", RESOLVER_MOST, g.why);
}

/* ---- what is not ---- */

static void
test_refused(struct resolver *r)
{
	static const char *const	bad[] = { "", "a b", "*", "[::1]",
					    "a/b", "1.2.3.400" };
	struct got			g;
	size_t				i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		ok(asks(r, bad[i], RESOLVER_HOST, &g) == NULL &&
		    errno == EINVAL, "'%s' is no name", bad[i]);
	}
	ok(asks(r, "::1", RESOLVER_SERVICE, &g) == NULL && errno == EINVAL,
	    "an address has no services");
	/* What the library refuses is answered, too. */
	if (asks(r, "a..b", RESOLVER_HOST, &g) != NULL) {
		run(called, &g);
		is_int((intmax_t)g.n, 0, "an empty label: %s", g.why);
	}
}

static void
test_hang(struct resolver *r)
{
	struct resolver_query	*q;
	struct got		 g, c, w;

	(void)asks(r, "hang.test", RESOLVER_HOST, &g);
	(void)asks(r, "wrong.test", RESOLVER_SERVICE, &w);
	q = asks(r, "hang.test", RESOLVER_HOST, &c);
	resolver_cancel(q);
	resolver_cancel(NULL);
	run(called, &g);
	is_str(g.why, "no server answered in time", "a server that hangs");
	ok(g.when.ns - g.asked.ns >= MONO_MS(RESOLVER_MS) &&
	    g.when.ns - g.asked.ns < MONO_MS(RESOLVER_MS + 3000),
	    "is given up on, in time");
	run(called, &w);
	is_str(w.why, "no server answered in time",
	    "so is one that answers another question");
	run(idle, r);
	ok(g.calls == 1 && w.calls == 1, "what comes later is not told");
	is_int(c.calls, 0, "nor what was cancelled");
}

static void
test_full(struct resolver *r)
{
	struct resolver_query	*q[RESOLVER_QUERIES];
	struct got		 g, last;
	size_t			 i;

	for (i = 0; i < RESOLVER_QUERIES; i++)
		if ((q[i] = asks(r, "10.0.0.1", RESOLVER_HOST, &g)) == NULL)
			break;
	is_int((intmax_t)i, RESOLVER_QUERIES, "so many questions at once");
	errno = 0;
	ok(asks(r, "10.0.0.1", RESOLVER_HOST, &last) == NULL &&
	    errno == EAGAIN, "one more: not now");
	for (i = 0; i < RESOLVER_QUERIES; i++)
		resolver_cancel(q[i]);
	is_int(r->n, 0, "cancelled: room again");
	(void)asks(r, "one.test", RESOLVER_HOST, &last);
	run(called, &last);
	is_int((intmax_t)last.n, 1, "and an answer");
}

/* ---- from within an answer ---- */

struct chain {
	struct resolver		*r;
	struct resolver_query	*victim;
	struct got		 next, lost;
};

static void
on_chain(void *arg, const struct host *h, size_t n, const char *why)
{
	struct chain	*c = arg;

	(void)h, (void)n, (void)why;
	resolver_cancel(c->victim);
	c->victim = NULL;
	(void)asks(c->r, "10.0.0.2", RESOLVER_HOST, &c->next);
}

static bool
chained(void *arg)
{
	struct chain	*c = arg;

	return c->next.calls > 0;
}

static void
test_chain(struct resolver *r)
{
	struct chain	c = { .r = r };

	(void)resolver_ask(r, "10.0.0.1", RESOLVER_HOST, 1, on_chain, &c);
	c.victim = asks(r, "10.0.0.3", RESOLVER_HOST, &c.lost);
	run(chained, &c);
	run(idle, r);
	is_str(c.next.text, "10.0.0.2 38813", "an answer may ask");
	is_int(c.lost.calls, 0, "and cancel what is due with it");
}

/* ---- the end ---- */

/* For the sanitizers: nothing is left, nothing is used after it. */
static void
test_free(void)
{
	struct resolver	*r;
	struct got	 g[6];
	int		 i;

	for (i = 0; i < 3; i++) {
		r = resolver_new(loop, servers);
		(void)asks(r, "hang.test", RESOLVER_HOST, &g[0]);
		(void)asks(r, "hang.test", RESOLVER_SERVICE, &g[1]);
		(void)asks(r, "many.test", RESOLVER_HOST, &g[2]);
		(void)asks(r, "10.0.0.1", RESOLVER_HOST, &g[3]);
		resolver_cancel(asks(r, "hang.test", RESOLVER_HOST, &g[4]));
		(void)asks(r, "one.test", RESOLVER_HOST, &g[5]);
		if (i > 0)
			run(called, &g[5]);
		if (i > 1)
			run(called, &g[2]);
		resolver_free(r);
		ok(g[0].calls == 0 && g[1].calls == 0 && g[4].calls == 0,
		    "freed with questions under way: no call");
	}
	resolver_free(NULL);
}

/* Nobody listens there. */
static void
test_refusing(void)
{
	struct resolver	*r = resolver_new(loop, "127.0.0.1:1");
	struct got	 g;

	(void)asks(r, "one.test", RESOLVER_HOST, &g);
	run(called, &g);
	ok(g.why[0] != '\0' && g.n == 0, "no server there: %s", g.why);
	resolver_free(r);
	errno = 0;
	ok(resolver_new(loop, "not an address") == NULL && errno == EINVAL,
	    "servers that are none are refused");
}

/* ---- resolv.conf ---- */

static void
write_conf(const char *text)
{
	FILE	*f = fopen(RESOLV_CONF ".new", "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 ||
	    rename(RESOLV_CONF ".new", RESOLV_CONF) == -1)
		abort();
}

static const char *
server_of(struct resolver *r)
{
	static char		 text[64];
	struct ares_addr_node	*n = NULL;

	text[0] = '\0';
	if (ares_get_servers(r->channel, &n) == ARES_SUCCESS && n != NULL)
		(void)inet_ntop(AF_INET, &n->addr.addr4, text, sizeof(text));
	ares_free_data(n);
	return text;
}

/* Nobody answers there: what counts is who is asked. */
static void
test_conf(void)
{
	struct resolver	*r;
	struct got	 g, h;

	write_conf("nameserver 127.0.0.8\n");
	r = resolver_new(loop, NULL);
	is_str(server_of(r), "127.0.0.8", "servers are those of resolv.conf");
	(void)asks(r, "one.test", RESOLVER_SERVICE, &g);
	write_conf("nameserver 127.0.0.9\n");
	(void)asks(r, "one.test", RESOLVER_SERVICE, &h);
	is_str(server_of(r), "127.0.0.9", "it changed: the new ones");
	run(called, &g);
	is_str(g.why, "the servers to be asked have changed",
	    "what the old ones were asked is answered");
	run(called, &h);
	ok(h.why[0] != '\0', "so is what the new ones are: %s", h.why);
	(void)unlink(RESOLV_CONF);
	(void)asks(r, "one.test", RESOLVER_SERVICE, &g);
	run(called, &g);
	is_str(server_of(r), "127.0.0.1", "without one: this machine");
	resolver_free(r);
}

int
main(void)
{
	char		 dir[] = "/tmp/resolve_test.XXXXXX";
	struct resolver	*r;

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		abort();

	server_start();
	loop = loop_new();
	r = resolver_new(loop, servers);
	if (!ok(r != NULL, "a resolver"))
		return tap_done();
	test_rows(r);
	test_both(r);
	test_many(r);
	test_refused(r);
	test_chain(r);
	test_full(r);
	test_hang(r);
	test_refusing();
	test_free();
	test_conf();
	resolver_free(r);
	loop_free(loop);
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	(void)rmdir(dir);
	return tap_done();
}
