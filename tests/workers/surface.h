/*
 * surface.h - what the entries that try the calls of msg.h have in common.
 *
 *	brood spawn --monitor surface:ENTRY THERE THIRD
 *				its end is normal, or the line that did not hold
 *
 * THERE and THIRD are nodes: whom this one speaks with, and who comes between
 * or watches.  All three may be one.
 */
#ifndef SURFACE_H
#define SURFACE_H
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "must.h"

#define MS	10000			/* how long anything may take */
#define ROUNDS	20
#define NODES	(str, there), (str, third)

MSG_TYPE(stop);

static MSG_UNUSED struct msg_node
node_of(const char *name)
{
	struct msg_node	node;

	if (msg_node_parse(name, &node) == -1)
		msg_die("%s: %s", name, strerror(errno));
	return node;
}

/* Of all that there was nothing is left, nor does it come. */
static MSG_UNUSED void
must_be_quiet(void)
{
	struct msg_down	down;

	MUST(msg_receive(100, MSG_MATCH_DOWN(&down), MSG_MATCH_EXIT(&down))
	    == MSG_TIMEOUT);
	MUST(msg_pump() == 0);
}

#endif /* SURFACE_H */
