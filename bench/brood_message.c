/*
 * brood_message.c - the messaging figures of brood, by <msg.h> alone.
 *
 *	brood run brood_message:pingpong FIGURE SIDE FAR SIZE COUNT
 *	brood run brood_message:oneway   FIGURE SIDE FAR SIZE COUNT CORKED
 *
 * Owns:    two workers and what is between them: the node's relay, or, with
 *          FAR true, two relays and a connection; then the other worker is on
 *          the node whose role is WORKER (brood run -N 2, bench/hosts).
 *          pingpong: a message with a blob of SIZE bytes and its echo; a
 *          sample a round.  oneway: COUNT messages from one to the other; the
 *          clock stops when the other has taken them all and has said so.
 *          CORKED true: between msg_cork and msg_uncork; false: each in the
 *          kernel when msg_send returns.
 * Errors:  the worker dies with what failed as its cause.
 */
#include <msg.h>

#include "common.h"
#include "worker.h"

MSG_TYPE(note, (blob, data));
MSG_TYPE(ready);
MSG_TYPE(finished);

MSG_REMOTABLE(echo);
MSG_REMOTABLE(sink, (pid, to), (i32, count));
MSG_REMOTABLE(pingpong, (str, figure), (str, side), (bool, far), (i32, size),
    (i32, count));
MSG_REMOTABLE(oneway, (str, figure), (str, side), (bool, far), (i32, size),
    (i32, count), (bool, corked));

static void
echo(void)
{
	struct note	note;

	for (;;) {
		must(msg_expect(note, &note), "expect");
		must(msg_send(note.msg.sender, note, .data = note.data),
		    "send");
		msg_release(note, &note);
	}
}

static void
sink(const struct sink *args)
{
	struct note	note;

	must(msg_send(args->to, ready), "send");
	for (int32_t i = 0; i < args->count; i++) {
		must(msg_expect(note, &note), "expect");
		msg_release(note, &note);
	}
	must(msg_send(args->to, finished), "send");
}

static void
pingpong(const struct pingpong *args)
{
	struct bench_samples	samples;
	struct msg_blob		data;
	struct msg_pid		other;
	struct note		note;
	uint64_t		before, after;
	int32_t			warm = args->count / 10;

	data = (struct msg_blob){ (size_t)args->size,
	    bench_memory((size_t)args->size) };
	other = spawned(msg_spawn(place(args->far), MSG_CLOSURE(echo)));
	bench_samples_init(&samples, (size_t)args->count);
	before = bench_now();
	for (int32_t i = 0; i < args->count + warm; i++) {
		must(msg_send(other, note, .data = data), "send");
		must(msg_expect(note, &note), "expect");
		msg_release(note, &note);
		after = bench_now();
		if (i >= warm)
			bench_samples_add(&samples, after - before);
		before = after;
	}
	bench_samples_print(&samples, args->figure, args->side);
}

static void
oneway(const struct oneway *args)
{
	struct msg_blob	data;
	struct msg_pid	other;
	struct ready	ready;
	struct finished	finished;
	uint64_t	start;

	data = (struct msg_blob){ (size_t)args->size,
	    bench_memory((size_t)args->size) };
	other = spawned(msg_spawn(place(args->far),
	    MSG_CLOSURE(sink, .to = msg_self(), .count = args->count)));
	must(msg_expect(ready, &ready), "expect");

	start = bench_now();
	if (args->corked)
		msg_cork();
	for (int32_t i = 0; i < args->count; i++)
		must(msg_send(other, note, .data = data), "send");
	if (args->corked)
		must(msg_uncork(), "uncork");
	must(msg_expect(finished, &finished), "expect");
	bench_print_rate(args->figure, args->side, (size_t)args->count,
	    (size_t)args->size, bench_now() - start);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(pingpong, oneway, echo, sink));
}
