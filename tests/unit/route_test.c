/* route_test.c - frames: who may send which, when, and what they do. */
#include "world.h"

enum who { WORKER, ATTACHED, GUEST, NWHO };
static const char *const who_names[] = { "worker", "attached", "guest" };

/* A stream of that kind, of a process 1; process 2 is there to be spoken to. */
static struct stream *
open_who(struct world *w, enum who who, bool hello)
{
	struct stream	*s;
	struct proc	*p;

	world_open(w, "");
	p = who == GUEST ? proc_new(&w->n, PROC_GUEST, "guest", "") :
	    world_silent(w, "p");
	if (who == WORKER)
		s = p->main;
	else
		s = stream_new(p, who == GUEST ? STREAM_GUEST :
		    STREAM_ATTACHED, -1);
	(void)world_worker(w, "other");
	if (hello)
		world_hello(s);
	return s;
}

/* The connection of who sent a broken frame is at an end. */
static bool
ended(const struct stream *s)
{
	return s->kind == STREAM_ATTACHED ? s->closed :
	    s->broken && s->proc->ordered;
}

/* A body of this length that is as good as any. */
static size_t
good_body(enum wire_op op, uint8_t body[128])
{
	const struct wire_rule	*rule = wire_rule(op);

	memset(body, 0, 128);
	switch (op) {
	case WIRE_HELLO:
		body[1] = WIRE_VERSION;
		break;
	case WIRE_SEND_NAME:
		memcpy(body, "\1a", 2);
		break;
	case WIRE_REGISTER:
	case WIRE_UNREGISTER:
	case WIRE_WHEREIS:
		body[0] = 'a';
		break;
	default:
		break;
	}
	return rule->least;
}

/* Every op from everyone, before and after HELLO. */
static void
test_who_may(void)
{
	struct world	 w;
	struct stream	*s;
	uint8_t		 body[128];
	const char	*why[NWHO] = { NULL };
	unsigned int	 op, bits[] = { WIRE_W, WIRE_A, WIRE_G };
	enum who	 who;
	bool		 may, bad, hello;
	size_t		 n;

	for (op = 0; op < 256; op++)
		for (who = WORKER; who < NWHO; who++)
			for (hello = false;; hello = true) {
				s = open_who(&w, who, hello);
				n = good_body((enum wire_op)op, body);
				world_says(s, (struct say){ .op =
				    (enum wire_op)op, .to = { WORLD_ID, 2 },
				    .ref = s->ref_base + 1, .body = body,
				    .n = n });
				may = wire_rule(op)->name != NULL &&
				    (wire_rule(op)->who & bits[who]) != 0;
				bad = ended(s);
				if (!hello && may)
					may = op == WIRE_HELLO ||
					    op == WIRE_ATTACH;
				/* These are faults for other reasons. */
				if (hello && (op == WIRE_HELLO ||
				    op == WIRE_TAKEN))
					may = false;
				if (op == WIRE_ATTACH)
					may = false;	/* no descriptor */
				if (bad == may)
					why[who] = wire_rule(op)->name;
				if (!world_close_quietly(&w))
					why[who] = "something is left";
				if (hello)
					break;
			}
	for (who = WORKER; who < NWHO; who++)
		if (!ok(why[who] == NULL, "a %s may send what WIRE_OPS says",
		    who_names[who]))
			note("not so: %s", why[who]);
}

/* A body cut short or too long never does more than end its connection. */
static void
test_lengths(void)
{
	struct world	 w;
	struct stream	*s;
	uint8_t		 body[128];
	unsigned int	 op;
	enum who	 who;
	size_t		 n, bad = 0, left = 0;

	for (op = 0; op < WIRE_OP_LIMIT; op++)
		for (who = WORKER; who < NWHO; who++)
			for (n = 0; n < 64; n++) {
				s = open_who(&w, who, op != WIRE_HELLO);
				(void)good_body((enum wire_op)op, body);
				world_says(s, (struct say){ .op =
				    (enum wire_op)op, .to = { WORLD_ID, 2 },
				    .ref = s->ref_base + 1, .body = body,
				    .n = n });
				if ((n < wire_rule(op)->least ||
				    n > wire_rule(op)->most) && !ended(s))
					bad++;
				left += !world_close_quietly(&w);
			}
	is_int((intmax_t)bad, 0, "bodies of a wrong length are bad frames");
	is_int((intmax_t)left, 0, "and nothing is left of them");
}

