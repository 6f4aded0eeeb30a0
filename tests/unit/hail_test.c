/* hail_test.c - what nodes say to each other beside a session: bytes. */
#include "tap.h"

#include <stdlib.h>

#include "bug.h"
#include "hail.h"

#define FROM	UINT64_C(0x1122334455667788)

static const struct hello	here = {
	.version = WIRE_VERSION, .capabilities = 5, .id = FROM, .sent = 7,
	.echo = 8, .timeout_ms = 5000, .max_message = 16u << 20,
	.established = true, .session = 3, .open = true, .connection = 9,
	.received = 77, .name = "alpha", .role = "NODE", .cluster = "default",
	.address = "[::1]:38813"
};

/* The frame that b begins with, on a block of its length: overruns are seen. */
static struct frame
frame_of(const struct buf *b)
{
	struct frame	f;
	uint8_t		*p = malloc(b->len + (b->len == 0));

	BUG_ON(p == NULL || b->error != 0 || b->len < WIRE_HEAD);
	memcpy(p, b->p, b->len);
	f = (struct frame){ .bytes = p, .body = p + WIRE_HEAD,
	    .body_len = b->len - WIRE_HEAD };
	wire_get(&f.h, p);
	return f;
}

/* ---- each of them, there and back ---- */

static struct frame
hello_frame(const struct hello *x)
{
	struct frame	f;
	struct buf	b;

	buf_init(&b, 4096);
	hail_put_hello(&b, x->id, x);
	f = frame_of(&b);
	buf_release(&b);
	return f;
}

static bool
zero(const void *p, size_t n)
{
	const uint8_t	*c = p;

	while (n > 0 && *c == 0)
		c++, n--;
	return n == 0;
}

static void
test_hello(void)
{
	struct frame	f = hello_frame(&here);
	struct hello	x;

	is_int(f.h.op, WIRE_N_HELLO, "a hello is N_HELLO");
	ok(f.h.len == WIRE_HEAD + f.body_len && f.h.from.node == FROM &&
	    f.h.from.serial == 0, "of its length, from the node");
	ok(wire_check(&f.h, WIRE_N, WIRE_MAX) == NULL, "and may be sent");
	is_str(hail_get_hello(&x, &f), NULL, "it is read");
	ok(x.version == WIRE_VERSION && x.capabilities == 5 && x.id == FROM,
	    "version, capabilities, id");
	ok(x.sent == 7 && x.echo == 8 && x.timeout_ms == 5000 &&
	    x.max_message == 16u << 20, "clocks and bounds");
	ok(x.established && x.session == 3 && x.open && x.connection == 9 &&
	    x.received == 77, "the session");
	is_str(x.name, "alpha", "name");
	is_str(x.role, "NODE", "role");
	is_str(x.cluster, "default", "cluster");
	is_str(x.address, "[::1]:38813", "address");
	free(f.bytes);
}

static void
test_shortest_and_longest(void)
{
	struct hello	x = here, y;
	struct frame	f;

	(void)strlcpy(x.name, "a", sizeof(x.name));
	(void)strlcpy(x.role, "b", sizeof(x.role));
	(void)strlcpy(x.cluster, "c", sizeof(x.cluster));
	x.address[0] = '\0';
	f = hello_frame(&x);
	ok(wire_check(&f.h, WIRE_N, WIRE_MAX) == NULL &&
	    hail_get_hello(&y, &f) == NULL, "the shortest hello");
	free(f.bytes);
	memset(x.name, 'n', NAME_SIZE - 1);
	memset(x.role, 'r', NAME_SIZE - 1);
	memset(x.cluster, 'c', NAME_SIZE - 1);
	x.name[NAME_SIZE - 1] = x.role[NAME_SIZE - 1] =
	    x.cluster[NAME_SIZE - 1] = '\0';
	memset(x.address, 'h', 249);
	(void)strlcpy(x.address + 249, ":65535", 7);
	ok(hail_address_valid(x.address), "an address of 255 characters");
	f = hello_frame(&x);
	ok(wire_check(&f.h, WIRE_N, WIRE_MAX) == NULL &&
	    hail_get_hello(&y, &f) == NULL, "the longest hello");
	is_str(y.address, x.address, "with all of its address");
	free(f.bytes);
	(void)strlcpy(x.address + 249, ":065535", 8);
	ok(!hail_address_valid(x.address), "one of 256 cannot be told");
	f = hello_frame(&x);
	ok(hail_get_hello(&y, &f) == NULL && y.address[0] == '\0',
	    "nor is it");
	free(f.bytes);
}

