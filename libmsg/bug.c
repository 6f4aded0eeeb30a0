/*
 * bug.c - the end of a process that found itself wrong.
 *
 * Owns:    the one line written before the core.
 * Errors:  none; it does not return.
 */
#include "bug.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
bug(const char *file, int line, const char *func, const char *cond)
{
	char	text[256];
	int	n;

	n = snprintf(text, sizeof(text), "bug: %s:%d: %s: %s\n", file, line,
	    func, cond);
	if (n > 0 && write(STDERR_FILENO, text, (size_t)n < sizeof(text) ?
	    (size_t)n : sizeof(text) - 1) == -1)
		abort();		/* nowhere to say it */
	abort();
}
