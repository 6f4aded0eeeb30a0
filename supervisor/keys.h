/*
 * keys.h - the keys of a cluster, and what is derived from them.
 *
 * The 32 bytes of the file are used for nothing but deriving: what goes into
 * TLS, what stands in announcements and what names a key on the wire are three
 * different values, none of which tells another.
 */
#ifndef KEYS_H
#define KEYS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_MOST	16
#define KEYS_FILE_MOST	(64u << 10)	/* longest key file, bytes */
#define KEY_SIZE	32
#define KEY_ID_SIZE	23		/* "brood-", 16 hex digits, NUL */
#define KEYS_TAG_SIZE	16
#define KEYS_WHY_SIZE	160		/* room enough for every reason */

struct key {
	uint8_t	 secret[KEY_SIZE];	/* as it stands in the file */
	uint8_t	 psk[KEY_SIZE];		/* what TLS is given */
	char	 id[KEY_ID_SIZE];	/* its name, not secret */
};

/* The first dials, all are accepted.  All zero: no keys. */
struct keys {
	size_t		n;
	struct key	key[KEYS_MOST];
};

/*
 * Reads a key file, the whole of it; fd stays the caller's.  -1: *keys is
 * all zero, and why says for people what to do, without a byte of any key.
 * EINVAL: its text; EPERM: others may read or write it; EFBIG: too long;
 * ENODEV: no regular file; else what the system said.
 */
int	 keys_read(struct keys *, int fd, char *why, size_t);

/* The same from memory, which the caller wipes. */
int	 keys_parse(struct keys *, const void *text, size_t, char *why,
	    size_t);

void	 keys_release(struct keys *);		/* wiped, and all zero */

/* By its id; NULL: none of them. */
const struct key	*keys_find(const struct keys *, const void *id, size_t);

/*
 * What announcements of a cluster carry: made with the first key, or without
 * keys from the cluster's name alone.  It keeps strangers' announcements out of
 * the way and proves nothing: who has heard one can repeat it.
 */
void	 keys_tag(const struct keys *, const char *cluster,
	    uint8_t tag[KEYS_TAG_SIZE]);

/* Whether the tag is that of any of the keys. */
bool	 keys_tag_known(const struct keys *, const char *cluster,
	    const uint8_t tag[KEYS_TAG_SIZE]);

#endif /* KEYS_H */
