/*
 * member.h - one of our own supervisors, for the time of one command: its
 * directory, its process, its stream.
 */
#ifndef MEMBER_H
#define MEMBER_H
#include <sys/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd.h"

struct member {
	struct cmd	*cmd;
	char		 name[16];	/* master, worker1 ... */
	char		 dir[80];	/* its run directory; "": not made */
	int		 ready;		/* where broodd says READY=1; -1 */
	bool		 up;		/* it has said so */
	pid_t		 broodd;	/* 0: none, or buried */
	bool		 blame;		/* it let us down: show its log */
	struct client	*client;	/* NULL: not connected */
	struct client	 own;		/* unless it is cmd's */
	bool		 readable;	/* private.c: worth reading */

	/* meet.c: */
	uint64_t	 seen;		/* a bit for each it sees */
	uint64_t	 events, peers;	/* refs of the questions */
	bool		 asking, stale;
	unsigned int	 missing;	/* why is of that one */
	char		 why[160];
};

/* What its configuration says beside its name. */
struct member_conf {
	const char	*role;
	const char	*worker_dir;	/* "": the installation's */
	const char	*key;		/* NULL: no network */
	const char	*known;		/* another node's address, or NULL */
};

/* In a directory of its name below dir.  0, or the exit code. */
int	 member_start(struct member *, const char *dir,
	    const struct member_conf *);

/* Hears whether it is ready: m->up. */
void	 member_hear(struct member *);

/* -1 and errno, as client_open(); the client is cmd's for the first of them. */
int	 member_connect(struct member *, int wake, bool first);
bool	 member_connected(const struct member *);

void	 member_bury(struct member *);		/* if it has ended */
void	 member_kill(const struct member *, int sig);

/* What it had to say, without the output of processes, to standard error; each
   line after prefix. */
void	 member_log(const struct member *, const char *prefix);
void	 member_release(struct member *);

/* Whether a configuration can hold this in quotes. */
bool	 member_quotable(const char *);

#endif /* MEMBER_H */
