/*
 * buf.c - bytes: a bounded buffer to write into, a reader that cannot overrun.
 *
 * Owns:    byte order and bounds of everything that is not a message's body.
 * Errors:  kept in the buffer (error) or the reader (bad), asked once.
 */
#include "buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST	256		/* the first allocation, bytes */

/* ---- writing ---- */

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_release(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->error = 0;
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	uint8_t	*p;
	size_t	 cap;

	if (b->error != 0)
		return NULL;
	if (n > b->max - b->len) {
		b->error = EMSGSIZE;
		return NULL;
	}
	if (n > b->cap - b->len) {
		cap = b->cap == 0 ? BUF_FIRST : b->cap;
		while (cap < b->len + n)
			cap *= 2;
		if (cap > b->max)
			cap = b->max;
		if ((p = realloc(b->p, cap)) == NULL) {
			b->error = ENOMEM;
			return NULL;
		}
		b->p = p;
		b->cap = cap;
	}
	b->len += n;
	return b->p + b->len - n;
}

void
buf_add(struct buf *b, const void *v, size_t n)
{
	uint8_t	*p = buf_room(b, n);

	if (p != NULL && n != 0)
		memcpy(p, v, n);
}

void
buf_add_u8(struct buf *b, unsigned int v)
{
	uint8_t	*p = buf_room(b, 1);

	if (p != NULL)
		p[0] = (uint8_t)v;
}

void
buf_add_u16(struct buf *b, unsigned int v)
{
	buf_add_u8(b, v >> 8 & 0xff);
	buf_add_u8(b, v & 0xff);
}

void
buf_add_u32(struct buf *b, uint32_t v)
{
	uint8_t	*p = buf_room(b, 4);

	if (p != NULL)
		put_u32(p, v);
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
	uint8_t	*p = buf_room(b, 8);

	if (p != NULL)
		put_u64(p, v);
}

/* A length that its field cannot hold is an error, never cut short. */
static bool
buf_fits(struct buf *b, size_t n, size_t most)
{
	if (n > most && b->error == 0)
		b->error = EMSGSIZE;
	return b->error == 0;
}

void
buf_add_str8(struct buf *b, const char *s)
{
	size_t	n = strlen(s);

	if (!buf_fits(b, n, UINT8_MAX))
		return;
	buf_add_u8(b, (unsigned int)n);
	buf_add(b, s, n);
}

void
buf_add_str16(struct buf *b, const char *s)
{
	size_t	n = strlen(s);

	if (!buf_fits(b, n, UINT16_MAX))
		return;
	buf_add_u16(b, (unsigned int)n);
	buf_add(b, s, n);
}

/* ---- reading ---- */

void
rd_init(struct rd *r, const void *p, size_t n)
{
	*r = (struct rd){ .p = p, .left = n };
}

const uint8_t *
rd_take(struct rd *r, size_t n)
{
	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return r->p - n;
}

unsigned int
rd_u8(struct rd *r)
{
	const uint8_t	*p = rd_take(r, 1);

	return p == NULL ? 0 : p[0];
}

unsigned int
rd_u16(struct rd *r)
{
	const uint8_t	*p = rd_take(r, 2);

	return p == NULL ? 0 : (unsigned int)p[0] << 8 | p[1];
}

uint32_t
rd_u32(struct rd *r)
{
	const uint8_t	*p = rd_take(r, 4);

	return p == NULL ? 0 : get_u32(p);
}

uint64_t
rd_u64(struct rd *r)
{
	const uint8_t	*p = rd_take(r, 8);

	return p == NULL ? 0 : get_u64(p);
}

static void
rd_text(struct rd *r, size_t n, char *text, size_t cap)
{
	const uint8_t	*p = rd_take(r, n);

	text[0] = '\0';
	if (p == NULL)
		return;
	if (n >= cap || memchr(p, '\0', n) != NULL) {
		r->bad = true;
		return;
	}
	memcpy(text, p, n);
	text[n] = '\0';
}

void
rd_str8(struct rd *r, char *text, size_t cap)
{
	rd_text(r, rd_u8(r), text, cap);
}

void
rd_str16(struct rd *r, char *text, size_t cap)
{
	rd_text(r, rd_u16(r), text, cap);
}

bool
rd_done(const struct rd *r)
{
	return !r->bad && r->left == 0;
}
