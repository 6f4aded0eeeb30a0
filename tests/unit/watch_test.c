/*
 * watch_test.c - monitors, links and exit signals of one node.
 *
 * Cases of one module, each short and by itself.
 */
#include "world.h"

static void
test_one_down_per_ref(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 7);
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 8);
	is_str(world_heard(a->main), "", "a monitor is not answered");
	world_dies(b, SIGSEGV, false);
	is_str(world_heard(a->main), "DOWN 2 #8 signal 11 (SEGV); "
	    "DOWN 2 #7 signal 11 (SEGV)", "monitored twice: a DOWN each");
	world_turn(&w);
	is_str(world_heard(a->main), "", "and no more");
	is_int(a->nwatches, 0, "the watcher's table is empty");
	world_close(&w);
}

static void
test_demonitor(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 7);
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 8);
	SAYS(a->main, DEMONITOR, .ref = 7);
	SAYS(a->main, DEMONITOR, .ref = 7);
	SAYS(a->main, DEMONITOR, .ref = 99);
	world_dies(b, 0, false);
	is_str(world_heard(a->main), "DOWN 2 #8 normal",
	    "demonitored: no DOWN, the other one stays");

	/* The DOWN is queued when the demonitor comes. */
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 9);
	world_dies(b, 0, false);
	SAYS(a->main, DEMONITOR, .ref = 9);
	is_str(world_heard(a->main), "DOWN 3 #9 normal",
	    "a notice under way at the demonitor is the receiver's to drop");
	is_int((int)w.n.stats.bad_frames, 0, "and no fault");
	world_close(&w);
}

static void
test_who_is_not_there(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct pid	 dead;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	dead = proc_pid(b);
	world_dies(b, 0, false);
	SAYS(a->main, MONITOR, .to = dead, .ref = 1);
	is_str(world_heard(a->main), "DOWN 2 #1 noproc", "of the dead");
	SAYS(a->main, MONITOR, .to = world_nobody(), .ref = 2);
	is_str(world_heard(a->main), "DOWN 1000000 #2 noproc",
	    "of one that never was");
	SAYS(a->main, MONITOR, .to = { WORLD_ID + 1, 1 }, .ref = 3);
	is_str(world_heard(a->main), "DOWN 1 #3 noproc",
	    "of another incarnation");
	SAYS(a->main, MONITOR, .to = { 0, 0 }, .ref = 4);
	is_str(world_heard(a->main), "DOWN #4 noproc", "of nobody");
	SAYS(a->main, MONITOR, .to = proc_pid(a), .ref = 5);
	is_str(world_heard(a->main), "", "of oneself: nothing");
	is_int(a->nwatches, 1, "but the ref is in use");
	SAYS(a->main, DEMONITOR, .ref = 5);
	is_int(a->nwatches, 0, "until it is taken away");
	SAYS(a->main, MONITOR, .to = proc_pid(a), .ref = 6);
	world_dies(a, 0, false);
	ok(w.n.watches == NULL, "and of oneself never fires, at death neither");
	world_close(&w);
}

/* The dead one's last messages come before the news of its death. */
static void
test_after_the_last_message(void)
{
	struct world	 w;
	struct proc	*a, *b, *c;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	c = world_worker(&w, "c");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 7);
	PUTS(b->main, SEND, .to = proc_pid(a), .text = "first");
	PUTS(b->main, SEND, .to = proc_pid(a), .text = "last");
	world_exits(b, 3 << 8, false);
	is_str(world_heard(a->main), "", "an exit alone tells nobody");
	SAYS(c->main, MONITOR, .to = proc_pid(b), .ref = 8);
	SAYS(c->main, SEND, .to = proc_pid(b), .text = "too late");
	world_turn(&w);
	is_str(world_heard(a->main), "SEND 2 first; SEND 2 last; "
	    "DOWN 2 #7 exit 3", "DOWN comes after the last message");
	is_str(world_heard(c->main), "DOWN 2 #8 exit 3",
	    "a monitor set while the tail waits is told the real cause");
	world_close(&w);
}

