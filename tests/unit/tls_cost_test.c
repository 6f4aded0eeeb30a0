/*
 * tls_cost_test.c - what a connection costs: strangers, before there is one;
 * idle ends; and what happens where there is no memory.
 */
#include "tap.h"

#include "tls_pair.h"

/* ---- what OpenSSL holds, counted ---- */

static size_t	held, held_most;
static long	left = -1;		/* until one fails; -1: none does */

/* A block begins with its size, in room that keeps it aligned. */
#define HEAD	16

static void *
count_malloc(size_t n, const char *file, int line)
{
	uint8_t	*p = left == 0 ? NULL : malloc(n + HEAD);

	(void)file;
	(void)line;
	if (left >= 0)
		left--;
	if (p == NULL)
		return NULL;
	memcpy(p, &n, sizeof(n));
	held += n;
	if (held > held_most)
		held_most = held;
	return p + HEAD;
}

static void
count_free(void *v, const char *file, int line)
{
	uint8_t	*p = v;
	size_t	 n;

	(void)file;
	(void)line;
	if (p == NULL)
		return;
	memcpy(&n, p - HEAD, sizeof(n));
	held -= n;
	free(p - HEAD);
}

static void *
count_realloc(void *v, size_t n, const char *file, int line)
{
	void	*p = count_malloc(n, file, line);
	size_t	 was;

	if (p == NULL || v == NULL)
		return p;
	memcpy(&was, (uint8_t *)v - HEAD, sizeof(was));
	memcpy(p, v, was < n ? was : n);
	count_free(v, file, line);
	return p;
}

#define MUCH	(300u << 10)
static uint8_t	text[MUCH], back[MUCH];

/* Reads all there is, and forgets it. */
static size_t
drain(struct tls *t)
{
	size_t	got = 0;
	ssize_t	n;

	while ((n = tls_read(t, back, sizeof(back))) > 0)
		got += (size_t)n;
	return got;
}

/* ---- strangers ---- */

#define HELLO	"\x16\x03\x01"
#define NO_TLS	"what comes is not TLS; does the other side have a key file?"

