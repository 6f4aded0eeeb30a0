/*
 * tls_pair.h - two ends of a connection and the bytes between them, for the
 * tests and the fuzzer of tls.c.
 *
 * An end is one of ours (struct tls) or a raw one of OpenSSL's, which does what
 * ours never would.  tls.c itself is included: some tests look into an end, or
 * spoil it.
 */
#ifndef TEST_TLS_PAIR_H
#define TEST_TLS_PAIR_H
#include "../../supervisor/tls.c"
#include "bug.h"

#define PAIR_FN		static __attribute__((unused))

/* ---- key files ---- */

#define KEY_A	"a1"
#define KEY_B	"b2"

/* Keys of 32 equal bytes each, given as "a1 b2"; a '+' flips the last bit. */
PAIR_FN struct keys
pair_keys(const char *list)
{
	struct keys	keys;
	char		text[16 * 66] = "", why[KEYS_WHY_SIZE];
	size_t		n = 0;
	int		i;

	while (*list != '\0') {
		for (i = 0; i < KEY_SIZE; i++) {
			text[n++] = list[0];
			text[n++] = list[1];
		}
		if (list[2] == '+')
			text[n - 1] ^= 1;	/* 1 and 0, 2 and 3 */
		text[n++] = '\n';
		list += strcspn(list, " ");
		list += strspn(list, " ");
	}
	BUG_ON(keys_parse(&keys, text, n, why, sizeof(why)) == -1);
	return keys;
}

PAIR_FN struct tls_ctx *
pair_ctx(const char *list)
{
	struct keys	 keys = pair_keys(list);
	struct tls_ctx	*ctx;
	char		 why[TLS_WHY_SIZE];

	ctx = tls_ctx_new(&keys, why, sizeof(why));
	keys_release(&keys);
	BUG_ON(ctx == NULL);
	return ctx;
}

/* ---- an end ---- */

struct end {
	struct tls	*t;		/* ours, or */
	SSL		*ssl;		/* a raw one */
	bool		 failed, done;
	uint8_t		*in;		/* what ours was lent last */
};

PAIR_FN struct end
end_of(struct tls_ctx *ctx, bool dialer)
{
	struct end	 e = { .t = tls_new(ctx, dialer) };

	BUG_ON(e.t == NULL);
	return e;
}

PAIR_FN struct end
end_ours(const char *list, bool dialer)
{
	struct tls_ctx	*ctx = pair_ctx(list);
	struct end	 e = end_of(ctx, dialer);

	tls_ctx_free(ctx);		/* the connection keeps it */
	return e;
}

/* Takes the SSL_CTX. */
PAIR_FN struct end
end_raw(SSL_CTX *ctx, bool dialer)
{
	struct end	 e = { .ssl = SSL_new(ctx) };

	BUG_ON(e.ssl == NULL);
	SSL_set_bio(e.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (dialer)
		SSL_set_connect_state(e.ssl);
	else
		SSL_set_accept_state(e.ssl);
	SSL_CTX_free(ctx);
	return e;
}

PAIR_FN void
end_free(struct end *e)
{
	tls_free(e->t);
	SSL_free(e->ssl);
	free(e->in);
	*e = (struct end){ .t = NULL };
}

/* Goes on with the handshake, as far as it goes. */
PAIR_FN void
end_step(struct end *e)
{
	int	r;

	if (e->failed || e->done)
		return;
	if (e->t != NULL) {
		r = tls_handshake(e->t);
	} else {
		ERR_clear_error();
		r = SSL_do_handshake(e->ssl);
		if (r != 1)
			r = SSL_get_error(e->ssl, r) == SSL_ERROR_WANT_READ ?
			    0 : -1;
		ERR_clear_error();
	}
	e->failed = r == -1;
	e->done = r == 1;
}

/* Bytes that came.  Ours gets them in memory of exactly their size, which is
   gone after the next ones came, so that whoever reads on there is caught. */
PAIR_FN void
end_feed(struct end *e, const void *p, size_t n)
{
	uint8_t	*copy;

	if (e->t == NULL) {
		BUG_ON(BIO_write(SSL_get_rbio(e->ssl), p, (int)n) != (int)n);
		return;
	}
	BUG_ON(tls_settle(e->t) == -1);
	free(e->in);
	BUG_ON((copy = malloc(n)) == NULL);
	memcpy(copy, p, n);
	e->in = copy;
	BUG_ON(tls_put_in(e->t, copy, n) == -1);
}

/* What it wants to send, at most n bytes. */
PAIR_FN size_t
end_take(struct end *e, void *p, size_t n)
{
	const uint8_t	*out;
	size_t		 have;
	int		 r;

	if (e->t == NULL) {
		r = BIO_read(SSL_get_wbio(e->ssl), p, (int)n);
		return r > 0 ? (size_t)r : 0;
	}
	if ((out = tls_out(e->t, &have)) == NULL)
		return 0;
	if (n > have)
		n = have;
	memcpy(p, out, n);
	tls_out_drop(e->t, n);
	return n;
}

/* ---- both ---- */

struct pair {
	struct end	dialer, acceptor;
	size_t		step;		/* bytes at a time; 0: all */
};

/* One way; true if anything went. */
PAIR_FN bool
pair_carry(struct pair *p, struct end *from, struct end *to)
{
	uint8_t	bytes[4096];
	size_t	n, most = p->step != 0 ? p->step : sizeof(bytes);
	bool	went = false;

	end_step(from);
	while ((n = end_take(from, bytes, most)) > 0) {
		went = true;
		end_feed(to, bytes, n);
		end_step(to);
	}
	return went;
}

PAIR_FN void
pair_shake(struct pair *p)
{
	bool	went;

	do {
		went = pair_carry(p, &p->dialer, &p->acceptor);
		if (pair_carry(p, &p->acceptor, &p->dialer))
			went = true;
	} while (went);
}

PAIR_FN void
pair_free(struct pair *p)
{
	end_free(&p->dialer);
	end_free(&p->acceptor);
}

/* Two of ours that know each other. */
PAIR_FN struct pair
pair_open(void)
{
	struct pair	p = { .dialer = end_ours(KEY_A, true),
	    .acceptor = end_ours(KEY_A, false) };

	pair_shake(&p);
	BUG_ON(!p.dialer.done || !p.acceptor.done);
	return p;
}

#endif /* TEST_TLS_PAIR_H */
