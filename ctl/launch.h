/* launch.h - asking for a new process. */
#ifndef LAUNCH_H
#define LAUNCH_H
#include <stdbool.h>
#include <stddef.h>

#include "cmd.h"

struct launch {
	char			 program[256], entry[256];
	const char		*name;		/* "": none */
	bool			 link, monitor;
	const char *const	*args;
	size_t			 nargs;
};

/* PROGRAM[:ENTRY], which may be a path if folder is not NULL: *folder is where
   it lies then, "" for a bare name.  0, or the exit code. */
int	 launch_parse(struct cmd *, struct launch *, const char *text,
	    char *folder, size_t size);

/* 0: the pid, and the ref that its DOWN will have; else the exit code. */
int	 launch_ask(struct cmd *, const struct launch *, struct pid *,
	    uint64_t *ref);

#endif /* LAUNCH_H */
