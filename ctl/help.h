/* help.h - the table of verbs, shown and searched. */
#ifndef HELP_H
#define HELP_H
#include "verb.h"

const struct verb	*help_find(const char *name);	/* or NULL */
/* The most similar name, or NULL when nothing is near. */
const char		*help_suggest(const char *name);

/* To standard output: all verbs, and one. */
void	 help_list(void);
void	 help_verb(const struct verb *);

#endif /* HELP_H */
