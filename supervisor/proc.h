/*
 * proc.h - the table of processes: workers and guests, from birth to burial.
 */
#ifndef PROC_H
#define PROC_H
#include "node.h"

/*
 * A new process with the next serial, in PROC_SPAWNING (worker) or PROC_LIVE
 * (guest).  program and entry are copied.  NULL: ENOMEM, nothing is left.
 */
struct proc	*proc_new(struct node *, enum proc_kind, const char *program,
		    const char *entry);

struct proc	*proc_by_serial(struct node *, uint64_t serial);

/* The process of a pid, if it is of this incarnation and not yet dead. */
struct proc	*proc_by_pid(struct node *, struct pid);
struct pid	 proc_pid(const struct proc *);

/* Not PROC_SPAWNING and not dead: others may know of it. */
bool		 proc_is_live(const struct proc *);

/* Takes it out of the table and on node->gone: kill now, bury later. */
void		 proc_gone(struct proc *);
void		 proc_bury(struct node *);	/* between turns */

#endif /* PROC_H */
