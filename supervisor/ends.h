/*
 * ends.h - the entries of monitors and links, one at each end.
 *
 * Only tables: nobody is told of anything here.
 */
#ifndef ENDS_H
#define ENDS_H
#include "node.h"

/* p monitors under ref. */
struct watch	*ends_watch(struct proc *p, uint64_t ref);

/* NULL: EEXIST (the ref is in use), EMFILE (too many), ENOMEM. */
struct watch	*ends_watch_new(struct proc *p, uint64_t ref,
		    struct pid target, bool mailbox);
void		 ends_watch_free(struct watch *);

/* A process here is monitored. */
struct watched	*ends_watched(struct node *, struct pid watcher, uint64_t ref);
struct watched	*ends_watched_new(struct proc *, struct pid watcher,
		    uint64_t ref);	/* NULL: ENOMEM */
void		 ends_watched_free(struct watched *);

/* A port of a process here is monitored; it is gone with the last of these. */
struct port	*ends_port(struct proc *, uint64_t id);
int		 ends_port_add(struct watched *, uint64_t id);	/* -1: ENOMEM */

/* p is linked to peer, or unlinks it. */
struct link	*ends_link(struct proc *p, struct pid peer);
struct link	*ends_link_new(struct proc *p, struct pid peer);
					/* NULL: EMFILE, ENOMEM */
void		 ends_link_free(struct link *);

#endif /* ENDS_H */
