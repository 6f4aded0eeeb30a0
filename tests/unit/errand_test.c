/* errand_test.c - requests that another node answers, on one of the two. */
#include "peers.h"

#define CHILD	9		/* serial of a child there */

/* A frame of the peer, as remote.c gives it to errand.c. */
static void
tells(struct peer *p, enum wire_op op, uint64_t serial, uint64_t ref,
    const void *body, size_t n)
{
	struct frame	f = { .body = body, .body_len = n };

	f.h = (struct wire_head){ .len = (uint32_t)(WIRE_HEAD + n),
	    .op = (uint8_t)op, .ref = ref };
	f.h.to = (struct pid){ WORLD_ID, serial };
	f.h.from = (struct pid){ p->id, 0 };
	if (op == WIRE_DONE)
		errand_done(p, &f);
	else
		errand_row(p, &f);
}

static void
done(struct peer *p, uint64_t serial, uint64_t ref, int err,
    uint64_t child, const char *text)
{
	struct buf	b;

	buf_init(&b, 8 * KB);
	buf_add_u32(&b, (uint32_t)err);
	buf_add_u64(&b, p->id);
	buf_add_u64(&b, child);
	buf_add(&b, text, strlen(text));
	tells(p, WIRE_DONE, serial, ref, b.p, b.len);
	buf_release(&b);
}

/* A spawn there of the program "prog", without a name. */
static void
spawn(struct stream *s, uint64_t ref, uint8_t flags, uint64_t monitor,
    size_t more)
{
	struct buf	b;

	buf_init(&b, 1024 * KB);
	buf_add_u64(&b, monitor);
	buf_add_str8(&b, "");
	buf_add_str8(&b, "prog");
	buf_add_str8(&b, "");
	buf_add_u8(&b, more != 0);
	while (more-- > 0)
		buf_add_u8(&b, 0);
	SAYS(s, SPAWN, .to = there(0), .ref = ref, .flags = flags,
	    .body = b.p, .n = b.len);
	buf_release(&b);
}

/* ---- asking ---- */

static const struct {
	const char	*name;
	struct say	 say;
	const char	*sent;
} asks[] = {
	{ "whereis", { .op = WIRE_WHEREIS, .text = "srv@beta" },
	    "WHEREIS 1 #5 srv@beta" },
	{ "register", { .op = WIRE_REGISTER, .to = { BETA, 4 },
	    .text = "srv" }, "REGISTER 1 #5 srv" },
	{ "unregister", { .op = WIRE_UNREGISTER, .to = { BETA, 0 },
	    .text = "srv" }, "UNREGISTER 1 #5 srv" },
	{ "query", { .op = WIRE_QUERY, .to = { BETA, 0 },
	    .body = "\2ps\0\0", .n = 5 }, NULL },
};

static void
test_ask(void)
{
	struct world	 w;
	struct proc	*a;
	struct peer	*p;
	const char	*sent;
	size_t		 i;

	for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct say	say = asks[i].say;

		peers_open(&w, "");
		p = peers_add(&w, BETA, "beta");
		a = world_worker(&w, "a");
		say.ref = 5;
		world_says(a->main, say);
		is_str(world_heard(a->main), "", "%s: no answer yet",
		    asks[i].name);
		sent = written(&w, p);
		if (asks[i].sent != NULL)
			is_str(sent, asks[i].sent, "%s: asked there",
			    asks[i].name);
		else
			ok(sent[0] != '\0', "%s: asked there", asks[i].name);
		done(p, 1, 6, 0, 3, "");
		done(p, 2, 5, 0, 3, "");
		is_str(world_heard(a->main), "",
		    "%s: another ref, another process: no answer",
		    asks[i].name);
		done(p, 1, 5, ENOENT, 3, "why");
		is_str(world_heard(a->main), "DONE #5 ENOENT 3 why",
		    "%s: the answer", asks[i].name);
		done(p, 1, 5, 0, 3, "");
		is_str(world_heard(a->main), "", "%s: only one",
		    asks[i].name);
		peers_close(&w);
	}
}

