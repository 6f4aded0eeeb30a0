/* beacon_test.c - announcements: when one is sent, what follows from one. */
#include "scene.h"

static void
hears_from(struct scene *s, const struct announce *a, const char *origin)
{
	uint8_t	p[ANNOUNCE_MAX];
	size_t	n = announce_write(p, a);

	BUG_ON(n == 0);
	discover_packet(s->d, origin, p, n);
}

static struct announce
other(uint64_t id, uint16_t port)
{
	struct announce	a = { .kind = ANNOUNCE_HERE, .node = id,
			    .port = port, .name = "beta", .role = "WORKER" };

	a.tag = scene_tags[0];
	return a;
}

static void
hears(struct scene *s, uint64_t id, uint16_t port, const char *origin)
{
	struct announce	a = other(id, port);

	hears_from(s, &a, origin);
}

static int64_t
ms_since(const struct scene *s, struct mono t)
{
	return (s->n.now.ns - t.ns) / MONO_MS(1);
}

/* ---- announcements of this node ---- */

#define CAST	KEYED "discover = broadcast\n"

static void
test_times(void)
{
	struct announce	a;
	struct scene	s;
	struct mono	first;

	scene_open(&s, CAST "role = MASTER\n");
	s.dice = 1000;
	configure(&s, "0.0.0.0:4000");
	pass(&s, 0);
	first = s.n.now;
	is_int(s.sends, 1, "the first at once");
	is_int(announce_read(&a, s.packet, s.len, scene_tags, 1), ANNOUNCE_GOOD,
	    "with our tag");
	ok(a.kind == ANNOUNCE_QUESTION && a.node == ID && a.port == 4000,
	    "a question, our id and port");
	is_str(a.name, "alpha", "our name");
	is_str(a.role, "MASTER", "our role");
	is_str(a.host, "", "the address is the packet's");
	ok(!s.loopback, "to the networks");
	pass(&s, S);
	is_int(s.sends, 2, "a second within a second");
	ok(announce_read(&a, s.packet, s.len, scene_tags, 1) == ANNOUNCE_GOOD &&
	    a.kind == ANNOUNCE_QUESTION, "a question, too");
	pass(&s, 9 * S);
	is_int(s.sends, 2, "then pause");
	pass(&s, S);
	is_int(s.sends, 3, "ten seconds later the third");
	ok(announce_read(&a, s.packet, s.len, scene_tags, 1) == ANNOUNCE_GOOD &&
	    a.kind == ANNOUNCE_HERE, "which asks nothing");
	pass(&s, 100 * S - ms_since(&s, first));
	is_int(s.sends, 11, "every ten seconds");
	is_int((intmax_t)s.n.stats.announcements_sent, 11, "all counted");
	configure(&s, "0.0.0.0:4000");
	pass(&s, S);
	is_int(s.sends, 12, "configured as it was: no start");
	configure(&s, "0.0.0.0:4001");
	pass(&s, S);
	is_int(s.sends, 14, "with another port: as at a start");
	discover_configure(s.d, NULL);
	pass(&s, 100 * S);
	is_int(s.sends, 14, "without a network: silence");
	configure(&s, "0.0.0.0:4001");
	pass(&s, S);
	is_int(s.sends, 16, "and again as at a start");
	scene_close(&s);
}

static void
test_jitter(void)
{
	struct scene	s;
	int		i;

	for (i = 0; i < 2; i++) {
		scene_open(&s, CAST);
		s.dice = i == 0 ? 0 : UINT32_MAX;
		configure(&s, "0.0.0.0:4000");
		pass(&s, S);
		is_int((s.wake.ns - s.sent.ns) / MONO_MS(1),
		    i == 0 ? 9000 : 11000, "a second %s at most",
		    i == 0 ? "sooner" : "later");
		scene_close(&s);
	}
}

