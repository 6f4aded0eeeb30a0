/*
 * realtime.c - preloaded: the wall clock jumps, by up to ten years to either
 * side, with every look at it.
 *
 * Time that only goes forward (CLOCK_MONOTONIC, CLOCK_BOOTTIME) is as it was.
 * REALTIME_FILE, if it is set, names a file that gets a dot when a program
 * first asks for the wall clock: the test knows that there was something to
 * see.
 */
#include <sys/time.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TEN_YEARS	(INT64_C(3652) * 86400)

#define NEXT(name)	((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static void
tell(void)
{
	static bool	 told;
	const char	*path = getenv("REALTIME_FILE");
	int		 fd;

	if (told || path == NULL)
		return;
	told = true;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd != -1) {
		(void)!write(fd, ".", 1);
		close(fd);
	}
}

/* Seconds to add; xorshift, for nobody is to call what takes a lock. */
static int64_t
jump(void)
{
	static uint64_t	state;

	tell();
	if (state == 0)
		state = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15) | 1;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (int64_t)(state % (2 * TEN_YEARS)) - TEN_YEARS;
}

static bool
is_wall(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
	    clock == CLOCK_TAI;
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int	rc = NEXT(clock_gettime)(clock, t);

	if (rc == 0 && is_wall(clock))
		t->tv_sec += jump();
	return rc;
}

int
gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int	rc = NEXT(gettimeofday)(t, zone);

	if (rc == 0)
		t->tv_sec += jump();
	return rc;
}

time_t
time(time_t *out)
{
	time_t	t = NEXT(time)(NULL) + jump();

	if (out != NULL)
		*out = t;
	return t;
}
