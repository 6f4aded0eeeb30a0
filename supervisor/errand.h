/*
 * errand.h - requests of our processes that another node answers.
 */
#ifndef ERRAND_H
#define ERRAND_H
#include "others.h"

/*
 * Sends the request f of s to the node of f->h.to, and keeps it until DONE
 * comes or the session ends.  birth is that of a spawn, else NULL; what is its
 * program or what else is asked for.  NULL, or why the frame is broken.
 */
const char	*errand_ask(struct stream *s, const struct frame *f,
		    const struct birth *, const char *what);

/* ROW or DONE has come from there. */
void		 errand_row(struct peer *, const struct frame *);
void		 errand_done(struct peer *, const struct frame *);

/* The requester is dead of c; its attached stream is closed. */
void		 errand_proc_gone(struct proc *, const struct cause *c);
void		 errand_stream_closed(struct stream *);

/* The session ends: all are answered with an error. */
void		 errand_peer_gone(struct peer *);

#endif /* ERRAND_H */
