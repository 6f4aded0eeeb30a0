/*
 * memory.h - the memory of received messages, one block each.
 */
#ifndef MEMORY_H
#define MEMORY_H
#include <stddef.h>

/* Aligned for anything.  NULL: ENOMEM. */
void	*memory_new(size_t);
void	 memory_free(void *);		/* NULL is allowed */

#endif /* MEMORY_H */
