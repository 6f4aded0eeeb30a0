/*
 * partners_test.c - processes of another node as partners like any others.
 */
#include "fake.h"

MSG_TYPE(number, (i32, n));
MSG_REMOTABLE(plain);

#define BETA	UINT64_C(0x5f3a9c0177e2b410)
#define GAMMA	UINT64_C(0x00000000000000aa)
#define BETA_ID	"5f3a9c0177e2b410"
#define GAMMA_ID "00000000000000aa"

static const struct msg_pid	far = { BETA, 12 };
static const struct pid		nobody = { 0, 0 };

static void
plain(void)
{
}

/* DONE for a request with this body. */
static bool
answer(struct fake *f, enum wire_op op, const char *body, int error,
    struct pid pid, const char *text)
{
	struct frame	frame;

	WANT(fake_next(f, op, &frame));
	WANT(body == NULL || fake_body_is(&frame, body));
	fake_done(f, frame.h.ref, error, pid, text);
	return true;
}

static void
has_partners(void)
{
	struct msg_node	 beta = { BETA };
	struct number	 n;
	struct msg_down	 down;
	uint64_t	 ref;

	CHECK(msg_spawn(beta, MSG_CLOSURE(plain), .ref = &ref).node == BETA);
	CHECK(msg_receive(5000, MSG_MATCH_DOWN(&down)) == 0);
	CHECK(down.ref == ref && down.pid.node == BETA);
	CHECK(msg_spawn_program(beta, "x", NULL, NULL).serial == 0);
	CHECK(errno == EHOSTUNREACH);
	CHECK(strcmp(msg_why(), "program x: node beta: No route to host")
	    == 0);
	CHECK(msg_link(far) == 0 && msg_exit(far, "why") == 0);
	CHECK(msg_call(far, MSG(number, .n = 1), number, &n, 5000) == 0);
	CHECK(n.n == 2 && n.msg.sender.node == BETA);
	CHECK(msg_call(far, MSG(number, .n = 1), number, &n, 5000) == -1);
	CHECK(errno == EHOSTUNREACH);
	CHECK(strcmp(msg_why(), "noconnection") == 0);
	/* Choked is the one there, not its namesake here. */
	CHECK(msg_expect(number, &n) == 0);
	CHECK(msg_try_send(far, number, .n = 3) == -1 && errno == EAGAIN);
	CHECK(msg_try_send(((struct msg_pid){ FAKE_NODE, 12 }), number,
	    .n = 4) == 0);
}

static bool
plays_partners(struct fake *f)
{
	const struct pid	who = { BETA, 12 }, child = { BETA, 30 };
	struct frame		frame;

	WANT(fake_next(f, WIRE_SPAWN, &frame));
	WANT(frame.h.to.node == BETA && frame.h.to.serial == 0);
	fake_done(f, frame.h.ref, 0, child, "");
	fake_down(f, child, 1, "exit 1");
	WANT(fake_next(f, WIRE_SPAWN, &frame) && frame.h.to.node == BETA);
	fake_done(f, frame.h.ref, EHOSTUNREACH, nobody,
	    "program x: node beta: No route to host");
	WANT(fake_next(f, WIRE_LINK, &frame) && pid_equal(frame.h.to, who));
	WANT(fake_next(f, WIRE_EXIT, &frame) && pid_equal(frame.h.to, who));
	WANT(fake_next(f, WIRE_CALL, &frame) && pid_equal(frame.h.to, who));
	fake_post(f, WIRE_REPLY, who, frame.h.ref, MSG(number, .n = 2));
	WANT(fake_next(f, WIRE_CALL, &frame));
	fake_down(f, who, frame.h.ref, "noconnection");
	fake_send(f, WIRE_CHOKE, 0, who, 0, NULL, 0);
	fake_post(f, WIRE_SEND, who, 0, MSG(number, .n = 5));
	WANT(fake_next(f, WIRE_SEND, &frame));
	WANT(frame.h.to.node == FAKE_NODE);
	return fake_end(f);
}

