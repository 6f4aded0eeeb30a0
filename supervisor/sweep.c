/*
 * sweep.c - nobody stays behind: what is left of a supervisor is killed.
 *
 * Owns:    how descendants and leftovers are found (/proc, on Linux alone).
 * Not here: when to sweep (guard.c, parent.c, broodd.c).
 * Errors:  none: what cannot be read is not ours; what cannot be killed is
 *          counted.
 */
#include "sweep.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "child.h"

#define SWEEP_PAUSE_MS	2	/* between rounds: the dying need time */
#define SWEEP_VARIABLE	"BROOD_RUN="

int
sweep_adopt(void)
{
#ifdef __linux__
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
#else
	errno = ENOSYS;
	return -1;
#endif
}

/* The digits of a /proc entry or a list; 0 when it is none. */
static pid_t
to_pid(const char *text, char **end)
{
	long	n;

	errno = 0;
	n = strtol(text, end, 10);
	return errno != 0 || *end == text || n <= 0 || n > INT32_MAX ? 0 :
	    (pid_t)n;
}

static ssize_t
read_whole(int fd, char *p, size_t n)
{
	ssize_t	r;

	do
		r = read(fd, p, n);
	while (r == -1 && errno == EINTR);
	return r;
}

/* Calls fn for each process there is. */
static void
each_process(void (*fn)(pid_t, void *), void *ctx)
{
	struct dirent	*e;
	DIR		*d;
	char		*end;
	pid_t		 pid;

	if ((d = opendir("/proc")) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if ((pid = to_pid(e->d_name, &end)) != 0 && *end == '\0')
			fn(pid, ctx);
	closedir(d);
}

/* ---- what is below us ---- */

static void
kill_if_child(pid_t pid, void *ctx)
{
	size_t	*count = ctx;
	char	 path[64], stat[512], *p;
	ssize_t	 n;
	int	 fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	n = read_whole(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (n <= 0)
		return;
	stat[n] = '\0';
	/* PID (NAME) STATE PPID: the name may hold anything. */
	if ((p = strrchr(stat, ')')) == NULL || strlen(p) < 5)
		return;
	if (strtol(p + 4, NULL, 10) == (long)getpid() &&
	    child_kill(pid, SIGKILL) == 0)
		(*count)++;
}

/* A list of numbers that need not end at the end of a read. */
static size_t
kill_listed(int fd)
{
	char	 text[4096], *p, *end;
	size_t	 have = 0, count = 0;
	ssize_t	 n;
	pid_t	 pid;

	while ((n = read_whole(fd, text + have, sizeof(text) - 1 - have)) > 0) {
		have += (size_t)n;
		text[have] = '\0';
		p = text;
		while ((pid = to_pid(p, &end)) != 0 && *end == ' ') {
			if (child_kill(pid, SIGKILL) == 0)
				count++;
			p = end + 1;
		}
		have -= (size_t)(p - text);
		memmove(text, p, have);
	}
	return count;
}

/* One generation: our own children.  Theirs become ours when they die. */
static size_t
kill_children(void)
{
	char	path[64];
	size_t	count = 0;
	int	fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%ld/children",
	    (long)getpid());
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		count = kill_listed(fd);
		close(fd);
	} else
		each_process(kill_if_child, &count);
	return count;
}

/* False: no child is left. */
static bool
reap_all(void)
{
	pid_t	pid;
	int	status;

	do
		pid = waitpid(-1, &status, WNOHANG);
	while (pid > 0 || (pid == -1 && errno == EINTR));
	return pid == 0;
}

size_t
sweep_below(struct mono deadline)
{
	size_t	left;

	for (;;) {
		left = kill_children();
		if (!reap_all())
			return 0;
		if (mono_reached(deadline, mono_now()))
			return left == 0 ? 1 : left;
		(void)poll(NULL, 0, SWEEP_PAUSE_MS);
	}
}

/* ---- what a supervisor before us left ---- */

struct search {
	char	*wanted;		/* BROOD_RUN=..., its NUL included */
	size_t	 len;
	pid_t	 self, spare;
	size_t	 found;
};

/* Whether one of the strings that a file holds is the wanted one. */
static bool
holds(const struct search *s, int fd)
{
	char	 text[16384];
	ssize_t	 n, i;
	size_t	 at = 0;		/* SIZE_MAX: to the next string */

	while ((n = read_whole(fd, text, sizeof(text))) > 0) {
		for (i = 0; i < n; i++) {
			if (at != SIZE_MAX && text[i] == s->wanted[at]) {
				if (++at == s->len)
					return true;
			} else
				at = text[i] == '\0' ? 0 : SIZE_MAX;
		}
	}
	return false;
}

/*
 * The number could be another process's by the time we kill: where there is a
 * descriptor of a process it is taken first, and then asked and killed.
 */
static int
kill_held(int pidfd, pid_t pid)
{
#ifdef SYS_pidfd_send_signal
	if (pidfd != -1)
		return (int)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL,
		    NULL, 0);
#else
	(void)pidfd;
#endif
	return child_kill(pid, SIGKILL);
}

static void
kill_if_left(pid_t pid, void *ctx)
{
	struct search	*s = ctx;
	char		 path[64];
	int		 fd, pidfd = -1;

	if (pid == s->self || pid == s->spare || pid == 1)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
#ifdef SYS_pidfd_open
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
#endif
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		if (holds(s, fd) && (kill_held(pidfd, pid) == 0 ||
		    errno != ESRCH))
			s->found++;
		close(fd);
	}
	if (pidfd != -1)
		close(pidfd);
}

size_t
sweep_run(const char *run_dir, pid_t spare, struct mono deadline,
    size_t *left)
{
	struct search	s = { .self = getpid(), .spare = spare };
	size_t		most = 0;

	*left = 0;
	s.len = strlen(SWEEP_VARIABLE) + strlen(run_dir) + 1;
	if ((s.wanted = malloc(s.len)) == NULL)
		return 0;
	(void)snprintf(s.wanted, s.len, "%s%s", SWEEP_VARIABLE, run_dir);
	for (;;) {
		s.found = 0;
		each_process(kill_if_left, &s);
		if (s.found > most)
			most = s.found;
		if (s.found == 0 || mono_reached(deadline, mono_now()))
			break;
		(void)poll(NULL, 0, SWEEP_PAUSE_MS);
	}
	*left = s.found;
	free(s.wanted);
	return most;
}