/* A broken last frame is dropped, what was whole is not. */
static void
test_broken_tail(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 7);
	PUTS(b->main, SEND, .to = proc_pid(a), .text = "whole");
	world_bytes(b->main, "\0\0\1\0\12", 5);
	world_dies(b, SIGKILL, false);
	is_str(world_heard(a->main), "SEND 2 whole; "
	    "DOWN 2 #7 signal 9 (KILL)", "a torn last frame is dropped");
	world_close(&w);
}

static void
test_streams(void)
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
	ref = s->ref_base;
	SAYS(s, MONITOR, .to = proc_pid(b), .ref = ref + 1);
	SAYS(s, MONITOR, .to = proc_pid(b), .ref = ref + 2,
	    .flags = WIRE_F_MAILBOX);
	SAYS(t, MONITOR, .to = proc_pid(b), .ref = t->ref_base + 1);
	death_attached(t);
	is_int(a->nwatches, 2, "a monitor ends with its stream");
	world_dies(b, 0, false);
	is_str(world_heard(s), "DOWN 2 #0.1 normal",
	    "a DOWN comes to the stream that asked");
	is_str(world_heard(a->main), "DOWN 2 #0.2 normal",
	    "or to the mailbox, if that was asked");

	b = world_worker(&w, "b");
	SAYS(s, MONITOR, .to = proc_pid(b), .ref = ref + 3,
	    .flags = WIRE_F_MAILBOX);
	SAYS(s, MONITOR, .to = proc_pid(b), .ref = ref + 4,
	    .flags = WIRE_F_MAILBOX);
	SAYS(s, MONITOR, .to = proc_pid(b), .ref = ref + 5);
	death_attached(s);
	is_int(a->nwatches, 2, "those of the mailbox outlive the stream");
	s = world_attach(a);
	SAYS(s, DEMONITOR, .to = proc_pid(b), .ref = 0);
	is_int(a->nwatches, 0, "unwatch takes away all of that target");
	world_dies(b, 0, false);
	is_str(world_heard(a->main), "", "and nothing is told");
	world_close(&w);
}

static void
test_watcher_dies(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 7);
	world_dies(a, 0, false);
	ok(LIST_EMPTY(&b->watched), "a dead watcher is forgotten");
	world_dies(b, 0, false);
	is_int((int)w.n.stats.downs, 0, "and not told");
	world_close(&w);
}

/* ---- links ---- */

static void
test_links(void)
{
	struct world	 w;
	struct proc	*a, *b, *c;
	struct pid	 dead;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	c = world_worker(&w, "c");
	SAYS(a->main, LINK, .to = proc_pid(b));
	SAYS(a->main, LINK, .to = proc_pid(b));
	SAYS(b->main, LINK, .to = proc_pid(a));
	SAYS(c->main, LINK, .to = proc_pid(b));
	SAYS(c->main, LINK, .to = proc_pid(c));
	is_int(a->nwatches, 1, "linking again changes nothing");
	is_int(c->nwatches, 1, "linking oneself neither");
	SAYS(b->main, TRAP, .flags = WIRE_F_ON);
	SAYS(a->main, UNLINK, .to = proc_pid(b));
	is_int(a->nwatches, 0, "unlinked at this end");
	is_int(b->nwatches, 1, "and at the other");
	SAYS(a->main, UNLINK, .to = proc_pid(b));

	dead = proc_pid(b);
	world_dies(b, 3 << 8, false);
	is_str(world_orders(&w), "O_KILL 3 TERM order",
	    "an abnormal end ends the linked, not the unlinked");
	is_int(w.deadline.ns, MONO_MS(6000), "with its stop-timeout");
	is_str(world_events(&w), "death 2 exit 3", "b died of itself");
	world_dies(c, SIGTERM, true);
	is_str(world_events(&w), "death 3 linked 2@alpha: exit 3",
	    "the cause names the link");

	SAYS(a->main, LINK, .to = dead);
	is_str(world_orders(&w), "O_KILL 1 TERM order", "linked to the dead");
	world_dies(a, SIGTERM, true);
	is_str(world_events(&w), "death 1 linked 2@alpha: noproc",
	    "is an exit signal noproc");
	world_close(&w);
}

