/*
 * channel_test.c - ports through msg.h: what is sent, their ends, who watches
 * them, what is forged; the relay is the test's.
 */
#include "channels.h"

static const struct pid	nobody = { 0, 0 };

/* ---- what is sent ---- */

static void
sends_all_ways(void)
{
	struct word_sendport	to = { { 9, { FAKE_NODE, 7 } } };
	struct word_sendport	next = { { 10, { FAKE_NODE, 7 } } };
	struct word_sendport	away = { { 10, { FAKE_NODE, 8 } } };
	struct word		word = { .text = "copied" };

	CHECK(msg_channel_send(to, word, .text = "sent") == 0);
	CHECK(msg_channel_send_copy(to, word, &word) == 0);
	CHECK(msg_channel_send(next, word, .text = "next") == 0);
	CHECK(msg_channel_send(away, word, .text = "away") == 0);
	await_stop();
	CHECK(msg_channel_try_send(to, word, .text = "no") == -1);
	CHECK(errno == EAGAIN);
	CHECK(msg_channel_send(to, word, .text = "waited") == 0);
	CHECK(msg_channel_try_send(to, word, .text = "tried") == 0);
}

static bool
is_word(const struct frame *f, const char *text)
{
	struct word	word;
	bool		good;

	if (f->h.ref != 9 || !pid_equal(f->h.to, fake_other) ||
	    body_read(&msg_type_word, f->body, f->body_len, &word) == -1)
		return false;
	good = strcmp(word.text, text) == 0;
	msg_release(word, &word);
	return good;
}

static bool
gets_all_ways(struct fake *f)
{
	struct frame	frame;

	(void)type_ready(&msg_type_word);
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && is_word(&frame, "sent"));
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && is_word(&frame, "copied"));
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && frame.h.ref == 10);
	WANT(pid_equal(frame.h.to, fake_other));
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && frame.h.ref == 10);
	WANT(frame.h.to.serial == 8);
	fake_send(f, WIRE_CHOKE, 0, fake_other, 0, NULL, 0);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	WANT(fake_silent(f, 100));
	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 77, NULL, 0);
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 77);
	fake_send(f, WIRE_UNCHOKE, 0, fake_other, 0, NULL, 0);
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && is_word(&frame, "waited"));
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && is_word(&frame, "tried"));
	return fake_end(f);
}

/* ---- born with a port ---- */

MSG_REMOTABLE_CHANNEL(listens, item, (i32, n));
static void
listens(const struct item_recvport *in, const struct listens *a)
{
	(void)in, (void)a;
}

static void
spawns(void)
{
	struct item_sendport	to = { { 7, { 7, 7 } } };
	struct msg_pid		pid;

	pid = msg_spawn_channel(msg_self_node(), &to,
	    MSG_CLOSURE(listens, .n = 1), .name = "taken");
	CHECK(pid.serial == 0 && errno == EEXIST);
	CHECK(to.port.id == 0 && to.port.owner.serial == 0);
	pid = msg_spawn_channel(msg_self_node(), &to,
	    MSG_CLOSURE(listens, .n = 1), .link = true);
	CHECK(pid.serial == 33);
	CHECK(msg_channel_send(to, item, .c = 1) == 0);
}

static bool
bears(struct fake *f)
{
	static const struct pid	child = { FAKE_NODE, 33 };
	struct frame		frame;

	WANT(fake_next(f, WIRE_SPAWN, &frame));
	fake_done(f, frame.h.ref, EEXIST, fake_other, "7@alpha has it");
	WANT(fake_next(f, WIRE_SPAWN, &frame));
	WANT(frame.h.flags == WIRE_F_LINK);
	fake_done(f, frame.h.ref, 0, child, "");
	WANT(fake_next(f, WIRE_CHANNEL, &frame) && frame.h.ref == 1);
	WANT(pid_equal(frame.h.to, child));
	return fake_end(f);
}

/* ---- faults ---- */

