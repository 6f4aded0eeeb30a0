/* map_test.c - numbers to pointers: added, replaced, removed in any order. */
#include "tap.h"

#include <stdlib.h>

#include "map.h"

#define KEYS	4096

static char	values[KEYS];

/* Keys that look alike in their low bits, in their high ones, and neither. */
static uint64_t
key_of(int family, size_t i)
{
	switch (family) {
	case 0:
		return i;
	case 1:
		return (uint64_t)i << 52;
	default:
		return i * 0x2545f4914f6cdd1du;
	}
}

static bool
all_as_told(const struct map *m, int family, const bool *in)
{
	size_t	i;

	for (i = 0; i < KEYS; i++)
		if (map_get(m, key_of(family, i)) !=
		    (in[i] ? &values[i] : NULL))
			return false;
	return true;
}

/* Removes and adds at random; what is in and what is not never mixes. */
static void
family(int which)
{
	struct map	m = { .cap = 0 };
	bool		in[KEYS] = { false };
	size_t		i, n, count = 0;
	bool		good = true;

	for (i = 0; i < KEYS; i++) {
		good = good && map_put(&m, key_of(which, i), &values[i]) == 0;
		in[i] = true;
	}
	ok(good && m.n == KEYS && all_as_told(&m, which, in),
	    "keys %d: all that were put are there", which);
	for (n = 0; n < 20 * KEYS; n++) {
		i = (size_t)random() % KEYS;
		if (in[i])
			good = good &&
			    map_take(&m, key_of(which, i)) == &values[i];
		else
			good = good &&
			    map_put(&m, key_of(which, i), &values[i]) == 0;
		in[i] = !in[i];
	}
	for (i = 0; i < KEYS; i++)
		count += in[i];
	ok(good && m.n == count && all_as_told(&m, which, in),
	    "keys %d: taking one leaves the others", which);
	ok(m.cap <= 2 * KEYS, "keys %d: the table does not grow by use", which);
	free(m.slots);
}

int
main(void)
{
	struct map	m = { .cap = 0 };
	char		a, b;

	srandom(1);
	ok(map_get(&m, 1) == NULL && map_take(&m, 1) == NULL,
	    "an empty map has nothing");
	map_put(&m, 1, &a);
	map_put(&m, 1, &b);
	ok(m.n == 1 && map_get(&m, 1) == &b, "putting again replaces");
	ok(map_take(&m, 2) == NULL && m.n == 1,
	    "taking what is not in is nothing");
	free(m.slots);
	family(0);
	family(1);
	family(2);
	return tap_done();
}
