/*
 * far.c - the calls of msg.h towards other nodes, one entry a matter.
 *
 *	brood run -N 3 far:ENTRY	exit 0, or the line that did not hold
 *
 * The other node is the first of role WORKER; without one it is this one, and
 * what holds anywhere is tried here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "must.h"

MSG_TYPE(stop);
MSG_TYPE(number, (i32, n));
MSG_TYPE(hello, (pid, from), (str, node));
MSG_TYPE(sum, (i64, value), (strs, words));

MSG_REMOTABLE(lists);
MSG_REMOTABLE(told);
MSG_REMOTABLE(texts);
MSG_REMOTABLE(talks);
MSG_REMOTABLE(deaths);
MSG_REMOTABLE(names);
MSG_REMOTABLE(closures);
MSG_REMOTABLE(closure_dies, (str, how));
MSG_REMOTABLE(loses);
MSG_REMOTABLE(greeter, (pid, to));
MSG_REMOTABLE(adds, (i64, a), (i64, b), (strs, words));
MSG_REMOTABLE(calls_on, (i32, depth));
MSG_REMOTABLE(dies, (str, how));
MSG_REMOTABLE(sleeps);

static struct msg_node
there(void)
{
	struct msg_nodes	workers = msg_peers_by_role("WORKER");

	return workers.n > 0 ? workers.v[0] : msg_self_node();
}

/* ---- the others ---- */

/* Says where it is, then answers numbers until told to stop. */
static void
greeter(const struct greeter *a)
{
	struct number	n;
	struct stop	stop;

	MUST(msg_send(a->to, hello, .from = msg_self(),
	    .node = msg_node_text(msg_self_node())) == 0);
	while (msg_receive(MSG_FOREVER, MSG_MATCH(number, &n),
	    MSG_MATCH(stop, &stop)) == 0)
		MUST(msg_reply(&n, number, .n = n.n + 1) == 0);
}

static void
adds(const struct adds *a)
{
	msg_return(sum, .value = a->a + a->b, .words = a->words);
}

/* From node to node, and back again. */
static void
calls_on(const struct calls_on *a)
{
	struct sum	sum;

	if (a->depth == 0)
		msg_return(sum, .value = 0);
	MUST(msg_call_closure(there(), MSG_CLOSURE(calls_on,
	    .depth = a->depth - 1), sum, &sum, 30000) == 0);
	msg_return(sum, .value = sum.value + 1);
}

static void
dies(const struct dies *a)
{
	struct stop	stop;

	if (strcmp(a->how, "wait") == 0)
		(void)msg_expect(stop, &stop);
	if (strcmp(a->how, "exit") == 0)
		exit(3);
	if (strcmp(a->how, "return") == 0)
		return;
	if (strcmp(a->how, "wrong") == 0)
		msg_return(number, .n = 1);
	msg_die("no luck");
}

static void
sleeps(void)
{
	MUST(msg_register("sleeper") == 0);
	for (;;)
		pause();
}

/* ---- the matters ---- */

/* This node first, each once, all others by role. */
static void
lists(void)
{
	struct msg_nodes	all = msg_peers(), workers;
	struct msg_node		node;
	size_t			i, j, n = all.n;

	MUST(n >= 1 && all.v[0].id == msg_self_node().id);
	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			MUST(all.v[i].id != all.v[j].id);
	for (i = 0; i < n; i++) {
		MUST(msg_node_parse(msg_node_text(all.v[i]), &node) == 0);
		MUST(node.id == all.v[i].id);
	}
	workers = msg_peers_by_role("WORKER");
	MUST(workers.v != NULL && workers.n == n - 1);
	workers = msg_peers_by_role("MASTER");
	MUST(workers.n == 1 && workers.v[0].id == msg_self_node().id);
	workers = msg_peers_by_role("KING");
	MUST(workers.v != NULL && workers.n == 0);
	msg_say("%zu nodes", n);
}

/* Those that are up already, then silence; and again from the beginning. */
static void
told(void)
{
	struct msg_node_event	e;
	size_t			i, n = msg_peers().n;
	int			round;

	for (round = 0; round < 2; round++) {
		MUST(msg_monitor_nodes(true) == 0);
		for (i = 1; i < n; i++) {
			MUST(msg_receive(5000, MSG_MATCH_NODE(&e)) == 0);
			MUST(e.up && strcmp(e.role, "WORKER") == 0);
			MUST(e.node.id != msg_self_node().id);
			MUST(strcmp(msg_node_text(e.node), e.name) == 0);
		}
		MUST(msg_receive(100, MSG_MATCH_NODE(&e)) == MSG_TIMEOUT);
		MUST(msg_monitor_nodes(false) == 0);
	}
}

