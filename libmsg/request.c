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

static char why[256];

const char *
msg_why(void)
{
	return why;
}

/* Its errno, or 0. */
static int
answer(const struct frame *f, struct pid *pid)
{
	struct rd	 r;
	uint32_t	 error;
	size_t		 n;
	struct pid	 who;

	rd_init(&r, f->body, f->body_len);
	error = rd_u32(&r);
	who.node = rd_u64(&r);
	who.serial = rd_u64(&r);
	if (f->h.op != WIRE_DONE || r.bad || error > ERRNO_MAX)
		return EPROTO;
	n = r.left < sizeof(why) ? r.left : sizeof(why) - 1;
	memcpy(why, r.p, n);
	why[n] = '\0';
	if (error != 0 && n == 0)
		(void)snprintf(why, sizeof(why), "%s", strerror((int)error));
	*pid = who;
	return (int)error;
}

int
request_make(enum wire_op op, unsigned int flags, struct pid to,
    const void *body, size_t n, struct pid *pid)
{
	struct pid	 ignored;
	struct frame	 f;
	uint64_t	 ref;
	int		 error;

	why[0] = '\0';
	if (pid == NULL)
		pid = &ignored;
	*pid = (struct pid){ 0, 0 };
	if (self_open() == -1)
		return -1;
	ref = self_mint();
	self_expect(ref);
	if (send_frame(op, flags, to, ref, body, n) == -1 ||
	    line_flush(self_line()) == -1 ||
	    self_await(ref, MONO_NEVER, &f) == -1)
		return -1;
	if ((error = answer(&f, pid)) == 0)
		return 0;
	errno = error;
	return -1;
}
