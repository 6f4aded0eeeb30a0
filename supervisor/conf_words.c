/*
 * conf_words.c - lists of words: split, quoted, given back.
 *
 * Owns:    the rules of quoting inside a value.
 * Not here: quotes around a whole value, and comments (ini.c).
 * Errors:  NULL; conf_words_sh says why, "out of memory" with ENOMEM.
 */
#include "conf_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct words {
	char	**word;			/* room for the most there can be */
	size_t	  n;
	char	 *buf;			/* the word being read */
	size_t	  len;
	bool	  open;			/* "" is a word too */
};

static const char	 no_memory[] = "out of memory";

void
conf_words_free(char **word)
{
	size_t	 i;

	if (word == NULL)
		return;
	for (i = 0; word[i] != NULL; i++)
		free(word[i]);
	free(word);
}

/* Words of one letter and a blank between are the most a text can have. */
static int
words_init(struct words *w, const char *text)
{
	size_t	 len = strlen(text);

	*w = (struct words){ .word = calloc(len / 2 + 2, sizeof(char *)),
		.buf = malloc(len + 1) };
	return w->word != NULL && w->buf != NULL ? 0 : -1;
}

static const char *
words_end(struct words *w)
{
	if (!w->open)
		return NULL;
	if ((w->word[w->n] = strndup(w->buf, w->len)) == NULL)
		return no_memory;
	w->n++;
	w->len = 0;
	w->open = false;
	return NULL;
}

static void
words_put(struct words *w, char c)
{
	w->buf[w->len++] = c;
	w->open = true;
}

/* One quoted part; *text stands on its first letter, then behind its end. */
static const char *
words_quoted(struct words *w, const char **text, char quote)
{
	const char	*s;

	w->open = true;
	for (s = *text; *s != quote; s++) {
		if (quote == '"' && *s == '\\' && s[1] != '\0' &&
		    strchr("\"\\$`", s[1]) != NULL)
			s++;
		if (*s == '\0')
			return quote == '"' ? "a double quote is missing" :
			    "a single quote is missing (to hold a # or ; use "
			    "double quotes)";
		words_put(w, *s);
	}
	*text = s + 1;
	return NULL;
}

static const char *
words_read(struct words *w, const char *s)
{
	const char	*why = NULL;

	while (*s != '\0' && why == NULL) {
		if (*s == ' ' || *s == '\t') {
			why = words_end(w);
			s++;
		} else if (*s == '"' || *s == '\'') {
			s++;
			why = words_quoted(w, &s, s[-1]);
		} else if (*s == '\\' && s[1] == '\0')
			why = "a backslash at the end (there are no "
			    "continuation lines)";
		else {
			if (*s == '\\')
				s++;
			words_put(w, *s++);
		}
	}
	return why != NULL ? why : words_end(w);
}

char **
conf_words_sh(const char *text, const char **why)
{
	struct words	 w;

	*why = words_init(&w, text) == -1 ? no_memory : words_read(&w, text);
	free(w.buf);
	if (*why == NULL)
		return w.word;
	conf_words_free(w.word);
	errno = *why == no_memory ? ENOMEM : EINVAL;
	return NULL;
}

char **
conf_words_blank(const char *text)
{
	struct words	 w;
	const char	*why = NULL;

	if (words_init(&w, text) == -1)
		why = no_memory;
	for (; why == NULL && *text != '\0'; text++) {
		if (*text == ' ' || *text == '\t')
			why = words_end(&w);
		else
			words_put(&w, *text);
	}
	if (why == NULL)
		why = words_end(&w);
	free(w.buf);
	if (why == NULL)
		return w.word;
	conf_words_free(w.word);
	errno = ENOMEM;
	return NULL;
}

void
conf_words_quote(FILE *f, const char *word)
{
	static const char	 plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-[]$";

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		fputs(word, f);
		return;
	}
	putc('"', f);
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			putc('\\', f);
		putc(*word, f);
	}
	putc('"', f);
}
