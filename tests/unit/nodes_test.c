/*
 * nodes_test.c - other nodes: their names in texts, who is up, being told.
 */
#include "fake.h"

#include "question.h"

MSG_TYPE(number, (i32, n));
MSG_TYPE(word, (str, text));

#define BETA	UINT64_C(0x5f3a9c0177e2b410)
#define GAMMA	UINT64_C(0x00000000000000aa)
#define BETA_ID	"5f3a9c0177e2b410"
#define GAMMA_ID "00000000000000aa"

static const struct msg_pid	far = { BETA, 12 };
static const struct pid		nobody = { 0, 0 };

/* ---- names ---- */

static void
writes_names(void)
{
	struct msg_node	node;
	struct msg_pid	pid;

	CHECK(msg_register("x") == -1 && errno == EEXIST);
	errno = ENOTTY;
	CHECK(strcmp(msg_pid_text(far), "12@beta") == 0);
	CHECK(errno == ENOTTY && strcmp(msg_why(), "7@alpha has it") == 0);
	CHECK(strcmp(msg_node_text((struct msg_node){ BETA }), "beta") == 0);
	CHECK(strcmp(msg_pid_text(far), "12@beta") == 0);
	/* What is no name of a node is none; the next may be one. */
	CHECK(strcmp(msg_pid_text(((struct msg_pid){ GAMMA, 3 })),
	    "3@#" GAMMA_ID) == 0);
	CHECK(strcmp(msg_node_text((struct msg_node){ GAMMA }),
	    "#" GAMMA_ID) == 0);
	CHECK(strcmp(msg_node_text((struct msg_node){ GAMMA }), "gamma") == 0);
	CHECK(strcmp(msg_node_text((struct msg_node){ 7 }),
	    "#0000000000000007") == 0);
	CHECK(errno == ENOTTY && strcmp(msg_why(), "7@alpha has it") == 0);
	/* And back. */
	CHECK(msg_node_parse("alpha", &node) == 0 && node.id == FAKE_NODE);
	CHECK(msg_node_parse("#" BETA_ID, &node) == 0 && node.id == BETA);
	CHECK(msg_node_parse("#5f3a", &node) == -1 && errno == EINVAL);
	CHECK(msg_node_parse("no name", &node) == -1 && errno == EINVAL);
	CHECK(msg_node_parse("delta", &node) == 0 && node.id == 4);
	CHECK(strcmp(msg_node_text(node), "delta") == 0);
	CHECK(msg_node_parse("omega", &node) == -1 && errno == ESRCH);
	CHECK(node.id == 0);
	CHECK(msg_pid_parse("3@#" GAMMA_ID, &pid) == 0);
	CHECK(pid.node == GAMMA && pid.serial == 3);
	CHECK(msg_pid_parse("3@beta", &pid) == 0 && pid.node == BETA);
	CHECK(msg_pid_parse("3@omega", &pid) == -1 && errno == EHOSTUNREACH);
}

/* DONE for a request with this body. */
static bool
answer(struct fake *f, enum wire_op op, const char *body, int error,
    struct pid pid, const char *text)
{
	struct frame	frame;

	WANT(fake_next(f, op, &frame));
	WANT(body == NULL || fake_body_is(&frame, body));
	fake_done(f, frame.h.ref, error, pid, text);
	return true;
}