static const struct {
	const char	*name, *bytes;
	size_t		 n;
	const char	*why;
} strangers[] = {
	{ "HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, NO_TLS },
	{ "ssh", "SSH-2.0-OpenSSH_9.2\r\n", 21, NO_TLS },
	{ "zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, NO_TLS },
	{ "a record of an unknown type", "\x63\x03\x03\0\1\0", 6, NO_TLS },
	{ "a record too long", HELLO "\xff\xff\1\0\0\0", 9,
	    "TLS: packet length too long" },
	{ "a message of 16 MiB", HELLO "\0\x04\x01\xff\xff\xff", 9,
	    "TLS: excessive message size" },
	{ "a second hello's answer", HELLO "\0\x04\x02\0\0\0", 9, NO_TLS },
	{ "an alert", "\x15\x03\x01\0\x02\x02\x28", 7, NO_TLS },
	{ "application data", "\x17\x03\x03\0\x03xyz", 8, NO_TLS },
};

static void
test_strangers(void)
{
	struct end	e;
	size_t		i, k, n;
	uint8_t		byte;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		e = end_ours(KEY_A, false);
		for (k = 0; k < strangers[i].n && !e.failed; k++) {
			byte = (uint8_t)strangers[i].bytes[k];
			end_feed(&e, &byte, 1);
			end_step(&e);
		}
		ok(e.failed, "%s: refused", strangers[i].name);
		is_str(tls_why(e.t), strangers[i].why, "%s: why",
		    strangers[i].name);
		ok(tls_out(e.t, &n) != NULL && n == 7 &&
		    *tls_out(e.t, &n) == SSL3_RT_ALERT,
		    "%s: an alert goes back", strangers[i].name);
		end_free(&e);
	}
}

/*
 * A hello that claims the most OpenSSL allows, and comes without end.  Its head
 * is a record of its own, so that the claim is believed before much has come.
 */
static void
test_endless(void)
{
	static const uint8_t	 start[] = HELLO "\0\x04\x01\x02\0\xfc";
	static const uint8_t	 more[] = HELLO "\x01\0";
	struct tls_ctx		*ctx = pair_ctx(KEY_A);
	struct end		 e;
	uint8_t			 record[5 + 256] = { 0 };
	size_t			 before = held, fed = 0;

	memcpy(record, more, 5);
	held_most = held;
	e = (struct end){ .t = tls_new(ctx, false) };
	end_feed(&e, start, sizeof(start) - 1);
	end_step(&e);
	while (!e.failed && fed < 10 * TLS_SHAKE_MOST) {
		end_feed(&e, record, sizeof(record));
		end_step(&e);
		fed += sizeof(record);
	}
	ok(e.failed && fed <= TLS_SHAKE_MOST + sizeof(record),
	    "an endless hello: refused after %zu bytes", fed);
	is_str(tls_why(e.t), "no handshake, but data without end",
	    "an endless hello: why");
	ok(held_most - before < TLS_SHAKE_MEMORY,
	    "an endless hello: little memory, whatever it claims");
	note("OpenSSL held %zu bytes for it", held_most - before);
	end_free(&e);
	tls_ctx_free(ctx);
}

/* ---- memory ---- */

static void
test_idle(void)
{
	struct tls_ctx	*ctx = pair_ctx(KEY_A);
	struct pair	 p = { .step = 0 };
	size_t		 before, at_rest;

	p = pair_open();
	pair_free(&p);			/* what OpenSSL keeps for good */
	before = held;
	p.dialer.t = tls_new(ctx, true);
	p.acceptor.t = tls_new(ctx, false);
	pair_shake(&p);
	at_rest = held - before;
	ok(at_rest < 2 * (20u << 10), "two idle ends: %zu bytes of OpenSSL's",
	    at_rest);
	BUG_ON(tls_write(p.dialer.t, text, MUCH) == -1);
	(void)pair_carry(&p, &p.dialer, &p.acceptor);
	(void)drain(p.acceptor.t);
	BUG_ON(tls_write(p.dialer.t, "beat", 4) == -1);
	(void)pair_carry(&p, &p.dialer, &p.acceptor);
	(void)drain(p.acceptor.t);
	BUG_ON(tls_settle(p.acceptor.t) == -1);
	ok(held - before <= at_rest, "after much and a heartbeat: %zu bytes",
	    held - before);
	ok(p.dialer.t->out.b.cap <= SMALL && p.dialer.t->plain == NULL &&
	    p.acceptor.t->in.own == NULL, "after much and a heartbeat: no "
	    "buffers of ours");
	pair_free(&p);
	tls_ctx_free(ctx);
}

/* One end, from its birth on, without the Nth block that it asks for. */
static void
starve(struct tls_ctx *ctx, bool dialer, long nth, unsigned int *failed)
{
	struct pair	 p = { .step = 0 };
	struct end	*e = dialer ? &p.dialer : &p.acceptor;

	p.dialer.t = dialer ? NULL : tls_new(ctx, true);
	p.acceptor.t = dialer ? tls_new(ctx, false) : NULL;
	left = nth;
	e->t = tls_new(ctx, dialer);
	if (e->t != NULL) {
		pair_shake(&p);
		if (e->done && tls_write(e->t, text, 3 * RECORD) == 0)
			(void)tls_read(e->t, back, 1);
	}
	left = -1;
	if (e->t == NULL || e->failed || tls_why(e->t) != NULL)
		(*failed)++;
	if (e->t != NULL && e->failed && tls_why(e->t) == NULL)
		ok(false, "block %ld: a failure without a reason", nth);
	pair_free(&p);
}

static void
test_starved(void)
{
	struct tls_ctx	*ctx = pair_ctx(KEY_A);
	unsigned int	 failed = 0;
	long		 nth;

	for (nth = 0; nth < 250; nth++) {
		starve(ctx, true, nth, &failed);
		starve(ctx, false, nth, &failed);
	}
	ok(failed > 100, "no memory, wherever it is: an error (%u of 500)",
	    failed);
	tls_ctx_free(ctx);
}

/* Keys are read again while connections are being made and used. */
static void
test_reload(void)
{
	struct tls_ctx	*ctx = pair_ctx(KEY_A);
	struct pair	 p = { .dialer.t = tls_new(ctx, true),
	    .acceptor.t = tls_new(ctx, false) };
	size_t		 i;

	end_step(&p.dialer);
	tls_ctx_free(ctx);
	pair_shake(&p);
	ok(p.dialer.done && p.acceptor.done,
	    "keys given up in mid-handshake: it is completed with them");
	BUG_ON(tls_write(p.dialer.t, "text", 4) == -1);
	(void)pair_carry(&p, &p.dialer, &p.acceptor);
	ok(drain(p.acceptor.t) == 4, "and used");
	pair_free(&p);
	for (i = 0; i < 300; i++)
		tls_ctx_free(pair_ctx(KEY_A));
	ctx = pair_ctx(KEY_A);
	ok(ctx != NULL, "read 300 times: still there");
	tls_ctx_free(ctx);
}

int
main(void)
{
	BUG_ON(CRYPTO_set_mem_functions(count_malloc, count_realloc,
	    count_free) != 1);
	test_strangers();
	test_endless();
	test_idle();
	test_starved();
	test_reload();
	return tap_done();
}
