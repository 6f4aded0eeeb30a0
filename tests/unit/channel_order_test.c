/*
 * channel_order_test.c - in what order messages are taken from ports: merged,
 * beside messages, waited for; the relay is the test's.
 */
#include "channels.h"

MSG_TYPE(two, (i32, n));

static const char *
take_all(struct ports *p, struct item_recvport *from)
{
	struct item	item;
	size_t		n = 0;

	while (n < sizeof(p->got) - 1 &&
	    msg_channel_receive_for(item, from, &item, 0) == 0) {
		CHECK(item.msg.sender.serial == 7 && item.msg.ref == 0);
		p->got[n++] = (char)item.c;
	}
	CHECK(errno == ETIMEDOUT && item.c == 0);
	p->got[n] = '\0';
	return p->got;
}

/* ---- every order of two merges, all there before ---- */

static const struct {
	int		 inner, outer;		/* inner 0: three flat ones */
	const char	*order;
} orders[] = {
	{ 0, MSG_BIASED, "aaabbbccc" },
	{ 0, MSG_ROUND_ROBIN, "abcabcabc" },
	{ MSG_BIASED, MSG_BIASED, "aaabbbcccdddeeefffggghhhiii" },
	{ MSG_BIASED, MSG_ROUND_ROBIN, "adgadgadgbehbehbehcficficfi" },
	{ MSG_ROUND_ROBIN, MSG_BIASED, "abcabcabcdefdefdefghighighi" },
	{ MSG_ROUND_ROBIN, MSG_ROUND_ROBIN, "adgbehcfiadgbehcfiadgbehcfi" },
};
#define NORDERS	(sizeof(orders) / sizeof(orders[0]))

static void
merge(struct ports *p, size_t i)
{
	size_t	k;

	if (orders[i].inner == 0) {
		CHECK(msg_channel_merge(item, &p->all, orders[i].outer,
		    p->from, 3) == 0);
		return;
	}
	for (k = 0; k < 3; k++)
		CHECK(msg_channel_merge(item, &p->in[k], orders[i].inner,
		    p->from + 3 * k, 3) == 0);
	CHECK(msg_channel_merge(item, &p->all, orders[i].outer, p->in, 3)
	    == 0);
}

static void
takes_merged(void)
{
	struct ports	p;
	size_t		i;

	open_ports(&p);
	for (i = 0; i < NORDERS; i++) {
		merge(&p, i);
		msg_send(msg_self(), one, .n = (int32_t)i);
		await_stop();
		CHECK(msg_pump() == (int)strlen(orders[i].order));
		CHECK(strcmp(take_all(&p, &p.all), orders[i].order) == 0);
	}
}

static bool
sends_merged(struct fake *f)
{
	struct frame	frame;
	size_t		i;
	int		n;

	for (i = 0; i < NORDERS; i++) {
		WANT(fake_next(f, WIRE_SEND, &frame));
		for (n = 0; n < 3; n++)
			fake_items(f, orders[i].inner == 0 ? "abc" :
			    "abcdefghi");
		fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	}
	return fake_end(f);
}

/* ---- a reader that always waits ---- */

#define WAITING	"abcacbbacbcacabcba"

static void
waits_for_each(void)
{
	struct ports		p;
	struct item_recvport	all[4];
	struct item		item;
	int			how, i;

	open_ports(&p);
	for (i = 0; i < 4; i++) {
		how = i % 2 == 0 ? MSG_BIASED : MSG_ROUND_ROBIN;
		CHECK(msg_channel_merge(item, &all[i], how,
		    i < 2 ? p.from : all, i < 2 ? 3u : 1u) == 0);
	}
	for (i = 0; i < 4; i++)
		for (const char *c = WAITING; *c != '\0'; c++) {
			CHECK(msg_send(msg_self(), stop) == 0);
			CHECK(msg_channel_receive(item, &all[i], &item) == 0);
			CHECK(item.c == *c);
		}
}

static bool
sends_one_by_one(struct fake *f)
{
	struct frame	frame;
	int		i;

	for (i = 0; i < 4; i++)
		for (const char *c = WAITING; *c != '\0'; c++) {
			WANT(fake_next(f, WIRE_SEND, &frame));
			fake_item(f, *c);
		}
	return fake_end(f);
}

