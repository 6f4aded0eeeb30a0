/*
 * cmd_run.c - run: private supervisors, a process in one, all in one command.
 *
 * Owns:    passing output through, the exit code.
 * Not here: the supervisors' lives (private.c, meet.c), the request for the
 *          process (launch.c).
 * Errors:  an exit code, when the reason has been printed; 125 is ours.
 */
#include "cmd.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"
#include "meet.h"
#include "private.h"
#include "row.h"
#include "verb.h"

struct run {
	struct cmd	*cmd;
	struct private	 home;
	uint64_t	 down_ref;
	bool		 down;
	char		 cause[WIRE_CAUSE_SIZE];
	bool		 failed;	/* standard output is gone */
};

static void
on_frame(void *ctx, const struct frame *f)
{
	struct run	*r = ctx;
	struct row	 row;

	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return;
	/* As it was written, at once. */
	row_line(&row, stdout);
	if (!r->failed && fflush(stdout) == EOF) {
		r->failed = true;
		/* As without us: who reads no more ends the writer. */
		if (errno == EPIPE)
			r->home.stopped_by = SIGPIPE;
		else
			(void)cmd_fail(r->cmd, CMD_FAILED,
			    "standard output: %s", strerror(errno));
	}
	row_release(&row);
}

/* Output, deaths and signals, until the process has ended or we are to. */
static int
follow(struct run *r)
{
	struct member	*m;
	struct frame	 f;

	while (!r->down && !r->failed) {
		if (private_read(&r->home, &m, &f, MONO_NEVER) == 0) {
			/* Refs are each stream's own. */
			if (m == r->home.members && f.h.op == WIRE_DOWN &&
			    f.h.ref == r->down_ref) {
				r->down = true;
				cmd_cause(r->cause, &f);
			}
			on_frame(r, &f);
		} else if (errno != EINTR) {
			return private_lost(&r->home, m);
		} else if (private_heard(&r->home) != 0) {
			return CMD_OWN;
		}
	}
	return 0;
}

/* Before the process is there, so that no line of any is missed. */
static int
ask_output(struct run *r)
{
	static const struct pid	 here;
	const char		*all[] = { "wait", "*" };	/* lose none */
	struct member		*m;
	uint64_t		 live;

	for (m = r->home.members; m < r->home.members + r->home.n; m++)
		if (client_ask(m->client, here, WIRE_QUERY, "output", all, 2,
		    &live) == -1 || client_sync(m->client, NULL, NULL) == -1)
			return private_lost(&r->home, m);
	return 0;
}

static int
run_process(struct run *r, struct launch *s)
{
	struct pid	 pid;
	int		 rc;

	if ((rc = meet_all(&r->home)) != 0 || (rc = ask_output(r)) != 0 ||
	    (rc = launch_ask(r->cmd, s, &pid, &r->down_ref)) != 0 ||
	    (rc = follow(r)) != 0)
		return rc;
	if (r->failed)
		return CMD_OWN;
	rc = cmd_cause_code(r->cause);
	if (rc == 1 && strcmp(r->cause, "exit 1") != 0)
		fprintf(stderr, "brood: run: %s: %s\n", s->program, r->cause);
	return rc;
}

/* With several nodes some settings cannot be one for all. */
static int
check_nodes(struct cmd *cmd, long long *nodes)
{
	static const char *const	 ours[] = { "name", "role", "listen",
	    "advertise", "key-file", "known-hosts" };
	const char			*value;
	size_t				 i, k, n;
	int				 rc;

	*nodes = 1;
	if ((rc = cmd_count(cmd, 'N', PRIVATE_MOST, nodes)) != 0)
		return rc;
	if (*nodes == 0)
		return cmd_misused(cmd, "'0' is too small");
	for (i = 0; i < cmd->noptions && *nodes > 1; i++) {
		if (cmd->options[i].key != 'o')
			continue;
		value = cmd->options[i].value;
		n = strcspn(value, "= \t");
		for (k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			if (strlen(ours[k]) == n &&
			    strncmp(ours[k], value, n) == 0)
				return cmd_misused(cmd, "-o %s: with -N each "
				    "node has its own", ours[k]);
	}
	return 0;
}

int
cmd_run(struct cmd *cmd)
{
	struct run	 r = { .cmd = cmd };
	struct launch	 s = { .name = "", .monitor = true,
	    .args = cmd->args + 1, .nargs = cmd->nargs - 1 };
	char		 folder[PATH_MAX], real[PATH_MAX] = "";
	long long	 nodes;
	int		 rc;

	if ((rc = check_nodes(cmd, &nodes)) != 0 || (rc = launch_parse(cmd, &s,
	    cmd->args[0], folder, sizeof(folder))) != 0)
		return rc;
	if (folder[0] != '\0' && realpath(folder, real) == NULL)
		return cmd_fail(cmd, CMD_FAILED, "%s: %s", folder,
		    strerror(errno));
	if ((rc = private_open(&r.home, cmd, real, (size_t)nodes)) == 0)
		rc = run_process(&r, &s);
	private_close(&r.home, on_frame, &r);
	return rc;
}
