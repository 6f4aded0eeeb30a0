/* birth_test.c - spawns on another node, and what ends amid them. */
#include "nodes.h"

#define T		1000		/* ms */
#define SETTINGS	"peer-timeout = 1s\n"

struct want {
	uint64_t	 ref, monitor;		/* ref 0: 1 */
	uint8_t		 flags;
	const char	*name, *program;	/* NULL: "", "prog" */
	size_t		 args;			/* bytes of a message */
};

#define SPAWN(x, ...)	spawn((x), (struct want){ __VA_ARGS__ })

/* p asks beta for it. */
static void
spawn(struct pair *x, struct want q)
{
	struct buf	 b;
	void		*args = calloc(1, q.args + 1);

	BUG_ON(args == NULL);
	buf_init(&b, WIRE_MAX * 2);
	buf_add_u64(&b, q.monitor);
	buf_add_str8(&b, q.name == NULL ? "" : q.name);
	buf_add_str8(&b, q.program == NULL ? "prog" : q.program);
	buf_add_str8(&b, "");
	buf_add_u8(&b, q.args > 0);
	buf_add(&b, args, q.args);
	SAYS(x->p->main, SPAWN, .ref = q.ref == 0 ? 1 : q.ref,
	    .flags = q.flags, .to = { x->b->w.n.id, 0 }, .body = b.p,
	    .n = b.len);
	buf_release(&b);
	free(args);
}

#define BOTH	(WIRE_F_LINK | WIRE_F_MONITOR)

static void
open_met(struct pair *x)
{
	pair_open(x, SETTINGS);
	nodes_meet(x->a, x->b);
	(void)world_orders(&x->b->w);
}

/* Nothing is left of a child at either end. */
static bool
is_clean(struct pair *x)
{
	return x->p->nwatches == 0 && x->a->w.n.errands == NULL &&
	    x->b->w.n.watched == NULL && x->b->w.n.links == NULL;
}

static void
test_good(void)
{
	struct pair	 x;
	struct proc	*c;

	open_met(&x);
	SPAWN(&x, .flags = BOTH, .monitor = 9, .name = "svc");
	nodes_pass(&x.all, 5);
	is_str(world_orders(&x.b->w), "O_SPAWN 2 prog - -",
	    "the parent there is asked");
	c = proc_by_serial(&x.b->w.n, 2);
	ok(names_find(&x.b->w.n, "svc") == c && !LIST_EMPTY(&c->links) &&
	    !LIST_EMPTY(&c->watched), "name, link and monitor stand before");
	world_spawned(c, 77);
	world_hello(c->main);
	SAYS(c->main, SEND, .to = proc_pid(x.p), .text = "first");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #1 0 2; SEND 2 first",
	    "the answer, then what the child says");
	ok(c->born_for == NULL, "its birth is acknowledged");
	ok(x.p->nwatches == 2 && x.a->w.n.errands == NULL,
	    "link and monitor stand here as well");
	SAYS(c->main, SEND, .to = proc_pid(x.p), .text = "last");
	SAYS(x.p->main, TRAP, .flags = WIRE_F_ON);
	world_dies(c, 3 << 8, false);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "SEND 2 last; DOWN 2 #9 exit 3; "
	    "EXITED 2 exit 3", "its death after its last message");
	ok(is_clean(&x), "nothing is left of it");
	nodes_close(&x.all);
}

/* ---- what is refused ---- */

static void
test_refused(void)
{
	struct pair	 x;
	struct proc	*c;

	pair_open(&x, SETTINGS "[program own]\nexec = /bin/true\n"
	    "callers = MASTER\n");
	SPAWN(&x, .flags = BOTH, .monitor = 9);
	is_str(world_heard(x.p->main), "DONE #1 EHOSTUNREACH program prog: "
	    "node unknown: No route to host", "no session: at once");
	nodes_meet(x.a, x.b);
	(void)world_orders(&x.b->w);
	SPAWN(&x, .flags = BOTH, .monitor = 9);
	nodes_pass(&x.all, 5);
	c = proc_by_serial(&x.b->w.n, 2);
	world_failed(c, ENOENT, "exec");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #1 ENOENT program prog: "
	    "node beta: exec: No such file or directory",
	    "the parent there cannot");
	ok(is_clean(&x) && LIST_EMPTY(&nodes_peer(x.b, x.a)->births),
	    "nothing is left of it");
	SAYS(x.q->main, REGISTER, .ref = 1, .to = proc_pid(x.q), .text = "svc");
	SPAWN(&x, .name = "svc", .flags = BOTH, .monitor = 9);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #1 EEXIST 1 program prog: "
	    "node beta: name: File exists", "its name is taken");
	SPAWN(&x, .program = "own");
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #1 EACCES program own: "
	    "node beta: callers: Permission denied", "not for this role");
	x.b->w.n.stopping = true;
	SPAWN(&x, .ref = 5);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #5 ESHUTDOWN program prog: "
	    "node beta: stopping: Cannot send after transport endpoint "
	    "shutdown", "nor while it stops");
	x.b->w.n.stopping = false;
	ok(is_clean(&x), "nothing is left of them");
	(void)world_orders(&x.b->w);
	nodes_close(&x.all);
}

