/* spawn_test.c - births: what holds before them, what a failure leaves. */
#include "world.h"

struct want {
	uint64_t	 ref, monitor;		/* ref 0: 1 */
	uint8_t		 flags;
	uint64_t	 node;
	const char	*name, *program, *entry;
	unsigned int	 kind;		/* of the arguments */
	const void	*args;
	size_t		 nargs;
};

#define SPAWN(s, ...)	spawn((s), (struct want){ __VA_ARGS__ })

static void
spawn(struct stream *s, struct want q)
{
	struct buf	b;

	buf_init(&b, WIRE_MAX * 2);
	buf_add_u64(&b, q.monitor);
	buf_add_str8(&b, q.name == NULL ? "" : q.name);
	buf_add_str8(&b, q.program == NULL ? "prog" : q.program);
	buf_add_str8(&b, q.entry == NULL ? "" : q.entry);
	buf_add_u8(&b, q.kind);
	buf_add(&b, q.args, q.nargs);
	SAYS(s, SPAWN, .ref = q.ref == 0 ? 1 : q.ref, .flags = q.flags,
	    .to = { q.node, 0 }, .body = b.p, .n = b.len);
	buf_release(&b);
}

static void
test_good(void)
{
	struct world	 w;
	struct proc	*a, *p;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SPAWN(a->main, .program = "ping", .entry = "server");
	is_str(world_orders(&w), "O_SPAWN 2 ping server -",
	    "the parent is asked, by name");
	is_str(world_heard(a->main), "", "nobody is answered yet");
	ok((p = proc_by_serial(&w.n, 2)) != NULL &&
	    p->state == PROC_SPAWNING && !proc_is_live(p), "it is to be");
	world_spawned(p, 77);
	is_str(world_heard(a->main), "DONE #1 0 2", "the answer is its pid");
	is_str(world_events(&w), "start 2", "the event");
	ok(p->state == PROC_LIVE && p->os_pid == 77 && p->birth == NULL &&
	    p->stop_timeout == MONO_MS(5000), "it lives");
	is_int((int)w.n.stats.spawns, 2, "counted");
	world_spawned(p, 78);
	world_failed(p, ENOENT, "exec");
	is_int(p->os_pid, 77, "what the parent says twice is dropped");
	world_close(&w);
}

/* Name, link and monitor hold before anything of the child runs. */
static void
test_options_before(void)
{
	struct world	 w;
	struct proc	*a, *c, *p;

	world_open(&w, "");
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	SPAWN(a->main, .name = "chat", .monitor = 9,
	    .flags = WIRE_F_LINK | WIRE_F_MONITOR);
	p = proc_by_serial(&w.n, 3);
	ok(names_find(&w.n, "chat") == p && a->nwatches == 2 &&
	    !LIST_EMPTY(&p->links) && !LIST_EMPTY(&p->watched),
	    "name, link and monitor are there while the parent is asked");

	SAYS(c->main, WHEREIS, .ref = 2, .text = "chat");
	is_str(world_heard(c->main), "DONE #2 ESRCH",
	    "its name is absent for whereis");
	SAYS(c->main, REGISTER, .ref = 3, .to = proc_pid(c), .text = "chat");
	is_str(world_heard(c->main), "DONE #3 EEXIST 3",
	    "and taken for register");
	SAYS(c->main, SEND_NAME, .name = "chat", .text = "early");
	is_str(world_heard(p->main), "SEND_NAME 2 early",
	    "messages to its name wait");
	SAYS(c->main, SEND_NAME, .name = "chat", .text = "early");
	world_spawned(p, 77);
	world_hello(p->main);
	is_str(world_heard(a->main), "DONE #1 0 3", "born");
	SAYS(c->main, WHEREIS, .ref = 4, .text = "chat");
	is_str(world_heard(c->main), "DONE #4 0 3", "now it is found");
	world_dies(p, SIGSEGV, false);
	is_str(world_heard(a->main), "DOWN 3 #9 signal 11 (SEGV)",
	    "the monitor fires");
	(void)world_orders(&w);
	ok(a->ordered, "so does the link");
	ok(names_find(&w.n, "chat") == NULL, "the name is free");
	world_close(&w);
}

static void
test_early_messages(void)
{
	struct world	 w;
	struct proc	*a, *p;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SPAWN(a->main, .name = "chat");
	p = proc_by_serial(&w.n, 2);
	SAYS(a->main, SEND_NAME, .name = "chat", .text = "early");
	world_spawned(p, 77);
	SAYS(p->main, HELLO);
	is_str(world_heard(p->main), "WELCOME; SEND_NAME 1 early",
	    "what waited comes after the welcome");
	world_close(&w);
}

