/* dial_test.c - addresses, who knows them, and when they are dialled. */
#include "dialling.h"

/* ---- back-off ---- */

static void
test_backoff(unsigned int source, intmax_t cap, const char *what)
{
	static const intmax_t	base[] = { 500, 1000, 2000, 4000, 8000, 16000,
	    32000, 64000, 64000, 64000 };
	intmax_t		ms, want, least = INTMAX_MAX, most = 0;
	struct fake		f;
	size_t			i;
	bool			spread = false, held = true;

	fake_open(&f);
	dial_suggest(&f.n, source, "h:1");
	is_str(heard(&f), "", "%s: not from within the call", what);
	pass(&f, 0);
	is_str(heard(&f), "dial h", "%s: dialled at once", what);
	is_int(wait_after(&f, DIAL_LATER), 250, "%s: first failure", what);
	is_int(wait_after(&f, DIAL_LATER), 250, "%s: second failure", what);
	for (i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
		ms = wait_after(&f, DIAL_LATER);
		want = base[i] < cap * 4 / 5 ? base[i] : cap * 4 / 5;
		held = held && ms >= want * 3 / 4 && ms <= want * 5 / 4 + 1;
		spread |= ms < want - want / 100 || ms > want + want / 100;
	}
	ok(held, "%s: then twice as long each time, within a quarter", what);
	ok(spread, "%s: not the same for all", what);
	for (i = 0; i < 40; i++) {
		ms = wait_after(&f, DIAL_LATER);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	ok(most <= cap && most > cap * 9 / 10 && least >= cap * 6 / 10 &&
	    least < cap * 7 / 10, "%s: up to the cap, spread below it", what);
	fake_close(&f);
}

static void
test_again(void)
{
	struct fake	f;
	int		i;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	for (i = 1; i <= 3; i++)
		is_int(wait_after(&f, DIAL_AGAIN), 0, "again: at once, %d", i);
	is_int(wait_after(&f, DIAL_AGAIN), 250, "the fourth is a failure");
	is_int(wait_after(&f, DIAL_AGAIN), 250, "so is the fifth");
	ok(wait_after(&f, DIAL_AGAIN) >= 375, "and the sixth");
	ok(wait_after(&f, DIAL_LATER) >= 750, "a failure is one anyway");
	is_int(wait_after(&f, DIAL_AGAIN), 0, "and begins the count anew");
	fake_close(&f);
}

static void
test_words(void)
{
	struct trunk	trunk = { .hello.id = 5, .hello.name = "beta" };
	struct fake	f;
	struct target	*t;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	t = f.target;
	dial_opened(t, &trunk);
	dial_failed(t, "beta is taken", DIAL_CONFLICT);
	is_str(t->why, "beta is taken", "why is kept");
	ok(t->conflict, "a conflict is shown as one");
	ok(t->id == 5 && strcmp(t->name, "beta") == 0 && t->trunk == NULL,
	    "and who it is, which it said itself");
	pass(&f, 250);
	dial_failed(t, "no route", DIAL_LATER);
	ok(!t->conflict && strcmp(t->why, "no route") == 0,
	    "another failure is none");
	dial_failed(t, "twice", DIAL_LATER);
	is_str(t->why, "no route", "what is not dialled does not fail");
	is_int(t->failures, 2, "nor is it counted");
	fake_close(&f);
}

static void
test_fails_within(void)
{
	struct fake	f;

	fake_open(&f);
	f.fails = true;
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 10000);
	ok(f.dials >= 6 && f.dials <= 9,
	    "a connect that fails at once is a failure");
	dial_suggest(&f.n, TARGET_BROADCAST, "i:1");
	dial_withdraw(&f.n, TARGET_BROADCAST, "i:1");
	ok(target(&f, "i:1") == NULL, "withdrawn before its dial: gone");
	pass(&f, 1000);
	ok(strstr(f.said, "dial i") == NULL, "and never dialled");
	fake_close(&f);
}

static void
test_limit(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, DIAL_MS - 1);
	is_str(heard(&f), "dial h", "without an answer it goes on");
	pass(&f, 1);
	is_str(heard(&f), "stop h", "for so long");
	is_str(target(&f, "h:1")->why, "no answer", "and why is said");
	pass(&f, 250);
	is_str(heard(&f), "dial h", "and it is dialled again");
	dial_opened(f.target, &trunk);
	pass(&f, 2 * DIAL_MS);
	is_str(heard(&f), "", "an open one has the trunk's time");
	fake_close(&f);
}