static const struct {
	const char	*lines, *listen;
	const char	*host;			/* NULL: nothing is sent */
	uint16_t	 port;
	bool		 loopback;
} selves[] = {
	{ "", "0.0.0.0:1", "", 1, false },
	{ "", "*:1", "", 1, false },
	{ "", "[::]:1", "", 1, false },
	{ "", "10.0.0.5:1", "10.0.0.5", 1, false },
	{ "", "[fd00::5]:1", "fd00::5", 1, false },
	{ "", "127.0.0.1:1", "127.0.0.1", 1, true },
	{ "", "[::1]:1", "::1", 1, true },
	{ "advertise = gw.example\n", "0.0.0.0:1", "gw.example", 1, false },
	{ "advertise = gw.example:9\n", "10.0.0.5:1", "gw.example", 9, false },
	{ "advertise = [fd00::9]:9\n", "10.0.0.5:1", "fd00::9", 9, false },
	{ "", "", NULL, 0, false },
	{ "", "10.0.0.5", NULL, 0, false },
};

static void
test_selves(void)
{
	struct announce	a;
	struct scene	s;
	size_t		i;

	for (i = 0; i < sizeof(selves) / sizeof(selves[0]); i++) {
		char	lines[256];

		(void)snprintf(lines, sizeof(lines), "%s%s", CAST,
		    selves[i].lines);
		scene_open(&s, lines);
		configure(&s, selves[i].listen);
		pass(&s, S);
		if (selves[i].host == NULL) {
			is_int(s.sends, 0, "self %zu: nothing to announce", i);
			scene_close(&s);
			continue;
		}
		(void)announce_read(&a, s.packet, s.len, scene_tags, 1);
		is_str(a.host, selves[i].host, "self %zu: address", i);
		is_int(a.port, selves[i].port, "self %zu: port", i);
		is_int(s.loopback, selves[i].loopback, "self %zu: where", i);
		scene_close(&s);
	}
}

static void
test_questions(void)
{
	struct announce	q = other(5, 1);
	struct scene	s;
	struct mono	asked;
	unsigned int	i, before;

	scene_open(&s, CAST);
	s.dice = 200;
	configure(&s, "0.0.0.0:4000");
	pass(&s, 3 * S);
	q.kind = ANNOUNCE_QUESTION;
	before = s.sends;
	asked = s.n.now;
	hears_from(&s, &q, "10.0.0.2");
	is_int(s.sends, before, "a question is not answered from within");
	pass(&s, 250);
	is_int(s.sends, before + 1, "but within 250 ms");
	is_int((s.sent.ns - asked.ns) / MONO_MS(1), 200, "at a random time");
	hears_from(&s, &q, "10.0.0.2");
	pass(&s, 900);
	is_int(s.sends, before + 1, "the next waits for its second");
	pass(&s, 300);
	is_int(s.sends, before + 2, "and comes then");
	before = s.sends;
	for (i = 0; i < 1000; i++) {
		q.node = 5 + i;
		hears_from(&s, &q, "10.0.0.2");
		pass(&s, 10);
	}
	ok(s.sends - before <= 11, "a thousand in ten seconds: one a second "
	    "(%u)", s.sends - before);
	pass(&s, 2 * S);
	before = s.sends;
	hears(&s, 5, 1, "10.0.0.2");
	pass(&s, 5 * S);
	is_int(s.sends, before, "what is no question gets no answer");
	q.tag.p[0] ^= 1;
	hears_from(&s, &q, "10.0.0.2");
	pass(&s, 2 * S);
	is_int(s.sends, before, "nor does a foreign one");
	scene_close(&s);
}

/* ---- announcements of others ---- */

