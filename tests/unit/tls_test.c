/*
 * tls_test.c - who is let in, who is not, and what both sides are told.
 *
 * Raw ends of OpenSSL's play those that ours must refuse.
 */
#include "tap.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "tls_pair.h"

/* ---- raw ends ---- */

struct raw {
	const char	*key;		/* as in pair_keys(); NULL: none */
	const char	*id;		/* not the key's own; NULL: its own */
	const char	*suites, *groups;
	uint32_t	 early;		/* bytes of early data it would send */
	int		 version;	/* the only one; 0: 1.3 */
	bool		 certificate;
	bool		 trusting;	/* no certificate is asked for */
	unsigned int	 tickets;
};

static struct raw	 raw;		/* of the raw end in use */
static unsigned int	 raw_tickets;	/* it was given */

static struct key
raw_key(void)
{
	struct keys	keys = pair_keys(raw.key);

	if (raw.id != NULL)
		(void)snprintf(keys.key[0].id, KEY_ID_SIZE, "%s", raw.id);
	return keys.key[0];
}

static SSL_SESSION *
raw_session(SSL *ssl)
{
	const STACK_OF(SSL_CIPHER)	*all = SSL_get_ciphers(ssl);
	struct key			 k = raw_key();
	SSL_SESSION			*s = SSL_SESSION_new();

	SSL_SESSION_set1_master_key(s, k.psk, sizeof(k.psk));
	SSL_SESSION_set_cipher(s, sk_SSL_CIPHER_value(all, 0));
	SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION);
	SSL_SESSION_set_max_early_data(s, raw.early);
	return s;
}

static int
raw_use(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *n,
    SSL_SESSION **s)
{
	static struct key	k;

	(void)md;
	k = raw_key();
	*id = (const unsigned char *)k.id;
	*n = strlen(k.id);
	*s = raw_session(ssl);
	return 1;
}

static int
raw_find(SSL *ssl, const unsigned char *id, size_t n, SSL_SESSION **s)
{
	(void)id;
	(void)n;
	*s = raw_session(ssl);
	return 1;
}

static int
raw_ticket(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	(void)s;
	raw_tickets++;
	return 0;
}

static void
raw_certify(SSL_CTX *c)
{
	EVP_PKEY	*k = EVP_EC_gen("P-256");
	X509		*x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, k);
	X509_sign(x, k, EVP_sha256());
	BUG_ON(SSL_CTX_use_certificate(c, x) != 1 ||
	    SSL_CTX_use_PrivateKey(c, k) != 1);
	X509_free(x);
	EVP_PKEY_free(k);
}

static struct end
raw_end(struct raw how, bool dialer)
{
	SSL_CTX	*c = SSL_CTX_new(dialer ? TLS_client_method() :
	    TLS_server_method());
	int	 version = how.version != 0 ? how.version : TLS1_3_VERSION;

	raw = how;
	raw_tickets = 0;
	SSL_CTX_set_min_proto_version(c, version);
	SSL_CTX_set_max_proto_version(c, version);
	SSL_CTX_set_ciphersuites(c, how.suites != NULL ? how.suites : SUITE);
	SSL_CTX_set1_groups_list(c, how.groups != NULL ? how.groups : GROUPS);
	SSL_CTX_set_verify(c, dialer || how.trusting ? SSL_VERIFY_NONE :
	    SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c, raw_ticket);
	SSL_CTX_set_num_tickets(c, how.tickets);
	if (!dialer)
		SSL_CTX_set_session_id_context(c, (const uint8_t *)"raw", 3);
	if (how.certificate)
		raw_certify(c);
	if (how.key != NULL && dialer)
		SSL_CTX_set_psk_use_session_callback(c, raw_use);
	else if (how.key != NULL)
		SSL_CTX_set_psk_find_session_callback(c, raw_find);
	return end_raw(c, dialer);
}

/* ---- a handshake, and what both say ---- */

static const char *
said(const struct end *e)
{
	return e->t != NULL && tls_why(e->t) != NULL ? tls_why(e->t) : "";
}

