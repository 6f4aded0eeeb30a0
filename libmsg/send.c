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
#define HEAD_MAX	(WIRE_HEAD + ADDRESS_SIZE + MESSAGE_HEAD +	\
			    MSG_NAME_MAX + MSG_FORMAT_MAX)
#define SEND_GUESS	512		/* what most images fit into */

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
		if (msg_process_.ports.nabsent != 0)
			self_tell_closed(true);
		else if (line_wait(l, deadline, false) == -1 && errno != EINTR)
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

	if (n > msg_process_.max_frame - WIRE_HEAD) {
		errno = EMSGSIZE;
		return -1;
	}
	if ((p = line_room(l, h.len, &space)) == NULL)
		return -1;
	h.from = msg_process_.pid;
	wire_put(p, &h);
	if (n != 0)
		memcpy(p + WIRE_HEAD, body, n);
	return line_send(l, h.len);
}

/* ---- messages: a head, and the image made right behind it ---- */

struct head {
	size_t	 len;
	uint8_t	 bytes[HEAD_MAX];
};

/* The length of the frame is left for later. */
static int
head_make(struct head *h, const struct send *s, uint64_t tag, const char *name,
    const char *format)
{
	size_t			 name_len = strlen(name);
	size_t			 format_len = strlen(format);
	struct wire_head	 w = {
		.op = (uint8_t)s->op, .flags = (uint8_t)s->flags, .to = s->to,
		.from = msg_process_.pid, .ref = s->ref
	};
	uint8_t			*p = h->bytes + WIRE_HEAD + s->before_len;

	h->len = WIRE_HEAD + s->before_len + MESSAGE_HEAD + name_len +
	    format_len;
	if (name_len > MSG_NAME_MAX || format_len >= MSG_FORMAT_MAX) {
		errno = EINVAL;
		return -1;
	}
	wire_put(h->bytes, &w);
	if (s->before_len != 0)
		memcpy(h->bytes + WIRE_HEAD, s->before, s->before_len);
	put_u64(p, tag);
	p[8] = (uint8_t)name_len;
	p[9] = (uint8_t)format_len;
	memcpy(p + MESSAGE_HEAD, name, name_len);
	memcpy(p + MESSAGE_HEAD + name_len, format, format_len);
	return 0;
}

/* The longest frame that whom this is for takes. */
static size_t
most(const struct head *h)
{
	struct wire_head	 w;
	struct address		 a = { .serial = 0 };
	struct rd		 r;
	char			 text[ADDRESS_SIZE];

	wire_get(&w, h->bytes);
	if (w.op == WIRE_SEND_NAME) {
		rd_init(&r, h->bytes + WIRE_HEAD, h->len - WIRE_HEAD);
		rd_str8(&r, text, sizeof(text));
		(void)address_parse(text, &a);
		w.to.node = a.incarnation;
	}
	return limit_of(&msg_process_.limits, w.to.node, a.node,
	    msg_process_.max_frame);
}

/* What every node takes needs no second look. */
static bool
too_large(const struct head *h, size_t image)
{
	if (image <= msg_process_.sure_frame - h->len ||
	    image <= most(h) - h->len)
		return false;
	errno = EMSGSIZE;
	return true;
}

static int
hand_over(uint8_t *p, size_t len, bool try)
{
	struct line	*l = self_line();

	put_u32(p, (uint32_t)len);
	if ((try ? line_try_send(l, len) : line_send(l, len)) == -1)
		return -1;
	self_leave();
	return 0;
}

/*
 * Written once where it fits into the room that is there, else measured so.  A
 * large blob at the end is sent from where it lies, unless the message may have
 * to wait in our buffer.
 */
static int
head_send(const struct head *h, struct msg_body b, bool try)
{
	struct line	*l = self_line();
	struct msg_blob	 tail = { 0, NULL };
	struct msg_blob	*apart = try || l->corks > 0 ? NULL : &tail;
	size_t		 image, front, space;
	uint8_t		*p;

	if ((p = line_room(l, h->len + SEND_GUESS, &space)) == NULL)
		return -1;
	image = body_write_front(b.type, b.message, p + h->len,
	    space - h->len, apart);
	if (image == 0)
		return -1;
	if (too_large(h, image))
		return -1;
	front = image - tail.n;
	if (front > space - h->len) {
		if ((p = line_room(l, h->len + front, &space)) == NULL)
			return -1;
		(void)body_write_front(b.type, b.message, p + h->len, front,
		    apart);
	}
	memcpy(p, h->bytes, h->len);
	if (tail.n == 0)
		return hand_over(p, h->len + image, try);
	put_u32(p, (uint32_t)(h->len + image));
	if (line_send_tail(l, h->len + front, tail.v, tail.n) == -1)
		return -1;
	self_leave();
	return 0;
}

int
send_body(const struct send *s, struct msg_body b)
{
	struct head	h;

	if (type_ready(b.type) == -1 ||
	    head_make(&h, s, b.type->tag, b.type->name, b.type->format) == -1)
		return -1;
	return head_send(&h, b, false);
}

/* Of many messages most go to where the last one went, and are like it. */
static int
send_plain(struct pid to, struct msg_body b, bool try)
{
	static struct head		 last;
	static const struct msg_type	*last_type;
	static struct pid		 last_to;
	struct send			 s = { .op = WIRE_SEND, .to = to };

	if (self_open() == -1)
		return -1;
	if (self_choked(to) && send_await(to, MONO_NEVER, try) == -1)
		return -1;
	if (b.type != last_type || !pid_equal(to, last_to)) {
		last_type = NULL;
		if (type_ready(b.type) == -1 || head_make(&last, &s,
		    b.type->tag, b.type->name, b.type->format) == -1)
			return -1;
		last_type = b.type;
		last_to = to;
	}
	return head_send(&last, b, try);
}

int
send_port(struct msg_port to, struct msg_body b, bool try)
{
	static struct head	last;
	static struct msg_port	last_to;
	struct wire_head	w = { .op = WIRE_CHANNEL, .ref = to.id };

	if (self_open() == -1)
		return -1;
	if (self_choked(pid_of(to.owner)) &&
	    send_await(pid_of(to.owner), MONO_NEVER, try) == -1)
		return -1;
	if (to.id != last_to.id || last.len == 0 ||
	    !pid_equal(pid_of(to.owner), pid_of(last_to.owner))) {
		w.to = pid_of(to.owner);
		w.from = msg_process_.pid;
		wire_put(last.bytes, &w);
		last.len = WIRE_HEAD;
		last_to = to;
	}
	return head_send(&last, b, try);
}

int
send_any(const struct send *s, const struct msg_any *any)
{
	struct line	*l = self_line();
	struct head	 h;
	size_t		 space, n = any->image.n;
	uint8_t		*p;

	if (!type_name_ok(any->type)) {
		errno = EINVAL;
		return -1;
	}
	if (head_make(&h, s, type_tag(any->type, any->format), any->type,
	    any->format) == -1)
		return -1;
	if (too_large(&h, n))
		return -1;
	if ((p = line_room(l, h.len + n, &space)) == NULL)
		return -1;
	memcpy(p, h.bytes, h.len);
	memcpy(p + h.len, any->image.v, n);
	return hand_over(p, h.len + n, false);
}

/* ---- the calls ---- */

int
msg_send_(struct msg_pid to, struct msg_body b)
{
	return send_plain(pid_of(to), b, false);
}

int
msg_try_send_(struct msg_pid to, struct msg_body b)
{
	return send_plain(pid_of(to), b, true);
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
