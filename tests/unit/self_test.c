/*
 * self_test.c - a worker and its line: hand-shake, sending, corks, chokes,
 * floods, and every way to end.
 *
 * Cases of one module, each short and by itself.
 */
#include "fake.h"

#include <fcntl.h>

MSG_TYPE(number, (i32, n));
MSG_TYPE(load, (blob, data));
MSG_TYPE(stop);

static const struct msg_pid other = { FAKE_NODE, 7 };
static const struct msg_pid third = { FAKE_NODE, 8 };
static char	bytes[512 << 10];

static int32_t
number_in(const struct frame *f)
{
	struct number	m;
	size_t		head = 8 + 2 + strlen("number") + strlen("i");

	if (f->body_len < head || body_read(&msg_type_number, f->body + head,
	    f->body_len - head, &m) == -1)
		return -1;
	return m.n;
}

/* ---- who ---- */

static void
knows_itself(void)
{
	char		 text[MSG_ADDRESS_MAX];
	struct msg_pid	 pid;

	CHECK(msg_pid_equal(msg_self(), (struct msg_pid){ FAKE_NODE, 12 }));
	CHECK(msg_self_node().id == FAKE_NODE);
	CHECK(strcmp(msg_pid_text(msg_self()), "12@alpha") == 0);
	CHECK(strcmp(msg_node_text(msg_self_node()), "alpha") == 0);
	CHECK(strcmp(msg_pid_format((struct msg_pid){ 5, 9 }, text),
	    "9@#0000000000000005") == 0);
	CHECK(msg_pid_parse(text, &pid) == 0 && pid.node == 5 &&
	    pid.serial == 9);
	CHECK(msg_pid_parse("44", &pid) == 0 && pid.serial == 44);
	CHECK(msg_pid_parse("45@alpha", &pid) == 0 && pid.node == FAKE_NODE);
	CHECK(msg_pid_parse("4 5", &pid) == -1 && errno == EINVAL);
	CHECK(pid.serial == 0);
	CHECK(strcmp(msg_node_format((struct msg_node){ 5 }, text),
	    "#0000000000000005") == 0);
	CHECK((fcntl(msg_fd(), F_GETFD) & FD_CLOEXEC) != 0);
	CHECK((fcntl(msg_fd(), F_GETFL) & O_NONBLOCK) == 0);
}

/* Asked who 5 is, twice. */
static bool
knows_nobody(struct fake *f)
{
	uint64_t	ref;
	int		i;

	for (i = 0; i < 2; i++) {
		WANT(fake_asked(f, "node", "0000000000000005", &ref));
		fake_done(f, ref, ESRCH, (struct pid){ 0, 0 }, "no such node");
	}
	return fake_end(f);
}

static void
no_worker(void)
{
	struct number	n;

	setenv("BROOD_FD", "77", 1);
	CHECK(msg_send(other, number, .n = 1) == -1 && errno == ENOTCONN);
	unsetenv("BROOD_FD");
	CHECK(msg_send(other, number, .n = 1) == -1 && errno == ENOTCONN);
	CHECK(msg_expect(number, &n) == -1 && errno == ENOTCONN);
	CHECK(msg_self().serial == 0);
	CHECK(msg_fd() == -1 && msg_pump() == -1 && msg_flush() == -1);
	setenv("BROOD_FD", "x3", 1);
	CHECK(msg_monitor(other) == 0 && errno == ENOTCONN);
	CHECK(msg_spawn_program(msg_self_node(), "x", NULL, NULL).serial == 0);
	CHECK(msg_register("x") == -1 && errno == ENOTCONN);
}

static void
no_worker_scene(void)
{
	struct fake	f = { .base = 0 };

	fake_open(&f, no_worker);
	ok(fake_end(&f) && fake_close(&f) == 0,
	    "a program without supervisor: ENOTCONN from everything");
}

static void
finds_another_version(void)
{
	CHECK(msg_send(other, number, .n = 1) == -1 && errno == EPROTO);
	CHECK(msg_send(other, number, .n = 1) == -1 && errno == EPROTO);
}

static void
wrong_version_scene(void)
{
	static const uint8_t	body[29] = { 0, 99 };
	struct fake		f = { .base = 0 };
	struct frame		frame;
	bool			good;

	fake_open(&f, finds_another_version);
	good = fake_next(&f, WIRE_HELLO, &frame);
	fake_send(&f, WIRE_WELCOME, 0, (struct pid){ 0, 0 }, 0, body,
	    sizeof(body));
	good = good && fake_end(&f);
	ok(fake_close(&f) == 0 && good, "another version: EPROTO, for good");
}

