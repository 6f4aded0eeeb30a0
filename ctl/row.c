/*
 * row.c - rows of an answer: read, and shown to people and programs.
 *
 * Owns:    the form of tables and of key: value lines.
 * Not here: which rows there are and what their keys mean (cmd_*.c), the
 *          escaping of JSON (json.c).
 * Errors:  -1 and errno: EBADMSG for bytes that are no row, ENOMEM.
 */
#include "row.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"

/* ---- reading ---- */

/* A text of the row, with a NUL behind it in the copy. */
static const char *
take_text(struct rd *r, size_t len, char **to)
{
	const uint8_t	*p = rd_take(r, len);
	char		*text = *to;

	if (p == NULL)
		return "";
	memcpy(text, p, len);
	text[len] = '\0';
	*to += len + 1;
	return text;
}

int
row_read(struct row *row, const void *body, size_t len)
{
	struct rd	 r;
	char		*to;
	size_t		 i, n;

	memset(row, 0, sizeof(*row));
	rd_init(&r, body, len);
	n = rd_u16(&r);
	if (n > len / 4) {			/* the least bytes of a cell */
		errno = EBADMSG;
		return -1;
	}
	row->cells = calloc(n + 1, sizeof(row->cells[0]));
	/* Each text's length in the frame leaves room for its NUL here. */
	row->text = to = malloc(len + 1);
	if (row->cells == NULL || to == NULL) {
		row_release(row);
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < n && !r.bad; i++) {
		row->cells[i].key = take_text(&r, rd_u8(&r), &to);
		row->cells[i].kind = (char)rd_u8(&r);
		row->cells[i].len = rd_u16(&r);
		row->cells[i].value = take_text(&r, row->cells[i].len, &to);
	}
	row->n = n;
	if (rd_done(&r))
		return 0;
	row_release(row);
	errno = EBADMSG;
	return -1;
}

void
row_release(struct row *row)
{
	free(row->cells);
	free(row->text);
	memset(row, 0, sizeof(*row));
}

static const struct row_cell *
row_cell(const struct row *row, const char *key)
{
	static const struct row_cell	 none = { "", "", 0, 's' };
	size_t				 i;

	for (i = 0; i < row->n; i++)
		if (strcmp(row->cells[i].key, key) == 0)
			return &row->cells[i];
	return &none;
}

const char *
row_get(const struct row *row, const char *key)
{
	return row_cell(row, key)->value;
}

void
row_write(const struct row *row, const char *key, FILE *out)
{
	const struct row_cell	*c = row_cell(row, key);

	fwrite(c->value, 1, c->len, out);
}

void
row_line(const struct row *row, FILE *f)
{
	row_write(row, "line", f);
	if (strcmp(row_get(row, "more"), "true") != 0)
		putc('\n', f);
}

/* ---- for programs ---- */

void
row_json(const struct row *row, FILE *out)
{
	const struct row_cell	*c;
	struct json		 j;

	json_open(&j, out);
	for (c = row->cells; c < row->cells + row->n; c++)
		switch (c->kind) {
		case 'n':
			json_num(&j, c->key, c->value);
			break;
		case 'b':
			json_bool(&j, c->key, strcmp(c->value, "true") == 0);
			break;
		case 'l':
			json_lines(&j, c->key, c->value);
			break;
		default:
			json_bytes(&j, c->key, c->value, c->len);
		}
	json_close(&j);
}

/* ---- for people ---- */

/* Length of the #INCARNATION at p, or 0: # and 16 hex digits after a name. */
static size_t
incarnation(const char *start, const char *p)
{
	size_t	 n;

	if (*p != '#' || p == start || !isalnum((unsigned char)p[-1]))
		return 0;
	n = strspn(p + 1, "0123456789abcdef");
	return n == 16 ? 17 : 0;
}

void
row_visible(const char *text, bool full, FILE *out)
{
	const char	*p;
	size_t		 skip;

	for (p = text; *p != '\0'; p++) {
		if (!full && (skip = incarnation(text, p)) != 0)
			p += skip - 1;
		else if (*p == '\n')
			putc(' ', out);
		else if (iscntrl((unsigned char)*p))
			fprintf(out, "\\x%02x", (unsigned char)*p);
		else
			putc(*p, out);
	}
}

void
row_print(const struct row *row, bool full, FILE *out)
{
	size_t	 i;

	for (i = 0; i < row->n; i++) {
		fprintf(out, "%s:%s", row->cells[i].key,
		    row->cells[i].value[0] == '\0' ? "" : " ");
		row_visible(row->cells[i].value, full, out);
		putc('\n', out);
	}
}

