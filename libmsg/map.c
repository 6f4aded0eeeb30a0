/*
 * map.c - 64-bit numbers to pointers: tags to their messages, live refs.
 *
 * Owns:    the table: open addressing, linear probing, at most three quarters
 *          full, and no graves: a removal moves the later ones of its run back,
 *          so that a long life of adding and removing costs nothing.
 * Not here: what the pointers are.
 * Errors:  -1 and ENOMEM when it cannot grow.
 */
#include "map.h"

#include <stdlib.h>

#define MAP_FIRST	16

struct map_slot {
	uint64_t	 key;
	void		*value;		/* NULL: free */
};

/* Where a key would like to be.  Refs count upwards, tags are hashes already:
   one multiplication spreads both. */
static size_t
map_home(const struct map *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (m->cap - 1);
}

/* The slot of the key, or the free one where it belongs. */
static struct map_slot *
map_find(const struct map *m, uint64_t key)
{
	size_t	 i = map_home(m, key);

	while (m->slots[i].value != NULL && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static int
map_grow(struct map *m)
{
	struct map	 bigger = { .n = m->n };
	size_t		 i;

	bigger.cap = m->cap == 0 ? MAP_FIRST : m->cap * 2;
	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -1;
	for (i = 0; i < m->cap; i++)
		if (m->slots[i].value != NULL)
			*map_find(&bigger, m->slots[i].key) = m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

void *
map_get(const struct map *m, uint64_t key)
{
	return m->n == 0 ? NULL : map_find(m, key)->value;
}

int
map_put(struct map *m, uint64_t key, void *value)
{
	struct map_slot	*s;

	if (m->n + 1 > m->cap - m->cap / 4 && map_grow(m) == -1)
		return -1;
	s = map_find(m, key);
	if (s->value == NULL)
		m->n++;
	*s = (struct map_slot){ key, value };
	return 0;
}

void *
map_take(struct map *m, uint64_t key)
{
	size_t	 mask = m->cap - 1, hole, i, home;
	void	*value;

	if (m->n == 0 || (value = map_get(m, key)) == NULL)
		return NULL;
	hole = i = (size_t)(map_find(m, key) - m->slots);
	for (;;) {
		i = (i + 1) & mask;
		if (m->slots[i].value == NULL)
			break;
		/* It may fill the hole unless its home lies after that. */
		home = map_home(m, m->slots[i].key);
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].value = NULL;
	m->n--;
	return value;
}