static struct msg_pid
server_on(uint64_t node)
{
	return msg_whereis_or_spawn((struct msg_node){ node }, "server",
	    MSG_CLOSURE(plain));
}

static void
looks_or_spawns(void)
{
	struct msg_pid	pid;

	CHECK(msg_whereis_or_spawn((struct msg_node){ BETA }, "12",
	    MSG_CLOSURE(plain)).serial == 0 && errno == EINVAL);
	pid = server_on(BETA);			/* there */
	CHECK(pid.node == BETA && pid.serial == 5);
	pid = server_on(BETA);			/* not yet */
	CHECK(pid.node == BETA && pid.serial == 6);
	pid = server_on(BETA);			/* another was quicker */
	CHECK(pid.node == BETA && pid.serial == 7);
	pid = server_on(BETA);			/* the node is gone */
	CHECK(pid.serial == 0 && errno == EHOSTUNREACH);
	pid = server_on(BETA);			/* taken, found then */
	CHECK(pid.node == BETA && pid.serial == 8);
	pid = server_on(BETA);			/* taken, by nobody */
	CHECK(pid.serial == 0 && errno == EEXIST);
	pid = server_on(GAMMA);			/* not heard of before */
	CHECK(pid.node == GAMMA && pid.serial == 9);
	pid = server_on(FAKE_NODE);
	CHECK(pid.node == FAKE_NODE && pid.serial == 10);
	pid = server_on(0);			/* here, too */
	CHECK(pid.node == FAKE_NODE && pid.serial == 11);
	pid = server_on(BETA);
	CHECK(pid.serial == 0 && errno == EPIPE);
}

static bool
asked_there(struct fake *f, int error, uint64_t serial)
{
	return answer(f, WIRE_WHEREIS, "server@#" BETA_ID, error,
	    (struct pid){ BETA, serial }, "");
}

static bool
spawns_on(struct fake *f, uint64_t node, int error, uint64_t serial)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_SPAWN, &frame) && frame.h.to.node == node);
	fake_done(f, frame.h.ref, error, (struct pid){ node, serial }, "");
	return true;
}

static bool
has_servers(struct fake *f)
{
	struct frame	frame;
	int		i;

	WANT(asked_there(f, 0, 5));
	WANT(asked_there(f, ESRCH, 0) && spawns_on(f, BETA, 0, 6));
	WANT(asked_there(f, ESRCH, 0) && spawns_on(f, BETA, EEXIST, 7));
	WANT(asked_there(f, EHOSTUNREACH, 0) &&
	    spawns_on(f, BETA, EHOSTUNREACH, 0));
	WANT(asked_there(f, ESRCH, 0) && spawns_on(f, BETA, EEXIST, 0));
	WANT(asked_there(f, 0, 8));
	for (i = 0; i < 3; i++)
		WANT(asked_there(f, ESRCH, 0) &&
		    spawns_on(f, BETA, EEXIST, 0));
	WANT(answer(f, WIRE_WHEREIS, "server@#" GAMMA_ID, EHOSTUNREACH,
	    nobody, "") && spawns_on(f, GAMMA, 0, 9));
	WANT(answer(f, WIRE_WHEREIS, "server@#1122334455667788", ESRCH,
	    nobody, "") && spawns_on(f, FAKE_NODE, 0, 10));
	WANT(answer(f, WIRE_WHEREIS, "server", 0,
	    (struct pid){ FAKE_NODE, 11 }, ""));
	WANT(fake_next(f, WIRE_WHEREIS, &frame));
	return true;
}

int
main(void)
{
	scene("partners on another node: spawn, signals, calls, chokes",
	    has_partners, plays_partners);
	scene("whereis or spawn on another node: found, spawned, too late",
	    looks_or_spawns, has_servers);
	return tap_done();
}