/* A NULL says that this end is content. */
static void
shaken(struct pair *p, const char *dialer, const char *acceptor,
    const char *name)
{
	struct end	*e;
	uint8_t		 byte;

	pair_shake(p);
	ok(p->dialer.done == (dialer == NULL) &&
	    p->acceptor.done == (acceptor == NULL), "%s: %s", name,
	    dialer == NULL && acceptor == NULL ? "let in" : "refused");
	for (e = &p->dialer; ; e = &p->acceptor) {
		if (e->t != NULL) {
			is_str(said(e), e == &p->dialer ?
			    (dialer != NULL ? dialer : "") :
			    (acceptor != NULL ? acceptor : ""),
			    "%s: what the %s says", name,
			    e == &p->dialer ? "dialer" : "acceptor");
			if (e->failed)
				ok(tls_read(e->t, &byte, 1) == -1 &&
				    errno == EBADMSG &&
				    tls_write(e->t, "", 1) == -1 &&
				    errno == EBADMSG, "%s: nothing goes",
				    name);
		}
		if (e == &p->acceptor)
			break;
	}
}

#define ID_A		"brood-566f1ed152d93a27"
#define ID_B		"brood-49b429e15248b534"
#define NOT_HAVE(id)	"refused; does the other side have our key? It is " id
#define NOT_IN_FILE	"the other side uses a key that is not in our key file"
#define NO_KEY		"the other side offers no key; does it have a key file?"

static const struct {
	const char	*name, *dials, *accepts, *why_dialer, *why_acceptor;
} ours[] = {
	{ "the right key", KEY_A, KEY_A, NULL, NULL },
	{ "another key", KEY_B, KEY_A, NOT_HAVE(ID_B), NOT_IN_FILE },
	{ "a key wrong by one bit", KEY_A "+", KEY_A,
	    NOT_HAVE("brood-1dab20ce6f34e21f"), NOT_IN_FILE },
	{ "rotation: the old key still accepted", KEY_A, KEY_B " " KEY_A,
	    NULL, NULL },
	{ "rotation: the new key already accepted", KEY_B " " KEY_A,
	    KEY_A " " KEY_B, NULL, NULL },
	{ "rotation: both new", KEY_B, KEY_B " " KEY_A, NULL, NULL },
	{ "rotation: only the first dials", KEY_B " " KEY_A, KEY_A,
	    NOT_HAVE(ID_B), NOT_IN_FILE },
};

static void
test_ours(void)
{
	struct pair	p;
	size_t		i, step;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		for (step = 0; step < 3; step++) {
			p = (struct pair){ .step = step,
			    .dialer = end_ours(ours[i].dials, true),
			    .acceptor = end_ours(ours[i].accepts, false) };
			shaken(&p, ours[i].why_dialer, ours[i].why_acceptor,
			    ours[i].name);
			pair_free(&p);
		}
}

/* A stranger dials one of ours, whose key is KEY_A. */
static const struct {
	const char	*name;
	struct raw	 raw;
	const char	*why;
} dialers[] = {
	{ "a raw dialer that does as ours do", { .key = KEY_A }, NULL },
	{ "no key", { .key = NULL }, NO_KEY },
	{ "a certificate instead of a key", { .certificate = true }, NO_KEY },
	{ "an identity nobody knows", { .key = KEY_A, .id = "someone" },
	    NOT_IN_FILE },
	{ "our key's name, the key wrong by one bit", { .key = KEY_A "+",
	    .id = ID_A }, "the other side names our key but does not know it" },
	{ "TLS 1.2", { .key = KEY_A, .version = TLS1_2_VERSION },
	    "the other side does not offer TLS 1.3" },
	{ "another suite of the same hash", { .key = KEY_A,
	    .suites = "TLS_CHACHA20_POLY1305_SHA256" },
	    "the other side does not offer TLS_AES_128_GCM_SHA256" },
	{ "another suite of another hash", { .key = KEY_A,
	    .suites = "TLS_AES_256_GCM_SHA384" },
	    "the other side does not offer TLS_AES_128_GCM_SHA256" },
	{ "our suite and another", { .key = KEY_A,
	    .suites = SUITE ":TLS_CHACHA20_POLY1305_SHA256" }, NULL },
	{ "a group first that we ask to change", { .key = KEY_A,
	    .groups = "P-384:X25519" }, NULL },
	{ "only groups that we do not have", { .key = KEY_A,
	    .groups = "P-384" }, "TLS: no suitable key share" },
};

