/*
 * closure_test.c - a function called on a node: its result, its death before or
 * after the call came, time, and a node that goes; both ends.
 *
 * Cases of one module, each short and by itself.
 */
#include "fake.h"

#include <fcntl.h>

#include "closure.h"
#include "self.h"

MSG_TYPE(sum, (i32, value), (strs, words));
MSG_TYPE(product, (i32, value));
MSG_TYPE(load, (blob, data));
MSG_TYPE(note_, (str, text));
MSG_TYPE(msg_wanted);
MSG_REMOTABLE(adds, (i32, a), (i32, b), (strs, words));
MSG_REMOTABLE(returns_late);
MSG_REMOTABLE(returns_too_much);
MSG_REMOTABLE(returns_nothing);

#define BETA	UINT64_C(0x5f3a9c0177e2b410)

static const struct pid	child = { BETA, 20 };
static const struct pid	caller = { BETA, 7 };

/* ---- the functions ---- */

static void
adds(const struct adds *a)
{
	CHECK(a->words.n == 2 && strcmp(a->words.v[1], "b") == 0);
	msg_cork();			/* it must not wait corked */
	msg_return(sum, .value = a->a + a->b, .words = a->words);
}

static void
returns_late(void)
{
	struct note_	m;
	struct msg_any	any;

	/* The call is no message, whatever clause waits. */
	CHECK(msg_expect(note_, &m) == 0);
	msg_release(note_, &m);
	CHECK(msg_receive(0, MSG_MATCH_ANY(&any)) == MSG_TIMEOUT);
	msg_return(sum, .value = 1);
}

static void
returns_too_much(void)
{
	static char	bytes[2u << 20];

	msg_return(load, .data = MSG_ARRAY(bytes));
}

static void
returns_nothing(void)
{
}

/* The end of one that may not have read all: that is no clean end of its
   stream. */
static bool
is_gone(struct fake *f)
{
	struct frame	frame;

	return !fake_next_for(f, &frame, FAKE_WAIT);
}

/* ---- the caller ---- */

static int
call(struct sum *sum, int ms)
{
	return msg_call_closure((struct msg_node){ BETA }, MSG_CLOSURE(adds,
	    .a = 1, .b = 2, .words = MSG_ITEMS(const char *, "a", "b")), sum,
	    sum, ms);
}

static void
calls(void)
{
	struct sum	sum;
	struct msg_down	down;
	struct note_	m;

	CHECK(call(&sum, 5000) == 0 && sum.value == 3 && sum.words.n == 2);
	CHECK(msg_pid_equal(sum.msg.sender,
	    (struct msg_pid){ child.node, child.serial }));
	CHECK(strcmp(sum.words.v[0], "a") == 0);
	msg_release(sum, &sum);
	CHECK(call(&sum, MSG_FOREVER) == 0 && sum.value == 4);
	/* Whoever else has spoken waits; nothing of the calls is left. */
	CHECK(msg_expect(note_, &m) == 0);
	msg_release(note_, &m);
	CHECK(msg_receive(0, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
	CHECK(msg_pump() == 0);
}

/* The frame of a spawn, and what it is to begin with. */
static bool
is_spawn(struct fake *f, uint64_t *monitor, uint64_t *ref)
{
	struct msg_called	outer;
	struct adds		args;
	char			name[64], program[64], entry[64];
	struct letter		l;
	struct frame		frame;
	struct rd		r;
	const uint8_t		*image;
	size_t			n;

	WANT(fake_next(f, WIRE_SPAWN, &frame) && frame.h.to.node == BETA);
	WANT(frame.h.flags == WIRE_F_MONITOR);
	*ref = frame.h.ref;
	rd_init(&r, frame.body, frame.body_len);
	*monitor = rd_u64(&r);
	rd_str8(&r, name, sizeof(name));
	rd_str8(&r, program, sizeof(program));
	rd_str8(&r, entry, sizeof(entry));
	WANT(rd_u8(&r) == 1 && !r.bad && strcmp(entry, "adds") == 0);
	WANT(letter_message(&l, r.p, r.left) == 0 &&
	    closure_open(&l, &outer) == 1);
	msg_process_.caller = (struct pid){ 0, 0 };	/* it was not for us */
	WANT(outer.caller.serial == 12 && outer.caller.node == FAKE_NODE);
	image = letter_image(&l, &n);
	WANT(body_read(&msg_type_adds, image, n, &args) == 0);
	WANT(args.a == 1 && args.b == 2);
	body_release(&msg_type_adds, &args);
	body_release(&msg_type_msg_called, &outer);
	return true;
}

static bool
bears(struct fake *f, uint64_t *monitor)
{
	uint64_t	ref;

	WANT(is_spawn(f, monitor, &ref));
	fake_done(f, ref, 0, child, "");
	return true;
}

static bool
is_called(struct fake *f, uint64_t *ref)
{
	struct frame	frame;
	struct letter	l;

	WANT(fake_next(f, WIRE_CALL, &frame) && pid_equal(frame.h.to, child));
	WANT(letter_read(&l, &frame) == 0);
	WANT(l.tag == type_tag("msg_wanted", ""));
	*ref = frame.h.ref;
	return true;
}

static bool
forgets(struct fake *f, uint64_t monitor)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_DEMONITOR, &frame));
	return frame.h.ref == monitor;
}

