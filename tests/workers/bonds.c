/*
 * bonds.c - deaths, links, spawns and names of msg.h under a real supervisor,
 * one entry a matter.
 */
#include "surface.h"

MSG_TYPE(wanted, (str, name));
MSG_TYPE(found, (pid, p));

MSG_REMOTABLE(watches, NODES);
MSG_REMOTABLE(links, NODES);
MSG_REMOTABLE(spawns, NODES);
MSG_REMOTABLE(options, NODES);
MSG_REMOTABLE(names, NODES);
MSG_REMOTABLE(races, NODES);
MSG_REMOTABLE(idle);
MSG_REMOTABLE(told, (str, what));
MSG_REMOTABLE(named, (str, name));
MSG_REMOTABLE(finder, (str, there));
MSG_REMOTABLE(by_name, (str, address));

/* name@node; the text lives until the next one. */
static const char *
on(const char *name, struct msg_node node)
{
	static char	address[MSG_ADDRESS_MAX];
	char		text[MSG_ADDRESS_MAX];

	(void)snprintf(address, sizeof(address), "%s@%s", name,
	    msg_node_format(node, text));
	return address;
}

/* ---- the others ---- */

static void
idle(void)
{
	for (;;)
		pause();
}

static void
told(const struct told *args)
{
	struct stop	stop;

	MUST(msg_expect(stop, &stop) == 0);
	if (strcmp(args->what, "die") == 0)
		msg_die("was told to");
	if (strcmp(args->what, "exit") == 0)
		exit(3);
	msg_terminate();
}

/* It has its name from its first instruction on. */
static void
named(const struct named *args)
{
	struct msg_pid	found;

	MUST(msg_whereis(args->name, &found) == 0);
	MUST(msg_pid_equal(found, msg_self()));
	exit(3);
}

/* Finds or starts what is wanted, as long as something is. */
static void
finder(const struct finder *args)
{
	MSG_AUTO(wanted, wanted);
	struct msg_pid	pid;

	while (msg_expect(wanted, &wanted) == 0 && wanted.name[0] != '\0') {
		pid = born(msg_whereis_or_spawn(node_of(args->there),
		    wanted.name, MSG_CLOSURE(idle)));
		MUST(msg_reply(&wanted, found, .p = pid) == 0);
		msg_release(wanted, &wanted);
	}
}

static void
by_name(const struct by_name *args)
{
	MUST(msg_send_name(args->address, stop) == 0);
}

/* ---- deaths ---- */

static void
watches(const struct watches *a)
{
	struct msg_pid	pid;
	struct msg_down	down;
	uint64_t	ref, other;
	int		i;

	pid = born(msg_spawn(node_of(a->there), MSG_CLOSURE(told,
	    .what = "die"), .ref = &ref));
	MUST((other = msg_monitor(pid)) != 0 && other != ref);
	MUST(msg_demonitor(other) == 0);
	MUST(msg_monitor(msg_self()) != 0);
	MUST(msg_send(pid, stop) == 0);
	MUST(msg_receive(MS, MSG_MATCH_DOWN(&down)) == 0);
	MUST(down.ref == ref && msg_pid_equal(down.pid, pid));
	MUST(strcmp(down.cause, "error: was told to") == 0 && !down.normal);
	MSG_WITH_MONITOR(pid) {
		MUST(msg_receive(MS, MSG_MATCH_DOWN_OF(pid, &down)) == 0);
		MUST(strcmp(down.cause, "noproc") == 0);
	}
	MSG_WITH_MONITOR(pid)
		MUST(msg_flush() == 0);
	/* Whichever is first, the death or the end of the watch. */
	for (i = 0; i < ROUNDS; i++) {
		pid = born(msg_spawn(node_of(a->there),
		    MSG_CLOSURE(told, .what = "")));
		MUST((other = msg_monitor(pid)) != 0);
		MUST(msg_send(pid, stop) == 0);
		MUST(msg_demonitor(other) == 0);
		MUST(msg_pump() == 0);
	}
	must_be_quiet();
}

static void
links(const struct links *a)
{
	struct msg_pid	pid;
	struct msg_down	down;
	int		i;

	MUST(msg_trap_exits(true) == 0);
	pid = born(msg_spawn(node_of(a->there), MSG_CLOSURE(told,
	    .what = "exit"), .link = true));
	MUST(msg_send(pid, stop) == 0);
	MUST(msg_receive(MS, MSG_MATCH_EXIT(&down)) == 0);
	MUST(strcmp(down.cause, "exit 3") == 0);
	MUST(msg_pid_equal(down.pid, pid));
	pid = born(msg_spawn(node_of(a->there), MSG_CLOSURE(told)));
	MUST(msg_link(pid) == 0 && msg_unlink(pid) == 0);
	MUST(msg_link(pid) == 0 && msg_exit(pid, "enough") == 0);
	MUST(msg_receive(MS, MSG_MATCH_EXIT(&down)) == 0);
	MUST(strstr(down.cause, ": enough") != NULL);
	for (i = 0; i < ROUNDS; i++) {
		pid = born(msg_spawn(node_of(a->third), MSG_CLOSURE(told,
		    .what = "exit"), .link = true));
		MUST(msg_send(pid, stop) == 0 && msg_unlink(pid) == 0);
		/* Told before the relay has read it, or never. */
		MUST(msg_whereis("nobody", &pid) == -1 && errno == ESRCH);
		(void)msg_receive(0, MSG_MATCH_EXIT(&down));
		MUST(msg_pump() == 0);
	}
	must_be_quiet();
}

/* ---- spawns and names ---- */

