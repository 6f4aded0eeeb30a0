/*
 * rundir.h - the run directory: its lock, the control socket, the pid file.
 *
 * One broodd per directory.  The lock is one open file of guard and parent, so
 * it is free when both are gone, and not before.
 */
#ifndef RUNDIR_H
#define RUNDIR_H
#include <sys/types.h>
#include <stdbool.h>

#define RUNDIR_SOCKET		"sock"
#define RUNDIR_LOCK_MS		2000	/* how long the lock is waited for */
#define RUNDIR_WHY_SIZE		512

struct rundir {
	char	*path;		/* one name for it, without links */
	char	*socket;	/* where the control socket appears */
	char	*hidden;	/* where it is before that */
	int	 dir, lock;	/* -1: not open */
	int	 listener;	/* -1: not bound */
};

/*
 * Makes and locks the directory that the environment names: BROOD_RUN_DIR, else
 * /run/brood as root, $XDG_RUNTIME_DIR/brood, /tmp/brood-UID.  -1, errno and
 * the reason for people: EBUSY another broodd holds it, EPERM it is another
 * user's, ENOTDIR, ENAMETOOLONG, or what the system said.
 */
int	 rundir_open(struct rundir *, char why[RUNDIR_WHY_SIZE]);

/* Binds the control socket under a name of its own; with a group: for its
   members too.  -1, errno, why. */
int	 rundir_listen(struct rundir *, const char *group,
	    char why[RUNDIR_WHY_SIZE]);
int	 rundir_show(struct rundir *);	/* now it has its name: we are ready */

/* Takes the socket away and closes everything; the directory stays. */
void	 rundir_close(struct rundir *);

int	 rundir_write_pid(const char *path, pid_t);

#endif /* RUNDIR_H */
