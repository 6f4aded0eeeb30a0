/*
 * ping.c - the lecture's first example: a master pings a server it spawned.
 *
 *	brood run ping:master
 */
#include "msg.h"

MSG_TYPE(ping, (pid, from));
MSG_TYPE(pong, (pid, from));

MSG_REMOTABLE(ping_server);
MSG_REMOTABLE(master);

static void
ping_server(void)
{
	struct ping	ping;

	if (msg_expect(ping, &ping) == -1)
		msg_die("no ping");
	msg_say("ping received from %s", msg_pid_text(ping.from));
	msg_send(ping.from, pong, .from = msg_self());
}

static void
master(void)
{
	struct msg_node	node = msg_self_node();
	struct msg_pid	pid;
	struct pong	pong;

	msg_say("spawning on %s", msg_node_text(node));
	pid = msg_spawn(node, MSG_CLOSURE(ping_server));
	if (pid.serial == 0)
		msg_die("%s", msg_why());

	msg_say("pinging %s", msg_pid_text(pid));
	msg_send(pid, ping, .from = msg_self());

	if (msg_expect(pong, &pong) == -1)
		msg_die("no pong");
	msg_say("pong.");
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(master, ping_server));
}