/* ---- runs of clauses ---- */

static void
on_two(const struct two *m, void *n)
{
	*(int *)n += m->n;
}

/* two 1, a, one 2, b, two 3, c lie there, in this order. */
static void
takes_runs(void)
{
	struct ports	p;
	struct item	x, y;
	struct one	one;
	struct two	two;
	struct msg_any	any;
	struct word	word;
	int		r, sum = 0;

	open_ports(&p);
	await_stop();
	r = msg_receive(1000, MSG_MATCH_PORT(item, &p.from[2], &x),
	    MSG_MATCH_PORT(item, &p.from[1], &y));
	CHECK(r == 0 && x.c == 'c' && y.c == 0);
	r = msg_receive(1000, MSG_MATCH_PORT(item, &p.from[2], &x),
	    MSG_MATCH(one, &one), MSG_MATCH(two, &two),
	    MSG_MATCH_PORT(item, &p.from[0], &y));
	CHECK(r == 2 && two.n == 1 && y.c == 0);
	r = msg_receive(1000, MSG_MATCH(word, &word),
	    MSG_MATCH_PORT(item, &p.from[1], &x),
	    MSG_MATCH_PORT(item, &p.from[0], &y), MSG_MATCH(one, &one));
	CHECK(r == 1 && x.c == 'b' && one.n == 0);
	r = msg_receive(1000, MSG_MATCH(word, &word),
	    MSG_MATCH_PORT(item, &p.from[1], &x),
	    MSG_HANDLE(two, on_two, &sum),
	    MSG_MATCH_PORT(item, &p.from[0], &y), MSG_MATCH(one, &one));
	CHECK(r == 2 && sum == 3);
	r = msg_receive(1000, MSG_MATCH_ANY(&any),
	    MSG_MATCH_PORT(item, &p.from[0], &x));
	CHECK(r == 0 && strcmp(any.type, "one") == 0);
	msg_release_any(&any);
	r = msg_receive(0, MSG_MATCH_ANY(&any), MSG_MATCH_WRITABLE(msg_self()),
	    MSG_MATCH_PORT(item, &p.from[0], &x));
	CHECK(r == 2 && x.c == 'a');
	r = msg_receive(1000, MSG_MATCH_PORT(item, &p.from[0], &x),
	    MSG_MATCH_WRITABLE(p.to[0].port.owner));
	CHECK(r == 1);
	r = msg_receive(0, MSG_MATCH_PORT(item, &p.from[0], &x),
	    MSG_MATCH_ANY(&any));
	CHECK(r == MSG_TIMEOUT && msg_pump() == 0);
}

static bool
sends_runs(struct fake *f)
{
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(two, .n = 1));
	fake_items(f, "a");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(one, .n = 2));
	fake_items(f, "b");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(two, .n = 3));
	fake_items(f, "c");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(stop));
	return fake_end(f);
}

/*
 * What has arrived is sorted first: an older message does not win because it is
 * met first, whether what is wanted more lies in the room behind it or in the
 * kernel still.
 */
static void
takes_later_first(void)
{
	struct ports	p;
	struct item	x;
	struct one	one;
	int		i, r;

	open_ports(&p);
	for (i = 0; i < 2; i++) {
		CHECK(msg_send(msg_self(), stop) == 0);
		await_stop();
		CHECK(msg_send(msg_self(), stop) == 0);
		if (i == 1)
			CHECK(poll(&(struct pollfd){ .fd = msg_fd(),
			    .events = POLLIN }, 1, 10000) == 1);
		r = msg_receive(1000, MSG_MATCH_PORT(item, &p.from[0], &x),
		    MSG_MATCH(one, &one));
		CHECK(r == 0 && x.c == 'a');
		r = msg_receive(1000, MSG_MATCH_PORT(item, &p.from[0], &x),
		    MSG_MATCH(one, &one));
		CHECK(r == 1 && one.n == i);
	}
}

static void
add_frame(struct buf *b, const struct fake *f, enum wire_op op, uint64_t ref,
    struct msg_body m)
{
	struct wire_head	h = { .op = (uint8_t)op, .to = f->worker,
				    .from = fake_other, .ref = ref };
	size_t			at = b->len;
	size_t			n = body_write(m.type, m.message, NULL, 0);