/* ---- what is not dialled ---- */

static void
test_self(void)
{
	struct fake	f;

	fake_open(&f);
	(void)strlcpy(f.n.address, "me:1", sizeof(f.n.address));
	dial_suggest(&f.n, TARGET_BROADCAST, "me:1");
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	is_str(heard(&f), "dial h", "the own address is not dialled");
	dial_failed(f.target, "self", DIAL_SELF);
	pass(&f, 0);
	ok(next_alarm(&f.n) == NULL, "nothing waits for anything");
	dial_suggest(&f.n, TARGET_DNS, "h:1");
	pass(&f, 1000000);
	is_str(heard(&f), "", "what turns out to be it is not any more");
	ok(target(&f, "h:1")->self, "and shown as that");
	dial_reload(&f.n, NULL, 0);
	pass(&f, 0);
	is_str(heard(&f), "dial h", "until reload");
	fake_close(&f);
}

static void
test_key(void)
{
	static const char *const	near[] = { "127.0.0.1:1", "127.9.9.9:1",
	    "[::1]:1", "localhost:1" };
	static const char *const	far[] = { "192.0.2.1:1",
	    "[2001:db8::1]:1", "example.org:1", "0.0.0.0:1" };
	struct fake			f;
	size_t				i;

	fake_open(&f);
	f.n.keyed = false;
	for (i = 0; i < 4; i++) {
		dial_suggest(&f.n, TARGET_STATIC, near[i]);
		dial_suggest(&f.n, TARGET_STATIC, far[i]);
	}
	pass(&f, 0);
	is_int(f.dials, 4, "without a key only loopback is dialled");
	for (i = 0; i < 4; i++)
		is_str(target(&f, far[i])->why, "not loopback: a key-file is "
		    "needed; scripts/gen-key makes one", "%s: why", far[i]);
	for (i = 0; i < 4; i++)
		dial_suggest(&f.n, TARGET_STATIC, far[i]);
	pass(&f, 9000);
	is_int(f.dials, 4, "again and again");
	f.n.keyed = true;
	dial_reload(&f.n, NULL, 0);
	pass(&f, 0);
	is_int(f.dials, 8, "with a key, all");
	fake_close(&f);
}

static void
test_no_addresses(void)
{
	static const char *const	bad[] = { "", "h", "h:", "h:0",
	    "h:65536", ":1", "*:1", "a b:1", "::1:1", "[::1]", "h:1 ",
	    "999.1.1.1:1", "\033[2J:1" };
	struct fake			f;
	size_t				i;

	fake_open(&f);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		dial_suggest(&f.n, TARGET_LEARNED, bad[i]);
	ok(f.n.targets == NULL, "what is no address is nothing to dial");
	dial_withdraw(&f.n, TARGET_LEARNED, "unknown:1");
	dial_suggest(&f.n, TARGET_SESSION, "h:1");
	ok(f.n.targets == NULL, "nor is what nobody knows");
	fake_close(&f);
}

static void
test_stop(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	p = peer(&f, 5, "beta", "h:1");
	reach(&f, p, &trunk);
	dial_suggest(&f.n, TARGET_STATIC, "g:1");
	f.n.stopping = true;
	(void)heard(&f);
	pass(&f, 10000);
	is_str(heard(&f), "", "a node that stops seeks no new ones");
	lose(p, 0);
	pass(&f, 0);
	is_str(heard(&f), "dial h", "but keeps its sessions");
	trunk.target = f.target;
	dial_opened(f.target, &trunk);
	dial_stop(&f.n);
	is_str(heard(&f), "stop h", "until its end");
	ok(trunk.target == NULL, "whose handshakes end unheard");
	lose(p, 0);
	dial_suggest(&f.n, TARGET_STATIC, "i:1");
	end(p);
	pass(&f, 100000);
	is_str(heard(&f), "", "then nothing is dialled");
	fake_close(&f);
}

/* ---- who knows it ---- */

