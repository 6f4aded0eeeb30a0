/*
 * tls.h - TLS 1.3 with the cluster's key, between bytes in memory.
 *
 * One struct tls is one end of one connection.  It touches no socket: what came
 * is put in, what is to be sent is taken out.
 *
 *	tls_put_in(t, bytes, n);		as they came from the socket
 *	if (tls_handshake(t) == 1)		until then: 0, or -1 and why
 *		while ((n = tls_read(t, room, size)) > 0)
 *			...
 *	tls_settle(t);				before the bytes go away
 *	while ((p = tls_out(t, &n)) != NULL)	after each of these, also
 *		tls_out_drop(t, send(fd, p, n, 0));	after a failure
 *
 * Both ends know a key, or there is no connection: certificates count for
 * nothing, there is one cipher suite, no ticket, no early data, and each
 * connection has a key exchange of its own, so that a key that is stolen later
 * opens nothing that was recorded.
 *
 * Memory of an end that has not shown that it knows a key is bounded: at most
 * TLS_SHAKE_MOST bytes are taken before the handshake is complete, and what
 * OpenSSL keeps meanwhile stays below TLS_SHAKE_MEMORY whatever a length field
 * says.  Afterwards tls_out() grows with what the caller writes, and only then:
 * reading never writes, save the alert of a failure.
 */
#ifndef TLS_H
#define TLS_H
#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_SHAKE_MOST		(16u << 10)
#define TLS_SHAKE_MEMORY	(256u << 10)
#define TLS_WHY_SIZE		160

struct keys;
struct tls_ctx;
struct tls;

/* ---- what all connections share: copies of the keys ---- */

/* NULL: errno, and why for people. */
struct tls_ctx	*tls_ctx_new(const struct keys *, char *why, size_t);

/* NULL is allowed.  Connections made with it live on, with its keys. */
void		 tls_ctx_free(struct tls_ctx *);

/* ---- a connection ---- */

/* The dialer uses the first key, the other end accepts any.  NULL: ENOMEM. */
struct tls	*tls_new(struct tls_ctx *, bool dialer);
void		 tls_free(struct tls *);		/* NULL is allowed */

/*
 * Bytes from the socket, lent: they are used where they lie until
 * tls_settle(), which copies what is not used up yet.  Who reads until EAGAIN
 * has nothing copied.  -1: ENOMEM, nothing was taken (only when bytes
 * from before are still unused).
 */
int	 tls_put_in(struct tls *, const void *, size_t);
int	 tls_settle(struct tls *);	/* -1: ENOMEM, the bytes are lost */

/*
 * 1: done, and the other end knows the key; 0: more input is needed; -1:
 * EBADMSG or ENOMEM, for good.  All three may leave something in tls_out(): a
 * failure its alert, so that the other end can say more than "closed".
 */
int	 tls_handshake(struct tls *);

/*
 * Plain bytes, of as many records as there is room for.  0: the other end has
 * said that it is done; -1: EAGAIN, more input is needed; EBADMSG, ENOMEM: for
 * good.  An end of the stream without 0 before it was not the other end's will.
 */
ssize_t	 tls_read(struct tls *, void *, size_t);

/* Whether tls_read() may have something without more being put in. */
bool	 tls_pending(const struct tls *);

/*
 * Takes all of it, or nothing: -1, ENOMEM; EBADMSG, EPIPE, EPROTO: after a
 * failure, after tls_end(), before the handshake.  Small writes are gathered
 * into full records; the last of them is sealed by tls_out().
 */
int	 tls_write(struct tls *, const void *, size_t);

/* The last word: what was written before, then that nothing follows. */
void	 tls_end(struct tls *);

/* Bytes for the socket, lent until the next call; NULL and 0: none.  Up to *n
   of them are then dropped. */
const uint8_t	*tls_out(struct tls *, size_t *n);
void		 tls_out_drop(struct tls *, size_t n);

/* What went wrong, for people; NULL: nothing did. */
const char	*tls_why(const struct tls *);

/* The name of the key in use (keys.h), "" before it is known. */
const char	*tls_key_id(const struct tls *);

#endif /* TLS_H */
