/*
 * cmd_look.c - ps, info, names, whereis, self, stats, peers, events, log.
 *
 * Owns:    which columns people see.
 * Not here: the form of tables and JSON (row.c, json.c), which rows there are
 *          (the supervisor).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dest.h"
#include "json.h"
#include "row.h"
#include "verb.h"

/* ---- rows as they come ---- */

struct look {
	struct cmd	*cmd;
	struct table	*table;		/* NULL: print does it */
	void		(*print)(struct cmd *, const struct row *);
	uint64_t	 only;		/* rows of this question; 0: any */
	size_t		 rows;
	bool		 failed;	/* out of memory, or no row */
};

static void
look_on_frame(void *ctx, const struct frame *f)
{
	struct look	*look = ctx;
	struct row	 row;

	if (f->h.op != WIRE_ROW || (look->only != 0 && f->h.ref !=
	    look->only))
		return;
	if (row_read(&row, f->body, f->body_len) == -1) {
		look->failed = true;
		return;
	}
	look->rows++;
	if (look->cmd->json)
		row_json(&row, stdout);
	else if (look->table == NULL)
		look->print(look->cmd, &row);
	else if (table_add(look->table, &row) == -1)
		look->failed = true;
	row_release(&row);
}

static int
look_done(struct look *look)
{
	if (look->table != NULL) {
		table_print(look->table, stdout);
		table_release(look->table);
	}
	if (look->failed)
		return cmd_fail(look->cmd, CMD_FAILED, "out of memory, or "
		    "the supervisor is of another version");
	return cmd_flush(look->cmd);
}

/* A question whose rows are a table. */
struct question {
	struct look	 look;
	const char	*what;
};

static int
question_ask(void *ctx, struct pid at, const char *const *words, size_t n)
{
	struct question	*q = ctx;

	return cmd_ask(q->look.cmd, at, WIRE_QUERY, q->what, words, n,
	    look_on_frame, &q->look, NULL);
}

static int
look_table(struct cmd *cmd, const char *what,
    const struct table_column *columns, size_t *rows)
{
	struct table	 table = { .columns = columns, .full = cmd->verbose };
	struct question	 q = { { .cmd = cmd, .table = &table }, what };
	int		 rc, done;

	if ((rc = dest_open(cmd)) != 0)
		return rc;
	rc = dest_each(cmd, cmd->args, cmd->nargs, question_ask, &q);
	done = look_done(&q.look);
	*rows = q.look.rows;
	return rc != 0 ? rc : done;
}

/* Live rows, until the supervisor goes or we are ended. */
static int
look_live(struct cmd *cmd, uint64_t ref, struct look *look)
{
	struct answer	 a;
	struct frame	 f;
	int		 rc;

	for (;;) {
		/* Each turn, so that nothing waits in our own buffer. */
		if ((rc = cmd_flush(cmd)) != 0)
			return rc;
		if (client_read(&cmd->client, &f, MONO_NEVER) == -1)
			return cmd_lost(cmd);
		if (f.h.ref == ref && client_answer(&cmd->client, &f, &a))
			return a.error == 0 ? CMD_DONE :
			    cmd_refused(cmd, &a, NULL);
		look_on_frame(look, &f);
	}
}

/* ---- tables ---- */

int
cmd_look_ps(struct cmd *cmd)
{
	static const struct table_column	 all[] = {
		{ "PID", "pid", 0 }, { "NAME", "name", 0 },
		{ "PROGRAM", "program", 0 }, { "ENTRY", "entry", 0 },
		{ "STATE", "state", 0 }, { "UPTIME", "uptime_s", 'u' },
		{ "MAILBOX", "mailbox", 0 }, { "OS PID", "os_pid", 0 },
		{ "USER", "user", 0 }, { NULL, NULL, 0 },
	};
	size_t	 rows;
	int	 rc = look_table(cmd, "ps", all, &rows);

	if (rc != 0 || rows > 0 || cmd->nargs == 0)
		return rc;
	return cmd_fail(cmd, CMD_NOBODY, "%s: no such process", cmd->args[0]);
}