static void
refuses(void)
{
	struct item_sendport	to;
	struct item_recvport	from, gone, other, all;
	struct one_recvport	wrong;
	struct item		x = { .c = 7 };
	struct one		one;

	CHECK(msg_channel(item, &to, &from) == 0);
	other = from;
	other.port.owner.serial++;
	CHECK(msg_channel_receive(item, &other, &x) == -1 && errno == ESRCH);
	CHECK(x.c == 0);
	CHECK(msg_channel_close(item, &other) == -1 && errno == ESRCH);
	wrong.port = from.port;
	CHECK(msg_channel_receive(one, &wrong, &one) == -1 && errno == EINVAL);
	CHECK(msg_channel_merge(item, &all, MSG_BIASED, &from, 0) == -1);
	CHECK(errno == EINVAL);
	CHECK(msg_channel_merge(item, &all, MSG_BIASED | MSG_ROUND_ROBIN,
	    &from, 1) == -1 && errno == EINVAL);
	CHECK(msg_channel_merge(item, &all, MSG_BIASED, &other, 1) == -1);
	CHECK(errno == ESRCH);
	CHECK(msg_channel_merge(item, &all, MSG_BIASED, &from, 1u << 20) == -1);
	CHECK(errno == E2BIG);
	CHECK(msg_channel_merge(item, &all, MSG_BIASED, &from, 1) == 0);
	gone = from;
	CHECK(msg_channel_close(item, &from) == 0);
	CHECK(msg_channel_close(item, &gone) == -1 && errno == ESRCH);
	CHECK(msg_channel_receive(item, &gone, &x) == -1 && errno == ESRCH);
	CHECK(msg_channel_receive(item, &all, &x) == -1 && errno == ESRCH);
	CHECK(msg_receive(0, MSG_MATCH(one, &one),
	    MSG_MATCH_PORT(item, &all, &x)) == MSG_ERROR && errno == ESRCH);
	CHECK(msg_channel_merge(item, &all, MSG_BIASED, &gone, 1) == -1);
	CHECK(errno == ESRCH);
	memset(&to, 0, sizeof(to));
	CHECK(msg_monitor_port(to) == 0 && errno == EINVAL);
}

/* Nothing but what is right is received; the rest is gone. */
static void
survives_forged(void)
{
	struct ports		p;
	struct word_sendport	to;
	struct word_recvport	from;
	struct item		x;
	struct word		word;
	int			i;

	open_ports(&p);
	CHECK(msg_channel(word, &to, &from) == 0 && to.port.id == 11);
	CHECK(msg_channel_merge(item, &p.all, MSG_ROUND_ROBIN, p.from, 2)
	    == 0);
	for (i = 0; i < 2; i++) {
		CHECK(msg_send(msg_self(), stop) == 0);
		if (i == 1)
			await_stop();
		CHECK(msg_channel_receive(word, &from, &word) == 0);
		CHECK(strcmp(word.text, "good") == 0);
		msg_release(word, &word);
		CHECK(msg_channel_receive(item, &p.from[0], &x) == 0);
		CHECK(x.c == 'a');
		CHECK(msg_channel_receive(item, &p.all, &x) == 0);
		CHECK(x.c == 'b');
	}
	CHECK(msg_receive(0, MSG_MATCH_PORT(word, &from, &word),
	    MSG_MATCH_PORT(item, &p.all, &x)) == MSG_TIMEOUT);
	CHECK(msg_pump() == 0);
}

static bool
sends_forged(struct fake *f)
{
	struct frame	frame;
	int		i;

	for (i = 0; i < 2; i++) {
		WANT(fake_next(f, WIRE_SEND, &frame));
		fake_image(f, 11, MSG(item, .c = 1));	/* another type */
		fake_image(f, 2, MSG(word, .text = "x"));
		fake_image(f, 3, MSG(word, .text = "x"));
		fake_image(f, 77, MSG(item, .c = 1));	/* no such port */
		fake_image(f, 12, MSG(item, .c = 1));	/* a merged one */
		fake_image(f, 1, MSG(item, .c = 1));	/* none was born */
		fake_send(f, WIRE_CHANNEL, 0, fake_other, 11, "tpl\0\0\0\0\1",
		    8);
		fake_send(f, WIRE_CHANNEL, 0, fake_other, 2,
		    "tpl\0\0\0\0\16i\0\0\0", 12);
		fake_send(f, WIRE_CHANNEL, 0, fake_other, 0, "12345678", 8);
		fake_image(f, 11, MSG(word, .text = "good"));
		fake_items(f, "ab");
		if (i == 1)
			fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	}
	return fake_end(f);
}

