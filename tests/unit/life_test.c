/* life_test.c - causes of death: who ordered what, and what came first. */
#include "world.h"

/* Steps before the end: letters. */
static const struct {
	const char	*name;
	const char	*steps;
	int		 status;	/* raw, as waitpid has it */
	bool		 obeyed;	/* an order reached it alive */
	const char	*cause, *orders;
} cases[] = {
	{ "an end of its own", "", 0, false, "normal", "" },
	{ "an exit status", "", 3 << 8, false, "exit 3", "" },
	{ "the greatest exit status", "", 255 << 8, false, "exit 255", "" },
	{ "a signal", "", SIGSEGV, false, "signal 11 (SEGV)", "" },
	{ "a signal with a core", "", SIGABRT | 0x80, false,
	    "signal 6 (ABRT, core)", "" },
	{ "a realtime signal", "", 40, false, "signal 40 (RT)", "" },
	{ "TERM from outside", "", SIGTERM, false, "signal 15 (TERM)", "" },
	{ "KILL from outside", "", SIGKILL, false, "signal 9 (KILL)", "" },

	/* What it said of itself. */
	{ "die, then exit 1", "d", 1 << 8, false, "error: boom", "" },
	{ "die, then exit 0", "d", 0, false, "error: boom", "" },
	{ "die, then a signal", "d", SIGSEGV, false, "signal 11 (SEGV)", "" },
	{ "die, then an order", "dx", 1 << 8, true, "killed by 2@alpha: why",
	    "O_KILL 1 TERM order" },
	{ "die, then an order too late", "dx", 1 << 8, false, "error: boom",
	    "O_KILL 1 TERM order" },
	{ "die twice: the last counts", "dD", 1 << 8, false, "error: bang",
	    "" },

	/* Orders. */
	{ "exit with a text, died of TERM", "x", SIGTERM, true,
	    "killed by 2@alpha: why", "O_KILL 1 TERM order" },
	{ "exit, ended by itself with 0 on TERM", "x", 0, true,
	    "killed by 2@alpha: why", "O_KILL 1 TERM order" },
	{ "exit, ended by itself with 3 on TERM", "x", 3 << 8, true,
	    "killed by 2@alpha: why", "O_KILL 1 TERM order" },
	{ "exit without a text", "e", SIGTERM, true, "killed by 2@alpha",
	    "O_KILL 1 TERM order" },
	{ "exit normal is none", "n", 3 << 8, false, "exit 3", "" },
	{ "kill", "k", SIGKILL, true, "killed by 2@alpha",
	    "O_KILL 1 KILL order" },
	{ "exit, TERM ignored, then KILL", "xT", SIGKILL, true,
	    "killed by 2@alpha: why",
	    "O_KILL 1 TERM order; O_KILL 1 KILL order" },
	{ "an order, then a fault of its own", "x", SIGSEGV, true,
	    "signal 11 (SEGV)", "O_KILL 1 TERM order" },
	{ "death before the order", "x", 0, false, "normal",
	    "O_KILL 1 TERM order" },
	{ "death by KILL from outside before the order", "x", SIGKILL, false,
	    "signal 9 (KILL)", "O_KILL 1 TERM order" },
	{ "two orders: the first", "xk", SIGKILL, true,
	    "killed by 2@alpha: why",
	    "O_KILL 1 TERM order; O_KILL 1 KILL order" },
	{ "two orders the other way round", "kx", SIGKILL, true,
	    "killed by 2@alpha", "O_KILL 1 KILL order; O_KILL 1 TERM order" },
	{ "stopped", "s", 0, true, "stopped", "O_KILL 1 TERM order" },
	{ "stopped, TERM ignored", "sT", SIGKILL, true, "stopped",
	    "O_KILL 1 TERM order; O_KILL 1 KILL order" },
	{ "killed, then stopped", "ks", SIGKILL, true, "killed by 2@alpha",
	    "O_KILL 1 KILL order; O_KILL 1 TERM order" },
	{ "a link breaks", "l", SIGTERM, true,
	    "linked 2@alpha: exit 7", "O_KILL 1 TERM order" },
	{ "a link ends normally", "L", 5 << 8, false, "exit 5", "" },
	{ "a bad frame", "b", SIGKILL, true,
	    "error: bad frame: unknown operation", "O_KILL 1 KILL order" },
	{ "a bad frame, then exit 0 before the order", "b", 0, false,
	    "normal", "O_KILL 1 KILL order" },
};

