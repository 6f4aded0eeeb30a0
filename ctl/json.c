/*
 * json.c - one JSON object a line.
 *
 * Owns:    the escaping of strings, and what is UTF-8.
 * Not here: which keys there are (row.c, cmd_*.c).
 * Errors:  none; a stream that fails is noticed where it is flushed.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* ---- strings ---- */

/*
 * Bytes of the well-formed UTF-8 character at p, 0 if there is none: no
 * overlong form, no surrogate, nothing above U+10FFFF.
 */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	size_t	 n, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n > left)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void
put_control(FILE *out, unsigned char c)
{
	static const char	 letters[] = "btn?fr";	/* 8 to 13 */

	if (c >= 8 && c <= 13 && c != 11)
		fprintf(out, "\\%c", letters[c - 8]);
	else
		fprintf(out, "\\u%04x", c);
}

static void
put_bytes(FILE *out, const char *text, size_t len)
{
	const unsigned char	*p = (const unsigned char *)text;
	const unsigned char	*end = p + len;
	size_t			 n;

	putc('"', out);
	for (; p < end; p += n) {
		n = utf8_length(p, (size_t)(end - p));
		if (n == 0) {
			fputs("\\ufffd", out);
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			fprintf(out, "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f) {
			put_control(out, *p);
		} else {
			fwrite(p, 1, n, out);
		}
	}
	putc('"', out);
}

static void
put_string(FILE *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

/* ---- an object ---- */

void
json_open(struct json *j, FILE *out)
{
	*j = (struct json){ .out = out };
	putc('{', out);
}

void
json_close(struct json *j)
{
	fputs("}\n", j->out);
}

static void
put_key(struct json *j, const char *key)
{
	if (j->more)
		putc(',', j->out);
	j->more = true;
	put_string(j->out, key);
	putc(':', j->out);
}

void
json_str(struct json *j, const char *key, const char *text)
{
	put_key(j, key);
	if (text == NULL)
		fputs("null", j->out);
	else
		put_string(j->out, text);
}

void
json_bytes(struct json *j, const char *key, const char *bytes, size_t len)
{
	put_key(j, key);
	put_bytes(j->out, bytes, len);
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?, which is all that is sent to us. */
static bool
is_number(const char *p)
{
	size_t	 n;

	if (*p == '-')
		p++;
	n = strspn(p, "0123456789");
	if (n == 0 || (n > 1 && *p == '0'))
		return false;
	p += n;
	if (*p == '.') {
		n = strspn(++p, "0123456789");
		p += n;
		if (n == 0)
			return false;
	}
	return *p == '\0';
}

void
json_num(struct json *j, const char *key, const char *text)
{
	if (*text != '\0' && !is_number(text)) {
		json_str(j, key, text);
		return;
	}
	put_key(j, key);
	fputs(*text == '\0' ? "null" : text, j->out);
}

void
json_u64(struct json *j, const char *key, unsigned long long n)
{
	put_key(j, key);
	fprintf(j->out, "%llu", n);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	put_key(j, key);
	fputs(value ? "true" : "false", j->out);
}

void
json_words(struct json *j, const char *key, const char *const *words,
    size_t n)
{
	size_t	 i;

	put_key(j, key);
	putc('[', j->out);
	for (i = 0; i < n; i++) {
		if (i > 0)
			putc(',', j->out);
		put_string(j->out, words[i]);
	}
	putc(']', j->out);
}

void
json_lines(struct json *j, const char *key, const char *text)
{
	char	*copy, *at, *line;
	bool	 more = false;

	put_key(j, key);
	putc('[', j->out);
	/* Without memory an empty list: the rest of the row still counts. */
	at = copy = *text == '\0' ? NULL : strdup(text);
	while ((line = strsep(&at, "\n")) != NULL) {
		if (more)
			putc(',', j->out);
		more = true;
		put_string(j->out, line);
	}
	free(copy);
	putc(']', j->out);
}
