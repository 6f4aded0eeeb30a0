/*
 * call.c - a request and its answer.
 *
 * Owns:    that the first of answer, death and time wins, and that nothing of
 *          a call is left behind: its ref is never used again, so what comes
 *          later is dropped by it.
 * Errors:  -1 and errno: ESRCH, EHOSTUNREACH, ETIMEDOUT, EBADMSG.
 */
#include "call.h"

#include <errno.h>
#include <string.h>

#include "body.h"
#include "msg.h"
#include "request.h"
#include "self.h"
#include "send.h"
#include "type.h"

int
call_death(const void *cause, size_t n)
{
	static const char	away[] = "noconnection";

	request_why(cause, n);
	errno = n == sizeof(away) - 1 && memcmp(cause, away, n) == 0 ?
	    EHOSTUNREACH : ESRCH;
	return -1;
}

static int
call_answer(const struct frame *f, struct msg_type *t, void *out)
{
	struct msg_meta	*meta = out;
	struct letter	 l;
	const uint8_t	*image;
	size_t		 len;

	if (letter_read(&l, f) == -1)
		return -1;
	if (l.tag != t->tag) {
		errno = EBADMSG;
		return -1;
	}
	image = letter_image(&l, &len);
	if (body_read(t, image, len, out) == -1)
		return -1;
	meta->sender = msg_pid_of(l.sender);
	meta->ref = l.ref;
	return 0;
}

int
msg_call_(struct msg_pid to, struct msg_body request, struct msg_type *t,
    void *out, int ms)
{
	struct mono	deadline = ms < 0 ? MONO_NEVER :
	    mono_after(mono_now(), MONO_MS(ms));
	struct send	s = { .op = WIRE_CALL, .to = pid_of(to) };
	struct frame	f;
	int		r, error;

	memset(out, 0, t->size);
	request_why(NULL, 0);
	if (self_open() == -1 || type_ready(t) == -1 ||
	    send_await(s.to, deadline, false) == -1)
		return -1;
	s.ref = self_mint();
	self_expect(s.ref);
	if (send_body(&s, request) == -1 || line_flush(self_line()) == -1)
		return -1;
	if (self_await(s.ref, deadline, &f) == 1) {
		/* The relay watches the callee under this ref, too. */
		if (f.h.op == WIRE_DOWN)
			return call_death(f.body, f.body_len);
		if (f.h.op == WIRE_DONE)
			return request_refused(&f);
		r = call_answer(&f, t, out);
		if (pid_equal(f.h.from, s.to))
			return r;	/* its monitor went with the answer */
	} else
		r = -1;
	error = errno;
	(void)send_frame(WIRE_DEMONITOR, 0, s.to, s.ref, NULL, 0);
	errno = error;
	return r;
}