static void
test_sources(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	dial_suggest(&f.n, TARGET_DNS, "h:1");
	dial_withdraw(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	is_str(heard(&f), "dial h", "one source is left");
	dial_withdraw(&f.n, TARGET_DNS, "h:1");
	ok(target(&f, "h:1") != NULL, "a dial under way goes on without one");
	p = peer(&f, 5, "beta", "h:1");
	reach(&f, p, &trunk);
	is_int(target(&f, "h:1")->sources, TARGET_SESSION,
	    "a session is one");
	end(p);
	ok(target(&f, "h:1") == NULL, "no source, no target");
	dial_suggest(&f.n, TARGET_DNS, "h:1");
	pass(&f, 0);
	dial_withdraw(&f.n, TARGET_DNS, "h:1");
	dial_failed(f.target, "no", DIAL_LATER);
	ok(target(&f, "h:1") == NULL, "nor after a dial that failed");
	fake_close(&f);
}

static void
test_said_again(void)
{
	struct fake	f;
	int		i;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	pass(&f, 0);
	for (i = 0; i < 8; i++)
		(void)wait_after(&f, DIAL_LATER);
	dial_failed(f.target, "no", DIAL_LATER);
	(void)heard(&f);
	pass(&f, 5000);
	is_str(heard(&f), "", "one that waits long");
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	pass(&f, 250);
	is_str(heard(&f), "dial h", "is dialled soon when it is said again");
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	pass(&f, 1000);
	is_str(heard(&f), "", "not twice at once");
	ok(wait_after(&f, DIAL_LATER) > 30000, "and waits as long then");
	dial_failed(f.target, "no", DIAL_LATER);
	(void)heard(&f);
	for (i = 0; i < 4; i++) {
		dial_suggest(&f.n, TARGET_LEARNED, "h:1");
		pass(&f, 100);
	}
	is_str(heard(&f), "dial h", "said on and on it is not put off");
	fake_close(&f);
}

static void
test_learned(void)
{
	struct fake	f;
	int64_t		day = INT64_C(1000) * DIAL_LEARNED_S;

	fake_open(&f);
	f.fails = true;
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	dial_suggest(&f.n, TARGET_LEARNED, "g:1");
	dial_suggest(&f.n, TARGET_STATIC, "g:1");
	pass(&f, day / 2);
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	pass(&f, day - 60000);
	ok(target(&f, "h:1") != NULL, "learned: dialled for a day");
	is_int(target(&f, "g:1")->sources, TARGET_STATIC,
	    "one reported earlier is forgotten earlier");
	pass(&f, 121000);
	ok(target(&f, "h:1") == NULL, "and no longer");
	ok(target(&f, "g:1") != NULL, "another source keeps it");
	fake_close(&f);
}

static void
test_reload(void)
{
	static const char *const	hosts[] = { "b:1", "c:1" };
	struct fake			f;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "a:1");
	dial_suggest(&f.n, TARGET_STATIC, "b:1");
	pass(&f, 0);
	dial_failed(target(&f, "a:1"), "refused", DIAL_LATER);
	dial_failed(target(&f, "b:1"), "refused", DIAL_LATER);
	dial_suggest(&f.n, TARGET_STATIC, "d:1");
	dial_suggest(&f.n, TARGET_DNS, "d:1");
	dial_reload(&f.n, hosts, 2);
	ok(target(&f, "a:1") == NULL, "not in the new set: gone");
	ok(target(&f, "b:1") != NULL && target(&f, "c:1") != NULL &&
	    target(&f, "b:1")->sources == TARGET_STATIC, "in it: there");
	is_str(target(&f, "b:1")->why, "refused", "as it was");
	is_int(target(&f, "d:1")->sources, TARGET_DNS, "known otherwise: kept");
	dial_reload(&f.n, NULL, 0);
	ok(target(&f, "b:1") != NULL, "without a set they stay");
	dial_reload(&f.n, hosts, 0);
	is_int(HASH_COUNT(f.n.targets), 1, "an empty set takes all");
	fake_close(&f);
}

/* ---- many ---- */

static void
number(char text[32], unsigned int i)
{
	(void)snprintf(text, 32, "n%u:1", i);
}

