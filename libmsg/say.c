/*
 * say.c - a process's own words, and its end.
 *
 * Owns:    a line on standard error; the calls that end the process.
 * Not here: how the end is told to others (the supervisor).
 * Errors:  none: what cannot be written is lost.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "self.h"

#define SAY_SHORT	512

/* In one write, so that the lines of many processes do not mix. */
static void
write_line(const char *text, size_t n)
{
	ssize_t	r;

	while (n > 0) {
		if ((r = write(STDERR_FILENO, text, n)) == -1 &&
		    errno != EINTR)
			return;
		if (r > 0) {
			text += r;
			n -= (size_t)r;
		}
	}
}

void
msg_say(const char *fmt, ...)
{
	char	 small[SAY_SHORT], *text = small, *large = NULL;
	va_list	 ap;
	int	 n, error = errno;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(small) - 1 &&
	    (large = malloc((size_t)n + 2)) != NULL) {
		text = large;
		va_start(ap, fmt);
		(void)vsnprintf(large, (size_t)n + 1, fmt, ap);
		va_end(ap);
	} else if (n >= (int)sizeof(small) - 1)
		n = (int)sizeof(small) - 2;	/* cut it, but say it */
	if (n >= 0) {
		text[n] = '\n';
		write_line(text, (size_t)n + 1);
	}
	free(large);
	errno = error;
}

_Noreturn void
msg_terminate(void)
{
	if (self_open() == 0)
		(void)line_flush(self_line());
	exit(0);
}

_Noreturn void
msg_die(const char *fmt, ...)
{
	char	text[WIRE_TEXT_MAX + 1];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (self_open() == -1) {
		/* Nobody else could be told. */
		(void)fprintf(stderr, "%s\n", text);
		exit(1);
	}
	self_die(text, 1);
}
