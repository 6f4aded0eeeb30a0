/*
 * mono.h - time that only goes forward, with a type of its own.
 *
 * Deadlines travel, not durations, so that nested waits add up.  Wall clock
 * time appears in log stamps and nowhere else.
 */
#ifndef MONO_H
#define MONO_H
#include <stdbool.h>
#include <stdint.h>

/*
 * Nanoseconds since the boot, time asleep included (CLOCK_BOOTTIME where there
 * is one).  A struct, so that it cannot be mixed up with a count.
 */
struct mono { int64_t ns; };

#define MONO_NEVER	((struct mono){ INT64_MAX })
#define MONO_MS(ms)	((int64_t)(ms) * 1000000)

struct mono	 mono_now(void);
struct mono	 mono_after(struct mono, int64_t ns);	/* MONO_NEVER stays */
bool		 mono_reached(struct mono deadline, struct mono now);

/* Milliseconds left, rounded up, 0 when reached: what poll(2) wants.  -1 is
   MONO_NEVER. */
int		 mono_poll_ms(struct mono deadline, struct mono now);

#endif /* MONO_H */
