/*
 * conf_sink.h - where problems of the configuration are told.
 */
#ifndef CONF_SINK_H
#define CONF_SINK_H
#include <stddef.h>

#define CONF_SINK_MOST	50	/* problems told one by one, the rest counted */

/* Each problem is one line, "FILE:LINE: KEY: REASON", without its newline. */
struct conf_sink {
	void		(*say)(void *ctx, const char *text);
	void		*ctx;
	unsigned	 count;		/* begins with 0; told or not */
};

/* line 0 is left out, and a key that is NULL; text is made safe to print. */
void	 conf_sink_say(struct conf_sink *, const char *file, size_t line,
	    const char *key, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));

/* After the last: how many were not told. */
void	 conf_sink_end(struct conf_sink *);

#endif /* CONF_SINK_H */
