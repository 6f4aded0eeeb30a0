/*
 * any.c - messages of any type, and what a program does with received ones.
 *
 * Owns:    opening, releasing.
 * Not here: receiving them (receive.c), printing them (anytext.c).
 * Errors:  -1 and errno.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "memory.h"
#include "msg.h"
#include "type.h"

void
msg_release_(const struct msg_type *t, void *message)
{
	body_release(t, message);
}

void
msg_auto_(void *message)
{
	struct msg_meta	*meta = message;

	memory_free(meta->memory);
	meta->memory = NULL;
}

void
msg_release_any(struct msg_any *any)
{
	memory_free(any->msg.memory);
	*any = (struct msg_any){ .type = NULL };
}

int
msg_open_(struct msg_type *t, const struct msg_any *any, void *out)
{
	struct msg_meta	*meta = out;

	memset(out, 0, t->size);
	if (type_ready(t) == -1)
		return -1;
	if (any->type == NULL || strcmp(any->type, t->name) != 0 ||
	    strcmp(any->format, t->format) != 0) {
		errno = EBADMSG;
		return -1;
	}
	if (body_read(t, any->image.v, any->image.n, out) == -1)
		return -1;
	meta->sender = any->msg.sender;
	meta->ref = any->msg.ref;
	return 0;
}
