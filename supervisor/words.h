/*
 * words.h - a vector of strings that ends with NULL, as exec wants it.
 */
#ifndef WORDS_H
#define WORDS_H
#include <stdbool.h>
#include <stddef.h>

/* Begins as all zeroes.  A failure (ENOMEM) sticks; the caller asks once. */
struct words {
	char	**v;		/* NULL as long as nothing was added */
	size_t	  n, cap;
	bool	  failed;
};

void	 words_add(struct words *, const char *);
void	 words_take(struct words *, char *);	/* NULL: failed */

/* NAME=VALUE; one of that name is replaced. */
void	 words_set(struct words *, const char *name, const char *value);

/* The vector, the caller's from now on; NULL and ENOMEM if anything failed. */
char	**words_give(struct words *);
void	 words_release(struct words *);
void	 words_free(char **);			/* what words_give() gave */

#endif /* WORDS_H */
