/*
 * beacon.h - announcements: this node's to others, theirs to it.
 *
 * The part of discovery that speaks and listens in the local networks; used by
 * discover.c alone.
 */
#ifndef BEACON_H
#define BEACON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "announce.h"
#include "discover_acts.h"
#include "mono.h"
#include "places.h"

#define BEACON_TAGS	16		/* keys that are valid at once */

struct node;

struct beacon {
	struct node			*node;
	const struct discover_acts	*acts;
	void				*arg;
	struct places			 places;
	struct announce			 self;	/* kind is said when sent */
	bool				 loopback;
	struct announce_tag		 tags[BEACON_TAGS];
	size_t				 ntags;	/* 0: it is off */
	unsigned int			 starts; /* questions to be sent yet */
	struct mono			 next;	/* beacon_tick() is due */
	struct mono			 sent;
	unsigned int			 tokens; /* suggestions left, */
	struct mono			 tokens_at;	/* counted then */
};

void	 beacon_init(struct beacon *, struct node *,
	    const struct discover_acts *, void *arg);
void	 beacon_release(struct beacon *);

/* Begins, or goes on with what node->conf says now; listen is HOST:PORT as it
   is bound, the first of the tags is this node's. */
void	 beacon_start(struct beacon *, const char *listen,
	    const struct announce_tag *, size_t ntags);
void	 beacon_stop(struct beacon *);		/* withdraws all */

void	 beacon_tick(struct beacon *);

/* A datagram of n bytes, as announce_read() takes it. */
void	 beacon_packet(struct beacon *, const char *origin, const void *,
	    size_t n);

#endif /* BEACON_H */
