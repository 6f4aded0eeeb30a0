/*
 * brood_child.c - the supervisor's own spawn, from a parent grown large.
 *
 *	brood_child FIGURE COUNT TOUCHED_MB PROGRAM [ARG...]
 *
 * Owns:    the figure spawn_1g: child_spawn() of supervisor/child.c until the
 *          first byte of the child on descriptor 3, in a process that has
 *          touched TOUCHED_MB; the rest of broodd is not in it.  raw_process
 *          spawn is the same with a bare clone.
 * Errors:  exit 1.
 */
#include <err.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "common.h"

extern char **environ;

/* child_spawn() asks that the child's places be taken in its parent. */
static void
hold_low_descriptors(void)
{
	int	fd;

	do {
		if ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
			err(1, "/dev/null");
	} while (fd <= CHILD_FD_LAST);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct bench_samples	samples;
	struct child_birth	birth;
	struct child_plan	plan = { .path = argc > 4 ? argv[4] : NULL,
				    .argv = argv + 4, .envp = environ,
				    .umask = 022 };
	uint64_t		start;
	size_t			count;
	int			fds[2], status;
	char			byte;

	if (argc < 5)
		errx(100, "usage: FIGURE COUNT TOUCHED_MB PROGRAM [ARG...]");
	count = (size_t)bench_argument(argc, argv, 2, 1, 1 << 20);
	bench_touch((size_t)bench_argument(argc, argv, 3, 0, 1 << 16));
	hold_low_descriptors();
	bench_pair(fds);
	plan.fd3 = fds[1];
	bench_samples_init(&samples, count);
	for (size_t i = 0; i < count; i++) {
		start = bench_now();
		if (child_spawn(&plan, &birth) == -1)
			err(1, "%s: %s", plan.path,
			    child_stage_name(birth.stage));
		bench_read(fds[0], &byte, 1);
		bench_samples_add(&samples, bench_now() - start);
		if (waitpid(birth.pid, &status, 0) == -1)
			err(1, "waitpid");
	}
	bench_samples_print(&samples, argv[1], "brood");
	return 0;
}
