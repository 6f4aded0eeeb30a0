/*
 * receive_test.c - which message is taken: age before clause, the mailbox and
 * the frames still to be read as one queue, deaths among messages.
 */
#include "fake.h"

#include <signal.h>

MSG_TYPE(one, (i32, n));
MSG_TYPE(two, (i32, n));
MSG_TYPE(word, (str, text));
MSG_TYPE(stop);

static const struct msg_pid other = { FAKE_NODE, 7 };

static bool
n_is(const struct one *m, const void *want)
{
	return m->n == *(const int *)want;
}

static bool
from_other(const struct word *m, const void *ctx)
{
	(void)ctx;
	return msg_pid_equal(m->msg.sender, other);
}

/* ---- age before clause, in the room and in the mailbox ---- */

/* The script of both scenes: 1 2 1 2 "a" "b" stop. */
static bool
sends_some(struct fake *f)
{
	static const struct pid	stranger = { FAKE_NODE, 99 };

	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 1));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(two, .n = 2));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 3));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(two, .n = 4));
	fake_post(f, WIRE_SEND, stranger, 0, MSG(word, .text = "a"));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(word, .text = "b"));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	return fake_end(f);
}

static void
takes_some(void)
{
	struct one	one;
	struct two	two;
	struct word	word;
	int		three = 3, r;

	r = msg_receive(1000, MSG_MATCH(two, &two), MSG_MATCH(one, &one));
	CHECK(r == 1 && one.n == 1 && two.n == 0);
	r = msg_receive(1000, MSG_MATCH_IF(one, &one, n_is, &three),
	    MSG_MATCH(word, &word));
	CHECK(r == 0 && one.n == 3 && word.text == NULL);
	CHECK(msg_pid_equal(one.msg.sender, other) && one.msg.ref == 0);
	r = msg_receive(1000, MSG_MATCH_IF(word, &word, from_other, NULL));
	CHECK(r == 0 && strcmp(word.text, "b") == 0);
	msg_release(word, &word);
	CHECK(word.text == NULL);
	r = msg_receive(1000, MSG_MATCH(one, &one), MSG_MATCH(two, &two));
	CHECK(r == 1 && two.n == 2);
	r = msg_receive(1000, MSG_MATCH(word, &word), MSG_MATCH(two, &two));
	CHECK(r == 1 && two.n == 4);
	CHECK(msg_expect(word, &word) == 0 && strcmp(word.text, "a") == 0);
	msg_release(word, &word);
	CHECK(msg_expect_for(one, &one, 0) == -1 && errno == ETIMEDOUT);
}

static void
takes_from_room(void)
{
	takes_some();
}

static void
takes_from_mailbox(void)
{
	struct stop	stop;

	CHECK(msg_expect(stop, &stop) == 0);
	CHECK(msg_pump() == 6);
	takes_some();
	CHECK(msg_pump() == 0);
}

/* ---- any ---- */

static void
takes_any(void)
{
	struct msg_any	any;
	struct one	one;
	struct word	word;
	struct stop	stop;
	char		*text;
	int		r;

	CHECK(msg_expect(stop, &stop) == 0);
	r = msg_receive(1000, MSG_MATCH(stop, &stop), MSG_MATCH_ANY(&any));
	CHECK(r == 1 && strcmp(any.type, "one") == 0);
	CHECK(strcmp(any.format, "i") == 0);
	CHECK(strlen(any.type) <= MSG_NAME_MAX);
	CHECK(msg_pid_equal(any.msg.sender, other));
	CHECK(msg_open(word, &any, &word) == -1 && errno == EBADMSG);
	CHECK(msg_open(one, &any, &one) == 0 && one.n == 1);
	CHECK(msg_pid_equal(one.msg.sender, other));
	CHECK((text = msg_any_text(&any)) != NULL);
	CHECK(strcmp(text, "one i 1") == 0);
	free(text);
	CHECK(msg_forward(other, &any) == 0);
	msg_release_any(&any);
	msg_release_any(&any);
	CHECK(any.type == NULL);
	CHECK(msg_receive(1000, MSG_MATCH_ANY(&any)) == 0);
	CHECK(strcmp(any.type, "two") == 0);
	msg_release_any(&any);
	CHECK(msg_receive(1000, MSG_MATCH(word, &word), MSG_MATCH_ANY(&any))
	    == 1 && strcmp(any.type, "one") == 0);
	msg_release_any(&any);
}

