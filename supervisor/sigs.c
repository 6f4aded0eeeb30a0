/*
 * sigs.c - signals as bytes on a descriptor, one at a time.
 *
 * Owns:    the process's handlers and its mask: signalfd where there is one,
 *          else a handler that writes into a pipe.
 * Not here: what a signal means (parent.c).  Nothing is done in a handler.
 * Errors:  -1 and errno while opening; later a signal that finds the pipe full
 *          is one that is already there.
 */
#include "sigs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && !defined(SIGS_PIPE)
#include <sys/signalfd.h>
#else
#define SIGS_PIPE 1
#endif

void
sigs_reset(void)
{
	struct sigaction	sa = { .sa_handler = SIG_DFL };
	sigset_t		none;
	int			sig;

	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			(void)sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

#ifndef SIGS_PIPE

int
sigs_open(struct sigs *s, const int *which, size_t n)
{
	sigset_t	set;
	size_t		i;

	s->other = -1;
	sigemptyset(&set);
	for (i = 0; i < n; i++)
		sigaddset(&set, which[i]);
	if ((s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) == -1)
		return -1;
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

int
sigs_read(struct sigs *s, struct sigs_event *e)
{
	struct signalfd_siginfo	info;
	ssize_t			n;

	do
		n = read(s->fd, &info, sizeof(info));
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(info))
		return 0;
	*e = (struct sigs_event){ (int)info.ssi_signo,
	    info.ssi_code == SI_USER || info.ssi_code == SI_TKILL ||
	    info.ssi_code == SI_QUEUE ? (pid_t)info.ssi_pid : 0 };
	return 1;
}

#else

/* A handler knows nothing but its process. */
static volatile sig_atomic_t	sigs_pipe = -1;

static void
on_signal(int sig, siginfo_t *info, void *context)
{
	struct sigs_event	e = { sig, 0 };
	int			error = errno;

	(void)context;
	if (info->si_code == SI_USER || info->si_code == SI_QUEUE)
		e.from = info->si_pid;
	if (write((int)sigs_pipe, &e, sizeof(e)) == -1)
		errno = error;		/* full: somebody looks anyway */
	errno = error;
}

int
sigs_open(struct sigs *s, const int *which, size_t n)
{
	struct sigaction	sa = { .sa_flags = SA_SIGINFO | SA_RESTART |
				    SA_NOCLDSTOP };
	int			fds[2];
	size_t			i;

	s->fd = s->other = -1;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	s->fd = fds[0];
	s->other = fds[1];
	sigs_pipe = fds[1];
	sa.sa_sigaction = on_signal;
	sigfillset(&sa.sa_mask);
	for (i = 0; i < n; i++)
		if (sigaction(which[i], &sa, NULL) == -1)
			return -1;
	return 0;
}

int
sigs_read(struct sigs *s, struct sigs_event *e)
{
	ssize_t	n;

	do
		n = read(s->fd, e, sizeof(*e));
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)sizeof(*e);
}

#endif

void
sigs_close(struct sigs *s)
{
	if (s->fd != -1)
		close(s->fd);
	if (s->other != -1)
		close(s->other);
	s->fd = s->other = -1;
}
