/*
 * request.c - requests that the supervisor answers with DONE.
 *
 * Owns:    waiting for the answer, and its words.
 * Errors:  -1 and the errno in the answer.
 */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "msg.h"
#include "self.h"
#include "send.h"

#define ERRNO_MAX	4095

struct request {
	enum wire_op	 op;
	unsigned int	 flags;
	struct pid	 to;
	uint64_t	 ref;
	const void	*body;
	size_t		 n;
};

static char why[256];

const char *
msg_why(void)
{
	return why;
}

void
request_why(const void *text, size_t n)
{
	if (n >= sizeof(why))
		n = sizeof(why) - 1;
	if (n != 0)
		memcpy(why, text, n);
	why[n] = '\0';
}

/* Its errno, or 0; the rest of *r is its text. */
static int
answer(const struct frame *f, struct pid *pid, struct rd *r)
{
	uint32_t	 error;
	struct pid	 who;

	rd_init(r, f->body, f->body_len);
	error = rd_u32(r);
	who.node = rd_u64(r);
	who.serial = rd_u64(r);
	if (f->h.op != WIRE_DONE || r->bad || error > ERRNO_MAX)
		return EPROTO;
	if (pid != NULL)
		*pid = who;
	return (int)error;
}

static int
ask(const struct request *q, struct frame *f)
{
	self_expect(q->ref);
	if (send_frame(q->op, q->flags, q->to, q->ref, q->body, q->n) == -1 ||
	    line_flush(self_line()) == -1)
		return -1;
	return self_await(q->ref, MONO_NEVER, f) == 1 ? 0 : -1;
}

int
request_refused(const struct frame *f)
{
	struct rd	 text;
	int		 error = answer(f, NULL, &text);

	request_why(text.p, text.left);
	errno = error == 0 ? EPROTO : error;
	return -1;
}

int
request_make(enum wire_op op, unsigned int flags, struct pid to,
    const void *body, size_t n, struct pid *pid)
{
	struct request	 q = { op, flags, to, 0, body, n };
	struct frame	 f;
	struct rd	 text;
	int		 error;

	why[0] = '\0';
	if (pid != NULL)
		*pid = (struct pid){ 0, 0 };
	if (self_open() == -1)
		return -1;
	q.ref = self_mint();
	if (ask(&q, &f) == -1)
		return -1;
	error = answer(&f, pid, &text);
	request_why(text.p, text.left);
	if (error == 0)
		return 0;
	if (why[0] == '\0')
		(void)snprintf(why, sizeof(why), "%s", strerror(error));
	errno = error;
	return -1;
}

int
request_quietly(enum wire_op op, uint64_t ref, const void *body, size_t n)
{
	struct request	 q = { op, 0, { 0, 0 }, ref, body, n };
	struct frame	 f;
	struct rd	 text;
	int		 error;

	if (ask(&q, &f) == -1)
		return -1;
	if ((error = answer(&f, NULL, &text)) == 0)
		return 0;
	errno = error;
	return -1;
}
