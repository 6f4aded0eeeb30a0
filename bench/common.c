/*
 * common.c - what every program of bench/ shares: time, samples, pipes, output.
 *
 * Owns:    the form of a result line, which bench/run and bench/report read.
 * Not here: what is measured; each program says that in its first lines.
 * Errors:  printed, then exit 1: a figure measured after an error is no figure.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define SPAWN_STACK	(64 * 1024)
#define FD_FLOOR	10
#define PAGE		4096
#define SPAWN_FD	3		/* where a child finds its socket */

extern char **environ;

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t
bench_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
bench_cpu(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* ---- results ---- */

void
bench_print(const char *figure, const char *side, double value,
    const char *unit)
{
	printf("%s.%s %.3f %s\n", figure, side, value, unit);
	fflush(stdout);		/* a job that is killed has said what it knew */
}

void
bench_print_rate(const char *figure, const char *side, size_t count,
    size_t size, uint64_t ns)
{
	double	seconds = (double)ns / 1e9;

	if (size >= 4096)
		bench_print(figure, side,
		    (double)count * (double)size / seconds / 1e6, "MB/s");
	else
		bench_print(figure, side, (double)count / seconds, "msg/s");
}

void
bench_samples_init(struct bench_samples *s, size_t max)
{
	s->ns = bench_memory(max * sizeof(*s->ns));
	s->n = 0;
	s->max = max;
}

void
bench_samples_add(struct bench_samples *s, uint64_t ns)
{
	if (s->n < s->max)
		s->ns[s->n++] = ns;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void
bench_samples_print(struct bench_samples *s, const char *figure,
    const char *side)
{
	char	name[64];

	if (s->n == 0)
		errx(1, "%s.%s: nothing was measured", figure, side);
	qsort(s->ns, s->n, sizeof(*s->ns), by_value);
	bench_print(figure, side, (double)s->ns[s->n / 2] / 1e3, "us");
	snprintf(name, sizeof(name), "%s.p99", side);
	bench_print(figure, name, (double)s->ns[s->n * 99 / 100] / 1e3, "us");
	free(s->ns);
	*s = (struct bench_samples){ 0 };
}

/* ---- the rest ---- */

int
bench_argument(int argc, char **argv, int at, int least, int most)
{
	char	*end;
	long	 value;

	if (at >= argc)
		errx(100, "argument %d is missing: %s's first lines say what"
		    " it takes", at, argv[0]);
	errno = 0;
	value = strtol(argv[at], &end, 10);
	if (errno != 0 || end == argv[at] || *end != '\0' ||
	    value < least || value > most)
		errx(100, "%s: a number from %d to %d is wanted", argv[at],
		    least, most);
	return (int)value;
}

void *
bench_memory(size_t size)
{
	void	*p = calloc(1, size);

	if (p == NULL)
		err(1, "%zu bytes", size);
	return p;
}

void
bench_pair(int fds[2])
{
	int	fd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		err(1, "socketpair");
	/* Above what a child is given, so that giving it cannot close them. */
	for (int i = 0; i < 2; i++) {
		if ((fd = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_FLOOR)) == -1)
			err(1, "fcntl");
		close(fds[i]);
		fds[i] = fd;
	}
}

/* As a heap that has grown is: no huge pages. */
void
bench_touch(size_t mb)
{
	size_t	 size = mb << 20;
	char	*p;

	if (size == 0)
		return;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		err(1, "mmap");
	if (madvise(p, size, MADV_NOHUGEPAGE) == -1 && errno != EINVAL)
		err(1, "madvise");
	for (size_t i = 0; i < size; i += PAGE)
		p[i] = 1;
}

void
bench_read(int fd, void *buf, size_t size)
{
	char	*p = buf;
	ssize_t	 n;

	while (size > 0) {
		n = read(fd, p, size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			err(1, "read");
		if (n == 0)
			errx(1, "the other side has gone");
		p += n;
		size -= (size_t)n;
	}
}

void
bench_write(int fd, const void *buf, size_t size)
{
	const char	*p = buf;
	ssize_t		 n;

	while (size > 0) {
		n = write(fd, p, size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			err(1, "write");
		p += n;
		size -= (size_t)n;
	}
}

pid_t
bench_fork(void)
{
	pid_t	parent = getpid();
	pid_t	pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		/* The parent may have died before this was asked for. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
		    getppid() != parent)
			_exit(1);
	}
	return pid;
}

void
bench_end(pid_t pid)
{
	if (kill(pid, SIGKILL) == -1)
		err(1, "kill");
	if (waitpid(pid, NULL, 0) == -1)
		err(1, "waitpid");
}

struct start {
	char *const	*argv;
	int		 fd;
};

/* Shares our memory until it execs: only raw calls, no return. */
static int
start_child(void *arg)
{
	const struct start *s = arg;

	if (dup2(s->fd, SPAWN_FD) == -1)
		_exit(126);
	execve(s->argv[0], s->argv, environ);
	_exit(127);
}

pid_t
bench_spawn(char *const argv[], int fd)
{
	static char	stack[SPAWN_STACK] __attribute__((aligned(64)));
	struct start	s = { argv, fd };
	pid_t		pid;

	pid = clone(start_child, stack + sizeof(stack),
	    CLONE_VM | CLONE_VFORK | SIGCHLD, &s);
	if (pid == -1)
		err(1, "clone");
	return pid;
}
