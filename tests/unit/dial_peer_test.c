/* dial_peer_test.c - where a session leads, and after its end. */
#include "dialling.h"

static void
test_session(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;
	struct target	*t;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	t = f.target;
	(void)wait_after(&f, DIAL_LATER);
	p = peer(&f, 5, "beta", "h:1");
	p->state = PEER_GONE;
	reach(&f, p, &trunk);
	ok(p->target == t && t->peer == p && t->id == 5 && t->failures == 0 &&
	    t->why[0] == '\0' && strcmp(t->name, "beta") == 0,
	    "a success is the peer's target");
	(void)heard(&f);
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	pass(&f, 100000);
	is_str(heard(&f), "", "where a session leads nothing is dialled");
	ok(!dial_under_way(p), "nothing is under way");
	lose(p, 0);
	ok(dial_under_way(p), "after a break a dial is");
	pass(&f, 0);
	is_str(heard(&f), "dial h", "at once, for who dialled before");
	ok(dial_under_way(p), "it is under way");
	fake_close(&f);
}

static void
test_resume(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;
	intmax_t	ms, most = 0, i;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	p = peer(&f, 5, "beta", "h:1");
	(void)heard(&f);
	reach(&f, p, &trunk);
	lose(p, MONO_MS(250));
	pass(&f, 249);
	is_str(heard(&f), "", "250 ms later, for the other");
	pass(&f, 1);
	is_str(heard(&f), "dial h", "and not later");
	for (i = 0; i < 30; i++) {
		ms = wait_after(&f, DIAL_LATER);
		most = ms > most ? ms : most;
	}
	ok(most <= 500, "while it can be resumed, at least every T/10");
	dial_failed(f.target, "no", DIAL_LATER);
	ok(!dial_under_way(p), "one that waits after failures is no hope");
	pass(&f, 500);
	(void)heard(&f);
	pass(&f, 1000 - 1 - MS(f.n.now.ns - f.last.ns));
	is_str(heard(&f), "", "a try has T/5");
	pass(&f, 1);
	is_str(heard(&f), "stop h", "then it is another's turn");
	fake_close(&f);
}

static void
test_session_end(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	p = peer(&f, 5, "beta", "h:1");
	lose(p, 0);
	pass(&f, 0);
	is_str(heard(&f), "dial h", "one that had dialled us: its address");
	is_int(target(&f, "h:1")->sources, TARGET_SESSION, "for the session");
	reach(&f, p, &trunk);
	end(p);
	ok(target(&f, "h:1") == NULL && p->target == NULL,
	    "with the session the address goes");
	dial_suggest(&f.n, TARGET_LEARNED, "h:1");
	pass(&f, 0);
	reach(&f, p, &trunk);
	(void)heard(&f);
	pass(&f, INT64_C(1000) * DIAL_LEARNED_S * 2);
	end(p);
	ok(p->target == NULL && target(&f, "h:1") != NULL,
	    "one that was told of is kept");
	pass(&f, 250);
	is_str(heard(&f), "dial h", "and dialled with back-off");
	is_int(target(&f, "h:1")->sources, TARGET_LEARNED, "for a day");
	is_int(wait_after(&f, DIAL_LATER), 250, "from the beginning of it");
	fake_close(&f);
}

static void
test_brief_sessions(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;
	intmax_t	ms[7];
	int		i, k;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	p = peer(&f, 5, "beta", "h:1");
	for (i = 0; i < 7; i++) {
		reach(&f, p, &trunk);
		pass(&f, i == 5 ? 10000 : 100);
		f.dials = 0;
		end(p);
		ms[i] = MS(f.n.now.ns);
		for (k = 0; f.dials == 0 && k < 60000; k++)
			pass(&f, 1);
		ms[i] = MS(f.last.ns) - ms[i];
	}
	ok(ms[0] == 250 && ms[1] >= 375 && ms[2] >= 750 && ms[3] >= 1500,
	    "sessions that end as they begin: slower and slower");
	is_int(ms[5], 250, "after a longer one: soon");
	fake_close(&f);
}

/* A handshake finds out that the session it would resume is over. */
static void
test_end_within_dial(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	p = peer(&f, 5, "beta", "h:1");
	lose(p, 0);
	pass(&f, 0);
	dial_opened(f.target, &trunk);
	end(p);
	ok(f.target->dialling && f.target == target(&f, "h:1") &&
	    p->target == NULL, "the end of the session does not end the dial");
	reach(&f, p, &trunk);
	ok(p->target == f.target, "which may lead to a new one");
	lose(p, 0);
	pass(&f, 0);
	end(p);
	dial_failed(f.target, "no", DIAL_LATER);
	ok(target(&f, "h:1") == NULL, "or fail, and nobody knows it any more");
	fake_close(&f);
}

