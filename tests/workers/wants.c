/*
 * wants.c - what a process in C is told across nodes, as lines of its output,
 * for tests that bring their own nodes.
 */
#include <errno.h>
#include <string.h>

#include "msg.h"

MSG_TYPE(load, (blob, data));

MSG_REMOTABLE(wants, (str, node), (str, program));
MSG_REMOTABLE(notes);
MSG_REMOTABLE(heaps, (pid, to), (str, name));

/* A program of another node: born, or why not. */
static void
wants(const struct wants *a)
{
	struct msg_node	node;
	struct msg_pid	pid;

	if (msg_node_parse(a->node, &node) == -1)
		msg_die("%s: %s", a->node, msg_why());
	pid = msg_spawn_program(node, a->program, NULL, NULL);
	if (pid.serial == 0)
		msg_say("refused %s: %s", strerrorname_np(errno), msg_why());
	else
		msg_say("born %s", msg_pid_text(pid));
}

/* A line for each node that comes or goes. */
static void
notes(void)
{
	struct msg_node_event	e;

	if (msg_monitor_nodes(true) == -1)
		msg_die("%s", strerror(errno));
	msg_say("noting");
	while (msg_receive(MSG_FOREVER, MSG_MATCH_NODE(&e)) == 0)
		msg_say("%s %s %s", e.up ? "up" : "down", e.name, e.role);
}

/* How a message of so many bytes was sent, to a pid and to a name. */
static void
heaps(const struct heaps *a)
{
	static uint8_t	bytes[100000];
	size_t		n;

	for (n = 1000; n <= sizeof(bytes); n *= 10) {
		errno = 0;
		(void)msg_send(a->to, load, .data = { n, bytes });
		msg_say("%zu by pid: %s", n, strerror(errno));
		errno = 0;
		(void)msg_send_name(a->name, load, .data = { n, bytes });
		msg_say("%zu by name: %s", n, strerror(errno));
	}
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(wants, notes, heaps));
}
