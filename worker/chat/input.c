/*
 * input.c - bytes of strangers made into lines, lines into commands.
 *
 * Owns:    what ends a line, what is too long, which bytes are let through, how
 *          a command is recognised.
 * Not here: what a command does (room.c), sockets.
 * Errors:  -1 without memory.  Nothing in the bytes is an error.
 */
#include "input.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- which bytes ---- */

/*
 * The length of the character at p, 0 if there is none.  Only the shortest
 * form, no surrogates, at most U+10FFFF: one text, one spelling.
 */
static size_t
character(const unsigned char *p, size_t n, uint32_t *code)
{
	static const uint32_t	least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t			len, i;

	len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	*code = len == 1 ? p[0] : p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

/* Terminals and programs take these as orders or as ends of lines. */
static bool
harmful(uint32_t code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) ||
	    code == 0x2028 || code == 0x2029;
}

size_t
input_clean(char *text, size_t n)
{
	unsigned char	*p = (unsigned char *)text;
	size_t		 from = 0, to = 0, len;
	uint32_t	 code = 0;

	while (from < n) {
		len = character(p + from, n - from, &code);
		if (len == 0 || harmful(code)) {
			p[to++] = '?';
			from += len == 0 ? 1 : len;
			continue;
		}
		if (to != from)
			memmove(p + to, p + from, len);
		to += len;
		from += len;
	}
	return to;
}

bool
input_is_clean(const char *text, size_t n)
{
	const unsigned char	*p = (const unsigned char *)text;
	size_t			 len;
	uint32_t		 code = 0;

	for (; n > 0; p += len, n -= len)
		if ((len = character(p, n, &code)) == 0 || harmful(code))
			return false;
	return true;
}

/* ---- lines ---- */

static bool
line_done(struct input *in, input_line *fn, void *ctx)
{
	size_t	n = in->n;

	in->n = 0;
	if (n > 0 && in->line[n - 1] == '\r')
		n--;
	if (n > in->limit)		/* it was the CR that is missing */
		return fn(ctx, NULL, 0);
	n = input_clean(in->line, n);
	in->line[n] = '\0';
	return fn(ctx, in->line, n);
}

/* Adds bytes of one line.  Its CR may be one byte more than the limit. */
static bool
line_add(struct input *in, const char *bytes, size_t n, input_line *fn,
    void *ctx)
{
	if (in->skipping)
		return true;
	if (n > in->limit + 1 - in->n) {
		in->skipping = true;
		in->n = 0;
		return fn(ctx, NULL, 0);
	}
	memcpy(in->line + in->n, bytes, n);
	in->n += n;
	return true;
}

int
input_put(struct input *in, const char *bytes, size_t n, input_line *fn,
    void *ctx)
{
	const char	*lf;
	size_t		 part;

	if (in->line == NULL && (in->line = malloc(in->limit + 2)) == NULL)
		return -1;
	while (n > 0) {
		lf = memchr(bytes, '\n', n);
		part = lf == NULL ? n : (size_t)(lf - bytes);
		if (!line_add(in, bytes, part, fn, ctx))
			return 0;
		if (lf == NULL)
			break;
		if (in->skipping)
			in->skipping = false;
		else if (!line_done(in, fn, ctx))
			return 0;
		bytes += part + 1;
		n -= part + 1;
	}
	return 0;
}

void
input_end(struct input *in, input_line *fn, void *ctx)
{
	if (in->n > 0 && !in->skipping)
		(void)line_done(in, fn, ctx);
}

void
input_release(struct input *in)
{
	free(in->line);
	in->line = NULL;
	in->n = 0;
}

/* ---- commands ---- */

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word, cut off; NULL: there is none. */
static char *
word_take(char **at)
{
	char	*p = *at, *word;

	while (blank(*p))
		p++;
	word = p;
	while (*p != '\0' && !blank(*p))
		p++;
	if (*p != '\0')
		*p++ = '\0';
	*at = p;
	return *word == '\0' ? NULL : word;
}

/* What is left, its words with one blank between them. */
static char *
words_join(char *at)
{
	char	*start = at, *to = at, *word;
	size_t	 n;

	while ((word = word_take(&at)) != NULL) {
		if (to != start)
			*to++ = ' ';
		n = strlen(word);
		memmove(to, word, n);
		to += n;
	}
	*to = '\0';
	return start;
}

void
command_parse(struct command *c, char *copy)
{
	char	*at = copy, *word = word_take(&at);

	*c = (struct command){ .kind = COMMAND_SAY };
	if (word == NULL || word[0] != '/')
		return;
	c->kind = COMMAND_UNKNOWN;
	if (strcmp(word, "/quit") == 0 && word_take(&at) == NULL) {
		c->kind = COMMAND_QUIT;
	} else if (strcmp(word, "/tell") == 0 &&
	    (c->who = word_take(&at)) != NULL) {
		c->kind = COMMAND_TELL;
		c->rest = words_join(at);
	} else if (strcmp(word, "/kick") == 0 &&
	    (c->who = word_take(&at)) != NULL && word_take(&at) == NULL) {
		c->kind = COMMAND_KICK;
	}
}
