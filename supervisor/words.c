/*
 * words.c - a vector of strings that ends with NULL, as exec wants it.
 *
 * Owns:    its strings.
 * Errors:  the first failure is kept; words_give() tells it as ENOMEM.
 */
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_FIRST	16

static bool
words_grow(struct words *w)
{
	size_t	 cap = w->cap == 0 ? WORDS_FIRST : w->cap * 2;
	char	**v;

	if (w->n + 1 < w->cap)		/* one more for the NULL */
		return true;
	if ((v = reallocarray(w->v, cap, sizeof(*v))) == NULL)
		return false;
	w->v = v;
	w->cap = cap;
	return true;
}

void
words_take(struct words *w, char *s)
{
	if (s == NULL || w->failed || !words_grow(w)) {
		w->failed = true;
		free(s);
		return;
	}
	w->v[w->n++] = s;
	w->v[w->n] = NULL;
}

void
words_add(struct words *w, const char *s)
{
	words_take(w, strdup(s));
}

void
words_set(struct words *w, const char *name, const char *value)
{
	size_t	 i, len = strlen(name);
	char	*s;

	if (asprintf(&s, "%s=%s", name, value) == -1) {
		w->failed = true;
		return;
	}
	for (i = 0; i < w->n; i++)
		if (strncmp(w->v[i], name, len) == 0 && w->v[i][len] == '=') {
			free(w->v[i]);
			w->v[i] = s;
			return;
		}
	words_take(w, s);
}

char **
words_give(struct words *w)
{
	char	**v;

	if (w->v == NULL && !w->failed && !words_grow(w))
		w->failed = true;
	if (w->failed) {
		words_release(w);
		errno = ENOMEM;
		return NULL;
	}
	v = w->v;
	v[w->n] = NULL;
	*w = (struct words){ .v = NULL };
	return v;
}

void
words_free(char **v)
{
	size_t	i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

void
words_release(struct words *w)
{
	words_free(w->v);
	*w = (struct words){ .v = NULL };
}
