/*
 * brood_scale.c - very many workers at once.
 *
 *	brood run brood_scale:scale WORKERS ROUNDS
 *
 * Owns:    scale_up: from the first spawn until every worker has answered a
 *          ping; pair: the round trip of one pair, with nobody else
 *          (pair.alone) and among them all (pair.brood), ROUNDS times;
 *          scale_down: from the first kill until the last DOWN, which comes
 *          after the worker was reaped.
 * Errors:  the worker dies with what failed as its cause.
 */
#include <errno.h>
#include <msg.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

MSG_TYPE(ping, (i32, number));

MSG_REMOTABLE(echo);
MSG_REMOTABLE(scale, (i32, workers), (i32, rounds));

static void
must(int rc, const char *what)
{
	if (rc < 0)
		msg_die("%s: %s", what, strerror(errno));
}

static void
echo(void)
{
	struct ping	ping;

	for (;;) {
		must(msg_expect(ping, &ping), "expect");
		must(msg_send(ping.msg.sender, ping, .number = ping.number),
		    "send");
	}
}

static struct msg_pid
spawn_echo(void)
{
	struct msg_pid	pid;

	pid = msg_spawn(msg_self_node(), MSG_CLOSURE(echo), .monitor = true);
	if (pid.serial == 0)
		msg_die("spawn: %s", strerror(errno));
	return pid;
}

static void
pair(struct msg_pid other, const char *side, int32_t rounds)
{
	struct bench_samples	samples;
	struct ping		ping;
	uint64_t		before, after;

	bench_samples_init(&samples, (size_t)rounds);
	before = bench_now();
	for (int32_t i = 0; i < rounds; i++) {
		must(msg_send(other, ping, .number = i), "send");
		must(msg_expect(ping, &ping), "expect");
		after = bench_now();
		bench_samples_add(&samples, after - before);
		before = after;
	}
	bench_samples_print(&samples, "pair", side);
}

static double
seconds_since(uint64_t start)
{
	return (double)(bench_now() - start) / 1e9;
}

static void
start_all(struct msg_pid *pids, int32_t n)
{
	struct ping	ping;
	uint64_t	start = bench_now();

	for (int32_t i = 0; i < n; i++) {
		pids[i] = spawn_echo();
		must(msg_send(pids[i], ping, .number = i), "send");
	}
	for (int32_t i = 0; i < n; i++)
		must(msg_expect(ping, &ping), "expect");
	bench_print("scale_up", "brood", seconds_since(start), "s");
}

static void
kill_all(const struct msg_pid *pids, int32_t n)
{
	struct msg_down	down;
	uint64_t	start = bench_now();

	for (int32_t i = 0; i < n; i++)
		must(msg_kill(pids[i]), "kill");
	for (int32_t i = 0; i < n; i++)
		must(msg_receive(MSG_FOREVER, MSG_MATCH_DOWN(&down)),
		    "receive");
	bench_print("scale_down", "brood", seconds_since(start), "s");
}

static void
scale(const struct scale *args)
{
	struct msg_pid	 one = spawn_echo();
	struct msg_pid	*pids;

	pids = bench_memory((size_t)args->workers * sizeof(*pids));
	pair(one, "alone", args->rounds);
	start_all(pids, args->workers);
	pair(one, "brood", args->rounds);
	kill_all(pids, args->workers);
	free(pids);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(scale, echo));
}
