/*
 * who.c - this process and others, and how they are written.
 *
 * Owns:    text of pids and nodes for programs, both ways.
 * Not here: the syntax of addresses (pid.c), the names of nodes (nodes.c), who
 *          has a name (name.c).
 * Errors:  zero and errno; -1 and errno.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"
#include "nodes.h"
#include "self.h"
#include "send.h"

_Static_assert(MSG_ADDRESS_MAX == ADDRESS_SIZE, "one size of addresses");

struct msg_pid
msg_self(void)
{
	if (self_open() == -1)
		return (struct msg_pid){ 0, 0 };
	return msg_pid_of(msg_process_.pid);
}

struct msg_node
msg_self_node(void)
{
	return (struct msg_node){ msg_self().node };
}

bool
msg_pid_equal(struct msg_pid a, struct msg_pid b)
{
	return a.node == b.node && a.serial == b.serial;
}

/* Its name, or #ID where nobody knows that. */
static void
node_text(uint64_t id, char text[NAME_SIZE])
{
	if (!nodes_name(id, text))
		(void)snprintf(text, NAME_SIZE, "#%016" PRIx64, id);
}

const char *
msg_node_format(struct msg_node node, char text[MSG_ADDRESS_MAX])
{
	node_text(node.id, text);
	return text;
}

const char *
msg_pid_format(struct msg_pid pid, char text[MSG_ADDRESS_MAX])
{
	char	node[NAME_SIZE];

	node_text(pid.node, node);
	return pid_print(text, pid_of(pid), node, false, 0);
}

int
msg_pid_parse(const char *text, struct msg_pid *out)
{
	struct address	a;

	*out = (struct msg_pid){ 0, 0 };
	if (self_open() == -1 || address_parse(text, &a) == -1)
		return -1;
	if (a.serial == 0)
		return msg_whereis(text, out);
	if (a.incarnation != 0)
		out->node = a.incarnation;
	else if (a.node[0] == '\0' || strcmp(a.node, msg_process_.node) == 0)
		out->node = msg_process_.pid.node;
	else
		return msg_whereis(text, out);	/* the relay knows its id */
	out->serial = a.serial;
	return 0;
}