/* What was said names the program, the node if it is another, and the stage. */
static bool
refused(struct msg_node node, const char *program, const char *stage)
{
	char	want[512];

	if (node.id == msg_self_node().id)
		(void)snprintf(want, sizeof(want), "program %s: %s: ", program,
		    stage);
	else
		(void)snprintf(want, sizeof(want), "program %s: node %s: %s: ",
		    program, msg_node_text(node), stage);
	return strncmp(msg_why(), want, strlen(want)) == 0;
}

static void
spawns(const struct spawns *a)
{
	struct msg_node	node = node_of(a->there);
	struct msg_pid	pid, found;

	MUST(msg_ready() == 0);
	pid = born(msg_whereis_or_spawn(node, "server", MSG_CLOSURE(idle)));
	found = born(msg_whereis_or_spawn(node, "server", MSG_CLOSURE(idle)));
	MUST(msg_pid_equal(pid, found));
	MUST(msg_spawn(node, MSG_CLOSURE(idle), .name = "server").serial == 0);
	MUST(errno == EEXIST && refused(node, "bonds", "name"));
	MUST(msg_spawn_program(node, "nothing", NULL, NULL).serial == 0);
	MUST(errno == ENOENT && refused(node, "nothing", "program"));
	MUST(msg_spawn_program(node, "nothing", NULL, NULL, .link = true,
	    .monitor = true).serial == 0);
	pid = born(msg_spawn_program(node, "bonds", "told",
	    MSG_WORDS("exit")));
	MUST(msg_kill(pid) == 0);
	must_be_quiet();
}

/* They hold before the child's first instruction, and are free again. */
static void
options(const struct options *a)
{
	struct msg_node	node = node_of(a->there);
	struct msg_pid	pid, found;
	struct msg_down	down, exited;
	uint64_t	ref;
	int		i;

	MUST(msg_trap_exits(true) == 0);
	for (i = 0; i < ROUNDS; i++) {
		pid = born(msg_spawn(node, MSG_CLOSURE(named, .name = "brief"),
		    .link = true, .ref = &ref, .name = "brief"));
		MUST(msg_receive(MS, MSG_MATCH_DOWN(&down)) == 0);
		MUST(msg_receive(MS, MSG_MATCH_EXIT(&exited)) == 0);
		MUST(down.ref == ref && msg_pid_equal(down.pid, pid));
		MUST(msg_pid_equal(exited.pid, pid));
		MUST(strcmp(down.cause, "exit 3") == 0);
		MUST(strcmp(exited.cause, "exit 3") == 0);
		MUST(msg_whereis(on("brief", node), &found) == -1);
		MUST(errno == ESRCH);
	}
	must_be_quiet();
}

static void
names(const struct names *a)
{
	struct msg_node	node = node_of(a->there);
	struct msg_pid	pid, found;
	struct msg_down	down;
	struct stop	stop;

	MUST(msg_register("me") == 0);
	MUST(msg_whereis("me", &found) == 0);
	MUST(msg_pid_equal(found, msg_self()));
	MUST(msg_pid_parse("me", &found) == 0);
	MUST(msg_send_name("me", stop) == 0);
	MUST(msg_expect_for(stop, &stop, MS) == 0);
	pid = born(msg_spawn(node, MSG_CLOSURE(by_name,
	    .address = on("me", msg_self_node())), .monitor = true));
	MUST(msg_expect_for(stop, &stop, MS) == 0);
	MUST(msg_pid_equal(stop.msg.sender, pid));
	MUST(msg_receive(MS, MSG_MATCH_DOWN_OF(pid, &down)) == 0);
	pid = born(msg_spawn(msg_self_node(), MSG_CLOSURE(idle),
	    .name = "taken"));
	MUST(msg_register("taken") == -1 && errno == EEXIST);
	MUST(msg_kill(pid) == 0);
	MUST(msg_unregister("other") == -1 && errno == ESRCH);
	MUST(msg_unregister("me") == 0);
	MUST(msg_whereis("me", &found) == -1 && errno == ESRCH);

	/* Freed with the death, before anybody is told of it. */
	pid = born(msg_spawn(node, MSG_CLOSURE(idle), .name = "other",
	    .monitor = true));
	MUST(msg_whereis(on("other", node), &found) == 0);
	MUST(msg_pid_equal(found, pid));
	MUST(msg_pid_parse(on("other", node), &found) == 0);
	MUST(msg_kill(pid) == 0);
	MUST(msg_receive(MS, MSG_MATCH_DOWN_OF(pid, &down)) == 0);
	MUST(msg_whereis(on("other", node), &found) == -1 && errno == ESRCH);
	MUST(msg_send_name(on("other", node), stop) == 0);
	must_be_quiet();
}

/* Two want the same at once, and get one. */
static void
races(const struct races *a)
{
	struct msg_node	node = node_of(a->there);
	struct msg_pid	finders, pid;
	struct found	theirs;
	char		name[32];
	int		i;

	finders = born(msg_spawn(node_of(a->third), MSG_CLOSURE(finder,
	    .there = a->there), .link = true));
	for (i = 0; i < ROUNDS; i++) {
		(void)snprintf(name, sizeof(name), "one%d", i);
		MUST(msg_send(finders, wanted, .name = name) == 0);
		pid = born(msg_whereis_or_spawn(node, name,
		    MSG_CLOSURE(idle)));
		MUST(msg_expect_for(found, &theirs, MS) == 0);
		MUST(msg_pid_equal(theirs.p, pid));
		MUST(msg_kill(pid) == 0);
	}
	MUST(msg_send(finders, wanted, .name = "") == 0);
	must_be_quiet();
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(watches, links, spawns, options,
	    names, races, idle, told, named, finder, by_name));
}
