/*
 * registry.h - addresses of people turned into pids, names given and taken.
 */
#ifndef REGISTRY_H
#define REGISTRY_H
#include "node.h"

/* Where an address points. */
enum registry_where {
	REGISTRY_NOWHERE,	/* no address, or no such node: errno */
	REGISTRY_HERE,
	REGISTRY_THERE		/* at *peer, which has a session */
};

/* EINVAL: no address; EHOSTUNREACH: a node that is not up. */
enum registry_where registry_where(struct node *, const char *text,
		    struct address *, struct peer **peer);

/*
 * The process that an address of this node means, or @NODE the node itself
 * (serial 0).  0, or errno: EINVAL, EHOSTUNREACH another node, ESRCH nobody,
 * or no such node; *out is then the pid that is meant, as far as it is one.
 */
int		 registry_find(struct node *, const char *text,
		    struct pid *out);

/* The process of a name of this node, being spawned included; or NULL. */
struct proc	*registry_by_name(struct node *, const struct address *);

/* Gives the process a name.  0, or errno: EEXIST (*out is who has it), ESRCH
   no such process here, EINVAL, EMFILE, ENOMEM. */
int		 registry_add(struct node *, struct pid, const char *name,
		    struct pid *out);

#endif /* REGISTRY_H */
