/* nodes.h - the names of other nodes, as far as this process has met them. */
#ifndef NODES_H
#define NODES_H
#include <stdbool.h>
#include <stdint.h>

#include "pid.h"

/* Its own, one learned before, or what the supervisor knows; a name of an id
   never changes.  False: nobody knows it.  errno stays. */
bool	 nodes_name(uint64_t id, char name[NAME_SIZE]);
void	 nodes_learn(uint64_t id, const char *name);

#endif /* NODES_H */
