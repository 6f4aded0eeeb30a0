/*
 * peer.h - the table of other nodes: by id and by name, who is up, who is gone.
 */
#ifndef PEER_H
#define PEER_H
#include "others.h"

struct peer	*peer_find(struct node *, uint64_t id);

/* The one of that name with a session; NULL: there is none. */
struct peer	*peer_named(struct node *, const char *name);

/* The one of that id, in the table from now on (PEER_GONE).  NULL: ENOMEM. */
struct peer	*peer_get(struct node *, uint64_t id);

/* Frames to it are taken: it is up, or asked for. */
bool		 peer_takes(const struct peer *);

/* It is looked for: its lanes take frames from now on. */
void		 peer_ask(struct peer *);

/* A session has begun: processes and readers of events are told. */
void		 peer_up(struct peer *, const struct hello *);

/*
 * Its session, or the search for it, is over; everything else that hangs off it
 * has been told.  dead: it never comes back.
 */
void		 peer_down(struct peer *, const char *why, bool dead);

/* Never comes back: NODE of the same name runs under another id. */
void		 peer_is_dead(struct peer *);

/* Forgets the oldest that are gone, between turns; at the end, all. */
void		 peer_bury(struct node *);
void		 peer_release(struct node *);

/*
 * Workers know which nodes take less than this one: told before WELCOME, when
 * that changes, and (peer_limit) when one did not know it yet.
 */
void		 peer_limits_first(struct stream *);
void		 peer_limit(struct stream *, const struct peer *);

/* NODES: p is told of nodes, or not any more. */
void		 peer_tell(struct proc *p, bool on);

/* "up", "suspect", "down". */
const char	*peer_word(const struct peer *);

/* SERIAL@NODE for logs and texts. */
char		*peer_pid_text(const struct node *, struct pid,
		    char text[ADDRESS_SIZE]);

#endif /* PEER_H */
