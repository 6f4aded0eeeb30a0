/*
 * cmd_process.c - spawn, exit, kill, signal, register, unregister.
 *
 * Owns:    what these verbs do and print.
 * Not here: the request for a process (launch.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dest.h"
#include "json.h"
#include "launch.h"
#include "row.h"
#include "verb.h"

/* ---- spawn ---- */

static int
print_born(struct cmd *cmd, struct pid pid)
{
	char		 text[ADDRESS_SIZE];
	struct json	 j;

	dest_print(cmd, text, pid, cmd->verbose || cmd->json, 0);
	if (cmd->json) {
		json_open(&j, stdout);
		json_str(&j, "pid", text);
		json_close(&j);
	} else {
		puts(text);
	}
	return cmd_flush(cmd);
}

static int
follow(struct cmd *cmd, uint64_t ref)
{
	char		 cause[WIRE_CAUSE_SIZE], text[ADDRESS_SIZE];
	struct frame	 f;
	int		 rc;

	do
		if (client_read(&cmd->client, &f, MONO_NEVER) == -1)
			return cmd_lost(cmd);
	while (f.h.op != WIRE_DOWN || f.h.ref != ref);
	cmd_cause(cause, &f);
	cmd_print_down(cmd, dest_print(cmd, text, f.h.from, cmd->verbose ||
	    cmd->json, 0), cause);
	if ((rc = cmd_flush(cmd)) != 0)
		return rc;
	return strcmp(cause, "normal") == 0 ? CMD_DONE : CMD_FAILED;
}

int
cmd_process_spawn(struct cmd *cmd)
{
	struct launch	 s = {
		.name = cmd_option(cmd, OPT_NAME),
		.link = cmd_option(cmd, OPT_LINK) != NULL,
		.monitor = cmd_option(cmd, OPT_MONITOR) != NULL,
		.args = cmd->args + 1, .nargs = cmd->nargs - 1,
	};
	struct pid	 pid;
	uint64_t	 ref;
	int		 rc;

	if (s.name == NULL)
		s.name = "";
	else if (!name_valid(s.name))
		return cmd_misused(cmd, "'%s' is no name: a letter, then "
		    "letters, digits, _ . -, at most 63", s.name);
	if ((rc = launch_parse(cmd, &s, cmd->args[0], NULL, 0)) != 0 ||
	    (rc = dest_open(cmd)) != 0)
		return rc;
	if (s.link && !cmd->client.attached)
		return cmd_misused(cmd, "--link only inside a worker");
	if ((rc = launch_ask(cmd, &s, &pid, &ref)) != 0 ||
	    (rc = print_born(cmd, pid)) != 0)
		return rc;
	return s.monitor ? follow(cmd, ref) : CMD_DONE;
}

/* ---- exit, kill ---- */

/* Was there anybody?  A monitor set before the order tells at once, of a local
   process: another node has been asked already. */
static void
on_noproc(void *ctx, const struct frame *f)
{
	char	 cause[WIRE_CAUSE_SIZE];
	bool	*noproc = ctx;

	if (f->h.op != WIRE_DOWN)
		return;
	cmd_cause(cause, f);
	*noproc = strcmp(cause, "noproc") == 0;
}

static int
order_end(struct cmd *cmd, unsigned int op, const char *text)
{
	struct client	*c = &cmd->client;
	struct pid	 to;
	struct buf	 b;
	bool		 noproc = false;
	int		 rc;

	if (strlen(text) > WIRE_TEXT_MAX)
		return cmd_misused(cmd, "TEXT has at most %d bytes",
		    WIRE_TEXT_MAX);
	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_resolve(cmd, cmd->args[0], &to)) != 0 ||
	    (rc = dest_check(cmd, cmd->args[0], to)) != 0)
		return rc;
	client_begin(c, &b);
	buf_add(&b, text, strlen(text));
	if (client_order(c, WIRE_MONITOR, 0, to, client_ref(c)) == -1 ||
	    client_send(c, &b, op, 0, to, 0) == -1 ||
	    client_sync(c, on_noproc, &noproc) == -1)
		return cmd_lost(cmd);
	return !noproc ? CMD_DONE : cmd_fail(cmd, CMD_NOBODY,
	    "%s: no such process", cmd->args[0]);
}

int
cmd_process_exit(struct cmd *cmd)
{
	return order_end(cmd, WIRE_EXIT, cmd->nargs > 1 ? cmd->args[1] : "");
}

