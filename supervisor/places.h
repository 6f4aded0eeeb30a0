/*
 * places.h - the places that one source of addresses suggests.
 */
#ifndef PLACES_H
#define PLACES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mono.h"
#include "node.h"

#define PLACES_MOST	4096		/* of one source */

struct origin;

struct place {
	UT_hash_handle	 hh;		/* places->table */
	struct mono	 heard, suggested;
	uint64_t	 node;		/* who announced it, or 0 */
	struct origin	*origin;	/* from which address, or NULL */
	bool		 marked;	/* for who replaces all of them */
	uint16_t	 port;
	const char	*host;		/* in key */
	char		 key[];
};

struct places {
	struct place	*table;		/* oldest first, for NODE_EACH */
	struct origin	*origins;
};

size_t		 places_count(const struct places *);
struct place	*places_find(const struct places *, const char *host,
		    uint16_t port);

/* How many an address has announced. */
size_t		 places_of(const struct places *, const char *origin);

/* The place is new, its origin NULL or an address.  NULL: too many, or no
   memory. */
struct place	*places_add(struct places *, const char *host, uint16_t port,
		    const char *origin);

void		 places_remove(struct places *, struct place *);
void		 places_release(struct places *);

#endif /* PLACES_H */