static bool
knows_names(struct fake *f)
{
	static const uint8_t	cut[] = { 0, 9, 4, 'n', 'o', 'd', 'e', 's', 0 };
	static char		long_name[80];
	uint64_t		ref;

	WANT(answer(f, WIRE_REGISTER, "x", EEXIST, fake_other,
	    "7@alpha has it"));
	WANT(fake_asked(f, "node", BETA_ID, &ref));
	FAKE_ROW(f, ref, "id", BETA_ID, "node", "beta", "role", "WORKER");
	FAKE_ROW(f, ref + 1, "node", "late");	/* of another question */
	fake_done(f, ref, 0, nobody, "");

	WANT(fake_asked(f, "node", GAMMA_ID, &ref));
	memset(long_name, 'g', sizeof(long_name) - 1);
	FAKE_ROW(f, ref, "node", long_name);
	fake_done(f, ref, 0, nobody, "");
	WANT(fake_asked(f, "node", GAMMA_ID, &ref));
	fake_send(f, WIRE_ROW, 0, nobody, ref, cut, sizeof(cut));
	FAKE_ROW(f, ref, "node", "two words");
	fake_done(f, ref, 0, nobody, "");
	WANT(fake_asked(f, "node", GAMMA_ID, &ref));
	FAKE_ROW(f, ref, "node", "gamma");
	fake_done(f, ref, 0, nobody, "");
	WANT(fake_asked(f, "node", "0000000000000007", &ref));
	fake_done(f, ref, ESRCH, nobody, "no such node");

	WANT(answer(f, WIRE_WHEREIS, "@delta", 0, (struct pid){ 4, 0 }, ""));
	WANT(answer(f, WIRE_WHEREIS, "@omega", ESRCH, nobody, ""));
	WANT(answer(f, WIRE_WHEREIS, "3@beta", 0, (struct pid){ BETA, 3 },
	    ""));
	WANT(answer(f, WIRE_WHEREIS, "3@omega", EHOSTUNREACH, nobody, ""));
	return fake_end(f);
}

#define MANY	1500		/* more than are kept */

static void
learns_many(void)
{
	struct msg_node_event	e;
	char			want[32];
	uint64_t		i;

	CHECK(msg_monitor_nodes(true) == 0);
	for (i = 1; i <= MANY; i++)
		CHECK(msg_receive(5000, MSG_MATCH_NODE(&e)) == 0 &&
		    e.node.id == i);
	for (i = MANY; i > MANY - 1000; i--) {
		(void)snprintf(want, sizeof(want), "n%d", (int)i);
		CHECK(strcmp(msg_node_text((struct msg_node){ i }), want)
		    == 0);
	}
	CHECK(strcmp(msg_node_text((struct msg_node){ 1 }), "again") == 0);
	CHECK(strcmp(msg_node_text((struct msg_node){ 1 }), "again") == 0);
	/* One that comes and goes takes no more than its place. */
	for (i = 0; i < MANY; i++)
		CHECK(msg_receive(5000, MSG_MATCH_NODE(&e)) == 0);
	CHECK(strcmp(msg_node_text((struct msg_node){ 1 }), "again") == 0);
}

static bool
tells_many(struct fake *f)
{
	struct frame	frame;
	char		name[32];
	uint64_t	i, ref;

	WANT(fake_next(f, WIRE_NODES, &frame));
	for (i = 1; i <= MANY; i++) {
		(void)snprintf(name, sizeof(name), "n%d", (int)i);
		fake_node(f, i, true, name, "R");
	}
	WANT(fake_asked(f, "node", "0000000000000001", &ref));
	FAKE_ROW(f, ref, "node", "again");
	fake_done(f, ref, 0, nobody, "");
	for (i = 0; i < MANY; i++)
		fake_node(f, MANY, i % 2 == 1, "n1500", "R");
	return fake_end(f);
}

/* The frame lies in place while the predicate looks at it. */
static bool
prints_it(const struct word *m, const void *ctx)
{
	CHECK(strcmp(msg_pid_text(far), "12@#" BETA_ID) == 0);
	return strcmp(m->text, ctx) == 0;
}

static void
prints_while_choosing(void)
{
	struct word	word;

	CHECK(msg_receive(5000, MSG_MATCH_IF(word, &word, prints_it, "b"))
	    == 0);
	msg_release(word, &word);
	CHECK(strcmp(msg_pid_text(far), "12@beta") == 0);
	CHECK(msg_expect(word, &word) == 0 && strcmp(word.text, "a") == 0);
	msg_release(word, &word);
}

static bool
sends_words(struct fake *f)
{
	uint64_t	ref;

	fake_post(f, WIRE_SEND, fake_other, 0, MSG(word, .text = "a"));
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(word, .text = "b"));
	WANT(fake_asked(f, "node", BETA_ID, &ref));
	FAKE_ROW(f, ref, "node", "beta");
	fake_done(f, ref, 0, nobody, "");
	return fake_end(f);
}

/* ---- rows ---- */

