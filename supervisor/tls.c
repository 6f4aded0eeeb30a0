/*
 * tls.c - TLS 1.3 with the cluster's key, between bytes in memory.
 *
 * OpenSSL reads from and writes to a BIO of our own: it takes its input from
 * where the caller's bytes lie and appends its output to a buffer.  Without its
 * read-ahead: that would copy all input once more, and for each small record
 * move all that follows.
 *
 * Owns:    OpenSSL, so all of TLS is in this file; what makes a peer authentic.
 * Not here: sockets, deadlines, where keys come from (keys.c).
 * Errors:  -1 and errno; the first failure of a connection stays, with its
 *          reason.  OpenSSL's error queue is empty between calls.
 */
#include "tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "bug.h"
#include "bytes.h"
#include "keys.h"

#define SUITE		"TLS_AES_128_GCM_SHA256"
#define GROUPS		"X25519:P-256"
#define RECORD		SSL3_RT_MAX_PLAIN_LENGTH	/* plain bytes, most */
#define RECORD_EXTRA	22		/* header, type, tag */
#define OUT_MOST	((size_t)1 << 30)
#define SMALL		4096		/* less at a time: buffers go back */
#define ALERT(code)	(SSL_AD_REASON_OFFSET + (code))

/* RFC 8446, 5.5: a key of AES-GCM is good for 2^24.5 records; a busy connection
   writes those within a minute. */
#define REKEY_AFTER	((uint64_t)1 << 23)

struct tls_ctx {
	unsigned int	 refs;
	SSL_CTX		*dials, *accepts;
	BIO_METHOD	*bio;
	uint64_t	 rekey_after;
	struct keys	 keys;
};

struct tls {
	SSL		*ssl;
	struct tls_ctx	*ctx;

	struct bytes_in	 in;
	size_t		 shaken;	/* bytes used by the handshake */

	uint8_t		*plain;		/* small writes, not sealed yet */
	size_t		 plain_n;
	struct bytes_out out;
	uint64_t	 records;	/* sealed with the present key */

	int		 error;		/* 0, EBADMSG or ENOMEM; sticks */
	bool		 dialer, done;
	bool		 thrifty;	/* OpenSSL gives its buffers back */
	bool		 offered;	/* some key was, to an accepting end */
	bool		 closed, ended;	/* the other end said so; we did */
	char		 key_id[KEY_ID_SIZE];
	char		 why[TLS_WHY_SIZE];
};

/* ---- the BIO: OpenSSL's view of a connection ---- */

static int
tls_bio_read(BIO *b, char *p, size_t n, size_t *got)
{
	struct tls	*t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if ((*got = bytes_in_take(&t->in, p, n)) == 0)
		BIO_set_retry_read(b);
	if (!t->done && (t->shaken += *got) > TLS_SHAKE_MOST)
		*got = 0;		/* no retry: the handshake fails */
	return *got != 0;
}

static int
tls_bio_write(BIO *b, const char *p, size_t n, size_t *put)
{
	struct tls	*t = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	buf_add(&t->out.b, p, n);
	*put = n;
	return t->out.b.error == 0;
}

static long
tls_bio_ctrl(BIO *b, int what, long arg, void *p)
{
	(void)b;
	(void)arg;
	(void)p;
	return what == BIO_CTRL_FLUSH;
}

/* ---- failing, in words ---- */

/* To clear its 16 places costs more than to look whether there is something. */
static void
tls_forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

static int
tls_failed(const struct tls *t)
{
	errno = t->error;
	return -1;
}

/* The first failure stays; what follows from it is not told. */
static int
tls_fail(struct tls *t, int error, const char *text, const char *more)
{
	if (t->error == 0) {
		(void)snprintf(t->why, sizeof(t->why), "%s%s", text, more);
		t->error = error;
	}
	tls_forget_errors();
	return tls_failed(t);
}

#define NOT_TLS	"what comes is not TLS; does the other side have a key file?"
#define ANOTHER	"refused: the other side has another key of that name"

