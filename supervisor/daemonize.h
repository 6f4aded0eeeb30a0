/*
 * daemonize.h - to the background, as scripts of sysvinit want it.
 */
#ifndef DAEMONIZE_H
#define DAEMONIZE_H
#include <sys/types.h>

struct daemonize {
	int	tell;		/* -1: in the foreground, or told already */
	pid_t	launcher;	/* 0: in the foreground */
};

/*
 * Returns in a new process, session leader, in /, without a terminal.  The
 * first one, the launcher, never returns: it passes on what is said on stderr
 * and ends when the new process is ready (0) or has ended (with its code).
 */
int	 daemonize_start(struct daemonize *);

/* The launcher may go.  Nobody listens to stderr from now on. */
void	 daemonize_ready(struct daemonize *);

#endif /* DAEMONIZE_H */
