/* discover_test.c - what known-hosts and dns-name suggest, and when. */
#include "scene.h"

/* ---- known-hosts ---- */

static void
test_static(void)
{
	struct scene	s;

	scene_open(&s, KEYED
	    "known-hosts = a b:99 [fd00::1] [::1]:7 a a:38813\n");
	is_str(said(&s), "", "before it is configured nothing is suggested");
	configure(&s, "0.0.0.0:38813");
	is_str(said(&s), "+static a 38813; +static b 99; "
	    "+static fd00::1 38813; +static ::1 7",
	    "known-hosts are suggested, each once");
	ok(s.wake.ns == INT64_MAX, "and nothing is left to do");
	configure(&s, "0.0.0.0:38813");
	is_str(said(&s), "", "configured again as it was: nothing");
	settings(&s, KEYED "known-hosts = b:99 c\n");
	configure(&s, "0.0.0.0:38813");
	is_str(said(&s), "+static c 38813; -static a 38813; "
	    "-static fd00::1 38813; -static ::1 7", "only changes are said");
	discover_configure(s.d, NULL);
	is_str(said(&s), "-static b 99; -static c 38813",
	    "without a network all is withdrawn");
	is_int(s.sends + s.asks, 0, "nothing was sent, nobody asked");
	scene_close(&s);
}

static void
test_static_many(void)
{
	struct scene	 s;
	char		*text;
	size_t		 i, n;

	scene_open(&s, KEYED);
	text = calloc(1, 100000);
	n = (size_t)snprintf(text, 100000, "[node]\nname = alpha\n" KEYED
	    "known-hosts =");
	for (i = 0; i < PLACES_MOST + 10; i++)
		n += (size_t)snprintf(text + n, 100000 - n, " host%zu", i);
	conf_free(s.conf);
	s.conf = NULL;
	if (conf_parse_text(&s.conf, text, n, &(struct conf_sink){ 0 }) == 0) {
		s.n.conf = s.conf;
		configure(&s, "0.0.0.0:38813");
		is_int(s.suggests, PLACES_MOST, "more than can be kept: %d are",
		    PLACES_MOST);
	} else
		ok(true, "the configuration takes fewer than can be kept");
	free(text);
	scene_close(&s);
}

/* ---- dns-name ---- */

#define DNS	KEYED "discover = dns\ndns-name = x.example\n"

static void
answer(struct scene *s, const char *a, const char *b)
{
	struct host	h[2] = { { .port = 1 }, { .port = 2 } };

	(void)snprintf(h[0].name, sizeof(h[0].name), "%s", a);
	(void)snprintf(h[1].name, sizeof(h[1].name), "%s", b);
	discover_answer(s->d, h, *b != '\0' ? 2 : *a != '\0' ? 1 : 0, NULL);
}

static void
test_dns(void)
{
	struct scene	s;

	scene_open(&s, DNS "dns-interval = 30s\n");
	s.dice = 3 * S;				/* no jitter */
	configure(&s, "0.0.0.0:38813");
	is_int(s.asks, 0, "configured: it waits for the tick");
	pass(&s, 0);
	is_int(s.asks, 1, "and asks at once");
	pass(&s, 300 * S);
	is_int(s.asks, 1, "one question at a time, however long it takes");
	answer(&s, "10.0.0.1", "10.0.0.2");
	is_str(said(&s), "+dns 10.0.0.1 1; +dns 10.0.0.2 2", "an answer");
	pass(&s, 30 * S - 1);
	is_int(s.asks, 1, "before dns-interval it does not ask");
	pass(&s, 1);
	is_int(s.asks, 2, "after it, it does");
	answer(&s, "10.0.0.1", "10.0.0.3");
	is_str(said(&s), "+dns 10.0.0.3 2; -dns 10.0.0.2 2",
	    "a record came, a record went");
	pass(&s, 30 * S);
	s.dice = 500;
	discover_answer(s.d, NULL, 0, "SERVFAIL");
	is_str(said(&s), "", "no answer: what was known stays");
	is_str(discover_trouble(s.d), "SERVFAIL", "and why is known");
	pass(&s, 5 * S);
	is_int(s.asks, 4, "it is asked again sooner");
	answer(&s, "", "");
	is_str(said(&s), "-dns 10.0.0.1 1; -dns 10.0.0.3 2",
	    "no records any more: all withdrawn");
	is_str(discover_trouble(s.d), NULL, "and no trouble");
	scene_close(&s);
}

static void
test_dns_jitter(void)
{
	struct scene	s;
	uint32_t	dice;
	int		i;

	for (i = 0; i < 2; i++) {
		scene_open(&s, DNS "dns-interval = 10s\n");
		dice = i == 0 ? 0 : UINT32_MAX;
		s.dice = dice;
		configure(&s, "0.0.0.0:38813");
		pass(&s, 0);
		answer(&s, "a", "");
		is_int((s.wake.ns - s.n.now.ns) / MONO_MS(1), i == 0 ? 9000 :
		    11000, "asked a tenth %s", i == 0 ? "sooner" : "later");
		scene_close(&s);
	}
}

static void
test_dns_bad(void)
{
	struct host	h[4] = { { "good", 1 }, { "no port", 0 },
			    { "bl ank", 1 }, { "", 1 } };
	struct host	*many;
	struct scene	s;
	size_t		i;

	scene_open(&s, DNS);
	configure(&s, "0.0.0.0:38813");
	pass(&s, 0);
	discover_answer(s.d, h, 4, NULL);
	is_str(said(&s), "+dns good 1", "records that are none are left out");
	many = calloc(10000, sizeof(*many));
	for (i = 0; i < 10000; i++) {
		many[i].port = 1;
		(void)snprintf(many[i].name, sizeof(many[i].name), "h%zu", i);
	}
	s.suggests = 0;
	pass(&s, 40 * S);
	discover_answer(s.d, many, 10000, NULL);
	free(many);
	is_int(s.suggests, PLACES_MOST - 1, "10,000 records: no more than fit");
	is_int(s.withdraws, 1, "and the one that went");
	scene_close(&s);
}

static void
test_dns_changes(void)
{
	struct scene	s;

	scene_open(&s, DNS);
	configure(&s, "0.0.0.0:38813");
	pass(&s, 0);
	answer(&s, "a", "");
	pass(&s, 40 * S);
	(void)said(&s);
	is_int(s.asks, 2, "asked twice so far");
	settings(&s, KEYED "discover = dns\ndns-name = y.example\n");
	configure(&s, "0.0.0.0:38813");
	is_str(said(&s), "-dns a 1", "another name: what was known goes");
	pass(&s, 10 * S);
	is_int(s.asks, 2, "one question at a time");
	answer(&s, "b", "");
	is_str(said(&s), "", "the answer for the old name suggests nothing");
	pass(&s, 0);
	is_int(s.asks, 3, "then the new one is asked for");
	discover_configure(s.d, NULL);
	answer(&s, "b", "");
	is_str(said(&s), "", "an answer when there is no network: nothing");
	pass(&s, 100 * S);
	is_int(s.asks, 3, "nor is asked any more");
	s.deaf = true;
	configure(&s, "0.0.0.0:38813");
	pass(&s, 60 * S);
	ok(s.asks > 8 && s.asks < 20, "a question that cannot be asked is "
	    "tried again, not at once (%u)", s.asks);
	scene_close(&s);
}

int
main(void)
{
	test_static();
	test_static_many();
	test_dns();
	test_dns_jitter();
	test_dns_bad();
	test_dns_changes();
	return tap_done();
}
