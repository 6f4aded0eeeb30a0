/*
 * programs.h - what may be started, and how: the parent's own answer.
 *
 * A program is asked for by name.  Its path, user and limits come from the
 * configuration or the worker directory, never from whoever asks.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H
#include <sys/resource.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "child.h"

struct conf;
struct log;

/* Everything that a launch is made from.  Strings and conf are lent. */
struct programs {
	const struct conf	*conf;		/* its node is filled in */
	struct conf		*plain;		/* of who has no section */
	struct accounts		 accounts;
	struct log		*log;
	const char		*run_dir, *socket, *bin;
	struct rlimit		 nofile;	/* as broodd was started */
	uid_t			 relay;		/* no worker's; -1: not root */
};

struct launch_request {
	uint64_t	  serial;
	const char	 *program, *entry;
	char *const	 *args;		/* ends with NULL; lent */
};

#define LAUNCH_LIMITS	3

/* A plan and all that it lends.  Descriptors are the caller's to fill in. */
struct launch {
	struct child_plan	 plan;
	struct child_ids	 ids;
	struct child_limit	 limits[LAUNCH_LIMITS];
	int			 nice;
	char			 oom[16];
	char			*path;
	char			**argv, **envp;
	gid_t			*groups;
};

int	 programs_init(struct programs *);	/* makes plain; -1: errno */
void	 programs_release(struct programs *);

/* -1, errno and the stage in words; launch_release() is due in any case. */
int	 programs_launch(struct programs *, const struct launch_request *,
	    struct launch *, const char **stage);
void	 launch_release(struct launch *);

#endif /* PROGRAMS_H */