static void
step(struct world *w, struct proc *p, struct proc *by, char what)
{
	struct cause	c;

	switch (what) {
	case 'd':
	case 'D':
		SAYS(p->main, DIE, .text = what == 'd' ? "boom" : "bang");
		break;
	case 'x':
		SAYS(by->main, EXIT, .to = proc_pid(p), .text = "why");
		break;
	case 'e':
		SAYS(by->main, EXIT, .to = proc_pid(p));
		break;
	case 'n':
		SAYS(by->main, EXIT, .to = proc_pid(p), .text = "normal");
		break;
	case 'k':
		SAYS(by->main, KILL, .to = proc_pid(p));
		break;
	case 's':
		cause_set(&c, "stopped");
		life_order(p, &c, SIGTERM);
		break;
	case 'T':			/* its stop-timeout is over */
		w->n.now = w->deadline;
		life_deadline(p);
		break;
	case 'l':
	case 'L':
		SAYS(by->main, LINK, .to = proc_pid(p));
		world_dies(by, what == 'l' ? 7 << 8 : 0, false);
		break;
	case 'b':
		world_says(p->main, (struct say){ .op = (enum wire_op)99 });
		break;
	}
}

static void
test_causes(void)
{
	struct world	 w;
	struct proc	*p, *by;
	const char	*s, *got;
	char		 want[512];
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_open(&w, "");
		p = world_worker(&w, "p");
		by = world_worker(&w, "by");
		for (s = cases[i].steps; *s != '\0'; s++)
			step(&w, p, by, *s);
		is_str(world_orders(&w), cases[i].orders, "%s: asked",
		    cases[i].name);
		(void)world_events(&w);
		world_dies(p, cases[i].status, cases[i].obeyed);
		(void)snprintf(want, sizeof(want), "death 1 %s",
		    cases[i].cause);
		got = world_events(&w);
		is_str(got, want, "%s: told", cases[i].name);
		if (!world_close_quietly(&w))
			ok(false, "%s: something is left", cases[i].name);
	}
}

/* ---- guests ---- */

static const struct {
	const char	*name, *steps, *cause;
} guests[] = {
	{ "bye, then close", "y.", "normal" },
	{ "close without bye", ".", "error: connection closed" },
	{ "die, then close", "d.", "error: boom" },
	{ "die, bye, close", "dy.", "normal" },
	{ "killed", "k", "killed by 2@alpha" },
	{ "told to exit", "x", "killed by 2@alpha: why" },
	{ "told to exit normally, then bye", "ny.", "normal" },
	{ "killed, then closed", "k.", "killed by 2@alpha" },
	{ "bye, then killed", "yk", "killed by 2@alpha" },
	{ "killed twice", "kx", "killed by 2@alpha" },
	{ "a link breaks", "l", "linked 2@alpha: exit 7" },
	{ "a bad frame", "b", "error: bad frame: unknown operation" },
	{ "a bad frame, then closed", "b.",
	    "error: bad frame: unknown operation" },
};