static void
test_heard(void)
{
	struct announce	a;
	struct scene	s;
	int		i;

	scene_open(&s, CAST);
	hears(&s, 5, 1, "10.0.0.2");
	is_str(said(&s), "", "not configured: nothing is heard");
	configure(&s, "0.0.0.0:4000");
	hears(&s, 5, 1, "10.0.0.2");
	is_str(said(&s), "+broadcast 10.0.0.2 1",
	    "suggested: where it came from");
	hears(&s, 5, 1, "10.0.0.2");
	is_str(said(&s), "", "once");
	a = other(6, 2);
	(void)snprintf(a.host, sizeof(a.host), "gw.example");
	a.tag = scene_tags[1];
	hears_from(&s, &a, "10.0.0.3");
	is_str(said(&s), "+broadcast gw.example 2",
	    "or where it says; with an older key as well");
	for (i = 0; i < 10; i++) {
		pass(&s, 10 * S);
		hears(&s, 5, 1, "10.0.0.2");
	}
	is_str(said(&s), "-broadcast gw.example 2",
	    "withdrawn when it is silent for a minute, the other not");
	is_int((intmax_t)s.n.stats.announcements_seen, 13, "all counted");
	settings(&s, KEYED);
	configure(&s, "0.0.0.0:4000");
	is_str(said(&s), "-broadcast 10.0.0.2 1", "broadcast turned off");
	scene_close(&s);
}

static void
test_started_again(void)
{
	struct announce	a = other(5, 1);
	struct scene	s;

	scene_open(&s, CAST);
	configure(&s, "0.0.0.0:4000");
	hears(&s, 5, 1, "10.0.0.2");
	(void)said(&s);
	a.kind = ANNOUNCE_QUESTION;
	hears_from(&s, &a, "10.0.0.2");
	is_str(said(&s), "", "its second announcement: nothing new");
	pass(&s, 20 * S);
	hears_from(&s, &a, "10.0.0.2");
	is_str(said(&s), "+broadcast 10.0.0.2 1", "it asks: suggested again");
	pass(&s, 20 * S);
	hears(&s, 6, 1, "10.0.0.2");
	is_str(said(&s), "+broadcast 10.0.0.2 1", "another id: again");
	hears(&s, 7, 1, "10.0.0.2");
	hears(&s, 8, 1, "10.0.0.2");
	is_str(said(&s), "", "but not again and again");
	scene_close(&s);
}

static void
test_refused(void)
{
	const struct node_stats	*c;
	struct announce		 a;
	uint8_t			 p[ANNOUNCE_MAX] = { 0 };
	struct scene		 s;

	scene_open(&s, CAST);
	c = &s.n.stats;
	configure(&s, "0.0.0.0:4000");
	pass(&s, S);
	discover_packet(s.d, "10.0.0.1", s.packet, s.len);
	is_int((intmax_t)(c->announcements_seen + c->announcements_forged), 0,
	    "our own comes back: neither seen nor forged");
	hears(&s, ID, 1, "10.0.0.2");
	is_int((intmax_t)c->announcements_forged, 1,
	    "our id with something else: forged");
	a = other(5, 1);
	(void)snprintf(a.host, sizeof(a.host), "127.0.0.1");
	hears_from(&s, &a, "10.0.0.2");
	is_int((intmax_t)c->announcements_forged, 2,
	    "our loopback from elsewhere: forged");
	a = other(5, 1);
	a.tag.p[15] = 1;
	hears_from(&s, &a, "10.0.0.2");
	is_int((intmax_t)c->announcements_foreign, 1, "another cluster's");
	discover_packet(s.d, "10.0.0.2", p, 40);
	discover_packet(s.d, "10.0.0.2", p, 0);
	is_int((intmax_t)c->announcements_bad, 2, "none at all");
	discover_packet(s.d, "10.0.0.2", p, ANNOUNCE_MAX + 1);
	is_int((intmax_t)c->announcements_oversize, 1, "too long");
	is_str(said(&s), "", "nothing of it is suggested");
	is_int((intmax_t)c->announcements_seen, 0, "or counted as seen");
	(void)snprintf(a.host, sizeof(a.host), "127.0.0.1");
	a.tag = scene_tags[0];
	hears_from(&s, &a, "127.0.0.1");
	is_str(said(&s), "+broadcast 127.0.0.1 1", "loopback on loopback is");
	scene_close(&s);
}

