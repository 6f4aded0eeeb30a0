/* map.h - 64-bit numbers to pointers: tags to their messages, live refs. */
#ifndef MAP_H
#define MAP_H
#include <stddef.h>
#include <stdint.h>

struct map_slot;

struct map {
	struct map_slot	*slots;
	size_t		 cap, n;	/* cap: 0 or a power of two */
};

void	*map_get(const struct map *, uint64_t key);	/* NULL: none */

/* Adds or replaces; value is not NULL.  -1: ENOMEM, and nothing changed. */
int	 map_put(struct map *, uint64_t key, void *value);
void	*map_take(struct map *, uint64_t key);	/* removes; NULL: none */

#endif /* MAP_H */
