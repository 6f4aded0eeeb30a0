/*
 * census.h - rows about other nodes.
 */
#ifndef CENSUS_H
#define CENSUS_H
#include "node.h"

/* A row for each node that is up, gone, or expected at an address. */
void	 census_peers(struct node *, struct stream *, uint64_t ref);

/* The node of an id as 16 hex digits; false: nobody has met it. */
bool	 census_node(struct node *, struct stream *, uint64_t ref,
	    const char *id);

#endif /* CENSUS_H */