static const struct {
	const char	*title, *key, *want;	/* NULL: there is none */
	size_t		 size, len;
	const char	*bytes;
} rows[] = {
	{ "the first", "a", "1", 8, 13, "\0\2\1as\0\1" "1\1bs\0\0" },
	{ "an empty one", "b", "", 8, 13, "\0\2\1as\0\1" "1\1bs\0\0" },
	{ "of none", "c", NULL, 8, 13, "\0\2\1as\0\1" "1\1bs\0\0" },
	{ "a key that begins alike", "ab", NULL, 8, 13,
	    "\0\2\1as\0\1" "1\1bs\0\0" },
	{ "that just fits", "a", "1234", 5, 11, "\0\1\1as\0\4" "1234" },
	{ "that does not", "a", NULL, 4, 11, "\0\1\1as\0\4" "1234" },
	{ "with a NUL", "a", NULL, 8, 10, "\0\1\1as\0\3" "1\0002" },
	{ "behind the end", "a", NULL, 8, 9, "\0\1\1as\0\3" "12" },
	{ "in a row cut before it", "b", NULL, 8, 9, "\0\2\1as\0\1" "1\1" },
	{ "in fewer cells than said", "b", NULL, 8, 8, "\377\377\1as\0\1" "1" },
	{ "in an empty row", "a", NULL, 8, 2, "\0\0" },
	{ "in no row", "a", NULL, 8, 0, "" },
};

static void
cells(void)
{
	struct frame	frame;
	char		text[8];
	uint8_t		*body;
	size_t		i;
	bool		found;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Its end is an edge that sanitizers see. */
		body = malloc(rows[i].len + 1);
		memcpy(body + 1, rows[i].bytes, rows[i].len);
		frame.body = body + 1;
		frame.body_len = rows[i].len;
		found = question_cell(&frame, rows[i].key, text,
		    rows[i].size);
		ok(found == (rows[i].want != NULL) && strcmp(text,
		    found ? rows[i].want : "") == 0, "a value %s",
		    rows[i].title);
		free(body);
	}
}

/* ---- who is up ---- */

static void
lists(void)
{
	struct msg_nodes	all, some;
	struct number		number;

	setenv("BROOD_ROLE", "MASTER", 1);
	all = msg_peers();
	CHECK(all.n == 3 && all.v[0].id == FAKE_NODE);
	CHECK(all.v[1].id == BETA && all.v[2].id == GAMMA);
	/* Their names are known by now. */
	CHECK(strcmp(msg_pid_text(far), "12@beta") == 0);
	some = msg_peers_by_role("WORKER");
	CHECK(some.n == 1 && some.v[0].id == BETA);
	some = msg_peers_by_role("MASTER");
	CHECK(some.n == 1 && some.v[0].id == FAKE_NODE);
	some = msg_peers_by_role("KING");
	CHECK(some.n == 0 && some.v != NULL);
	some = msg_peers_by_role("WORKER");
	CHECK(some.n == 0 && some.v == NULL && errno == EPERM);
	some = msg_peers_by_role("WORKER");
	CHECK(some.n == 100 && some.v[99].id == 100);
	CHECK(msg_expect(number, &number) == 0 && number.n == 1);
	CHECK(msg_pump() == 0);
}

static void
none_yet(void)
{
	struct msg_nodes	some;

	setenv("BROOD_ROLE", "MASTER", 1);
	some = msg_peers_by_role("WORKER");
	CHECK(some.n == 0 && some.v != NULL);
	some = msg_peers();
	CHECK(some.n == 0 && some.v == NULL && errno == EPIPE);
}

static bool
knows_itself_only(struct fake *f)
{
	uint64_t	ref;

	WANT(fake_asked(f, "peers", NULL, &ref));
	fake_done(f, ref, 0, nobody, "");
	WANT(fake_asked(f, "peers", NULL, &ref));
	return true;
}

static void
rows_of_peers(struct fake *f, uint64_t ref)
{
	FAKE_ROW(f, ref, "node", "beta", "id", BETA_ID, "role", "WORKER",
	    "state", "up", "address", "x:1", "rtt_us", "", "why", "");
	FAKE_ROW(f, ref, "node", "gamma", "id", GAMMA_ID, "role", "OTHER",
	    "state", "suspect");
	FAKE_ROW(f, ref, "node", "delta", "id", "0000000000000004", "role",
	    "WORKER", "state", "down");
	FAKE_ROW(f, ref, "node", "gamma", "id", "0000000000000005", "role",
	    "WORKER", "state", "conflict");
	FAKE_ROW(f, ref, "node", "", "id", "", "role", "WORKER", "state",
	    "up");
	FAKE_ROW(f, ref, "node", "x", "id", "+000000000000005", "role",
	    "WORKER", "state", "up");
	fake_done(f, ref, 0, nobody, "");
}

