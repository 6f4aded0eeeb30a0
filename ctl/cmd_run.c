/*
 * cmd_run.c - run: a private supervisor, a process in it, all in one command.
 *
 * Owns:    passing output through, the exit code.
 * Not here: the supervisor's life (private.c), the request for the process
 *          (launch.c).
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

	if (f->h.op == WIRE_DOWN && f->h.ref == r->down_ref) {
		r->down = true;
		cmd_cause(r->cause, f);
	}
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
	struct frame	 f;

	while (!r->down && !r->failed) {
		if (client_read(&r->cmd->client, &f, MONO_NEVER) == 0) {
			on_frame(r, &f);
			continue;
		}
		if (errno != EINTR)
			return private_lost(&r->home);
		if (private_heard(&r->home) != 0)
			return CMD_OWN;
	}
	return 0;
}

static int
run_process(struct run *r, struct launch *s)
{
	const char	*all[] = { "wait", "*" };	/* lose none */
	struct pid	 pid;
	uint64_t	 live;
	int		 rc;

	/* Before the process is there, so that no line of it is missed. */
	if (client_ask(&r->cmd->client, WIRE_QUERY, "output", all, 2, &live)
	    == -1)
		return private_lost(&r->home);
	if ((rc = launch_ask(r->cmd, s, &pid, &r->down_ref)) != 0 ||
	    (rc = follow(r)) != 0)
		return rc;
	if (r->failed)
		return CMD_OWN;
	rc = cmd_cause_code(r->cause);
	if (rc == 1 && strcmp(r->cause, "exit 1") != 0)
		fprintf(stderr, "brood: run: %s: %s\n", s->program, r->cause);
	return rc;
}

static int
check_nodes(struct cmd *cmd)
{
	long long	 nodes = 1;
	int		 rc = cmd_count(cmd, 'N', 9999, &nodes);

	if (rc != 0 || nodes == 1)
		return rc;
	return cmd_misused(cmd, "-N: this release runs one node");
}

int
cmd_run(struct cmd *cmd)
{
	struct run	 r = { .cmd = cmd };
	struct launch	 s = { .name = "", .monitor = true,
	    .args = cmd->args + 1, .nargs = cmd->nargs - 1 };
	char		 folder[PATH_MAX], real[PATH_MAX] = "";
	int		 rc;

	if ((rc = check_nodes(cmd)) != 0 || (rc = launch_parse(cmd, &s,
	    cmd->args[0], folder, sizeof(folder))) != 0)
		return rc;
	if (folder[0] != '\0' && realpath(folder, real) == NULL)
		return cmd_fail(cmd, CMD_FAILED, "%s: %s", folder,
		    strerror(errno));
	if ((rc = private_open(&r.home, cmd, real)) == 0)
		rc = run_process(&r, &s);
	private_close(&r.home, on_frame, &r);
	return rc;
}
