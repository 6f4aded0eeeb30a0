/*
 * message.c - the MESSAGE of a frame, to and from words.
 *
 * Owns:    tag, name and format in front of an image, and that they agree.
 * Not here: images (rtformat.c), whom an address means (cmd.c), quoting.
 * Errors:  -1 and errno.  What arrives was written by strangers: every field
 *          is checked before it is used.
 */
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "type.h"

int
message_add(struct buf *b, const char *name, const char *format,
    char *const *values, size_t n, const struct text_pids *pids, char *why,
    size_t size)
{
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	size_t		 nkinds, len;
	void		*image;

	if (!type_name_ok(name)) {
		(void)snprintf(why, size, "'%.80s' is no name of a type", name);
		errno = EINVAL;
		return -1;
	}
	if (format_parse(format, kinds, &nkinds) == -1) {
		(void)snprintf(why, size, "'%.80s' is no format: at most %d "
		    "of the letters biuIUfsBpo, or of them as A(s)", format,
		    MSG_FIELDS_MAX);
		return -1;
	}
	if (rtformat_encode(format, values, n, pids, &image, &len, why, size)
	    == -1)
		return -1;
	buf_add_u64(b, type_tag(name, format));
	buf_add_u8(b, (unsigned int)strlen(name));
	buf_add_u8(b, (unsigned int)strlen(format));
	buf_add(b, name, strlen(name));
	buf_add(b, format, strlen(format));
	buf_add(b, image, len);
	free(image);
	return 0;
}

/* n bytes as text, or "" and false. */
static bool
take_text(struct rd *r, size_t n, char *text, size_t cap)
{
	const uint8_t	*p = rd_take(r, n);

	text[0] = '\0';
	if (p == NULL || n >= cap || memchr(p, '\0', n) != NULL)
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	return true;
}

int
message_read(struct message *m, struct rd *r, const struct text_pids *pids)
{
	uint64_t	 tag = rd_u64(r);
	size_t		 name_len = rd_u8(r), format_len = rd_u8(r);

	memset(m, 0, sizeof(*m));
	if (!take_text(r, name_len, m->name, sizeof(m->name)) ||
	    !take_text(r, format_len, m->format, sizeof(m->format)) ||
	    !type_name_ok(m->name) || tag != type_tag(m->name, m->format)) {
		errno = EBADMSG;
		return -1;
	}
	if (rtformat_decode(m->format, r->p, r->left, pids, &m->words) == 0)
		return 0;
	if (errno == EINVAL)
		errno = EBADMSG;		/* the format is none */
	return -1;
}

void
message_release(struct message *m)
{
	rtformat_release(&m->words);
	memset(m, 0, sizeof(*m));
}
