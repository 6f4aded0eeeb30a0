/*
 * port_odd.c - channels where something is odd: an owner that does not read,
 * forged frames, numbers that were smuggled, processes born with a port.
 *
 *	brood spawn --monitor port_odd:ENTRY	normal, or what did not hold
 */
#include "ports.h"

#include "send.h"

MSG_REMOTABLE(sends, (port(item), to), (i32, n), (i32, first));
MSG_REMOTABLE(chokes, (str, gate));
MSG_REMOTABLE(forges);
MSG_REMOTABLE(smuggles);
MSG_REMOTABLE(births);
MSG_REMOTABLE(stalls, (pid, to), (str, gate));
MSG_REMOTABLE(forger, (port(item), to), (bool, empty));
MSG_REMOTABLE(smuggler, (port(item), its));
MSG_REMOTABLE(bothers, (pid, whom));
MSG_REMOTABLE_CHANNEL(counts, ends);
MSG_REMOTABLE_CHANNEL(adds_up, ends, (i32, more));

/* ---- the others ---- */

static void
sends(const struct sends *a)
{
	int32_t	i;

	for (i = 0; i < a->n; i++)
		MUST(msg_channel_send(a->to, item, .n = a->first + i,
		    .text = "x") == 0);
}

/* Reads nothing until the gate is there, then all. */
static void
stalls(const struct stalls *a)
{
	struct item_sendport	to;
	struct item_recvport	from;
	int32_t			n = 0;

	MUST(msg_channel(item, &to, &from) == 0);
	MUST(msg_send(a->to, ends, .to = to) == 0);
	while (access(a->gate, F_OK) == -1)
		(void)usleep(10000);
	while (next_item(&from) == n)
		n++;
	MUST(msg_send(a->to, mark, .n = n) == 0);
}

static void
forger(const struct forger *a)
{
	struct mark_sendport	wrong = { a->to.port };
	struct item_sendport	other = a->to;
	struct pid		owner = pid_of(a->to.port.owner);
	uint64_t		id = a->to.port.id;

	other.port.id += 77;
	MUST(msg_channel_send(other, item, .n = -1) == 0);
	MUST(msg_channel_send(wrong, mark, .n = -2) == 0);
	MUST(send_frame(WIRE_CHANNEL, 0, owner, id, "12345678", 8) == 0);
	MUST(send_frame(WIRE_CHANNEL, 0, owner, id, "tpl\0\0\0\0\0i\0", 10)
	    == 0);
	/* These the relay sees, and ends whoever says them. */
	MUST(send_frame(a->empty ? WIRE_CHANNEL : WIRE_PORT_WATCHED, 0, owner,
	    id, NULL, 0) == 0);
	(void)pause();
}