static const struct {
	const char	*name;
	struct say	 say;
	bool		 silent;	/* no HELLO before */
	const char	*why;
} faults[] = {
	{ "a forged from", { .op = WIRE_SEND, .from = { WORLD_ID, 2 } },
	    false, "from is not its sender" },
	{ "a from of another node", { .op = WIRE_SEND, .from = { 5, 1 } },
	    false, "from is not its sender" },
	{ "a from of nobody", { .op = WIRE_SEND, .from = { 0, 1 } }, false,
	    "from is not its sender" },
	{ "a forged hello", { .op = WIRE_HELLO, .from = { WORLD_ID, 2 } },
	    true, "from is not its sender" },
	{ "no hello", { .op = WIRE_SEND }, true, "no hello before it" },
	{ "bye before hello", { .op = WIRE_BYE }, true,
	    "no hello before it" },
	{ "a second hello", { .op = WIRE_HELLO }, false, "a second hello" },
	{ "another version", { .op = WIRE_HELLO, .body = "\0\2\0\0", .n = 4 },
	    true, "a version of the protocol that is not spoken here" },
	{ "an unknown operation", { .op = (enum wire_op)9 }, false,
	    "unknown operation" },
	{ "an operation of the relay", { .op = WIRE_DOWN, .text = "x" },
	    false, "not an operation for this sender" },
	{ "an order", { .op = WIRE_O_STOP }, false,
	    "not an operation for this sender" },
	{ "a short message", { .op = WIRE_SEND, .body = "123456789", .n = 9 },
	    false, "body too short" },
	{ "a message by name that is short", { .op = WIRE_SEND_NAME,
	    .body = "\2ab123456789", .n = 12 }, false,
	    "send by name: too short" },
	{ "a name longer than its frame", { .op = WIRE_SEND_NAME,
	    .body = "\377ab123456789", .n = 12 }, false,
	    "send by name: too short" },
	{ "a name with a NUL", { .op = WIRE_SEND_NAME,
	    .body = "\2a\0" "1234567890", .n = 13 }, false,
	    "send by name: too short" },
	{ "a send by name to a pid", { .op = WIRE_SEND_NAME, .name = "2" },
	    false, "send by name: not a name" },
	{ "a send by name to no name", { .op = WIRE_SEND_NAME,
	    .name = "a b" }, false, "send by name: not a name" },
	{ "an exit with a NUL", { .op = WIRE_EXIT, .body = "a\0b", .n = 3 },
	    false, "exit: a NUL in its text" },
	{ "a name with a NUL to register", { .op = WIRE_REGISTER,
	    .body = "a\0b", .n = 3 }, false, "register: a NUL in its name" },
	{ "a name with a NUL to unregister", { .op = WIRE_UNREGISTER,
	    .body = "a\0b", .n = 3 }, false,
	    "unregister: a NUL in its name" },
	{ "an address with a NUL", { .op = WIRE_WHEREIS, .body = "a\0b",
	    .n = 3 }, false, "whereis: a NUL in its address" },
};

static void
test_faults(void)
{
	struct world	 w;
	struct stream	*s;
	struct say	 say;
	char		 want[256];
	size_t		 i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		s = open_who(&w, GUEST, !faults[i].silent);
		say = faults[i].say;
		world_puts(s, say);
		world_says(s, (struct say){ .op = WIRE_KILL,
		    .to = { WORLD_ID, 2 } });
		is_str(world_orders(&w), "", "%s: nothing after it counts",
		    faults[i].name);
		world_turn(&w);
		(void)snprintf(want, sizeof(want),
		    "death 1 error: bad frame: %s", faults[i].why);
		is_str(world_events(&w), want, "%s: it is told",
		    faults[i].name);
		is_int((int)w.n.stats.bad_frames, 1, "and counted");
		if (!world_close_quietly(&w))
			ok(false, "something is left");
	}
}

/* One fault ends what it came on, and nobody else notices. */
static void
test_fault_of_a_stream(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct stream	*s;

	world_open(&w, "");
	a = world_worker(&w, "sh");
	b = world_worker(&w, "b");
	s = world_attach(a);
	SAYS(s, SEND, .to = proc_pid(b), .from = proc_pid(b));
	ok(s->closed && a->nattached == 0, "an attached stream is closed");
	is_str(world_orders(&w), "", "its worker lives");
	SAYS(a->main, SEND, .to = proc_pid(b), .text = "x");
	is_str(world_heard(b->main), "SEND 1 x", "and sends");
	world_bytes(a->main, "\0\0\0\4 too short a length; and forty "
	    "bytes more, for a header", 60);
	world_route(a->main);
	is_str(world_orders(&w), "O_KILL 1 KILL order", "a worker is killed");
	world_dies(a, SIGKILL, true);
	is_str(world_events(&w), "death 1 error: bad frame: "
	    "shorter than its header", "and why is told");
	world_close(&w);
}

/* ---- messages ---- */