	(void)buf_room(b, WIRE_HEAD);
	if (op == WIRE_CHANNEL)
		(void)body_write(m.type, m.message, buf_room(b, n), n);
	else
		fake_put(b, m);
	h.len = (uint32_t)(b->len - at);
	wire_put(b->p + at, &h);
}

static bool
sends_later(struct fake *f)
{
	struct frame	frame;
	struct buf	b;
	int		i;

	for (i = 0; i < 2; i++) {
		WANT(fake_next(f, WIRE_SEND, &frame));
		buf_init(&b, 4096);
		add_frame(&b, f, WIRE_SEND, 0, MSG(stop));
		add_frame(&b, f, WIRE_SEND, 0, MSG(one, .n = i));
		if (i == 0)
			add_frame(&b, f, WIRE_CHANNEL, 2, MSG(item, .c = 'a'));
		fake_bytes(f, b.p, b.len);
		buf_release(&b);
		WANT(fake_next(f, WIRE_SEND, &frame));
		if (i == 1)
			fake_items(f, "a");
	}
	return fake_end(f);
}

/* No port is in the way of messages, nor they in its. */
static void
takes_apart(void)
{
	struct ports	p;
	struct one	one;
	struct item	x;
	int		i;

	open_ports(&p);
	for (i = 0; i < 3; i++) {
		CHECK(msg_expect(one, &one) == 0 && one.n == i);
		CHECK(msg_pump() == 5 - i);
	}
	for (i = 0; i < 3; i++) {
		CHECK(msg_channel_receive(item, &p.from[0], &x) == 0);
		CHECK(x.c == 'a');
	}
	CHECK(msg_channel_receive_for(item, &p.from[0], &x, 20) == -1);
	CHECK(errno == ETIMEDOUT && msg_pump() == 0);
}

static bool
sends_both(struct fake *f)
{
	struct buf	b;
	int		i;

	/* In one piece, so that all of it is there when the first is. */
	buf_init(&b, 4096);
	for (i = 0; i < 3; i++) {
		add_frame(&b, f, WIRE_CHANNEL, 2, MSG(item, .c = 'a'));
		add_frame(&b, f, WIRE_SEND, 0, MSG(one, .n = i));
	}
	fake_bytes(f, b.p, b.len);
	buf_release(&b);
	return fake_end(f);
}

/*
 * Who chooses reads ahead, but not without end: three times what max-mailbox
 * allows comes through it, since most of that waits where it was sent.
 */
#define FLOOD	200000

static void
takes_flood(void)
{
	struct ports	p;
	struct item	x;
	struct one	one;
	int		i;

	open_ports(&p);
	CHECK(msg_channel_merge(item, &p.all, MSG_BIASED, p.from, 2) == 0);
	for (i = 0; i < FLOOD; i++)
		if (i % 2 == 0)
			CHECK(msg_channel_receive(item, &p.all, &x) == 0);
		else
			CHECK(msg_receive(1000, MSG_MATCH(one, &one),
			    MSG_MATCH_PORT(item, &p.from[1], &x)) == 1);
}

static bool
floods(struct fake *f)
{
	struct buf	b;
	int		i, k;

	for (i = 0; i < FLOOD / 500; i++) {
		buf_init(&b, FAKE_MESSAGE);
		for (k = 0; k < 500; k++)
			add_frame(&b, f, WIRE_CHANNEL, 3, MSG(item, .c = 'b'));
		fake_bytes(f, b.p, b.len);
		buf_release(&b);
	}
	return fake_end(f);
}

int
main(void)
{
	(void)type_ready(&msg_type_item);
	scene("merged: the six orders, all there before", takes_merged,
	    sends_merged);
	scene("merged: a reader that waits gets all as they are sent",
	    waits_for_each, sends_one_by_one);
	scene("clauses: runs of ports and of messages, from left to right",
	    takes_runs, sends_runs);
	scene("clauses: all that has arrived is sorted first",
	    takes_later_first, sends_later);
	scene("ports and messages are not in each other's way", takes_apart,
	    sends_both);
	fake_scene("a flood waits where it was sent", takes_flood, floods,
	    &(struct fake){ .mailbox = 8u << 20 }, 0);
	return tap_done();
}