static void
test_trap(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, TRAP, .flags = WIRE_F_ON);
	SAYS(a->main, LINK, .to = proc_pid(b));
	SAYS(b->main, EXIT, .to = proc_pid(a), .text = "please");
	SAYS(b->main, EXIT, .to = proc_pid(a));
	SAYS(b->main, EXIT, .to = proc_pid(a), .text = "normal");
	PUTS(b->main, SEND, .to = proc_pid(a), .text = "last");
	world_dies(b, 0, false);
	is_str(world_heard(a->main),
	    "EXITED 2 killed by 2@alpha: please; EXITED 2 killed by 2@alpha; "
	    "EXITED 2 normal; SEND 2 last; EXITED 2 normal",
	    "who traps gets messages, of normal ends too");
	is_str(world_orders(&w), "", "and lives");
	b = world_worker(&w, "b");
	SAYS(b->main, LINK, .to = proc_pid(a));
	SAYS(a->main, TRAP);
	world_dies(b, 0, false);
	is_str(world_heard(a->main), "", "without the trap no message");
	is_str(world_orders(&w), "", "and a normal end kills nobody");
	SAYS(a->main, TRAP, .flags = WIRE_F_ON);
	b = world_worker(&w, "b");
	SAYS(b->main, KILL, .to = proc_pid(a));
	is_str(world_orders(&w), "O_KILL 1 KILL order", "kill is not trapped");
	world_close(&w);
}

static void
test_exit(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, EXIT, .to = proc_pid(b), .text = "normal");
	is_str(world_orders(&w), "", "exit normal is ignored");
	SAYS(a->main, EXIT, .to = world_nobody(), .text = "x");
	SAYS(a->main, KILL, .to = world_nobody());
	SAYS(a->main, EXIT, .to = { WORLD_ID + 1, 2 }, .text = "x");
	is_str(world_orders(&w), "", "to nobody: nothing");
	SAYS(a->main, EXIT, .to = proc_pid(b), .text = "tired");
	is_str(world_orders(&w), "O_KILL 2 TERM order", "exit is SIGTERM");
	world_dies(b, 0, true);
	is_str(world_events(&w), "death 2 killed by 1@alpha: tired",
	    "its text is the cause, whatever the exit status");
	SAYS(a->main, EXIT, .to = proc_pid(a), .text = "me");
	world_dies(a, SIGTERM, true);
	is_str(world_events(&w), "death 1 killed by 1@alpha: me",
	    "one may exit oneself");
	world_close(&w);
}

#define CHAIN	100

static void
test_chain(void)
{
	struct world	 w;
	struct proc	*p[CHAIN];
	struct cause	 c;
	unsigned int	 i, right = 0;

	world_open(&w, "");
	for (i = 0; i < CHAIN; i++) {
		p[i] = world_worker(&w, "p");
		if (i > 0)
			SAYS(p[i]->main, LINK, .to = proc_pid(p[i - 1]));
	}
	world_dies(p[0], SIGSEGV, false);
	for (i = 1; i < CHAIN && p[i]->ordered; i++) {
		p[i]->status = SIGTERM;
		p[i]->obeyed = true;
		life_cause(p[i], &c);
		right += strcmp(c.text,
		    "linked 1@alpha: signal 11 (SEGV)") == 0 && !c.normal;
		world_dies(p[i], SIGTERM, true);
	}
	is_int(right, CHAIN - 1,
	    "through a chain of links the cause names the first that broke");
	ok(w.n.procs == NULL, "and all are dead");
	world_close(&w);
}

