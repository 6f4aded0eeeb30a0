/*
 * line.h - the line to the supervisor: frames out at once or corked, frames in.
 *
 * One buffer out, in which frames are made where they are sent from, and one
 * room in, in which they are read where they were received.  The descriptor is
 * shared with whoever else has it open, so it is never made non-blocking.
 */
#ifndef LINE_H
#define LINE_H
#include "conn.h"
#include "mono.h"

#define LINE_CORK	(64u << 10)	/* bytes a cork holds back at most */
#define LINE_LOOK	(64u << 10)	/* bytes written before a look inside */

struct line {
	struct conn	 in;		/* the descriptor, and what was read */
	struct conn_room room;
	uint8_t		*out;		/* frames; [start, len) is unsent */
	size_t		 start, len, cap;
	const uint8_t	*tail;		/* what follows them, lent */
	size_t		 tail_len;
	size_t		 unlooked;	/* written since input was looked at */
	unsigned int	 corks;
	bool		 lost;		/* the supervisor is gone */

	/* What writing found coming in, frame by frame; nothing may send. */
	void		(*on_frame)(const struct frame *);
	void		(*on_lost)(void);	/* once, when it is noticed */
};

/* -1: ENOMEM. */
int	 line_init(struct line *, int fd);

/* ---- out ---- */

/* Room for n bytes behind what waits to be sent, at least; *space says how
   many.  Good until the next call.  NULL: ENOMEM. */
static inline uint8_t	*line_room(struct line *, size_t n, size_t *space);

/* The n bytes put there are a whole frame: it goes, unless corked, and then
   when there is LINE_CORK of it.  -1: EPIPE. */
static inline int	 line_send(struct line *, size_t n);

/* As line_send, when nothing is corked, of a frame whose last bytes lie
   elsewhere: a large blob is not copied. */
int	 line_send_tail(struct line *, size_t n, const void *tail,
	    size_t tail_len);

/* Never waits.  -1: EAGAIN and the frame is not sent at all; EPIPE.  Of one
   that was begun the rest goes with whatever is sent or awaited next. */
int	 line_try_send(struct line *, size_t n);

/* Everything is in the kernel when this returns 0.  It reads on while it has to
   wait, so two who flood each other do not wait for ever.  -1: EPIPE. */
int	 line_flush(struct line *);
int	 line_try_flush(struct line *);	/* 1; 0 the kernel is full; -1 EPIPE */

/* ---- in ---- */

/* 1: the next frame, in place until the next call; 0: none is here; -1: EPIPE
   none, and none will come. */
int	 line_next(struct line *, struct frame *);

/* Everything that is here now goes to on_frame. */
void	 line_look(struct line *);

/* Waits until something comes, and receives it; with writable, also until the
   kernel would take more.  Who waits has flushed.  1, or 2 if only that; -1:
   ETIMEDOUT, EINTR a signal was handled, EPIPE. */
int	 line_wait(struct line *, struct mono deadline, bool writable);

/* ---- every message goes through these two ---- */

int	 line_grow(struct line *, size_t n);
int	 line_lost(struct line *);

static inline uint8_t *
line_room(struct line *l, size_t n, size_t *space)
{
	if (n > l->cap - l->len && line_grow(l, n) == -1)
		return NULL;
	*space = l->cap - l->len;
	return l->out + l->len;
}

static inline int
line_send(struct line *l, size_t n)
{
	if (l->lost)
		return line_lost(l);
	l->len += n;
	if (l->corks > 0 && l->len - l->start < LINE_CORK)
		return 0;
	return line_flush(l);
}

#endif /* LINE_H */