static bool
sends_and_gets_it_back(struct fake *f)
{
	struct frame	frame, *g = &frame;

	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 1));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(two, .n = 2));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 3));
	WANT(fake_next(f, WIRE_FORWARD, g));
	WANT(get_u64(g->body) == FAKE_NODE && get_u64(g->body + 8) == 7);
	/* And it can be read: as the worker would. */
	return fake_end(f);
}

/* ---- handlers ---- */

struct seen { int ones, sum; char text[16]; };

static void
on_one(const struct one *m, void *arg)
{
	struct seen	*seen = arg;

	seen->ones++;
	seen->sum += m->n;
}

static void
on_word(const struct word *m, void *arg)
{
	struct seen	*seen = arg;
	struct one	 one;

	/* A handler may receive, and handle, in its turn. */
	CHECK(msg_receive(1000, MSG_HANDLE(one, on_one, arg)) == 0);
	CHECK(msg_expect(one, &one) == 0);
	(void)snprintf(seen->text, sizeof(seen->text), "%s %d", m->text, one.n);
}

static void
handles(void)
{
	struct seen	seen = { 0, 0, "" };
	struct stop	stop;
	int		r;

	do {
		r = msg_receive(1000, MSG_HANDLE(word, on_word, &seen),
		    MSG_HANDLE(one, on_one, &seen), MSG_MATCH(stop, &stop));
		CHECK(r >= 0);
	} while (r != 2);
	CHECK(seen.ones == 2 && seen.sum == 5);
	CHECK(strcmp(seen.text, "w 3") == 0);
}

static bool
sends_to_handlers(struct fake *f)
{
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 1));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(word, .text = "w"));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 4));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 3));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	return fake_end(f);
}

/* ---- deaths ---- */

static void
watches(void)
{
	struct msg_down	 down;
	struct one	 one;
	uint64_t	 a, b, c, d;
	int		 r;

	CHECK((a = msg_monitor(other)) == 1 && (b = msg_monitor(other)) == 2);
	CHECK((c = msg_monitor(other)) == 3 && (d = msg_monitor(other)) == 4);
	CHECK(msg_demonitor(c) == 0);		/* its DOWN is on the way */
	/* one, DOWN a, DOWN c, one, DOWN b, EXITED, DOWN d, one */
	r = msg_receive(1000, MSG_MATCH_EXIT(&down));
	CHECK(r == 0 && down.ref == 0 && !down.normal);
	CHECK(strcmp(down.cause, "exit 3") == 0 && down.pid.serial == 7);
	r = msg_receive(1000, MSG_MATCH_DOWN(&down), MSG_MATCH(one, &one));
	CHECK(r == 1 && one.n == 1 && down.ref == 0);
	r = msg_receive(1000, MSG_MATCH_DOWN(&down), MSG_MATCH(one, &one));
	CHECK(r == 0 && down.ref == a && down.normal);
	CHECK(strcmp(down.cause, "normal") == 0);
	CHECK(msg_demonitor(b) == 0);		/* it is in the mailbox */
	CHECK(msg_demonitor(a) == 0);		/* it has been taken */
	r = msg_receive(1000, MSG_MATCH_DOWN_OF(msg_self(), &down),
	    MSG_MATCH_DOWN_OF(other, &down));
	CHECK(r == 1 && down.ref == d);
	CHECK(strcmp(down.cause, "signal 9 (KILL)") == 0);
	CHECK(sizeof(down.cause) == MSG_CAUSE_MAX);
	CHECK(msg_expect(one, &one) == 0 && one.n == 2);
	CHECK(msg_expect(one, &one) == 0 && one.n == 3);
	CHECK(msg_receive(0, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
	CHECK(errno == ETIMEDOUT);
}

static bool
tells_deaths(struct fake *f)
{
	struct frame	frame;
	uint64_t	i;

	for (i = 1; i <= 4; i++)
		WANT(fake_next(f, WIRE_MONITOR, &frame) && frame.h.ref == i &&
		    pid_equal(frame.h.to, fake_other));
	WANT(fake_next(f, WIRE_DEMONITOR, &frame) && frame.h.ref == 3);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 1));
	fake_down(f, fake_other, 1, "normal");
	fake_down(f, fake_other, 3, "exit 1");
	fake_down(f, fake_other, 1000, "exit 1");	/* nobody's */
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 2));
	fake_down(f, fake_other, 2, "exit 2");
	fake_down(f, fake_other, 2, "exit 2");		/* once is enough */
	fake_send(f, WIRE_EXITED, 0, fake_other, 0, "exit 3", 6);
	fake_down(f, fake_other, 4, "signal 9 (KILL)");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 3));
	WANT(fake_next(f, WIRE_DEMONITOR, &frame) && frame.h.ref == 2);
	return fake_end(f);
}