/* ---- sending ---- */

static void
sends(void)
{
	char	big[] = "x";

	CHECK(msg_send(other, number, .n = 1) == 0);
	CHECK(msg_send_name("chat@beta", number, .n = 2) == 0);
	CHECK(msg_send_name("9@beta", number, .n = 2) == -1);
	CHECK(msg_send_name("no name", number, .n = 2) == -1 &&
	    errno == EINVAL);
	CHECK(msg_send(other, load, .data = { 2u << 20, big }) == -1 &&
	    errno == EMSGSIZE);
	CHECK(msg_send(other, load, .data = { 3, NULL }) == -1 &&
	    errno == EINVAL);
	CHECK(msg_try_send(other, number, .n = 3) == 0);
}

static bool
sees_frames(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_SEND, &frame));
	WANT(pid_equal(frame.h.to, fake_other));
	WANT(pid_equal(frame.h.from, f->worker));
	WANT(frame.h.ref == 0 && frame.h.flags == 0 && number_in(&frame) == 1);
	WANT(fake_next(f, WIRE_SEND_NAME, &frame));
	WANT(frame.body[0] == 9 && memcmp(frame.body + 1, "chat@beta", 9) == 0);
	WANT(pid_none(frame.h.to));
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 3);
	return fake_end(f);
}

/* Each in the kernel when it returns; between corks none, until 64 KiB. */
static void
corks(void)
{
	int32_t	i;

	CHECK(msg_send(other, number, .n = 0) == 0);
	msg_cork();
	msg_cork();
	CHECK(msg_send(other, number, .n = 1) == 0);
	CHECK(msg_link(other) == 0);
	CHECK(msg_uncork() == 0);
	CHECK(msg_receive(0) == MSG_TIMEOUT);	/* does not wait */
	usleep(200000);
	CHECK(msg_uncork() == 0);
	msg_cork();
	for (i = 2; i < 3000; i++)
		CHECK(msg_send(other, number, .n = i) == 0);
	CHECK(msg_flush() == 0);
	CHECK(msg_send(other, number, .n = i) == 0);
	/* What waits sends first. */
	CHECK(msg_expect(stop, &(struct stop){ .msg = { .ref = 0 } }) == 0);
	CHECK(msg_uncork() == 0);
}

static bool
sees_corks(struct fake *f)
{
	struct frame	frame;
	int32_t		i;

	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 0);
	WANT(fake_silent(f, 100));
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 1);
	WANT(fake_next(f, WIRE_LINK, &frame));
	for (i = 2; i <= 3000; i++)
		WANT(fake_next(f, WIRE_SEND, &frame) &&
		    number_in(&frame) == i);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	return fake_end(f);
}

/* ---- chokes ---- */

static void
is_choked(void)
{
	struct stop	stop;
	int		r;

	CHECK(msg_send(other, number, .n = 1) == 0);
	/* CHOKE lies before stop. */
	CHECK(msg_expect(stop, &stop) == 0);
	CHECK(msg_try_send(other, number, .n = 99) == -1 && errno == EAGAIN);
	CHECK(msg_send(third, number, .n = 2) == 0);
	CHECK(msg_monitor(other) == 1);
	CHECK(msg_kill(other) == 0);
	r = msg_receive(50, MSG_MATCH_WRITABLE(other));
	CHECK(r == MSG_TIMEOUT);
	r = msg_receive(50, MSG_MATCH_WRITABLE(other),
	    MSG_MATCH_WRITABLE(third));
	CHECK(r == 1);
	/* Waits here, and takes number 7 into the mailbox meanwhile; what is
	   corked goes first. */
	msg_cork();
	CHECK(msg_send(third, number, .n = 4) == 0);
	CHECK(msg_send(other, number, .n = 3) == 0);
	CHECK(msg_uncork() == 0);
	CHECK(msg_receive(0, MSG_MATCH_WRITABLE(other)) == 0);
	CHECK(msg_pump() == 1);
	CHECK(msg_expect_for(number, &(struct number){ .n = 0 }, 0) == 0);
}