static void
test_two_addresses(void)
{
	struct trunk	trunk = { .node = NULL };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	p = peer(&f, 5, "beta", "h:1");
	p->state = PEER_GONE;
	dial_suggest(&f.n, TARGET_STATIC, "g:1");
	pass(&f, 0);
	reach(&f, p, &trunk);
	dial_suggest(&f.n, TARGET_BROADCAST, "i:1");
	pass(&f, 0);
	dial_withdraw(&f.n, TARGET_BROADCAST, "i:1");
	reach(&f, p, &trunk);
	dial_suggest(&f.n, TARGET_BROADCAST, "h:1");
	pass(&f, 0);
	reach(&f, p, &trunk);
	ok(target(&f, "i:1") == NULL, "one that nobody else knows is gone");
	ok(p->target == target(&f, "h:1") && target(&f, "g:1")->peer == NULL,
	    "two addresses of a peer: the last one is its target");
	is_str(heard(&f), "dial g; dial i; dial h", "each was dialled once");
	pass(&f, 10000);
	lose(p, 0);
	dial_suggest(&f.n, TARGET_STATIC, "g:1");
	pass(&f, 0);
	is_str(heard(&f), "dial h", "one is dialled to resume");
	end(p);
	pass(&f, 250);
	is_str(heard(&f), "dial g", "after the end the other too");
	fake_close(&f);
}

/* Another node runs where the peer was. */
static void
test_another_there(void)
{
	struct trunk	one = { .node = NULL }, two = { .node = NULL };
	struct fake	f;
	struct peer	*p, *q;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	p = peer(&f, 5, "beta", "h:1");
	reach(&f, p, &one);
	lose(p, 0);
	pass(&f, 0);
	q = peer(&f, 6, "gamma", "h:1");
	reach(&f, q, &two);
	ok(q->target == target(&f, "h:1") && p->target == NULL,
	    "the target is that of who is there");
	(void)heard(&f);
	lose(p, 0);
	pass(&f, 1000);
	is_str(heard(&f), "", "where another is connected it is not sought");
	end(p);
	pass(&f, 10000);
	is_str(heard(&f), "", "nor after its end");
	end(q);
	pass(&f, 250);
	is_str(heard(&f), "dial h", "the other's end is one");
	fake_close(&f);
}

static void
test_proven(void)
{
	struct trunk	trunk = { .hello.id = 5, .hello.name = "beta" };
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	dial_suggest(&f.n, TARGET_STATIC, "h:1");
	pass(&f, 0);
	dial_opened(f.target, &trunk);
	dial_failed(f.target, "the other's dial was first", DIAL_AGAIN);
	p = peer(&f, 5, "beta", "wrong:1");
	p->trunk = &trunk;
	(void)heard(&f);
	pass(&f, 10000);
	is_str(heard(&f), "", "one that came by itself is not dialled");
	lose(p, 0);
	pass(&f, 0);
	is_str(heard(&f), "dial h", "it is sought where it was found");
	ok(target(&f, "wrong:1") == NULL, "not where it says");
	fake_close(&f);
}

static void
test_asking(void)
{
	struct fake	f;
	struct peer	*p;

	fake_open(&f);
	p = peer(&f, 5, "", "");
	p->state = PEER_ASKING;
	dial_peer(p, 0);
	ok(f.n.targets == NULL && !dial_under_way(p),
	    "one without address is not dialled");
	(void)strlcpy(p->address, "h:1", sizeof(p->address));
	ok(!dial_under_way(p), "nor before it is asked for");
	dial_peer(p, 0);
	ok(dial_under_way(p), "an answer is dialled");
	pass(&f, 0);
	is_str(heard(&f), "dial h", "at once");
	dial_failed(f.target, "refused", DIAL_LATER);
	ok(!dial_under_way(p), "a failure is an answer");
	dial_session_ended(p);
	p->state = PEER_GONE;
	is_int(target(&f, "h:1")->sources, TARGET_LEARNED,
	    "somebody has told of it");
	pass(&f, 250);
	is_str(heard(&f), "dial h", "so it is tried on");
	fake_close(&f);
}

int
main(void)
{
	test_session();
	test_resume();
	test_session_end();
	test_brief_sessions();
	test_end_within_dial();
	test_two_addresses();
	test_another_there();
	test_proven();
	test_asking();
	return tap_done();
}
