/* tls_data_test.c - what goes through a connection, and how it ends. */
#include "tap.h"

#include <unistd.h>

#include "tls_pair.h"

/* ---- text, the same each time ---- */

#define MUCH	(300u << 10)
static uint8_t	text[MUCH], back[MUCH + 1];

static uint32_t
dice(uint32_t sides)
{
	static uint32_t	x = 1;

	x = x * 1664525 + 1013904223;
	return (x >> 8) % sides;
}

/* All that one end has to send, into memory of its own. */
static uint8_t *
wire_of(struct tls *t, size_t *n)
{
	const uint8_t	*p = tls_out(t, n);
	uint8_t		*copy = malloc(*n + 1);

	BUG_ON(copy == NULL || p == NULL);
	memcpy(copy, p, *n);
	tls_out_drop(t, *n);
	return copy;
}

/* Reads all there is into back; the bytes, and errno or 0 for a close. */
static size_t
drain(struct tls *t, size_t most, int *error)
{
	size_t	got = 0;
	ssize_t	n;

	while ((n = tls_read(t, back + got, most)) > 0)
		got += (size_t)n;
	*error = n == 0 ? 0 : errno;
	return got;
}

/* ---- through and through ---- */

static const struct {
	const char	*name;
	size_t		 write, read, step;
} flows[] = {
	{ "byte by byte, written, read and carried", 1, 1, 1 },
	{ "small writes", 64, 65536, 0 },
	{ "writes of one record", 16384, 16384, 4096 },
	{ "one more than a record", 16385, 1000, 1000 },
	{ "one less", 16383, 65536, 17 },
	{ "large writes", 65536, 65536, 65536 },
	{ "all at once", MUCH, MUCH, MUCH },
};

static void
test_flows(void)
{
	struct pair	 p;
	uint8_t		*wire;
	size_t		 i, k, n, total, got, at;
	int		 error;

	for (i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		p = pair_open();
		total = flows[i].write == 1 ? 3000 : MUCH;
		for (at = 0; at < total; at += k) {
			k = flows[i].write < total - at ? flows[i].write :
			    total - at;
			BUG_ON(tls_write(p.dialer.t, text + at, k) == -1);
		}
		wire = wire_of(p.dialer.t, &n);
		is_int((intmax_t)n, (intmax_t)(total +
		    (total + RECORD - 1) / RECORD * RECORD_EXTRA),
		    "%s: in full records", flows[i].name);
		got = 0;
		error = EAGAIN;
		for (at = 0; at < n && error == EAGAIN; at += k) {
			ssize_t	r;

			k = flows[i].step != 0 && flows[i].step < n - at ?
			    flows[i].step : n - at;
			end_feed(&p.acceptor, wire + at, k);
			while ((r = tls_read(p.acceptor.t, back + got,
			    flows[i].read < MUCH - got ? flows[i].read :
			    MUCH + 1 - got)) > 0)
				got += (size_t)r;
			error = errno;
		}
		ok(error == EAGAIN && got == total &&
		    memcmp(back, text, total) == 0, "%s: as it was written",
		    flows[i].name);
		free(wire);
		pair_free(&p);
	}
}