static void
test_guests(void)
{
	struct world	 w;
	struct proc	*p, *by;
	const char	*s;
	char		 want[512];
	size_t		 i;

	for (i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		world_open(&w, "");
		p = world_guest(&w);
		by = world_worker(&w, "by");
		for (s = guests[i].steps; *s != '\0'; s++)
			switch (*s) {
			case '.':
				death_guest(p);
				break;
			case 'y':
				SAYS(p->main, BYE, .ref = 0);
				break;
			default:
				step(&w, p, by, *s);
			}
		(void)world_events(&w);
		world_turn(&w);
		(void)snprintf(want, sizeof(want), "death 1 %s",
		    guests[i].cause);
		/* One that a link ended died in the turn of the other. */
		if (strcmp(guests[i].steps, "l") == 0)
			ok(proc_by_serial(&w.n, 1) == NULL, "guest: %s",
			    guests[i].name);
		else
			is_str(world_events(&w), want, "guest: %s",
			    guests[i].name);
		is_str(world_orders(&w), "", "the parent knows no guests");
		if (!world_close_quietly(&w))
			ok(false, "%s: something is left", guests[i].name);
	}
}

/* ---- the rest ---- */

static void
test_patience(void)
{
	struct world	 w;
	struct proc	*p, *by;

	world_open(&w, "");
	p = world_worker(&w, "p");
	by = world_worker(&w, "by");
	SAYS(by->main, EXIT, .to = proc_pid(p));
	is_int(w.deadline.ns, MONO_MS(6000), "TERM starts the stop-timeout");
	w.n.now.ns += MONO_MS(3000);
	SAYS(by->main, EXIT, .to = proc_pid(p));
	is_int(w.deadline.ns, MONO_MS(6000), "a second one does not move it");
	(void)world_orders(&w);
	life_deadline(p);
	is_str(world_orders(&w), "O_KILL 1 KILL order", "it is over: KILL");
	world_exits(p, SIGKILL, true);
	life_deadline(p);
	SAYS(by->main, KILL, .to = proc_pid(p));
	is_str(world_orders(&w), "", "the dead are not killed again");
	world_turn(&w);
	is_str(world_events(&w), "death 1 killed by 2@alpha", "the cause");
	world_close(&w);

	world_open(&w, "");
	p = world_worker(&w, "p");
	by = world_worker(&w, "by");
	SAYS(by->main, KILL, .to = proc_pid(p));
	ok(p->timer == NULL, "KILL needs no timeout");
	world_close(&w);
}

static void
test_long_texts(void)
{
	struct world	 w;
	struct proc	*p, *by;
	char		 text[WIRE_TEXT_MAX + 2];

	world_open(&w, "");
	p = world_worker(&w, "p");
	by = world_worker(&w, "by");
	memset(text, 'x', sizeof(text));
	text[WIRE_TEXT_MAX] = '\0';
	SAYS(by->main, MONITOR, .to = proc_pid(p), .ref = 1);
	SAYS(p->main, DIE, .text = text);
	world_dies(p, 1 << 8, false);
	text[CAUSE_MAX - strlen("error: ")] = '\0';
	ok(strstr(world_heard(by->main), text) != NULL &&
	    by->main->broken == false, "a long text is cut");

	p = world_worker(&w, "p");
	SAYS(p->main, DIE, .body = "a\0b", .n = 3);
	ok(p->ordered, "a text with a NUL is a bad frame");
	SAYS(p->main, DIE, .text = "x");
	ok(p->die == NULL, "after which nothing is read any more");
	world_close(&w);
}

static void
test_strange_reports(void)
{
	struct world	 w;
	struct proc	*p, *g;

	world_open(&w, "");
	p = world_worker(&w, "p");
	g = world_guest(&w);
	world_exits(g, 0, false);
	world_turn(&w);
	is_int(g->state, PROC_LIVE, "an exit of a guest is none");
	world_exits(p, 0, false);
	world_exits(p, 3 << 8, false);
	world_turn(&w);
	is_str(world_events(&w), "death 1 normal", "an exit told twice");
	world_close(&w);
}

int
main(void)
{
	test_causes();
	test_guests();
	test_patience();
	test_long_texts();
	test_strange_reports();
	return tap_done();
}
