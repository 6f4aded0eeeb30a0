/* limit.h - which other nodes take less than this one. */
#ifndef LIMIT_H
#define LIMIT_H
#include "conn.h"

struct limit {
	uint64_t	 id;
	uint32_t	 most;
	char		 name[NAME_SIZE];
};

struct limits {
	struct limit	*v;
	size_t		 n;
};

/* A LIMIT: so much a node takes, or as much as this one from now on. */
void		 limit_learn(struct limits *, const struct frame *);

/* The least of this and what any node takes. */
uint32_t	 limit_least(const struct limits *, uint32_t);

/* What that node takes, or this; an id of 0 is not known. */
uint32_t	 limit_of(const struct limits *, uint64_t id,
		    const char *name, uint32_t);

#endif /* LIMIT_H */
