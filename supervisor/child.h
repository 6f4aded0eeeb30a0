/*
 * child.h - birth and death of one process.
 *
 * The caller prepares everything in a plan; the child itself only makes system
 * calls.  Every descriptor in a plan lies above CHILD_FD_LAST: the caller holds
 * the low ones from its start, so that nothing of its own ever lands there.
 */
#ifndef CHILD_H
#define CHILD_H
#include <sys/types.h>
#include <sys/resource.h>
#include <stdbool.h>
#include <stddef.h>

#define CHILD_FD	3	/* where a worker finds its socket */
#define CHILD_FD_LAST	CHILD_FD

/* The steps of a birth in their order; the names are for people. */
#define CHILD_STAGES(X)							\
	X(NONE,		"none")						\
	X(PIPE,		"pipe")						\
	X(FORK,		"fork")						\
	X(SESSION,	"session")					\
	X(LIMITS,	"limits")					\
	X(DESCRIPTORS,	"descriptors")					\
	X(USER,		"user")						\
	X(DIRECTORY,	"directory")					\
	X(PRIVILEGES,	"privileges")					\
	X(EXEC,		"exec")						\
	X(TIME,		"start")	/* no verdict in time */

#define X(name, text) CHILD_##name,
enum child_stage { CHILD_STAGES(X) CHILD_NSTAGES };
#undef X

struct child_ids {
	uid_t		 uid;
	gid_t		 gid;
	const gid_t	*groups;
	size_t		 ngroups;
};

struct child_limit {
	int		 what;		/* RLIMIT_* */
	struct rlimit	 value;
};

/* All of it is lent, and used before child_spawn() returns. */
struct child_plan {
	const char	*path;
	char *const	*argv, *const *envp;
	int		 in, out, err;	/* become 0, 1, 2; 0: left as it is */
	int		 fd3;		/* becomes CHILD_FD; 0: none */
	const struct child_ids *ids;	/* NULL: those of the caller */
	const struct child_limit *limits;
	size_t		 nlimits;
	const int	*nice;		/* NULL: the caller's */
	const char	*oom;		/* oom_score_adj as text, or NULL */
	const char	*directory;	/* NULL: the caller's */
	mode_t		 umask;
	bool		 no_new_privs;
	bool		 forked;	/* even without a change of user */
};

struct child_birth {
	pid_t		 pid;		/* its process group, too */
	int		 verdict;	/* -1, or to be polled: see below */
	enum child_stage stage;		/* of a failure */
	int		 error;
};

/*
 * Starts a process.  -1, errno, stage: it failed and nothing is left.  0 and
 * verdict -1: the program runs.
 *
 * 0 and a verdict: the outcome is awaited without blocking, since whoever the
 * child has become may stop it before its exec.  When the verdict is readable
 * child_verdict() tells; who waits no longer kills the child and forgets it.
 */
int		 child_spawn(const struct child_plan *, struct child_birth *);

/* 1: the program runs; 0: not decided yet; -1, errno, stage: it failed, and the
   child has to be reaped.  Unless 0, the verdict is closed. */
int		 child_verdict(struct child_birth *);
void		 child_forget(struct child_birth *);	/* closes the verdict */

const char	*child_stage_name(enum child_stage);

/* kill(2) that refuses what does not mean one process, or one group: -1 and
   EINVAL for a pid <= 1.  Every signal of broodd goes through these. */
int		 child_kill(pid_t, int sig);
int		 child_kill_group(pid_t, int sig);

/* A child that is dead and not reaped, 0 if there is none (or no child). */
pid_t		 child_dead(void);
bool		 child_is_dead(pid_t);

/* Reaps it; with its group: kills what is left of that first, while the dead
   one still pins the number.  -1: it is no dead child of ours. */
int		 child_reap(pid_t, bool with_group, int *status);

#endif /* CHILD_H */
