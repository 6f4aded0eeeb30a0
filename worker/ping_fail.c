/*
 * ping_fail.c - the lecture's last example: the server fails, and the master
 * is told.
 *
 *	brood run ping_fail:master
 *	brood run -N 2 ping_fail:master		the server on another node
 */
#include "msg.h"

/* data Message = Ping ProcessId | Pong ProcessId */
MSG_TYPE(ping, (pid, from));
MSG_TYPE(pong, (pid, from));

MSG_REMOTABLE(ping_server);
MSG_REMOTABLE(master);

/* The pattern match that can fail, spelled out. */
static void
ping_server(void)
{
	struct ping	ping;
	struct msg_any	other;

	if (msg_receive(MSG_FOREVER,
	    MSG_MATCH(ping, &ping),
	    MSG_MATCH_ANY(&other)) != 0)
		msg_die("wanted a ping, got a %s", other.type);
	msg_send(ping.from, pong, .from = msg_self());
}

static void
master(void)
{
	struct msg_nodes	workers = msg_peers_by_role("WORKER");
	struct msg_pid		pid;
	struct pong		pong;
	struct msg_down		down;

	pid = msg_spawn(workers.n > 0 ? workers.v[0] : msg_self_node(),
	    MSG_CLOSURE(ping_server));
	if (pid.serial == 0)
		msg_die("%s", msg_why());

	MSG_WITH_MONITOR(pid) {
		msg_send(pid, pong, .from = msg_self());	/* no ping */

		switch (msg_receive(MSG_FOREVER,
		    MSG_MATCH(pong, &pong),
		    MSG_MATCH_DOWN(&down))) {
		case 0:
			msg_say("pong.");
			break;
		case 1:
			msg_say("process %s died: %s",
			    msg_pid_text(down.pid), down.cause);
			break;
		}
	}
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(master, ping_server));
}
