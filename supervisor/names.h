/*
 * names.h - names of processes of this node.
 */
#ifndef NAMES_H
#define NAMES_H
#include "node.h"

/* For [worker NAME]: nobody else gets it.  -1: ENOMEM. */
int		 names_reserve(struct node *, const char *text);
void		 names_unreserve(struct node *, const char *text);

/*
 * Gives p a name.  -1: EINVAL (no name), EEXIST (taken or reserved; *owner is
 * who has it, or NULL), EMFILE (p has too many), ENOMEM.  Having it already is
 * no error.  A worker may always take the name of its own section.
 */
int		 names_add(struct proc *p, const char *text,
		    struct proc **owner);

/* -1 and ESRCH: nobody has that name. */
int		 names_drop(struct node *, const char *text);
void		 names_drop_all(struct proc *);

/* At the end of the node: the reservations too. */
void		 names_release(struct node *);

/* Who has it, a process being spawned included; NULL and ESRCH. */
struct proc	*names_find(struct node *, const char *text);

#endif /* NAMES_H */
