/*
 * pid.h - process ids, names, and addresses as people write them.
 *
 *	12@alpha  12  chat@beta  chat  12@alpha#5f3a9c0177e2b410  4@alpha!17
 *	12@#5f3a9c0177e2b410	of a node whose name is not known
 *
 * A pid is the random 64-bit id of its node's incarnation and a serial that is
 * never used again, so a pid never means two processes.
 */
#ifndef PID_H
#define PID_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pid { uint64_t node, serial; };	/* serial 0: nobody */

#define NAME_SIZE	64	/* of a name or node name, its NUL included */
#define ADDRESS_SIZE	192	/* of the longest address as text, with NUL */

struct address {
	uint64_t	serial;			/* 0: it is a name */
	uint64_t	incarnation;		/* node id; 0: not said */
	uint64_t	ref;			/* of a call; 0: not said */
	char		name[NAME_SIZE];	/* "" for a pid */
	char		node[NAME_SIZE];	/* "": the local node */
};

/* A letter, then letters, digits, '_', '.', '-'; at most 63 in all. */
bool	 name_valid(const char *);

/* 0, or -1 and EINVAL; out is all zero then. */
int	 address_parse(const char *text, struct address *out);

/*
 * Writes SERIAL@NODE, with #INCARNATION if full, with !REF if ref is not 0, and
 * returns text.  The node is given by name.
 */
char	*pid_print(char text[ADDRESS_SIZE], struct pid, const char *node,
	    bool full, uint64_t ref);

static inline bool
pid_equal(struct pid a, struct pid b)
{
	return a.node == b.node && a.serial == b.serial;
}

bool	 pid_none(struct pid);

#endif /* PID_H */
