/*
 * guard.c - the outermost process of broodd: it leaves no orphan.
 *
 * Owns:    the guard's life.  It is as small as can be, since nobody guards it:
 *          when it dies the parent ends everything.
 * Not here: how what is left is found and killed (sweep.c).
 * Errors:  -1 and errno before there is a parent; afterwards its exit code.
 */
#include "guard.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "child.h"
#include "mono.h"
#include "sweep.h"

#define EXIT_SYSTEM	111

/* Reaps the parent, and as process 1 or a subreaper also strangers. */
static bool
reap(pid_t parent, int *status)
{
	pid_t	pid;
	int	s;

	for (;;) {
		pid = waitpid(-1, &s, WNOHANG);
		if (pid == -1 && errno == EINTR)
			continue;
		if (pid == parent) {
			*status = s;
			return true;
		}
		if (pid <= 0)
			return false;
	}
}

/* Its being there is all: some systems lose a SIGCHLD that nobody handles. */
static void
on_child(int sig)
{
	(void)sig;
}

static int
watch(pid_t parent, const sigset_t *signals)
{
	int	sig, status = 0;

	for (;;) {
		if (sigwait(signals, &sig) != 0)
			continue;
		if (sig != SIGCHLD)
			(void)child_kill(parent, sig);
		else if (reap(parent, &status))
			break;
	}
	(void)sweep_below(mono_after(mono_now(), SWEEP_TIME));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SYSTEM;
}

/* A session of its own: ^C reaches it through the guard alone, once. */
_Noreturn static void
become_parent(int (*run)(void *, int), void *ctx, int guard,
    const sigset_t *before)
{
	(void)setsid();
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	exit(run(ctx, guard));
}

int
guard_run(int (*run)(void *, int), void *ctx)
{
	sigset_t	signals, before;
	pid_t		parent;
	int		alive[2], error;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
#define X(sig) sigaddset(&signals, sig);
	GUARD_SIGNALS(X)
#undef X
	if (pipe2(alive, O_CLOEXEC) == -1)
		return -1;
	(void)sweep_adopt();		/* as process 1 it needs none */
	(void)sigprocmask(SIG_BLOCK, &signals, &before);
	(void)sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = on_child,
	    .sa_flags = SA_RESTART | SA_NOCLDSTOP }, NULL);
	if ((parent = fork()) == 0) {
		close(alive[1]);	/* only the guard holds it open */
		become_parent(run, ctx, alive[0], &before);
	}
	error = errno;
	close(alive[0]);
	if (parent == -1) {
		close(alive[1]);
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		errno = error;
		return -1;
	}
	return watch(parent, &signals);
}