static void
floods_port(void)
{
	struct item_sendport	to;
	struct item_recvport	from;

	CHECK(msg_channel(item, &to, &from) == 0);
	await_stop();
}

static bool
sends_too_much(struct fake *f)
{
	struct frame	frame;
	int		i;

	for (i = 0; i < 20000; i++)
		fake_items(f, "a");
	WANT(fake_next(f, WIRE_DIE, &frame));
	WANT(fake_body_is(&frame, "mailbox full"));
	return fake_end(f);
}

/* ---- who watches ---- */

static void
is_watched(void)
{
	struct ports	p;
	struct msg_down	down;
	struct one	one;
	uint64_t	ref;

	open_ports(&p);
	CHECK(msg_channel_close(item, &p.from[8]) == 0);	/* silently */
	await_stop();
	CHECK(msg_channel_close(item, &p.from[0]) == 0);
	CHECK(msg_expect(one, &one) == 0);	/* told while it waits */
	CHECK((ref = msg_monitor_port(p.to[1])) != 0);
	CHECK(msg_whereis("x", &down.pid) == 0);	/* and here */
	CHECK(msg_receive(1000, MSG_MATCH_DOWN(&down)) == 0);
	CHECK(down.ref == ref && down.normal && down.pid.serial == 12);
	CHECK(strcmp(down.cause, "closed") == 0);
	CHECK((ref = msg_monitor_port(p.to[1])) != 0);
	CHECK(msg_demonitor(ref) == 0);
	await_stop();
	CHECK(msg_receive(0, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
	msg_cork();
	CHECK(msg_expect(one, &one) == 0);
}

static bool
watches(struct fake *f)
{
	struct frame	frame;
	uint64_t	ref;

	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 2, NULL, 0);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 2);
	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 2, NULL, 0);
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 2);
	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 10, NULL, 0);
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 10);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 1));
	WANT(fake_next(f, WIRE_MONITOR, &frame) && frame.body_len == 8);
	WANT(get_u64(frame.body) == 3 && pid_equal(frame.h.to, f->worker));
	fake_send(f, WIRE_DOWN, WIRE_F_NORMAL, f->worker, frame.h.ref,
	    "closed", 6);
	WANT(fake_next(f, WIRE_WHEREIS, &frame));
	ref = frame.h.ref;
	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 99, NULL, 0);
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 99);
	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 98, NULL, 0);
	fake_done(f, ref, 0, fake_other, "");
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 98);
	WANT(fake_next(f, WIRE_MONITOR, &frame));
	fake_send(f, WIRE_DOWN, WIRE_F_NORMAL, f->worker, frame.h.ref,
	    "closed", 6);
	WANT(fake_next(f, WIRE_DEMONITOR, &frame));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	fake_send(f, WIRE_PORT_WATCHED, 0, nobody, 97, NULL, 0);
	WANT(fake_next(f, WIRE_PORT_CLOSED, &frame) && frame.h.ref == 97);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 2));
	return fake_end(f);
}

int
main(void)
{
	(void)type_ready(&msg_type_item);
	scene("sending: an image and no more, copied, tried, after a choke",
	    sends_all_ways, gets_all_ways);
	scene("born with a port: one request, and the way to it", spawns,
	    bears);
	scene("faults: closed, another's, another type, no list", refuses,
	    fake_end);
	scene("forged messages are dropped, the others are not",
	    survives_forged, sends_forged);
	fake_scene("a port counts against max-mailbox", floods_port,
	    sends_too_much, &(struct fake){ .base = 0 }, EXITED(1));
	scene("ports are watched: told once closed, or if they never were",
	    is_watched, watches);
	return tap_done();
}