static bool
answers(struct fake *f)
{
	uint64_t	monitor, ref;

	WANT(bears(f, &monitor) && is_called(f, &ref));
	fake_post(f, WIRE_SEND, child, 0, MSG(note_, .text = "so far"));
	fake_post(f, WIRE_REPLY, child, ref, MSG(sum, .value = 3,
	    .words = MSG_ITEMS(const char *, "a", "b")));
	fake_down(f, child, monitor, "normal");
	WANT(forgets(f, monitor));

	WANT(bears(f, &monitor) && is_called(f, &ref));
	fake_post(f, WIRE_REPLY, child, ref, MSG(sum, .value = 4));
	fake_post(f, WIRE_REPLY, child, ref, MSG(sum, .value = 5));
	WANT(forgets(f, monitor));
	fake_down(f, child, monitor, "normal");
	return is_gone(f);
}

static void
is_refused(void)
{
	struct sum	sum;

	CHECK(call(&sum, 5000) == -1 && errno == EHOSTUNREACH);
	CHECK(strcmp(msg_why(), "program prog: node beta: No route to host")
	    == 0);
	CHECK(call(&sum, 5000) == -1 && errno == EINVAL);
	unsetenv("BROOD_PROGRAM");
	CHECK(call(&sum, 5000) == -1 && errno == EINVAL);
	CHECK(sum.value == 0 && sum.words.v == NULL);
}

static bool
refuses(struct fake *f)
{
	uint64_t	monitor, ref;

	WANT(is_spawn(f, &monitor, &ref));
	fake_done(f, ref, EHOSTUNREACH, (struct pid){ 0, 0 },
	    "program prog: node beta: No route to host");
	WANT(is_spawn(f, &monitor, &ref));
	fake_done(f, ref, EINVAL, (struct pid){ 0, 0 }, "");
	return fake_end(f);
}

/* Every way to end, seen by the spawn's monitor and by the call's. */
static const struct {
	const char	*spawned, *called;	/* NULL: not told */
	bool		 before;	/* the first before the call */
	int		 error;
	const char	*why;
} ends[] = {
	{ "error: no luck", "noproc", true, ESRCH, "error: no luck" },
	{ "normal", "noproc", true, ESRCH, "normal" },
	{ "exit 3", "exit 3", false, ESRCH, "exit 3" },
	{ NULL, "signal 9 (KILL)", false, ESRCH, "signal 9 (KILL)" },
	{ "noconnection", "noconnection", false, EHOSTUNREACH,
	    "noconnection" },
	{ "noconnection", "noproc", true, EHOSTUNREACH, "noconnection" },
};
#define ENDS	(sizeof(ends) / sizeof(ends[0]))