static const struct {
	int		 reason;
	const char	*text;
} reasons[] = {
	{ SSL_R_BINDER_DOES_NOT_VERIFY,
	    "the other side names our key but does not know it" },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED,
	    "the other side shows a certificate and does not know our key" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, "the other side does not offer TLS 1.3" },
	{ ALERT(SSL_AD_PROTOCOL_VERSION), "the other side refuses TLS 1.3" },
	{ SSL_R_NO_SHARED_CIPHER, "the other side does not offer " SUITE },
	{ ALERT(SSL_AD_DECRYPT_ERROR), ANOTHER },
	{ ALERT(SSL_AD_ILLEGAL_PARAMETER), ANOTHER },
	{ SSL_R_WRONG_VERSION_NUMBER, NOT_TLS },
	{ SSL_R_HTTP_REQUEST, NOT_TLS },
	{ SSL_R_UNEXPECTED_MESSAGE, NOT_TLS },
	{ SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
	    "a record was changed on its way" },
};

/* The words for the oldest error in OpenSSL's queue: the first is the cause. */
static int
tls_fail_ssl(struct tls *t)
{
	unsigned long	 e = ERR_peek_error();
	int		 reason = ERR_GET_REASON(e);
	const char	*text = ERR_reason_error_string(e);
	size_t		 i;

	if (reason == ERR_R_MALLOC_FAILURE || t->out.b.error != 0)
		return tls_fail(t, ENOMEM, "out of memory", "");
	if (t->shaken > TLS_SHAKE_MOST)
		return tls_fail(t, EBADMSG, "no handshake, but data without "
		    "end", "");
	if (reason == SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM && !t->dialer)
		return tls_fail(t, EBADMSG, t->offered ? "the other side uses "
		    "a key that is not in our key file" : "the other side "
		    "offers no key; does it have a key file?", "");
	if (reason == ALERT(SSL_AD_HANDSHAKE_FAILURE) && t->dialer)
		return tls_fail(t, EBADMSG, "refused; does the other side have "
		    "our key? It is ", t->key_id);
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].reason == reason)
			return tls_fail(t, EBADMSG, reasons[i].text, "");
	return tls_fail(t, EBADMSG, "TLS: ", text != NULL ? text : "failed");
}

/* ---- the keys, as OpenSSL wants them ---- */

static SSL_SESSION *
psk_session(SSL *ssl, const struct key *k)
{
	static const uint8_t	 suite[] = { 0x13, 0x01 };
	const SSL_CIPHER	*cipher = SSL_CIPHER_find(ssl, suite);
	SSL_SESSION		*s = SSL_SESSION_new();

	if (s != NULL && cipher != NULL &&
	    SSL_SESSION_set1_master_key(s, k->psk, sizeof(k->psk)) == 1 &&
	    SSL_SESSION_set_cipher(s, cipher) == 1 &&
	    SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION) == 1)
		return s;
	SSL_SESSION_free(s);
	return NULL;
}

/* The accepting end: which key is it?  1 with no session: none of ours. */
static int
psk_find(SSL *ssl, const unsigned char *id, size_t n, SSL_SESSION **out)
{
	struct tls		*t = SSL_get_app_data(ssl);
	const struct key	*k = keys_find(&t->ctx->keys, id, n);

	*out = NULL;
	t->offered = true;
	if (k == NULL)
		return 1;
	memcpy(t->key_id, k->id, sizeof(t->key_id));
	*out = psk_session(ssl, k);
	return *out != NULL;
}

/* The dialing end.  A digest that is fixed by now is compared by its name: not
   being the pointer that the manual compares with, it would silently cost us
   the key. */
static int
psk_use(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *n,
    SSL_SESSION **out)
{
	struct tls		*t = SSL_get_app_data(ssl);
	const struct key	*k = &t->ctx->keys.key[0];

	*out = NULL;
	if (md != NULL && !EVP_MD_is_a(md, "SHA256"))
		return 1;
	memcpy(t->key_id, k->id, sizeof(t->key_id));
	*id = (const unsigned char *)k->id;
	*n = strlen(k->id);
	*out = psk_session(ssl, k);
	return *out != NULL;
}

