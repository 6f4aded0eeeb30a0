/*
 * memory.c - the memory of received messages, one block each.
 *
 * A worker that takes one message after another gives a block back just before
 * it wants the next: that one is kept, which saves a tenth of what receiving a
 * small message costs, and for large ones the page faults of a heap that is
 * trimmed and grown with each.
 *
 * Owns:    the one block that is kept.
 * Errors:  NULL and ENOMEM.
 */
#include "memory.h"

#include <stdlib.h>

/* A sanitizer should see every use of a message after its release. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEP_MOST	0u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_MOST	0u
#endif
#endif
#ifndef KEEP_MOST
#define KEEP_MOST	(256u << 10)
#endif
#define WASTE_MOST	4		/* times what is wanted */
#define SMALL		64u

union head {
	size_t		cap;
	max_align_t	align;
};

static union head *kept;

void *
memory_new(size_t n)
{
	union head	*h = kept;

	/* Not for one much smaller, which may be held for long. */
	if (h != NULL && h->cap >= n && h->cap / WASTE_MOST <= n + SMALL) {
		kept = NULL;
		return h + 1;
	}
	if (n > (size_t)-1 - sizeof(*h) ||
	    (h = malloc(sizeof(*h) + n)) == NULL)
		return NULL;
	h->cap = n;
	return h + 1;
}

void
memory_free(void *p)
{
	union head	*h = p;

	if (p == NULL)
		return;
	h--;
	/* The larger one: the next may be as large. */
	if (h->cap <= KEEP_MOST && (kept == NULL || kept->cap < h->cap)) {
		free(kept);
		kept = h;
	} else
		free(h);
}
