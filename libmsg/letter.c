/*
 * letter.c - what a frame that goes into the mailbox says, taken apart.
 *
 * Owns:    the layout of MESSAGE and of the bodies around it, reading.
 * Not here: writing them (send.c), the image (body.c).
 * Errors:  -1 and EBADMSG.  Frames come from the relay, which has looked at
 *          their headers only: what is inside was written by any process.
 */
#include "letter.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "type.h"

int
letter_message(struct letter *l, const uint8_t *p, size_t n)
{
	if (n >= 10 && n - 10 >= (size_t)p[8] + p[9]) {
		l->tag = get_u64(p);
		l->name_len = p[8];
		l->format_len = p[9];
		l->text = p + 10;
		l->len = n - 10;
		return 0;
	}
	errno = EBADMSG;
	return -1;
}

/* The name it was sent to stands in front, and says nothing new here. */
static int
letter_named(struct letter *l, const uint8_t *p, size_t n)
{
	if (n >= 1 && n - 1 >= p[0])
		return letter_message(l, p + 1 + p[0], n - 1 - p[0]);
	errno = EBADMSG;
	return -1;
}

/* The first sender counts, not who passed it on. */
static int
letter_forwarded(struct letter *l, const uint8_t *p, size_t n)
{
	if (n >= 16) {
		l->sender.node = get_u64(p);
		l->sender.serial = get_u64(p + 8);
		return letter_message(l, p + 16, n - 16);
	}
	errno = EBADMSG;
	return -1;
}

void
letter_node(const struct letter *l, char name[NAME_SIZE], char role[NAME_SIZE])
{
	struct rd	r;

	rd_init(&r, l->text, l->len);
	rd_str8(&r, name, NAME_SIZE);
	rd_str8(&r, role, NAME_SIZE);
}

static int
letter_of_node(struct letter *l, const uint8_t *p, size_t n)
{
	char		name[NAME_SIZE];
	struct rd	r;

	rd_init(&r, p, n);
	l->kind = LETTER_NODE;
	l->name_len = l->format_len = 0;
	l->up = rd_u8(&r) != 0;
	l->text = r.p;
	l->len = r.left;
	rd_str8(&r, name, sizeof(name));
	rd_str8(&r, name, sizeof(name));
	if (rd_done(&r))
		return 0;
	errno = EBADMSG;
	return -1;
}

int
letter_read(struct letter *l, const struct frame *f)
{
	l->kind = LETTER_USER;
	l->sender = f->h.from;
	l->ref = f->h.ref;
	switch (f->h.op) {
	case WIRE_SEND:
	case WIRE_CALL:
	case WIRE_REPLY:
		return letter_message(l, f->body, f->body_len);
	case WIRE_SEND_NAME:
		return letter_named(l, f->body, f->body_len);
	case WIRE_FORWARD:
		return letter_forwarded(l, f->body, f->body_len);
	case WIRE_DOWN:
	case WIRE_EXITED:
		l->kind = f->h.op == WIRE_DOWN ? LETTER_DOWN : LETTER_EXITED;
		l->normal = (f->h.flags & WIRE_F_NORMAL) != 0;
		l->name_len = l->format_len = 0;
		l->text = f->body;
		l->len = f->body_len;
		return 0;
	case WIRE_CHANNEL:
		l->kind = LETTER_CHANNEL;
		l->name_len = l->format_len = 0;
		l->text = f->body;
		l->len = f->body_len;
		return 0;
	case WIRE_NODE:
		return letter_of_node(l, f->body, f->body_len);
	default:
		errno = EBADMSG;
		return -1;
	}
}

bool
letter_genuine(const struct letter *l)
{
	char		 name[UINT8_MAX + 1], format[UINT8_MAX + 1];
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	size_t		 n;

	memcpy(name, l->text, l->name_len);
	name[l->name_len] = '\0';
	memcpy(format, l->text + l->name_len, l->format_len);
	format[l->format_len] = '\0';
	return strlen(name) == l->name_len &&
	    strlen(format) == l->format_len && type_name_ok(name) &&
	    format_parse(format, kinds, &n) == 0 &&
	    type_tag(name, format) == l->tag;
}
