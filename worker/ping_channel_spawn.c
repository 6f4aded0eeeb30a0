/*
 * ping_channel_spawn.c - the lecture's closing puzzle: the ping, too, goes
 * through a channel.
 *
 *	brood run -N 4 ping_channel_spawn:master
 *
 * A receive port cannot be sent, so there the server makes the channel and
 * sends the other end back through a throw-away one; only then can it be
 * pinged.  Here it is born with its port.
 *
 *	(s,r) <- newChannel
 *	spawn nid (pingServer__closure s)	msg_spawn_channel(nid, &to, ...)
 *	ping <- receiveChannel r
 *	sendChannel ping (Ping sendpong)	msg_channel_send(to, ping, ...)
 */
#include <stdlib.h>

#include "msg.h"

/* data Message = Ping (SendPort ProcessId) */
MSG_TYPE(pong, (pid, from));
MSG_TYPE(ping, (port(pong), reply));

MSG_REMOTABLE_CHANNEL(ping_server, ping);
MSG_REMOTABLE(master);

static void
ping_server(const struct ping_recvport *pings)
{
	struct ping	ping;

	if (msg_channel_receive(ping, pings, &ping) == -1)
		msg_die("no ping");
	msg_say("ping received from %s", msg_pid_text(ping.msg.sender));
	msg_channel_send(ping.reply, pong, .from = msg_self());
}

static void
master(void)
{
	struct msg_nodes	 workers = msg_peers_by_role("WORKER");
	struct pong_recvport	*ports = calloc(workers.n + 1, sizeof(*ports));
	struct ping_sendport	 to;
	struct pong_sendport	 reply;
	struct msg_pid		 pid;
	struct pong		 pong;
	size_t			 i;

	if (workers.v == NULL || ports == NULL)
		msg_die("no list of nodes");

	for (i = 0; i < workers.n; i++) {
		msg_say("spawning on %s", msg_node_text(workers.v[i]));
		pid = msg_spawn_channel(workers.v[i], &to,
		    MSG_CLOSURE(ping_server), .link = true);
		if (pid.serial == 0)
			msg_die("%s", msg_why());

		msg_say("pinging %s", msg_pid_text(pid));
		if (msg_channel(pong, &reply, &ports[i]) == -1)
			msg_die("no channel");
		msg_channel_send(to, ping, .reply = reply);
	}

	for (i = 0; i < workers.n; i++)
		if (msg_channel_receive(pong, &ports[i], &pong) == -1)
			msg_die("no pong");
	msg_say("All pongs successfully received");
	free(ports);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(master, ping_server));
}
