/*
 * raw_process.c - birth and death of a process as the kernel offers them.
 *
 *	raw_process spawn FIGURE COUNT TOUCHED_MB PROGRAM [ARG...]
 *	raw_process exit  FIGURE COUNT PROGRAM [ARG...]
 *	raw_process kill  FIGURE COUNT PROGRAM [ARG...]
 *
 * Owns:    the raw limit of the spawn, exit and kill figures.
 *          spawn: clone(CLONE_VM | CLONE_VFORK), exec, first byte of the child
 *          on descriptor 3, from a parent that has touched TOUCHED_MB.
 *          exit: clone, exec of a program that ends at once, waitpid.
 *          kill: SIGKILL of a child that waits, until signalfd has told it and
 *          waitpid has taken it.
 *          PROGRAM is the binary that brood and the peers start as well.
 * Errors:  exit 1.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define KILL_PAUSE_US	300	/* lets the child fall asleep first */

static void
reap(pid_t pid)
{
	int	status;

	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) >= 126)
		errx(1, "the program could not be run");
}

static void
spawn(const char *figure, size_t count, size_t mb, char **argv)
{
	struct bench_samples	samples;
	uint64_t		start;
	int			fds[2];
	pid_t			pid;
	char			byte;

	bench_touch(mb);
	bench_pair(fds);
	bench_samples_init(&samples, count);
	for (size_t i = 0; i < count; i++) {
		start = bench_now();
		pid = bench_spawn(argv, fds[1]);
		bench_read(fds[0], &byte, 1);
		bench_samples_add(&samples, bench_now() - start);
		reap(pid);
	}
	bench_samples_print(&samples, figure, "raw");
}

static void
spawn_exit(const char *figure, size_t count, char **argv)
{
	struct bench_samples	samples;
	uint64_t		start;
	int			fds[2];

	bench_pair(fds);
	bench_samples_init(&samples, count);
	for (size_t i = 0; i < count; i++) {
		start = bench_now();
		reap(bench_spawn(argv, fds[1]));
		bench_samples_add(&samples, bench_now() - start);
	}
	bench_samples_print(&samples, figure, "raw");
}

/* A supervisor's loop at its least: epoll, signalfd, waitpid. */
static void
await_death(int poller, int signals, pid_t pid)
{
	struct signalfd_siginfo	info;
	struct epoll_event	event;
	int			status;

	do {
		if (epoll_wait(poller, &event, 1, -1) == -1)
			err(1, "epoll_wait");
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			continue;
	} while (waitpid(-1, &status, WNOHANG) != pid);
}

static void
kill_notice(const char *figure, size_t count, char **argv)
{
	struct bench_samples	samples;
	struct epoll_event	event = { .events = EPOLLIN };
	sigset_t		mask;
	uint64_t		start;
	int			fds[2], poller, signals;
	pid_t			pid;
	char			byte;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) == -1 ||
	    (signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK)) == -1 ||
	    (poller = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    epoll_ctl(poller, EPOLL_CTL_ADD, signals, &event) == -1)
		err(1, "signalfd");
	bench_pair(fds);
	bench_samples_init(&samples, count);
	for (size_t i = 0; i < count; i++) {
		pid = bench_spawn(argv, fds[1]);
		bench_read(fds[0], &byte, 1);
		usleep(KILL_PAUSE_US);
		start = bench_now();
		if (kill(pid, SIGKILL) == -1)
			err(1, "kill");
		await_death(poller, signals, pid);
		bench_samples_add(&samples, bench_now() - start);
	}
	bench_samples_print(&samples, figure, "raw");
}

int
main(int argc, char **argv)
{
	size_t	count;

	if (argc < 5)
		errx(100, "usage: spawn FIGURE COUNT TOUCHED_MB PROGRAM...,"
		    " exit|kill FIGURE COUNT PROGRAM...");
	count = (size_t)bench_argument(argc, argv, 3, 1, 1 << 20);
	if (strcmp(argv[1], "exit") == 0)
		spawn_exit(argv[2], count, argv + 4);
	else if (strcmp(argv[1], "kill") == 0)
		kill_notice(argv[2], count, argv + 4);
	else
		spawn(argv[2], count,
		    (size_t)bench_argument(argc, argv, 4, 0, 1 << 16),
		    argv + 5);
	return 0;
}