/* A text that begins like one of ours is still a text. */
static void
test_text_that_looks_linked(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, LINK, .to = proc_pid(b));
	SAYS(a->main, DIE, .text = "linked lists are empty");
	world_dies(a, 1 << 8, false);
	world_dies(b, SIGTERM, true);
	is_str(world_events(&w), "death 1 error: linked lists are empty; "
	    "death 2 linked 1@alpha: error: linked lists are empty",
	    "an error's text is not taken for a link's");
	world_close(&w);
}

/* ---- ports ---- */

#define PORT(id)	.body = "\0\0\0\0\0\0\0" id, .n = 8

static void
test_port(void)
{
	struct world	 w;
	struct proc	*a, *b, *c;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	c = world_worker(&w, "c");
	SAYS(a->main, SEND, .to = proc_pid(b), .text = "first");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 1, PORT("\2"));
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 2, PORT("\2"));
	SAYS(c->main, MONITOR, .to = proc_pid(b), .ref = 3, PORT("\2"));
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 4, PORT("\3"));
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 5);
	is_str(world_heard(b->main), "SEND 1 first; PORT_WATCHED #2; "
	    "PORT_WATCHED #3", "the owner is asked once for each port");
	SAYS(b->main, PORT_CLOSED, .ref = 9);
	SAYS(c->main, PORT_CLOSED, .ref = 2);
	is_str(world_heard(a->main), "", "another's port cannot be closed");
	SAYS(b->main, PORT_CLOSED, .ref = 2);
	SAYS(b->main, PORT_CLOSED, .ref = 2);
	is_str(world_heard(a->main), "DOWN 2 #2 closed; DOWN 2 #1 closed",
	    "all who watch a port are told that it is closed, once");
	is_str(world_heard(c->main), "DOWN 2 #3 closed", "each of them");
	world_dies(b, 3 << 8, false);
	is_str(world_heard(a->main), "DOWN 2 #5 exit 3; DOWN 2 #4 exit 3",
	    "of the others the owner's death is told");
	ok(w.n.ports == NULL && a->nwatches == 0, "nothing is left");
	SAYS(a->main, MONITOR, .to = { WORLD_ID, 2 }, .ref = 6, PORT("\3"));
	is_str(world_heard(a->main), "DOWN 2 #6 noproc", "a port of the dead");
	world_close(&w);
}

static void
test_port_demonitor(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 1, PORT("\2"));
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 2, PORT("\2"));
	SAYS(a->main, DEMONITOR, .ref = 1);
	SAYS(b->main, PORT_CLOSED, .ref = 2);
	is_str(world_heard(a->main), "DOWN 2 #2 closed",
	    "demonitored: nothing is told");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 3, PORT("\2"));
	SAYS(a->main, DEMONITOR, .ref = 3);
	ok(w.n.ports == NULL, "with the last who watches it the entry goes");
	(void)world_heard(b->main);
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 4, PORT("\2"));
	is_str(world_heard(b->main), "PORT_WATCHED #2",
	    "so the owner is asked again");
	world_dies(a, 0, false);
	ok(w.n.ports == NULL && w.n.watched == NULL, "a dead watcher, too");
	world_close(&w);
}

/* What a process does to a port of its own, and to itself. */
static void
test_port_of_oneself(void)
{
	struct world	 w;
	struct proc	*a;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SAYS(a->main, MONITOR, .to = proc_pid(a), .ref = 1, PORT("\2"));
	SAYS(a->main, MONITOR, .to = proc_pid(a), .ref = 2, PORT("\3"));
	is_str(world_heard(a->main), "PORT_WATCHED #2; PORT_WATCHED #3",
	    "a port of one's own is watched like others");
	SAYS(a->main, PORT_CLOSED, .ref = 2);
	is_str(world_heard(a->main), "DOWN 1 #1 closed", "and told of");
	world_dies(a, 0, false);
	ok(w.n.ports == NULL, "nothing is left of the dead");
	world_close(&w);
}

