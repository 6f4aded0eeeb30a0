/*
 * session.h - what two nodes have between them while connections come and go.
 *
 * docs/sessions.md has the states and the rules.
 */
#ifndef SESSION_H
#define SESSION_H
#include "others.h"

struct beat;

#define SESSION_MARGIN	MONO_MS(100)	/* clocks may drift so much in T */

/*
 * A new one, of this number, with a peer whose old one has ended.  A connection
 * has to be adopted with it.
 */
void	 session_begin(struct peer *, uint64_t number, const struct hello *);

/*
 * t carries it from now on.  received: frames the other has taken; echo: newest
 * of our clock that it has heard; sent: its own.  False: that cannot be, and
 * the session is doomed.
 */
bool	 session_adopt(struct peer *, struct trunk *t, uint32_t connection,
	    uint64_t received, uint64_t echo, uint64_t sent);

/*
 * It is over: whoever here watched, asked or waited for something there is
 * told, children that were not acknowledged are killed, all that was under way
 * is thrown away.  Also ends the search for an id that is asked for.  Its
 * connection, if it has one, says N_END and closes.
 */
void	 session_end(struct peer *, const char *why, bool dead);

/* ---- frames ---- */

/* Whether the lease holds, by the clock. */
bool	 session_may_route(struct peer *);

/* The lease has run out: its connection is dropped, a new one may renew it. */
void	 session_freeze(struct peer *);

/* A beat of the other; NULL, or why it is broken. */
const char *session_beat(struct peer *, const struct beat *);

/* The other wants a beat at once. */
void	 session_answer(struct peer *);

/* A numbered frame came: whether it is new. */
bool	 session_is_new(struct peer *, struct trunk *, size_t bytes);

/* The last so many that were new are not taken after all. */
void	 session_unread(struct peer *, uint64_t frames);

/* Something, or a beat that is due, waits to be written. */
bool	 session_has_output(const struct peer *);

/* A beat and, up to most bytes in all, frames. */
void	 session_output(struct peer *, struct buf *out, size_t most);

/* Somebody wants to know whether it answers. */
void	 session_probe(struct peer *);

/* At an orderly end: whether the others have all that was sent; asks them to
   say so.  Then all sessions end; node->stopping makes that a goodbye. */
bool	 session_settled(struct node *);
void	 session_goodbye(struct node *);

/* Between turns: ends those that are doomed, dials for those that broke. */
void	 session_turn(struct node *);

#endif /* SESSION_H */