int
cmd_look_names(struct cmd *cmd)
{
	static const struct table_column	 columns[] = {
		{ "NAME", "name", 0 }, { "PID", "pid", 0 },
		{ NULL, NULL, 0 },
	};
	size_t	 rows;

	return look_table(cmd, "names", columns, &rows);
}

int
cmd_look_stats(struct cmd *cmd)
{
	static const struct table_column	 columns[] = {
		{ "NAME", "name", 0 }, { "VALUE", "value", 0 },
		{ "MEANING", "help", 0 }, { NULL, NULL, 0 },
	};
	size_t	 rows;

	return look_table(cmd, "stats", columns, &rows);
}

int
cmd_look_peers(struct cmd *cmd)
{
	static const struct table_column	 columns[] = {
		{ "NODE", "node", 0 }, { "ROLE", "role", 0 },
		{ "STATE", "state", 0 }, { "ADDRESS", "address", 0 },
		{ "RTT", "rtt_us", 'm' }, { "HEARD", "heard_s", 'u' },
		{ NULL, NULL, 0 },
	};
	static const struct table_column	 full[] = {
		{ "NODE", "node", 0 }, { "ID", "id", 0 },
		{ "ROLE", "role", 0 }, { "STATE", "state", 0 },
		{ "ADDRESS", "address", 0 }, { "RTT", "rtt_us", 'm' },
		{ "HEARD", "heard_s", 'u' }, { "KEY", "key", 0 },
		{ "WHY", "why", 0 },
		{ NULL, NULL, 0 },
	};
	size_t	 rows;

	return look_table(cmd, "peers", cmd->verbose ? full : columns, &rows);
}

/* ---- one thing ---- */

static void
print_info(struct cmd *cmd, const struct row *row)
{
	row_print(row, cmd->verbose, stdout);
}

int
cmd_look_info(struct cmd *cmd)
{
	struct look	 look = { .cmd = cmd, .print = print_info };
	struct dest	 d = { .ref = 0 };
	int		 rc;

	if ((rc = dest_open(cmd)) != 0 || (cmd->nargs > 0 &&
	    (rc = dest_read(cmd, cmd->args[0], &d)) != 0))
		return rc;
	rc = cmd_ask(cmd, cmd->nargs > 0 ? d.at : cmd->at, WIRE_QUERY, "info",
	    cmd->args, cmd->nargs,
	    look_on_frame, &look, cmd->nargs > 0 ? cmd->args[0] : NULL);
	if (rc == 0 && look.rows == 0)
		rc = cmd_fail(cmd, CMD_NOBODY, "%s: no such process",
		    cmd->args[0]);
	return rc != 0 ? rc : look_done(&look);
}

static int
print_one(struct cmd *cmd, const char *name, struct pid pid)
{
	char		 text[ADDRESS_SIZE];
	struct json	 j;

	dest_print(cmd, text, pid, cmd->verbose || cmd->json, 0);
	if (cmd->json) {
		json_open(&j, stdout);
		if (name != NULL)
			json_str(&j, "name", name);
		json_str(&j, "pid", text);
		json_close(&j);
	} else {
		puts(text);
	}
	return cmd_flush(cmd);
}

int
cmd_look_whereis(struct cmd *cmd)
{
	struct pid	 pid;
	int		 rc;

	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_resolve(cmd, cmd->args[0], &pid)) != 0)
		return rc;
	return print_one(cmd, cmd->args[0], pid);
}

int
cmd_look_self(struct cmd *cmd)
{
	int	 rc = dest_open(cmd);

	return rc != 0 ? rc : print_one(cmd, NULL, cmd->client.self);
}

/* ---- live ---- */

/* Six words, - for what an event does not have; the cause is the rest. */
static void
print_event(struct cmd *cmd, const struct row *row)
{
	static const char *const	 keys[] = { "time", "event", "pid",
	    "worker", "node", "cause" };
	const char			*value;
	size_t				 i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		value = row_get(row, keys[i]);
		if (i > 0)
			putchar(' ');
		row_visible(value[0] == '\0' ? "-" : value, cmd->verbose,
		    stdout);
	}
	putchar('\n');
}

