/*
 * brood_mailbox.c - msg_expect beside many messages nobody has asked for.
 *
 *	brood run brood_mailbox:mailbox ROUNDS
 *
 * Owns:    the figure expect: the time of one msg_expect whose message lies
 *          in the mailbox already, behind 10 others (expect.few) and behind
 *          100,000 (expect.brood).  No socket and no other process is in it:
 *          a mark sent last is waited for first.
 * Errors:  the worker dies with what failed as its cause.
 */
#include <errno.h>
#include <msg.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

#define FEW		10
#define MANY		100000
#define BATCH		1000		/* expects in one sample */

MSG_TYPE(note, (blob, data));
MSG_TYPE(other, (i32, number));
MSG_TYPE(mark);

MSG_REMOTABLE(mailbox, (i32, rounds));

static void
must(int rc, const char *what)
{
	if (rc == -1)
		msg_die("%s: %s", what, strerror(errno));
}

/* All that was sent before stands in the mailbox when this returns. */
static void
settle(void)
{
	struct mark	mark;

	must(msg_send(msg_self(), mark), "send");
	must(msg_expect(mark, &mark), "expect");
}

static void
fill(int32_t count)
{
	msg_cork();
	for (int32_t i = 0; i < count; i++)
		must(msg_send(msg_self(), other, .number = i), "send");
	must(msg_uncork(), "uncork");
	settle();
}

static uint64_t
batch(void)
{
	static char	bytes[BENCH_BLOB];
	struct note	note;
	uint64_t	start;

	for (int i = 0; i < BATCH; i++)
		must(msg_send(msg_self(), note, .data = MSG_ARRAY(bytes)),
		    "send");
	settle();
	start = bench_now();
	for (int i = 0; i < BATCH; i++) {
		must(msg_expect(note, &note), "expect");
		msg_release(note, &note);
	}
	return bench_now() - start;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
measure(const char *side, size_t rounds)
{
	uint64_t	*ns = bench_memory(rounds * sizeof(*ns));

	batch();			/* warms up */
	for (size_t i = 0; i < rounds; i++)
		ns[i] = batch();
	qsort(ns, rounds, sizeof(*ns), by_value);
	bench_print("expect", side, (double)ns[rounds / 2] / BATCH, "ns");
	free(ns);
}

static void
mailbox(const struct mailbox *args)
{
	fill(FEW);
	measure("few", (size_t)args->rounds);
	fill(MANY - FEW);
	measure("brood", (size_t)args->rounds);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(mailbox));
}