static void
test_dialers(void)
{
	struct pair	p;
	size_t		i;

	for (i = 0; i < sizeof(dialers) / sizeof(dialers[0]); i++) {
		p = (struct pair){ .acceptor = end_ours(KEY_A, false),
		    .dialer = raw_end(dialers[i].raw, true) };
		shaken(&p, dialers[i].why, dialers[i].why, dialers[i].name);
		pair_free(&p);
	}
}

/* One of ours dials a stranger. */
static const struct {
	const char	*name;
	struct raw	 raw;
	const char	*why;
	bool		 accepts;	/* the stranger is content */
} acceptors[] = {
	{ "a raw acceptor that does as ours do", { .key = KEY_A }, NULL, true },
	{ "one that sends tickets", { .key = KEY_A, .tickets = 2 }, NULL,
	    true },
	{ "a key wrong by one bit", { .key = KEY_A "+" },
	    "refused: the other side has another key of that name", false },
	{ "a certificate, trusting", { .certificate = true, .trusting = true },
	    "the other side shows a certificate and does not know our key",
	    false },
	{ "a certificate, asking for one", { .certificate = true },
	    "the other side shows a certificate and does not know our key",
	    false },
	{ "TLS 1.2", { .certificate = true, .version = TLS1_2_VERSION },
	    "the other side refuses TLS 1.3", false },
	{ "another suite", { .key = KEY_A,
	    .suites = "TLS_CHACHA20_POLY1305_SHA256" }, NOT_HAVE(ID_A), false },
	{ "one that asks for another group", { .key = KEY_A,
	    .groups = "P-256" }, NULL, true },
};

static void
test_acceptors(void)
{
	struct pair	p;
	size_t		i;

	for (i = 0; i < sizeof(acceptors) / sizeof(acceptors[0]); i++) {
		p = (struct pair){ .dialer = end_ours(KEY_A, true),
		    .acceptor = raw_end(acceptors[i].raw, false) };
		shaken(&p, acceptors[i].why,
		    acceptors[i].accepts ? NULL : "", acceptors[i].name);
		pair_free(&p);
	}
}

/* Had SSL_VERIFY_PEER been forgotten, OpenSSL would take any certificate. */
static void
test_trusting_dialer(void)
{
	struct pair	p = { .dialer = end_ours(KEY_A, true),
	    .acceptor = raw_end((struct raw){ .certificate = true,
	    .trusting = true }, false) };

	SSL_set_verify(p.dialer.t->ssl, SSL_VERIFY_NONE, NULL);
	pair_shake(&p);
	ok(SSL_is_init_finished(p.dialer.t->ssl), "OpenSSL is content");
	ok(p.dialer.failed, "the dialer is not");
	is_str(tls_why(p.dialer.t), "the other side did not show that it "
	    "knows the key", "and says why");
	pair_free(&p);
}

/* ---- what was agreed upon ---- */

static void
test_agreed(void)
{
	struct pair	 p = pair_open();
	struct tls	*ends[2] = { p.dialer.t, p.acceptor.t };
	EVP_PKEY	*k;
	size_t		 i, n;

	for (i = 0; i < 2; i++) {
		SSL	*ssl = ends[i]->ssl;

		is_str(SSL_get_version(ssl), "TLSv1.3", "the version");
		is_str(SSL_get_cipher(ssl), SUITE, "the suite");
		is_str(tls_key_id(ends[i]), ID_A, "the key's name");
		k = NULL;
		ok(SSL_get_peer_tmp_key(ssl, &k) == 1 && k != NULL,
		    "a key of this connection alone was exchanged");
		EVP_PKEY_free(k);
		ok(tls_out(ends[i], &n) == NULL && n == 0,
		    "nothing waits to be sent");
	}
	pair_free(&p);
}

