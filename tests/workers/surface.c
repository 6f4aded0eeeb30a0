/*
 * surface.c - the calls of msg.h under a real supervisor, one entry a matter.
 *
 *	brood run surface:ENTRY		exit 0, or the line that did not hold
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

MSG_TYPE(stop);
MSG_TYPE(number, (i32, n));
MSG_TYPE(load, (blob, data));
MSG_TYPE(add, (i32, a), (i32, b));
MSG_TYPE(sum, (i32, value));
MSG_TYPE(every, (bool, yes), (i32, i), (u32, u), (i64, l), (u64, ul),
    (f64, d), (str, s), (blob, b), (pid, p), (strs, names), (pids, ps));

MSG_REMOTABLE(receives);
MSG_REMOTABLE(calls);
MSG_REMOTABLE(watches);
MSG_REMOTABLE(links);
MSG_REMOTABLE(spawns);
MSG_REMOTABLE(floods);
MSG_REMOTABLE(loops);
MSG_REMOTABLE(adder);
MSG_REMOTABLE(front, (pid, adder));
MSG_REMOTABLE(told, (str, what));
MSG_REMOTABLE(flooder, (pid, to), (i32, count));

#define MUST(e)		do {						\
	if (!(e))							\
		msg_die("line %d: not: %s (%s)", __LINE__, #e,		\
		    strerror(errno));					\
} while (0)

static char	bytes[100000];

static struct msg_pid
born(struct msg_pid pid)
{
	if (pid.serial == 0)
		msg_die("spawn: %s", msg_why());
	return pid;
}

/* ---- the others ---- */

static void
adder(void)
{
	struct add	add;

	while (msg_expect(add, &add) == 0 && add.a != 0)
		MUST(msg_reply(&add, sum, .value = add.a + add.b) == 0);
}

/* Passes everything on. */
static void
front(const struct front *args)
{
	struct msg_any	any;

	for (;;) {
		MUST(msg_receive(MSG_FOREVER, MSG_MATCH_ANY(&any)) == 0);
		MUST(msg_forward(args->adder, &any) == 0);
		msg_release_any(&any);
	}
}

static void
told(const struct told *args)
{
	struct stop	stop;

	MUST(msg_expect(stop, &stop) == 0);
	if (strcmp(args->what, "die") == 0)
		msg_die("was told to");
	if (strcmp(args->what, "exit") == 0)
		exit(3);
	msg_terminate();
}

static void
flooder(const struct flooder *args)
{
	struct load	m;
	int32_t		i;

	for (i = 0; i < args->count; i++)
		MUST(msg_send(args->to, load, .data = MSG_ARRAY(bytes)) == 0);
	for (i = 0; i < args->count; i++) {
		MUST(msg_expect(load, &m) == 0 && m.data.n == sizeof(bytes));
		msg_release(load, &m);
	}
	MUST(msg_send(args->to, stop) == 0);
}

/* ---- the matters ---- */

static bool
n_is_two(const struct number *m, const void *ctx)
{
	(void)ctx;
	return m->n == 2;
}

static void
receives(void)
{
	struct msg_pid	me = msg_self();
	struct number	number;
	struct every	e;
	struct msg_any	any;
	struct stop	stop;

	msg_cork();
	MUST(msg_send(me, number, .n = 1) == 0);
	MUST(msg_send(me, number, .n = 2) == 0);
	MUST(msg_send(me, stop) == 0);
	MUST(msg_uncork() == 0);
	MUST(msg_receive(5000, MSG_MATCH_IF(number, &number, n_is_two, NULL))
	    == 0);
	MUST(msg_receive(5000, MSG_MATCH(stop, &stop),
	    MSG_MATCH(number, &number)) == 1 && number.n == 1);
	MUST(msg_receive(5000, MSG_MATCH_ANY(&any)) == 0);
	MUST(strcmp(any.type, "stop") == 0);
	msg_release_any(&any);
	MUST(msg_receive(10) == MSG_TIMEOUT);

	MUST(msg_send(me, every, .yes = true, .i = -1, .u = 2, .l = INT64_MIN,
	    .ul = 3, .d = 0.5, .s = "s", .b = { 1, "b" }, .p = me,
	    .names = MSG_ITEMS(const char *, "k", ""), .ps = { 1, &me }) == 0);
	MUST(msg_expect(every, &e) == 0);
	MUST(e.yes && e.i == -1 && e.l == INT64_MIN && e.names.n == 2);
	MUST(msg_pid_equal(e.msg.sender, me));
	MUST(msg_pid_equal(e.ps.v[0], me));
	msg_release(every, &e);
}

static void
calls(void)
{
	struct msg_pid	server, through;
	struct sum	sum;

	server = born(msg_spawn(msg_self_node(), MSG_CLOSURE(adder)));
	through = born(msg_spawn(msg_self_node(),
	    MSG_CLOSURE(front, .adder = server)));
	MUST(msg_call(server, MSG(add, .a = 1, .b = 2), sum, &sum, 5000) == 0);
	MUST(sum.value == 3 && msg_pid_equal(sum.msg.sender, server));
	MUST(msg_call(through, MSG(add, .a = 2, .b = 2), sum, &sum, 5000)
	    == 0);
	MUST(sum.value == 4 && msg_pid_equal(sum.msg.sender, server));
	/* One that answers a message of another kind never answers this. */
	MUST(msg_call(through, MSG(stop), sum, &sum, 50) == -1);
	MUST(errno == ETIMEDOUT);
	MUST(msg_call(server, MSG(add, .a = 0), sum, &sum, 5000) == -1);
	MUST(errno == ESRCH);
	MUST(msg_call(server, MSG(add, .a = 1), sum, &sum, 5000) == -1);
	MUST(errno == ESRCH);
	MUST(msg_kill(through) == 0);
	MUST(msg_pump() == 0);
}