static void
test_messages(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(b->main, TRAP, .flags = WIRE_F_ON);
	SAYS(a->main, REGISTER, .to = proc_pid(b), .text = "bee");
	(void)world_heard(a->main);
	PUTS(a->main, SEND, .to = proc_pid(b), .text = "1");
	PUTS(a->main, SEND, .to = world_nobody(), .text = "lost");
	PUTS(a->main, SEND, .to = proc_pid(b), .text = "2");
	PUTS(a->main, SEND_NAME, .name = "bee", .text = "3");
	PUTS(a->main, SEND, .to = proc_pid(a), .text = "me");
	PUTS(a->main, FORWARD, .to = proc_pid(b), .ref = 4, .text = "4");
	PUTS(a->main, SEND, .to = proc_pid(b), .text = "5");
	PUTS(a->main, EXIT, .to = proc_pid(b));
	PUTS(a->main, SEND_NAME, .name = "bee@alpha", .text = "6");
	PUTS(a->main, SYNC, .ref = 9);
	world_route(a->main);
	is_str(world_heard(b->main), "SEND 1 1; SEND 1 2; SEND_NAME 1 3; "
	    "FORWARD 1 #4 4; SEND 1 5; EXITED 1 killed by 1@alpha; "
	    "SEND_NAME 1 6",
	    "messages come in the order sent, however they are sent");
	is_str(world_heard(a->main), "SEND 1 me; DONE #9 0",
	    "to oneself too; SYNC is answered behind them");
	is_int((int)w.n.stats.frames_routed, 7, "all are counted");
	SAYS(a->main, SEND, .to = world_nobody(), .text = "x");
	SAYS(a->main, SEND, .to = { 5, 2 }, .text = "x");
	SAYS(a->main, SEND_NAME, .name = "nobody", .text = "x");
	SAYS(a->main, SEND_NAME, .name = "bee@beta", .text = "x");
	is_int((int)w.n.stats.frames_dropped, 5, "to nobody they vanish");
	is_str(world_heard(a->main), "", "and nothing is said");
	world_close(&w);
}

/* Frames in a row for one go as one write, and never with a gap between. */
static void
test_runs(void)
{
	struct world	 w;
	struct proc	*a, *b, *c;
	char		 text[16];
	const char	*got;
	unsigned int	 i, x = 1;
	int		 next[2] = { 0, 0 }, sent[2] = { 0, 0 };

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	c = world_worker(&w, "c");
	for (i = 0; i < 2000; i++) {
		x = x * 1103515245 + 12345;
		(void)snprintf(text, sizeof(text), "%d",
		    sent[x >> 16 & 1]++);
		PUTS(a->main, SEND, .to = proc_pid(x >> 16 & 1 ? c : b),
		    .text = text);
		if ((x >> 20 & 15) == 0)
			world_route(a->main);
	}
	world_route(a->main);
	for (i = 0; i < 2; i++) {
		got = world_heard(i == 0 ? b->main : c->main);
		for (; got != NULL && *got != '\0'; next[i]++) {
			if (strncmp(got, "SEND 1 ", 7) != 0 ||
			    strtol(got + 7, NULL, 10) != next[i])
				break;
			got = strchr(got, ';');
			got = got == NULL ? NULL : got + 2;
		}
		is_int(next[i], sent[i], "all to receiver %u, in order", i);
	}
	world_close(&w);
}

/* ---- calls ---- */

static void
test_calls(void)
{
	struct world	 w;
	struct proc	*a, *b, *c;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	c = world_worker(&w, "c");
	SAYS(a->main, CALL, .to = proc_pid(b), .ref = 1, .text = "?");
	is_str(world_heard(b->main), "CALL 1 #1 ?", "a call comes");
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = 1, .text = "!");
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = 1, .text = "!");
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = 2, .text = "!");
	is_str(world_heard(a->main), "REPLY 2 #1 !", "and is answered once");
	is_int(a->nwatches, 0, "its monitor went with the answer");

	SAYS(a->main, CALL, .to = proc_pid(b), .ref = 3, .text = "?");
	SAYS(c->main, REPLY, .to = proc_pid(a), .ref = 3, .text = "for b");
	is_str(world_heard(a->main), "REPLY 3 #3 for b",
	    "another may answer, who had it forwarded");

	SAYS(a->main, CALL, .to = proc_pid(b), .ref = 4, .text = "?");
	SAYS(a->main, CALL, .to = proc_pid(b), .ref = 5, .text = "?");
	SAYS(a->main, DEMONITOR, .ref = 5);
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = 5, .text = "late");
	world_dies(b, SIGKILL, false);
	is_str(world_heard(a->main), "DOWN 2 #4 signal 9 (KILL)",
	    "the callee's death is told, but for calls given up");
	SAYS(a->main, CALL, .to = { WORLD_ID, 2 }, .ref = 6, .text = "?");
	is_str(world_heard(a->main), "DOWN 2 #6 noproc", "calling the dead");

	/* A monitor is no call: nobody can answer it away. */
	SAYS(a->main, MONITOR, .to = proc_pid(c), .ref = 7);
	b = world_worker(&w, "b");
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = 7, .text = "forged");
	world_dies(c, 0, false);
	is_str(world_heard(a->main), "DOWN 3 #7 normal",
	    "a reply to a monitor is dropped");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 8);
	SAYS(a->main, CALL, .to = proc_pid(b), .ref = 8, .text = "?");
	ok(ended(a->main), "a ref that is in use is a bad frame");
	world_close(&w);
}

