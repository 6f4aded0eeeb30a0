/*
 * brood_process.c - birth and death of workers under brood, by <msg.h> alone.
 *
 *	brood run brood_process:spawning FIGURE COUNT
 *	brood run brood_process:exiting  COUNT
 *	brood run brood_process:killing  COUNT
 *	brood run brood_process:ending   FIGURE SIDE FAR COUNT
 *
 * Owns:    the brood side of the spawn, exit and kill figures.
 *          spawning: msg_spawn until the child's first message is received.
 *          exiting: the spawn of exit_at_once until its DOWN.
 *          killing: kill(2) with SIGKILL of a worker that waits until its DOWN.
 *          ending: the spawn of a worker that ends at once until its DOWN;
 *          with FAR true on the other of two nodes (bench/hosts).
 *          raw_process and peer_erlang start this binary too (plain_child.c).
 * Errors:  the worker dies with what failed as its cause.
 */
#include <msg.h>
#include <signal.h>
#include <unistd.h>

#include "common.h"
#include "plain_child.h"
#include "worker.h"

#define KILL_PAUSE_US	300	/* lets the victim fall asleep first */

MSG_TYPE(hello, (i32, os_pid));

MSG_REMOTABLE(greeter, (pid, to), (bool, stays));
MSG_REMOTABLE(spawning, (str, figure), (i32, count));
MSG_REMOTABLE(exiting, (i32, count));
MSG_REMOTABLE(killing, (i32, count));
MSG_REMOTABLE(ender);
MSG_REMOTABLE(ending, (str, figure), (str, side), (bool, far), (i32, count));

static void
greeter(const struct greeter *args)
{
	struct hello	never;

	must(msg_send(args->to, hello, .os_pid = (int32_t)getpid()), "send");
	if (args->stays)
		must(msg_expect(hello, &never), "expect");
}

static void
spawning(const struct spawning *args)
{
	struct bench_samples	samples;
	struct msg_pid		pid;
	struct hello		hello;
	uint64_t		start;

	bench_samples_init(&samples, (size_t)args->count);
	for (int32_t i = 0; i < args->count; i++) {
		start = bench_now();
		pid = msg_spawn(msg_self_node(), MSG_CLOSURE(greeter,
		    .to = msg_self()), .monitor = true);
		must(msg_expect(hello, &hello), "expect");
		bench_samples_add(&samples, bench_now() - start);
		await_down(pid);
	}
	bench_samples_print(&samples, args->figure, "brood");
}

static void
exiting(const struct exiting *args)
{
	struct bench_samples	samples;
	uint64_t		start;

	bench_samples_init(&samples, (size_t)args->count);
	for (int32_t i = 0; i < args->count; i++) {
		start = bench_now();
		await_down(msg_spawn_program(msg_self_node(), "exit_at_once",
		    NULL, NULL, .monitor = true));
		bench_samples_add(&samples, bench_now() - start);
	}
	bench_samples_print(&samples, "exit", "brood");
}

static void
killing(const struct killing *args)
{
	struct bench_samples	samples;
	struct msg_pid		pid;
	struct hello		hello;
	uint64_t		start;

	bench_samples_init(&samples, (size_t)args->count);
	for (int32_t i = 0; i < args->count; i++) {
		pid = msg_spawn(msg_self_node(), MSG_CLOSURE(greeter,
		    .to = msg_self(), .stays = true), .monitor = true);
		must(msg_expect(hello, &hello), "expect");
		usleep(KILL_PAUSE_US);
		start = bench_now();
		must(kill((pid_t)hello.os_pid, SIGKILL), "kill");
		await_down(pid);
		bench_samples_add(&samples, bench_now() - start);
	}
	bench_samples_print(&samples, "kill", "brood");
}

static void
ender(void)
{
}

static void
ending(const struct ending *args)
{
	struct bench_samples	samples;
	struct msg_node		node = place(args->far);
	uint64_t		start;

	bench_samples_init(&samples, (size_t)args->count);
	for (int32_t i = 0; i < args->count; i++) {
		start = bench_now();
		await_down(msg_spawn(node, MSG_CLOSURE(ender),
		    .monitor = true));
		bench_samples_add(&samples, bench_now() - start);
	}
	bench_samples_print(&samples, args->figure, args->side);
}

int
main(int argc, char **argv)
{
	if (plain_child(argc, argv))
		return 0;
	return msg_main(argc, argv, MSG_TABLE(spawning, exiting, killing,
	    ending, greeter, ender));
}
