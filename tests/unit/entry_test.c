/*
 * entry_test.c - msg_main: which entry runs, with what, and how it is refused.
 */
#include "fake.h"

#include <fcntl.h>

MSG_REMOTABLE(first);
MSG_REMOTABLE(second, (i32, n), (str, text), (pid, who), (strs, rest));
MSG_REMOTABLE(forever);
MSG_TYPE(number, (i32, n));
MSG_REMOTABLE_CHANNEL(serves, number, (pid, who));
MSG_REMOTABLE_CHANNEL(listens, number);

static const struct msg_pid other = { FAKE_NODE, 7 };

static void
first(void)
{
	CHECK(msg_send(other, number, .n = 1) == 0);
}

/* All that came, in one number. */
static void
second(const struct second *args)
{
	CHECK(strcmp(args->text, "two words") == 0);
	CHECK(args->rest.n == 2 && strcmp(args->rest.v[1], "b") == 0);
	msg_cork();
	CHECK(msg_send(args->who, number, .n = args->n) == 0);
}

/* What was sent there before it began is there. */
static void
serves(const struct number_recvport *in, const struct serves *args)
{
	struct number	number;

	CHECK(in->port.id == 1 && msg_pid_equal(in->port.owner, msg_self()));
	CHECK(msg_channel_receive(number, in, &number) == 0);
	CHECK(msg_send_copy(args->who, number, &number) == 0);
}

static void
listens(const struct number_recvport *in)
{
	struct number	number;

	CHECK(msg_channel_receive(number, in, &number) == 0);
	CHECK(msg_channel_close(number, in) == 0);
	CHECK(msg_channel_receive(number, in, &number) == -1);
	CHECK(msg_send(other, number, .n = 1) == 0);
}

/* A loop that asks nothing of errors. */
static void
forever(void)
{
	struct number	number;

	for (;;)
		(void)msg_expect(number, &number);
}

static const char	*entry, *words[8];

static void
runs_main(void)
{
	char	*argv[10] = { (char *)(uintptr_t)"prog" };
	int	argc;

	if (entry != NULL)
		setenv("BROOD_ENTRY", entry, 1);
	else
		unsetenv("BROOD_ENTRY");
	for (argc = 0; words[argc] != NULL; argc++)
		argv[argc + 1] = (char *)(uintptr_t)words[argc];
	exit(msg_main(argc + 1, argv, MSG_TABLE(first, second, forever,
	    serves, listens)));
}

static void
play(const char *title, const char *which, const char *const *argv,
    bool (*relay)(struct fake *), struct fake f, int status)
{
	size_t	i;

	entry = which;
	memset(words, 0, sizeof(words));
	for (i = 0; argv != NULL && argv[i] != NULL; i++)
		words[i] = argv[i];
	fake_scene(title, runs_main, relay, &f, status);
}

#define PLAIN	((struct fake){ .base = 0 })

static bool
gets_number(struct fake *f, uint64_t serial, int32_t want)
{
	const size_t	head = 8 + 2 + strlen("number") + strlen("i");
	struct number	number;
	struct frame	frame;

	WANT(fake_next(f, WIRE_SEND, &frame) && frame.h.to.serial == serial);
	WANT(frame.body_len > head && body_read(&msg_type_number,
	    frame.body + head, frame.body_len - head, &number) == 0);
	WANT(number.n == want);
	return fake_end(f);
}

static bool
gets_one(struct fake *f)
{
	return gets_number(f, 7, 1);
}

static bool
gets_forty(struct fake *f)
{
	return gets_number(f, 33, 40);
}

static bool
looks_up(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_WHEREIS, &frame));
	WANT(fake_body_is(&frame, "chat"));
	fake_done(f, frame.h.ref, 0, (struct pid){ FAKE_NODE, 33 }, "");
	return gets_forty(f);
}

static void
sends_to_first_port(struct fake *f, int32_t n)
{
	struct msg_body	m = MSG(number, .n = n);
	uint8_t		image[64];

	fake_send(f, WIRE_CHANNEL, 0, fake_other, 1, image,
	    body_write(m.type, m.message, image, sizeof(image)));
}

