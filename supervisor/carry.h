/*
 * carry.h - messages from the streams of processes to where they go.
 */
#ifndef CARRY_H
#define CARRY_H
#include "others.h"

/* Frames in a row for one receiver: a process of this node, or a lane. */
struct run {
	struct sink	*to;
	struct pid	 pid;		/* of to: saves looking it up again */
	const uint8_t	*p;
	size_t		 n, frames;
};

/* NULL: carried; carry_held: not now, the frame stays in front; else why the
   frame is broken. */
extern const char	carry_held[];

const char	*carry_send(struct stream *, struct frame *, struct run *);
const char	*carry_send_name(struct stream *, struct frame *, struct run *);
const char	*carry_call(struct stream *, struct frame *, struct run *);
const char	*carry_reply(struct stream *, struct frame *, struct run *);

/* What was gathered goes on its way. */
void		 carry_flush(struct stream *, struct run *);

/*
 * A large frame that will have to wait should not be assembled first: memory
 * for such frames is everybody's.  So its receiver is looked at as soon as the
 * header is there, where a stream can be held.
 */
void		 carry_hold_begun(struct stream *);

#endif /* CARRY_H */