static int
returns_from_scope(void)
{
	MSG_WITH_MONITOR(other) {
		errno = ENOTTY;
		return 7;
	}
	return 0;
}

static void
scopes(void)
{
	struct msg_down	 down;
	int		 n = 0;

	CHECK(returns_from_scope() == 7 && errno == ENOTTY);
	MSG_WITH_MONITOR(other) {
		MSG_WITH_MONITOR(msg_self()) {
			n++;
			break;
		}
		CHECK(msg_receive(1000, MSG_MATCH_DOWN(&down)) == 0);
		CHECK(down.ref == 2);
		n++;
	}
	CHECK(n == 2);
	CHECK(msg_receive(0, MSG_MATCH_DOWN(&down)) == MSG_TIMEOUT);
}

static bool
sees_scopes(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_MONITOR, &frame) && frame.h.ref == 1);
	WANT(fake_next(f, WIRE_DEMONITOR, &frame) && frame.h.ref == 1);
	WANT(fake_next(f, WIRE_MONITOR, &frame) && frame.h.ref == 2);
	fake_down(f, fake_other, 1, "late");
	WANT(fake_next(f, WIRE_MONITOR, &frame) && frame.h.ref == 3);
	WANT(fake_next(f, WIRE_DEMONITOR, &frame) && frame.h.ref == 3);
	fake_down(f, fake_other, 3, "late");
	fake_down(f, fake_other, 2, "now");
	return fake_end(f);
}

/* ---- what is spoilt ---- */

static void
survives_spoilt(void)
{
	struct word	word;
	struct msg_any	any;

	CHECK(msg_receive(1000, MSG_MATCH(word, &word), MSG_MATCH_ANY(&any))
	    == 0);
	CHECK(strcmp(word.text, "good") == 0);
	msg_release(word, &word);
}

static void
survives_kept(void)
{
	while (msg_pump() < 3)
		usleep(1000);
	survives_spoilt();
}

/* Says it is a word and has no image; has a tag that is not its name's; has
   lengths beyond its end. */
static bool
sends_spoilt(struct fake *f)
{
	struct msg_type	*t = &msg_type_word;
	struct buf	 b;

	buf_init(&b, 1000);
	WANT(type_ready(t) == 0);
	buf_add_u64(&b, t->tag);
	buf_add_u16(&b, 0x0401);
	buf_add(&b, "words", 5);
	fake_send(f, WIRE_SEND, 0, fake_other, 0, b.p, b.len);
	b.p[0] ^= 1;
	fake_send(f, WIRE_SEND, 0, fake_other, 0, b.p, b.len);
	b.p[8] = 200;
	fake_send(f, WIRE_SEND, 0, fake_other, 0, b.p, b.len);
	fake_send(f, WIRE_FORWARD, 0, fake_other, 0, "12345678901234567890"
	    "1234567890", 26);
	fake_send(f, WIRE_SEND_NAME, 0, fake_other, 0, "\377abcdefghijkl", 13);
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(word, .text = "good"));
	buf_release(&b);
	return fake_end(f);
}

