/*
 * rows.c - answers to questions: rows of keys and values.
 *
 * Owns:    the form of ROW.
 * Errors:  a row that finds no memory is not sent.
 */
#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "settings.h"
#include "stream.h"

#define ROW_MAX		65536
#define VALUE_MAX	60000

void
rows_begin(struct rows *r)
{
	buf_init(&r->buf, ROW_MAX);
	buf_add_u16(&r->buf, 0);	/* the count, once it is known */
	r->n = 0;
}

static void
rows_add(struct rows *r, const char *key, char kind, const char *value,
    size_t len)
{
	if (len > VALUE_MAX)
		len = VALUE_MAX;
	buf_add_str8(&r->buf, key);
	buf_add_u8(&r->buf, (unsigned char)kind);
	buf_add_u16(&r->buf, (unsigned int)len);
	buf_add(&r->buf, value, len);
	r->n++;
}

void
rows_text(struct rows *r, const char *key, const char *value)
{
	rows_add(r, key, 's', value, strlen(value));
}

void
rows_bytes(struct rows *r, const char *key, const char *value, size_t len)
{
	rows_add(r, key, 's', value, len);
}

void
rows_list(struct rows *r, const char *key, const char *lines)
{
	rows_add(r, key, 'l', lines, strlen(lines));
}

void
rows_number(struct rows *r, const char *key, uint64_t v)
{
	char	text[24];
	int	n = snprintf(text, sizeof(text), "%" PRIu64, v);

	rows_add(r, key, 'n', text, (size_t)n);
}

void
rows_null(struct rows *r, const char *key)
{
	rows_add(r, key, 'n', "", 0);
}

void
rows_bool(struct rows *r, const char *key, bool v)
{
	const char	*text = v ? "true" : "false";

	rows_add(r, key, 'b', text, strlen(text));
}

void
rows_pid(struct rows *r, const char *key, const struct node *n,
    struct pid pid)
{
	char	text[ADDRESS_SIZE];

	rows_text(r, key,
	    pid_print(text, pid, n->conf->node.name, true, 0));
}

void
rows_send(struct rows *r, struct stream *s, uint64_t ref)
{
	struct wire_head	h = { .op = WIRE_ROW, .ref = ref };

	if (r->buf.error == 0) {
		r->buf.p[0] = (uint8_t)(r->n >> 8);
		r->buf.p[1] = (uint8_t)r->n;
		stream_frame(s, &h, r->buf.p, r->buf.len);
	}
	buf_release(&r->buf);
}
