/*
 * cmd_node.c - reload, shutdown, check, ping.
 *
 * Owns:    what these verbs do and print.
 * Not here: what a configuration may say: check asks broodd itself.
 * Errors:  an exit code, when the reason has been printed.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dest.h"
#include "json.h"
#include "paths.h"
#include "row.h"
#include "verb.h"

/* + worker chat */
static void
change_on_frame(void *ctx, const struct frame *f)
{
	struct cmd	*cmd = ctx;
	struct row	 row;

	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return;
	if (cmd->json)
		row_json(&row, stdout);
	else if (!cmd->quiet)
		printf("%s %s%s%s\n", row_get(&row, "change"),
		    row_get(&row, "kind"), row_get(&row, "name")[0] != '\0' ?
		    " " : "", row_get(&row, "name"));
	row_release(&row);
}

int
cmd_node_reload(struct cmd *cmd)
{
	const char	*args[] = { "dry-run" };
	size_t		 n = cmd_option(cmd, OPT_DRY_RUN) != NULL ? 1 : 0;
	struct answer	 a;
	uint64_t	 ref;
	int		 rc;

	if ((rc = dest_open(cmd)) != 0)
		return rc;
	if (client_ask(&cmd->client, cmd->at, WIRE_CONTROL, "reload", args, n,
	    &ref) == -1 || client_wait(&cmd->client, ref, &a,
	    change_on_frame, cmd) == -1)
		return cmd_lost(cmd);
	if (a.error == 0)
		return cmd_flush(cmd);
	if (a.error != EINVAL || a.text[0] == '\0')
		return cmd_refused(cmd, &a, NULL);
	/* FILE:LINE: KEY: REASON, a line each, as broodd -n has them. */
	fputs(a.text, stderr);
	if (a.text[strlen(a.text) - 1] != '\n')
		putc('\n', stderr);
	return cmd_fail(cmd, CMD_FAILED, "the old configuration stays in "
	    "force");
}

/* ---- shutdown: returns when it is gone, not when it has begun to go ---- */

static int
shutdown_here(struct cmd *cmd)
{
	struct frame	 f;
	int		 rc;

	if ((rc = cmd_ask(cmd, cmd->at, WIRE_CONTROL, "shutdown", NULL, 0,
	    NULL, NULL, NULL)) != 0)
		return rc;
	while (client_read(&cmd->client, &f, MONO_NEVER) == 0)
		;
	return errno == ECONNRESET ? CMD_DONE : cmd_lost(cmd);
}

/* The end of that node, by an event of ours.  False: it is another event. */
static bool
is_nodedown(const struct frame *f, const char *node, bool *goodbye)
{
	struct row	 row;
	bool		 down;

	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return false;
	down = strcmp(row_get(&row, "event"), "nodedown") == 0 &&
	    strcmp(row_get(&row, "node"), node) == 0;
	*goodbye = strcmp(row_get(&row, "cause"), "goodbye") == 0;
	row_release(&row);
	return down;
}

/*
 * Its answer may be lost with the session, so what counts is that the node says
 * goodbye.  Our own events are asked for first: none is missed.
 */
static int
shutdown_there(struct cmd *cmd)
{
	static const struct pid	 here;
	struct client		*c = &cmd->client;
	struct answer		 a = { .error = EHOSTUNREACH };
	struct frame		 f;
	uint64_t		 events, ref;
	bool			 goodbye = false;

	if (client_ask(c, here, WIRE_QUERY, "events", NULL, 0, &events) == -1
	    || client_ask(c, cmd->at, WIRE_CONTROL, "shutdown", NULL, 0, &ref)
	    == -1)
		return cmd_lost(cmd);
	do {
		if (client_read(c, &f, MONO_NEVER) == -1)
			return cmd_lost(cmd);
		if (f.h.ref == ref && client_answer(c, &f, &a) &&
		    a.error != 0 && a.error != EHOSTUNREACH)
			return cmd_refused(cmd, &a, NULL);
	} while (f.h.ref != events || !is_nodedown(&f, cmd->node, &goodbye));
	if (goodbye || a.error == 0)
		return CMD_DONE;
	return cmd_fail(cmd, CMD_NOBODY, "%s: the connection broke; it may "
	    "not have heard", cmd->node);
}

int
cmd_node_shutdown(struct cmd *cmd)
{
	int	 rc = dest_open(cmd);

	if (rc != 0)
		return rc;
	return cmd->at.node == 0 ? shutdown_here(cmd) : shutdown_there(cmd);
}

/* ---- ping ---- */

static int
print_ping(struct cmd *cmd, int64_t ns)
{
	struct json	 j;
	unsigned long long us = ns < 0 ? 0 : (unsigned long long)ns / 1000;

	if (cmd->json) {
		json_open(&j, stdout);
		json_str(&j, "node", cmd->args[0]);
		json_u64(&j, "rtt_us", us);
		json_close(&j);
	} else {
		printf("%s %llu us\n", cmd->args[0], us);
	}
	return cmd_flush(cmd);
}

int
cmd_node_ping(struct cmd *cmd)
{
	struct client	*c = &cmd->client;
	struct mono	 deadline, sent;
	struct answer	 a;
	struct frame	 f;
	struct pid	 at;
	uint64_t	 ref;
	int		 rc;

	if (!name_valid(cmd->args[0]))
		return cmd_misused(cmd, "'%s' is no name of a node",
		    cmd->args[0]);
	if ((rc = cmd_seconds(cmd, 't', &deadline)) != 0 ||
	    (rc = dest_open(cmd)) != 0 ||
	    (rc = dest_node(cmd, cmd->args[0], &at)) != 0)
		return rc;
	sent = mono_now();
	if (client_ask(c, at, WIRE_QUERY, "ping", NULL, 0, &ref) == -1)
		return cmd_lost(cmd);
	do
		if (client_read(c, &f, deadline) == -1)
			return errno != ETIMEDOUT ? cmd_lost(cmd) :
			    cmd_fail(cmd, CMD_TIMEOUT, "%s: no answer",
			    cmd->args[0]);
	while (f.h.ref != ref || !client_answer(c, &f, &a));
	if (a.error != 0)
		return cmd_refused(cmd, &a, cmd->args[0]);
	return print_ping(cmd, mono_now().ns - sent.ns);
}

/* ---- check ---- */

int
cmd_node_check(struct cmd *cmd)
{
	const char	*argv[5] = { "broodd", cmd->verbose ? "-nv" : "-n" };
	char		*copies[5] = { NULL }, *path = paths_broodd();

	if (path == NULL)
		return cmd_fail(cmd, CMD_FAILED, "broodd is neither beside "
		    "brood nor in ../sbin");
	if (cmd->nargs > 0) {
		argv[2] = "-f";
		argv[3] = cmd->args[0];
	}
	memcpy(copies, argv, sizeof(argv));	/* exec promises not to write */
	execv(path, copies);
	return cmd_fail(cmd, CMD_FAILED, "%s: %s", path, strerror(errno));
}
