/*
 * lines.h - the last captured lines, of all workers together.
 */
#ifndef LINES_H
#define LINES_H
#include "world.h"

/* Old ones make room for it.  Without memory it is not kept. */
void	 lines_add(struct world *, struct pid, const char *name,
	    const char *text, size_t len);

/* The last n of a process, joined by newlines; malloc'd, or NULL: none. */
char	*lines_last(struct world *, struct pid, size_t n);

void	 lines_release(struct world *);

#endif /* LINES_H */
