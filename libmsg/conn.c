/*
 * conn.c - frames over a stream socket: read in place, written or queued.
 *
 * Longer than most: reading and writing share one struct, and its descriptors
 * travel both ways.
 *
 * Owns:    the descriptor, unread bytes, queued bytes, descriptors on their
 *          way.
 * Not here: when to read and write (the loop), marks and what they mean.
 * Errors:  -1 and errno; EBADMSG with a reason in words in conn->why.
 */
#include "conn.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "bug.h"

#define CHUNK_FIRST	1024		/* most queues hold a frame or two */
#define CHUNK_SMALL	(16u << 10)
#define CHUNK_LARGE	(64u << 10)
#define LARGE_FRAME	(16u << 10)	/* worth not copying a half of */

/* Part of the queue.  Whole frames, until the kernel has taken some of it. */
struct conn_chunk {
	TAILQ_ENTRY(conn_chunk)	 entry;
	size_t			 off, len, cap;
	size_t			 nfds;
	int			 fds[CONN_FDS];	/* go with the first byte */
	uint8_t			 p[];
};

void
conn_init(struct conn *c, int fd, unsigned int who, uint32_t max_frame)
{
	*c = (struct conn){ .fd = fd, .who = who, .max_frame = max_frame };
	TAILQ_INIT(&c->out);
}

static void
chunk_free(struct conn *c, struct conn_chunk *k)
{
	size_t	i;

	TAILQ_REMOVE(&c->out, k, entry);
	for (i = 0; i < k->nfds; i++)
		close(k->fds[i]);
	free(k);
}

static void
own_free(struct conn *c)
{
	free(c->own);
	c->own = NULL;
	c->own_cap = 0;
	if (c->budget != NULL)
		c->budget->used -= c->reserved;
	c->reserved = 0;
}

void
conn_out_clear(struct conn *c)
{
	while (!TAILQ_EMPTY(&c->out))
		chunk_free(c, TAILQ_FIRST(&c->out));
	c->out_bytes = 0;
}

void
conn_release(struct conn *c)
{
	while (c->nfds > 0)
		if (c->fds[--c->nfds] != -1)
			close(c->fds[c->nfds]);
	own_free(c);
	conn_out_clear(c);
	c->in_len = 0;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

/* ---- reading ---- */

/* Keeps the descriptors of one message, or the fact that they were lost. */
static void
keep_fds(struct conn *c, struct msghdr *m)
{
	struct cmsghdr	*h;
	size_t		 i, n;
	int		 fd;

	for (h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
			if (c->nfds < CONN_FDS)
				c->fds[c->nfds++] = fd;
			else
				close(fd);	/* nobody asked for so many */
		}
	}
	if ((m->msg_flags & MSG_CTRUNC) != 0 && c->nfds < CONN_FDS)
		c->fds[c->nfds++] = -1;		/* EMFILE here */
}

static ssize_t
receive(void *arg, uint8_t *p, size_t n)
{
	union {
		struct cmsghdr	align;
		char		bytes[CMSG_SPACE(CONN_FDS * sizeof(int))];
	} control;
	struct conn	*c = arg;
	struct iovec	iov = { p, n };
	struct msghdr	m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t		r;

	if (!c->takes_fds) {
		do
			r = recv(c->fd, p, n, MSG_DONTWAIT);
		while (r == -1 && errno == EINTR);
		return r;
	}
	m.msg_control = control.bytes;
	m.msg_controllen = sizeof(control.bytes);
	do
		r = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (r == -1 && errno == EINTR);
	if (r >= 0)
		keep_fds(c, &m);
	return r;
}

/* Bytes of the frame that begins the unread ones; of a header at least.  Before
   the header is whole nobody has checked its length. */
static size_t
frame_need(const struct conn *c)
{
	size_t	need = WIRE_HEAD;

	if (c->in_len >= WIRE_HEAD && get_u32(c->in) > need &&
	    get_u32(c->in) <= c->max_frame)
		need = get_u32(c->in);
	return need;
}

/* Memory of the conn's own for n bytes, within the budget. */
static int
own_grow(struct conn *c, size_t n, bool must)
{
	size_t	 reserve = n > CONN_SMALL ? n : 0;
	uint8_t	*p;

	if (n <= c->own_cap)
		return 0;
	if (c->budget != NULL && !must && reserve > c->reserved &&
	    c->budget->used + (reserve - c->reserved) > c->budget->limit) {
		errno = ENOBUFS;
		return -1;
	}
	if ((p = realloc(c->own, n)) == NULL)
		return -1;
	if (c->budget != NULL)
		c->budget->used += reserve - c->reserved;
	c->reserved = c->budget == NULL ? 0 : reserve;
	c->own = p;
	c->own_cap = n;
	return 0;
}

