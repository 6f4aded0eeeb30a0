/*
 * line.c - the line to the supervisor: frames out at once or corked, frames in.
 *
 * Owns:    the descriptor of the worker, its buffers, waiting.
 * Not here: what frames mean (self.c), who may be sent to (send.c).
 * Errors:  -1 and errno; EPIPE for every end of the supervisor, also one that
 *          sends what is no frame.
 */
#include "line.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define OUT_FIRST	(128u << 10)	/* a full cork and a frame besides */
#define ROOM_SIZE	(256u << 10)	/* all that a socket holds; what is
					   never used costs no memory */
#define LINE_LOOKS	4		/* receives in one look, at most */
#define OUT_KEPT	(512u << 10)	/* more goes back after a large frame */

int
line_init(struct line *l, int fd)
{
	*l = (struct line){ .cap = OUT_FIRST };
	conn_init(&l->in, fd, WIRE_R, WIRE_MAX);
	l->room.cap = ROOM_SIZE;
	l->out = malloc(l->cap);
	l->room.p = malloc(l->room.cap);
	if (l->out != NULL && l->room.p != NULL)
		return 0;
	free(l->out);
	free(l->room.p);
	return -1;
}

int
line_lost(struct line *l)
{
	if (!l->lost) {
		l->lost = true;
		l->start = l->len = l->tail_len = 0;
		if (l->on_lost != NULL)
			l->on_lost();
	}
	errno = EPIPE;
	return -1;
}

/* ---- out ---- */

/* Grows, and moves what is unsent to the front; n is beyond that. */
int
line_grow(struct line *l, size_t n)
{
	size_t	 unsent = l->len - l->start;
	uint8_t	*p;

	if (l->start != 0)
		memmove(l->out, l->out + l->start, unsent);
	l->start = 0;
	l->len = unsent;
	if (n <= l->cap - unsent)
		return 0;
	if ((p = realloc(l->out, unsent + n)) == NULL)
		return -1;
	l->out = p;
	l->cap = unsent + n;
	return 0;
}

/* All is sent.  The memory of a large frame goes back, if that works. */
static void
out_empty(struct line *l)
{
	uint8_t	*p;

	l->start = l->len = 0;
	if (l->cap > OUT_KEPT && (p = realloc(l->out, OUT_FIRST)) != NULL) {
		l->out = p;
		l->cap = OUT_FIRST;
	}
}

/* What the kernel takes now: bytes, 0 when it is full, -1 EPIPE. */
static ssize_t
out_give(struct line *l)
{
	struct iovec	iov[2] = {
		{ l->out + l->start, l->len - l->start },
		{ (void *)(uintptr_t)l->tail, l->tail_len }
	};
	struct msghdr	m = { .msg_iov = iov, .msg_iovlen = 2 };
	size_t		n;
	ssize_t		r;

	do
		r = l->tail_len > 0 ?
		    sendmsg(l->in.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) :
		    send(l->in.fd, iov[0].iov_base, iov[0].iov_len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r == -1 && errno == EINTR);
	if (r == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == ENOBUFS || errno == ENOMEM))
		return 0;
	if (r == -1)
		return line_lost(l);
	n = (size_t)r < iov[0].iov_len ? (size_t)r : iov[0].iov_len;
	l->start += n;
	if ((size_t)r > n) {		/* nothing is added to a NULL tail */
		l->tail += (size_t)r - n;
		l->tail_len -= (size_t)r - n;
	}
	if ((l->unlooked += (size_t)r) >= LINE_LOOK)
		line_look(l);		/* is somebody choked? */
	return r;
}

int
line_try_flush(struct line *l)
{
	ssize_t	r;

	if (l->lost)
		return line_lost(l);
	while (l->start < l->len || l->tail_len > 0)
		if ((r = out_give(l)) <= 0)
			return (int)r;
	out_empty(l);
	return 1;
}

static int
line_poll(struct line *l, short events, struct mono deadline)
{
	struct pollfd	p = { .fd = l->in.fd, .events = events };
	struct mono	now = { 0 };
	int		n;

	if (deadline.ns != MONO_NEVER.ns)
		now = mono_now();
	if ((n = poll(&p, 1, mono_poll_ms(deadline, now))) > 0)
		return p.revents;
	if (n == 0 && !mono_reached(deadline, mono_now()))
		return 0;		/* more than poll can count: go on */
	if (n == 0)
		errno = ETIMEDOUT;
	return -1;
}

int
line_flush(struct line *l)
{
	int	r, seen;

	while ((r = line_try_flush(l)) == 0) {
		seen = line_poll(l, POLLIN | POLLOUT, MONO_NEVER);
		if (seen > 0 && (seen & ~POLLOUT) != 0)
			line_look(l);
	}
	return r == 1 ? 0 : -1;
}

int
line_send_tail(struct line *l, size_t n, const void *tail, size_t tail_len)
{
	if (l->lost)
		return line_lost(l);
	l->len += n;
	l->tail = tail;
	l->tail_len = tail_len;
	return line_flush(l);
}

int
line_try_send(struct line *l, size_t n)
{
	size_t	begin = l->len;

	if (l->lost)
		return line_lost(l);
	l->len += n;
	if (l->corks > 0 && l->len - l->start < LINE_CORK)
		return 0;
	switch (line_try_flush(l)) {
	case 1:
		return 0;
	case -1:
		return -1;
	}
	if (l->start > begin)
		return 0;		/* begun, so it will be finished */
	l->len = begin;
	errno = EAGAIN;
	return -1;
}

/* ---- in ---- */

int
line_next(struct line *l, struct frame *f)
{
	int	r = conn_next(&l->in, f);

	if (r == 1 || (r == 0 && !l->in.eof))
		return r;
	l->in.eof = true;		/* what follows a bad frame is noise */
	return line_lost(l);
}

/* Receives what is there: 1 something, 0 nothing, -1 EPIPE.  A conn allocates
   for a large frame; without memory there is no going on, an end as well. */
static int
line_fill(struct line *l)
{
	ssize_t	n;

	if (l->in.eof)
		return line_lost(l);
	if ((n = conn_fill(&l->in, &l->room, 0)) > 0)
		return 1;
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	l->in.eof = true;
	return line_lost(l);
}

void
line_look(struct line *l)
{
	struct frame	f;
	int		i;

	l->unlooked = 0;
	/* More than the kernel holds; a flood must not keep us here. */
	for (i = 0;; i++) {
		while (line_next(l, &f) == 1)
			l->on_frame(&f);
		/* What was received is always looked at: who waits now waits
		   for new bytes. */
		if (i == LINE_LOOKS || line_fill(l) <= 0)
			return;
	}
}

int
line_wait(struct line *l, struct mono deadline, bool writable)
{
	short	events = writable ? POLLIN | POLLOUT : POLLIN;
	int	seen, r;

	for (;;) {
		if (l->in.eof)
			return line_lost(l);
		if ((seen = line_poll(l, events, deadline)) == -1)
			return -1;
		if ((seen & ~POLLOUT) != 0 && (r = line_fill(l)) != 0)
			return r;
		if ((seen & POLLOUT) != 0)
			return 2;
	}
}