/* ---- floods ---- */

static void
test_flood_of_one(void)
{
	struct scene	s;
	unsigned int	i;

	scene_open(&s, CAST);
	configure(&s, "0.0.0.0:4000");
	for (i = 1; i <= 10000; i++)
		hears(&s, i + 1000, (uint16_t)i, "10.0.0.2");
	is_int(s.suggests, 64, "one address names at most 64 places");
	is_int((intmax_t)s.n.stats.announcements_over, 10000 - 64,
	    "the rest is counted");
	hears(&s, 5, 1, "10.0.0.3");
	is_int(s.suggests, 65, "another address is heard all the same");
	for (i = 0; i < 12; i++)
		pass(&s, 10 * S);
	is_int(s.withdraws, 65, "a minute later all is forgotten");
	hears(&s, 5, 1, "10.0.0.2");
	is_int(s.suggests, 66, "and it may speak again");
	scene_close(&s);
}

static void
test_flood_on_loopback(void)
{
	struct scene	s;
	unsigned int	i;

	scene_open(&s, CAST);
	configure(&s, "127.0.0.1:4000");
	for (i = 1; i <= 200; i++)
		hears(&s, i + 1000, (uint16_t)i, "127.0.0.1");
	is_int(s.suggests, 200, "200 nodes of one machine are all heard");
	for (i = 1; i <= 5000; i++) {
		hears(&s, i + 1000, (uint16_t)i, "127.0.0.1");
		pass(&s, 4);
	}
	is_int(s.suggests, 1024, "but not any number");
	scene_close(&s);
}

/* From ever new addresses, for a minute. */
static void
test_flood_of_many(void)
{
	char		origin[32];
	struct scene	s;
	unsigned int	i, most = 0;

	scene_open(&s, CAST);
	configure(&s, "0.0.0.0:4000");
	for (i = 0; i < 1000; i++) {
		(void)snprintf(origin, sizeof(origin), "10.%u.%u.%u",
		    i >> 16, i >> 8 & 255, i & 255);
		hears(&s, i + 1000, 1, origin);
	}
	is_int(s.suggests, 256, "256 at once");
	for (; i < 60000; i++) {
		(void)snprintf(origin, sizeof(origin), "10.%u.%u.%u",
		    i >> 16, i >> 8 & 255, i & 255);
		hears(&s, i + 1000, 1, origin);
		if (i % 10 == 0)
			pass(&s, 10);
		if (s.suggests - s.withdraws > most)
			most = s.suggests - s.withdraws;
	}
	ok(s.suggests > 60 * 64 && s.suggests < 60 * 64 + 512,
	    "then 64 a second (%u)", s.suggests);
	ok(most <= PLACES_MOST, "never more than %d (%u)", PLACES_MOST, most);
	for (i = 0; i < 8; i++)
		pass(&s, 10 * S);
	is_int(s.suggests - s.withdraws, 0, "all forgotten in the end");
	scene_close(&s);
}

/* Known places that ask to be dialled at once, over and over. */
static void
test_flood_of_questions(void)
{
	struct announce	q = other(1, 1);
	struct scene	s;
	unsigned int	i;

	scene_open(&s, CAST);
	configure(&s, "0.0.0.0:4000");
	q.kind = ANNOUNCE_QUESTION;
	for (i = 0; i < 20000; i++) {
		q.node = i + 1000;
		hears_from(&s, &q, "10.0.0.2");
		pass(&s, 1);
	}
	ok(s.suggests <= 5, "one place: every 5 s at most (%u in 20 s)",
	    s.suggests);
	scene_close(&s);
}

int
main(void)
{
	test_times();
	test_jitter();
	test_selves();
	test_questions();
	test_heard();
	test_started_again();
	test_refused();
	test_flood_of_one();
	test_flood_on_loopback();
	test_flood_of_many();
	test_flood_of_questions();
	return tap_done();
}