static bool
chokes(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 1);
	fake_send(f, WIRE_CHOKE, 0, fake_other, 0, NULL, 0);
	fake_send(f, WIRE_CHOKE, 0, fake_other, 0, NULL, 0);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 2);
	WANT(frame.h.to.serial == 8);
	WANT(fake_next(f, WIRE_MONITOR, &frame));
	WANT(fake_next(f, WIRE_KILL, &frame));
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 4);
	WANT(fake_silent(f, 150));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 7));
	WANT(fake_silent(f, 50));
	fake_send(f, WIRE_UNCHOKE, 0, fake_other, 0, NULL, 0);
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 3);
	return fake_end(f);
}

#define PIECE	30000

/* Its socket holds everything, and CHOKE is there before it begins. */
static void
floods_the_choked(void)
{
	int		size = 8 * PIECE, i;
	struct pollfd	p = { .fd = msg_fd(), .events = POLLIN };

	(void)setsockopt(p.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	CHECK(msg_send(other, number, .n = 1) == 0);
	CHECK(poll(&p, 1, FAKE_WAIT) == 1);
	for (i = 0; i < 8; i++)
		CHECK(msg_send(other, load, .data = { PIECE, bytes }) == 0);
}

/* A look at least every 64 KiB: three pieces are more than that. */
static bool
chokes_the_flood(struct fake *f)
{
	struct frame	frame;
	int		i;

	WANT(fake_next(f, WIRE_SEND, &frame));
	fake_send(f, WIRE_CHOKE, 0, fake_other, 0, NULL, 0);
	usleep(200000);
	for (i = 0; i < 3; i++)
		WANT(fake_next(f, WIRE_SEND, &frame) && frame.h.len > PIECE);
	WANT(fake_silent(f, 100));
	fake_send(f, WIRE_UNCHOKE, 0, fake_other, 0, NULL, 0);
	for (; i < 8; i++)
		WANT(fake_next(f, WIRE_SEND, &frame) && frame.h.len > PIECE);
	return fake_end(f);
}

/* ---- floods ---- */

#define FLOOD	300

/* Both write more than any socket holds before they read at all. */
static void
floods(void)
{
	struct load	m;
	int		i;

	for (i = 0; i < FLOOD; i++)
		CHECK(msg_send(other, load, .data = { 2000, bytes }) == 0);
	for (i = 0; i < FLOOD; i++) {
		CHECK(msg_expect(load, &m) == 0 && m.data.n == 2000);
		msg_release(load, &m);
	}
}

static bool
floods_back(struct fake *f)
{
	struct frame	frame;
	int		i;

	for (i = 0; i < FLOOD; i++)
		fake_post(f, WIRE_SEND, fake_other, 0,
		    MSG(load, .data = { 2000, bytes }));
	for (i = 0; i < FLOOD; i++)
		WANT(fake_next(f, WIRE_SEND, &frame));
	return fake_end(f);
}

static void
sends_large(void)
{
	struct load	m;

	CHECK(msg_send(other, load, .data = { sizeof(bytes), bytes }) == 0);
	CHECK(msg_send(other, number, .n = 1) == 0);
	CHECK(msg_expect(load, &m) == 0 && m.data.n == sizeof(bytes));
	msg_release(load, &m);
}

static bool
large_both_ways(struct fake *f)
{
	struct frame	frame;

	fake_post(f, WIRE_SEND, fake_other, 0,
	    MSG(load, .data = { sizeof(bytes), bytes }));
	WANT(fake_next(f, WIRE_SEND, &frame));
	WANT(frame.body_len > sizeof(bytes));
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 1);
	return fake_end(f);
}

/* A message that was begun is finished; one that was not may be tried again. */
static void
tries(void)
{
	struct stop	stop;
	int32_t		sent = 0;
	int		r;

	while (msg_try_send(other, load, .data = { 50000, bytes }) == 0)
		sent++;
	CHECK(errno == EAGAIN && sent > 0);
	CHECK(msg_try_send(other, load, .data = { 50000, bytes }) == -1);
	CHECK(msg_send_copy(other, number, &(struct number){ .n = sent }) == 0);
	while (msg_try_send(other, number, .n = sent) == 0)
		sent++;
	r = msg_receive(MSG_FOREVER, MSG_MATCH(stop, &stop),
	    MSG_MATCH_WRITABLE(other));
	CHECK(r == 1);
	CHECK(msg_try_send(other, number, .n = -2) == 0);
}