/* ---- what all connections share ---- */

/* One suite only: a server picks it before it looks at the key's hash.
   VERIFY_PEER with nobody to trust: a certificate never stands in for the key.
   No tickets and no cache: "resumed" can only mean our key. */
static int
ctx_common(SSL_CTX *c)
{
	if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(c, SUITE) != 1 ||
	    SSL_CTX_set1_groups_list(c, GROUPS) != 1 ||
	    SSL_CTX_set_num_tickets(c, 0) != 1 ||
	    SSL_CTX_set_max_early_data(c, 0) != 1 ||
	    SSL_CTX_set_recv_max_early_data(c, 0) != 1)
		return -1;
	SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_clear_options(c, SSL_OP_ENABLE_MIDDLEBOX_COMPAT |
	    SSL_OP_ALLOW_NO_DHE_KEX);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_max_cert_list(c, TLS_SHAKE_MOST);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);	/* tls_thrift() */
	SSL_CTX_set_read_ahead(c, 0);
	return 0;
}

/* The session id context belongs to the accepting end alone: without it, or
   with it on the dialing one, a key and VERIFY_PEER exclude each other. */
static int
ctx_make(struct tls_ctx *ctx)
{
	static const unsigned char	 name[] = "brood";

	/* No number of BIO_get_new_index(): there are a hundred in all. */
	ctx->bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "brood");
	ctx->dials = SSL_CTX_new(TLS_client_method());
	ctx->accepts = SSL_CTX_new(TLS_server_method());
	if (ctx->bio == NULL || ctx->dials == NULL || ctx->accepts == NULL ||
	    BIO_meth_set_read_ex(ctx->bio, tls_bio_read) != 1 ||
	    BIO_meth_set_write_ex(ctx->bio, tls_bio_write) != 1 ||
	    BIO_meth_set_ctrl(ctx->bio, tls_bio_ctrl) != 1 ||
	    ctx_common(ctx->dials) == -1 || ctx_common(ctx->accepts) == -1 ||
	    SSL_CTX_set_session_id_context(ctx->accepts, name,
	    sizeof(name) - 1) != 1)
		return -1;
	SSL_CTX_set_psk_use_session_callback(ctx->dials, psk_use);
	SSL_CTX_set_psk_find_session_callback(ctx->accepts, psk_find);
	return 0;
}

struct tls_ctx *
tls_ctx_new(const struct keys *keys, char *why, size_t n)
{
	struct tls_ctx	*ctx;
	const char	*text;

	BUG_ON(keys->n == 0);		/* keys_read() never leaves that */
	/* openssl.cnf is for others: what is allowed here stands here. */
	(void)OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	tls_forget_errors();
	if ((ctx = calloc(1, sizeof(*ctx))) != NULL) {
		ctx->refs = 1;
		ctx->rekey_after = REKEY_AFTER;
		ctx->keys = *keys;
		if (ctx_make(ctx) == 0)
			return ctx;
	}
	text = ERR_reason_error_string(ERR_peek_error());
	(void)snprintf(why, n, "OpenSSL: %s", text != NULL ? text : "failed");
	tls_forget_errors();
	tls_ctx_free(ctx);
	errno = ENOMEM;
	return NULL;
}

void
tls_ctx_free(struct tls_ctx *ctx)
{
	if (ctx == NULL || --ctx->refs > 0)
		return;
	SSL_CTX_free(ctx->dials);
	SSL_CTX_free(ctx->accepts);
	BIO_meth_free(ctx->bio);
	keys_release(&ctx->keys);
	free(ctx);
}

/* ---- birth and death of a connection ---- */