int
cmd_look_events(struct cmd *cmd)
{
	struct look	 look = { .cmd = cmd, .print = print_event };
	uint64_t	 ref;
	int		 rc;

	if ((rc = dest_open(cmd)) != 0)
		return rc;
	if (client_ask(&cmd->client, cmd->at, WIRE_QUERY, "events", NULL, 0,
	    &ref) == -1)
		return cmd_lost(cmd);
	return look_live(cmd, ref, &look);
}

/* The line as it was written; -v says by whom. */
static void
print_line(struct cmd *cmd, const struct row *row)
{
	if (cmd->verbose) {
		row_visible(row_get(row, "pid"), false, stdout);
		printf(" %s: ", row_get(row, "worker"));
	}
	row_line(row, stdout);
}

static void
print_death(struct cmd *cmd, const struct row *row)
{
	const char	*line = row_get(row, "lines"), *end;
	char		 up[32];

	row_uptime(row_get(row, "uptime_s"), up, sizeof(up));
	row_visible(row_get(row, "time"), false, stdout);
	putchar(' ');
	row_visible(row_get(row, "pid"), cmd->verbose, stdout);
	printf(" after %s: ", up);
	row_visible(row_get(row, "cause"), cmd->verbose, stdout);
	putchar('\n');
	for (; *line != '\0'; line = end + (*end != '\0')) {
		end = line + strcspn(line, "\n");
		printf("\t%.*s\n", (int)(end - line), line);
	}
}

static int
log_deaths(struct cmd *cmd, const struct dest_pattern *p)
{
	struct look	 look = { .cmd = cmd, .print = print_death };
	const char	*args[] = { p->word };
	int		 rc = cmd_ask(cmd, p->at, WIRE_QUERY, "deaths", args,
			    1, look_on_frame, &look, NULL);

	return rc != 0 ? rc : look_done(&look);
}

/* lines: NULL for as many as the supervisor thinks right. */
static int
log_lines(struct cmd *cmd, const struct dest_pattern *p, const char *lines,
    bool follow)
{
	const char	*args[] = { p->word, lines };
	struct look	 look = { .cmd = cmd, .print = print_line };
	struct answer	 a;
	uint64_t	 live = 0;

	/* The live lines first, so that none is lost between the two: those
	   that come before the answer is complete stand in it, too. */
	if (follow && client_ask(&cmd->client, p->at, WIRE_QUERY, "output",
	    args, 1, &live) == -1)
		return cmd_lost(cmd);
	if (client_ask(&cmd->client, p->at, WIRE_QUERY, "log", args,
	    lines != NULL ? 2 : 1, &look.only) == -1 ||
	    client_wait(&cmd->client, look.only, &a, look_on_frame, &look) ==
	    -1)
		return cmd_lost(cmd);
	if (a.error != 0)
		return cmd_refused(cmd, &a, NULL);
	look.only = live;
	return follow ? look_live(cmd, live, &look) : look_done(&look);
}

int
cmd_look_log(struct cmd *cmd)
{
	const char	*lines = cmd_option(cmd, OPT_LINES);
	struct dest_pattern	 p;
	long long	 n = 0;
	bool		 follow = cmd_option(cmd, 'f') != NULL;
	int		 rc;

	if ((rc = cmd_count(cmd, OPT_LINES, 1000000, &n)) != 0)
		return rc;
	if (cmd_option(cmd, OPT_DEATHS) != NULL &&
	    (follow || lines != NULL))
		return cmd_misused(cmd, "--deaths goes with no other option");
	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_pattern(cmd, cmd->args[0], &p)) != 0)
		return rc;
	if (cmd_option(cmd, OPT_DEATHS) != NULL)
		return log_deaths(cmd, &p);
	return log_lines(cmd, &p, lines, follow);
}
