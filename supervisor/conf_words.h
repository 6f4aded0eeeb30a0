/*
 * conf_words.h - lists of words: split, quoted, given back.
 *
 * A list is a vector that ends with NULL, in memory of its own.
 */
#ifndef CONF_WORDS_H
#define CONF_WORDS_H
#include <stdio.h>

/* As sh does: quotes and backslashes, no expansion.  NULL and why. */
char	**conf_words_sh(const char *text, const char **why);

/* At blanks, nothing else has a meaning.  NULL: ENOMEM. */
char	**conf_words_blank(const char *text);

/* One word so that conf_words_sh, and ini_unquote, read it back. */
void	  conf_words_quote(FILE *, const char *word);

void	  conf_words_free(char **);

#endif /* CONF_WORDS_H */