static void
loses(void)
{
	struct msg_down	down;
	struct sum	sum;
	size_t		i;

	for (i = 0; i < ENDS; i++) {
		CHECK(call(&sum, 5000) == -1);
		CHECK(errno == ends[i].error);
		CHECK(strcmp(msg_why(), ends[i].why) == 0);
	}
	CHECK(msg_receive(0, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
	CHECK(msg_pump() == 0);
}

static bool
is_lost(struct fake *f)
{
	uint64_t	monitor, ref;
	size_t		i;

	for (i = 0; i < ENDS; i++) {
		WANT(is_spawn(f, &monitor, &ref));
		fake_done(f, ref, 0, child, "");
		if (ends[i].before)
			fake_down(f, child, monitor, ends[i].spawned);
		WANT(is_called(f, &ref));
		if (!ends[i].before && ends[i].spawned != NULL)
			fake_down(f, child, monitor, ends[i].spawned);
		fake_down(f, child, ref, ends[i].called);
		WANT(forgets(f, monitor));
	}
	return fake_end(f);
}

static void
waits(void)
{
	struct sum	sum;

	CHECK(call(&sum, 50) == -1 && errno == ETIMEDOUT);
	CHECK(call(&sum, 0) == -1 && errno == ETIMEDOUT);
	/* Its start has taken longer than there was. */
	CHECK(call(&sum, 50) == -1 && errno == ETIMEDOUT);
	CHECK(call(&sum, 5000) == -1 && errno == EBADMSG && sum.value == 0);
	CHECK(call(&sum, 5000) == 0 && sum.value == 6);
	CHECK(msg_pump() == 0);
}

/* Whatever is left over is killed. */
static bool
is_killed(struct fake *f, uint64_t monitor, uint64_t ref)
{
	struct frame	frame;

	WANT(forgets(f, ref));
	WANT(fake_next(f, WIRE_KILL, &frame) && pid_equal(frame.h.to, child));
	return forgets(f, monitor);
}

static bool
keeps_waiting(struct fake *f)
{
	uint64_t	monitor, ref;
	struct frame	frame;

	WANT(bears(f, &monitor) && is_called(f, &ref));
	WANT(is_killed(f, monitor, ref));
	fake_post(f, WIRE_REPLY, child, ref, MSG(sum, .value = 3));
	fake_down(f, child, monitor, "killed by 12@alpha");
	WANT(bears(f, &monitor) && is_called(f, &ref));
	WANT(is_killed(f, monitor, ref));

	WANT(is_spawn(f, &monitor, &ref));
	WANT(fake_silent(f, 150));
	fake_done(f, ref, 0, child, "");
	WANT(is_called(f, &ref) && is_killed(f, monitor, ref));

	WANT(bears(f, &monitor) && is_called(f, &ref));
	fake_post(f, WIRE_REPLY, child, ref, MSG(product, .value = 3));
	WANT(fake_next(f, WIRE_KILL, &frame) && forgets(f, monitor));
	WANT(bears(f, &monitor) && is_called(f, &ref));
	fake_post(f, WIRE_REPLY, child, ref, MSG(sum, .value = 6));
	WANT(forgets(f, monitor));
	return fake_end(f);
}

static void
calls_nobody(void)
{
	struct sum	sum;

	CHECK(call(&sum, MSG_FOREVER) == -1 && errno == EPIPE);
}

static bool
goes_away(struct fake *f)
{
	uint64_t	monitor, ref;

	return bears(f, &monitor) && is_called(f, &ref);
}

/* ---- the process that was called ---- */

static const char	*entry;

static void
runs_main(void)
{
	char	*argv[] = { (char *)(uintptr_t)"prog", NULL };

	setenv("BROOD_ENTRY", entry, 1);
	exit(msg_main(1, argv, MSG_TABLE(adds, returns_late, returns_too_much,
	    returns_nothing)));
}

/* A WELCOME with the arguments of an entry, called or not. */
static void
play(const char *title, const char *name, struct msg_body args, bool called,
    bool (*relay)(struct fake *), int status)
{
	struct buf	inner, b;
	struct fake	f = { .base = 0 };

	if (type_ready(args.type) == -1 ||
	    type_ready(&msg_type_msg_called) == -1)
		abort();
	entry = name;
	buf_init(&inner, FAKE_MESSAGE);
	buf_init(&b, FAKE_MESSAGE);
	fake_put(&inner, args);
	if (called)
		fake_put(&b, MSG(msg_called, .caller = { caller.node,
		    caller.serial }, .args = { inner.len, inner.p }));
	else
		buf_add(&b, inner.p, inner.len);
	f.args = (const char *)b.p;
	f.args_len = b.len;
	fake_scene(title, runs_main, relay, &f, status);
	buf_release(&inner);
	buf_release(&b);
}

static void
wants(struct fake *f, struct pid who, uint64_t ref)
{
	if (type_ready(&msg_type_msg_wanted) == -1)
		abort();
	fake_post(f, WIRE_CALL, who, ref, MSG(msg_wanted));
}

/* It watches the caller unless the call is there when it looks. */
static bool
next_but_monitor(struct fake *f, enum wire_op op, struct frame *frame)
{
	WANT(fake_next_for(f, frame, FAKE_WAIT));
	if (frame->h.op == WIRE_MONITOR)
		WANT(fake_next_for(f, frame, FAKE_WAIT));
	return frame->h.op == op;
}

static bool
is_answered(struct fake *f, int32_t value)
{
	struct frame	frame;
	struct letter	l;
	struct sum	sum;
	const uint8_t	*image;
	size_t		n;

	WANT(next_but_monitor(f, WIRE_REPLY, &frame));
	WANT(pid_equal(frame.h.to, caller) && frame.h.ref == 77);
	WANT(letter_read(&l, &frame) == 0 && type_ready(&msg_type_sum) == 0);
	image = letter_image(&l, &n);
	WANT(body_read(&msg_type_sum, image, n, &sum) == 0);
	WANT(sum.value == value);
	body_release(&msg_type_sum, &sum);
	return fake_end(f);
}

static bool
calls_at_once(struct fake *f)
{
	wants(f, caller, 77);
	return is_answered(f, 42);
}

/* Before it calls the caller is watched, for it may have ended. */
static bool
calls_later(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_MONITOR, &frame));
	WANT(pid_equal(frame.h.to, caller));
	wants(f, fake_other, 78);	/* a stranger's call is a message */
	WANT(fake_silent(f, 50));
	wants(f, caller, 77);
	return is_answered(f, 42);
}

