/*
 * handshake.h - from a connection to a session.
 *
 * docs/sessions.md has its steps.  What reads a frame returns NULL, or why it
 * is broken.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H
#include "others.h"

struct beat;

/* A connection is open, as trunk_open(); who dialled speaks first. */
struct trunk	*handshake_begin(struct node *, struct target *,
		    const char *from, bool loopback, void *io);

const char	*handshake_hello(struct trunk *, const struct frame *);
const char	*handshake_refused(struct trunk *, const struct frame *);
const char	*handshake_join(struct trunk *, const struct frame *);

/* The first beat on one that was dialled: the other has adopted it. */
const char	*handshake_beat(struct trunk *, const struct beat *);

#endif /* HANDSHAKE_H */
