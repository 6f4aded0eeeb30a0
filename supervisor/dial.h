/*
 * dial.h - addresses worth dialling, and when to dial which.
 *
 * A target is dialled while no session leads there; who else knows its address
 * (its sources) keeps it.  acts->connect() begins a dial, always from an alarm,
 * never from within a call of this module's; it ends in dial_succeeded() or
 * dial_failed(), once, or acts->connect_stop() ends it: then neither follows,
 * and its trunk, if it has one, knows no target any more.
 */
#ifndef DIAL_H
#define DIAL_H
#include "others.h"

#define DIAL_MS		10000		/* to the first byte of a trunk */
#define DIAL_LEARNED_S	(24 * 3600)	/* after the last report */

enum dial_next {
	DIAL_AGAIN,		/* nothing wrong: at once; a fourth in a row is
				   a failure */
	DIAL_LATER,
	DIAL_SELF,		/* it is this node: not until reload */
	DIAL_CONFLICT		/* later; shown as conflict */
};

/* ---- who knows which address; texts are HOST:PORT, others are ignored ---- */

/* Said again: it is still there, and dialled soon if it waited. */
void	 dial_suggest(struct node *, unsigned int source, const char *address);
void	 dial_withdraw(struct node *, unsigned int source,
	    const char *address);

/* The configuration is new: what was given up is tried again.  hosts: all that
   are TARGET_STATIC from now on; NULL: they stay as they are. */
void	 dial_reload(struct node *, const char *const *hosts, size_t count);

/* ---- peers ---- */

/* Its connection broke, or it is asked for and its address is known: dial it
   after delay.  Where no address is known it has to dial us. */
void	 dial_peer(struct peer *, int64_t delay);

/* One that dial_peer() asked for runs, or waits for its first try. */
bool	 dial_under_way(const struct peer *);

/* Its session, or the search for it, is over (before peer_down()): the
   addresses that led there are dialled as new ones. */
void	 dial_session_ended(struct peer *);

/* ---- a dial ---- */

/* Connected; the handshake runs, and its end is the trunk's care. */
void	 dial_opened(struct target *, struct trunk *);

/* The trunk was adopted: this is where the peer is. */
void	 dial_succeeded(struct target *, struct peer *);

/* The target may be gone then. */
void	 dial_failed(struct target *, const char *why, enum dial_next);

/* ---- all ---- */

/* Of targets nothing else is to be written; fn may not change them. */
void	 dial_each(struct node *,
	    void (*fn)(void *arg, const struct target *), void *arg);

void	 dial_stop(struct node *);		/* no more dials */
void	 dial_release(struct node *);

#endif /* DIAL_H */
