/*
 * parent.h - the process that forks, execs and waits.
 */
#ifndef PARENT_H
#define PARENT_H
#include <sys/types.h>
#include <sys/resource.h>

struct conf;
struct daemonize;
struct log;
struct rundir;
struct source;
struct where;

struct parent_setup {
	const struct source	*source;
	const struct where	*where;
	struct rundir		*run;		/* locked */
	struct log		*log;
	struct daemonize	*daemon;
	struct conf		*conf;		/* taken */
	struct rlimit		 nofile;	/* as broodd was started */
	pid_t			 known_pid;	/* whom init knows: the guard */
};

/* The parent's life.  guard is readable when the guard is dead.  The exit
   code. */
int	 parent_run(const struct parent_setup *, int guard);

#endif /* PARENT_H */
