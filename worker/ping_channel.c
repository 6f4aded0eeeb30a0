/*
 * ping_channel.c - typed channels, as in the lecture: the ping carries the port
 * to which its pong is to come.
 *
 *	brood run -N 4 ping_channel:master
 */
#include <stdlib.h>

#include "msg.h"

/* data Message = Ping (SendPort ProcessId) */
MSG_TYPE(pong, (pid, from));
MSG_TYPE(ping, (port(pong), reply));

MSG_REMOTABLE(ping_server);
MSG_REMOTABLE(master);

/*
 * Ping chan <- expect
 * mypid <- getSelfPid
 * sendChannel chan mypid
 */
static void
ping_server(void)
{
	struct ping	ping;

	if (msg_expect(ping, &ping) == -1)
		msg_die("no ping");
	msg_say("ping received from %s", msg_pid_text(ping.msg.sender));
	msg_channel_send(ping.reply, pong, .from = msg_self());
}

static void
master(void)
{
	struct msg_nodes	 workers = msg_peers_by_role("WORKER");
	struct msg_pid		*ps = calloc(workers.n + 1, sizeof(*ps));
	struct pong_recvport	*ports = calloc(workers.n + 1, sizeof(*ports));
	struct pong_sendport	 reply;
	struct pong		 pong;
	size_t			 i;

	if (workers.v == NULL || ps == NULL || ports == NULL)
		msg_die("no list of nodes");

	for (i = 0; i < workers.n; i++) {
		msg_say("spawning on %s", msg_node_text(workers.v[i]));
		/* Linked: a server that fails does not keep us waiting. */
		ps[i] = msg_spawn(workers.v[i], MSG_CLOSURE(ping_server),
		    .link = true);
		if (ps[i].serial == 0)
			msg_die("%s", msg_why());
	}

	/* ports <- forM ps $ \pid -> do (sendport,recvport) <- newChannel */
	for (i = 0; i < workers.n; i++) {
		msg_say("pinging %s", msg_pid_text(ps[i]));
		if (msg_channel(pong, &reply, &ports[i]) == -1)
			msg_die("no channel");
		msg_send(ps[i], ping, .reply = reply);
	}

	/* forM_ ports $ \port -> receiveChannel port */
	for (i = 0; i < workers.n; i++)
		if (msg_channel_receive(pong, &ports[i], &pong) == -1)
			msg_die("no pong");
	msg_say("All pongs successfully received");
	free(ports);
	free(ps);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(master, ping_server));
}
