/*
 * question.c - questions that the supervisor answers with rows.
 *
 * Owns:    the body of QUERY, the layout of ROW, reading.
 * Not here: what the questions and keys are (nodes.c).
 * Errors:  -1 and errno.
 */
#include "question.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "request.h"
#include "self.h"

int
question_ask(const char *what, const char *word,
    void (*fn)(void *ctx, const struct frame *row), void *ctx)
{
	struct buf	b;
	uint64_t	ref;
	int		r = -1;

	if (self_open() == -1)
		return -1;
	buf_init(&b, wire_rule(WIRE_QUERY)->most);
	buf_add_str8(&b, what);
	buf_add_u16(&b, word != NULL);
	if (word != NULL)
		buf_add_str16(&b, word);
	ref = self_mint();
	self_expect_rows(ref, fn, ctx);
	if (b.error == 0)
		r = request_quietly(WIRE_QUERY, ref, b.p, b.len);
	else
		errno = b.error;
	self_expect_rows(0, NULL, NULL);
	buf_release(&b);
	return r;
}

/* One cell of a row: whether its key is this, and its value. */
static bool
next_cell(struct rd *r, const char *key, const uint8_t **value, size_t *n)
{
	size_t		 len = rd_u8(r);
	const uint8_t	*name = rd_take(r, len);

	(void)rd_u8(r);			/* the kind is for who shows it */
	*n = rd_u16(r);
	*value = rd_take(r, *n);
	return !r->bad && len == strlen(key) && memcmp(name, key, len) == 0;
}

bool
question_cell(const struct frame *row, const char *key, char *text,
    size_t size)
{
	struct rd	 r;
	const uint8_t	*value;
	unsigned int	 cells;
	size_t		 n;

	text[0] = '\0';
	rd_init(&r, row->body, row->body_len);
	for (cells = rd_u16(&r); cells > 0 && !r.bad; cells--) {
		if (!next_cell(&r, key, &value, &n))
			continue;
		if (n >= size || memchr(value, '\0', n) != NULL)
			return false;
		memcpy(text, value, n);
		text[n] = '\0';
		return true;
	}
	return false;
}
