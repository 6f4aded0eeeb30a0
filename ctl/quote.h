/* quote.h - words for a POSIX shell. */
#ifndef QUOTE_H
#define QUOTE_H
#include <stddef.h>
#include <stdio.h>

/*
 * Writes one line, so that in sh, dash, bash, zsh, busybox and ksh
 *
 *	read -r line; eval "set -- $line"
 *
 * gives exactly these words, whatever bytes are in them.  The line itself has
 * no newline inside.
 */
void	 quote_line(FILE *, const char *const *words, size_t n);

#endif /* QUOTE_H */
