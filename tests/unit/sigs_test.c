/* sigs_test.c - signals as events, both ways there are to do it. */
#include "tap.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "sigs.h"

/* The portable way, too: the same file without signalfd. */
#define SIGS_PIPE	1
#define sigs_reset	pipe_reset
#define sigs_open	pipe_open
#define sigs_read	pipe_read
#define sigs_close	pipe_close
void	 pipe_reset(void);
int	 pipe_open(struct sigs *, const int *, size_t);
int	 pipe_read(struct sigs *, struct sigs_event *);
void	 pipe_close(struct sigs *);
#include "../../supervisor/sigs.c"
#undef sigs_reset
#undef sigs_open
#undef sigs_read
#undef sigs_close

static const struct way {
	const char	*name;
	int		(*open)(struct sigs *, const int *, size_t);
	int		(*read)(struct sigs *, struct sigs_event *);
	void		(*close)(struct sigs *);
} ways[] = {
	{ "signalfd", sigs_open, sigs_read, sigs_close },
	{ "pipe", pipe_open, pipe_read, pipe_close },
};

static bool
next(const struct way *w, struct sigs *s, struct sigs_event *e)
{
	struct pollfd	p = { s->fd, POLLIN, 0 };
	int		tries;

	for (tries = 0; tries < 50; tries++) {
		(void)poll(&p, 1, 100);
		if (w->read(s, e) == 1)
			return true;
	}
	return false;
}

static void
test_way(const struct way *w)
{
	static const int	 which[] = { SIGCHLD, SIGTERM, SIGUSR1 };
	struct sigs		 s;
	struct sigs_event	 e = { 0, 0 };
	pid_t			 pid;
	int			 status;

	is_int(w->open(&s, which, 3), 0, "%s: opened", w->name);
	is_int(w->read(&s, &e), 0, "%s: nothing yet", w->name);
	(void)kill(getpid(), SIGUSR1);
	ok(next(w, &s, &e) && e.sig == SIGUSR1 && e.from == getpid(),
	    "%s: from ourselves", w->name);
	if ((pid = fork()) == 0) {
		(void)kill(getppid(), SIGTERM);
		_exit(3);
	}
	ok(next(w, &s, &e) && (e.sig == SIGTERM || next(w, &s, &e)) &&
	    (e.sig == SIGTERM || e.sig == SIGCHLD), "%s: from a child",
	    w->name);
	(void)waitpid(pid, &status, 0);
	while (w->read(&s, &e) == 1)
		continue;
	is_int(w->read(&s, &e), 0, "%s: read to the end", w->name);
	w->close(&s);
	ok(s.fd == -1 && s.other == -1, "%s: closed", w->name);
}

/* What was inherited does not keep us from hearing. */
static void
test_reset(void)
{
	sigset_t		mask;
	struct sigaction	sa;

	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	sigfillset(&mask);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	sigs_reset();
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	(void)sigaction(SIGCHLD, NULL, &sa);
	ok(sa.sa_handler == SIG_DFL, "reset: SIGCHLD is heard");
	(void)sigaction(SIGTERM, NULL, &sa);
	ok(sa.sa_handler == SIG_DFL, "reset: SIGTERM is heard");
	ok(!sigismember(&mask, SIGTERM) && !sigismember(&mask, SIGUSR1),
	    "reset: nothing is blocked");
}

int
main(void)
{
	size_t	i;

	for (i = 0; i < 2; i++) {
		test_reset();
		test_way(&ways[i]);
	}
	return tap_done();
}
