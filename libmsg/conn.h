/*
 * conn.h - frames over a stream socket: read in place, written or queued.
 *
 * One struct for both ends of every socketpair: the relay's side (never blocks,
 * thousands of idle ones that must cost next to nothing) and a worker's.
 *
 * Reading:  conn_fill() receives into a room that is lent for the turn (the
 *           relay has one for all its connections), conn_next() walks the whole
 *           frames in it, conn_settle() puts what is left into memory of the
 *           conn's own, since the room goes on to the next connection.
 * Writing:  conn_write() gives the kernel what it takes now and queues the
 *           rest.  out_bytes is what waits; marks and policy are the caller's.
 */
#ifndef CONN_H
#define CONN_H
#include <sys/types.h>
#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* A frame in place: good until the next call on its conn. */
struct frame {
	struct wire_head	 h;
	uint8_t			*bytes;		/* all h.len of it */
	const uint8_t		*body;
	size_t			 body_len;
};

/* Memory for frames over CONN_SMALL being assembled, shared by many conns. */
struct conn_budget { size_t used, limit; };
#define CONN_SMALL	(64u << 10)

/* Where a turn's bytes go.  At least CONN_SMALL. */
struct conn_room { uint8_t *p; size_t cap; };

#define CONN_FDS	3		/* most that wait to be taken */

struct conn_chunk;

struct conn {
	int			 fd;		/* -1: none, output queues */
	uint32_t		 max_frame;
	unsigned int		 who;		/* WIRE_* of the other end */
	bool			 takes_fds;
	bool			 eof;
	uint8_t			 nfds;
	int			 fds[CONN_FDS];	/* -1: came, but was lost */
	struct conn_budget	*budget;	/* NULL: none */
	size_t			 reserved;	/* of it */

	uint8_t			*in;		/* unread bytes: in the room */
	size_t			 in_len;	/* or in own */
	uint8_t			*own;
	size_t			 own_cap;
	size_t			 last;		/* length of the last frame */

	TAILQ_HEAD(conn_out, conn_chunk) out;
	size_t			 out_bytes;
	const char		*why;		/* of EBADMSG */
};

/* Takes fd, which need not be non-blocking: MSG_DONTWAIT is used throughout. */
void	 conn_init(struct conn *, int fd, unsigned int who, uint32_t max_frame);
void	 conn_release(struct conn *);	/* closes fd and what waits in fds */

/*
 * Receives once, at most limit bytes (0: as many as there is room for).
 * > 0: bytes; 0: end of stream; -1: EAGAIN, ENOBUFS (the budget is used up: try
 * again when it is not), ENOMEM, or the socket's error.
 */
ssize_t	 conn_fill(struct conn *, const struct conn_room *, size_t limit);

/* The same, where bytes come from receive(arg, p, n), which answers as recv(2)
   does. */
typedef ssize_t	 conn_receive_fn(void *arg, uint8_t *p, size_t n);
ssize_t	 conn_fill_by(struct conn *, const struct conn_room *, size_t limit,
	    conn_receive_fn *receive, void *arg);

/* 1: *f is the next frame, checked by wire_check(); 0: no whole one; -1:
   EBADMSG, and conn->why says what. */
int	 conn_next(struct conn *, struct frame *f);
void	 conn_unget(struct conn *, const struct frame *f);  /* the last one */
int	 conn_settle(struct conn *);	/* -1: ENOMEM */

/* What it holds of the budget is given back, and it takes no more of it. */
void	 conn_unbudget(struct conn *);

/* Whether a frame has begun and is not whole; its header, which is checked, and
   the bytes that are there. */
bool	 conn_begun(const struct conn *, struct wire_head *,
	    const uint8_t **bytes, size_t *len);

/* A descriptor that came beside a frame: the oldest; -1 and EMFILE when it was
   lost on the way, ENOENT when none came.  The caller owns it. */
int	 conn_take_fd(struct conn *);

/*
 * Sends what the kernel takes now and queues the rest.  0, or -1 and ENOMEM
 * with nothing of these bytes sent or queued.  A dead other end is no error
 * here: the bytes vanish, and its death is told by others.
 */
int	 conn_write(struct conn *, const void *, size_t);
int	 conn_put(struct conn *, const void *, size_t);	/* only queues */
/* 1: all is gone; 0: more waits; -1: the other end is dead. */
int	 conn_flush(struct conn *);

/* Queues one frame with descriptors beside it (each duplicated by the kernel as
   it is sent; the conn takes and closes them).  -1 closes them too. */
int	 conn_put_fds(struct conn *, const void *, size_t, const int *, size_t);

/* The queue as a list of frames, for who hands them out one by one; only for a
   conn that was never flushed.  NULL: empty. */
const uint8_t	*conn_out_peek(const struct conn *, size_t *len);
void		 conn_out_drop(struct conn *);		/* the peeked one */
int		 conn_out_unget(struct conn *, const void *, size_t);
void		 conn_out_clear(struct conn *);
size_t		 conn_out_count(const struct conn *);	/* frames */

#endif /* CONN_H */
