/*
 * brood_idle.c - what a node costs when nothing happens: memory and wake-ups.
 *
 *	brood run brood_idle:memory WORKERS
 *	brood run brood_idle:idle   WORKERS SECONDS
 *
 * Owns:    relay_memory: growth of the relay's own memory (RssAnon) by WORKERS
 *          idle workers, for one of them.  pss: what guard, parent and relay
 *          take together with WORKERS idle workers, shared pages divided among
 *          their users.  wakeups: voluntary context switches of those three in
 *          SECONDS in which this worker sleeps too.
 *          The three are found from here: the parent is this worker's parent.
 * Errors:  the worker dies with what failed as its cause.
 */
#include <errno.h>
#include <msg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#define SETTLE_US	200000	/* the last spawn's echo has died away */

MSG_TYPE(up);

MSG_REMOTABLE(idler, (pid, to));
MSG_REMOTABLE(memory, (i32, workers));
MSG_REMOTABLE(idle, (i32, workers), (i32, seconds));

struct node_pids {
	long	guard, parent, relay;
};

static void
must(int rc, const char *what)
{
	if (rc == -1)
		msg_die("%s: %s", what, strerror(errno));
}

/* ---- /proc ---- */

/* The number after KEY in /proc/PID/FILE. */
static long
proc_number(long pid, const char *file, const char *key)
{
	char	 path[64], line[256];
	long	 value = -1;
	FILE	*f;

	snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	if ((f = fopen(path, "r")) == NULL)
		msg_die("%s: %s", path, strerror(errno));
	while (value == -1 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0 &&
		    sscanf(line + strlen(key), "%ld", &value) != 1)
			value = -1;
	fclose(f);
	if (value == -1)
		msg_die("%s has no %s", path, key);
	return value;
}

static bool
is_relay(long pid)
{
	char	 path[64], name[32] = "";
	FILE	*f;

	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;			/* it has ended meanwhile */
	if (fgets(name, sizeof(name), f) == NULL)
		name[0] = '\0';
	fclose(f);
	return strcmp(name, "relay\n") == 0;
}

static struct node_pids
find_node(void)
{
	struct node_pids	 node = { .parent = (long)getppid() };
	char			 path[64];
	long			 pid;
	FILE			*f;

	node.guard = proc_number(node.parent, "status", "PPid:");
	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children",
	    node.parent, node.parent);
	if ((f = fopen(path, "r")) == NULL)
		msg_die("%s: %s", path, strerror(errno));
	while (node.relay == 0 && fscanf(f, "%ld", &pid) == 1)
		if (is_relay(pid))
			node.relay = pid;
	fclose(f);
	if (node.relay == 0)
		msg_die("process %ld has no relay", node.parent);
	return node;
}

/* ---- the figures ---- */

static void
idler(const struct idler *args)
{
	struct up	never;

	must(msg_send(args->to, up), "send");
	must(msg_expect(up, &never), "expect");
}

static void
spawn_idlers(int32_t n)
{
	struct msg_pid	pid;
	struct up	up;

	for (int32_t i = 0; i < n; i++) {
		pid = msg_spawn(msg_self_node(),
		    MSG_CLOSURE(idler, .to = msg_self()));
		if (pid.serial == 0)
			msg_die("spawn: %s", strerror(errno));
	}
	for (int32_t i = 0; i < n; i++)
		must(msg_expect(up, &up), "expect");
	usleep(SETTLE_US);
}

static void
memory(const struct memory *args)
{
	struct node_pids	node = find_node();
	long			before, after;

	spawn_idlers(1);		/* what is allocated once is there */
	before = proc_number(node.relay, "status", "RssAnon:");
	spawn_idlers(args->workers);
	after = proc_number(node.relay, "status", "RssAnon:");
	bench_print("relay_memory", "brood",
	    (double)(after - before) / (double)args->workers, "KiB");
}

static long
switches(const struct node_pids *node)
{
	const char	*key = "voluntary_ctxt_switches:";

	return proc_number(node->guard, "status", key) +
	    proc_number(node->parent, "status", key) +
	    proc_number(node->relay, "status", key);
}

static void
idle(const struct idle *args)
{
	struct node_pids	node = find_node();
	long			before, after, pss;

	spawn_idlers(args->workers);
	pss = proc_number(node.guard, "smaps_rollup", "Pss:") +
	    proc_number(node.parent, "smaps_rollup", "Pss:") +
	    proc_number(node.relay, "smaps_rollup", "Pss:");
	before = switches(&node);
	sleep((unsigned int)args->seconds);
	after = switches(&node);

	/* Only now: what a worker prints wakes the relay. */
	bench_print("pss", "brood", (double)pss / 1024, "MiB");
	bench_print("wakeups", "brood", (double)(after - before), "switches");
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(memory, idle, idler));
}
