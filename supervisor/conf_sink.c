/*
 * conf_sink.c - where problems of the configuration are told.
 *
 * Owns:    the form "FILE:LINE: KEY: REASON", the cap on their number, and
 *          that nothing of a file reaches a terminal unescaped.
 * Not here: what is a problem, and where the lines go.
 * Errors:  none; a line too long is cut.
 */
#include "conf_sink.h"

#include <stdarg.h>
#include <stdio.h>
#define LIBBSD_OPENBSD_VIS	1	/* the order of its arguments */
#include <vis.h>

void
conf_sink_say(struct conf_sink *sink, const char *file, size_t line,
    const char *key, const char *fmt, ...)
{
	char	 where[32] = "", subject[96] = "", reason[384];
	char	 text[1024], safe[2048];
	va_list	 ap;

	if (++sink->count > CONF_SINK_MOST)
		return;
	if (line != 0)
		snprintf(where, sizeof(where), ":%zu", line);
	if (key != NULL)
		snprintf(subject, sizeof(subject), "%.64s: ", key);
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%.512s%s: %s%s", file, where, subject,
	    reason);
	strnvis(safe, text, sizeof(safe), VIS_CSTYLE | VIS_NL | VIS_NOSLASH);
	sink->say(sink->ctx, safe);
}

void
conf_sink_end(struct conf_sink *sink)
{
	char	 text[64];

	if (sink->count <= CONF_SINK_MOST)
		return;
	snprintf(text, sizeof(text), "and %u more",
	    sink->count - CONF_SINK_MOST);
	sink->say(sink->ctx, text);
}
