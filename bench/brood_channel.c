/*
 * brood_channel.c - brood_message.c through typed channels.
 *
 *	brood run brood_channel:pingpong FIGURE SIDE FAR SIZE COUNT
 *	brood run brood_channel:oneway   FIGURE SIDE FAR SIZE COUNT CORKED
 *
 * Owns:    the same two workers, messages and clocks, but each message is sent
 *          to a port and received from it; the other worker is born with its.
 * Errors:  the worker dies with what failed as its cause.
 */
#include <msg.h>

#include "common.h"
#include "worker.h"

MSG_TYPE(note, (blob, data));
MSG_TYPE(asked, (blob, data));
MSG_TYPE(finished);

MSG_REMOTABLE_CHANNEL(echo, asked, (port(note), to));
MSG_REMOTABLE_CHANNEL(sink, note, (port(finished), to), (i32, count));
MSG_REMOTABLE(pingpong, (str, figure), (str, side), (bool, far), (i32, size),
    (i32, count));
MSG_REMOTABLE(oneway, (str, figure), (str, side), (bool, far), (i32, size),
    (i32, count), (bool, corked));

static void
echo(const struct asked_recvport *from, const struct echo *args)
{
	struct asked	asked;

	for (;;) {
		must(msg_channel_receive(asked, from, &asked), "receive");
		must(msg_channel_send(args->to, note, .data = asked.data),
		    "send");
		msg_release(asked, &asked);
	}
}

static void
sink(const struct note_recvport *from, const struct sink *args)
{
	struct note	note;

	must(msg_channel_send(args->to, finished), "send");	/* ready */
	for (int32_t i = 0; i < args->count; i++) {
		must(msg_channel_receive(note, from, &note), "receive");
		msg_release(note, &note);
	}
	must(msg_channel_send(args->to, finished), "send");
}

static void
pingpong(const struct pingpong *args)
{
	struct bench_samples	samples;
	struct msg_blob		data;
	struct asked_sendport	other;
	struct note_sendport	to;
	struct note_recvport	from;
	struct note		note;
	uint64_t		before, after;
	int32_t			warm = args->count / 10;

	data = (struct msg_blob){ (size_t)args->size,
	    bench_memory((size_t)args->size) };
	must(msg_channel(note, &to, &from), "channel");
	(void)spawned(msg_spawn_channel(place(args->far), &other,
	    MSG_CLOSURE(echo, .to = to)));
	bench_samples_init(&samples, (size_t)args->count);
	before = bench_now();
	for (int32_t i = 0; i < args->count + warm; i++) {
		must(msg_channel_send(other, asked, .data = data), "send");
		must(msg_channel_receive(note, &from, &note), "receive");
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
	struct msg_blob			data;
	struct note_sendport		other;
	struct finished_sendport	to;
	struct finished_recvport	from;
	struct finished			finished;
	uint64_t			start;

	data = (struct msg_blob){ (size_t)args->size,
	    bench_memory((size_t)args->size) };
	must(msg_channel(finished, &to, &from), "channel");
	(void)spawned(msg_spawn_channel(place(args->far), &other,
	    MSG_CLOSURE(sink, .to = to, .count = args->count)));
	must(msg_channel_receive(finished, &from, &finished), "receive");

	start = bench_now();
	if (args->corked)
		msg_cork();
	for (int32_t i = 0; i < args->count; i++)
		must(msg_channel_send(other, note, .data = data), "send");
	if (args->corked)
		must(msg_uncork(), "uncork");
	must(msg_channel_receive(finished, &from, &finished), "receive");
	bench_print_rate(args->figure, args->side, (size_t)args->count,
	    (size_t)args->size, bench_now() - start);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(pingpong, oneway, echo, sink));
}