static void
test_version(void)
{
	struct hello	x = here, y;
	struct frame	f;

	x.version = 99;
	f = hello_frame(&x);
	f.body_len = 30;		/* may look otherwise from here on */
	is_str(hail_get_hello(&y, &f), NULL, "another version: no fault");
	ok(y.version == 99 && y.id == FROM, "its version and id are read");
	ok(y.session == 0 && y.name[0] == '\0', "and nothing else");
	free(f.bytes);
}

/* What is in b, which is empty then. */
static struct frame
take(struct buf *b)
{
	struct frame	f = frame_of(b);

	buf_reset(b);
	is_str(wire_check(&f.h, WIRE_N, WIRE_MAX), NULL, "%s has its length",
	    wire_rule(f.h.op)->name);
	return f;
}

static void
test_join_and_beat(void)
{
	struct join	j = { 3, true, 9, 77, 5, 6 };
	struct beat	t = { 1, 2, 3, 4, true, false };
	struct frame	f;
	struct buf	b;

	buf_init(&b, 4096);
	hail_put_join(&b, FROM, &j);
	f = take(&b);
	ok(hail_get_join(&j, &f) == NULL && j.session == 3 && j.resumed &&
	    j.connection == 9 && j.received == 77 && j.sent == 5 &&
	    j.echo == 6, "a join");
	free(f.bytes);
	hail_put_beat(&b, FROM, &t);
	f = take(&b);
	ok(hail_get_beat(&t, &f) == NULL && t.sent == 1 && t.echo == 2 &&
	    t.received == 3 && t.next == 4 && t.answer && !t.answering,
	    "a beat that asks");
	free(f.bytes);
	t = (struct beat){ .next = 1, .answering = true };
	hail_put_beat(&b, FROM, &t);
	f = take(&b);
	ok(hail_get_beat(&t, &f) == NULL && !t.answer && t.answering,
	    "a beat that answers");
	free(f.bytes);
	buf_release(&b);
}

static void
test_end_and_refusal(void)
{
	struct refusal	r;
	struct frame	f;
	struct buf	b;
	uint64_t	session;
	bool		goodbye;

	buf_init(&b, 4096);
	hail_put_end(&b, FROM, 12, true);
	f = take(&b);
	ok(hail_get_end(&session, &goodbye, &f) == NULL && session == 12 &&
	    goodbye, "an end");
	free(f.bytes);
	hail_put_refuse(&b, FROM, HAIL_NAME, "alpha is taken");
	f = take(&b);
	ok(hail_get_refuse(&r, &f) == NULL && r.reason == HAIL_NAME,
	    "a refusal");
	is_str(r.text, "alpha is taken", "with its text");
	free(f.bytes);
	buf_release(&b);
}

static void
test_refusal_texts(void)
{
	struct refusal	r;
	struct frame	f;
	struct buf	b;
	char		text[400];
	int		reason;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	text[1] = '\n';
	buf_init(&b, 4096);
	hail_put_refuse(&b, FROM, HAIL_FULL, text);
	f = frame_of(&b);
	ok(hail_get_refuse(&r, &f) == NULL && strlen(r.text) == WHY_SIZE - 1,
	    "a long text is cut");
	is_int(r.text[1], '?', "what is not printable is not sent");
	free(f.bytes);
	for (reason = HAIL_AGAIN; reason <= HAIL_FULL; reason++) {
		buf_reset(&b);
		hail_put_refuse(&b, FROM, (enum hail_reason)reason, NULL);
		f = frame_of(&b);
		if (hail_get_refuse(&r, &f) != NULL ||
		    (int)r.reason != reason || strcmp(r.text,
		    hail_reason_text((enum hail_reason)reason)) != 0 ||
		    strcmp(r.text, "refused") == 0)
			break;
		free(f.bytes);
	}
	is_int(reason, HAIL_FULL + 1, "each reason has a text");
	buf_release(&b);
}