/* Moves the unread bytes to where the next ones can follow them. */
static int
make_room(struct conn *c, const struct conn_room *room, uint8_t **at,
    size_t *space)
{
	size_t	need = frame_need(c);
	bool	owned = c->own != NULL;

	/* A room full of frames that nobody took yet is no room: to receive 0
	   bytes would look like the end. */
	if (need > room->cap || c->in_len >= room->cap) {
		if (own_grow(c, need > c->in_len ? need : c->in_len +
		    CONN_SMALL, false) == -1)
			return -1;
		if (!owned)
			memcpy(c->own, c->in, c->in_len);
		c->in = c->own;
		*at = c->own + c->in_len;
		*space = c->own_cap - c->in_len;
		return 0;
	}
	if (c->in_len != 0)
		memmove(room->p, c->in, c->in_len);
	c->in = room->p;
	*at = room->p + c->in_len;
	*space = room->cap - c->in_len;
	return 0;
}

ssize_t
conn_fill(struct conn *c, const struct conn_room *room, size_t limit)
{
	return conn_fill_by(c, room, limit, receive, c);
}

ssize_t
conn_fill_by(struct conn *c, const struct conn_room *room, size_t limit,
    conn_receive_fn *from, void *arg)
{
	uint8_t	*at;
	size_t	 space;
	ssize_t	 n;

	/* What was read of own is behind us: realloc keeps only the front. */
	if (c->own != NULL && c->in != c->own) {
		memmove(c->own, c->in, c->in_len);
		c->in = c->own;
	}
	if (make_room(c, room, &at, &space) == -1)
		return -1;
	/* After a large frame the next is likely as large: to receive just that
	   much saves moving the half of one aside. */
	if (c->in_len == 0 && c->last > LARGE_FRAME && c->last < space)
		space = c->last;
	if (limit != 0 && limit < space)
		space = limit;
	n = from(arg, at, space);
	if (n == 0)
		c->eof = true;
	/* Own memory is given up for the room only when something came: else
	   nobody settles, and the room is the next one's. */
	if (n <= 0 && c->own != NULL)
		c->in = c->own;
	else if (c->own != NULL && c->in != c->own)
		own_free(c);
	if (n > 0)
		c->in_len += (size_t)n;
	return n;
}

int
conn_next(struct conn *c, struct frame *f)
{
	if (c->in_len < WIRE_HEAD)
		return 0;
	wire_get(&f->h, c->in);
	if ((c->why = wire_check(&f->h, c->who, c->max_frame)) != NULL) {
		errno = EBADMSG;
		return -1;
	}
	if (c->in_len < f->h.len)
		return 0;
	f->bytes = c->in;
	f->body = c->in + WIRE_HEAD;
	f->body_len = f->h.len - WIRE_HEAD;
	c->in += f->h.len;
	c->in_len -= f->h.len;
	c->last = f->h.len;
	return 1;
}

void
conn_unget(struct conn *c, const struct frame *f)
{
	BUG_ON(f->bytes + f->h.len != c->in);
	c->in = f->bytes;
	c->in_len += f->h.len;
}

bool
conn_begun(const struct conn *c, struct wire_head *h, const uint8_t **bytes,
    size_t *len)
{
	if (c->in_len < WIRE_HEAD)
		return false;
	wire_get(h, c->in);
	*bytes = c->in;
	*len = c->in_len;
	return c->in_len < h->len;
}

int
conn_settle(struct conn *c)
{
	uint8_t	*in = c->in;

	if (c->in_len == 0) {
		own_free(c);
		return 0;
	}
	if (c->own != NULL)
		return 0;		/* it lies in own memory already */
	if (own_grow(c, c->in_len, true) == -1)
		return -1;
	memcpy(c->own, in, c->in_len);
	c->in = c->own;
	return 0;
}

void
conn_unbudget(struct conn *c)
{
	if (c->budget != NULL)
		c->budget->used -= c->reserved;
	c->budget = NULL;
	c->reserved = 0;
}

int
conn_take_fd(struct conn *c)
{
	int	fd;

	if (c->nfds == 0) {
		errno = ENOENT;
		return -1;
	}
	fd = c->fds[0];
	c->nfds--;
	memmove(c->fds, c->fds + 1, c->nfds * sizeof(c->fds[0]));
	if (fd == -1)
		errno = EMFILE;
	return fd;
}

/* ---- writing ---- */

static struct conn_chunk *
chunk_new(struct conn *c, size_t cap)
{
	struct conn_chunk	*k;

	if ((k = malloc(sizeof(*k) + cap)) == NULL)
		return NULL;
	*k = (struct conn_chunk){ .cap = cap };
	TAILQ_INSERT_TAIL(&c->out, k, entry);
	return k;
}

