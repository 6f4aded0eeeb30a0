/* meet_test.c - private supervisors: read in turn, and met or not. */
#include "../../ctl/meet.h"

#include <errno.h>
#include <poll.h>

#include "scripted.h"
#include "../../ctl/verb.h"

#define MEMBERS	3
#define FLOOD	150			/* frames; a socket holds them */

static const struct verb	verb = { .name = "run" };

static struct cmd	cmd;
static struct script	scripts[MEMBERS];
static struct private	p;

static void
begin(void)
{
	static struct member	 members[MEMBERS];
	static struct pollfd	 fds[2 * MEMBERS + 1];
	static const char *const names[] = { "master", "worker1", "worker2" };
	size_t			 i;

	cmd = (struct cmd){ .verb = &verb, .own = CMD_OWN };
	memset(members, 0, sizeof(members));
	p = (struct private){ .cmd = &cmd, .n = MEMBERS, .members = members,
	    .fds = fds, .signals = -1 };
	for (i = 0; i < MEMBERS; i++) {
		members[i].cmd = &cmd;
		members[i].ready = -1;
		members[i].client = i == 0 ? &cmd.client : &members[i].own;
		(void)snprintf(members[i].name, sizeof(members[i].name), "%s",
		    names[i]);
		script_open(&scripts[i], members[i].client);
	}
	p.deadline = mono_after(mono_now(), MONO_MS(10000));
}

static void
end(void)
{
	size_t	 i;

	for (i = 0; i < MEMBERS; i++)
		script_close(&scripts[i], p.members[i].client);
}

/* The i'th sees that one so; its question is the n'th. */
static void
sees(size_t i, uint64_t ref, const char *name, const char *state,
    const char *why)
{
	SCRIPT_ROW(&scripts[i], ref, "node", name, "state", state, "why", why);
}

static void
done(size_t i, uint64_t ref)
{
	script_done(&scripts[i], ref, 0, (struct pid){ 0, 0 }, "");
}

/* Runs it; what it said is in heard.  Met, it fails to connect anew. */
static int
meet(char heard[512])
{
	FILE	*file;
	int	 old = script_mute(&file), rc = meet_all(&p);

	script_unmute(old, file, heard, 512);
	return rc;
}

static void
test_met(void)
{
	static const char *const names[] = { "master", "worker1", "worker2" };
	char			 heard[512];
	size_t			 i, k;

	begin();
	for (i = 0; i < MEMBERS; i++) {
		for (k = 0; k < MEMBERS; k++)
			if (k != i)
				sees(i, 2, names[k], k == 1 ? "suspect" :
				    "up", "");
		done(i, 2);
	}
	(void)meet(heard);
	/* The directory is not there, which tells that it went on. */
	ok(strstr(heard, "/sock") != NULL && strstr(heard, "join") == NULL,
	    "all see each other: goes on");
	end();
}

static void
test_events(void)
{
	char		 heard[512];
	struct frame	 f;
	size_t		 i, asked = 0;

	begin();
	done(0, 2);
	SCRIPT_ROW(&scripts[0], 1, "event", "start", "node", "master");
	SCRIPT_ROW(&scripts[0], 1, "event", "nodeup", "node", "worker1");
	sees(0, 3, "worker1", "up", "");
	SCRIPT_ROW(&scripts[0], 1, "event", "nodeup", "node", "worker2");
	done(0, 3);
	sees(0, 4, "worker1", "up", "");
	sees(0, 4, "worker2", "up", "");
	done(0, 4);
	for (i = 1; i < MEMBERS; i++) {
		sees(i, 2, "master", "up", "");
		sees(i, 2, i == 1 ? "worker2" : "worker1", "up", "");
		sees(i, 2, "stranger", "up", "");
		done(i, 2);
	}
	p.deadline = mono_after(mono_now(), MONO_MS(300));
	(void)meet(heard);
	ok(strstr(heard, "join") == NULL, "nodes that come are asked for");
	while (script_asked(&scripts[0], &f))
		asked += f.h.op == WIRE_QUERY;
	is_int((intmax_t)asked, 4, "once for each that came, and not for a "
	    "process");
	end();
}

static void
test_late(void)
{
	char	 heard[512];

	begin();
	sees(0, 2, "worker1", "up", "");
	sees(0, 2, "worker2", "down", "connection refused");
	done(0, 2);
	sees(1, 2, "master", "up", "");
	done(1, 2);
	done(2, 2);
	p.deadline = mono_after(mono_now(), MONO_MS(50));
	is_int(meet(heard), CMD_OWN, "one is missing: the exit code");
	is_str(heard, "brood: run: worker2 did not join within 20 s: master "
	    "does not see it: connection refused\n", "who is, and why");
	ok(p.members[2].blame && !p.members[0].blame, "its log is shown");
	end();
}

static void
test_gone(void)
{
	char	 heard[512];

	begin();
	conn_release(&scripts[1].conn);
	is_int(meet(heard), CMD_OWN, "one ends: the exit code");
	is_str(heard, "brood: run: worker1: the supervisor closed the "
	    "connection\n", "who did");
	end();
}

/* One who never pauses does not hide the others. */
static void
test_turns(void)
{
	struct member	*m;
	struct frame	 f;
	size_t		 i, at[MEMBERS] = { 0 };

	begin();
	for (i = 0; i < FLOOD; i++)
		SCRIPT_ROW(&scripts[1], 5, "line", "x");
	SCRIPT_ROW(&scripts[2], 5, "line", "x");
	for (i = 0; i < FLOOD + 1; i++) {
		if (private_read(&p, &m, &f, p.deadline) == -1)
			break;
		if (at[m - p.members]++ == 0 && m == p.members + 2)
			ok(at[1] < FLOOD, "the other came after %zu", at[1]);
	}
	is_int((intmax_t)at[1], FLOOD, "all of the one");
	is_int((intmax_t)at[2], 1, "and of the other");
	ok(private_read(&p, &m, &f, mono_now()) == -1 && errno == ETIMEDOUT,
	    "then the deadline");
	end();
}

int
main(void)
{
	test_met();
	test_events();
	test_late();
	test_gone();
	test_turns();
	return tap_done();
}
