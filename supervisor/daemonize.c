/*
 * daemonize.c - to the background, as scripts of sysvinit want it.
 *
 * Owns:    the launcher, and how it learns what became of broodd.
 * Errors:  -1 and errno before there is anything in the background.
 */
#include "daemonize.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_SYSTEM	111

/* What it says on stderr, on to ours; false: it says nothing more. */
static bool
pass_on(int from)
{
	char	text[4096];
	ssize_t	n, done = 0, w;

	n = read(from, text, sizeof(text));
	if (n == -1 && errno == EINTR)
		return true;
	while (done < n) {
		w = write(STDERR_FILENO, text + done, (size_t)(n - done));
		if (w == -1 && errno != EINTR)
			break;		/* nobody reads ours either */
		if (w > 0)
			done += w;
	}
	return n > 0;
}

/* Until it is ready, or has closed everything, which is its end. */
_Noreturn static void
launcher_wait(pid_t pid, int told, int said)
{
	struct pollfd	p[2] = { { told, POLLIN, 0 }, { said, POLLIN, 0 } };
	int		status = 0;
	char		ready;

	while (p[0].fd != -1) {
		if (poll(p, 2, -1) == -1)
			continue;
		if (p[1].revents != 0 && !pass_on(said))
			p[1].fd = -1;
		if (p[0].revents == 0)
			continue;
		if (read(told, &ready, 1) == 1)
			_exit(0);
		p[0].fd = -1;
	}
	while (p[1].fd != -1 && pass_on(said))
		continue;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SYSTEM);
}

static void
detach(int said)
{
	int	null;

	(void)setsid();
	if (chdir("/") == -1)
		(void)chdir(".");	/* it is a courtesy to umount */
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		close(null);
	}
	(void)dup2(said, STDERR_FILENO);
	close(said);
}

int
daemonize_start(struct daemonize *d)
{
	int	told[2], said[2];
	pid_t	pid;

	*d = (struct daemonize){ .tell = -1, .launcher = getpid() };
	if (pipe2(told, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(said, O_CLOEXEC) == -1) {
		close(told[0]);
		close(told[1]);
		return -1;
	}
	pid = fork();
	if (pid > 0) {
		close(told[1]);
		close(said[1]);
		launcher_wait(pid, told[0], said[0]);
	}
	close(told[0]);
	close(said[0]);
	if (pid == -1) {
		close(told[1]);
		close(said[1]);
		return -1;
	}
	d->tell = told[1];
	detach(said[1]);
	return 0;
}

void
daemonize_ready(struct daemonize *d)
{
	int	null;
	ssize_t	n;

	if (d->tell == -1)
		return;
	do
		n = write(d->tell, "", 1);
	while (n == -1 && errno == EINTR);
	close(d->tell);
	d->tell = -1;
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		(void)dup2(null, STDERR_FILENO);
		close(null);
	}
}
