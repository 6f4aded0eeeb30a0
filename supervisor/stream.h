/*
 * stream.h - connections of processes: what is queued, handed out, closed.
 */
#ifndef STREAM_H
#define STREAM_H
#include "node.h"

/* The part of a ref that says which stream minted it. */
#define STREAM_BASE	(~UINT64_C(0xffffffff))

/* Takes fd (-1 in a simulation).  NULL: ENOMEM, fd is closed. */
struct stream	*stream_new(struct proc *, enum stream_kind, int fd);

/* Marks it and takes it out of use; idempotent; freed by stream_bury(). */
void		 stream_close(struct stream *);
void		 stream_bury(struct node *);

/* Sends a frame, or frames.  Without memory the stream is closed: nothing is
   ever left out of its middle. */
void		 stream_send(struct stream *, const void *, size_t);

/* A frame made of a header and a body, from the node itself. */
void		 stream_frame(struct stream *, struct wire_head *,
		    const void *body, size_t n);

/* DONE: the answer to ref.  text may be NULL. */
void		 stream_done(struct stream *, uint64_t ref, int err,
		    struct pid, const char *text);

/* Nobody will read what is queued: the process is dead. */
void		 stream_discard(struct stream *);

/* The kernel can take more. */
void		 stream_flush(struct stream *);

/* Where answers to this ref of p go: the stream that minted it; NULL if that
   one is gone. */
struct stream	*stream_of_ref(struct proc *p, uint64_t ref);

/*
 * To the process's mailbox: fd 3 after HELLO, its queue before, a guest's
 * connection.  Frames of a dead process's killers and friends end here too:
 * to a process that is not there they vanish.
 */
void		 stream_to_proc(struct proc *, const void *, size_t);
void		 stream_frame_to_proc(struct proc *, struct wire_head *,
		    const void *body, size_t n);

/* The stream has said HELLO: what answers it is put before all that waited,
   the last first; then all goes out. */
void		 stream_first(struct stream *, struct wire_head *,
		    const void *body, size_t n);
void		 stream_hello(struct stream *);

/* TAKE and TAKEN of an attached stream; TAKE ends when the worker begins to
   read itself. */
void		 stream_take(struct stream *, uint64_t ref);
void		 stream_take_refuse(struct stream *, uint64_t ref);
void		 stream_taken(struct stream *);

/* The oldest frame that waits on a stream without a socket, to be changed in
   place; NULL: none.  Then: it is gone. */
uint8_t		*stream_peek(struct stream *, size_t *n);
void		 stream_drop(struct stream *);

/* Bytes waiting for p. */
size_t		 stream_waiting(const struct proc *p);

#endif /* STREAM_H */
