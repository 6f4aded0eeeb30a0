/*
 * cmd.h - what the functions of the verbs share: options, the stream to the
 * supervisor, and how one fails.
 *
 * A verb's function returns the exit code.  What prints an error returns the
 * code that belongs to it, so that a verb ends with "return cmd_fail(...)".
 */
#ifndef CMD_H
#define CMD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "text.h"

enum {
	CMD_DONE, CMD_FAILED, CMD_USAGE, CMD_NOT_UP, CMD_NOBODY, CMD_DENIED,
	CMD_UNREACHABLE, CMD_TIMEOUT,
	CMD_OWN = 125			/* every failure of our own, where
					   the exit code is a process's */
};

/* Options that have no letter. */
enum {
	OPT_COUNT = 256, OPT_DEATHS, OPT_DOWN, OPT_DRY_RUN, OPT_HELP, OPT_JSON,
	OPT_LINES, OPT_LINK, OPT_MONITOR, OPT_NAME, OPT_NODES, OPT_READY,
	OPT_STDIN, OPT_VERSION
};

struct verb;

struct cmd_option { int key; const char *value; };

/* A node whose name was learned; up: it is the one of that name now. */
struct cmd_name { uint64_t id; char name[NAME_SIZE]; bool up; };
#define CMD_NAMES	16

struct cmd {
	const struct verb	*verb;
	bool			 json, quiet, verbose;
	const char		*socket, *node;	/* -s, -n; may be NULL */
	struct cmd_option	*options;	/* the verb's, in order */
	size_t			 noptions;
	const char		**args;		/* ends with a NULL */
	size_t			 nargs;
	int			 own;		/* CMD_OWN, or 0 */
	struct client		 client;

	/* dest.c: */
	struct pid		 at;		/* -n: {id, 0}; 0: local */
	struct cmd_name		 names[CMD_NAMES];
	size_t			 learned;
	struct text_pids	 pids;		/* once open */
	int			 pids_rc;	/* of an address in a value */
};

/* ---- options ---- */

/* The last value given; "" when it takes none; NULL when it was not given. */
const char	*cmd_option(const struct cmd *, int key);
/* A deadline so many seconds from now; MONO_NEVER without the option.  0, or
   the exit code. */
int		 cmd_seconds(struct cmd *, int key, struct mono *);
int		 cmd_count(struct cmd *, int key, long long most, long long *);

/* ---- failing: the text goes to standard error, after our name ---- */

int	 cmd_fail(const struct cmd *, int code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
int	 cmd_misused(const struct cmd *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	 cmd_lost(const struct cmd *);		/* a client call failed */
/* What an answer with an error means; what it was about comes first. */
int	 cmd_refused(const struct cmd *, const struct answer *,
	    const char *about);
/* Standard output must have taken everything. */
int	 cmd_flush(const struct cmd *);

/* ---- the supervisor ---- */

/* The stream alone: verbs call dest_open().  0, or the exit code. */
int	 cmd_open(struct cmd *);

/* A question or an order to a node, and its answer; rows come to fn. */
int	 cmd_ask(struct cmd *, struct pid at, unsigned int op,
	    const char *what, const char *const *args, size_t n,
	    client_frame_fn *fn, void *ctx, const char *about);

/* ---- causes of death ---- */

/* The text of a DOWN or EXITED. */
void	 cmd_cause(char text[WIRE_CAUSE_SIZE], const struct frame *);
/* As a shell has it: exit code, 128 + signal, 1 for any other. */
int	 cmd_cause_code(const char *cause);
/* "down 12@alpha exit 3", or the object of an event. */
void	 cmd_print_down(const struct cmd *, const char *pid,
	    const char *cause);

#endif /* CMD_H */