static void
test_full(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;
	char		text[32];
	unsigned int	i;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_LEARNED, "n0:1");
	pass(&f, 0);
	p = peer(&f, 5, "beta", "n0:1");
	reach(&f, p, &trunk);
	for (i = 1; i < OTHERS_TARGETS_MAX; i++) {
		number(text, i);
		dial_suggest(&f.n, i == 1 ? TARGET_STATIC : i == 3 ?
		    TARGET_BROADCAST : TARGET_LEARNED, text);
	}
	is_int((intmax_t)f.n.stats.targets_dropped, 0, "all have room");
	dial_suggest(&f.n, TARGET_LEARNED, "n2:1");
	dial_suggest(&f.n, TARGET_LEARNED, "new:1");
	ok(target(&f, "n0:1") != NULL && target(&f, "n1:1") != NULL,
	    "full: what has a session or is configured stays");
	ok(target(&f, "n2:1") != NULL && target(&f, "n3:1") == NULL,
	    "of the others the one goes that was said longest ago");
	ok(target(&f, "new:1") != NULL && f.n.stats.targets_dropped == 1,
	    "for the new one, and is counted");
	is_int(HASH_COUNT(f.n.targets), OTHERS_TARGETS_MAX, "still full");
	for (i = 0; i < OTHERS_TARGETS_MAX; i++) {
		number(text, 10000 + i);
		dial_suggest(&f.n, TARGET_STATIC, text);
	}
	is_int(HASH_COUNT(f.n.targets), OTHERS_TARGETS_MAX, "and full");
	dial_suggest(&f.n, TARGET_LEARNED, "another:1");
	ok(target(&f, "another:1") == NULL && target(&f, "n0:1") != NULL,
	    "where nobody can go the new one does");
	is_int((intmax_t)f.n.stats.targets_dropped, OTHERS_TARGETS_MAX + 2,
	    "and all are counted");
	fake_close(&f);
}

static void
count_one(void *arg, const struct target *t)
{
	(void)t;
	++*(unsigned int *)arg;
}

/* Ten more than may be dialled at once. */
static void
suggest_many(struct fake *f)
{
	char		text[32];
	unsigned int	i;

	for (i = 0; i < TARGET_DIALS + 10; i++) {
		number(text, i);
		dial_suggest(&f->n, TARGET_LEARNED, text);
	}
}

static void
test_turns(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	p = peer(&f, 5, "beta", "h:1");
	reach(&f, p, &trunk);
	suggest_many(&f);
	pass(&f, 10);
	is_int(f.n.dials, TARGET_DIALS, "so many at once");
	lose(p, 0);
	(void)heard(&f);
	pass(&f, 0);
	is_str(heard(&f), "dial h", "a session is resumed at any time");
	reach(&f, p, &trunk);
	pass(&f, 1);
	is_int(f.n.dials, TARGET_DIALS, "no other takes its place");
	fake_close(&f);
}

static void
test_next_turn(void)
{
	struct fake	f;
	char		text[32];
	unsigned int	i, n = 0;

	fake_open(&f);
	suggest_many(&f);
	pass(&f, 10);
	(void)heard(&f);
	dial_withdraw(&f.n, TARGET_LEARNED, "n64:1");
	dial_failed(target(&f, "n0:1"), "no", DIAL_LATER);
	dial_withdraw(&f.n, TARGET_LEARNED, "n65:1");
	pass(&f, 0);
	is_str(heard(&f), "dial n66", "one ends, the next begins");
	pass(&f, 60000);
	for (i = 0; i < TARGET_DIALS + 10; i++) {
		number(text, i);
		if (target(&f, text) != NULL &&
		    target(&f, text)->failures == 0)
			n++;
	}
	is_int(n, 0, "all have had their turn");
	dial_each(&f.n, count_one, &n);
	is_int(n, TARGET_DIALS + 8, "each is shown");
	fake_close(&f);
}

int
main(void)
{
	test_backoff(TARGET_STATIC, 5000, "configured");
	test_backoff(TARGET_LEARNED, 60000, "learned");
	test_again();
	test_words();
	test_fails_within();
	test_limit();
	test_self();
	test_key();
	test_no_addresses();
	test_stop();
	test_sources();
	test_said_again();
	test_learned();
	test_reload();
	test_full();
	test_turns();
	test_next_turn();
	return tap_done();
}