static void
texts(void)
{
	struct msg_node	node = there(), found;
	struct msg_pid	pid;
	struct hello	hello;

	pid = born(msg_spawn(node, MSG_CLOSURE(greeter, .to = msg_self())));
	MUST(pid.node == node.id);
	MUST(msg_expect_for(hello, &hello, 10000) == 0);
	MUST(strcmp(hello.node, msg_node_text(node)) == 0);
	MUST(strcmp(strchr(msg_pid_text(pid), '@') + 1, hello.node) == 0);
	MUST(msg_node_parse(hello.node, &found) == 0 && found.id == node.id);
	msg_release(hello, &hello);
	MUST(msg_pid_parse(msg_pid_text(pid), &pid) == 0);
	MUST(pid.node == node.id);
	MUST(msg_node_parse("nobody", &found) == -1 && errno == ESRCH);
	MUST(msg_pid_parse("3@nobody", &pid) == -1);
	node.id ^= 1;
	MUST(msg_node_text(node)[0] == '#');
	MUST(msg_node_parse(msg_node_text(node), &found) == 0);
	MUST(found.id == node.id);
	MUST(msg_spawn(node, MSG_CLOSURE(sleeps)).serial == 0);
	MUST(errno == EHOSTUNREACH && msg_why()[0] != '\0');
}

static void
talks(void)
{
	struct msg_node	node = there();
	struct msg_pid	pid;
	struct hello	hello;
	struct number	n;
	int32_t		i;

	pid = born(msg_spawn(node, MSG_CLOSURE(greeter, .to = msg_self()),
	    .link = true));
	MUST(msg_expect_for(hello, &hello, 10000) == 0);
	MUST(msg_pid_equal(hello.from, pid));
	MUST(msg_pid_equal(hello.msg.sender, pid));
	msg_release(hello, &hello);
	for (i = 0; i < 100; i++) {
		MUST(msg_call(pid, MSG(number, .n = i), number, &n, 10000)
		    == 0);
		MUST(n.n == i + 1 && msg_pid_equal(n.msg.sender, pid));
	}
	/* Not part of a call: the answers are messages, in order. */
	for (i = 0; i < 1000; i++)
		MUST(msg_send(pid, number, .n = i) == 0);
	for (i = 0; i < 1000; i++)
		MUST(msg_expect_for(number, &n, 10000) == 0 && n.n == i + 1);
	MUST(msg_send(pid, stop) == 0);
	MUST(msg_call(pid, MSG(number, .n = 1), number, &n, 10000) == -1);
	MUST(errno == ESRCH);
}

static void
deaths(void)
{
	struct msg_node	node = there();
	struct msg_pid	pid;
	struct msg_down	down;
	uint64_t	ref;

	pid = born(msg_spawn(node, MSG_CLOSURE(dies, .how = "exit"),
	    .ref = &ref));
	MUST(msg_receive(10000, MSG_MATCH_DOWN(&down)) == 0);
	MUST(down.ref == ref && msg_pid_equal(down.pid, pid));
	MUST(strcmp(down.cause, "exit 3") == 0 && !down.normal);
	MSG_WITH_MONITOR(pid) {
		MUST(msg_receive(10000, MSG_MATCH_DOWN_OF(pid, &down)) == 0);
		MUST(strcmp(down.cause, "noproc") == 0);
	}
	MUST(msg_trap_exits(true) == 0);
	pid = born(msg_spawn(node, MSG_CLOSURE(dies, .how = "wait"),
	    .link = true));
	MUST(msg_exit(pid, "enough") == 0);
	MUST(msg_receive(10000, MSG_MATCH_EXIT(&down)) == 0);
	MUST(msg_pid_equal(down.pid, pid));
	MUST(strstr(down.cause, "killed by ") == down.cause);
	MUST(strstr(down.cause, ": enough") != NULL);
	pid = born(msg_spawn(node, MSG_CLOSURE(dies, .how = "wait"),
	    .monitor = true));
	MUST(msg_kill(pid) == 0);
	MUST(msg_receive(10000, MSG_MATCH_DOWN(&down)) == 0);
	MUST(strncmp(down.cause, "killed by ", 10) == 0);
	MUST(msg_receive(100, MSG_MATCH_DOWN(&down), MSG_MATCH_EXIT(&down))
	    == MSG_TIMEOUT);
}