struct tls *
tls_new(struct tls_ctx *ctx, bool dialer)
{
	struct tls	*t = calloc(1, sizeof(*t));
	BIO		*bio = BIO_new(ctx->bio);

	if (t != NULL)
		t->ssl = SSL_new(dialer ? ctx->dials : ctx->accepts);
	if (t == NULL || bio == NULL || t->ssl == NULL ||
	    SSL_set_app_data(t->ssl, t) != 1) {
		BIO_free(bio);
		tls_free(t);
		tls_forget_errors();
		errno = ENOMEM;
		return NULL;
	}
	bytes_out_init(&t->out, OUT_MOST);
	t->dialer = dialer;
	t->thrifty = true;
	t->ctx = ctx;
	ctx->refs++;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	if (dialer)
		SSL_set_connect_state(t->ssl);
	else
		SSL_set_accept_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	tls_forget_errors();
	bytes_in_release(&t->in);
	bytes_out_release(&t->out);
	free(t->plain);
	tls_ctx_free(t->ctx);
	free(t);
}

/* ---- input ---- */

int
tls_put_in(struct tls *t, const void *p, size_t n)
{
	return bytes_in_put(&t->in, p, n);
}

int
tls_settle(struct tls *t)
{
	return bytes_in_settle(&t->in) == 0 ? 0 :
	    tls_fail(t, ENOMEM, "out of memory", "");
}

/* ---- the handshake ---- */

/*
 * OpenSSL is content; was it the key?  A dialing end with the default
 * SSL_VERIFY_NONE would be content with a stranger's certificate, too.
 */
static bool
tls_authentic(const struct tls *t)
{
	EVP_PKEY	*fresh = NULL;
	bool		 exchanged;

	exchanged = SSL_get_peer_tmp_key(t->ssl, &fresh) == 1;
	EVP_PKEY_free(fresh);
	return exchanged && SSL_version(t->ssl) == TLS1_3_VERSION &&
	    SSL_session_reused(t->ssl) == 1 &&
	    SSL_get0_peer_certificate(t->ssl) == NULL;
}

int
tls_handshake(struct tls *t)
{
	static const uint8_t	alert[] = { SSL3_RT_ALERT, 3, 3, 0, 2,
	    SSL3_AL_FATAL, SSL_AD_UNEXPECTED_MESSAGE };
	int			r;

	if (t->error != 0)
		return tls_failed(t);
	if (t->done)
		return 1;
	tls_forget_errors();
	if ((r = SSL_do_handshake(t->ssl)) != 1) {
		if (SSL_get_error(t->ssl, r) == SSL_ERROR_WANT_READ)
			return 0;
		/* To what is no TLS OpenSSL has nothing to say; it may be one
		   of us that was given no key. */
		if (t->out.b.len == 0)
			buf_add(&t->out.b, alert, sizeof(alert));
		return tls_fail_ssl(t);
	}
	if (!tls_authentic(t)) {
		(void)SSL_shutdown(t->ssl);
		return tls_fail(t, EBADMSG, "the other side did not show that "
		    "it knows the key", "");
	}
	t->done = true;
	return 1;
}

/* Buffers of 16 KiB each way would be most of what an idle connection holds; to
   have them made anew for each record is a sixth of the time of a busy one. */
static void
tls_thrift(struct tls *t, size_t n)
{
	bool	thrifty = n < SMALL;

	if (thrifty && !t->thrifty)
		(void)SSL_set_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
	else if (!thrifty && t->thrifty)
		(void)SSL_clear_mode(t->ssl, SSL_MODE_RELEASE_BUFFERS);
	t->thrifty = thrifty;
}

/* ---- reading ---- */

bool
tls_pending(const struct tls *t)
{
	return t->error == 0 && !t->closed &&
	    (t->in.n != 0 || SSL_pending(t->ssl) != 0);
}