static void
test_no_ticket(void)
{
	struct pair	p = { .acceptor = end_ours(KEY_A, false),
	    .dialer = raw_end((struct raw){ .key = KEY_A }, true) };
	char		text[8];
	size_t		n;

	pair_shake(&p);
	BUG_ON(!p.acceptor.done);
	BUG_ON(tls_write(p.acceptor.t, "text", 4) == -1);
	(void)pair_carry(&p, &p.acceptor, &p.dialer);
	ok(SSL_read_ex(p.dialer.ssl, text, sizeof(text), &n) == 1 && n == 4,
	    "no ticket: what comes first is what was written");
	is_int(raw_tickets, 0, "no ticket: none was given");
	pair_free(&p);
}

static void
test_early_data(void)
{
	struct pair	p = { .acceptor = end_ours(KEY_A, false),
	    .dialer = raw_end((struct raw){ .key = KEY_A, .early = 1000 },
	    true) };
	char		text[8];
	size_t		n;

	ok(SSL_write_early_data(p.dialer.ssl, "early", 5, &n) == 1,
	    "early data: a dialer sends some");
	pair_shake(&p);
	ok(SSL_get_early_data_status(p.dialer.ssl) != SSL_EARLY_DATA_ACCEPTED,
	    "early data: is not accepted");
	ok(tls_read(p.acceptor.t, text, sizeof(text)) == -1,
	    "early data: is never read");
	is_str(said(&p.acceptor), "TLS: too much early data",
	    "early data: any is too much");
	pair_free(&p);
}

/*
 * psk_ke, the key without an exchange: OpenSSL's dialer cannot be made to offer
 * it alone, so its offer is changed on the way.  Refused is then not the change
 * (the binder, checked later, covers it) but the offer.
 */
static void
test_no_exchange(void)
{
	static const uint8_t	 offer[] = { 0, 0x2d, 0, 2, 1, 1 };
	struct pair		 p = { .acceptor = end_ours(KEY_A, false),
	    .dialer = end_ours(KEY_A, true) };
	uint8_t			 hello[2048], *mode;
	size_t			 n;

	end_step(&p.dialer);
	n = end_take(&p.dialer, hello, sizeof(hello));
	mode = memmem(hello, n, offer, sizeof(offer));
	ok(mode != NULL, "the dialer offers the key with an exchange, only");
	if (mode != NULL)
		mode[sizeof(offer) - 1] = 0;
	end_feed(&p.acceptor, hello, n);
	end_step(&p.acceptor);
	is_str(said(&p.acceptor), NO_KEY, "without one it is refused");
	pair_free(&p);
}

/* The system's openssl.cnf may want anything; here what it wants is TLS 1.2. */
static void
test_config(void)
{
	char		 name[] = "/tmp/tls_test.XXXXXX";
	static const char text[] = "openssl_conf = a\n[a]\nssl_conf = b\n"
	    "[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv1.2\n";
	struct pair	 p;
	int		 fd = mkstemp(name);

	BUG_ON(fd == -1 || write(fd, text, sizeof(text) - 1) == -1);
	close(fd);
	setenv("OPENSSL_CONF", name, 1);
	p = (struct pair){ .dialer = end_ours(KEY_A, true),
	    .acceptor = end_ours(KEY_A, false) };
	shaken(&p, NULL, NULL, "a configuration of OpenSSL's");
	pair_free(&p);
	unlink(name);
}

int
main(void)
{
	test_config();			/* before anything of OpenSSL */
	test_ours();
	test_dialers();
	test_acceptors();
	test_trusting_dialer();
	test_agreed();
	test_no_ticket();
	test_early_data();
	test_no_exchange();
	return tap_done();
}
