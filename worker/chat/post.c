/*
 * post.c - one thing to be told to another server, now or later.
 *
 * Owns:    which message that is; the copy that waits.
 * Not here: how long it may wait (servers.c).
 * Errors:  -1 or NULL and errno.
 */
#include "post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

static size_t
length(const char *text)
{
	return text == NULL ? 0 : strlen(text) + 1;
}

size_t
post_size(const struct post *p)
{
	return sizeof(*p) + length(p->name) + length(p->by) + p->n;
}

static const char *
put(char **at, const char *text, size_t n)
{
	char	*place = *at;

	if (text == NULL)
		return NULL;
	if (n > 0)
		memcpy(place, text, n);
	*at += n;
	return place;
}

struct post *
post_copy(const struct post *p)
{
	struct post	*copy;
	char		*at;

	if ((copy = malloc(post_size(p))) == NULL)
		return NULL;
	*copy = *p;
	at = (char *)(copy + 1);
	copy->name = put(&at, p->name, length(p->name));
	copy->by = put(&at, p->by, length(p->by));
	copy->text = put(&at, p->text, p->n);
	return copy;
}

int
post_send(struct msg_pid to, const struct post *p)
{
	struct msg_blob	text = { p->n, p->text };

	switch (p->kind) {
	case POST_NEW:
		return msg_try_send(to, chat_new, .name = p->name,
		    .number = p->number);
	case POST_GONE:
		return msg_try_send(to, chat_gone, .name = p->name,
		    .number = p->number);
	case POST_LINES:
		return msg_try_send(to, chat_lines, .text = text);
	case POST_TELL:
		return msg_try_send(to, chat_tell, .name = p->name,
		    .number = p->number, .text = text);
	case POST_KICK:
		return msg_try_send(to, chat_kick, .name = p->name,
		    .number = p->number, .by = p->by,
		    .by_number = p->by_number);
	case POST_KICKED:
		return msg_try_send(to, chat_kicked, .name = p->name,
		    .done = p->flag, .by = p->by, .by_number = p->by_number);
	case POST_USERS:
		break;
	}
	errno = EINVAL;
	return -1;
}