/* Closed by the last that the dead has sent; and closed behind its back. */
static void
test_port_last_words(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 1, PORT("\2"));
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 2, PORT("\3"));
	PUTS(b->main, PORT_CLOSED, .ref = 2);
	world_exits(b, SIGKILL, false);
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = 3, PORT("\2"));
	world_turn(&w);
	is_str(world_heard(a->main), "DOWN 2 #3 closed; DOWN 2 #1 closed; "
	    "DOWN 2 #2 signal 9 (KILL)", "closed, then dead: one notice each");
	world_close(&w);
}

static void
test_port_forged(void)
{
	static const struct { const char *title; struct say say; } rows[] = {
		{ "a port of 7 bytes", { .op = WIRE_MONITOR, .body = "1234567",
		    .n = 7 } },
		{ "port 0", { .op = WIRE_MONITOR, PORT("\0") } },
		{ "a short message to a port", { .op = WIRE_CHANNEL,
		    .text = "1234567" } },
		{ "the relay's own word", { .op = WIRE_PORT_WATCHED } },
	};
	struct world	 w;
	struct proc	*a, *b;
	size_t		 i;

	world_open(&w, "");
	b = world_worker(&w, "b");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct say	say = rows[i].say;

		a = world_worker(&w, "a");
		say.to = proc_pid(b);
		world_says(a->main, say);
		ok(a->main->broken || a->main->conn.why != NULL, "%s ends "
		    "who says it", rows[i].title);
	}
	is_str(world_heard(b->main), "", "and its owner hears nothing");
	world_close(&w);
}

static void
test_channel(void)
{
	struct world	 w;
	struct proc	*a, *b;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	PUTS(a->main, SEND, .to = proc_pid(b), .text = "one");
	PUTS(a->main, CHANNEL, .to = proc_pid(b), .ref = 2, .text = "image 2.");
	PUTS(a->main, CHANNEL, .to = proc_pid(b), .ref = 3, .text = "image 3.");
	PUTS(a->main, SEND, .to = proc_pid(b), .text = "four");
	PUTS(a->main, CHANNEL, .to = world_nobody(), .ref = 2,
	    .text = "image 2.");
	world_route(a->main);
	is_str(world_heard(b->main), "SEND 1 one; CHANNEL 1 #2 image 2.; "
	    "CHANNEL 1 #3 image 3.; SEND 1 four", "to ports and to their "
	    "owner: one order");
	is_int((int)w.n.stats.frames_dropped, 1, "to the dead: it vanishes");
	world_close(&w);
}

/* As many as fit; one more is a fault of who asks. */
static void
test_limit(void)
{
	struct world	 w;
	struct proc	*a, *b;
	uint64_t	 ref;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	for (ref = 1; ref <= NODE_WATCHES_MAX; ref++)
		if (watch_monitor(a, false, ref, proc_pid(b), 0) == -1)
			break;
	is_int((intmax_t)ref, NODE_WATCHES_MAX + 1, "so many monitors");
	is_int(watch_monitor(a, false, ref, proc_pid(b), 0), -1, "no more");
	is_int(errno, EMFILE, "EMFILE");
	is_int(watch_link(a, proc_pid(b)), -1, "nor a link");
	is_int(watch_monitor(a, false, 5, proc_pid(b), 0), -1, "a ref again");
	is_int(errno, EEXIST, "EEXIST");
	SAYS(b->main, LINK, .to = proc_pid(a));
	is_str(world_orders(&w), "O_KILL 2 TERM order",
	    "a link to one whose table is full breaks at once");
	SAYS(a->main, MONITOR, .to = proc_pid(b), .ref = ref);
	ok(a->ordered && a->main->broken, "asking for more ends the process");
	world_close(&w);
}

int
main(void)
{
	test_one_down_per_ref();
	test_demonitor();
	test_who_is_not_there();
	test_after_the_last_message();
	test_broken_tail();
	test_streams();
	test_watcher_dies();
	test_links();
	test_trap();
	test_exit();
	test_chain();
	test_text_that_looks_linked();
	test_port();
	test_port_demonitor();
	test_port_of_oneself();
	test_port_last_words();
	test_port_forged();
	test_channel();
	test_limit();
	return tap_done();
}