static void
test_failure(void)
{
	struct world	 w;
	struct proc	*a, *p;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SAYS(a->main, TRAP, .flags = WIRE_F_ON);
	SPAWN(a->main, .name = "chat", .monitor = 9, .program = "gone",
	    .flags = WIRE_F_LINK | WIRE_F_MONITOR);
	p = proc_by_serial(&w.n, 2);
	SAYS(a->main, SEND_NAME, .name = "chat", .text = "early");
	world_failed(p, ENOENT, "exec");
	is_str(world_heard(a->main), "DONE #1 ENOENT "
	    "program gone: exec: No such file or directory",
	    "a failure tells program, stage and why; no DOWN, no EXITED");
	ok(proc_by_serial(&w.n, 2) == NULL, "the process never was");
	ok(names_find(&w.n, "chat") == NULL, "nor its name");
	is_int(a->nwatches, 0, "nor monitor and link");
	is_int((intmax_t)w.n.queued, 0, "what waited for it is gone");
	is_str(world_events(&w), "", "no event");
	is_int((int)w.n.stats.spawns_failed, 1, "counted");
	is_int((int)w.n.stats.deaths, 0, "it is no death");
	SPAWN(a->main, .monitor = 9, .flags = WIRE_F_MONITOR);
	world_spawned(proc_by_serial(&w.n, 3), 5);
	is_str(world_heard(a->main), "DONE #1 0 3", "the ref is free again");
	world_turn(&w);
	world_close(&w);
}

/* Others may know the pid, from a name that was taken. */
static void
test_failure_with_watchers(void)
{
	struct world	 w;
	struct proc	*a, *c, *p;

	world_open(&w, "");
	a = world_worker(&w, "a");
	c = world_worker(&w, "c");
	SAYS(c->main, TRAP, .flags = WIRE_F_ON);
	SPAWN(a->main, .name = "chat");
	p = proc_by_serial(&w.n, 3);
	SAYS(c->main, MONITOR, .to = proc_pid(p), .ref = 4);
	SAYS(c->main, LINK, .to = proc_pid(p));
	SAYS(c->main, KILL, .to = proc_pid(p));
	world_failed(p, ENOENT, "exec");
	is_str(world_heard(c->main), "DOWN 3 #4 noproc; EXITED 3 noproc",
	    "who watched it otherwise is told that nobody is there");
	is_int(c->nwatches, 0, "and keeps nothing");
	world_close(&w);
}

static void
test_refusals(void)
{
	static const char	word[] = "\0\1\0\3a\0c";
	static const char	words[] = "\0\2\0\1a\0\0";
	struct world		w;
	struct proc		*a, *owner;

	world_open(&w, "");
	a = world_worker(&w, "a");
	(void)names_add(a, "mine", &owner);
	SPAWN(a->main, .name = "mine");
	is_str(world_heard(a->main),
	    "DONE #1 EEXIST 1 program prog: name: File exists",
	    "the name is taken: the owner is told");
	SPAWN(a->main, .name = "1x");
	is_str(world_heard(a->main),
	    "DONE #1 EINVAL program prog: name: Invalid argument", "no name");
	SPAWN(a->main, .program = "../sh");
	is_str(world_heard(a->main),
	    "DONE #1 EINVAL program ../sh: program: Invalid argument",
	    "a path is no program");
	SPAWN(a->main, .entry = "a b");
	is_str(world_heard(a->main),
	    "DONE #1 EINVAL program prog: program: Invalid argument",
	    "a bad entry");
	SPAWN(a->main, .node = 5);
	is_str(world_heard(a->main),
	    "DONE #1 EHOSTUNREACH program prog: node unknown: "
	    "No route to host",
	    "another node");
	SAYS(a->main, MONITOR, .to = proc_pid(a), .ref = 9);
	SPAWN(a->main, .name = "x", .monitor = 9, .flags = WIRE_F_MONITOR);
	is_str(world_heard(a->main),
	    "DONE #1 EEXIST program prog: name: File exists",
	    "a monitor's ref that is in use");
	ok(names_find(&w.n, "x") == NULL && w.n.procs->hh.next == NULL,
	    "undoes the name and all");
	is_str(world_orders(&w), "", "the parent was never asked");
	is_int((int)w.n.stats.bad_frames, 0, "these are answers, no faults");
	w.n.stopping = true;
	SPAWN(a->main, .program = "prog");
	is_str(world_heard(a->main), "DONE #1 ESHUTDOWN program prog: "
	    "stopping: Cannot send after transport endpoint shutdown",
	    "at the end");
	w.n.stopping = false;
	SPAWN(a->main, .kind = 2, .args = words, .nargs = 7);
	is_str(world_orders(&w), "O_SPAWN 5 prog - - 'a' ''", "words");
	SPAWN(a->main, .kind = 2, .args = word, .nargs = 7);
	ok(a->main->broken, "a word with a NUL is a bad frame");
	world_close(&w);
}

