/*
 * announce.h - the datagram by which a node makes itself known in its network.
 *
 * Nothing in it is secret and nothing in it is believed: it suggests an address
 * to dial, where the key decides.  docs/discovery.md has its bytes.
 */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H
#include <stddef.h>
#include <stdint.h>

#include "conf_host.h"
#include "pid.h"

#define ANNOUNCE_MAGIC	0x62726461u	/* "brda" */
#define ANNOUNCE_VERSION 1
#define ANNOUNCE_MAX	512		/* bytes of a datagram */

/* Who belongs together: keys_tag() of the cluster's key and name. */
#define ANNOUNCE_TAG	16
struct announce_tag { uint8_t p[ANNOUNCE_TAG]; };

enum announce_kind {
	ANNOUNCE_HERE = 1,		/* I am here */
	ANNOUNCE_QUESTION = 2		/* and who else is? */
};

struct announce {
	enum announce_kind	kind;
	struct announce_tag	tag;
	uint64_t		node;		/* its id, not 0 */
	uint16_t		port;		/* to dial, not 0 */
	char			name[NAME_SIZE], role[NAME_SIZE];
	/* To dial: a name or an address without brackets; "": the one the
	   packet came from. */
	char			host[CONF_HOST_SIZE];
};

enum announce_result {
	ANNOUNCE_GOOD,
	ANNOUNCE_OVERSIZE,
	ANNOUNCE_MALFORMED,
	ANNOUNCE_FOREIGN		/* another version, no tag of ours */
};

/* Its length; 0: a field does not belong in an announcement. */
size_t			 announce_write(uint8_t p[ANNOUNCE_MAX],
			    const struct announce *);

/* Anything but ANNOUNCE_GOOD leaves *a all zero.  p may hold fewer than n
   bytes when n is above ANNOUNCE_MAX. */
enum announce_result	 announce_read(struct announce *a, const void *p,
			    size_t n, const struct announce_tag *tags,
			    size_t ntags);

#endif /* ANNOUNCE_H */
