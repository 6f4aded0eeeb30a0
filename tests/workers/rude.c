/*
 * rude.c - a worker or guest that breaks the rules of the wire, one a mode.
 *
 *	rude MODE [ARG [ON]]	as a worker, on fd 3; ON: a pid of the node that
 *				is asked, else its own
 *	rude -g SOCKET MODE	as a guest
 *
 * As a worker it leaves a child of its group behind, which is to go with it,
 * and begins at the first message; modes of a first frame begin at once.
 */
#include <signal.h>

#include "raw.h"

#define LONG_TEXT	2000

struct rude {
	struct raw	 raw;
	const char	*arg, *on;
	bool		 guest;
};

/* ---- bad frames: a head as good as can be, then one thing wrong ---- */

static void
put(struct rude *r, struct wire_head h, const void *body, size_t n)
{
	uint8_t	frame[WIRE_HEAD + LONG_TEXT];

	if (h.len == 0)
		h.len = (uint32_t)(WIRE_HEAD + n);
	wire_put(frame, &h);
	memcpy(frame + WIRE_HEAD, body, n);
	/* At once: after a bad head the other end may be closed. */
	raw_bytes(r->raw.conn.fd, frame, WIRE_HEAD + n);
}

static void
too_long(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SEND, .from = r->raw.self,
	    .to = r->raw.self, .len = WIRE_MAX + 1 }, "", 0);
}

static void
endless(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SEND, .from = r->raw.self,
	    .to = r->raw.self, .len = UINT32_MAX }, "", 0);
}

static void
too_short(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SYNC, .from = r->raw.self,
	    .len = WIRE_HEAD - 1 }, "", 0);
}

static void
no_length(struct rude *r)
{
	static const uint8_t	zero[WIRE_HEAD];

	raw_bytes(r->raw.conn.fd, zero, sizeof(zero));
}

static void
forged(struct rude *r)
{
	struct buf	b;
	struct raw	other = r->raw;

	buf_init(&b, WIRE_MAX);
	other.self.serial = raw_number(r->arg != NULL ? r->arg : "1");
	raw_note(&b, &other, other.self, 1, 0);
	raw_bytes(r->raw.conn.fd, b.p, b.len);
}

static void
forged_node(struct rude *r)
{
	struct pid	from = r->raw.self;

	from.node ^= 1;
	put(r, (struct wire_head){ .op = WIRE_SYNC, .from = from,
	    .ref = 1 }, "", 0);
}

static void
nobody(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SYNC, .ref = 1 }, "", 0);
}

static void
garbage(struct rude *r)
{
	uint8_t	bytes[4096];
	size_t	i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(0x80 | random());
	raw_bytes(r->raw.conn.fd, bytes, sizeof(bytes));
}

static void
unknown_op(struct rude *r)
{
	put(r, (struct wire_head){ .op = 99, .from = r->raw.self }, "", 0);
}

static void
high_op(struct rude *r)
{
	put(r, (struct wire_head){ .op = 255, .from = r->raw.self }, "", 0);
}

/* What only the relay says, and what only the parent does. */
static void
relays_op(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_DOWN, .from = r->raw.self,
	    .to = r->raw.self, .ref = 1 }, "normal", 6);
}

static void
parents_op(struct rude *r)
{
	static const uint8_t	status[5];

	put(r, (struct wire_head){ .op = WIRE_O_EXITED, .from = r->raw.self,
	    .to = r->raw.self }, status, sizeof(status));
}

/* What only another node says, and only to a relay. */
static void
nodes_op(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_N_KILL, .from = r->raw.self,
	    .to = r->raw.self }, "killed", 6);
}

static void
short_body(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SEND, .from = r->raw.self,
	    .to = r->raw.self }, "x", 1);
}

static void
long_text(struct rude *r)
{
	static const uint8_t	text[LONG_TEXT];

	put(r, (struct wire_head){ .op = WIRE_EXIT, .from = r->raw.self,
	    .to = r->raw.self }, text, sizeof(text));
}

/* Lengths inside a body that lie about what follows. */
static void
lying_name(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SEND_NAME, .from = r->raw.self },
	    "\xff" "chat 12345678", 14);
}

static void
lying_spawn(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SPAWN, .from = r->raw.self,
	    .ref = 1 }, "\0\0\0\0\0\0\0\0" "\0" "\4" "ping" "\0" "\2\xff\xff",
	    18);
}

static void
lying_query(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_QUERY, .from = r->raw.self,
	    .ref = 1 }, "\2" "ps" "\xff\xff" "\xff\xff", 7);
}

