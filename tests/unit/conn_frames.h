/*
 * conn_frames.h - frames for a conn: their bodies tell them apart.
 */
#ifndef UNIT_CONN_FRAMES_H
#define UNIT_CONN_FRAMES_H
#include "tap.h"

#include <stdlib.h>

#include "buf.h"
#include "bug.h"
#include "conn.h"

#define ROOM	CONN_SMALL
#define MAX	(4u << 20)

static uint8_t			 room_bytes[ROOM];
static const struct conn_room	 room = { room_bytes, sizeof(room_bytes) };

TAP_FN uint8_t
pattern(uint64_t ref, size_t at)
{
	return (uint8_t)(ref * 31 + at * 7 + (at >> 8));
}

/* A SEND of this length whose body can be told from others. */
TAP_FN uint8_t *
make_frame(uint64_t ref, size_t len)
{
	struct wire_head	 h = { .len = (uint32_t)len, .op = WIRE_SEND,
				    .ref = ref };
	uint8_t			*p = malloc(len);
	size_t			 i;

	BUG_ON(p == NULL || len < WIRE_HEAD + 10);
	wire_put(p, &h);
	for (i = WIRE_HEAD; i < len; i++)
		p[i] = pattern(ref, i);
	return p;
}

TAP_FN bool
good_frame(const struct frame *f, uint64_t ref, size_t len)
{
	size_t	i;

	if (f->h.ref != ref || f->h.len != len || f->body_len !=
	    len - WIRE_HEAD || f->body != f->bytes + WIRE_HEAD)
		return false;
	for (i = WIRE_HEAD; i < len; i++)
		if (f->bytes[i] != pattern(ref, i))
			return false;
	return true;
}

#endif /* UNIT_CONN_FRAMES_H */
