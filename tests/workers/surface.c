/*
 * surface.c - messages and calls of msg.h under a real supervisor, one entry a
 * matter.
 */
#include <poll.h>

#include "surface.h"

#define STEPS		10000
#define BIGGEST		((16 << 20) - 200)

MSG_TYPE(number, (i32, n));
MSG_TYPE(load, (blob, data));
MSG_TYPE(add, (i32, a), (i32, b));
MSG_TYPE(sum, (i32, value));
MSG_TYPE(every, (bool, yes), (i32, i), (u32, u), (i64, l), (u64, ul),
    (f64, d), (str, s), (blob, b), (pid, p), (strs, names), (pids, ps));

MSG_REMOTABLE(receives, NODES);
MSG_REMOTABLE(orders, NODES);
MSG_REMOTABLE(sizes, NODES);
MSG_REMOTABLE(calls, NODES);
MSG_REMOTABLE(late, NODES);
MSG_REMOTABLE(floods, NODES);
MSG_REMOTABLE(loops, NODES);
MSG_REMOTABLE(speaker, (pid, to));
MSG_REMOTABLE(stepper, (pid, to));
MSG_REMOTABLE(counter, (i32, senders), (pid, to));
MSG_REMOTABLE(mirror);
MSG_REMOTABLE(adder);
MSG_REMOTABLE(tardy);
MSG_REMOTABLE(front, (pid, adder));
MSG_REMOTABLE(flooder, (pid, to), (i32, count));

static char	bytes[100000];

/* ---- the others ---- */

static void
speaker(const struct speaker *args)
{
	struct msg_pid	to = args->to, me = msg_self();

	msg_cork();
	MUST(msg_send(to, number, .n = 1) == 0);
	MUST(msg_send(to, number, .n = 2) == 0);
	MUST(msg_send(to, stop) == 0);
	MUST(msg_uncork() == 0);
	MUST(msg_send(to, every, .yes = true, .i = -1, .u = 2, .l = INT64_MIN,
	    .ul = 3, .d = 0.5, .s = "s", .b = { 1, "b" }, .p = to,
	    .names = MSG_ITEMS(const char *, "k", ""), .ps = { 1, &me }) == 0);
}

/* Numbers, a write each, then some in one, and so on. */
static void
stepper(const struct stepper *args)
{
	int32_t	i;

	for (i = 1; i <= STEPS; i++) {
		if (i % 200 == 0)
			msg_cork();
		MUST(msg_send(args->to, number, .n = i) == 0);
		if (i % 200 == 100)
			MUST(msg_uncork() == 0);
	}
	MUST(msg_flush() == 0);
}

/* Of each sender the next number is one more. */
static void
counter(const struct counter *args)
{
	struct {
		struct msg_pid	pid;
		int32_t		last;
	}		of[2] = { { .last = 0 } };
	struct number	m;
	int32_t		left = args->senders * STEPS;
	size_t		i;

	for (; left > 0; left--) {
		MUST(msg_expect_for(number, &m, MS) == 0);
		for (i = 0; i < 2 && of[i].last != 0 &&
		    !msg_pid_equal(of[i].pid, m.msg.sender); i++)
			;
		MUST(i < 2 && m.n == of[i].last + 1);
		of[i].pid = m.msg.sender;
		of[i].last = m.n;
	}
	MUST(msg_receive(100, MSG_MATCH(number, &m)) == MSG_TIMEOUT);
	MUST(msg_send(args->to, stop) == 0);
}

/* Loads and numbers go back. */
static void
mirror(void)
{
	struct load	load;
	struct number	number;

	for (;;)
		switch (msg_receive(MSG_FOREVER, MSG_MATCH(load, &load),
		    MSG_MATCH(number, &number))) {
		case 0:
			MUST(msg_send_copy(load.msg.sender, load, &load) == 0);
			msg_release(load, &load);
			break;
		case 1:
			MUST(msg_send_copy(number.msg.sender, number, &number)
			    == 0);
			break;
		default:
			msg_die("receive: %s", strerror(errno));
		}
}

