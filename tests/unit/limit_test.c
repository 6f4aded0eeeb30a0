/* limit_test.c - libmsg: messages to nodes that take less than this one. */
#include "fake.h"

#include <string.h>

#define SMALL	8192u			/* bytes of a frame, there */

MSG_TYPE(load, (blob, data));
MSG_TYPE(go);

static const struct msg_pid	far_one = { 77, 7 }, other = { 78, 7 };
static const struct pid		far_node = { 77, 0 };
static uint8_t			bytes[64u << 10];

static struct msg_blob
blob(size_t n)
{
	return (struct msg_blob){ n, bytes };
}

static void
said(struct fake *f, uint32_t most)
{
	uint8_t	body[4 + 1 + 4];

	put_u32(body, most);
	body[4] = 4;
	memcpy(body + 5, "beta", 4);
	fake_send(f, WIRE_LIMIT, 0, far_node, 0, body, sizeof(body));
	fake_post(f, WIRE_SEND, (struct pid){ 77, 7 }, 0, MSG(go));
}

static void
told(void)
{
	struct go	g;

	CHECK(msg_expect(go, &g) == 0);
}

static bool
fails(int rc)
{
	return rc == -1 && errno == EMSGSIZE;
}

static void
sends(void)
{
	struct msg_any	any;
	struct load	l;

	CHECK(msg_send(far_one, load, .data = blob(SMALL)) == 0);
	told();
	CHECK(fails(msg_send(far_one, load, .data = blob(SMALL))));
	CHECK(fails(msg_send(far_one, load, .data = blob(60000))));
	CHECK(fails(msg_try_send(far_one, load, .data = blob(SMALL))));
	CHECK(fails(msg_send_name("chat@beta", load, .data = blob(SMALL))));
	CHECK(fails(msg_call(far_one, MSG(load, .data = blob(SMALL)), load, &l,
	    1000)));
	CHECK(msg_receive(MSG_FOREVER, MSG_MATCH_ANY(&any)) == 0);
	CHECK(fails(msg_forward(far_one, &any)));
	msg_release_any(&any);
	/* What fits, and who is no such node. */
	CHECK(msg_send(far_one, load, .data = blob(SMALL - 200)) == 0);
	CHECK(msg_send(other, load, .data = blob(SMALL)) == 0);
	CHECK(msg_send_name("chat@gamma", load, .data = blob(SMALL)) == 0);
	CHECK(msg_send_name("chat", load, .data = blob(SMALL)) == 0);
	told();
	CHECK(msg_send(far_one, load, .data = blob(SMALL)) == 0);
	CHECK(msg_send_name("chat@beta", load, .data = blob(SMALL)) == 0);
}

static bool
is_load(struct fake *f, enum wire_op op, uint64_t node, bool large)
{
	struct frame	frame;

	WANT(fake_next(f, op, &frame));
	WANT(frame.h.to.node == node);
	WANT((frame.h.len > SMALL) == large);
	return true;
}

static bool
sees(struct fake *f)
{
	WANT(is_load(f, WIRE_SEND, 77, true));
	said(f, SMALL);
	fake_post(f, WIRE_SEND, (struct pid){ 77, 7 }, 0,
	    MSG(load, .data = blob(SMALL)));
	WANT(is_load(f, WIRE_SEND, 77, false));
	WANT(is_load(f, WIRE_SEND, 78, true));
	WANT(is_load(f, WIRE_SEND_NAME, 0, true));
	WANT(is_load(f, WIRE_SEND_NAME, 0, true));
	said(f, 0);
	WANT(is_load(f, WIRE_SEND, 77, true));
	WANT(is_load(f, WIRE_SEND_NAME, 0, true));
	return fake_end(f);
}

/* The relay knew better. */
static void
calls(void)
{
	struct load	l;

	CHECK(fails(msg_call(far_one, MSG(load, .data = blob(SMALL)), load, &l,
	    MSG_FOREVER)));
	CHECK(strcmp(msg_why(), "too much for beta") == 0);
}

static bool
refuses(struct fake *f)
{
	struct frame	frame;
	uint8_t		body[20 + 17] = { 0 };

	WANT(fake_next(f, WIRE_CALL, &frame));
	put_u32(body, EMSGSIZE);
	memcpy(body + 20, "too much for beta", 17);
	fake_send(f, WIRE_DONE, 0, (struct pid){ 0, 0 }, frame.h.ref, body,
	    sizeof(body));
	return fake_end(f);
}

int
main(void)
{
	scene("what a node does not take fails, and nothing is sent", sends,
	    sees);
	scene("a call that the relay refuses fails at once", calls, refuses);
	return tap_done();
}