static void
test_calls_of_streams(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct stream	*s, *t;
	uint64_t	 ref;

	world_open(&w, "");
	a = world_worker(&w, "sh");
	b = world_worker(&w, "b");
	s = world_attach(a);
	t = world_attach(a);
	ref = s->ref_base + 1;
	SAYS(s, CALL, .to = proc_pid(b), .ref = ref, .text = "?");
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = ref, .text = "!");
	is_str(world_heard(s), "REPLY 2 #0.1 !", "an answer to who asked");
	is_str(world_heard(t), "", "no other command");
	is_str(world_heard(a->main), "", "nor the worker");
	SAYS(s, CALL, .to = proc_pid(b), .ref = ref + 1, .text = "?");
	death_attached(s);
	SAYS(b->main, REPLY, .to = proc_pid(a), .ref = ref + 1, .text = "!");
	is_str(world_heard(a->main), "", "when it has gone: to nobody");
	is_int(a->nwatches, 0, "its monitors went with it");
	world_close(&w);
}

/* ---- the stream itself ---- */

static void
test_attach(void)
{
	struct world	 w;
	struct proc	*a;
	struct stream	*s;
	int		 i;

	world_open(&w, "");
	a = world_silent(&w, "sh");
	a->main->conn.fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	a->main->conn.nfds = 1;
	PUTS(a->main, ATTACH, .from = { 0, 1 });
	world_route(a->main);
	ok(ended(a->main), "from is checked there too");
	world_close(&w);

	world_open(&w, "");
	a = world_silent(&w, "sh");
	a->main->conn.fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	a->main->conn.nfds = 1;
	SAYS(a->main, ATTACH);
	is_int(a->nattached, 1, "a stream before any HELLO");
	s = LIST_FIRST(&a->attached);
	ok(s != NULL && s->ref_base == WIRE_REF_ATTACHED,
	    "with refs of its own");
	a->main->conn.fds[0] = -1;	/* lost on the way */
	a->main->conn.nfds = 1;
	SAYS(a->main, ATTACH);
	ok(a->nattached == 1 && !ended(a->main) &&
	    w.n.stats.attach_lost == 1, "a lost descriptor is counted");
	w.fail_bind = ENOMEM;
	a->main->conn.fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	a->main->conn.nfds = 1;
	SAYS(a->main, ATTACH);
	ok(a->nattached == 1 && w.n.stats.attach_lost == 2,
	    "one that cannot be read is closed");
	w.fail_bind = 0;
	for (i = 1; i < NODE_ATTACHED_MAX; i++)
		(void)stream_new(a, STREAM_ATTACHED, -1);
	a->main->conn.fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	a->main->conn.nfds = 1;
	SAYS(a->main, ATTACH);
	ok(a->nattached == NODE_ATTACHED_MAX && w.n.stats.attach_lost == 3,
	    "one too many is closed");
	SAYS(a->main, ATTACH);
	ok(ended(a->main), "without a descriptor it is a bad frame");
	world_close(&w);
}

static void
test_small_things(void)
{
	struct world	 w;
	struct proc	*a;
	struct stream	*s;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SAYS(a->main, READY);
	SAYS(a->main, READY);
	is_str(world_events(&w), "ready 1", "ready is told once");
	SAYS(a->main, QUERY, .ref = 4, .body = "\2ps\0\0", .n = 5);
	SAYS(a->main, CONTROL, .ref = 5, .body = "\2ps\0\0", .n = 5);
	is_str(world_heard(a->main), "DONE #4 0; DONE #5 EPERM only for the "
	    "supervisor's user", "questions are handed on, orders are not");
	a->trusted = true;
	SAYS(a->main, CONTROL, .ref = 6, .body = "\2ps\0\0", .n = 5);
	is_str(world_heard(a->main), "DONE #6 0", "but from whom they may");
	s = world_attach(a);
	SAYS(s, BYE, .ref = 0);
	ok(s->bye && !s->closed, "a command says bye");
	SAYS(s, READY);
	world_close(&w);
}

int
main(void)
{
	test_who_may();
	test_lengths();
	test_faults();
	test_fault_of_a_stream();
	test_messages();
	test_runs();
	test_calls();
	test_calls_of_streams();
	test_attach();
	test_small_things();
	return tap_done();
}
