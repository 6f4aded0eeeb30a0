/*
 * fake.h - a worker in a child process, the relay played by the test.
 *
 *	static void asks(void) { CHECK(msg_self().serial == 12); }
 *	static bool answers(struct fake *f) { return true; }
 *
 *	scene("a worker knows itself", asks, answers);
 *
 * The worker's half is libmsg with nothing replaced.  The relay's half has said
 * WELCOME before it is called; what it returns, and the child's exit status 0,
 * are one test.  Whatever the relay waits for it waits 10 s.
 */
#ifndef FAKE_H
#define FAKE_H
#include "tap.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "body.h"
#include "buf.h"
#include "conn.h"
#include "msg.h"
#include "type.h"

#define FAKE_NODE	0x1122334455667788u
#define FAKE_WAIT	10000		/* ms */
#define FAKE_MAILBOX	(1u << 20)
#define FAKE_MESSAGE	(1u << 20)

struct fake {
	struct conn	 conn;
	struct conn_room room;
	struct pid	 worker;
	pid_t		 child;
	uint64_t	 base;			/* of refs */
	uint64_t	 mailbox;		/* 0: FAKE_MAILBOX */
	const char	*args;			/* MESSAGE, or NULL */
	size_t		 args_len;
};

/* In the worker: a failure ends it. */
#define CHECK(e)	do {						\
	if (!(e)) {							\
		printf("# %s:%d: not: %s (%s)\n", __FILE__, __LINE__, #e, \
		    strerror(errno));					\
		fflush(stdout);						\
		_exit(99);						\
	}								\
} while (0)

/* In the relay: a failure ends the scene. */
#define WANT(e)		do {						\
	if (!(e)) {							\
		note("%s:%d: not: %s", __FILE__, __LINE__, #e);		\
		return false;						\
	}								\
} while (0)

static const struct pid fake_other = { FAKE_NODE, 7 };

/* ---- frames to the worker ---- */

TAP_FN void
fake_bytes(struct fake *f, const void *p, size_t n)
{
	ssize_t	r;

	while (n > 0) {
		if ((r = send(f->conn.fd, p, n, MSG_NOSIGNAL)) == -1)
			return;
		p = (const char *)p + r;
		n -= (size_t)r;
	}
}

TAP_FN void
fake_send(struct fake *f, enum wire_op op, unsigned int flags, struct pid from,
    uint64_t ref, const void *body, size_t n)
{
	struct wire_head	 h = {
		.len = (uint32_t)(WIRE_HEAD + n), .op = (uint8_t)op,
		.flags = (uint8_t)flags, .to = f->worker, .from = from,
		.ref = ref
	};
	uint8_t			*p = malloc(h.len);

	wire_put(p, &h);
	if (n != 0)
		memcpy(p + WIRE_HEAD, body, n);
	fake_bytes(f, p, h.len);
	free(p);
}

/* MESSAGE, with something before it. */
TAP_FN void
fake_put(struct buf *b, struct msg_body m)
{
	size_t	n = body_write(m.type, m.message, NULL, 0);

	buf_add_u64(b, m.type->tag);
	buf_add_u8(b, (unsigned int)strlen(m.type->name));
	buf_add_u8(b, (unsigned int)strlen(m.type->format));
	buf_add(b, m.type->name, strlen(m.type->name));
	buf_add(b, m.type->format, strlen(m.type->format));
	(void)body_write(m.type, m.message, buf_room(b, n), n);
}

TAP_FN void
fake_post(struct fake *f, enum wire_op op, struct pid from, uint64_t ref,
    struct msg_body m)
{
	struct buf	b;

	buf_init(&b, FAKE_MESSAGE);
	fake_put(&b, m);
	fake_send(f, op, 0, from, ref, b.p, b.len);
	buf_release(&b);
}

TAP_FN void
fake_done(struct fake *f, uint64_t ref, int error, struct pid who,
    const char *text)
{
	struct buf	b;

	buf_init(&b, 4096);
	buf_add_u32(&b, (uint32_t)error);
	buf_add_u64(&b, who.node);
	buf_add_u64(&b, who.serial);
	buf_add(&b, text, strlen(text));
	fake_send(f, WIRE_DONE, 0, (struct pid){ 0, 0 }, ref, b.p, b.len);
	buf_release(&b);
}

TAP_FN void
fake_down(struct fake *f, struct pid who, uint64_t ref, const char *cause)
{
	fake_send(f, WIRE_DOWN, strcmp(cause, "normal") == 0 ? WIRE_F_NORMAL :
	    0, who, ref, cause, strlen(cause));
}

/* Keys and values, then a NULL. */
TAP_FN void
fake_row(struct fake *f, uint64_t ref, const char *const *cells)
{
	struct buf	b;
	unsigned int	n = 0;

	while (cells[n] != NULL)
		n++;
	buf_init(&b, FAKE_MESSAGE);
	buf_add_u16(&b, n / 2);
	for (; *cells != NULL; cells += 2) {
		buf_add_str8(&b, cells[0]);
		buf_add_u8(&b, 's');
		buf_add_str16(&b, cells[1]);
	}
	fake_send(f, WIRE_ROW, 0, (struct pid){ 0, 0 }, ref, b.p, b.len);
	buf_release(&b);
}
#define FAKE_ROW(f, ref, ...)						\
	fake_row(f, ref, (const char *const []){ __VA_ARGS__, NULL })