/* Frames that are broken, each from a worker of its own. */
static void
test_broken(void)
{
	static const struct {
		const char	*name;
		unsigned int	 kind;
		const char	*args;
		size_t		 n;
		bool		 broken;
	} rows[] = {
		{ "no arguments", 0, "", 0, false },
		{ "no arguments, and some", 0, "x", 1, true },
		{ "a message", 1, "\0\0\0\0\0\0\0\1\0\0", 10, false },
		{ "a short message", 1, "\0\0\0\0\0\0\0\1\0", 9, true },
		{ "no words", 2, "\0\0", 2, false },
		{ "half a count", 2, "\0", 1, true },
		{ "no count", 2, "", 0, true },
		{ "an empty word", 2, "\0\1\0\0", 4, false },
		{ "words missing", 2, "\0\2\0\0", 4, true },
		{ "bytes after the words", 2, "\0\0x", 3, true },
		{ "a word too long for its frame", 2, "\0\1\377\377x", 5,
		    true },
		{ "a fourth kind", 3, "", 0, true },
		{ "the greatest kind", 255, "", 0, true },
	};
	struct world	 w;
	struct proc	*a;
	size_t		 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_open(&w, "");
		a = world_worker(&w, "a");
		SPAWN(a->main, .kind = rows[i].kind, .args = rows[i].args,
		    .nargs = rows[i].n);
		ok(a->main->broken == rows[i].broken, "%s: %s", rows[i].name,
		    rows[i].broken ? "broken" : "good");
		is_int((int)w.n.serial, rows[i].broken ? 1 : 2,
		    "and spawned or not");
		if (!world_close_quietly(&w))
			ok(false, "something is left");
	}
}

static void
test_requester_dies(void)
{
	struct world	 w;
	struct proc	*a, *p;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SPAWN(a->main, .flags = WIRE_F_LINK);
	SPAWN(a->main, .ref = 2, .flags = WIRE_F_MONITOR, .monitor = 5);
	SPAWN(a->main, .ref = 3, .flags = WIRE_F_LINK);
	(void)world_orders(&w);
	world_dies(a, SIGSEGV, false);
	is_str(world_orders(&w), "O_KILL 4 TERM order; O_KILL 2 TERM order",
	    "the linked are ended behind their births, the others not");
	world_failed(proc_by_serial(&w.n, 4), ENOENT, "exec");
	ok(proc_by_serial(&w.n, 4) == NULL, "one that failed is gone");
	p = proc_by_serial(&w.n, 3);
	world_spawned(p, 5);
	ok(proc_is_live(p) && LIST_EMPTY(&p->watched), "the unlinked lives on");
	p = proc_by_serial(&w.n, 2);
	world_spawned(p, 6);
	(void)world_events(&w);
	world_dies(p, SIGTERM, true);
	is_str(world_events(&w), "death 2 linked 1@alpha: signal 11 (SEGV)",
	    "the linked one dies of the link");
	world_close(&w);

	world_open(&w, "");
	a = world_worker(&w, "a");
	SPAWN(a->main, .flags = WIRE_F_LINK);
	(void)world_orders(&w);
	world_dies(a, 0, false);
	is_str(world_orders(&w), "", "a normal end kills no child");
	world_spawned(proc_by_serial(&w.n, 2), 5);
	world_close(&w);
}

/* The stream that asked is gone; the worker it belonged to is not. */
static void
test_stream_ends(void)
{
	struct world	 w;
	struct proc	*a, *p;
	struct stream	*s;

	world_open(&w, "");
	a = world_worker(&w, "sh");
	s = world_attach(a);
	SPAWN(s, .ref = s->ref_base + 1, .monitor = s->ref_base + 2,
	    .flags = WIRE_F_LINK | WIRE_F_MONITOR);
	death_attached(s);
	p = proc_by_serial(&w.n, 2);
	world_spawned(p, 5);
	is_str(world_heard(a->main), "", "nobody is left to be answered");
	ok(LIST_EMPTY(&p->watched), "the monitor ended with its stream");
	world_dies(p, SIGSEGV, false);
	ok(a->ordered, "the link is the worker's");
	world_close(&w);
}

