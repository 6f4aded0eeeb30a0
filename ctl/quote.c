/*
 * quote.c - words for a POSIX shell.
 *
 * Owns:    how any bytes are written so that eval gives them back.
 * Not here: which words there are (message.c, cmd_*.c).
 * Errors:  none; a stream that fails is noticed where it is flushed.
 */
#include "quote.h"

#include <stdbool.h>
#include <string.h>

/* What no shell looks at, wherever it stands in a word. */
static const char	plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "_@%+:,./-";

/* Addresses shall stay readable: # and ! mean nothing inside a word. */
static bool
word_plain(const char *word)
{
	return word[0] != '\0' && word[0] != '#' && word[0] != '!' &&
	    word[strspn(word, plain)] == '\0';
}

static bool
word_address(const char *word)
{
	size_t	 n = strspn(word, plain);

	if (n == 0)
		return false;
	while (word[n] == '#' || word[n] == '!')
		n += 1 + strspn(word + n + 1, plain);
	return word[n] == '\0';
}

/* 'it'\''s': whatever has no newline. */
static void
put_single(FILE *out, const char *word)
{
	size_t	 n;

	putc('\'', out);
	for (; *word != '\0'; word += n) {
		n = strcspn(word, "'");
		fwrite(word, 1, n, out);
		if (word[n] == '\'') {
			fputs("'\\''", out);
			n++;
		}
	}
	putc('\'', out);
}

/*
 * "$(printf 'two\nlines')": $'...' would be prettier, but dash has none.  A
 * command substitution loses newlines at its end, so one who ends in them is
 * given a dot, which put_strip() takes off again.
 */
static void
put_printf(FILE *out, const char *word, bool dot)
{
	fputs("\"$(printf '", out);
	if (*word == '-') {
		fputs("\\055", out);	/* else it were an option */
		word++;
	}
	for (; *word != '\0'; word++)
		if (*word == '\n')
			fputs("\\n", out);
		else if (*word == '\\')
			fputs("\\\\", out);
		else if (*word == '%')
			fputs("%%", out);
		else if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	fputs(dot ? ".')\"" : "')\"", out);
}

static bool
ends_in_newline(const char *word)
{
	size_t	 n = strlen(word);

	return n > 0 && word[n - 1] == '\n';
}

/* ; set -- "$1" "${2%.}": the dots of put_printf() go. */
static void
put_strip(FILE *out, const char *const *words, size_t n)
{
	size_t	 i;

	fputs("; set --", out);
	for (i = 0; i < n; i++)
		fprintf(out, ends_in_newline(words[i]) ? " \"${%zu%%.}\"" :
		    " \"${%zu}\"", i + 1);
}

void
quote_line(FILE *out, const char *const *words, size_t n)
{
	bool	 dots = false;
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			putc(' ', out);
		if (word_plain(words[i]) || word_address(words[i])) {
			fputs(words[i], out);
		} else if (strchr(words[i], '\n') == NULL) {
			put_single(out, words[i]);
		} else {
			put_printf(out, words[i], ends_in_newline(words[i]));
			dots = dots || ends_in_newline(words[i]);
		}
	}
	if (dots)
		put_strip(out, words, n);
	putc('\n', out);
}