/* Both ways at once, in pieces of any size, keys changing all the time. */
static void
test_mixed(void)
{
	struct pair	 p = pair_open();
	struct end	*ends[2] = { &p.dialer, &p.acceptor };
	size_t		 sent[2] = { 0 }, got[2] = { 0 }, k, n;
	uint8_t		 bytes[8192];
	bool		 right = true;
	unsigned int	 i, me;
	ssize_t		 r;

	p.dialer.t->ctx->rekey_after = 3;
	p.acceptor.t->ctx->rekey_after = 5;
	for (i = 0; i < 20000 && right; i++) {
		me = dice(2);
		switch (dice(3)) {
		case 0:
			k = dice(dice(10) == 0 ? 40000 : 100);
			if (k > MUCH - sent[me])
				break;
			right = tls_write(ends[me]->t, text + sent[me],
			    k) == 0;
			sent[me] += k;
			break;
		case 1:
			n = end_take(ends[me], bytes,
			    1 + dice(sizeof(bytes)));
			if (n > 0)
				end_feed(ends[!me], bytes, n);
			break;
		default:
			r = tls_read(ends[me]->t, back, 1 + dice(30000));
			if (r > 0) {
				right = memcmp(back, text + got[me],
				    (size_t)r) == 0;
				got[me] += (size_t)r;
			} else
				right = r == -1 && errno == EAGAIN;
		}
	}
	ok(right && got[0] > MUCH / 2 && got[1] > MUCH / 2 &&
	    got[0] <= sent[1] && got[1] <= sent[0],
	    "both ways at once, with changes of keys (%zu and %zu bytes)",
	    got[0], got[1]);
	pair_free(&p);
}

/* A key is good for so many records; a change is one more. */
static void
test_rekey(void)
{
	struct pair	 p = pair_open();
	uint8_t		*wire;
	size_t		 n, i;
	int		 error;

	p.dialer.t->ctx->rekey_after = 2;
	for (i = 0; i < 5; i++) {
		BUG_ON(tls_write(p.dialer.t, "x", 1) == -1);
		wire = wire_of(p.dialer.t, &n);
		is_int((intmax_t)n, i == 2 || i == 4 ? 23 + 27 : 23,
		    "record %zu, two to a key", i);
		end_feed(&p.acceptor, wire, n);
		ok(drain(p.acceptor.t, 10, &error) == 1 && error == EAGAIN,
		    "it is read");
		free(wire);
	}
	/* The other end asks for ours, too. */
	BUG_ON(SSL_key_update(p.acceptor.t->ssl,
	    SSL_KEY_UPDATE_REQUESTED) != 1);
	BUG_ON(tls_write(p.acceptor.t, "x", 1) == -1);
	(void)pair_carry(&p, &p.acceptor, &p.dialer);
	ok(drain(p.dialer.t, 10, &error) == 1, "it asks for a new key");
	ok(tls_out(p.dialer.t, &n) == NULL, "reading never writes");
	BUG_ON(tls_write(p.dialer.t, "y", 1) == -1);
	wire = wire_of(p.dialer.t, &n);
	is_int((intmax_t)n, 23 + 27, "it gets one with the next record");
	end_feed(&p.acceptor, wire, n);
	free(wire);
	ok(drain(p.acceptor.t, 10, &error) == 1 && back[0] == 'y',
	    "which is used");
	pair_free(&p);
}

/* ---- bytes that were changed on their way ---- */

static void
broken(const char *name, uint8_t *wire, size_t n, struct pair *p,
    size_t want)
{
	int	error, again;
	size_t	got;

	end_feed(&p->acceptor, wire, n);
	got = drain(p->acceptor.t, 100, &error);
	(void)drain(p->acceptor.t, 100, &again);
	if (got != want || error != EBADMSG || again != EBADMSG ||
	    tls_why(p->acceptor.t) == NULL ||
	    tls_out(p->acceptor.t, &n) == NULL)
		ok(false, "%s: %zu bytes, then %s, %s", name, got,
		    strerror(error), strerror(again));
}

static void
test_bits(void)
{
	struct pair	 p;
	uint8_t		*wire;
	size_t		 i, n = 2;
	char		 name[40];

	/* The first record passes, any bit of the second does not. */
	for (i = 0; i < n; i++) {
		p = pair_open();
		BUG_ON(tls_write(p.dialer.t, "one", 3) == -1);
		(void)pair_carry(&p, &p.dialer, &p.acceptor);
		BUG_ON(tls_write(p.dialer.t, "two", 3) == -1);
		wire = wire_of(p.dialer.t, &n);
		wire[i] ^= (uint8_t)(1 << dice(8));
		(void)snprintf(name, sizeof(name), "a bit of byte %zu", i);
		/* A longer record is waited for: it comes, and is none. */
		if (i == 3 || i == 4) {
			wire[3] = 0;
			wire[4] = (uint8_t)(n - 5 - 1);
		}
		broken(name, wire, n, &p, 3);
		free(wire);
		pair_free(&p);
	}
	ok(i == n && n == 25, "a record with one bit changed: refused, "
	    "whichever of its %zu bytes", n);
}