/* ---- what is broken ---- */

#define AT(field, v)	{ #field " " #v, offsetof(struct hello, field),	\
	    sizeof(here.field), v }

static const struct {
	const char	*what;
	size_t		 at, n;
	uint64_t	 v;
} numbers[] = {
	AT(timeout_ms, 0), AT(timeout_ms, 99), AT(timeout_ms, 3600001),
	AT(max_message, 0), AT(max_message, 4095), AT(session, 0),
};

static const struct {
	const char	*what, *name, *role, *cluster, *address;
} texts[] = {
	{ "no name", "", "r", "c", "" },
	{ "a name with a blank", "a b", "r", "c", "" },
	{ "a name with a line end", "a\n", "r", "c", "" },
	{ "no role", "n", "", "c", "" },
	{ "no cluster", "n", "r", "", "" },
	{ "an address without a port", "n", "r", "c", "host" },
	{ "an address with port 0", "n", "r", "c", "host:0" },
	{ "an address for all", "n", "r", "c", "*:38813" },
	{ "an address that is none", "n", "r", "c", "a b:1" },
	{ "an address with an escape", "n", "r", "c", "\033[2J:1" },
};

static void
is_broken(const struct hello *x, const char *what)
{
	struct frame	f = hello_frame(x);
	struct hello	y;

	memset(&y, 1, sizeof(y));
	ok(hail_get_hello(&y, &f) != NULL && zero(&y, sizeof(y)),
	    "broken: %s", what);
	free(f.bytes);
}

static void
test_broken_fields(void)
{
	struct hello	x;
	uint32_t	small;
	size_t		i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		x = here;
		small = (uint32_t)numbers[i].v;
		memcpy((char *)&x + numbers[i].at, numbers[i].n == 4 ?
		    (void *)&small : (const void *)&numbers[i].v,
		    numbers[i].n);
		is_broken(&x, numbers[i].what);
	}
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		x = here;
		(void)strlcpy(x.name, texts[i].name, sizeof(x.name));
		(void)strlcpy(x.role, texts[i].role, sizeof(x.role));
		(void)strlcpy(x.cluster, texts[i].cluster, sizeof(x.cluster));
		(void)strlcpy(x.address, texts[i].address,
		    sizeof(x.address));
		is_broken(&x, texts[i].what);
	}
}

static const char *
get_any(const struct frame *f)
{
	struct hello	h;
	struct join	j;
	struct beat	t;
	struct refusal	r;
	uint64_t	session;
	bool		goodbye;

	switch (f->h.op) {
	case WIRE_N_HELLO:
		return hail_get_hello(&h, f);
	case WIRE_N_JOIN:
		return hail_get_join(&j, f);
	case WIRE_N_BEAT:
		return hail_get_beat(&t, f);
	case WIRE_N_END:
		return hail_get_end(&session, &goodbye, f);
	default:
		return hail_get_refuse(&r, f);
	}
}

/* Every shorter body, a longer one, and headers that say too much. */
static void
break_frame(struct frame f)
{
	const char	*name = wire_rule(f.h.op)->name;
	struct frame	 g = f;
	uint8_t		*longer = calloc(1, f.body_len + 1), *cut;
	size_t		 n;
	bool		 held = true;

	BUG_ON(longer == NULL);
	is_str(get_any(&f), NULL, "%s as it should be", name);
	for (n = 0; n < f.body_len; n++) {
		BUG_ON((cut = malloc(n + 1)) == NULL);
		memcpy(cut + 1, f.body, n);	/* ends with the block */
		g.body = cut + 1;
		g.body_len = n;
		held = held && get_any(&g) != NULL;
		free(cut);
	}
	ok(held, "%s cut anywhere is broken", name);
	memcpy(longer, f.body, f.body_len);
	g.body = longer;
	g.body_len = f.body_len + 1;
	ok(get_any(&g) != NULL, "%s with a byte more is broken", name);
	free(longer);
	g = f;
	g.h.flags = 1;
	ok(get_any(&g) != NULL, "%s with a flag is broken", name);
	g = f;
	g.h.ref = 1;
	ok(get_any(&g) != NULL, "%s with a ref is broken", name);
	g = f;
	g.h.to.node = 1;
	ok(get_any(&g) != NULL, "%s to somebody is broken", name);
	g = f;
	g.h.from.serial = 1;
	ok(get_any(&g) != NULL, "%s from a process is broken", name);
	g = f;
	g.h.from.node = 0;
	ok(get_any(&g) != NULL, "%s from nobody is broken", name);
	free(f.bytes);
}

