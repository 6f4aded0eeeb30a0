/*
 * lane_half.c - large frames of another node, put together from their pieces.
 *
 * Owns:    lanes->halves, what is there of each; their share of frame-memory.
 * Not here: cutting them (lane.c), what a whole one says (remote.c).
 * Errors:  -1 and errno: EPROTO pieces that make no frame, ENOBUFS more begun
 *          at once than agreed, ENOMEM.
 */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

void
lane_half_free(struct lanes *l, struct half *h)
{
	if (h->hh.tbl != NULL)
		HASH_DEL(l->halves, h);
	l->halves_bytes -= h->len;
	if (l->budget != NULL)
		l->budget->used -= h->len;
	free(h);
}

static struct half *
half_new(struct lanes *l, uint64_t id, size_t len)
{
	struct half	*h;

	if (l->halves_bytes != 0 && l->halves_bytes + len > l->halves_max) {
		errno = ENOBUFS;
		return NULL;
	}
	if ((h = malloc(sizeof(*h) + len)) == NULL)
		return NULL;
	memset(h, 0, sizeof(*h));
	h->id = id;
	h->len = len;
	HASH_ADD(hh, l->halves, id, sizeof(h->id), h);
	if (h->hh.tbl == NULL) {
		free(h);
		errno = ENOMEM;
		return NULL;
	}
	l->halves_bytes += len;
	if (l->budget != NULL)
		l->budget->used += len;
	return h;
}

/* The length of the whole is that of a frame that had to be cut, and all its
   pieces agree on it. */
static bool
piece_fits(const struct lanes *l, const struct half *h, size_t len, size_t n)
{
	if (len <= LANE_WHOLE || len > l->halves_max || n == 0)
		return false;
	return h == NULL ? n < len : h->len == len && h->got + n <= len;
}

int
lane_piece(struct lanes *l, const struct frame *f, struct half **whole)
{
	size_t		 len = get_u32(f->body), n = f->body_len - 4;
	struct half	*h;

	HASH_FIND(hh, l->halves, &f->h.ref, sizeof(f->h.ref), h);
	if (!piece_fits(l, h, len, n)) {
		errno = EPROTO;
		return -1;
	}
	if (h == NULL && (h = half_new(l, f->h.ref, len)) == NULL)
		return -1;
	memcpy(h->p + h->got, f->body + 4, n);
	h->got += n;
	if (h->got < h->len)
		return 0;
	HASH_DEL(l->halves, h);
	h->hh.tbl = NULL;
	*whole = h;
	return 1;
}