static void
second_hello(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_HELLO, .from = r->raw.self },
	    "\0\1\0\0", 4);
}

/* ---- bad beginnings ---- */

static void
first_sync(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_SYNC, .ref = 1 }, "", 0);
}

static void
first_garbage(struct rude *r)
{
	garbage(r);
}

static void
first_version(struct rude *r)
{
	put(r, (struct wire_head){ .op = WIRE_HELLO }, "\xff\xff\0\0", 4);
}

/* Half a head, and then nothing. */
static void
first_half(struct rude *r)
{
	raw_bytes(r->raw.conn.fd, "\0\0\0\64\1\0\0\0", 8);
}

static void
first_nothing(struct rude *r)
{
	(void)r;
}

/* ---- not bad, but mean ---- */

static void
spawn_and_die(struct rude *r)
{
	struct buf		b;
	struct wire_head	h = { .op = WIRE_SPAWN, .flags = WIRE_F_LINK,
				    .ref = ++r->raw.ref };

	if (r->on != NULL)
		h.to.node = raw_pid(&r->raw, r->on).node;
	buf_init(&b, WIRE_MAX);
	buf_add_u64(&b, 0);
	buf_add_str8(&b, "");
	buf_add_str8(&b, r->arg);
	buf_add_str8(&b, "");
	buf_add_u8(&b, 0);
	raw_frame(&r->raw, &h, b.p, b.len);
	(void)kill(getpid(), SIGKILL);
}

static const struct {
	const char	*name;
	void		(*act)(struct rude *);
	bool		 first, at_once;
} modes[] = {
	{ "too_long", too_long, false, false },
	{ "endless", endless, false, false },
	{ "too_short", too_short, false, false },
	{ "no_length", no_length, false, false },
	{ "forged", forged, false, false },
	{ "forged_node", forged_node, false, false },
	{ "nobody", nobody, false, false },
	{ "garbage", garbage, false, false },
	{ "unknown_op", unknown_op, false, false },
	{ "high_op", high_op, false, false },
	{ "relays_op", relays_op, false, false },
	{ "parents_op", parents_op, false, false },
	{ "nodes_op", nodes_op, false, false },
	{ "short_body", short_body, false, false },
	{ "long_text", long_text, false, false },
	{ "lying_name", lying_name, false, false },
	{ "lying_spawn", lying_spawn, false, false },
	{ "lying_query", lying_query, false, false },
	{ "second_hello", second_hello, false, false },
	{ "first_sync", first_sync, true, true },
	{ "first_garbage", first_garbage, true, true },
	{ "first_version", first_version, true, true },
	{ "first_half", first_half, true, true },
	{ "first_nothing", first_nothing, true, true },
	{ "spawn_and_die", spawn_and_die, false, true },
	{ "wait_spawn", spawn_and_die, false, false },
	{ NULL, NULL, false, false }
};

/* As a guest: what is said to us until the end, in ms since we came. */
static int
await_end(int fd)
{
	struct mono	began = mono_now();
	char		bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	printf("ended after %lld ms\n",
	    (long long)(mono_now().ns - began.ns) / 1000000);
	return 0;
}

static void
begin(struct rude *r, int fd, bool first, bool at_once)
{
	struct frame	f;

	if (first)
		conn_init(&r->raw.conn, fd, WIRE_R, WIRE_MAX);
	else
		raw_open(&r->raw, fd);
	if (r->guest)
		return;
	if (fork() == 0)		/* of our group: ends with us */
		for (;;)
			pause();
	if (!at_once)
		raw_await(&r->raw, &f, WIRE_SEND);
}

int
main(int argc, char **argv)
{
	struct rude	r = { .guest = false };
	int		i, fd = 3;

	if (argc > 3 && strcmp(argv[1], "-g") == 0) {
		r.guest = true;
		fd = raw_connect(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		errx(RAW_FAILED, "rude [-g SOCKET] MODE [ARG [ON]]");
	r.arg = argc > 2 ? argv[2] : NULL;
	r.on = argc > 3 ? argv[3] : NULL;
	for (i = 0; modes[i].name != NULL; i++)
		if (strcmp(modes[i].name, argv[1]) == 0)
			break;
	if (modes[i].name == NULL)
		errx(RAW_FAILED, "%s: no such mode", argv[1]);
	begin(&r, fd, modes[i].first, modes[i].at_once);
	modes[i].act(&r);
	if (r.guest)
		return await_end(fd);
	for (;;)
		pause();
}