static int
open_descriptors(void)
{
	int	fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
test_descriptors(void)
{
	struct world	 w;
	struct proc	*a;
	int		 n;

	world_open(&w, "");
	a = world_worker(&w, "a");
	w.fail_sockets = EMFILE;
	SPAWN(a->main, .name = "chat", .monitor = 9,
	    .flags = WIRE_F_LINK | WIRE_F_MONITOR);
	is_str(world_heard(a->main), "DONE #1 EMFILE program prog: "
	    "descriptors: Too many open files", "no descriptors: an answer");
	ok(a->nwatches == 0 && names_find(&w.n, "chat") == NULL,
	    "and nothing is left");
	is_str(world_orders(&w), "", "nor asked");
	w.fail_sockets = 0;

	w.descriptors = true;
	n = open_descriptors();
	SPAWN(a->main, .ref = 2);
	is_int(open_descriptors(), n + 2, "the child's ends wait");
	(void)world_orders(&w);
	is_int(open_descriptors(), n, "and are closed as they go");
	SPAWN(a->main, .ref = 3);
	world_close(&w);
	is_int(open_descriptors(), n, "or with the node");
}

/* Arguments as a message wait for the worker's own HELLO. */
static void
test_arguments(void)
{
	static const uint8_t	 message[] = "\0\0\0\0\0\0\0\1\0\0closure";
	struct world		 w;
	struct proc		*a, *p;
	struct stream		*s;
	const uint8_t		*bytes;
	uint8_t			*large;
	size_t			 len, n;

	world_open(&w, "");
	a = world_worker(&w, "a");
	SPAWN(a->main, .kind = 1, .args = message, .nargs = 17);
	is_str(world_orders(&w), "O_SPAWN 2 prog - -",
	    "arguments as a message are not the parent's");
	p = proc_by_serial(&w.n, 2);
	world_spawned(p, 5);
	s = world_attach(p);
	ok(p->args != NULL, "a command of the worker does not get them");
	SAYS(p->main, HELLO);
	bytes = conn_out_peek(&p->main->conn, &len);
	ok(bytes != NULL && bytes[4] == WIRE_WELCOME &&
	    bytes[len - 18] == 1 &&
	    memcmp(bytes + len - 17, message, 17) == 0,
	    "the worker does, in its welcome");
	ok(p->args == NULL && s->hello, "once");
	SAYS(p->main, HELLO);
	ok(p->main->broken, "a second hello is a fault");

	/* The largest SPAWN there can be still fits in a welcome, or fails. */
	n = WIRE_MAX - WIRE_HEAD - 16;
	large = calloc(1, n);
	SPAWN(a->main, .ref = 2, .program = "p", .kind = 1, .args = large,
	    .nargs = n);
	free(large);
	(void)world_orders(&w);
	is_str(world_heard(a->main), "DONE #1 0 2; DONE #2 EMSGSIZE "
	    "program p: arguments: Message too long",
	    "arguments that no welcome holds are refused");
	world_close(&w);
}

static void
test_section(void)
{
	struct world	 w;
	struct proc	*p;

	world_open(&w, "[program x]\nexec = /bin/true\nstop-timeout = 2s\n"
	    "[worker chat]\nprogram = x\nentry = server\n"
	    "args = 44444 'two words'\n"
	    "[worker slow]\nprogram = x\nstop-timeout = 9s\n");
	is_int(names_reserve(&w.n, "chat"), 0, "a section's name");
	is_int(spawn_section(&w.n, conf_worker(w.conf, "chat")), 0, "starts");
	is_str(world_orders(&w),
	    "O_SPAWN 1 x server chat '44444' 'two words'", "as it says");
	p = names_find(&w.n, "chat");
	ok(p != NULL && p->stop_timeout == MONO_MS(2000),
	    "with the stop-timeout of its program");
	is_int(spawn_section(&w.n, conf_worker(w.conf, "chat")), -1,
	    "not a second time");
	is_int(spawn_section(&w.n, conf_worker(w.conf, "slow")), 0, "another");
	p = proc_by_serial(&w.n, 3);
	ok(p != NULL && p->stop_timeout == MONO_MS(9000), "with its own");
	world_failed(p, ENOENT, "exec");
	ok(names_find(&w.n, "slow") == NULL, "a failure answers nobody");
	names_unreserve(&w.n, "chat");
	world_close(&w);
}

int
main(void)
{
	test_good();
	test_options_before();
	test_early_messages();
	test_failure();
	test_failure_with_watchers();
	test_refusals();
	test_broken();
	test_requester_dies();
	test_stream_ends();
	test_descriptors();
	test_arguments();
	test_section();
	return tap_done();
}
