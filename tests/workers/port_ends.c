/*
 * port_ends.c - the end of a port: closed, or its owner dead; who is told.
 *
 *	brood spawn --monitor port_ends:ENTRY	normal, or what did not hold
 */
#include <signal.h>

#include "ports.h"

MSG_REMOTABLE(closes);
MSG_REMOTABLE(dies);
MSG_REMOTABLE(races);
MSG_REMOTABLE(vanishes);
MSG_REMOTABLE(loses);
MSG_REMOTABLE(owner, (pid, to));

/* ---- the owner ---- */

/* A new port for each mark; 1: closed when asked again, 2: before it is told
   of, 3: right after, 4: SIGKILL right after. */
static void
owner(const struct owner *a)
{
	struct item_sendport	to;
	struct item_recvport	from;
	struct mark		mark;

	for (;;) {
		MUST(msg_channel(item, &to, &from) == 0);
		MUST(msg_expect(mark, &mark) == 0);
		if (mark.n == 0)
			return;
		if (mark.n == 2)
			MUST(msg_channel_close(item, &from) == 0);
		MUST(msg_send(a->to, ends, .to = to) == 0);
		if (mark.n == 1)
			MUST(msg_expect(mark, &mark) == 0);
		if (mark.n == 4)
			(void)raise(SIGKILL);
		if (mark.n != 2)
			MUST(msg_channel_close(item, &from) == 0);
	}
}

static struct item_sendport
port_of(struct msg_pid pid, int32_t how)
{
	struct ends	e;

	MUST(msg_send(pid, mark, .n = how) == 0);
	MUST(msg_expect_for(ends, &e, LONG_TIME) == 0);
	return e.to;
}

static struct msg_pid
owner_there(size_t where)
{
	return born(msg_spawn(there(where), MSG_CLOSURE(owner,
	    .to = msg_self())));
}

static void
told(uint64_t ref, struct msg_pid whom, const char *cause)
{
	struct msg_down	down;

	MUST(ref != 0);
	MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
	if (down.ref != ref || strcmp(down.cause, cause) != 0)
		msg_die("told of %llu: %s, not of %llu: %s",
		    (unsigned long long)down.ref, down.cause,
		    (unsigned long long)ref, cause);
	MUST(msg_pid_equal(down.pid, whom));
	MUST(down.normal == (strcmp(cause, "closed") == 0 ||
	    strcmp(cause, "normal") == 0));
}

static void
silence(void)
{
	struct msg_down	down;
	struct item	item;

	if (msg_receive(100, MSG_MATCH_DOWN(&down)) == 0)
		msg_die("told of %s", down.cause);
	MUST(msg_expect_for(item, &item, 0) == -1);
}

/* ---- the matters ---- */

static void
closes(void)
{
	struct msg_pid		pid = owner_there(0);
	struct item_sendport	to, own;
	struct item_recvport	from;
	uint64_t		ref, other;

	to = port_of(pid, 1);
	ref = msg_monitor_port(to);
	other = msg_monitor_port(to);
	MUST(msg_demonitor(other) == 0);
	other = msg_monitor(pid);
	MUST(msg_channel_send(to, item, .n = 1) == 0);
	MUST(msg_send(pid, mark) == 0);			/* close it */
	told(ref, pid, "closed");
	MUST(msg_channel_send(to, item, .n = 2) == 0);	/* vanishes */
	told(msg_monitor_port(to), pid, "closed");	/* long closed */
	to = port_of(pid, 2);
	told(msg_monitor_port(to), pid, "closed");	/* never known here */
	to.port.id += 1000;
	told(msg_monitor_port(to), pid, "closed");	/* there is none yet */
	to = port_of(pid, 1);
	ref = msg_monitor_port(to);
	MUST(msg_send(pid, mark) == 0);
	MUST(msg_demonitor(ref) == 0);		/* on its way perhaps */
	silence();
	MUST(msg_send(pid, mark) == 0);
	told(other, pid, "normal");
	told(msg_monitor_port(to), pid, "noproc");
	MUST(msg_channel(item, &own, &from) == 0);
	ref = msg_monitor_port(own);
	silence();
	MUST(msg_channel_close(item, &from) == 0);
	told(ref, msg_self(), "closed");
	silence();
}

static void
dies(void)
{
	struct msg_pid		pid = owner_there(1);
	struct item_sendport	to = port_of(pid, 1);
	uint64_t		refs[3];
	size_t			i;
	struct msg_down		down;

	for (i = 0; i < 3; i++)
		MUST((refs[i] = msg_monitor_port(to)) != 0);
	MUST(msg_demonitor(refs[1]) == 0);
	MUST(msg_kill(pid) == 0);
	for (i = 0; i < 2; i++) {
		MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
		MUST(down.ref == refs[0] || down.ref == refs[2]);
		MUST(strncmp(down.cause, "killed by ", 10) == 0);
		refs[down.ref == refs[0] ? 0 : 2] = 0;
	}
	MUST(msg_channel_send(to, item, .n = 1) == 0);
	told(msg_monitor_port(to), pid, "noproc");
	silence();
}

/* Closed, or its owner killed, while the monitor is on its way: one notice. */
static void
races(void)
{
	struct msg_pid		pid = owner_there(0);
	struct item_sendport	to;
	struct msg_down		down;
	uint64_t		ref;
	int			i;

	for (i = 0; i < 200; i++) {
		to = port_of(pid, 3);
		told(msg_monitor_port(to), pid, "closed");
	}
	for (i = 0; i < 20; i++) {
		to = port_of(pid, 4);
		ref = msg_monitor_port(to);
		MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
		MUST(down.ref == ref && !down.normal);
		MUST(strcmp(down.cause, "signal 9 (KILL)") == 0 ||
		    strcmp(down.cause, "noproc") == 0);
		pid = owner_there((size_t)i);
	}
	silence();
}

/* Later sends vanish: none fails, none comes back. */
static void
vanishes(void)
{
	struct msg_pid		pid = owner_there(0);
	struct item_sendport	to = port_of(pid, 4);
	struct msg_down		down;
	int32_t			i;

	MUST(msg_monitor(pid) != 0);
	while (msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0 &&
	    strcmp(down.cause, "noproc") != 0)
		MUST(msg_monitor(pid) != 0);
	for (i = 0; i < 1000; i++)
		MUST(msg_channel_send(to, item, .n = i, .text = "x") == 0);
	MUST(msg_channel_try_send(to, item, .n = i) == 0);
	silence();
}

/* The cause is told to whoever spawned us. */
static void
loses(void)
{
	struct msg_pid		pid = owner_there(0);
	struct item_sendport	to = port_of(pid, 1);
	uint64_t		ref = msg_monitor_port(to);
	struct msg_down		down;

	MUST(msg_flush() == 0);
	MUST(msg_register("loses") == 0);
	MUST(msg_receive(LONG_TIME, MSG_MATCH_DOWN(&down)) == 0);
	MUST(down.ref == ref);
	MUST(msg_channel_send(to, item, .n = 1) == 0);
	silence();
	msg_die("%s", down.cause);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(closes, dies, races, vanishes,
	    loses, owner));
}