static bool
answers_lists(struct fake *f)
{
	char		id[20];
	uint64_t	ref;
	unsigned int	i;

	for (i = 0; i < 4; i++) {
		WANT(fake_asked(f, "peers", NULL, &ref));
		rows_of_peers(f, ref);
	}
	WANT(fake_asked(f, "peers", NULL, &ref));
	FAKE_ROW(f, ref, "id", BETA_ID, "role", "WORKER", "state", "up");
	fake_done(f, ref, EPERM, nobody, "no");
	WANT(fake_asked(f, "peers", NULL, &ref));
	for (i = 1; i <= 100; i++) {
		if (i == 50)
			fake_post(f, WIRE_SEND, fake_other, 0,
			    MSG(number, .n = 1));
		(void)snprintf(id, sizeof(id), "%016x", i);
		FAKE_ROW(f, ref, "id", id, "role", "WORKER", "state", "up");
	}
	fake_done(f, ref, 0, nobody, "");
	return fake_end(f);
}

/* The rows are there before the question is wholly written: then the line is
   looked at for chokes. */
static void
is_answered_early(void)
{
	static char		text[60000];
	struct pollfd		p = { .fd = msg_fd(), .events = POLLIN };
	struct msg_nodes	all;

	memset(text, 'x', sizeof(text) - 1);
	CHECK(msg_send(far, word, .text = text) == 0);
	CHECK(poll(&p, 1, FAKE_WAIT) == 1);
	usleep(100000);
	msg_cork();
	CHECK(msg_send(far, word, .text = text) == 0);
	all = msg_peers();
	CHECK(all.n == 3);
	CHECK(msg_uncork() == 0);
}

static bool
answers_early(struct fake *f)
{
	struct frame	frame;
	uint64_t	ref;

	WANT(fake_next(f, WIRE_SEND, &frame));
	rows_of_peers(f, 1);
	WANT(fake_next(f, WIRE_SEND, &frame));
	WANT(fake_asked(f, "peers", NULL, &ref) && ref == 1);
	return fake_end(f);
}

/* ---- being told ---- */

static bool
is_node(const struct msg_node_event *e, uint64_t id, bool up, const char *name)
{
	return e->node.id == id && e->up == up && strcmp(e->name, name) == 0 &&
	    strcmp(e->role, "WORKER") == 0;
}

/* up beta, 1, up gamma, DOWN, 2, down beta, 3 */
static void
takes_nodes(void)
{
	struct msg_node_event	e;
	struct msg_down		down;
	struct msg_any		any;
	struct number		n;
	int			r;

	r = msg_receive(5000, MSG_MATCH(number, &n), MSG_MATCH_NODE(&e));
	CHECK(r == 1 && is_node(&e, BETA, true, "beta") && n.n == 0);
	r = msg_receive(5000, MSG_MATCH_NODE(&e), MSG_MATCH(number, &n));
	CHECK(r == 1 && n.n == 1 && e.node.id == 0 && e.name[0] == '\0');
	r = msg_receive(5000, MSG_MATCH_DOWN(&down));
	CHECK(r == 0 && strcmp(down.cause, "noconnection") == 0);
	/* Known from its notice, though it has gone since. */
	CHECK(strcmp(msg_pid_text(down.pid), "12@beta") == 0);
	r = msg_receive(5000, MSG_MATCH_ANY(&any));
	CHECK(r == 0 && strcmp(any.type, "number") == 0);
	msg_release_any(&any);
	r = msg_receive(5000, MSG_MATCH_NODE(&e));
	CHECK(r == 0 && is_node(&e, GAMMA, true, "gamma"));
	r = msg_receive(5000, MSG_MATCH(number, &n), MSG_MATCH_NODE(&e),
	    MSG_MATCH_DOWN(&down));
	CHECK(r == 1 && is_node(&e, BETA, false, "beta"));
	CHECK(msg_expect(number, &n) == 0 && n.n == 3);
	CHECK(msg_receive(0, MSG_MATCH_NODE(&e)) == MSG_TIMEOUT);
}

