/*
 * guard.h - the outermost process of broodd: it leaves no orphan.
 */
#ifndef GUARD_H
#define GUARD_H

/* What the guard passes on: what broodd takes, from a terminal or an init. */
#define GUARD_SIGNALS(X) X(SIGTERM) X(SIGINT) X(SIGHUP) X(SIGUSR1)

/*
 * Forks the parent, which runs main(ctx, guard): guard is readable (its end) as
 * soon as the guard is dead.  Returns in the guard alone, when the parent is
 * dead and all that was below it killed: with the parent's exit code, 111 if it
 * was killed.  -1 and errno: there was no start.  Signals are expected at their
 * default and unblocked.
 */
int	 guard_run(int (*main)(void *ctx, int guard), void *ctx);

#endif /* GUARD_H */
