/*
 * flood.c - who sends more than is read.
 *
 *	flood:first MIB FILE		two that send each other so much at once
 *	flood:second FIRST MIB FILE	before either reads
 *	flood:choked STALLED ECHO FILE	fills STALLED, looks what it still can
 *	flood:blocked STALLED FILE	in msg_send to it, until that returns
 *	flood:sender STALLED		sends it all it can, for ever
 *
 * FILE gets a line for each step.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

#define PIECE		(64 << 10)
#define A_MIB		((1 << 20) / PIECE)
#define ANSWER_MS	5000

MSG_TYPE(note, (u64, n), (blob, pad));
MSG_REMOTABLE(first, (i32, mib), (str, file));
MSG_REMOTABLE(second, (pid, first), (i32, mib), (str, file));
MSG_REMOTABLE(choked, (pid, stalled), (pid, echo), (str, file));
MSG_REMOTABLE(blocked, (pid, stalled), (str, file));
MSG_REMOTABLE(sender, (pid, to));

static char	zero[PIECE];

static void
say(const char *file, const char *what)
{
	FILE	*f;

	if ((f = fopen(file, "a")) == NULL)
		msg_die("%s", file);
	fprintf(f, "%s\n", what);
	fclose(f);
}

/* ---- two that flood each other ---- */

static void
send_all(struct msg_pid to, uint64_t pieces)
{
	uint64_t	i;

	for (i = 1; i <= pieces; i++)
		if (msg_send(to, note, .n = i, .pad = { PIECE, zero }) == -1)
			msg_die("send: %s", strerror(errno));
}

static void
receive_all(uint64_t pieces)
{
	struct note	m;
	uint64_t	i;

	for (i = 1; i <= pieces; i++) {
		if (msg_expect(note, &m) == -1)
			msg_die("expect: %s", strerror(errno));
		if (m.n != i || m.pad.n != PIECE)
			msg_die("piece %llu is number %llu, of %zu bytes",
			    (unsigned long long)i, (unsigned long long)m.n,
			    m.pad.n);
		msg_release(note, &m);
	}
}

static void
exchange(struct msg_pid peer, int32_t mib, const char *file)
{
	send_all(peer, (uint64_t)mib * A_MIB);
	say(file, "sent");
	receive_all((uint64_t)mib * A_MIB);
	say(file, "received");
}

static void
first(const struct first *a)
{
	struct note	begin;
	struct msg_pid	peer;

	if (msg_expect(note, &begin) == -1)
		msg_die("no beginning");
	peer = begin.msg.sender;
	msg_release(note, &begin);
	exchange(peer, a->mib, a->file);
}

static void
second(const struct second *a)
{
	msg_send(a->first, note, .n = 0);
	exchange(a->first, a->mib, a->file);
}

/* ---- the choked ---- */

static void
fill(struct msg_pid to)
{
	uint64_t	i;

	for (i = 1; msg_try_send(to, note, .n = i,
	    .pad = { 1000, zero }) == 0 || errno == EAGAIN; i++)
		/* EAGAIN is a full socket, or a choke: that one stays. */
		if (errno == EAGAIN && msg_receive(500,
		    MSG_MATCH_WRITABLE(to)) == MSG_TIMEOUT)
			return;
	msg_die("fill: %s", strerror(errno));
}

static void
choked(const struct choked *a)
{
	struct msg_down	down;
	struct note	m;

	fill(a->stalled);
	say(a->file, "choked");
	if (msg_call(a->echo, MSG(note, .n = 7), note, &m, ANSWER_MS) == -1)
		msg_die("call: %s", strerror(errno));
	msg_release(note, &m);
	say(a->file, "called");
	if (msg_register("choked") == -1 || msg_monitor(a->stalled) == 0 ||
	    msg_link(a->echo) == -1 || msg_unlink(a->echo) == -1)
		msg_die("%s", strerror(errno));
	say(a->file, "monitors");
	if (msg_kill(a->stalled) == -1 ||
	    msg_receive(ANSWER_MS, MSG_MATCH_DOWN(&down)) != 0)
		msg_die("not killed");
	say(a->file, down.cause);
	if (msg_send(a->stalled, note, .n = 1) == -1)
		msg_die("send: %s", strerror(errno));
	say(a->file, "released");
}

static void
blocked(const struct blocked *a)
{
	fill(a->stalled);
	say(a->file, "choked");
	if (msg_send(a->stalled, note, .n = 1) == -1)
		msg_die("send: %s", strerror(errno));
	say(a->file, "released");
}

static void
sender(const struct sender *a)
{
	while (msg_send(a->to, note, .pad = { 1000, zero }) == 0)
		;
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(first, second, choked, blocked,
	    sender));
}