static bool
counts_tries(struct fake *f)
{
	struct frame	frame;
	int32_t		large = 0, n;

	usleep(100000);
	for (;;) {
		WANT(fake_next(f, WIRE_SEND, &frame));
		if (frame.h.len < 50000)
			break;
		large++;
	}
	WANT(number_in(&frame) == large);
	for (n = large; (large = number_in(&frame)) != -2;) {
		WANT(large == n || large == n + 1);
		n = large;
		WANT(fake_next(f, WIRE_SEND, &frame));
	}
	return fake_end(f);
}

/* ---- ends ---- */

static void
keeps_what_came(void)
{
	struct number	n;
	struct stop	stop;

	CHECK(msg_expect(stop, &stop) == 0);
	CHECK(msg_expect(number, &n) == 0 && n.n == 1);
	CHECK(msg_expect(number, &n) == 0 && n.n == 2);
	CHECK(msg_expect(number, &n) == -1 && errno == EPIPE && n.n == 0);
	CHECK(msg_send(other, number, .n = 1) == -1 && errno == EPIPE);
	CHECK(msg_pump() == -1 && errno == EPIPE);
	CHECK(msg_flush() == -1 && errno == EPIPE);
}

static bool
goes_away(struct fake *f)
{
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 1));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 2));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	fake_bytes(f, "\0\0\0\100", 4);		/* dies in mid-frame */
	return true;
}

static bool
sends_noise(struct fake *f)
{
	uint8_t	noise[WIRE_HEAD] = { 0, 0, 0, 3 };

	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 1));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 2));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	fake_bytes(f, noise, sizeof(noise));
	return true;
}

static void
hoards(void)
{
	struct stop	stop;

	msg_cork();
	CHECK(msg_send(other, number, .n = 5) == 0);
	(void)msg_expect(stop, &stop);
}

static bool
fills_the_mailbox(struct fake *f)
{
	struct frame	frame;
	int		i;

	for (i = 0; i < 5; i++)
		fake_post(f, WIRE_SEND, fake_other, 0,
		    MSG(load, .data = { FAKE_MAILBOX / 4, bytes }));
	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 5);
	WANT(fake_next(f, WIRE_DIE, &frame));
	WANT(fake_body_is(&frame, "mailbox full"));
	return true;
}

static void
dies(void)
{
	msg_cork();
	CHECK(msg_send(other, number, .n = 1) == 0);
	msg_die("%s and %d", "this", 2);
}

static bool
hears_why(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_SEND, &frame) && number_in(&frame) == 1);
	WANT(fake_next(f, WIRE_DIE, &frame));
	WANT(fake_body_is(&frame, "this and 2"));
	return fake_end(f);
}

static void
dies_at_length(void)
{
	memset(bytes, 'x', sizeof(bytes) - 1);
	msg_die("%s", bytes);
}

static bool
hears_enough(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_DIE, &frame));
	WANT(frame.body_len == WIRE_TEXT_MAX);
	return fake_end(f);
}

static void
terminates(void)
{
	msg_cork();
	CHECK(msg_ready() == 0);
	msg_terminate();
}

static bool
hears_ready(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_READY, &frame));
	return fake_end(f);
}

int
main(void)
{
	scene("a worker knows itself and writes addresses", knows_itself,
	    knows_nobody);
	no_worker_scene();
	wrong_version_scene();
	scene("send: pid, name, too large, an array without a pointer", sends,
	    sees_frames);
	scene("cork: nothing leaves before its time, all in order", corks,
	    sees_corks);
	scene("choke: holds back sends to that pid alone", is_choked, chokes);
	scene("choke: found by one who only sends", floods_the_choked,
	    chokes_the_flood);
	scene("flood: two who write at once do not wait for ever", floods,
	    floods_back);
	scene("large: frames of half a megabyte both ways", sends_large,
	    large_both_ways);
	scene("try: whole frames or EAGAIN", tries, counts_tries);
	scene("the end of the supervisor: what came first is received",
	    keeps_what_came, goes_away);
	scene("noise from the supervisor: as its end", keeps_what_came,
	    sends_noise);
	fake_scene("a full mailbox: error: mailbox full", hoards,
	    fills_the_mailbox, &(struct fake){ .base = 0 }, EXITED(1));
	fake_scene("die: what was corked, then why", dies, hears_why,
	    &(struct fake){ .base = 0 }, EXITED(1));
	fake_scene("die: a long text is cut", dies_at_length, hears_enough,
	    &(struct fake){ .base = 0 }, EXITED(1));
	fake_scene("terminate: what was corked, then 0", terminates,
	    hears_ready, &(struct fake){ .base = 0 }, EXITED(0));
	return tap_done();
}
