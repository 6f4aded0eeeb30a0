/*
 * client.c - one stream to the supervisor: as a guest, or as the worker that
 * started us.
 *
 * Both ways in one file: after the first frames they are one.
 *
 * Owns:    connecting, ATTACH, HELLO and WELCOME, waiting, refs.
 * Not here: what is asked (cmd_*.c), bodies of messages (message.c), rows
 *          (row.c), where the socket is (paths.c).
 * Errors:  -1 and errno, and why in words.
 */
#include "client.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELLO_MS	30000		/* a busy host is slow, not dead */
#define FRAME_MAX	(WIRE_MAX + (64u << 10))

static const struct pid	nobody;

struct client_frame {
	STAILQ_ENTRY(client_frame)	 next;
	struct frame			 f;
	uint8_t				 bytes[];
};

static int client_fail(struct client *, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
client_fail(struct client *c, int error, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	errno = error;
	return -1;
}

/* ---- waiting ---- */

/* Until the stream is ready for the events, the deadline, or a wake-up. */
static int
client_poll(struct client *c, short events, struct mono deadline)
{
	struct pollfd	 p[2] = {
		{ .fd = c->conn.fd, .events = events },
		{ .fd = c->wake, .events = POLLIN },
	};
	int		 n;

	do
		n = poll(p, 2, mono_poll_ms(deadline, mono_now()));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return client_fail(c, errno, "poll: %s", strerror(errno));
	if (p[1].revents != 0)
		return client_fail(c, EINTR, "interrupted");
	/* A clock that poll rounds may be early: only the deadline decides. */
	if (n == 0 && mono_reached(deadline, mono_now()))
		return client_fail(c, ETIMEDOUT, "timed out");
	return 0;
}

static int
client_closed(struct client *c)
{
	return client_fail(c, ECONNRESET,
	    "the supervisor closed the connection");
}

/* The next frame as it lies in the room: good until more is received. */
static int
client_next(struct client *c, struct frame *f, struct mono deadline)
{
	ssize_t	 n;
	int	 got;

	for (;;) {
		if ((got = conn_next(&c->conn, f)) == 1)
			return 0;
		if (got == -1)
			return client_fail(c, EBADMSG,
			    "the supervisor sent no frame: %s", c->conn.why);
		/* Also when writing failed: a last word may wait there. */
		n = conn_fill(&c->conn, &c->room, 0);
		if (n == 0)
			return client_closed(c);
		if (n > 0)
			continue;
		if (errno == ECONNRESET || errno == EPIPE)
			return client_closed(c);
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return client_fail(c, errno, "reading: %s",
			    strerror(errno));
		if (client_poll(c, POLLIN, deadline) == -1)
			return -1;
	}
}

static struct client_frame *
frame_copy(struct client *c, const struct frame *f)
{
	struct client_frame	*copy = malloc(sizeof(*copy) + f->h.len);

	if (copy == NULL) {
		(void)client_fail(c, ENOMEM, "out of memory");
		return NULL;
	}
	memcpy(copy->bytes, f->bytes, f->h.len);
	copy->f = *f;
	copy->f.bytes = copy->bytes;
	copy->f.body = copy->bytes + (f->body - f->bytes);
	return copy;
}

int
client_keep(struct client *c, const struct frame *f)
{
	struct client_frame	*copy = frame_copy(c, f);

	if (copy == NULL)
		return -1;
	STAILQ_INSERT_TAIL(&c->later, copy, next);
	return 0;
}

int
client_read(struct client *c, struct frame *f, struct mono deadline)
{
	struct client_frame	*next = STAILQ_FIRST(&c->later);

	if (next != NULL)
		STAILQ_REMOVE_HEAD(&c->later, next);
	else if (client_next(c, f, deadline) == -1 ||
	    (next = frame_copy(c, f)) == NULL)
		return -1;
	free(c->now);
	c->now = next;
	*f = next->f;
	return 0;
}

/* Everything to the kernel; choked receivers make this long. */
static int
client_flush(struct client *c)
{
	int	 done;

	while ((done = conn_flush(&c->conn)) == 0)
		if (client_poll(c, POLLOUT, MONO_NEVER) == -1)
			return -1;
	return 0;				/* if dead, reading says so */
}

/* ---- frames out ---- */

uint64_t
client_ref(struct client *c)
{
	return ++c->ref;
}

void
client_begin(struct client *c, struct buf *b)
{
	(void)c;
	buf_init(b, FRAME_MAX);
	(void)buf_room(b, WIRE_HEAD);
}

/* The frame in b, whose body is complete. */
static int
client_put(struct client *c, struct buf *b, const struct wire_head *h)
{
	if (b->error == ENOMEM)
		return client_fail(c, ENOMEM, "out of memory");
	if (b->error != 0 || b->len > c->max_message)
		return client_fail(c, EMSGSIZE, "too large: at most %u bytes",
		    c->max_message);
	wire_put(b->p, h);
	if (conn_write(&c->conn, b->p, b->len) == -1)
		return client_fail(c, ENOMEM, "out of memory");
	return client_flush(c);
}

int
client_send(struct client *c, struct buf *b, unsigned int op,
    unsigned int flags, struct pid to, uint64_t ref)
{
	struct wire_head	 h = {
		.len = (uint32_t)b->len, .op = (uint8_t)op,
		.flags = (uint8_t)flags, .to = to, .from = c->self, .ref = ref,
	};
	int			 rc = client_put(c, b, &h);

	buf_release(b);
	return rc;
}

int
client_order(struct client *c, unsigned int op, unsigned int flags,
    struct pid to, uint64_t ref)
{
	struct buf	 b;

	client_begin(c, &b);
	return client_send(c, &b, op, flags, to, ref);
}

int
client_ask(struct client *c, struct pid node, unsigned int op,
    const char *what, const char *const *args, size_t n, uint64_t *ref)
{
	struct buf	 b;
	size_t		 i;

	if (n > UINT16_MAX)
		return client_fail(c, EMSGSIZE, "too many arguments");
	client_begin(c, &b);
	buf_add_str8(&b, what);
	buf_add_u16(&b, (unsigned int)n);
	for (i = 0; i < n; i++)
		buf_add_str16(&b, args[i]);
	*ref = client_ref(c);
	return client_send(c, &b, op, 0, node, *ref);
}

/* ---- answers ---- */

bool
client_answer(struct client *c, const struct frame *f, struct answer *a)
{
	struct rd	 r;

	if (f->h.op != WIRE_DONE)
		return false;
	rd_init(&r, f->body, f->body_len);
	a->error = (int)rd_u32(&r);
	a->pid.node = rd_u64(&r);
	a->pid.serial = rd_u64(&r);
	free(c->text);
	c->text = strndup(r.bad ? "" : (const char *)r.p, r.left);
	a->text = c->text == NULL ? "" : c->text;
	return true;
}

/* What fn keeps again is not given to it a second time. */
static void
client_give_kept(struct client *c, client_frame_fn *fn, void *ctx)
{
	STAILQ_HEAD(, client_frame)	 kept = STAILQ_HEAD_INITIALIZER(kept);
	struct client_frame		*f;

	STAILQ_CONCAT(&kept, &c->later);
	while ((f = STAILQ_FIRST(&kept)) != NULL) {
		STAILQ_REMOVE_HEAD(&kept, next);
		fn(ctx, &f->f);
		free(f);
	}
}

int
client_wait(struct client *c, uint64_t ref, struct answer *a,
    client_frame_fn *fn, void *ctx)
{
	struct frame	 f;

	if (fn != NULL)
		client_give_kept(c, fn, ctx);
	for (;;) {
		if (client_next(c, &f, MONO_NEVER) == -1)
			return -1;
		if (f.h.ref == ref && client_answer(c, &f, a))
			return 0;
		if (fn != NULL)
			fn(ctx, &f);
		else if (client_keep(c, &f) == -1)
			return -1;
	}
}

int
client_sync(struct client *c, client_frame_fn *fn, void *ctx)
{
	struct answer	 a;
	uint64_t	 ref = client_ref(c);

	if (client_order(c, WIRE_SYNC, 0, nobody, ref) == -1 ||
	    client_wait(c, ref, &a, fn, ctx) == -1)
		return -1;
	return a.error == 0 ? 0 : client_fail(c, a.error, "%s", a.text);
}

/* ---- the beginning and the end ---- */

static void
client_init(struct client *c)
{
	conn_init(&c->conn, -1, WIRE_R, FRAME_MAX);
	STAILQ_INIT(&c->later);
}

static int
client_welcomed(struct client *c, const struct frame *f)
{
	struct answer	 a;
	struct rd	 r;

	if (client_answer(c, f, &a))
		return client_fail(c, a.error == 0 ? EPROTO : a.error, "%s",
		    a.text[0] != '\0' ? a.text : strerror(a.error));
	if (f->h.op != WIRE_WELCOME)
		return client_fail(c, EPROTO,
		    "the supervisor does not greet us");
	rd_init(&r, f->body, f->body_len);
	if (rd_u16(&r) != WIRE_VERSION)
		return client_fail(c, EPROTO,
		    "the supervisor is of another version");
	c->self = f->h.to;
	c->ref = rd_u64(&r);
	(void)rd_u64(&r);			/* max-mailbox: we keep none */
	c->max_message = rd_u32(&r);
	rd_str8(&r, c->node, sizeof(c->node));
	if (r.bad)
		return client_fail(c, EPROTO,
		    "the supervisor's greeting is cut short");
	return 0;
}

/* Takes fd. */
static int
client_hello(struct client *c, int fd)
{
	struct frame	 f;
	struct buf	 b;

	c->max_message = WIRE_MAX;		/* until we are told */
	c->conn.fd = fd;
	c->room.cap = CONN_SMALL;
	if ((c->room.p = malloc(c->room.cap)) == NULL)
		return client_fail(c, ENOMEM, "out of memory");
	client_begin(c, &b);
	buf_add_u16(&b, WIRE_VERSION);
	buf_add_u16(&b, 0);
	if (client_send(c, &b, WIRE_HELLO, 0, nobody, 0) == -1 ||
	    client_read(c, &f, mono_after(mono_now(), MONO_MS(HELLO_MS))) ==
	    -1) {
		if (errno == ETIMEDOUT)
			return client_fail(c, EHOSTDOWN,
			    "the supervisor does not answer");
		return -1;
	}
	return client_welcomed(c, &f);
}

/* Hands one end of the pair to the relay, in the only frame we ever write on
   a worker's descriptor: one write of 48 bytes, which no other can split. */
static int
client_hand_over(struct client *c, int fd, int end)
{
	uint8_t			 bytes[WIRE_HEAD];
	struct wire_head	 h = { .len = WIRE_HEAD, .op = WIRE_ATTACH };
	union {
		struct cmsghdr	 align;
		char		 bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec		 iov = { bytes, sizeof(bytes) };
	struct msghdr		 m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr		*cm = CMSG_FIRSTHDR(&m);
	struct pollfd		 p = { .fd = fd, .events = POLLOUT };
	ssize_t			 n;

	wire_put(bytes, &h);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &end, sizeof(end));
	while ((n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1) {
		if (errno == ETOOMANYREFS) {	/* nothing to poll for */
			(void)poll(NULL, 0, 1);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return client_fail(c, errno, "the worker we belong "
			    "to has ended, or its supervisor: %s",
			    strerror(errno));
		(void)poll(&p, 1, -1);
	}
	return 0;
}

int
client_attach(struct client *c, int fd)
{
	int	 ends[2], rc;

	client_init(c);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return client_fail(c, errno, "socketpair: %s",
		    strerror(errno));
	rc = client_hand_over(c, fd, ends[1]);
	close(ends[1]);
	if (rc == -1) {
		close(ends[0]);
		return -1;
	}
	c->attached = true;
	return client_hello(c, ends[0]);
}

int
client_open(struct client *c, const char *path)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };
	struct timeval		 patience = { HELLO_MS / 1000, 0 };
	struct timeval		 ever = { 0, 0 };
	int			 fd, rc, error;

	client_init(c);
	if (strlen(path) >= sizeof(sa.sun_path))
		return client_fail(c, ENAMETOOLONG,
		    "%s: too long for a socket", path);
	memcpy(sa.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return client_fail(c, errno, "socket: %s", strerror(errno));
	/* A stopped supervisor with a full backlog lets connect wait. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	do
		rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	while (rc == -1 && errno == EINTR);
	if (rc == -1) {
		error = errno;
		close(fd);
		return client_fail(c, error, "no supervisor at %s: %s", path,
		    strerror(error));
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &ever, sizeof(ever));
	return client_hello(c, fd);
}

int
client_inherited(void)
{
	const char	*text = getenv("BROOD_FD"), *why;
	int		 fd, type, domain;
	socklen_t	 size = sizeof(type);

	if (text == NULL)
		return -1;
	fd = (int)strtonum(text, 3, INT_MAX, &why);
	if (why != NULL)
		return -1;
	/* Another file may have taken its number since. */
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == -1)
		return -1;
	return type == SOCK_STREAM && domain == AF_UNIX ? fd : -1;
}

/* BYE makes the end a normal one.  Only tried: who does not read needs none. */
static void
client_bye(struct client *c)
{
	struct wire_head	 h = { .len = WIRE_HEAD, .op = WIRE_BYE,
	    .from = c->self };
	uint8_t			 bytes[WIRE_HEAD];

	wire_put(bytes, &h);
	(void)conn_write(&c->conn, bytes, sizeof(bytes));
}

void
client_release(struct client *c)
{
	struct client_frame	*f;

	if (c->room.p == NULL)
		return;				/* never opened */
	if (c->self.serial != 0)
		client_bye(c);
	conn_release(&c->conn);
	while ((f = STAILQ_FIRST(&c->later)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->later, next);
		free(f);
	}
	free(c->now);
	free(c->room.p);
	free(c->text);
	c->now = NULL;
	c->room.p = NULL;
	c->text = NULL;
}
