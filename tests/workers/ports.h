/*
 * ports.h - what the programs that test channels share.
 *
 * Errors:  the worker dies with the line that did not hold as its cause.
 */
#ifndef PORTS_H
#define PORTS_H
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "must.h"

MSG_TYPE(item, (i32, n), (str, text));
MSG_TYPE(mark, (i32, n));
MSG_TYPE(stop);
MSG_TYPE(ends, (port(item), to), (i32, n));

#define LONG_TIME	20000		/* ms */

/* The i-th of the other nodes, round and round; alone: this one. */
static MSG_UNUSED struct msg_node
there(size_t i)
{
	struct msg_nodes	nodes = msg_peers();

	MUST(nodes.n > 0);
	return nodes.n == 1 ? nodes.v[0] : nodes.v[1 + i % (nodes.n - 1)];
}

/* The next from a port, which must be there in time. */
static MSG_UNUSED int32_t
next_item(const struct item_recvport *from)
{
	struct item	item;
	int32_t		n;

	MUST(msg_channel_receive_for(item, from, &item, LONG_TIME) == 0);
	n = item.n;
	msg_release(item, &item);
	return n;
}

#endif /* PORTS_H */
