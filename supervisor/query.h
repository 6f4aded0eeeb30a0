/*
 * query.h - questions and orders of the command line.
 */
#ifndef QUERY_H
#define QUERY_H
#include "world.h"

/* acts->query: QUERY and CONTROL. */
void	 query_frame(struct stream *, const struct frame *);

/* What the parent said to a reload.  now is the configuration that holds from
   here on, or would after a dry run; NULL when it was refused. */
void	 query_reloaded(struct world *, int err, const char *text,
	    const struct conf *now);

void	 query_release(struct world *);

#endif /* QUERY_H */