static bool
has_died(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_MONITOR, &frame));
	fake_down(f, caller, frame.h.ref, "noconnection");
	return fake_end(f);
}

static bool
calls_before(struct fake *f)
{
	wants(f, caller, 77);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(note_, .text = "go on"));
	return is_answered(f, 1);
}

static bool
hears_too_much(struct fake *f)
{
	struct frame	frame;

	wants(f, caller, 77);
	WANT(next_but_monitor(f, WIRE_DIE, &frame));
	WANT(fake_body_is(&frame, "msg_return: load: Message too long"));
	return fake_end(f);
}

static bool
hears_nothing(struct fake *f)
{
	wants(f, caller, 77);
	return is_gone(f);
}

static bool
refuses_arguments(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_DIE, &frame));
	WANT(fake_body_is(&frame,
	    "adds: arguments of another version of it"));
	return fake_end(f);
}

static void
called(void)
{
	struct msg_body	add = MSG(adds, .a = 40, .b = 2,
	    .words = MSG_ITEMS(const char *, "a", "b"));

	play("return: to the call that is there", "adds", add, true,
	    calls_at_once, 0);
	play("return: to the call that comes later", "adds", add, true,
	    calls_later, 0);
	play("return: the caller has ended before it called", "adds", add,
	    true, has_died, 0);
	play("return: the call came long before, and was no message",
	    "returns_late", MSG(returns_late), true, calls_before, 0);
	play("return: too large is the cause of death", "returns_too_much",
	    MSG(returns_too_much), true, hears_too_much, EXITED(1));
	play("return: from one that was spawned, to nobody", "adds", add,
	    false, fake_end, 0);
	play("no return: a normal end", "returns_nothing",
	    MSG(returns_nothing), true, hears_nothing, 0);
	play("arguments within that are no message", "adds",
	    MSG(msg_called, .args = { 3, "abc" }), false, refuses_arguments,
	    EXITED(100));
}

static void
returns_alone(void)
{
	setenv("BROOD_FD", "", 1);
	msg_return(sum, .value = 1);
}

int
main(void)
{
	struct fake	f = { .base = 0 };

	scene("call: spawned with its arguments, called, answered", calls,
	    answers);
	scene("call: refused, and says why", is_refused, refuses);
	scene("call: every death, with its cause", loses, is_lost);
	scene("call: time is up, or the answer another type: killed", waits,
	    keeps_waiting);
	scene("call: the end of the supervisor", calls_nobody, goes_away);
	called();
	fake_open(&f, returns_alone);
	ok(fake_end(&f) && fake_close(&f) == 0,
	    "return: outside of a supervisor, a normal end");
	return tap_done();
}
