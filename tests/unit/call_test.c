/*
 * call_test.c - calls, spawns and names: what is asked, how each answer ends
 * it, and what comes too late.
 */
#include "fake.h"

MSG_TYPE(add, (i32, a), (i32, b));
MSG_TYPE(sum, (i32, value));
MSG_TYPE(product, (i32, value));
MSG_TYPE(note_, (str, text));
MSG_REMOTABLE(server, (i32, port), (pid, parent));
MSG_REMOTABLE(plain);

static const struct msg_pid other = { FAKE_NODE, 7 };

static void
server(const struct server *args)
{
	(void)args;
}

static void
plain(void)
{
}

#define CALL(ms)	msg_call(other, MSG(add, .a = 1, .b = 2), sum, &sum, ms)

/* ---- calls ---- */

static void
calls(void)
{
	struct sum	sum;
	struct note_	m;

	CHECK(CALL(5000) == 0 && sum.value == 3);
	CHECK(msg_pid_equal(sum.msg.sender, other));
	CHECK(CALL(MSG_FOREVER) == -1 && errno == ESRCH && sum.value == 0);
	CHECK(CALL(5000) == -1 && errno == EHOSTUNREACH);
	CHECK(CALL(30) == -1 && errno == ETIMEDOUT);
	CHECK(CALL(5000) == -1 && errno == EBADMSG && sum.value == 0);
	CHECK(CALL(5000) == 0 && sum.value == 6);
	CHECK(CALL(5000) == 0 && sum.value == 7);
	CHECK(sum.msg.sender.serial == 99);
	/* Others have waited, in order; nothing of a call is among them. */
	CHECK(msg_pump() == 2);
	CHECK(msg_expect(note_, &m) == 0 && strcmp(m.text, "x") == 0);
	msg_release(note_, &m);
	CHECK(msg_expect(note_, &m) == 0 && strcmp(m.text, "y") == 0);
	msg_release(note_, &m);
}

static bool
answers(struct fake *f)
{
	static const struct pid	stranger = { FAKE_NODE, 99 };
	struct frame		frame;

	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 1);
	WANT(pid_equal(frame.h.to, fake_other));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(note_, .text = "x"));
	fake_post(f, WIRE_REPLY, fake_other, 1, MSG(sum, .value = 3));
	fake_post(f, WIRE_REPLY, fake_other, 1, MSG(sum, .value = 4));
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 2);
	fake_down(f, fake_other, 2, "noproc");
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 3);
	fake_down(f, fake_other, 3, "noconnection");
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 4);
	WANT(fake_next(f, WIRE_DEMONITOR, &frame) && frame.h.ref == 4);
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 5);
	fake_post(f, WIRE_REPLY, fake_other, 4, MSG(sum, .value = 5));
	fake_down(f, fake_other, 4, "exit 1");
	fake_post(f, WIRE_REPLY, fake_other, 5, MSG(product, .value = 1));
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 6);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(note_, .text = "y"));
	fake_post(f, WIRE_REPLY, fake_other, 6, MSG(sum, .value = 6));
	fake_down(f, fake_other, 6, "exit 1");
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 7);
	fake_post(f, WIRE_REPLY, stranger, 7, MSG(sum, .value = 7));
	WANT(fake_next(f, WIRE_DEMONITOR, &frame) && frame.h.ref == 7);
	return fake_end(f);
}

static void
calls_the_choked(void)
{
	struct sum	sum;

	CHECK(CALL(5000) == 0);
	CHECK(CALL(50) == -1 && errno == ETIMEDOUT);
}

static bool
chokes(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_CALL, &frame));
	fake_send(f, WIRE_CHOKE, 0, fake_other, 0, NULL, 0);
	fake_post(f, WIRE_REPLY, fake_other, 1, MSG(sum, .value = 3));
	return fake_end(f);
}

static void
calls_nobody(void)
{
	struct sum	sum;

	CHECK(CALL(MSG_FOREVER) == -1 && errno == EPIPE);
	CHECK(msg_register("x") == -1 && errno == EPIPE);
}

static bool
ends(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_CALL, &frame));
	return true;
}

/* The answer lies there while the last of the request is being written, when
   the line is looked at for chokes. */
static void
is_answered_early(void)
{
	static char	text[40000];	/* two are more than LINE_LOOK */
	struct pollfd	p = { .fd = msg_fd(), .events = POLLIN };
	struct sum	sum;

	memset(text, 'x', sizeof(text) - 1);
	CHECK(msg_send(other, note_, .text = text) == 0);
	CHECK(poll(&p, 1, FAKE_WAIT) == 1);
	CHECK(msg_call(other, MSG(note_, .text = text), sum, &sum, 1000) == 0);
	CHECK(sum.value == 3);
	CHECK(CALL(1000) == 0 && sum.value == 4);
}

static bool
answers_early(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_SEND, &frame));
	fake_post(f, WIRE_REPLY, fake_other, 1, MSG(sum, .value = 3));
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 1);
	WANT(fake_next(f, WIRE_CALL, &frame) && frame.h.ref == 2);
	fake_post(f, WIRE_REPLY, fake_other, 2, MSG(sum, .value = 4));
	return fake_end(f);
}

