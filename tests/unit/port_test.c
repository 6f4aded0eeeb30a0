/* port_test.c - queues of ports, merged ones: whose turn it is, what is left */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#include "bug.h"
#include "port.h"
#include "type.h"

MSG_TYPE(one, (i32, n));

#define T	(&msg_type_one)

/* Letters say where they were put: "a" for the first port made. */
struct bench {
	struct mailbox	 box;
	struct ports	 ports;
	char		 got[128];
};

static void
bench_open(struct bench *b)
{
	*b = (struct bench){ .ports = { .n = 0 } };
	mailbox_init(&b->box, 1 << 20);
	BUG_ON(type_ready(T) == -1);
}

static struct port *
make(struct bench *b)
{
	struct port	*p = port_new(&b->ports, T);

	BUG_ON(p == NULL);
	return p;
}

static int
put(struct bench *b, uint64_t id, char c)
{
	struct letter	l = { .kind = LETTER_CHANNEL, .ref = id, .len = 1,
			    .text = (const uint8_t *)&c };

	return port_put(&b->ports, &b->box, &l);
}

/* Ports from the first one on, each its own letter, n times round. */
static void
fill(struct bench *b, struct port **p, int ports, int n)
{
	int	i;

	while (n-- > 0)
		for (i = 0; i < ports; i++)
			(void)put(b, p[i]->id, (char)('a' + i));
}

static struct port *
merged(struct bench *b, bool rotates, struct port **of, size_t n)
{
	struct port	*p;
	uint64_t	 ids[16];
	size_t		 i;

	for (i = 0; i < n; i++)
		ids[i] = of[i]->id;
	p = port_merge(&b->ports, T, rotates, ids, n);
	BUG_ON(p == NULL);
	return p;
}

/* What is taken from p, at most n. */
static const char *
take(struct bench *b, struct port *p, size_t n)
{
	struct port	*from;
	size_t		 i;

	for (i = 0; i < n && (from = port_first(&b->ports, p)) != NULL; i++) {
		b->got[i] = (char)*TAILQ_FIRST(&from->mail)->letter.text;
		port_served(&b->ports, &b->box, p);
	}
	b->got[i] = '\0';
	return b->got;
}

static const char *
all(struct bench *b, struct port *p)
{
	return take(b, p, sizeof(b->got) - 1);
}

static void
bench_close(struct bench *b)
{
	uint64_t	id;

	for (id = 1; id <= PORT_BORN + b->ports.made; id++)
		if (port_find(&b->ports, id) != NULL)
			port_close(&b->ports, &b->box,
			    port_find(&b->ports, id));
	ok(b->ports.n == 0 && b->ports.by_id.n == 0 && b->box.bytes == 0,
	    "nothing is left");
	free(b->ports.by_id.slots);
	free(b->ports.absent);
}

/* ---- one ---- */

static void
test_life(void)
{
	struct bench	 b;
	struct port	*p, *q;

	bench_open(&b);
	p = make(&b);
	q = make(&b);
	ok(p->id == 2 && q->id == 3, "ids are counted from 2");
	ok(port_born(&b.ports, T)->id == 1, "that of birth is 1");
	is_str(all(&b, p), "", "it begins empty");
	(void)put(&b, 2, 'x');
	(void)put(&b, 2, 'y');
	(void)put(&b, 3, 'z');
	ok(put(&b, 99, '?') == 0 && b.ports.n == 3,
	    "what is for no port is dropped");
	ok(b.box.n == 0 && mailbox_first(&b.box) == NULL && b.box.bytes > 3,
	    "it is counted in the mailbox, and does not lie there");
	is_str(take(&b, p, 1), "x", "the oldest first");
	port_close(&b.ports, &b.box, p);
	ok(port_find(&b.ports, 2) == NULL && b.ports.n == 1,
	    "closed: what it held is lost");
	(void)put(&b, 2, 'w');
	is_int((intmax_t)b.ports.n, 1, "so is what comes later");
	ok(make(&b)->id == 4, "its id is not used again");
	is_str(all(&b, q), "z", "the others keep theirs");
	bench_close(&b);
}

static void
test_room(void)
{
	struct bench	 b;
	struct port	*p;
	int		 n = 0;

	bench_open(&b);
	p = make(&b);
	b.box.max = 10 * (sizeof(struct mail) + 1);
	while (put(&b, p->id, 'x') == 0)
		n++;
	ok(n == 10 && errno == ENOBUFS, "max-mailbox is the end of it");
	(void)take(&b, p, 1);
	ok(put(&b, p->id, 'x') == 0, "what is taken makes room");
	bench_close(&b);
}

/* ---- merged ---- */