/* ---- the session ends in the middle ---- */

enum step {
	REQUESTED, ASKED, SPAWNED, ANSWERED, ACKNOWLEDGED, STEPS
};

static const char *const steps[STEPS] = { "is on its way", "has been asked",
    "lives, its answer is on its way", "lives, and was answered",
    "lives, and is acknowledged" };

/* As far as this step; then nothing of a reaches b, or neither. */
static struct proc *
go_to(struct pair *x, enum step step, const struct want *q)
{
	struct proc	*c;

	if (step == REQUESTED)
		nodes_cut_both(x->a, x->b, true);
	spawn(x, *q);
	nodes_pass(&x->all, 5);
	c = proc_by_serial(&x->b->w.n, 2);
	if (step == ASKED || step == SPAWNED)
		nodes_cut_both(x->a, x->b, true);
	if (step == ANSWERED)
		nodes_cut(x->a, x->b, true);
	if (step >= SPAWNED)
		world_spawned(c, 77);
	nodes_pass(&x->all, 5);
	nodes_cut_both(x->a, x->b, step != ACKNOWLEDGED);
	return c;
}

static void
test_session_ends(enum step step, bool linked)
{
	struct pair	 x;
	struct proc	*c;
	const char	*want;

	open_met(&x);
	SAYS(x.p->main, TRAP, .flags = WIRE_F_ON);
	c = go_to(&x, step, &(struct want){ .flags = linked ? BOTH : 0,
	    .monitor = linked ? 9 : 0 });
	(void)world_orders(&x.b->w);
	nodes_cut_both(x.a, x.b, true);
	nodes_pass(&x.all, 2 * T);
	want = step < ANSWERED ? "DONE #1 EHOSTUNREACH program prog: node "
	    "beta: noconnection" : !linked ? "DONE #1 0 2" : "DONE #1 0 2; "
	    "DOWN 2 #9 noconnection; EXITED 2 noconnection";
	is_str(world_heard(x.p->main), want,
	    "the session ends while a child %s: its requester is told%s",
	    steps[step], linked ? ", linked" : "");
	want = step == REQUESTED || (step == ACKNOWLEDGED && !linked) ? "" :
	    step == ACKNOWLEDGED ? "O_KILL 2 TERM order" : linked ?
	    "O_KILL 2 TERM order; O_KILL 2 KILL order" : "O_KILL 2 KILL order";
	is_str(world_orders(&x.b->w), want, "who is not known is killed");
	if (step == ASKED) {
		world_spawned(c, 77);	/* the parent did not know yet */
		ok(c->state == PROC_LIVE, "it is born");
	}
	nodes_cut_both(x.a, x.b, false);
	nodes_pass(&x.all, 10 * T);
	is_str(world_heard(x.p->main), "", "nothing is told twice");
	if (c != NULL)
		world_dies(c, SIGKILL, true);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "", "nor its death");
	ok(is_clean(&x) && pair_talks(&x), "nothing is left of it");
	nodes_close(&x.all);
}

/* ---- its requester dies in the middle ---- */

