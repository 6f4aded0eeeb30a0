/* take_test.c - the mailbox of a shell worker: TAKE, TAKEN, given back. */
#include "world.h"

static void
test_take(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct stream	*s, *t;

	world_open(&w, "");
	a = world_silent(&w, "sh");
	b = world_worker(&w, "b");
	s = world_attach(a);
	t = world_attach(a);
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "1");
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "2");
	SAYS(s, TAKE);
	is_str(world_heard(s), "SEND 2 1", "the oldest");
	SAYS(t, TAKE);
	is_str(world_heard(t), "SEND 2 2", "the next to another");
	SAYS(s, TAKEN);
	SAYS(t, TAKEN);
	SAYS(s, TAKE);
	is_str(world_heard(s), "", "none: it waits");
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "3");
	is_str(world_heard(s), "SEND 2 3", "until one comes");
	is_int((intmax_t)w.n.queued, 0, "nothing is queued any more");

	/* Without TAKEN it is given back. */
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "4");
	death_attached(s);
	SAYS(t, TAKE);
	is_str(world_heard(t), "SEND 2 3", "one not acknowledged comes first");
	SAYS(t, TAKEN);
	SAYS(t, TAKE);
	is_str(world_heard(t), "SEND 2 4", "then what came after it");
	s = world_attach(a);
	SAYS(s, TAKE);
	death_attached(t);
	is_str(world_heard(s), "SEND 2 4",
	    "given back while another waits: that one gets it");
	SAYS(s, TAKEN);

	SAYS(s, TAKE);
	SAYS(s, TAKE);
	ok(s->closed, "asking twice is a fault");
	s = world_attach(a);
	SAYS(s, TAKEN);
	ok(s->closed, "so is TAKEN of nothing");
	world_close(&w);
}

static void
test_take_and_hello(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct stream	*s;

	world_open(&w, "");
	a = world_silent(&w, "sh");
	b = world_worker(&w, "b");
	s = world_attach(a);
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "1");
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "2");
	SAYS(s, TAKE);
	SAYS(a->main, HELLO);
	is_str(world_heard(a->main), "WELCOME; SEND 2 2",
	    "a worker that says HELLO gets what is left");
	/* As if the kernel had taken half of a frame. */
	SAYS(b->main, SEND, .to = proc_pid(a), .text = "3");
	death_attached(s);
	is_str(world_heard(a->main), "SEND 2 3; SEND 2 1",
	    "what is given back then comes last: a frame may be half sent");
	s = world_attach(a);
	SAYS(s, TAKE, .ref = s->ref_base + 1);
	is_str(world_heard(s), "DONE #1.1 EBUSY "
	    "this worker reads its own mailbox", "no command takes from it");
	world_close(&w);
}

static void
test_take_notices(void)
{
	struct world	 w;
	struct proc	*a, *b;
	struct stream	*s;

	world_open(&w, "");
	a = world_silent(&w, "sh");
	b = world_worker(&w, "b");
	s = world_attach(a);
	SAYS(s, TRAP, .flags = WIRE_F_ON);
	SAYS(s, LINK, .to = proc_pid(b));
	SAYS(s, MONITOR, .to = proc_pid(b), .ref = s->ref_base + 1,
	    .flags = WIRE_F_MAILBOX);
	world_dies(b, 3 << 8, false);
	SAYS(s, TAKE);
	is_str(world_heard(s), "DOWN 2 #0.1 exit 3", "deaths are taken");
	SAYS(s, TAKEN);
	SAYS(s, TAKE);
	is_str(world_heard(s), "EXITED 2 exit 3", "and trapped exits");
	/* A worker dies with what it has not read. */
	world_dies(a, 0, false);
	world_close(&w);
}

int
main(void)
{
	test_take();
	test_take_and_hello();
	test_take_notices();
	return tap_done();
}
