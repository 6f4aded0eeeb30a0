/*
 * cmd_node.c - reload, shutdown, check.
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

	if ((rc = cmd_open(cmd)) != 0)
		return rc;
	if (client_ask(&cmd->client, WIRE_CONTROL, "reload", args, n, &ref) ==
	    -1 || client_wait(&cmd->client, ref, &a, change_on_frame, cmd) ==
	    -1)
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

/* Returns when the supervisor is gone, not when it has begun to go. */
int
cmd_node_shutdown(struct cmd *cmd)
{
	struct frame	 f;
	int		 rc;

	if ((rc = cmd_open(cmd)) != 0 ||
	    (rc = cmd_ask(cmd, WIRE_CONTROL, "shutdown", NULL, 0, NULL, NULL,
	    NULL)) != 0)
		return rc;
	while (client_read(&cmd->client, &f, MONO_NEVER) == 0)
		;
	return errno == ECONNRESET ? CMD_DONE : cmd_lost(cmd);
}

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