static void
is_told(void)
{
	CHECK(msg_monitor(far) != 0);
	CHECK(msg_monitor_nodes(true) == 0);
	CHECK(msg_monitor_nodes(true) == 0);
	takes_nodes();
}

static void
is_told_late(void)
{
	CHECK(msg_monitor(far) != 0);
	CHECK(msg_monitor_nodes(true) == 0);
	while (msg_pump() < 7)
		usleep(1000);
	takes_nodes();
}

static bool
tells(struct fake *f)
{
	static const uint8_t	cut[] = { 1, 4, 'b', 'e', 't', 'a', 2, 'W' };
	static const uint8_t	more[] = { 1, 1, 'x', 1, 'W', 0 };
	static const uint8_t	nul[] = { 1, 2, 'x', 0, 1, 'W' };
	const struct pid	who = { BETA, 0 };
	struct frame		frame;

	WANT(fake_next(f, WIRE_MONITOR, &frame) && frame.h.to.node == BETA);
	WANT(fake_next(f, WIRE_NODES, &frame));
	WANT(frame.h.flags == WIRE_F_ON && pid_none(frame.h.to));
	fake_send(f, WIRE_NODE, 0, who, 0, cut, sizeof(cut));
	fake_send(f, WIRE_NODE, 0, who, 0, more, sizeof(more));
	fake_send(f, WIRE_NODE, 0, who, 0, nul, sizeof(nul));
	fake_node(f, BETA, true, "beta", "WORKER");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 1));
	fake_node(f, GAMMA, true, "gamma", "WORKER");
	fake_down(f, (struct pid){ BETA, 12 }, 1, "noconnection");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 2));
	fake_node(f, BETA, false, "beta", "WORKER");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 3));
	return fake_end(f);
}

/* Nothing of the first time is taken for one of the second. */
static void
switches(void)
{
	struct msg_node_event	e;
	struct number		n;

	CHECK(msg_monitor_nodes(false) == 0);
	CHECK(msg_monitor_nodes(true) == 0);
	CHECK(msg_expect(number, &n) == 0 && n.n == 1);
	CHECK(msg_monitor_nodes(false) == 0);
	CHECK(msg_receive(0, MSG_MATCH_NODE(&e)) == MSG_TIMEOUT);
	CHECK(msg_monitor_nodes(true) == 0);
	CHECK(msg_receive(5000, MSG_MATCH_NODE(&e)) == 0);
	CHECK(is_node(&e, GAMMA, true, "gamma"));
	CHECK(msg_receive(0, MSG_MATCH_NODE(&e)) == MSG_TIMEOUT);
	CHECK(msg_expect(number, &n) == 0 && n.n == 2);
}

static bool
sees_switches(struct fake *f)
{
	struct frame	frame;

	WANT(fake_next(f, WIRE_NODES, &frame) && frame.h.flags == WIRE_F_ON);
	fake_node(f, BETA, true, "beta", "WORKER");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 1));
	WANT(fake_next(f, WIRE_NODES, &frame) && frame.h.flags == 0);
	fake_node(f, BETA, false, "beta", "WORKER");
	fake_post(f, WIRE_SEND, fake_other, 0, MSG(number, .n = 2));
	WANT(answer(f, WIRE_SYNC, NULL, 0, nobody, ""));
	WANT(fake_next(f, WIRE_NODES, &frame) && frame.h.flags == WIRE_F_ON);
	fake_node(f, GAMMA, true, "gamma", "WORKER");
	return fake_end(f);
}

int
main(void)
{
	cells();
	scene("names: asked for once, else the id; and back to nodes",
	    writes_names, knows_names);
	scene("names: more than are kept; the oldest is asked for again",
	    learns_many, tells_many);
	scene("names: a predicate may print, and nothing is received",
	    prints_while_choosing, sends_words);
	scene("peers: this one, those that are up, by role; messages wait",
	    lists, answers_lists);
	scene("peers: none of that role; the end of the supervisor", none_yet,
	    knows_itself_only);
	scene("peers: answered before the question is wholly written",
	    is_answered_early, answers_early);
	scene("nodes: in order with messages and deaths", is_told, tells);
	scene("nodes: the same out of the mailbox", is_told_late, tells);
	scene("nodes: switched off nothing stays behind, nor on again",
	    switches, sees_switches);
	return tap_done();
}