static void
test_merged(void)
{
	struct bench	 b;
	struct port	*p[9], *in[3], *m, *r;
	int		 i;

	bench_open(&b);
	for (i = 0; i < 9; i++)
		p[i] = make(&b);
	m = merged(&b, false, p, 3);
	r = merged(&b, true, p, 3);
	ok(put(&b, m->id, '?') == 0 && b.ports.n == 0,
	    "a merged one holds nothing itself");
	fill(&b, p, 3, 3);
	is_str(all(&b, m), "aaabbbccc", "biased");
	fill(&b, p, 3, 3);
	is_str(all(&b, r), "abcabcabc", "round robin");
	fill(&b, p, 3, 2);
	is_str(take(&b, r, 1), "a", "two share their members: one takes,");
	is_str(take(&b, m, 2), "ab", "the other takes,");
	is_str(take(&b, p[2], 1), "c", "a member itself,");
	is_str(all(&b, r), "bc", "each goes on with its own turn");
	for (i = 0; i < 3; i++)
		in[i] = merged(&b, i == 1, p + 3 * i, 3);
	r = merged(&b, true, in, 3);
	fill(&b, p, 9, 2);
	is_str(all(&b, r), "adgaegbfhbdhceicfi",
	    "one of each kind within another");
	bench_close(&b);
}

/* A list of one port twice; of a port and what holds it. */
static void
test_again(void)
{
	struct bench	 b;
	struct port	*p[3], *m, *twice;

	bench_open(&b);
	p[0] = make(&b);
	p[1] = make(&b);
	twice = merged(&b, true, (struct port *[]){ p[0], p[0], p[1] }, 3);
	fill(&b, p, 2, 4);
	is_str(all(&b, twice), "aabaabbb", "one that is there twice");
	m = merged(&b, true, (struct port *[]){ twice, p[1] }, 2);
	fill(&b, p, 2, 3);
	is_str(all(&b, m), "bbabaa", "one beside what holds it");
	bench_close(&b);
}

static void
test_closing(void)
{
	struct bench	 b;
	struct port	*p[3], *m, *outer;

	bench_open(&b);
	p[0] = make(&b);
	p[1] = make(&b);
	p[2] = make(&b);
	m = merged(&b, true, p, 3);
	outer = merged(&b, false, &m, 1);
	fill(&b, p, 3, 2);
	port_close(&b.ports, &b.box, p[1]);
	is_str(all(&b, m), "acca", "a closed member is passed over");
	ok(port_alive(&b.ports, m), "the rest goes on");
	fill(&b, p, 1, 1);
	port_close(&b.ports, &b.box, p[2]);
	is_str(all(&b, outer), "a", "down to the last");
	fill(&b, p, 1, 1);
	port_close(&b.ports, &b.box, m);
	ok(!port_alive(&b.ports, outer), "all of whose members are closed");
	is_str(all(&b, p[0]), "a", "those of a closed one are open");
	bench_close(&b);
}

static void
test_bounds(void)
{
	struct bench	 b;
	struct port	*p, *m, *last = NULL;
	uint64_t	 id, two[2];
	int		 i;

	bench_open(&b);
	p = make(&b);
	m = p;
	id = 99;
	ok(port_merge(&b.ports, T, false, &id, 1) == NULL && errno == ESRCH,
	    "no such member: ESRCH");
	for (i = 0; m != NULL && i < 1000; i++) {
		last = m;
		m = port_merge(&b.ports, T, i % 2 == 0, &last->id, 1);
	}
	ok(m == NULL && errno == E2BIG, "too deep: E2BIG");
	is_int(i - 1, PORT_DEPTH_MAX, "so deep may they be");
	(void)put(&b, p->id, 'a');
	is_str(all(&b, last), "a", "and what comes is found there");
	m = p;
	for (i = 0; m != NULL && i < 1000; i++) {
		two[0] = two[1] = m->id;
		m = port_merge(&b.ports, T, false, two, 2);
	}
	ok(m == NULL && errno == E2BIG, "too many within: E2BIG");
	is_int(i - 1, 15, "of those that hold each other twice");
	bench_close(&b);
}

static void
test_watched(void)
{
	struct bench	 b;
	struct port	*p, *m;
	uint64_t	 id;

	bench_open(&b);
	p = make(&b);
	m = merged(&b, false, &p, 1);
	(void)port_asked(&b.ports, p->id);
	ok(p->watched && b.ports.nabsent == 0, "it is marked");
	(void)port_asked(&b.ports, m->id);
	for (id = 100; id < 200; id++)
		(void)port_asked(&b.ports, id);
	ok(b.ports.nabsent == 101 && b.ports.absent[0] == m->id &&
	    b.ports.absent[100] == 199,
	    "others are kept: nobody can know a merged one");
	bench_close(&b);
}

int
main(void)
{
	test_life();
	test_room();
	test_merged();
	test_again();
	test_closing();
	test_bounds();
	test_watched();
	return tap_done();
}
