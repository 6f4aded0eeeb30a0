/*
 * mono.c - the monotonic clock.
 *
 * Owns:    the choice of clock.  No other file calls clock_gettime for it.
 * Errors:  none: a kernel without the clock falls back to CLOCK_MONOTONIC.
 */
#include "mono.h"

#include <limits.h>
#include <time.h>

struct mono
mono_now(void)
{
	struct timespec	t = { 0, 0 };

#ifdef CLOCK_BOOTTIME
	if (clock_gettime(CLOCK_BOOTTIME, &t) == -1)
#endif
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct mono){ (int64_t)t.tv_sec * 1000000000 + t.tv_nsec };
}

struct mono
mono_after(struct mono from, int64_t ns)
{
	if (ns > 0 && from.ns > INT64_MAX - ns)
		return MONO_NEVER;
	return (struct mono){ from.ns + ns };
}

bool
mono_reached(struct mono deadline, struct mono now)
{
	return deadline.ns != INT64_MAX && deadline.ns <= now.ns;
}

int
mono_poll_ms(struct mono deadline, struct mono now)
{
	int64_t	left;

	if (deadline.ns == INT64_MAX)
		return -1;
	left = deadline.ns - now.ns;
	if (left <= 0)
		return 0;
	left = (left + 999999) / 1000000;	/* never wake before it */
	return left > INT_MAX ? INT_MAX : (int)left;
}
