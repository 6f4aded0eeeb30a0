/*
 * proxy.h - questions of other nodes' processes, answered here.
 *
 * Who answers (query.c) writes to a stream, as for a guest; this one has no
 * socket: what is written waits until its lane takes it.
 */
#ifndef PROXY_H
#define PROXY_H
#include "others.h"

#define PROXY_MOST	1024		/* of one peer */

/* QUERY or CONTROL has come from there. */
void		 proxy_ask(struct peer *, const struct frame *);

/* N_CANCEL: the answer is wanted no more. */
void		 proxy_cancel(struct peer *, const struct frame *);
void		 proxy_peer_gone(struct peer *);

/* acts->update() of a stream of this kind calls it. */
void		 proxy_update(struct stream *);

/* Between turns: answers go on their way. */
void		 proxy_turn(struct node *);

/* Who asks on this stream; and the stream on which this one asks, or NULL. */
struct pid	 proxy_asker(const struct stream *);
struct stream	*proxy_find(struct node *, struct pid asker, uint64_t ref);

#endif /* PROXY_H */