static void
adder(void)
{
	struct add	add;

	while (msg_expect(add, &add) == 0 && add.a != 0)
		MUST(msg_reply(&add, sum, .value = add.a + add.b) == 0);
}

/* Answers when it is told to, and then says so. */
static void
tardy(void)
{
	struct add	add;
	struct stop	stop;

	while (msg_expect(add, &add) == 0) {
		MUST(msg_expect(stop, &stop) == 0);
		MUST(msg_reply(&add, sum, .value = add.a + add.b) == 0);
		MUST(msg_send(stop.msg.sender, number, .n = add.a) == 0);
	}
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

/* ---- messages ---- */

static bool
n_is_two(const struct number *m, const void *ctx)
{
	(void)ctx;
	return m->n == 2;
}

static void
receives(const struct receives *a)
{
	struct msg_pid	me = msg_self(), other;
	struct number	number;
	struct every	e;
	struct msg_any	any;
	struct stop	stop;

	other = born(msg_spawn(node_of(a->there),
	    MSG_CLOSURE(speaker, .to = me)));
	MUST(msg_receive(MS, MSG_MATCH_IF(number, &number, n_is_two, NULL))
	    == 0);
	MUST(msg_receive(MS, MSG_MATCH(stop, &stop),
	    MSG_MATCH(number, &number)) == 1 && number.n == 1);
	MUST(msg_pid_equal(number.msg.sender, other));
	MUST(msg_receive(MS, MSG_MATCH_ANY(&any)) == 0);
	MUST(strcmp(any.type, "stop") == 0);
	msg_release_any(&any);

	MUST(msg_expect_for(every, &e, MS) == 0);
	MUST(e.yes && e.i == -1 && e.l == INT64_MIN && e.names.n == 2);
	MUST(msg_pid_equal(e.msg.sender, other) && msg_pid_equal(e.p, me));
	MUST(e.ps.n == 1 && msg_pid_equal(e.ps.v[0], other));
	msg_release(every, &e);
	MUST(msg_receive(10) == MSG_TIMEOUT);
	must_be_quiet();
}

/* Two that send to one, each in its order, and nothing twice. */
static void
orders(const struct orders *a)
{
	struct msg_pid	to;
	struct stop	stop;

	to = born(msg_spawn(node_of(a->there), MSG_CLOSURE(counter,
	    .senders = 2, .to = msg_self()), .link = true));
	born(msg_spawn(node_of(a->third), MSG_CLOSURE(stepper, .to = to),
	    .link = true));
	stepper(&(struct stepper){ .to = to });
	MUST(msg_expect(stop, &stop) == 0);
}

static void
sizes(const struct sizes *a)
{
	static const size_t	size[] = { 0, 1, 32 << 10, (64 << 10) - 100,
				    64 << 10, (64 << 10) + 1, 1 << 20,
				    5000000, BIGGEST };
	static char		big[BIGGEST + 200];
	struct msg_pid		to;
	struct load		m;
	size_t			i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)(i % 251);
	to = born(msg_spawn(node_of(a->there), MSG_CLOSURE(mirror),
	    .link = true));
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++)
		MUST(msg_send(to, load, .data = { size[i], big + i }) == 0);
	MUST(msg_send(to, load, .data = MSG_ARRAY(big)) == -1);
	MUST(errno == EMSGSIZE);
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		MUST(msg_expect(load, &m) == 0 && m.data.n == size[i]);
		MUST(memcmp(m.data.v, big + i, size[i]) == 0);
		msg_release(load, &m);
	}
	must_be_quiet();
}

/* ---- calls ---- */

