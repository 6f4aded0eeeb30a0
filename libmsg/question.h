/* question.h - questions that the supervisor answers with rows. */
#ifndef QUESTION_H
#define QUESTION_H
#include <stdbool.h>
#include <stddef.h>

#include "conn.h"

/*
 * Asks with no word or one (NULL: none).  Each row is lent to fn, which must
 * neither send nor receive.  -1: what the supervisor said; msg_why() is left as
 * it was.
 */
int	 question_ask(const char *what, const char *word,
	    void (*fn)(void *ctx, const struct frame *row), void *ctx);

/* The value of a key, with NUL; false: it has none, or that does not fit or
   holds a NUL, and text is "". */
bool	 question_cell(const struct frame *row, const char *key, char *text,
	    size_t size);

#endif /* QUESTION_H */