static void
test_order(void)
{
	static const char	*names[] = { "left out", "doubled", "swapped",
	    "cut short" };
	struct pair		 p;
	uint8_t			*one, *two, all[100];
	size_t			 i, n1, n2;

	for (i = 0; i < 4; i++) {
		p = pair_open();
		BUG_ON(tls_write(p.dialer.t, "one", 3) == -1);
		one = wire_of(p.dialer.t, &n1);
		BUG_ON(tls_write(p.dialer.t, "two", 3) == -1);
		two = wire_of(p.dialer.t, &n2);
		memcpy(all, i == 0 || i == 2 ? two : one, n1);
		memcpy(all + n1 - (i == 3), i == 1 || i == 2 ? one : two, n2);
		broken(names[i], all, n1 + n2 - (i == 3), &p, i == 1 ? 3 : 0);
		ok(true, "a record %s: refused", names[i]);
		free(one);
		free(two);
		pair_free(&p);
	}
}

/* Less than a record is nothing yet. */
static void
test_half(void)
{
	struct pair	 p = pair_open();
	uint8_t		*wire;
	size_t		 n;
	int		 error;

	BUG_ON(tls_write(p.dialer.t, "whole", 5) == -1);
	wire = wire_of(p.dialer.t, &n);
	end_feed(&p.acceptor, wire, n - 1);
	ok(drain(p.acceptor.t, 10, &error) == 0 && error == EAGAIN &&
	    !tls_pending(p.acceptor.t), "half a record: nothing yet");
	end_feed(&p.acceptor, wire + n - 1, 1);
	ok(tls_pending(p.acceptor.t), "the rest of it: something");
	ok(drain(p.acceptor.t, 10, &error) == 5, "which can be read");
	free(wire);
	pair_free(&p);
}

/* ---- bytes that are lent ---- */

