/*
 * ping_multi.c - the lecture's second example: a master pings one server on
 * each node whose role is WORKER.
 *
 *	brood run -N 4 ping_multi:master
 */
#include <stdlib.h>

#include "msg.h"

/* data Message = Ping ProcessId | Pong ProcessId */
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

/* filter (/= p) ps */
static size_t
without(struct msg_pid p, struct msg_pid *ps, size_t n)
{
	size_t	i, kept = 0;

	for (i = 0; i < n; i++)
		if (!msg_pid_equal(ps[i], p))
			ps[kept++] = ps[i];
	return kept;
}

static void
wait_for_pongs(struct msg_pid *ps, size_t n)
{
	struct pong	pong;
	struct ping	ping;

	while (n > 0)
		switch (msg_receive(MSG_FOREVER,
		    MSG_MATCH(pong, &pong),
		    MSG_MATCH(ping, &ping))) {
		case 0:
			n = without(pong.from, ps, n);
			break;
		case 1:
			msg_say("MASTER received ping");
			msg_terminate();
		default:
			msg_die("no pong");
		}
}

static void
master(void)
{
	struct msg_nodes	workers = msg_peers_by_role("WORKER");
	struct msg_pid		*ps = calloc(workers.n + 1, sizeof(*ps));
	size_t			i;

	if (workers.v == NULL || ps == NULL)
		msg_die("no list of nodes");

	for (i = 0; i < workers.n; i++) {
		msg_say("spawning on %s", msg_node_text(workers.v[i]));
		/* Linked: a server that fails does not keep us waiting. */
		ps[i] = msg_spawn(workers.v[i], MSG_CLOSURE(ping_server),
		    .link = true);
		if (ps[i].serial == 0)
			msg_die("%s", msg_why());
	}

	for (i = 0; i < workers.n; i++) {
		msg_say("pinging %s", msg_pid_text(ps[i]));
		msg_send(ps[i], ping, .from = msg_self());
	}

	wait_for_pongs(ps, workers.n);
	msg_say("All pongs successfully received");
	free(ps);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(master, ping_server));
}