static void
test_refused(void)
{
	struct world	 w;
	struct proc	*a;
	struct peer	*p, *q;

	peers_open(&w, "");
	a = world_worker(&w, "a");
	p = peers_add(&w, BETA, "beta");
	q = peers_add(&w, BETA + 1, "gamma");
	SAYS(a->main, WHEREIS, .text = "srv@beta", .ref = 1);
	done(q, 1, 1, 0, 3, "");
	is_str(world_heard(a->main), "", "who was not asked cannot answer");
	SAYS(a->main, REGISTER, .to = { 5, 1 }, .text = "srv", .ref = 2);
	is_str(world_heard(a->main), "DONE #2 EHOSTUNREACH node unknown: "
	    "No route to host", "a node that was never heard of");
	p->doomed = "test";
	spawn(a->main, 3, 0, 0, 0);
	is_str(world_heard(a->main), "DONE #3 EHOSTUNREACH program prog: node "
	    "beta: No route to host", "one whose session ends");
	p->doomed = NULL;
	p->max_message = 1000;
	spawn(a->main, 4, 0, 0, 2000);
	is_str(world_heard(a->main), "DONE #4 EMSGSIZE program prog: node "
	    "beta: Message too long", "arguments it would not take");
	is_int((int)w.n.stats.spawns_failed, 2, "spawns that fail count");
	(void)written(&w, p);
	spawn(a->main, 1, 0, 0, 0);
	ok(a->main->broken, "a ref that is in use is a broken frame");
	is_str(written(&w, p), "", "nobody is asked");
	peers_close(&w);
}

/* ---- ends ---- */

static void
test_session_ends(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct peer	*p;
	struct stream	*s;

	peers_open(&w, "");
	p = peers_add(&w, BETA, "beta");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	s = world_attach(a);
	SAYS(a->main, WHEREIS, .text = "srv@beta", .ref = 1);
	SAYS(s, WHEREIS, .text = "srv@beta", .ref = s->ref_base + 1);
	spawn(a->main, 2, WIRE_F_LINK, 0, 0);
	spawn(b->main, 1, 0, 0, 0);
	world_dies(b, 0, false);
	peers_end(p);
	is_str(world_heard(a->main), "DONE #1 EHOSTUNREACH node beta: "
	    "noconnection; DONE #2 EHOSTUNREACH program prog: node beta: "
	    "noconnection", "the end of the session answers all");
	is_str(world_heard(s), "DONE #0.1 EHOSTUNREACH node beta: noconnection",
	    "where it was asked");
	ok(LIST_EMPTY(&a->errands) && LIST_EMPTY(&a->links), "and is the end");
	done(p, 1, 1, 0, 3, "");
	is_str(world_heard(a->main), "", "an answer after it is none");
	peers_close(&w);
}

static void
test_stream_ends(void)
{
	struct world	 w;
	struct proc	*a;
	struct peer	*p;
	struct stream	*s, *t;

	peers_open(&w, "");
	p = peers_add(&w, BETA, "beta");
	a = world_worker(&w, "a");
	s = world_attach(a);
	t = world_attach(a);
	SAYS(s, WHEREIS, .text = "x@beta", .ref = s->ref_base + 1);
	SAYS(t, WHEREIS, .text = "y@beta", .ref = t->ref_base + 1);
	spawn(s, s->ref_base + 2, 0, 0, 0);
	(void)written(&w, p);
	death_attached(s);
	is_str(written(&w, p), "N_CANCEL 1 #0.1",
	    "a command that ends: its question is cancelled");
	done(p, 1, t->ref_base + 1, ESRCH, 0, "");
	is_str(world_heard(t), "DONE #1.1 ESRCH", "another's is not");
	done(p, 1, s->ref_base + 2, 0, CHILD, "");
	is_str(written(&w, p), "N_BORN",
	    "its spawn goes on, and the child is acknowledged");
	peers_close(&w);
}

/* ---- births ---- */

static const struct {
	const char	*name;
	uint8_t		 flags;
	uint64_t	 monitor;
	bool		 dies;		/* the requester, before the answer */
	int		 err;		/* of the answer */
	const char	*heard, *sent;
} births[] = {
	{ "plain", 0, 0, false, 0, "DONE #1 0 9", "N_BORN" },
	{ "linked", WIRE_F_LINK, 0, false, 0, "DONE #1 0 9", "N_BORN" },
	{ "monitored", WIRE_F_MONITOR, 7, false, 0, "DONE #1 0 9", "N_BORN" },
	{ "both", WIRE_F_LINK | WIRE_F_MONITOR, 7, false, 0, "DONE #1 0 9",
	    "N_BORN" },
	{ "failed", WIRE_F_LINK | WIRE_F_MONITOR, 7, false, ENOENT,
	    "DONE #1 ENOENT 9", "" },
	{ "orphaned", 0, 0, true, 0, NULL, "N_BORN" },
	{ "orphaned, linked", WIRE_F_LINK, 0, true, 0, NULL,
	    "N_LINK_EXIT 1 signal 9 (KILL); N_BORN" },
	{ "orphaned, monitored", WIRE_F_MONITOR, 7, true, 0, NULL,
	    "DEMONITOR 1 #7; N_BORN" },
	{ "orphaned, failed", WIRE_F_LINK, 0, true, ENOENT, NULL, "" },
	{ "a monitor's ref that is in use", WIRE_F_LINK | WIRE_F_MONITOR, 8,
	    false, 0, "DONE #1 EEXIST",
	    "N_KILL 1 noproc; N_BORN" },
};

