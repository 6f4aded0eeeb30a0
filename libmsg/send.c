/*
 * send.c - frames of this process, made in place and sent.
 *
 * Owns:    the layout of MESSAGE, writing; waiting for who is choked; corks.
 * Not here: the bytes on their way (line.c), the image (body.c).
 * Errors:  -1 and errno.  That the receiver is gone is none.
 */
#include "send.h"

#include <errno.h>
#include <string.h>

#include "body.h"
#include "buf.h"
#include "self.h"
#include "type.h"

#define MESSAGE_HEAD	10		/* tag, two lengths */
#define SEND_GUESS	512		/* what most frames fit into */

int
send_await(struct pid pid, struct mono deadline, bool try)
{
	struct line	*l = self_line();

	if (!self_choked(pid))
		return 0;
	if (try) {
		line_look(l);
		if (!self_choked(pid))
			return 0;
		errno = l->lost ? EPIPE : EAGAIN;
		return -1;
	}
	/* What is corked may be what the receiver waits for. */
	if (line_flush(l) == -1)
		return -1;
	for (;;) {
		line_look(l);
		if (!self_choked(pid))
			return 0;
		if (line_wait(l, deadline, false) == -1 && errno != EINTR)
			return -1;
	}
}

int
send_frame(enum wire_op op, unsigned int flags, struct pid to, uint64_t ref,
    const void *body, size_t n)
{
	struct wire_head	 h = {
		.len = (uint32_t)(WIRE_HEAD + n), .op = (uint8_t)op,
		.flags = (uint8_t)flags, .to = to, .ref = ref
	};
	struct line		*l = self_line();
	size_t			 space;
	uint8_t			*p;

	if (n > self_max_frame() - WIRE_HEAD) {
		errno = EMSGSIZE;
		return -1;
	}
	if ((p = line_room(l, h.len, &space)) == NULL)
		return -1;
	h.from = self_pid();
	wire_put(p, &h);
	if (n != 0)
		memcpy(p + WIRE_HEAD, body, n);
	return line_send(l, h.len);
}

/* All that stands before the image, in a frame of len bytes. */
static void
put_head(uint8_t *p, size_t len, const struct send *s, uint64_t tag,
    const char *name, size_t name_len, const char *format, size_t format_len)
{
	struct wire_head	h = {
		.len = (uint32_t)len, .op = (uint8_t)s->op,
		.flags = (uint8_t)s->flags, .to = s->to, .ref = s->ref
	};

	h.from = self_pid();
	wire_put(p, &h);
	p += WIRE_HEAD;
	if (s->before_len != 0)
		memcpy(p, s->before, s->before_len);
	p += s->before_len;
	put_u64(p, tag);
	p[8] = (uint8_t)name_len;
	p[9] = (uint8_t)format_len;
	memcpy(p + MESSAGE_HEAD, name, name_len);
	memcpy(p + MESSAGE_HEAD + name_len, format, format_len);
}

static int
hand_over(const struct send *s, size_t len)
{
	struct line	*l = self_line();

	return s->try ? line_try_send(l, len) : line_send(l, len);
}

int
send_body(const struct send *s, struct msg_body b)
{
	struct line	*l = self_line();
	size_t		 name_len, format_len, head, image, space;
	uint8_t		*p;

	if (type_ready(b.type) == -1)
		return -1;
	name_len = strlen(b.type->name);
	format_len = strlen(b.type->format);
	head = WIRE_HEAD + s->before_len + MESSAGE_HEAD + name_len + format_len;
	if ((p = line_room(l, head + SEND_GUESS, &space)) == NULL)
		return -1;
	image = body_write(b.type, b.message, p + head, space - head);
	if (image == 0)
		return -1;
	if (image > self_max_frame() - head) {
		errno = EMSGSIZE;
		return -1;
	}
	if (image > space - head) {
		if ((p = line_room(l, head + image, &space)) == NULL)
			return -1;
		(void)body_write(b.type, b.message, p + head, image);
	}
	put_head(p, head + image, s, b.type->tag, b.type->name, name_len,
	    b.type->format, format_len);
	return hand_over(s, head + image);
}

int
send_any(const struct send *s, const struct msg_any *any)
{
	size_t	 name_len = strlen(any->type), format_len = strlen(any->format);
	size_t	 head, space;
	uint8_t	*p;

	if (!type_name_ok(any->type) || format_len >= MSG_FORMAT_MAX) {
		errno = EINVAL;
		return -1;
	}
	head = WIRE_HEAD + s->before_len + MESSAGE_HEAD + name_len + format_len;
	if (any->image.n > self_max_frame() - head) {
		errno = EMSGSIZE;
		return -1;
	}
	if ((p = line_room(self_line(), head + any->image.n, &space)) == NULL)
		return -1;
	put_head(p, head + any->image.n, s,
	    type_tag(any->type, any->format), any->type, name_len,
	    any->format, format_len);
	memcpy(p + head, any->image.v, any->image.n);
	return hand_over(s, head + any->image.n);
}

/* ---- the calls ---- */

int
msg_send_(struct msg_pid to, struct msg_body b)
{
	struct send	s = { .op = WIRE_SEND, .to = pid_of(to) };

	if (self_open() == -1 || send_await(s.to, MONO_NEVER, false) == -1)
		return -1;
	return send_body(&s, b);
}

int
msg_try_send_(struct msg_pid to, struct msg_body b)
{
	struct send	s = { .op = WIRE_SEND, .to = pid_of(to), .try = true };

	if (self_open() == -1 || send_await(s.to, MONO_NEVER, true) == -1)
		return -1;
	return send_body(&s, b);
}

int
msg_send_name_(const char *address, struct msg_body b)
{
	struct send	s = { .op = WIRE_SEND_NAME };
	struct address	parsed;
	uint8_t		before[ADDRESS_SIZE];

	if (self_open() == -1 || address_parse(address, &parsed) == -1)
		return -1;
	if (parsed.serial != 0) {
		errno = EINVAL;			/* a pid, not a name */
		return -1;
	}
	s.before_len = strlen(address) + 1;
	before[0] = (uint8_t)(s.before_len - 1);
	memcpy(before + 1, address, s.before_len - 1);
	s.before = before;
	return send_body(&s, b);
}

int
msg_reply_(const struct msg_meta *request, struct msg_body b)
{
	struct send	s = {
		.op = request->ref != 0 ? WIRE_REPLY : WIRE_SEND,
		.to = pid_of(request->sender), .ref = request->ref
	};

	if (self_open() == -1 || send_await(s.to, MONO_NEVER, false) == -1)
		return -1;
	return send_body(&s, b);
}

int
msg_forward(struct msg_pid to, const struct msg_any *any)
{
	struct send	s = {
		.op = WIRE_FORWARD, .to = pid_of(to), .ref = any->msg.ref
	};
	uint8_t		before[16];

	if (self_open() == -1 || send_await(s.to, MONO_NEVER, false) == -1)
		return -1;
	put_u64(before, any->msg.sender.node);
	put_u64(before + 8, any->msg.sender.serial);
	s.before = before;
	s.before_len = sizeof(before);
	return send_any(&s, any);
}

void
msg_cork(void)
{
	if (self_open() == 0)
		self_line()->corks++;
}

int
msg_uncork(void)
{
	struct line	*l = self_line();

	if (self_open() == -1)
		return -1;
	if (l->corks > 0 && --l->corks > 0)
		return 0;
	return line_flush(l);
}

int
msg_flush(void)
{
	return self_open() == -1 ? -1 : line_flush(self_line());
}