/* ---- time, signals, order with names and forwards ---- */

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
waits(void)
{
	struct sigaction	sa = { .sa_handler = on_alarm };
	struct one		one;

	CHECK(msg_receive(0) == MSG_TIMEOUT);
	CHECK(msg_receive(30) == MSG_TIMEOUT);
	CHECK(msg_expect_for(one, &one, 30) == -1 && errno == ETIMEDOUT);
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	ualarm(30000, 0);
	CHECK(msg_expect(one, &one) == -1 && errno == EINTR && one.n == 0);
	ualarm(30000, 0);
	CHECK(msg_receive(1000) == MSG_ERROR && errno == EINTR);
}

static bool
says_nothing(struct fake *f)
{
	return fake_end(f);
}

static void
reads_all_kinds(void)
{
	struct word	word;

	CHECK(msg_expect(word, &word) == 0 && strcmp(word.text, "named") == 0);
	msg_release(word, &word);
	{
		MSG_AUTO(word, mine);

		CHECK(msg_expect(word, &mine) == 0);
		CHECK(strcmp(mine.text, "passed on") == 0);
		CHECK(mine.msg.sender.serial == 3 && mine.msg.ref == 44);
		CHECK(msg_reply(&mine, word, .text = "yes") == 0);
	}
	CHECK(msg_expect(word, &word) == 0 && word.msg.ref == 9);
	CHECK(msg_reply(&word, one, .n = 5) == 0);
	msg_release(word, &word);
	CHECK(msg_expect(word, &word) == 0 && word.msg.ref == 0);
	CHECK(msg_reply(&word, one, .n = 6) == 0);
	msg_release(word, &word);
}

static bool
sends_all_kinds(struct fake *f)
{
	struct buf	b;
	struct frame	frame;

	buf_init(&b, 1000);
	buf_add_str8(&b, "chat");
	fake_put(&b, MSG(word, .text = "named"));
	fake_send(f, WIRE_SEND_NAME, 0, fake_other, 0, b.p, b.len);
	buf_reset(&b);
	buf_add_u64(&b, FAKE_NODE);
	buf_add_u64(&b, 3);
	fake_put(&b, MSG(word, .text = "passed on"));
	fake_send(f, WIRE_FORWARD, 0, fake_other, 44, b.p, b.len);
	buf_release(&b);
	fake_post(f, WIRE_CALL, fake_other, 9, MSG(word, .text = "?"));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(word, .text = "!"));
	WANT(fake_next(f, WIRE_REPLY, &frame));
	WANT(frame.h.to.serial == 3 && frame.h.ref == 44);
	WANT(fake_next(f, WIRE_REPLY, &frame));
	WANT(pid_equal(frame.h.to, fake_other) && frame.h.ref == 9);
	WANT(fake_next(f, WIRE_SEND, &frame));
	WANT(pid_equal(frame.h.to, fake_other) && frame.h.ref == 0);
	return fake_end(f);
}

int
main(void)
{
	scene("receive: the oldest that matches, as frames come",
	    takes_from_room, sends_some);
	scene("receive: the same from the mailbox", takes_from_mailbox,
	    sends_some);
	scene("any: its type, its text, opened, passed on", takes_any,
	    sends_and_gets_it_back);
	scene("handlers: lent, and may receive themselves", handles,
	    sends_to_handlers);
	scene("deaths: in order with messages, each once, demonitor flushes",
	    watches, tells_deaths);
	scene("with-monitor: left by return and break", scopes, sees_scopes);
	scene("spoilt messages: dropped, whatever asks", survives_spoilt,
	    sends_spoilt);
	scene("spoilt messages: dropped from the mailbox, too", survives_kept,
	    sends_spoilt);
	scene("waiting: no time, some time, until a signal", waits,
	    says_nothing);
	scene("kinds: by name, passed on, called; answers find their way",
	    reads_all_kinds, sends_all_kinds);
	return tap_done();
}
