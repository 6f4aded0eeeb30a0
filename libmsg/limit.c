/*
 * limit.c - which other nodes take less than this one.
 *
 * A send has returned before anybody could refuse it, so the supervisor says
 * beforehand which nodes have a smaller max-message.  What it says comes in the
 * order of all else: who knows a pid of such a node was told before.
 *
 * Owns:    struct limits.
 * Not here: what becomes of a message that nobody knew was too large (the relay
 *          tells it, and what comes next is refused here).
 * Errors:  without memory, or beyond LIMIT_MAX, a node is taken for one that
 *          takes all.
 */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define LIMIT_MAX	256
#define LEAST		4096		/* as of max-message */

static void
forget(struct limits *l, uint64_t id)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].id == id) {
			l->v[i] = l->v[--l->n];
			return;
		}
}

static void
add(struct limits *l, const struct limit *new)
{
	if (l->v == NULL)
		l->v = calloc(LIMIT_MAX, sizeof(*l->v));
	if (l->v != NULL && l->n < LIMIT_MAX)
		l->v[l->n++] = *new;
}

void
limit_learn(struct limits *l, const struct frame *f)
{
	struct limit	new = { .id = f->h.from.node };
	struct rd	r;

	rd_init(&r, f->body, f->body_len);
	new.most = rd_u32(&r);
	rd_str8(&r, new.name, sizeof(new.name));
	if (r.bad)
		return;
	forget(l, new.id);
	if (new.most >= LEAST)
		add(l, &new);
}

uint32_t
limit_least(const struct limits *l, uint32_t least)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].most < least)
			least = l->v[i].most;
	return least;
}

uint32_t
limit_of(const struct limits *l, uint64_t id, const char *name, uint32_t most)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		if (id != 0 ? l->v[i].id == id :
		    strcmp(l->v[i].name, name) == 0)
			return l->v[i].most < most ? l->v[i].most : most;
	return most;
}