/* A process that has no ports. */
static void
bothers(const struct bothers *a)
{
	struct item_sendport	to = { { 2, a->whom } };
	struct msg_down		down;

	MUST(msg_channel_send(to, item, .n = 1) == 0);
	MUST(msg_monitor_port(to) != 0);
	MUST(msg_channel_send(to, item, .n = 2) == 0);
	MUST(msg_receive(100, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
}

/* The numbers of another's port, as if they were its own. */
static void
smuggler(const struct smuggler *a)
{
	struct item_recvport	from = { a->its.port }, own;
	struct item_sendport	to;
	struct item		item;

	MUST(msg_channel_receive_for(item, &from, &item, 0) == -1);
	MUST(errno == ESRCH);
	MUST(msg_channel(item, &to, &own) == 0);
	MUST(to.port.id == a->its.port.id);	/* the same, but not its */
	MUST(msg_channel_receive_for(item, &from, &item, 0) == -1);
	MUST(errno == ESRCH && msg_channel_close(item, &from) == -1);
	MUST(msg_channel_send(a->its, item, .n = 1) == 0);
}

static void
counts(const struct ends_recvport *in)
{
	struct ends	e;

	for (;;) {
		MUST(msg_channel_receive(ends, in, &e) == 0);
		if (e.n == 0)
			return;
		MUST(msg_channel_send(e.to, item, .n = e.n + 1) == 0);
	}
}

static void
adds_up(const struct ends_recvport *in, const struct adds_up *a)
{
	struct ends	e;

	MUST(msg_channel_receive(ends, in, &e) == 0);
	MUST(msg_channel_send(e.to, item, .n = e.n + a->more) == 0);
}

/* ---- the matters ---- */

/* The owner does not read: the sender is held, and goes on when it does. */
static void
chokes(const struct chokes *a)
{
	static char	 text[1001];
	struct ends	 e;
	struct mark	 mark;
	int32_t		 n = 0;

	memset(text, 'x', sizeof(text) - 1);
	(void)born(msg_spawn(there(0), MSG_CLOSURE(stalls, .to = msg_self(),
	    .gate = a->gate), .link = true));
	MUST(msg_expect_for(ends, &e, LONG_TIME) == 0);
	for (;;) {
		if (msg_channel_try_send(e.to, item, .n = n, .text = text)
		    == 0) {
			MUST(++n < 1000000);
			continue;
		}
		MUST(errno == EAGAIN);
		/* Full is not choked: the relay takes what is there. */
		if (msg_receive(500, MSG_MATCH_WRITABLE(e.to.port.owner)) != 0)
			break;
	}
	msg_say("choked after %d", n);
	MUST(msg_receive(LONG_TIME, MSG_MATCH_WRITABLE(e.to.port.owner)) == 0);
	MUST(msg_channel_send(e.to, item, .n = n++, .text = text) == 0);
	MUST(msg_channel_send(e.to, item, .n = -1) == 0);
	MUST(msg_expect_for(mark, &mark, LONG_TIME) == 0 && mark.n == n);
}

static void
forges(void)
{
	struct item_sendport	to;
	struct item_recvport	from;
	struct item		item;
	struct msg_down		down;
	int			i;

	MUST(msg_channel(item, &to, &from) == 0);
	for (i = 0; i < 2; i++) {
		(void)born(msg_spawn(there(0), MSG_CLOSURE(sends, .to = to,
		    .n = 1, .first = 2 * i), .monitor = true));
		MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
		(void)born(msg_spawn(there(1), MSG_CLOSURE(forger, .to = to,
		    .empty = i == 1), .monitor = true));
		MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
		MUST(strncmp(down.cause, "error: bad frame: ", 18) == 0);
		(void)born(msg_spawn(there(0), MSG_CLOSURE(sends, .to = to,
		    .n = 1, .first = 2 * i + 1), .monitor = true));
		MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
	}
	for (i = 0; i < 4; i++)
		MUST(next_item(&from) == i);
	MUST(msg_channel_receive_for(item, &from, &item, 100) == -1);
	MUST(errno == ETIMEDOUT && msg_pump() == 0);
}

static void
smuggles(void)
{
	struct item_sendport	to;
	struct item_recvport	from;
	struct msg_down		down;

	MUST(msg_channel(item, &to, &from) == 0);
	MUST(msg_channel_send(to, item, .n = 0) == 0);
	(void)born(msg_spawn(there(0), MSG_CLOSURE(smuggler, .its = to),
	    .monitor = true));
	MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
	if (!down.normal)
		msg_die("%s", down.cause);
	MUST(next_item(&from) == 0 && next_item(&from) == 1);
}

static void
births(void)
{
	struct item_sendport	back;
	struct item_recvport	from;
	struct ends_sendport	to, none = { { 7, { 7, 7 } } };
	struct msg_down		down;
	struct msg_pid		pid;
	uint64_t		ref;
	int32_t			i;

	MUST(msg_channel(item, &back, &from) == 0);
	pid = born(msg_spawn_channel(there(0), &to, MSG_CLOSURE(counts),
	    .monitor = true));
	MUST(msg_pid_equal(to.port.owner, pid) && to.port.id == 1);
	for (i = 1; i < 100; i++)
		MUST(msg_channel_send(to, ends, .to = back, .n = i) == 0);
	for (i = 1; i < 100; i++)
		MUST(next_item(&from) == i + 1);
	MUST(msg_channel_send(to, ends) == 0);
	MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
	MUST(down.normal);
	(void)born(msg_spawn_channel(there(1), &to, MSG_CLOSURE(adds_up,
	    .more = 40), .ref = &ref, .name = "adds_up"));
	MUST(msg_channel_send(to, ends, .to = back, .n = 2) == 0);
	MUST(next_item(&from) == 42);
	MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
	MUST(down.ref == ref);
	/* Spawned like any other, it has its port nevertheless. */
	pid = born(msg_spawn(there(0), MSG_CLOSURE(counts)));
	to.port = (struct msg_port){ 1, pid };
	MUST(msg_channel_send(to, ends, .to = back, .n = 7) == 0);
	MUST(next_item(&from) == 8);
	MUST(msg_channel_send(to, ends) == 0);
	MUST(msg_spawn_channel((struct msg_node){ 12345 }, &none,
	    MSG_CLOSURE(counts)).serial == 0);
	MUST(none.port.id == 0 && none.port.owner.serial == 0);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(chokes, forges, smuggles, births,
	    sends, stalls, forger, smuggler, bothers, counts, adds_up));
}
