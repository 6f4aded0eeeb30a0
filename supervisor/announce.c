/*
 * announce.c - the datagram by which a node makes itself known in its network.
 *
 * Owns:    its bytes.
 * Not here: when one is sent and what follows from one (discover.c).
 * Errors:  a result of its own for each kind of bad datagram: they are counted
 *          apart.
 */
#include "announce.h"

#include <string.h>

#include "buf.h"
#include "host.h"

static bool
fields_good(const struct announce *a)
{
	return (a->kind == ANNOUNCE_HERE || a->kind == ANNOUNCE_QUESTION) &&
	    a->node != 0 && a->port != 0 && name_valid(a->name) &&
	    name_valid(a->role) && (*a->host == '\0' || host_valid(a->host));
}

size_t
announce_write(uint8_t p[ANNOUNCE_MAX], const struct announce *a)
{
	struct buf	b;
	size_t		n = 0;

	if (!fields_good(a))
		return 0;
	buf_init(&b, ANNOUNCE_MAX);
	buf_add_u32(&b, ANNOUNCE_MAGIC);
	buf_add_u16(&b, ANNOUNCE_VERSION);
	buf_add_u8(&b, a->kind);
	buf_add_u8(&b, 0);
	buf_add(&b, a->tag.p, ANNOUNCE_TAG);
	buf_add_u64(&b, a->node);
	buf_add_u16(&b, a->port);
	buf_add_str8(&b, a->name);
	buf_add_str8(&b, a->role);
	buf_add_str8(&b, a->host);
	if (b.error == 0) {
		n = b.len;
		memcpy(p, b.p, n);
	}
	buf_release(&b);
	return n;
}

static bool
tag_known(const struct announce_tag *tag, const struct announce_tag *tags,
    size_t ntags)
{
	size_t	i;

	for (i = 0; i < ntags; i++)
		if (memcmp(tag->p, tags[i].p, ANNOUNCE_TAG) == 0)
			return true;
	return false;
}

static bool
read_fields(struct announce *a, struct rd *r)
{
	a->node = rd_u64(r);
	a->port = (uint16_t)rd_u16(r);
	rd_str8(r, a->name, sizeof(a->name));
	rd_str8(r, a->role, sizeof(a->role));
	rd_str8(r, a->host, sizeof(a->host));
	return rd_done(r) && fields_good(a);
}

/* A datagram of another version says no more than that it is one: what follows
   its version may be anything. */
enum announce_result
announce_read(struct announce *out, const void *p, size_t n,
    const struct announce_tag *tags, size_t ntags)
{
	struct announce	 a = { 0 };
	struct rd	 r;
	const uint8_t	*tag;
	unsigned int	 version;

	memset(out, 0, sizeof(*out));
	if (n > ANNOUNCE_MAX)
		return ANNOUNCE_OVERSIZE;
	rd_init(&r, p, n);
	if (rd_u32(&r) != ANNOUNCE_MAGIC)
		return ANNOUNCE_MALFORMED;
	version = rd_u16(&r);
	if (r.bad)
		return ANNOUNCE_MALFORMED;
	if (version != ANNOUNCE_VERSION)
		return ANNOUNCE_FOREIGN;
	a.kind = (enum announce_kind)rd_u8(&r);
	if (rd_u8(&r) != 0 || (tag = rd_take(&r, ANNOUNCE_TAG)) == NULL)
		return ANNOUNCE_MALFORMED;
	memcpy(a.tag.p, tag, ANNOUNCE_TAG);
	if (!tag_known(&a.tag, tags, ntags))
		return ANNOUNCE_FOREIGN;
	if (!read_fields(&a, &r))
		return ANNOUNCE_MALFORMED;
	*out = a;
	return ANNOUNCE_GOOD;
}