int
conn_put(struct conn *c, const void *p, size_t n)
{
	struct conn_chunk	*k = TAILQ_LAST(&c->out, conn_out);
	size_t			 cap;

	if (k == NULL || k->cap - k->len < n) {
		cap = c->out_bytes == 0 ? CHUNK_FIRST :
		    c->out_bytes < CHUNK_LARGE ? CHUNK_SMALL : CHUNK_LARGE;
		if ((k = chunk_new(c, n > cap ? n : cap)) == NULL)
			return -1;
	}
	memcpy(k->p + k->len, p, n);
	k->len += n;
	c->out_bytes += n;
	return 0;
}

/* The other end is gone: nothing that waits for it will ever leave. */
static void
out_dead(struct conn *c)
{
	conn_out_clear(c);
	c->eof = true;
}

/* What the kernel takes of p now: a count, or -1 when the other end is gone. */
static ssize_t
give(struct conn *c, const void *p, size_t n)
{
	ssize_t	r;

	do
		r = send(c->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r == -1 && errno == EINTR);
	if (r == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == ENOBUFS || errno == ENOMEM))
		return 0;
	return r;
}

int
conn_write(struct conn *c, const void *p, size_t n)
{
	ssize_t	given;

	if (c->fd == -1 || !TAILQ_EMPTY(&c->out))
		return conn_put(c, p, n);
	if ((given = give(c, p, n)) == -1) {
		out_dead(c);
		return 0;
	}
	if ((size_t)given == n)
		return 0;
	if (conn_put(c, (const uint8_t *)p + given, n - (size_t)given) == 0)
		return 0;
	if (given == 0)
		return -1;
	/* A torn frame cannot be mended: the stream ends here. */
	(void)shutdown(c->fd, SHUT_RDWR);
	return 0;
}

static ssize_t
give_fds(struct conn *c, struct conn_chunk *k)
{
	union {
		struct cmsghdr	align;
		char		bytes[CMSG_SPACE(CONN_FDS * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec	 iov = { k->p + k->off, k->len - k->off };
	struct msghdr	 m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*h;
	size_t		 size = k->nfds * sizeof(int);
	ssize_t		 r;

	m.msg_control = control.bytes;
	m.msg_controllen = CMSG_SPACE(size);
	h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(h), k->fds, size);
	do
		r = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r == -1 && errno == EINTR);
	if (r > 0)
		while (k->nfds > 0)
			close(k->fds[--k->nfds]);
	/* ETOOMANYREFS: too many descriptors are on their way; they pass. */
	if (r == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS))
		return 0;
	return r;
}

int
conn_flush(struct conn *c)
{
	struct conn_chunk	*k;
	ssize_t			 n;

	while ((k = TAILQ_FIRST(&c->out)) != NULL) {
		if (c->fd == -1)
			return 0;
		n = k->nfds > 0 ? give_fds(c, k) :
		    give(c, k->p + k->off, k->len - k->off);
		if (n == -1) {
			out_dead(c);
			return -1;
		}
		k->off += (size_t)n;
		c->out_bytes -= (size_t)n;
		if (k->off < k->len)
			return 0;
		chunk_free(c, k);
	}
	return 1;
}

int
conn_put_fds(struct conn *c, const void *p, size_t n, const int *fds,
    size_t nfds)
{
	struct conn_chunk	*k;
	size_t			 i;

	BUG_ON(nfds > CONN_FDS);
	if ((k = chunk_new(c, n)) == NULL) {
		for (i = 0; i < nfds; i++)
			close(fds[i]);
		return -1;
	}
	memcpy(k->p, p, n);
	k->len = n;			/* cap == len: nothing joins it */
	memcpy(k->fds, fds, nfds * sizeof(fds[0]));
	k->nfds = nfds;
	c->out_bytes += n;
	return 0;
}

const uint8_t *
conn_out_peek(const struct conn *c, size_t *len)
{
	const struct conn_chunk	*k = TAILQ_FIRST(&c->out);

	if (k == NULL)
		return NULL;
	*len = get_u32(k->p + k->off);
	BUG_ON(*len > k->len - k->off);
	return k->p + k->off;
}

void
conn_out_drop(struct conn *c)
{
	struct conn_chunk	*k = TAILQ_FIRST(&c->out);
	size_t			 len;

	(void)conn_out_peek(c, &len);
	k->off += len;
	c->out_bytes -= len;
	if (k->off == k->len)
		chunk_free(c, k);
}

int
conn_out_unget(struct conn *c, const void *p, size_t n)
{
	struct conn_chunk	*k;

	if ((k = malloc(sizeof(*k) + n)) == NULL)
		return -1;
	*k = (struct conn_chunk){ .len = n, .cap = n };
	memcpy(k->p, p, n);
	TAILQ_INSERT_HEAD(&c->out, k, entry);
	c->out_bytes += n;
	return 0;
}

size_t
conn_out_count(const struct conn *c)
{
	const struct conn_chunk	*k;
	size_t			 at, n = 0;

	TAILQ_FOREACH(k, &c->out, entry)
		for (at = k->off; at < k->len; at += get_u32(k->p + at))
			n++;
	return n;
}
