/*
 * log_fuzz.c - what workers print, as the log shows it.
 *
 * The escaped text has no control character, fits where it should, and says
 * what it was made of: unvis(3) brings that back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define LIBBSD_OPENBSD_VIS	1
#include <vis.h>

#include "bug.h"
#include "log.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The first byte is the room there is. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*text = (const char *)data + 1;
	char		*safe, *back;
	size_t		 room, n, i;

	if (size < 2)
		return 0;
	room = data[0] == 0 ? 4 * size + 1 : data[0];
	if ((safe = malloc(room)) == NULL)
		return 0;
	n = log_escape(safe, room, text, size - 1);
	BUG_ON(n > size - 1 || strlen(safe) >= room);
	BUG_ON(data[0] == 0 && n != size - 1);
	for (i = 0; safe[i] != '\0'; i++)
		BUG_ON(((unsigned char)safe[i] < ' ' && safe[i] != '\t') ||
		    safe[i] == 0x7f);
	if ((back = malloc(i + 1)) != NULL)
		BUG_ON(strunvis(back, safe) != (int)n ||
		    memcmp(back, text, n) != 0);
	free(back);
	free(safe);
	return 0;
}
