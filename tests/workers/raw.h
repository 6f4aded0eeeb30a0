/*
 * raw.h - a worker or guest that speaks the frames itself, without libmsg's
 * care: it sees what libmsg would drop, and can say what libmsg never says.
 *
 * Errors:  end the process with a line on stderr and status 99.
 */
#ifndef RAW_H
#define RAW_H
#include <sys/socket.h>
#include <sys/un.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "body.h"
#include "buf.h"
#include "conn.h"
#include "mono.h"
#include "msg.h"
#include "type.h"
#include "wire.h"

#define RAW_FAILED	99

/* What all programs of these tests send each other. */
MSG_TYPE(note, (u64, n), (blob, pad));

struct raw {
	struct conn		 conn;
	struct conn_room	 room;
	struct pid		 self;
	uint64_t		 ref;		/* the last one minted */
};

static MSG_UNUSED uint64_t
raw_number(const char *text)
{
	char		*end;
	uint64_t	 n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		errx(RAW_FAILED, "%s: not a number", text);
	return n;
}

/* These programs end with the test: what they hold then is no leak. */
const char	*__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* ---- writing ---- */

/* All of it, however long that takes. */
static MSG_UNUSED void
raw_bytes(int fd, const void *bytes, size_t n)
{
	const uint8_t	*p = bytes;
	struct pollfd	 pfd = { .fd = fd, .events = POLLOUT };
	ssize_t		 got;

	while (n > 0) {
		got = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (got == -1 && (errno == EAGAIN || errno == EINTR)) {
			(void)poll(&pfd, 1, -1);
			continue;
		}
		if (got == -1)
			err(RAW_FAILED, "send");
		p += got;
		n -= (size_t)got;
	}
}

static MSG_UNUSED void
raw_frame(struct raw *r, struct wire_head *h, const void *body, size_t n)
{
	uint8_t	head[WIRE_HEAD];

	h->len = (uint32_t)(WIRE_HEAD + n);
	h->from = r->self;
	wire_put(head, h);
	raw_bytes(r->conn.fd, head, sizeof(head));
	raw_bytes(r->conn.fd, body, n);
}

/* 12, or 12@alpha#INCARNATION as brood -v prints it. */
static MSG_UNUSED struct pid
raw_pid(const struct raw *r, const char *text)
{
	struct address	a;

	if (address_parse(text, &a) == -1 || a.serial == 0)
		errx(RAW_FAILED, "%s: not a pid", text);
	return (struct pid){ a.incarnation != 0 ? a.incarnation :
	    r->self.node, a.serial };
}

/* A whole frame: note number n, with pad bytes behind it, to a process. */
static MSG_UNUSED void
raw_note(struct buf *b, const struct raw *r, struct pid to, uint64_t n,
    size_t pad)
{
	static const uint8_t	 zero[1 << 20];
	struct wire_head	 h = { .op = WIRE_SEND };
	struct msg_type		*t = &msg_type_note;
	struct note		 m = { .n = n, .pad = { pad, zero } };
	size_t			 len;

	if (type_ready(t) == -1 || (len = body_write(t, &m, NULL, 0)) == 0)
		err(RAW_FAILED, "note");
	buf_reset(b);
	h.to = to;
	h.from = r->self;
	h.len = (uint32_t)(WIRE_HEAD + 10 + strlen(t->name) +
	    strlen(t->format) + len);
	wire_put(buf_room(b, WIRE_HEAD), &h);
	buf_add_u64(b, t->tag);
	buf_add_u8(b, (unsigned int)strlen(t->name));
	buf_add_u8(b, (unsigned int)strlen(t->format));
	buf_add(b, t->name, strlen(t->name));
	buf_add(b, t->format, strlen(t->format));
	(void)body_write(t, &m, buf_room(b, len), len);
}

/* The number of a note; anything else ends us. */
static MSG_UNUSED uint64_t
raw_note_number(const struct frame *f)
{
	struct msg_type	*t = &msg_type_note;
	size_t		 at;
	uint64_t	 n;

	if (type_ready(t) == -1)
		err(RAW_FAILED, "note");
	at = 10 + strlen(t->name) + strlen(t->format) + t->head_len;
	if (f->body_len < at + sizeof(n) || get_u64(f->body) != t->tag)
		errx(RAW_FAILED, "not a note");
	memcpy(&n, f->body + at, sizeof(n));	/* tpl's: the host's order */
	return n;
}

/* ---- reading ---- */

/* The next frame within ms (-1: whenever); false: none, or the end. */
static MSG_UNUSED bool
raw_next(struct raw *r, struct frame *f, int ms)
{
	struct pollfd	pfd = { .fd = r->conn.fd, .events = POLLIN };
	ssize_t		n;

	for (;;) {
		switch (conn_next(&r->conn, f)) {
		case 1:
			return true;
		case -1:
			errx(RAW_FAILED, "broken frame: %s", r->conn.why);
		}
		if (conn_settle(&r->conn) == -1)
			err(RAW_FAILED, "settle");
		if (poll(&pfd, 1, ms) == 0)
			return false;
		n = conn_fill(&r->conn, &r->room, 0);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			return false;
	}
}

/* The next frame of one kind; what comes before is dropped. */
static MSG_UNUSED void
raw_await(struct raw *r, struct frame *f, enum wire_op op)
{
	do
		if (!raw_next(r, f, -1))
			errx(RAW_FAILED, "the line ended");
	while (f->h.op != op);
}

/* ---- beginning ---- */

static MSG_UNUSED void
raw_open(struct raw *r, int fd)
{
	struct wire_head	h = { .op = WIRE_HELLO };
	uint8_t			body[4] = { 0, WIRE_VERSION, 0, 0 };
	struct frame		f;

	memset(r, 0, sizeof(*r));
	conn_init(&r->conn, fd, WIRE_R, WIRE_MAX);
	r->room.cap = 1 << 20;
	if ((r->room.p = malloc(r->room.cap)) == NULL)
		err(RAW_FAILED, NULL);
	raw_frame(r, &h, body, sizeof(body));
	raw_await(r, &f, WIRE_WELCOME);
	r->self = f.h.to;
	r->ref = get_u64(f.body + 2);
}

/* A connection to the control socket, nothing said yet. */
static MSG_UNUSED int
raw_connect(const char *path)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		err(RAW_FAILED, "socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(RAW_FAILED, "%s", path);
	return fd;
}

/* ---- what the test reads ---- */

/* One line at the end of a file. */
static MSG_UNUSED void
raw_line(const char *path, const char *text)
{
	char	line[256];
	int	fd, n;

	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	n = snprintf(line, sizeof(line), "%s\n", text);
	if (fd == -1 || write(fd, line, (size_t)n) != n)
		err(RAW_FAILED, "%s", path);
	close(fd);
}

#endif /* RAW_H */
