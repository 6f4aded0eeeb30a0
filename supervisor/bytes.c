/*
 * bytes.c - bytes on their way into something, and out of it.
 *
 * Owns:    when bytes are copied, and when memory goes back.
 * Not here: what they are.
 * Errors:  -1 and errno.
 */
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"

/* ---- in ---- */

int
bytes_in_put(struct bytes_in *in, const void *p, size_t n)
{
	uint8_t	*both;

	if (n == 0)
		return 0;
	if (in->n == 0) {
		bytes_in_release(in);
		in->p = p;
		in->n = n;
		return 0;
	}
	if ((both = malloc(in->n + n)) == NULL)
		return -1;
	memcpy(both, in->p, in->n);
	memcpy(both + in->n, p, n);
	free(in->own);
	in->p = in->own = both;
	in->n += n;
	return 0;
}

int
bytes_in_settle(struct bytes_in *in)
{
	uint8_t	*copy;

	if (in->n == 0) {
		bytes_in_release(in);
		return 0;
	}
	if (in->own != NULL)
		return 0;
	if ((copy = malloc(in->n)) == NULL) {
		in->n = 0;
		return -1;
	}
	memcpy(copy, in->p, in->n);
	in->p = in->own = copy;
	return 0;
}

size_t
bytes_in_take(struct bytes_in *in, void *p, size_t n)
{
	if (n > in->n)
		n = in->n;
	if (n == 0)
		return 0;
	memcpy(p, in->p, n);
	in->p += n;
	in->n -= n;
	return n;
}

void
bytes_in_release(struct bytes_in *in)
{
	free(in->own);
	*in = (struct bytes_in){ .n = 0 };
}

/* ---- out ---- */

void
bytes_out_init(struct bytes_out *out, size_t max)
{
	buf_init(&out->b, max);
	out->off = 0;
}

void
bytes_out_release(struct bytes_out *out)
{
	buf_release(&out->b);
	out->off = 0;
}

int
bytes_out_reserve(struct bytes_out *out, size_t n)
{
	struct buf	*b = &out->b;

	if (out->off > b->len - out->off) {	/* mostly gone: move the rest */
		b->len -= out->off;
		memmove(b->p, b->p + out->off, b->len);
		out->off = 0;
	}
	if (buf_room(b, n) == NULL) {
		b->error = 0;		/* what was there still is */
		errno = ENOMEM;
		return -1;
	}
	b->len -= n;
	return 0;
}

const uint8_t *
bytes_out_peek(const struct bytes_out *out, size_t *n)
{
	*n = out->b.len - out->off;
	return *n != 0 ? out->b.p + out->off : NULL;
}

void
bytes_out_drop(struct bytes_out *out, size_t n, size_t small)
{
	struct buf	*b = &out->b;

	BUG_ON(n > b->len - out->off);
	out->off += n;
	if (out->off < b->len)
		return;
	if (b->cap > small && b->len < b->cap / 4)
		buf_release(b);
	buf_reset(b);
	out->off = 0;
}