static void
test_lent(void)
{
	struct pair	 p = pair_open();
	uint8_t		*wire;
	size_t		 n, i;
	int		 error;

	for (i = 0; i < 3; i++)
		BUG_ON(tls_write(p.dialer.t, text + i * RECORD, RECORD) == -1);
	wire = wire_of(p.dialer.t, &n);
	BUG_ON(tls_put_in(p.acceptor.t, wire, n / 2) == -1);
	is_int(tls_read(p.acceptor.t, back, 100), 100, "some of it is read");
	BUG_ON(tls_settle(p.acceptor.t) == -1);
	memset(wire, 0xff, n / 2);		/* gone */
	is_int(tls_read(p.acceptor.t, back + 100, 100), 100, "more is read");
	BUG_ON(tls_put_in(p.acceptor.t, wire + n / 2, n - n / 2) == -1);
	free(wire);				/* put in beside: a copy */
	n = 200;
	while (tls_pending(p.acceptor.t)) {
		ssize_t	r = tls_read(p.acceptor.t, back + n, 5000);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	ok(n == 3 * RECORD && memcmp(back, text, n) == 0,
	    "what was lent, settled and put in beside comes in order");
	BUG_ON(tls_settle(p.acceptor.t) == -1);
	ok(p.acceptor.t->in.own == NULL, "and nothing of it is kept");
	ok(drain(p.acceptor.t, 10, &error) == 0 && error == EAGAIN,
	    "then there is no more");
	pair_free(&p);
}

/* Bytes of our own, all used; then some lent that are not. */
static void
test_lent_again(void)
{
	struct pair	 p = pair_open();
	uint8_t		*wire;
	size_t		 n;
	int		 error;

	BUG_ON(tls_write(p.dialer.t, text, 2 * RECORD) == -1);
	wire = wire_of(p.dialer.t, &n);
	BUG_ON(tls_put_in(p.acceptor.t, wire, n / 2) == -1);
	BUG_ON(tls_settle(p.acceptor.t) == -1);
	BUG_ON(drain(p.acceptor.t, RECORD, &error) != RECORD);
	BUG_ON(tls_put_in(p.acceptor.t, wire + n / 2, n / 2) == -1);
	BUG_ON(tls_settle(p.acceptor.t) == -1);
	memset(wire, 0xff, n);
	ok(drain(p.acceptor.t, RECORD, &error) == RECORD && error == EAGAIN &&
	    memcmp(back, text + RECORD, RECORD) == 0,
	    "lent after all of its own was used: settled, too");
	free(wire);
	pair_free(&p);
}

/* What there is no room for is not begun, and harms nothing. */
static void
test_no_room(void)
{
	struct pair	p = pair_open();
	int		error;

	/* Enough for the text, but not once it is sealed. */
	p.dialer.t->out.b.max = 4 * RECORD + 2 * RECORD_EXTRA;
	BUG_ON(tls_write(p.dialer.t, "begin ", 6) == -1);
	ok(tls_write(p.dialer.t, text, 3 * RECORD) == -1 && errno == ENOMEM,
	    "no room for a write: an error");
	ok(tls_why(p.dialer.t) == NULL, "no room for a write: only for that");
	BUG_ON(tls_write(p.dialer.t, "end", 3) == -1);
	(void)pair_carry(&p, &p.dialer, &p.acceptor);
	ok(drain(p.acceptor.t, 100, &error) == 9 && error == EAGAIN &&
	    memcmp(back, "begin end", 9) == 0, "no room for a write: nothing "
	    "of it goes out");
	pair_free(&p);
}

/* ---- before, after ---- */

static void
test_end(void)
{
	struct pair	p = pair_open();
	int		error;

	BUG_ON(tls_write(p.dialer.t, "last", 4) == -1);
	tls_end(p.dialer.t);
	tls_end(p.dialer.t);
	ok(tls_write(p.dialer.t, "x", 1) == -1 && errno == EPIPE,
	    "after the end nothing is written");
	(void)pair_carry(&p, &p.dialer, &p.acceptor);
	ok(drain(p.acceptor.t, 100, &error) == 4 && error == 0,
	    "the last is read, then the end");
	ok(tls_read(p.acceptor.t, back, 1) == 0, "and the end again");
	ok(tls_why(p.acceptor.t) == NULL, "which is no failure");
	BUG_ON(tls_write(p.acceptor.t, "well", 4) == -1);
	(void)pair_carry(&p, &p.acceptor, &p.dialer);
	ok(drain(p.dialer.t, 100, &error) == 4 && error == EAGAIN,
	    "the other end may still speak");
	pair_free(&p);
}

static void
test_early(void)
{
	struct end	e = end_ours(KEY_A, true);

	ok(tls_read(e.t, back, 1) == -1 && errno == EPROTO &&
	    tls_write(e.t, "x", 1) == -1 && errno == EPROTO,
	    "before the handshake nothing is read or written");
	tls_end(e.t);
	end_step(&e);
	ok(!e.failed, "and an end is none");
	end_free(&e);
}

int
main(void)
{
	size_t	i;

	for (i = 0; i < MUCH; i++)
		text[i] = (uint8_t)dice(256);
	test_flows();
	test_mixed();
	test_rekey();
	test_bits();
	test_order();
	test_half();
	test_lent();
	test_lent_again();
	test_no_room();
	test_end();
	test_early();
	return tap_done();
}