static bool
is_early(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_WHEREIS, &frame));
	sends_to_first_port(f, 40);
	fake_done(f, frame.h.ref, 0, (struct pid){ FAKE_NODE, 33 }, "");
	return gets_forty(f);
}

static bool
sends_one(struct fake *f)
{
	sends_to_first_port(f, 1);
	return gets_one(f);
}

static const char	*want_why;

static bool
hears_why(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_DIE, &frame));
	if (!fake_body_is(&frame, want_why)) {
		note("it says: %.*s", (int)frame.body_len,
		    (const char *)frame.body);
		return false;
	}
	return fake_end(f);
}

static void
refused(const char *which, const char *const *argv, const char *why)
{
	char	title[256];

	want_why = why;
	(void)snprintf(title, sizeof(title), "refused: %s", why);
	play(title, which, argv, hears_why, PLAIN, EXITED(100));
}

static bool
goes_away(struct fake *f)
{
	(void)f;
	return true;
}

/* ---- arguments as a message ---- */

static struct fake
with_args(struct buf *b, struct msg_body m)
{
	buf_init(b, FAKE_MESSAGE);
	fake_put(b, m);
	return (struct fake){ .args = (const char *)b->p,
	    .args_len = b->len };
}

static void
messages(void)
{
	struct msg_type	*types[] = { &msg_type_second, &msg_type_number };
	struct fake	f;
	struct buf	b;
	size_t		i;

	for (i = 0; i < 2; i++)
		ok(type_ready(types[i]) == 0, "a type: %s", types[i]->name);
	f = with_args(&b, MSG(second, .n = 40, .text = "two words",
	    .who = { FAKE_NODE, 33 }, .rest = MSG_ITEMS(const char *, "a",
	    "b")));
	play("arguments: a closure's, whatever the words are", "second",
	    MSG_WORDS("other"), gets_forty, f, 0);
	want_why = "second: arguments of another version of it";
	b.p[0] ^= 1;
	play("refused: a closure of another version", "second", NULL,
	    hears_why, f, EXITED(100));
	b.p[0] ^= 1;
	b.p[b.len - 1] = 0;
	f.args_len--;
	want_why = "second: Bad message";
	play("refused: a closure that is no image", "second", NULL,
	    hears_why, f, EXITED(100));
	buf_release(&b);
}

/* ---- no supervisor ---- */

static void
runs_alone(void)
{
	int	fd = open("/dev/null", O_WRONLY);

	(void)dup2(fd, STDERR_FILENO);
	setenv("BROOD_FD", "", 1);
	runs_main();
}

static void
alone(void)
{
	struct fake	f = PLAIN;
	bool		good;

	fake_open(&f, runs_alone);
	good = fake_end(&f);
	ok(good && fake_close(&f) == EXITED(100),
	    "outside of a supervisor: exit 100");
}

int
main(void)
{
	play("without an entry: the first", NULL, NULL, gets_one, PLAIN, 0);
	play("an empty entry: the first", "", NULL, gets_one, PLAIN, 0);
	play("arguments: words, by the entry's fields; what was corked goes",
	    "second", MSG_WORDS("40", "two words", "33", "2", "a", "b"),
	    gets_forty, PLAIN, 0);
	play("arguments: a name is looked up", "second",
	    MSG_WORDS("40", "two words", "chat", "2", "a", "b"), looks_up,
	    PLAIN, 0);
	play("a port of its own: open before arguments are looked up",
	    "serves", MSG_WORDS("chat"), is_early, PLAIN, 0);
	play("a port of its own, and no arguments", "listens", NULL, sends_one,
	    PLAIN, 0);
	refused("third", NULL,
	    "no entry third in prog (has: first, second, forever, serves, "
	    "listens)");
	refused("first", MSG_WORDS("x"), "first: needs 0 values, has 1");
	refused("second", MSG_WORDS("x", "y", "1", "0"),
	    "second: value 1 ('x'): not a number");
	refused("second", MSG_WORDS("1", "y", "a b", "0"),
	    "second: value 3 ('a b'): not an address");
	messages();
	play("the end of the supervisor: exit 111, whatever the program does",
	    "forever", NULL, goes_away, PLAIN, EXITED(111));
	alone();
	return tap_done();
}