static void
watches(void)
{
	struct msg_pid	pid;
	struct msg_down	down;
	uint64_t	ref, other;

	pid = born(msg_spawn(msg_self_node(), MSG_CLOSURE(told, .what = "die"),
	    .ref = &ref));
	MUST((other = msg_monitor(pid)) != 0 && other != ref);
	MUST(msg_demonitor(other) == 0);
	MUST(msg_monitor(msg_self()) != 0);
	MUST(msg_send(pid, stop) == 0);
	MUST(msg_receive(5000, MSG_MATCH_DOWN(&down)) == 0);
	MUST(down.ref == ref && msg_pid_equal(down.pid, pid));
	MUST(strcmp(down.cause, "error: was told to") == 0 && !down.normal);
	MSG_WITH_MONITOR(pid) {
		MUST(msg_receive(5000, MSG_MATCH_DOWN_OF(pid, &down)) == 0);
		MUST(strcmp(down.cause, "noproc") == 0);
	}
	MSG_WITH_MONITOR(pid)
		MUST(msg_flush() == 0);
	MUST(msg_receive(100, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
}

static void
links(void)
{
	struct msg_pid	pid;
	struct msg_down	down;

	MUST(msg_trap_exits(true) == 0);
	pid = born(msg_spawn(msg_self_node(), MSG_CLOSURE(told, .what = "exit"),
	    .link = true));
	MUST(msg_send(pid, stop) == 0);
	MUST(msg_receive(5000, MSG_MATCH_EXIT(&down)) == 0);
	MUST(strcmp(down.cause, "exit 3") == 0);
	pid = born(msg_spawn(msg_self_node(), MSG_CLOSURE(told, .what = "")));
	MUST(msg_link(pid) == 0 && msg_unlink(pid) == 0);
	MUST(msg_link(pid) == 0 && msg_exit(pid, "enough") == 0);
	MUST(msg_receive(5000, MSG_MATCH_EXIT(&down)) == 0);
	MUST(strstr(down.cause, ": enough") != NULL);
	MUST(msg_receive(50, MSG_MATCH_EXIT(&down)) == MSG_TIMEOUT);
}

static void
spawns(void)
{
	struct msg_node	node = msg_self_node();
	struct msg_pid	pid, found;

	MUST(msg_ready() == 0);
	MUST(msg_register("me") == 0);
	MUST(msg_whereis("me", &found) == 0);
	MUST(msg_pid_equal(found, msg_self()));
	MUST(msg_pid_parse("me", &found) == 0);
	MUST(msg_send_name("me", stop) == 0);
	MUST(msg_expect(stop, &(struct stop){ .msg = { .ref = 0 } }) == 0);
	MUST(msg_unregister("me") == 0);
	MUST(msg_whereis("me", &found) == -1 && errno == ESRCH);

	pid = born(msg_whereis_or_spawn(node, "server", MSG_CLOSURE(adder)));
	found = born(msg_whereis_or_spawn(node, "server", MSG_CLOSURE(adder)));
	MUST(msg_pid_equal(pid, found));
	MUST(msg_register("server") == -1 && errno == EEXIST);
	MUST(msg_spawn(node, MSG_CLOSURE(adder), .name = "server").serial == 0);
	MUST(errno == EEXIST);
	MUST(msg_spawn_program(node, "nothing", NULL, NULL).serial == 0);
	MUST(errno == ENOENT && msg_why()[0] != '\0');
	(void)born(msg_spawn_program(node, "surface", "told",
	    MSG_WORDS("exit")));
}

/* Each writes 30 MB before it reads. */
static void
floods(void)
{
	flooder(&(struct flooder){ .count = 300, .to = born(msg_spawn(
	    msg_self_node(), MSG_CLOSURE(flooder, .to = msg_self(),
	    .count = 300), .link = true)) });
	MUST(msg_expect(stop, &(struct stop){ .msg = { .ref = 0 } }) == 0);
}

/* A loop of its own; nothing is forgotten in the library. */
static void
loops(void)
{
	struct pollfd	p = { .fd = msg_fd(), .events = POLLIN };
	struct number	number;
	int		n = 0;

	MUST(msg_try_send(msg_self(), number, .n = 1) == 0);
	MUST(msg_receive(5000, MSG_MATCH_WRITABLE(msg_self())) == 0);
	for (n = 0; n < 1000; n++)
		MUST(msg_send_copy(msg_self(), number,
		    &(struct number){ .n = n }) == 0);
	for (n = 0; n <= 1000;) {
		MUST(msg_pump() >= 0);
		while (msg_receive(0, MSG_MATCH(number, &number)) == 0)
			n++;
		MUST(n > 1000 || poll(&p, 1, 5000) == 1);
	}
	MUST(msg_pump() == 0);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(receives, calls, watches, links,
	    spawns, floods, loops, adder, front, told, flooder));
}