static void
test_requester_dies(enum step step, uint8_t flags)
{
	struct pair	 x;
	struct proc	*c;

	open_met(&x);
	if (step == REQUESTED)
		nodes_cut(x.a, x.b, true);
	SPAWN(&x, .flags = flags, .monitor = 9);
	if (step != REQUESTED)
		nodes_pass(&x.all, 5);
	if (step == SPAWNED) {
		world_spawned(proc_by_serial(&x.b->w.n, 2), 77);
		nodes_turns(&x.all);
	}
	world_dies(x.p, 1 << 8, false);
	nodes_cut(x.a, x.b, false);
	if (step == REQUESTED)
		nodes_pass(&x.all, 5);
	(void)world_orders(&x.b->w);
	c = proc_by_serial(&x.b->w.n, 2);
	ok(c != NULL, "its requester died while a child %s", steps[step]);
	if (step != SPAWNED)
		world_spawned(c, 77);
	nodes_pass(&x.all, 10);
	is_str(world_orders(&x.b->w), (flags & WIRE_F_LINK) != 0 ?
	    "O_KILL 2 TERM order" : "", (flags & WIRE_F_LINK) != 0 ?
	    "the link ends it" : "it lives on");
	ok(c->born_for == NULL, "it is acknowledged");
	if ((flags & WIRE_F_LINK) != 0)
		is_str(c->order->text, "linked 1@alpha: exit 1",
		    "with the cause");
	ok(x.a->w.n.errands == NULL && x.b->w.n.watched == NULL &&
	    x.b->w.n.links == NULL, "nothing else is left");
	nodes_cut_both(x.a, x.b, true);
	nodes_pass(&x.all, 2 * T);
	is_str(world_orders(&x.b->w), "", "the session's end spares it");
	nodes_close(&x.all);
}

/* Both: the request is forgotten, the child killed. */
static void
test_both_end(void)
{
	struct pair	 x;

	open_met(&x);
	SPAWN(&x, .flags = BOTH, .monitor = 9);
	nodes_pass(&x.all, 5);
	(void)world_orders(&x.b->w);
	world_dies(x.p, 1 << 8, false);
	nodes_cut_both(x.a, x.b, true);
	nodes_pass(&x.all, 2 * T);
	is_str(world_orders(&x.b->w), "O_KILL 2 TERM order; "
	    "O_KILL 2 KILL order", "the child is killed");
	ok(x.a->w.n.errands == NULL, "and nobody waits");
	nodes_close(&x.all);
}

/* ---- large arguments ---- */

static void
test_large(void)
{
	struct pair	 x;
	struct proc	*c;

	open_met(&x);
	SPAWN(&x, .args = 500000);
	SAYS(x.p->main, SEND, .to = proc_pid(x.q), .text = "beside it");
	nodes_pass(&x.all, 20);
	c = proc_by_serial(&x.b->w.n, 2);
	ok(c != NULL && c->args != NULL && c->args->n == 500000,
	    "arguments come in pieces");
	is_str(world_heard(x.q->main), "SEND 1 beside it", "among others");
	world_spawned(c, 77);
	nodes_pass(&x.all, 5);
	is_str(world_heard(x.p->main), "DONE #1 0 2", "it is answered");
	nodes_close(&x.all);
}

/* More than the other takes: an error, not silence. */
static void
test_too_large(void)
{
	struct pair	x;

	pair_open(&x, SETTINGS);
	box_dies(x.b, false);
	(void)strlcpy(x.b->settings, SETTINGS "max-message = 64K\n",
	    sizeof(x.b->settings));
	box_boot(x.b);
	nodes_meet(x.a, x.b);
	is_str(world_heard(x.p->main), "LIMIT 65536 beta",
	    "a worker knows that the other takes less");
	SPAWN(&x, .args = 100000);
	nodes_pass(&x.all, 100);
	ok(strncmp(world_heard(x.p->main), "DONE #1 EMSGSIZE program prog: ",
	    31) == 0, "arguments above its max-message");
	SPAWN(&x, .args = 300000);
	nodes_pass(&x.all, 100);
	ok(strncmp(world_heard(x.p->main), "DONE #1 EMSGSIZE program prog: ",
	    31) == 0, "and far above it");
	is_int((intmax_t)x.b->w.n.stats.bad_frames, 0, "that is no breach");
	nodes_close(&x.all);
}

int
main(void)
{
	int	i;

	test_good();
	test_refused();
	for (i = 0; i < STEPS; i++) {
		test_session_ends((enum step)i, true);
		test_session_ends((enum step)i, false);
	}
	for (i = REQUESTED; i <= SPAWNED; i++) {
		test_requester_dies((enum step)i, BOTH);
		test_requester_dies((enum step)i, 0);
	}
	test_both_end();
	test_large();
	test_too_large();
	return tap_done();
}
