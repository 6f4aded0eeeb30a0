/*
 * trunk.h - one TCP connection to another node: how it opens and ends.
 */
#ifndef TRUNK_H
#define TRUNK_H
#include "others.h"

#define TRUNK_HELLO_MS	5000		/* for each step of the handshake */

/*
 * A new one, secured by TLS already where there is a key; io is the world's.
 * target: dialled, or NULL; from: the other's address without port, as text.
 * NULL: ENOMEM.
 */
struct trunk	*trunk_open(struct node *, struct target *,
		    const char *from, bool loopback, void *io);

/* The other has TRUNK_HELLO_MS for the next step of the handshake. */
void		 trunk_expect(struct trunk *);

/* The socket has ended, for this reason (NULL: closed by the other). */
void		 trunk_ended(struct trunk *, const char *why);

/* Ends it from here, at once; the world is told by acts->push().  The session
   it carried is broken from the end of this turn on. */
void		 trunk_close(struct trunk *);

/* The session it carried has ended: it says so, and closes. */
void		 trunk_end(struct trunk *, uint64_t session, bool goodbye);

/* Says why not, and closes.  reason: enum hail_reason; text NULL: its own. */
void		 trunk_refuse(struct trunk *, int reason, const char *text);

/* The other has said why not. */
void		 trunk_refused(struct trunk *, int reason, const char *text);

/* The other has broken the protocol. */
void		 trunk_breach(struct trunk *, const char *why);

/* Between turns: frees those that are closed and that the world has let go
   (trunk->io is NULL). */
void		 trunk_bury(struct node *);

/* The address at which the other can be dialled, as far as its hello and the
   connection tell; "" if it cannot. */
void		 trunk_address(const struct trunk *, char text[HOST_SIZE]);

#endif /* TRUNK_H */