static void
test_broken_frames(void)
{
	const struct join	j = { 3, true, 9, 77, 5, 6 };
	const struct beat	t = { 1, 2, 3, 4, true, true };
	struct frame		f;
	struct buf		b;

	buf_init(&b, 4096);
	break_frame(hello_frame(&here));
	hail_put_join(&b, FROM, &j);
	break_frame(frame_of(&b));
	buf_reset(&b);
	hail_put_beat(&b, FROM, &t);
	break_frame(frame_of(&b));
	buf_reset(&b);
	hail_put_end(&b, FROM, 12, false);
	break_frame(frame_of(&b));
	buf_reset(&b);
	hail_put_refuse(&b, FROM, HAIL_SELF, "why");
	break_frame(frame_of(&b));
	f = hello_frame(&here);
	f.h.from.node++;
	is_str(get_any(&f), "its id is not the sender's",
	    "an id of another is broken");
	free(f.bytes);
	buf_release(&b);
}

/* One byte of a good body is another. */
static void
is_bad_at(const struct buf *b, size_t at, uint8_t v, const char *what)
{
	struct frame	f = frame_of(b);

	f.bytes[WIRE_HEAD + at] = v;
	ok(get_any(&f) != NULL, "broken: %s", what);
	free(f.bytes);
}

static void
test_broken_bytes(void)
{
	const struct join	j = { 3, true, 9, 77, 5, 6 };
	const struct beat	t = { 1, 2, 3, 4, true, true };
	struct buf		b;

	buf_init(&b, 4096);
	hail_put_hello(&b, FROM, &here);
	is_bad_at(&b, 36, 2, "a hello that half has sessions");
	is_bad_at(&b, 45, 2, "a session half open");
	is_bad_at(&b, 58, 0, "a name without length");
	is_bad_at(&b, 59, 0, "a name with a NUL");
	buf_reset(&b);
	hail_put_join(&b, FROM, &j);
	is_bad_at(&b, 7, 0, "a join of no session");
	is_bad_at(&b, 8, 2, "a join half resumed");
	is_bad_at(&b, 8, 0, "a new session where something was received");
	is_bad_at(&b, 12, 0, "a join without a connection");
	buf_reset(&b);
	hail_put_beat(&b, FROM, &t);
	is_bad_at(&b, 31, 0, "a beat before frame 0");
	is_bad_at(&b, 32, 4, "a beat with an unknown flag");
	buf_reset(&b);
	hail_put_end(&b, FROM, 12, false);
	is_bad_at(&b, 7, 0, "an end of no session");
	is_bad_at(&b, 8, 2, "half a goodbye");
	buf_reset(&b);
	hail_put_refuse(&b, FROM, HAIL_SELF, "why");
	is_bad_at(&b, 0, 0, "a refusal without reason");
	is_bad_at(&b, 0, 9, "a refusal with an unknown reason");
	is_bad_at(&b, 2, '\n', "a refusal of two lines");
	is_bad_at(&b, 2, 0x7f, "a refusal with a DEL");
	is_bad_at(&b, 2, 0x9b, "a refusal with a control character");
	buf_release(&b);
}

static void
test_no_room(void)
{
	struct buf	b;

	buf_init(&b, 81 + WIRE_HEAD + 20);
	hail_put_beat(&b, FROM, &(struct beat){ .next = 1 });
	is_int((intmax_t)b.len, 81, "a frame fits");
	hail_put_beat(&b, FROM, &(struct beat){ .next = 1 });
	ok(b.error != 0 && b.len == 81, "no half frame follows it");
	buf_release(&b);
}

int
main(void)
{
	test_hello();
	test_shortest_and_longest();
	test_version();
	test_join_and_beat();
	test_end_and_refusal();
	test_refusal_texts();
	test_broken_fields();
	test_broken_frames();
	test_broken_bytes();
	test_no_room();
	return tap_done();
}