static void
test_births(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct peer	*p;
	bool		 good;
	size_t		 i;

	for (i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
		peers_open(&w, "");
		p = peers_add(&w, BETA, "beta");
		a = world_worker(&w, "a");
		b = world_worker(&w, "b");
		SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 8);
		spawn(a->main, 1, births[i].flags, births[i].monitor, 0);
		(void)written(&w, p);
		if (births[i].dies)
			world_dies(a, SIGKILL, false);
		done(p, 1, 1, births[i].err, CHILD, "");
		if (births[i].heard != NULL)
			is_str(world_heard(a->main), births[i].heard,
			    "%s: the answer", births[i].name);
		is_str(written(&w, p), births[i].sent, "%s: what is told there",
		    births[i].name);
		good = births[i].err == 0 && !births[i].dies &&
		    births[i].monitor != 8;
		ok((w.n.links != NULL) == (good &&
		    (births[i].flags & WIRE_F_LINK) != 0) &&
		    HASH_COUNT(w.n.watches) == (births[i].dies ? 0 : 1 +
		    (unsigned int)(good &&
		    (births[i].flags & WIRE_F_MONITOR) != 0)),
		    "%s: this end of them", births[i].name);
		peers_close(&w);
	}
}

/* ---- rows ---- */

static void
test_rows(void)
{
	static uint8_t	 row[60 * KB] = "\0\0";
	struct world	 w;
	struct proc	*a, *g;
	struct peer	*p;
	struct stream	*s;
	size_t		 i, n;

	peers_open(&w, "high-mark = 64K\nlow-mark = 16K\n");
	p = peers_add(&w, BETA, "beta");
	a = world_worker(&w, "a");
	g = world_guest(&w);
	s = world_attach(a);
	SAYS(s, QUERY, .to = there(0), .ref = s->ref_base + 1,
	    .body = "\2ps\0\0", .n = 5);
	SAYS(g->main, QUERY, .to = there(0), .ref = 1, .body = "\2ps\0\0",
	    .n = 5);
	(void)written(&w, p);
	tells(p, WIRE_ROW, 1, s->ref_base + 1, "xy", 2);
	is_str(world_heard(s), "ROW #0.1 xy", "a row goes to who asked");
	tells(p, WIRE_ROW, 1, s->ref_base + 2, "xy", 2);
	tells(p, WIRE_ROW, 1, 1, "xy", 2);
	ok(s->conn.out_bytes + a->main->conn.out_bytes == 0,
	    "one that was not asked for to nobody");
	for (i = 0; i < 2; i++)
		tells(p, WIRE_ROW, 2, 1, row, sizeof(row));
	is_str(written(&w, p), "N_CHOKE 2", "a guest that reads slowly");
	for (n = i = 0; n <= NODE_SELF_MAX && !s->closed; i++, n += sizeof(row))
		tells(p, WIRE_ROW, 1, s->ref_base + 1, row, sizeof(row));
	is_str(written(&w, p), "N_CANCEL 1 #0.1",
	    "a command that reads too slowly: no more of it");
	i = s->conn.out_bytes;
	tells(p, WIRE_ROW, 1, s->ref_base + 1, row, sizeof(row));
	is_int((intmax_t)s->conn.out_bytes, (intmax_t)i, "no more comes");
	stream_discard(s);
	stream_discard(g->main);
	flow_drained(g);
	is_str(written(&w, p), "N_UNCHOKE 2", "the guest has read");
	peers_close(&w);
}

int
main(void)
{
	test_ask();
	test_refused();
	test_session_ends();
	test_stream_ends();
	test_births();
	test_rows();
	return tap_done();
}
