/*
 * worker.h - what the brood_ programs of two hosts share.
 *
 * Errors:  the worker dies with what failed as its cause.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H
#include <errno.h>
#include <msg.h>
#include <string.h>

static inline void
must(int rc, const char *what)
{
	if (rc < 0)
		msg_die("%s: %s", what, strerror(errno));
}

/* This node; or the other one, whose role is WORKER: brood run -N 2 makes such
   a pair, bench/hosts as well. */
static inline struct msg_node
place(bool far)
{
	struct msg_nodes	nodes;

	if (!far)
		return msg_self_node();
	nodes = msg_peers_by_role("WORKER");
	if (nodes.n == 0)
		msg_die("no other node has the role WORKER");
	return nodes.v[0];
}

static inline struct msg_pid
spawned(struct msg_pid pid)
{
	if (pid.serial == 0)
		msg_die("spawn: %s", msg_why());
	return pid;
}

static inline void
await_down(struct msg_pid pid)
{
	struct msg_down	down;

	must(msg_receive(MSG_FOREVER, MSG_MATCH_DOWN_OF(spawned(pid), &down)),
	    "receive");
}

#endif /* BENCH_WORKER_H */