TAP_FN void
fake_node(struct fake *f, uint64_t id, bool up, const char *name,
    const char *role)
{
	struct buf	b;

	buf_init(&b, 1000);
	buf_add_u8(&b, up);
	buf_add_str8(&b, name);
	buf_add_str8(&b, role);
	fake_send(f, WIRE_NODE, 0, (struct pid){ id, 0 }, 0, b.p, b.len);
	buf_release(&b);
}

/* ---- frames from the worker ---- */

/* The next frame within ms; false: none, or the end. */
TAP_FN bool
fake_next_for(struct fake *f, struct frame *frame, int ms)
{
	struct pollfd	p = { .fd = f->conn.fd, .events = POLLIN };

	while (conn_next(&f->conn, frame) == 0)
		if (poll(&p, 1, ms) != 1 ||
		    conn_fill(&f->conn, &f->room, 0) <= 0)
			return false;
	return f->conn.why == NULL;
}

/* The next frame, which must be of that op. */
TAP_FN bool
fake_next(struct fake *f, enum wire_op op, struct frame *frame)
{
	if (!fake_next_for(f, frame, FAKE_WAIT)) {
		note("no %s came", wire_rule(op)->name);
		return false;
	}
	if (frame->h.op == op)
		return true;
	note("%s came, not %s", wire_rule(frame->h.op)->name,
	    wire_rule(op)->name);
	return false;
}

TAP_FN bool
fake_silent(struct fake *f, int ms)
{
	struct frame	frame;

	return !fake_next_for(f, &frame, ms);
}

/* Body equals text. */
TAP_FN bool
fake_body_is(const struct frame *f, const char *text)
{
	return f->body_len == strlen(text) &&
	    memcmp(f->body, text, f->body_len) == 0;
}

/* The next frame is this question, with no word (NULL) or one. */
TAP_FN bool
fake_asked(struct fake *f, const char *what, const char *word, uint64_t *ref)
{
	struct frame	frame;
	struct rd	r;
	char		text[64];

	WANT(fake_next(f, WIRE_QUERY, &frame) && pid_none(frame.h.to));
	*ref = frame.h.ref;
	rd_init(&r, frame.body, frame.body_len);
	rd_str8(&r, text, sizeof(text));
	WANT(strcmp(text, what) == 0);
	WANT(rd_u16(&r) == (word != NULL));
	if (word != NULL) {
		rd_str16(&r, text, sizeof(text));
		WANT(strcmp(text, word) == 0);
	}
	return rd_done(&r);
}

/* ---- the scene ---- */

TAP_FN bool
fake_welcome(struct fake *f)
{
	struct frame	frame;
	struct buf	b;

	WANT(fake_next(f, WIRE_HELLO, &frame));
	buf_init(&b, FAKE_MESSAGE);
	buf_add_u16(&b, WIRE_VERSION);
	buf_add_u64(&b, f->base);
	buf_add_u64(&b, f->mailbox != 0 ? f->mailbox : FAKE_MAILBOX);
	buf_add_u32(&b, FAKE_MESSAGE);
	buf_add_str8(&b, "alpha");
	buf_add_u8(&b, f->args != NULL);
	if (f->args != NULL)
		buf_add(&b, f->args, f->args_len);
	fake_send(f, WIRE_WELCOME, 0, (struct pid){ FAKE_NODE, 0 }, 0, b.p,
	    b.len);
	buf_release(&b);
	return true;
}

TAP_FN void
fake_open(struct fake *f, void (*worker)(void))
{
	char	number[16];
	int	sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		abort();
	fflush(stdout);
	if ((f->child = fork()) == -1)
		abort();
	if (f->child == 0) {
		close(sv[0]);
		(void)snprintf(number, sizeof(number), "%d", sv[1]);
		setenv("BROOD_FD", number, 1);
		setenv("BROOD_PROGRAM", "prog", 1);
		worker();
		fflush(stdout);
		_exit(0);
	}
	close(sv[1]);
	conn_init(&f->conn, sv[0], WIRE_W, FAKE_MESSAGE);
	f->worker = (struct pid){ FAKE_NODE, 12 };
	f->room = (struct conn_room){ malloc(CONN_SMALL), CONN_SMALL };
}

/* The child's wait status. */
TAP_FN int
fake_close(struct fake *f)
{
	int	status = -1;

	conn_release(&f->conn);
	free(f->room.p);
	(void)waitpid(f->child, &status, 0);
	return status;
}

/* What follows the relay's part is the end of its socket. */
TAP_FN bool
fake_scene(const char *title, void (*worker)(void),
    bool (*relay)(struct fake *), struct fake *f, int want_status)
{
	bool	good;
	int	status;

	fake_open(f, worker);
	good = fake_welcome(f) && relay(f);
	if (!good)
		(void)kill(f->child, SIGKILL);
	status = fake_close(f);
	if (good && status != want_status)
		note("the worker's wait status is %#x", (unsigned int)status);
	return ok(good && status == want_status, "%s", title);
}

TAP_FN bool
scene(const char *title, void (*worker)(void), bool (*relay)(struct fake *))
{
	return fake_scene(title, worker, relay, &(struct fake){ .base = 0 }, 0);
}

/* For workers that end by themselves: relay must see the end of the stream. */
TAP_FN bool
fake_end(struct fake *f)
{
	struct frame	frame;

	WANT(!fake_next_for(f, &frame, FAKE_WAIT));
	WANT(f->conn.eof);
	return true;
}

#define EXITED(n)	((n) << 8)

#endif /* FAKE_H */