void
row_uptime(const char *seconds, char *text, size_t size)
{
	long long	 s = strtoll(seconds, NULL, 10);

	if (s < 60)
		(void)snprintf(text, size, "%llds", s);
	else if (s < 3600)
		(void)snprintf(text, size, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(text, size, "%lldh%02lldm", s / 3600,
		    s % 3600 / 60);
	else
		(void)snprintf(text, size, "%lldd%02lldh", s / 86400,
		    s % 86400 / 3600);
}

static void
bytes_print(const char *bytes, char *text, size_t size)
{
	long long	 n = strtoll(bytes, NULL, 10);

	if (n < 10000)
		(void)snprintf(text, size, "%lld", n);
	else if (n < 10000LL << 10)
		(void)snprintf(text, size, "%lldK", n >> 10);
	else
		(void)snprintf(text, size, "%lldM", n >> 20);
}

static void
micros_print(const char *micros, char *text, size_t size)
{
	long long	 us = strtoll(micros, NULL, 10);

	if (us < 10000)
		(void)snprintf(text, size, "%lldus", us);
	else if (us < 10000000)
		(void)snprintf(text, size, "%lldms", us / 1000);
	else
		(void)snprintf(text, size, "%llds", us / 1000000);
}

static char *
visible(const char *text, bool full)
{
	char	*line = NULL;
	size_t	 size;
	FILE	*f = open_memstream(&line, &size);

	if (f == NULL)
		return NULL;
	row_visible(text[0] == '\0' ? "-" : text, full, f);
	if (fclose(f) == 0)
		return line;
	free(line);
	return NULL;
}

static char *
cell(const char *value, char form, bool full)
{
	char	 text[32];

	if (value[0] == '\0' || form == 0)
		return visible(value, full);
	if (form == 'u')
		row_uptime(value, text, sizeof(text));
	else if (form == 'm')
		micros_print(value, text, sizeof(text));
	else
		bytes_print(value, text, sizeof(text));
	return strdup(text);
}

int
table_add(struct table *t, const struct row *row)
{
	char	**cells;
	size_t	  i;

	if (t->width == 0)
		while (t->columns[t->width].key != NULL)
			t->width++;
	cells = reallocarray(t->cells, (t->rows + 1) * t->width,
	    sizeof(cells[0]));
	if (cells == NULL)
		return -1;
	t->cells = cells;
	cells += t->rows * t->width;
	for (i = 0; i < t->width; i++) {
		cells[i] = cell(row_get(row, t->columns[i].key),
		    t->columns[i].form, t->full);
		if (cells[i] == NULL) {
			while (i > 0)
				free(cells[--i]);
			return -1;
		}
	}
	t->rows++;
	return 0;
}

/* Characters, as UTF-8 has them; wide ones come out one too short. */
static size_t
columns_of(const char *text)
{
	size_t	 n = 0;

	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			n++;
	return n;
}

static void
put_cell(const char *text, size_t width, bool last, FILE *out)
{
	size_t	 n = columns_of(text);

	fputs(text, out);
	if (!last)
		fprintf(out, "%*s", (int)(width - n) + 2, "");
}

void
table_print(const struct table *t, FILE *out)
{
	size_t	*widths = calloc(t->width + 1, sizeof(widths[0]));
	size_t	 i, n, row;

	if (widths == NULL || t->rows == 0) {
		free(widths);
		return;
	}
	for (i = 0; i < t->width; i++)
		widths[i] = strlen(t->columns[i].title);
	for (i = 0; i < t->rows * t->width; i++)
		if ((n = columns_of(t->cells[i])) > widths[i % t->width])
			widths[i % t->width] = n;
	for (i = 0; i < t->width; i++)
		put_cell(t->columns[i].title, widths[i], i + 1 == t->width,
		    out);
	putc('\n', out);
	for (row = 0; row < t->rows; row++) {
		for (i = 0; i < t->width; i++)
			put_cell(t->cells[row * t->width + i], widths[i],
			    i + 1 == t->width, out);
		putc('\n', out);
	}
	free(widths);
}

void
table_release(struct table *t)
{
	size_t	 i;

	for (i = 0; i < t->rows * t->width; i++)
		free(t->cells[i]);
	free(t->cells);
	t->cells = NULL;
	t->rows = 0;
}
