/*
 * keys_fuzz.c - any text as a key file.
 *
 * What is refused leaves nothing behind and has a reason; what is taken can be
 * written down and read again, and is the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bug.h"
#include "keys.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t
write_down(const struct keys *keys, char *text, size_t size)
{
	size_t	i, k, n = 0;

	for (i = 0; i < keys->n; i++)
		for (k = 0; k < KEY_SIZE; k++)
			n += (size_t)snprintf(text + n, size - n, "%02X%s",
			    keys->key[i].secret[k],
			    k == KEY_SIZE - 1 ? "\n" : "");
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct keys	none;
	struct keys			keys, again;
	char	why[KEYS_WHY_SIZE] = "", text[KEYS_MOST * 65 + 1];
	size_t	n;

	if (keys_parse(&keys, data, size, why, sizeof(why)) == -1) {
		BUG_ON(memcmp(&keys, &none, sizeof(none)) != 0);
		BUG_ON(strncmp(why, "key file", 8) != 0);
		return 0;
	}
	BUG_ON(keys.n == 0 || keys.n > KEYS_MOST);
	n = write_down(&keys, text, sizeof(text));
	BUG_ON(keys_parse(&again, text, n, why, sizeof(why)) == -1);
	BUG_ON(memcmp(&keys, &again, sizeof(keys)) != 0);
	keys_release(&keys);
	keys_release(&again);
	return 0;
}
