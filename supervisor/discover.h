/*
 * discover.h - where other nodes may be: known-hosts, dns-name, announcements.
 *
 * It only suggests addresses; whoever dials them learns who is there, and the
 * key decides.  A suggested address may be this node's own.  Of each source no
 * more than PLACES_MOST stand at a time.
 */
#ifndef DISCOVER_H
#define DISCOVER_H
#include <stddef.h>
#include <stdint.h>

#include "announce.h"
#include "discover_acts.h"
#include "host.h"

struct node;
struct discover;

#define DISCOVER_PORT	38813		/* TCP, where none is given */

/* What an announcement says that the configuration does not. */
struct discover_self {
	const char			*listen; /* HOST:PORT as it is bound */
	const struct announce_tag	*tags;	/* accepted; first: ours */
	size_t				 ntags;	/* 0: none are sent */
};

/* "static", "dns", "broadcast". */
const char	*discover_source_name(enum discover_source);

/* Does nothing yet.  NULL: ENOMEM.  The acts stay the caller's. */
struct discover	*discover_new(struct node *, const struct discover_acts *,
		    void *arg);
void		 discover_free(struct discover *);	/* withdraws nothing */

/*
 * Begins, and is called anew after node->conf, the listener or the keys have
 * changed; nothing of *self is kept.  NULL: no network, all is withdrawn.
 */
void		 discover_configure(struct discover *,
		    const struct discover_self *);

void		 discover_tick(struct discover *);

/* A datagram of n bytes from this address; of one above ANNOUNCE_MAX bytes the
   rest need not be there. */
void		 discover_packet(struct discover *, const char *origin,
		    const void *, size_t n);

/* What dns-name is now; why is not NULL where that could not be learned. */
void		 discover_answer(struct discover *, const struct host *,
		    size_t n, const char *why);

/* Why dns-name could not be looked up the last time, for people; or NULL. */
const char	*discover_trouble(const struct discover *);

#endif /* DISCOVER_H */
