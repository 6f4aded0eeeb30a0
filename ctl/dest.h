/*
 * dest.h - whom an address means, and what a process is called: of this node,
 * or of others.
 *
 * An address without @NODE is of the node that -n names, else of the local one.
 * A node is written {id, 0}, the local one {0, 0}: as frames to it are.
 */
#ifndef DEST_H
#define DEST_H
#include <stdbool.h>
#include <stddef.h>

#include "cmd.h"

/* The stream to the supervisor, and the node of -n: cmd->at.  0, or the exit
   code. */
int	 dest_open(struct cmd *);

/* The node of that name.  0, or the exit code: it is not up. */
int	 dest_node(struct cmd *, const char *name, struct pid *at);

/* An address as it is written. */
struct dest {
	struct pid	at;		/* its node */
	struct pid	pid;		/* serial 0: it is a name */
	uint64_t	ref;		/* of a call, or 0 */
	char		text[ADDRESS_SIZE];	/* a name: with @NODE unless
						   local */
};
int	 dest_read(struct cmd *, const char *text, struct dest *);

/* The pid behind it; that of a name is asked for. */
int	 dest_resolve(struct cmd *, const char *text, struct pid *);

/* Whether this process of another node is there: 0, or the exit code. */
int	 dest_check(struct cmd *, const char *text, struct pid);

/*
 * What matches processes: an address, or a shell pattern of names, either with
 * @NODE behind it.  word is what that node is to be asked for.
 */
struct dest_pattern { struct pid at; char word[ADDRESS_SIZE]; };
int	 dest_pattern(struct cmd *, const char *text, struct dest_pattern *);

/*
 * Calls fn for each node that is meant by these patterns, in order, with all
 * its words; without patterns once, for the node of -n.  Ends with the first
 * exit code that is not 0.
 */
typedef int	 dest_fn(void *ctx, struct pid at, const char *const *words,
		    size_t n);
int	 dest_each(struct cmd *, const char *const *patterns, size_t n,
	    dest_fn *, void *ctx);

/*
 * SERIAL@NODE; with its incarnation if full, or if the node of that name is
 * another one now.  The name of a node that was not met yet is asked for.
 */
char	*dest_print(struct cmd *, char text[ADDRESS_SIZE], struct pid,
	    bool full, uint64_t ref);

#endif /* DEST_H */