/* ---- spawns ---- */

static void
spawns(void)
{
	struct msg_node	 node = msg_self_node();
	struct msg_down	 down;
	struct msg_pid	 pid;
	uint64_t	 ref = 77;

	pid = msg_spawn(node, MSG_CLOSURE(server, .port = 5,
	    .parent = msg_self()), .link = true, .name = "x");
	CHECK(pid.serial == 20 && pid.node == FAKE_NODE);
	pid = msg_spawn(node, MSG_CLOSURE(plain), .ref = &ref);
	CHECK(pid.serial == 21 && ref == 2);
	CHECK(msg_receive(1000, MSG_MATCH_DOWN(&down)) == 0 && down.ref == 2);
	/* Refused: nothing is left. */
	pid = msg_spawn(node, MSG_CLOSURE(plain), .monitor = true, .ref = &ref);
	CHECK(pid.serial == 0 && pid.node == 0 && errno == ENOENT && ref == 0);
	CHECK(strcmp(msg_why(), "program prog: no such program") == 0);
	CHECK(msg_receive(0, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
	pid = msg_spawn_program(node, "chat", "chat_server",
	    MSG_WORDS("44444", "two words"), .monitor = true);
	CHECK(pid.serial == 22);
	pid = msg_spawn_program(node, "chat", NULL, NULL);
	CHECK(pid.serial == 0 && errno == EEXIST);
	CHECK(strcmp(msg_why(), strerror(EEXIST)) == 0);
	unsetenv("BROOD_PROGRAM");
	CHECK(msg_spawn(node, MSG_CLOSURE(plain)).serial == 0);
	CHECK(errno == EINVAL);
}

struct order {
	uint64_t	 monitor;
	char		 name[64], program[64], entry[64];
	unsigned int	 kind;
	struct rd	 args;
};

static bool
reads_spawn(struct fake *f, struct frame *frame, struct order *o)
{
	struct rd	r;

	WANT(fake_next(f, WIRE_SPAWN, frame));
	WANT(frame->h.to.node == FAKE_NODE && frame->h.to.serial == 0);
	rd_init(&r, frame->body, frame->body_len);
	o->monitor = rd_u64(&r);
	rd_str8(&r, o->name, sizeof(o->name));
	rd_str8(&r, o->program, sizeof(o->program));
	rd_str8(&r, o->entry, sizeof(o->entry));
	o->kind = rd_u8(&r);
	o->args = r;
	return !r.bad;
}

static bool
reads_closures(struct fake *f)
{
	struct frame	 frame;
	struct server	 args;
	struct order	 o;
	const size_t	 head = 8 + 2 + strlen("server") + strlen("ip");

	WANT(reads_spawn(f, &frame, &o) && frame.h.flags == WIRE_F_LINK);
	WANT(o.monitor == 0 && frame.h.ref == 1 && o.kind == 1);
	WANT(strcmp(o.name, "x") == 0 && strcmp(o.program, "prog") == 0);
	WANT(strcmp(o.entry, "server") == 0 && o.args.left > head);
	WANT(body_read(&msg_type_server, o.args.p + head, o.args.left - head,
	    &args) == 0 && args.port == 5 && args.parent.serial == 12);
	fake_done(f, 1, 0, (struct pid){ FAKE_NODE, 20 }, "");

	WANT(reads_spawn(f, &frame, &o) && frame.h.flags == WIRE_F_MONITOR);
	WANT(o.monitor == 2 && frame.h.ref == 3 && strcmp(o.name, "") == 0);
	fake_done(f, 3, 0, (struct pid){ FAKE_NODE, 21 }, "");
	fake_down(f, (struct pid){ FAKE_NODE, 21 }, 2, "exit 1");

	WANT(reads_spawn(f, &frame, &o) && o.monitor == 4);
	fake_down(f, (struct pid){ FAKE_NODE, 22 }, 4, "not to be told");
	fake_done(f, 5, ENOENT, (struct pid){ 0, 0 },
	    "program prog: no such program");
	return true;
}

static bool
reads_spawns(struct fake *f)
{
	struct frame	frame;
	struct order	o;
	char		a[16], b[16];

	WANT(reads_closures(f));
	WANT(reads_spawn(f, &frame, &o) && o.kind == 2);
	WANT(strcmp(o.program, "chat") == 0);
	WANT(strcmp(o.entry, "chat_server") == 0);
	WANT(rd_u16(&o.args) == 2);
	rd_str16(&o.args, a, sizeof(a));
	rd_str16(&o.args, b, sizeof(b));
	WANT(rd_done(&o.args));
	WANT(strcmp(a, "44444") == 0 && strcmp(b, "two words") == 0);
	fake_done(f, frame.h.ref, 0, (struct pid){ FAKE_NODE, 22 }, "");
	WANT(reads_spawn(f, &frame, &o) && o.kind == 0 && o.args.left == 0);
	WANT(strcmp(o.entry, "") == 0);
	fake_done(f, frame.h.ref, EEXIST, fake_other, "");
	return fake_end(f);
}

/* ---- names ---- */

static void
names(void)
{
	struct msg_node	node = msg_self_node();
	struct msg_pid	pid;

	CHECK(msg_register("chat") == 0);
	CHECK(msg_register("chat") == -1 && errno == EEXIST);
	CHECK(msg_register("not a name") == -1 && errno == EINVAL);
	CHECK(msg_unregister("chat") == 0);
	CHECK(msg_unregister("") == -1 && errno == EINVAL);
	CHECK(msg_whereis("chat@beta", &pid) == 0);
	CHECK(msg_pid_equal(pid, other));
	CHECK(msg_whereis("chat", &pid) == -1 && errno == ESRCH);
	CHECK(pid.serial == 0);
	CHECK(msg_pid_parse("5@beta", &pid) == 0 && msg_pid_equal(pid, other));
	/* There; not there; not there, but somebody was faster. */
	CHECK(msg_whereis_or_spawn(node, "a", MSG_CLOSURE(plain)).serial == 7);
	CHECK(msg_whereis_or_spawn(node, "b", MSG_CLOSURE(plain)).serial == 8);
	CHECK(msg_whereis_or_spawn(node, "c", MSG_CLOSURE(plain)).serial == 9);
	CHECK(msg_whereis_or_spawn(node, "d", MSG_CLOSURE(plain)).serial == 0);
	CHECK(errno == EPERM);
}

static bool
answer(struct fake *f, enum wire_op op, const char *body, int error,
    uint64_t serial)
{
	struct frame	frame;

	WANT(fake_next(f, op, &frame));
	WANT(body == NULL || fake_body_is(&frame, body));
	WANT(op != WIRE_REGISTER || pid_equal(frame.h.to, f->worker));
	fake_done(f, frame.h.ref, error, (struct pid){ FAKE_NODE, serial },
	    "");
	return true;
}

#define HERE	"@#1122334455667788"	/* FAKE_NODE */

static bool
answers_names(struct fake *f)
{
	WANT(answer(f, WIRE_REGISTER, "chat", 0, 0));
	WANT(answer(f, WIRE_REGISTER, "chat", EEXIST, 7));
	WANT(answer(f, WIRE_UNREGISTER, "chat", 0, 0));
	WANT(answer(f, WIRE_WHEREIS, "chat@beta", 0, 7));
	WANT(answer(f, WIRE_WHEREIS, "chat", ESRCH, 0));
	WANT(answer(f, WIRE_WHEREIS, "5@beta", 0, 7));
	WANT(answer(f, WIRE_WHEREIS, "a" HERE, 0, 7));
	WANT(answer(f, WIRE_WHEREIS, "b" HERE, ESRCH, 0));
	WANT(answer(f, WIRE_SPAWN, NULL, 0, 8));
	WANT(answer(f, WIRE_WHEREIS, "c" HERE, ESRCH, 0));
	WANT(answer(f, WIRE_SPAWN, NULL, EEXIST, 9));
	WANT(answer(f, WIRE_WHEREIS, "d" HERE, ESRCH, 0));
	WANT(answer(f, WIRE_SPAWN, NULL, EPERM, 0));
	return fake_end(f);
}

/* ---- the small ones ---- */

static void
signals(void)
{
	CHECK(msg_link(other) == 0 && msg_unlink(other) == 0);
	CHECK(msg_exit(other, NULL) == 0 && msg_exit(other, "why") == 0);
	CHECK(msg_kill(other) == 0);
	CHECK(msg_trap_exits(true) == 0 && msg_trap_exits(false) == 0);
	CHECK(msg_ready() == 0);
}

static bool
sees_signals(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_LINK, &frame));
	WANT(pid_equal(frame.h.to, fake_other));
	WANT(fake_next(f, WIRE_UNLINK, &frame));
	WANT(fake_next(f, WIRE_EXIT, &frame) && frame.body_len == 0);
	WANT(fake_next(f, WIRE_EXIT, &frame) && fake_body_is(&frame, "why"));
	WANT(fake_next(f, WIRE_KILL, &frame));
	WANT(fake_next(f, WIRE_TRAP, &frame) && frame.h.flags == WIRE_F_ON);
	WANT(fake_next(f, WIRE_TRAP, &frame) && frame.h.flags == 0);
	WANT(fake_next(f, WIRE_READY, &frame));
	return fake_end(f);
}

int
main(void)
{
	scene("call: answer, death, time, another type; late ones vanish",
	    calls, answers);
	scene("call: time counts while the callee is choked",
	    calls_the_choked, chokes);
	scene("call: answered before it is wholly written",
	    is_answered_early, answers_early);
	scene("call: the end of the supervisor", calls_nobody, ends);
	scene("spawn: closures, programs, refusals", spawns, reads_spawns);
	scene("names: registered, looked up, or spawned", names,
	    answers_names);
	scene("signals: links, exits, kill, trap, ready", signals,
	    sees_signals);
	return tap_done();
}
