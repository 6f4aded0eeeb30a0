/*
 * resolve.h - names become addresses, and the loop never waits for them.
 */
#ifndef RESOLVE_H
#define RESOLVE_H
#include <stddef.h>
#include <stdint.h>

#include "host.h"

struct loop;
struct resolver;
struct resolver_query;

#define RESOLVER_MOST		4096	/* results; more are cut */
#define RESOLVER_QUERIES	256	/* under way at once */
#ifndef RESOLVER_MS			/* tests have less time */
#define RESOLVER_MS		10000	/* for an answer, in all */
#endif

enum resolver_kind {
	RESOLVER_HOST,		/* A and AAAA, /etc/hosts first; or a numeric
				   address: hosts are numeric */
	RESOLVER_SERVICE	/* SRV: hosts are names */
};

/*
 * Called once, from the loop, never from within a call of this module's; the
 * query is gone then.  No such name, or nothing of that kind: n is 0 and why
 * NULL.  Else why says what went wrong.  The results are lent.
 */
typedef void resolver_fn(void *arg, const struct host *, size_t n,
    const char *why);

/*
 * Asks the servers of /etc/resolv.conf, which is read anew when it changes; or
 * those given as ADDRESS:PORT,... which stay the caller's.  NULL and errno.
 */
struct resolver		*resolver_new(struct loop *, const char *servers);

/* Queries under way end without a call. */
void			 resolver_free(struct resolver *);

/*
 * RESOLVER_HOST gives the port back with each address.  NULL and errno: EINVAL
 * not a name, EAGAIN too many under way, ENOMEM.
 */
struct resolver_query	*resolver_ask(struct resolver *, const char *name,
			    enum resolver_kind, uint16_t port, resolver_fn *,
			    void *arg);

/* fn is not called any more.  NULL is allowed. */
void			 resolver_cancel(struct resolver_query *);

#endif /* RESOLVE_H */
