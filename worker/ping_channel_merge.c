/*
 * ping_channel_merge.c - typed channels merged into one: the pongs are received
 * as they come, each with the process it is from.
 *
 *	brood run -N 4 ping_channel_merge:master
 */
#include <stdlib.h>

#include "msg.h"

/* data Message = Ping (SendPort ProcessId) */
MSG_TYPE(pong, (pid, from));
MSG_TYPE(ping, (port(pong), reply));

MSG_REMOTABLE(ping_server);
MSG_REMOTABLE(master);

static void
ping_server(void)
{
	struct ping	ping;

	if (msg_expect(ping, &ping) == -1)
		msg_die("no ping");
	msg_say("ping received from %s", msg_pid_text(ping.msg.sender));
	msg_channel_send(ping.reply, pong, .from = msg_self());
}

/* port <- mergePortsBiased ports, then receiveChannel port for each */
static void
wait_for_pongs(const struct pong_recvport *ports, size_t n)
{
	struct pong_recvport	all;
	struct pong		pong;

	if (n == 0)
		return;
	if (msg_channel_merge(pong, &all, MSG_BIASED, ports, n) == -1)
		msg_die("not merged");
	while (n-- > 0) {
		if (msg_channel_receive(pong, &all, &pong) == -1)
			msg_die("no pong");
		msg_say("pong from %s", msg_pid_text(pong.from));
	}
}

static void
master(void)
{
	struct msg_nodes	 workers = msg_peers_by_role("WORKER");
	struct pong_recvport	*ports = calloc(workers.n + 1, sizeof(*ports));
	struct pong_sendport	 reply;
	struct msg_pid		 pid;
	size_t			 i;

	if (workers.v == NULL || ports == NULL)
		msg_die("no list of nodes");

	for (i = 0; i < workers.n; i++) {
		msg_say("spawning on %s", msg_node_text(workers.v[i]));
		pid = msg_spawn(workers.v[i], MSG_CLOSURE(ping_server),
		    .link = true);
		if (pid.serial == 0)
			msg_die("%s", msg_why());

		msg_say("pinging %s", msg_pid_text(pid));
		if (msg_channel(pong, &reply, &ports[i]) == -1)
			msg_die("no channel");
		msg_send(pid, ping, .reply = reply);
	}

	wait_for_pongs(ports, workers.n);
	msg_say("All pongs successfully received");
	free(ports);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(master, ping_server));
}