ssize_t
tls_read(struct tls *t, void *p, size_t n)
{
	size_t	got = 0, k;
	int	r;

	if (t->error == 0 && !t->done) {
		errno = EPROTO;
		return -1;
	}
	tls_forget_errors();
	tls_thrift(t, t->in.n);
	while (got < n && tls_pending(t)) {
		k = 0;
		r = SSL_read_ex(t->ssl, (uint8_t *)p + got, n - got, &k);
		got += k;
		if (r == 1)
			continue;
		r = SSL_get_error(t->ssl, r);
		if (r == SSL_ERROR_ZERO_RETURN)
			t->closed = true;
		else if (r != SSL_ERROR_WANT_READ)
			(void)tls_fail_ssl(t);
	}
	if (got > 0)
		return (ssize_t)got;	/* the end is told by the next call */
	errno = t->error != 0 ? t->error : EAGAIN;
	return t->error == 0 && t->closed ? 0 : -1;
}

/* ---- writing ---- */

static int
tls_seal(struct tls *t, const void *p, size_t n)
{
	size_t	sealed;

	tls_forget_errors();
	tls_thrift(t, n);
	if (t->records >= t->ctx->rekey_after) {
		if (SSL_key_update(t->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
			return tls_fail_ssl(t);
		t->records = 0;
	}
	if (SSL_write_ex(t->ssl, p, n, &sealed) != 1)
		return tls_fail_ssl(t);
	t->records += (n + RECORD - 1) / RECORD;
	return 0;
}

static void
tls_seal_plain(struct tls *t)
{
	if (t->plain_n != 0)
		(void)tls_seal(t, t->plain, t->plain_n);
	t->plain_n = 0;
}

int
tls_write(struct tls *t, const void *p, size_t n)
{
	const uint8_t	*from = p;
	size_t		 k;

	if (t->plain_n != 0 && n < RECORD - t->plain_n && t->error == 0) {
		memcpy(t->plain + t->plain_n, p, n);	/* most writes */
		t->plain_n += n;
		return 0;
	}
	if (t->error != 0 || !t->done || t->ended) {
		errno = t->error != 0 ? t->error : t->ended ? EPIPE : EPROTO;
		return -1;
	}
	if (t->plain == NULL && n % RECORD != 0 &&
	    (t->plain = malloc(RECORD)) == NULL)
		return -1;
	/* All that it will be, and what is gathered later: a write fails before
	   a byte of it is sealed, or never.  Also a change of keys. */
	k = t->plain_n + n + RECORD;
	k += (k / RECORD + 4) * RECORD_EXTRA;
	if (bytes_out_reserve(&t->out, k) == -1)
		return -1;
	for (; n > 0 && t->error == 0; from += k, n -= k) {
		if (t->plain_n == 0 && n >= RECORD) {
			k = n - n % RECORD;
			(void)tls_seal(t, from, k);
			continue;
		}
		k = n < RECORD - t->plain_n ? n : RECORD - t->plain_n;
		memcpy(t->plain + t->plain_n, from, k);
		t->plain_n += k;
		if (t->plain_n == RECORD)
			tls_seal_plain(t);
	}
	return t->error == 0 ? 0 : tls_failed(t);
}

void
tls_end(struct tls *t)
{
	if (t->error != 0 || !t->done || t->ended)
		return;
	t->ended = true;
	tls_seal_plain(t);
	(void)SSL_shutdown(t->ssl);
	tls_forget_errors();
}

/* ---- output ---- */

const uint8_t *
tls_out(struct tls *t, size_t *n)
{
	if (t->error == 0)
		tls_seal_plain(t);
	return bytes_out_peek(&t->out, n);
}

void
tls_out_drop(struct tls *t, size_t n)
{
	if (t->out.b.len < SMALL && t->plain_n == 0) {
		free(t->plain);
		t->plain = NULL;
	}
	bytes_out_drop(&t->out, n, t->plain_n == 0 ? SMALL : SIZE_MAX);
}

/* ---- asking ---- */

const char *
tls_why(const struct tls *t)
{
	return t->error != 0 ? t->why : NULL;
}

const char *
tls_key_id(const struct tls *t)
{
	return t->key_id;
}