int
cmd_process_kill(struct cmd *cmd)
{
	return order_end(cmd, WIRE_KILL, "");
}

/* ---- signal ---- */

/* 9, KILL, SIGKILL, kill; 0: none of these. */
static int
signal_number(const char *text)
{
	const char	*why, *name;
	int		 n;

	n = (int)strtonum(text, 1, SIGRTMAX, &why);
	if (why == NULL)
		return n;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (n = 1; n < SIGRTMIN; n++)
		if ((name = sigabbrev_np(n)) != NULL &&
		    strcasecmp(name, text) == 0)
			return n;
	return 0;
}

struct hits {
	struct cmd	*cmd;
	char		 number[16];
	size_t		 n;
};

static void
hits_on_frame(void *ctx, const struct frame *f)
{
	struct hits	*hits = ctx;
	struct row	 row;

	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return;
	hits->n++;
	if (hits->cmd->json) {
		row_json(&row, stdout);
	} else if (hits->cmd->verbose) {
		row_visible(row_get(&row, "pid"), true, stdout);
		putchar('\n');
	}
	row_release(&row);
}

static int
signal_at(void *ctx, struct pid at, const char *const *patterns, size_t n)
{
	struct hits	 *hits = ctx;
	const char	**words = calloc(n + 1, sizeof(words[0]));
	int		  rc;

	if (words == NULL)
		return cmd_fail(hits->cmd, CMD_FAILED, "out of memory");
	words[0] = hits->number;
	memcpy(words + 1, patterns, n * sizeof(words[0]));
	rc = cmd_ask(hits->cmd, at, WIRE_CONTROL, "signal", words, n + 1,
	    hits_on_frame, hits, NULL);
	free(words);
	return rc;
}

int
cmd_process_signal(struct cmd *cmd)
{
	struct hits	 hits = { .cmd = cmd };
	int		 n, rc;

	if ((n = signal_number(cmd->args[0])) == 0)
		return cmd_misused(cmd, "'%s' is no signal", cmd->args[0]);
	(void)snprintf(hits.number, sizeof(hits.number), "%d", n);
	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_each(cmd, cmd->args + 1, cmd->nargs - 1, signal_at,
	    &hits)) != 0 || (rc = cmd_flush(cmd)) != 0)
		return rc;
	return hits.n > 0 ? CMD_DONE : cmd_fail(cmd, CMD_NOBODY,
	    "%s: no such process", cmd->args[1]);
}

/* ---- names ---- */

static int
name_order(struct cmd *cmd, unsigned int op, const char *name, struct pid to)
{
	struct client	*c = &cmd->client;
	struct answer	 a;
	struct buf	 b;
	uint64_t	 ref = client_ref(c);
	char		 owner[ADDRESS_SIZE];

	client_begin(c, &b);
	buf_add(&b, name, strlen(name));
	if (client_send(c, &b, op, 0, to, ref) == -1 ||
	    client_wait(c, ref, &a, NULL, NULL) == -1)
		return cmd_lost(cmd);
	if (a.error == EEXIST && !pid_none(a.pid))
		return cmd_fail(cmd, CMD_FAILED, "%s is taken by %s", name,
		    dest_print(cmd, owner, a.pid, cmd->verbose, 0));
	return a.error == 0 ? CMD_DONE : cmd_refused(cmd, &a, name);
}

static int
name_check(struct cmd *cmd)
{
	return name_valid(cmd->args[0]) ? 0 : cmd_misused(cmd, "'%s' is no "
	    "name: a letter, then letters, digits, _ . -, at most 63",
	    cmd->args[0]);
}

int
cmd_process_register(struct cmd *cmd)
{
	struct pid	 to;
	int		 rc;

	if ((rc = name_check(cmd)) != 0 || (rc = dest_open(cmd)) != 0 ||
	    (rc = dest_resolve(cmd, cmd->args[1], &to)) != 0)
		return rc;
	return name_order(cmd, WIRE_REGISTER, cmd->args[0], to);
}

int
cmd_process_unregister(struct cmd *cmd)
{
	int	 rc;

	if ((rc = name_check(cmd)) != 0 || (rc = dest_open(cmd)) != 0)
		return rc;
	return name_order(cmd, WIRE_UNREGISTER, cmd->args[0], cmd->at);
}