static void
calls(const struct calls *a)
{
	struct msg_pid	server, through;
	struct sum	sum;

	server = born(msg_spawn(node_of(a->there), MSG_CLOSURE(adder)));
	through = born(msg_spawn(node_of(a->third),
	    MSG_CLOSURE(front, .adder = server)));
	MUST(msg_call(server, MSG(add, .a = 1, .b = 2), sum, &sum, MS) == 0);
	MUST(sum.value == 3 && msg_pid_equal(sum.msg.sender, server));
	MUST(msg_call(through, MSG(add, .a = 2, .b = 2), sum, &sum, MS)
	    == 0);
	MUST(sum.value == 4 && msg_pid_equal(sum.msg.sender, server));
	/* One that answers a message of another kind never answers this. */
	MUST(msg_call(through, MSG(stop), sum, &sum, 50) == -1);
	MUST(errno == ETIMEDOUT);
	MUST(msg_call(server, MSG(add, .a = 0), sum, &sum, MS) == -1);
	MUST(errno == ESRCH && strcmp(msg_why(), "normal") == 0);
	MUST(msg_call(server, MSG(add, .a = 1), sum, &sum, MS) == -1);
	MUST(errno == ESRCH && strcmp(msg_why(), "noproc") == 0);
	/* To the dead is no error. */
	MUST(msg_send(server, add, .a = 1) == 0);
	MUST(msg_kill(through) == 0);
	must_be_quiet();
}

/* An answer after its time: no message, nor that of the next call. */
static void
late(const struct late *a)
{
	struct msg_pid	server;
	struct sum	sum;
	struct number	done;
	int32_t		i;

	server = born(msg_spawn(node_of(a->there), MSG_CLOSURE(tardy),
	    .link = true));
	for (i = 1; i <= ROUNDS; i++) {
		MUST(msg_call(server, MSG(add, .a = i, .b = 1), sum, &sum, 5)
		    == -1 && errno == ETIMEDOUT);
		MUST(msg_send(server, stop) == 0);
		MUST(msg_send(server, stop) == 0);
		MUST(msg_call(server, MSG(add, .a = -i, .b = 0), sum, &sum,
		    MS) == 0 && sum.value == -i);
		MUST(msg_expect_for(number, &done, MS) == 0 && done.n == i);
		MUST(msg_expect_for(number, &done, MS) == 0 && done.n == -i);
		MUST(msg_pump() == 0);
	}
	must_be_quiet();
}

/* ---- loads ---- */

/* Each writes 30 MB before it reads. */
static void
floods(const struct floods *a)
{
	struct stop	stop;

	flooder(&(struct flooder){ .count = 300, .to = born(msg_spawn(
	    node_of(a->there), MSG_CLOSURE(flooder, .to = msg_self(),
	    .count = 300), .link = true)) });
	MUST(msg_expect(stop, &stop) == 0);
}

/* A loop of its own; nothing is forgotten in the library. */
static void
loops(const struct loops *a)
{
	struct pollfd	p = { .fd = msg_fd(), .events = POLLIN };
	struct msg_pid	to;
	struct number	number;
	int		n = 0;

	to = born(msg_spawn(node_of(a->there), MSG_CLOSURE(mirror),
	    .link = true));
	MUST(msg_try_send(msg_self(), number, .n = 1) == 0);
	MUST(msg_receive(MS, MSG_MATCH_WRITABLE(msg_self())) == 0);
	for (n = 0; n < 1000; n++)
		MUST(msg_send_copy(n % 2 == 0 ? to : msg_self(), number,
		    &(struct number){ .n = n }) == 0);
	for (n = 0; n <= 1000;) {
		MUST(msg_pump() >= 0);
		while (msg_receive(0, MSG_MATCH(number, &number)) == 0)
			n++;
		MUST(n > 1000 || poll(&p, 1, MS) == 1);
	}
	must_be_quiet();
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(receives, orders, sizes, calls,
	    late, floods, loops, speaker, stepper, counter, mirror, adder,
	    tardy, front, flooder));
}