static void
names(void)
{
	struct msg_node	node = there();
	struct msg_pid	pid, found;
	struct number	n;
	struct msg_down	down;
	char		address[MSG_ADDRESS_MAX] = "server@";

	pid = born(msg_whereis_or_spawn(node, "server", MSG_CLOSURE(greeter,
	    .to = msg_self())));
	MUST(pid.node == node.id);
	found = born(msg_whereis_or_spawn(node, "server",
	    MSG_CLOSURE(greeter, .to = msg_self())));
	MUST(msg_pid_equal(pid, found));
	(void)msg_node_format(node, address + strlen(address));
	MUST(msg_whereis(address, &found) == 0 && msg_pid_equal(pid, found));
	MUST(msg_spawn(node, MSG_CLOSURE(sleeps), .name = "server").serial
	    == 0 && errno == EEXIST);
	MUST(msg_send_name(address, number, .n = 7) == 0);
	MUST(msg_expect_for(number, &n, 10000) == 0 && n.n == 8);
	MSG_WITH_MONITOR(pid) {
		MUST(msg_send_name(address, stop) == 0);
		MUST(msg_receive(10000, MSG_MATCH_DOWN(&down)) == 0);
		MUST(down.normal);
	}
	MUST(msg_whereis(address, &found) == -1 && errno == ESRCH);
}

static void
closures(void)
{
	struct msg_node	node = there();
	struct sum	sum;
	struct number	n;
	struct msg_pid	pid;
	struct msg_down	down;
	char		address[MSG_ADDRESS_MAX] = "sleeper@";

	MUST(msg_call_closure(node, MSG_CLOSURE(adds, .a = 40, .b = 2,
	    .words = MSG_ITEMS(const char *, "a", "", "c")), sum, &sum, 10000)
	    == 0);
	MUST(sum.value == 42 && sum.words.n == 3);
	MUST(strcmp(sum.words.v[2], "c") == 0);
	MUST(sum.msg.sender.node == node.id);
	msg_release(sum, &sum);
	MUST(msg_call_closure(node, MSG_CLOSURE(calls_on, .depth = 3), sum,
	    &sum, 30000) == 0 && sum.value == 3);
	/* Time: it is killed, and its name is free. */
	MUST(msg_call_closure(node, MSG_CLOSURE(sleeps), sum, &sum, 500)
	    == -1 && errno == ETIMEDOUT);
	(void)msg_node_format(node, address + strlen(address));
	if (msg_whereis(address, &pid) == 0)
		MSG_WITH_MONITOR(pid)
			MUST(msg_receive(10000, MSG_MATCH_DOWN(&down)) == 0);
	MUST(msg_whereis(address, &pid) == -1 && errno == ESRCH);
	MUST(msg_call_closure(node, MSG_CLOSURE(dies, .how = "wrong"), sum,
	    &sum, 10000) == -1 && errno == EBADMSG);
	/* Nothing of all that is in the mailbox. */
	MUST(msg_receive(100, MSG_MATCH(number, &n), MSG_MATCH_DOWN(&down))
	    == MSG_TIMEOUT);
	MUST(msg_pump() == 0);
}

/* What the caller is told of a function that does not return. */
static void
closure_dies(const struct closure_dies *a)
{
	struct sum	sum;

	MUST(msg_call_closure(there(), MSG_CLOSURE(dies, .how = a->how), sum,
	    &sum, 10000) == -1 && errno == ESRCH);
	msg_say("%s", msg_why());
}

/* While the call goes on whoever started this ends the node. */
static void
loses(void)
{
	struct msg_node		node = there();
	struct msg_node_event	e;
	struct msg_down		down;
	struct msg_pid		pid;
	struct sum		sum;
	size_t			n = msg_peers().n, i;

	pid = born(msg_spawn(node, MSG_CLOSURE(dies, .how = "wait"),
	    .monitor = true));
	MUST(msg_monitor_nodes(true) == 0);
	for (i = 1; i < n; i++)
		MUST(msg_receive(5000, MSG_MATCH_NODE(&e)) == 0 && e.up);
	MUST(msg_call_closure(node, MSG_CLOSURE(sleeps), sum, &sum,
	    MSG_FOREVER) == -1 && errno == EHOSTUNREACH);
	MUST(strcmp(msg_why(), "noconnection") == 0);
	MUST(msg_receive(20000, MSG_MATCH_NODE(&e), MSG_MATCH_DOWN(&down))
	    == 1 && msg_pid_equal(down.pid, pid));
	MUST(strcmp(down.cause, "noconnection") == 0);
	MUST(msg_receive(20000, MSG_MATCH_NODE(&e), MSG_MATCH_DOWN(&down))
	    == 0 && e.node.id == node.id && !e.up);
	MUST(strcmp(e.name, msg_node_text(node)) == 0);
	MUST(msg_peers().n == n - 1);
	MUST(msg_node_parse(e.name, &node) == -1 && errno == ESRCH);
	MUST(msg_spawn(e.node, MSG_CLOSURE(sleeps)).serial == 0);
	MUST(errno == EHOSTUNREACH);
	msg_say("%s is gone", msg_pid_text(pid));
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(lists, told, texts, talks,
	    deaths, names, closures, closure_dies, loses, greeter, adds,
	    calls_on, dies, sleeps));
}
