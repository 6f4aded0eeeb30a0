/*
 * cmd_watch.c - monitor, wait, and what a worker asks to be told by recv.
 *
 * Owns:    what these verbs do and print.
 * Not here: the form of a death as text (cmd.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dest.h"
#include "row.h"
#include "verb.h"

static const struct pid	nobody;

/* ---- monitor ---- */

struct target {
	struct pid	 pid;
	uint64_t	 ref;
	bool		 dead, told;
	char		 cause[WIRE_CAUSE_SIZE];
};

struct targets {
	size_t		 n;
	struct target	*v;
};

static void
targets_on_frame(void *ctx, const struct frame *f)
{
	struct targets	*ts = ctx;
	size_t		 i;

	if (f->h.op != WIRE_DOWN)
		return;
	for (i = 0; i < ts->n; i++)
		if (ts->v[i].ref == f->h.ref) {
			ts->v[i].dead = true;
			cmd_cause(ts->v[i].cause, f);
		}
}

static int
targets_watch(struct cmd *cmd, struct targets *ts)
{
	char		 text[ADDRESS_SIZE];
	struct target	*t;
	int		 rc;

	for (ts->n = 0; ts->n < cmd->nargs; ts->n++) {
		t = &ts->v[ts->n];
		if ((rc = dest_resolve(cmd, cmd->args[ts->n], &t->pid)) != 0)
			return rc;
		t->ref = client_ref(&cmd->client);
		if (client_order(&cmd->client, WIRE_MONITOR, 0, t->pid,
		    t->ref) == -1)
			return cmd_lost(cmd);
	}
	if (client_sync(&cmd->client, targets_on_frame, ts) == -1)
		return cmd_lost(cmd);
	for (t = ts->v; t < ts->v + ts->n && !cmd->quiet; t++)
		fprintf(stderr, "watching %s\n", dest_print(cmd, text, t->pid,
		    cmd->verbose, 0));
	return 0;
}

/* Prints the new deaths; with one it is enough.  True: nothing to wait for. */
static bool
targets_tell(struct cmd *cmd, struct targets *ts, bool one, int *rc)
{
	size_t		 i, dead = 0;
	struct target	*t;
	char		 text[ADDRESS_SIZE];

	for (i = 0; i < ts->n; i++) {
		t = &ts->v[i];
		if (t->dead && !t->told) {
			t->told = true;
			cmd_print_down(cmd, dest_print(cmd, text, t->pid,
			    cmd->verbose || cmd->json, 0), t->cause);
			if ((*rc = cmd_flush(cmd)) != 0)
				return true;
			if (one) {
				*rc = strcmp(t->cause, "normal") == 0 ?
				    CMD_DONE : CMD_FAILED;
				return true;
			}
		}
		if (t->dead)
			dead++;
	}
	return dead == ts->n;
}

static int
targets_follow(struct cmd *cmd, struct targets *ts)
{
	bool		 one = cmd_option(cmd, '1') != NULL;
	struct frame	 f;
	int		 rc;

	if ((rc = targets_watch(cmd, ts)) != 0)
		return rc;
	while (!targets_tell(cmd, ts, one, &rc)) {
		if (client_read(&cmd->client, &f, MONO_NEVER) == -1)
			return cmd_lost(cmd);
		targets_on_frame(ts, &f);
	}
	return rc;
}

int
cmd_watch_monitor(struct cmd *cmd)
{
	struct targets	 ts = { 0, calloc(cmd->nargs, sizeof(ts.v[0])) };
	int		 rc;

	if (ts.v == NULL)
		return cmd_fail(cmd, CMD_FAILED, "out of memory");
	if ((rc = dest_open(cmd)) == 0)
		rc = targets_follow(cmd, &ts);
	free(ts.v);
	return rc;
}

/* ---- wait ---- */

static int
wait_end(struct cmd *cmd, struct mono deadline)
{
	struct target	 t = { .dead = false };
	struct targets	 ts = { 1, &t };
	struct frame	 f;
	int		 rc;

	cmd->own = CMD_OWN;
	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_resolve(cmd, cmd->args[0], &t.pid)) != 0)
		return rc;
	t.ref = client_ref(&cmd->client);
	if (client_order(&cmd->client, WIRE_MONITOR, 0, t.pid, t.ref) == -1)
		return cmd_lost(cmd);
	while (!t.dead) {
		if (client_read(&cmd->client, &f, deadline) == -1)
			return cmd_lost(cmd);
		targets_on_frame(&ts, &f);
	}
	if (cmd->verbose || strcmp(t.cause, "noproc") == 0)
		fprintf(stderr, "brood: wait: %s: %s\n", cmd->args[0],
		    t.cause);
	return cmd_cause_code(t.cause);
}

/* What is known of the one worker that is waited for. */
struct awaited {
	const char	*name;
	bool		 ready, down;	/* as ps has it */
	bool		 stale;		/* something has happened since */
};

static void
awaited_on_frame(void *ctx, const struct frame *f)
{
	struct awaited	*a = ctx;
	struct row	 row;
	const char	*state;

	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return;
	state = row_get(&row, "state");
	if (state[0] == '\0') {			/* no state: an event */
		if (strcmp(row_get(&row, "worker"), a->name) == 0)
			a->stale = true;
	} else if (strcmp(row_get(&row, "name"), a->name) == 0) {
		a->ready = strcmp(state, "ready") == 0 ||
		    strcmp(state, "up") == 0;
		a->down = strcmp(state, "ended") == 0;
	}
	row_release(&row);
}

/*
 * First the events, then the present state, on one stream: whatever happens
 * between the two is told by the events, so nothing is missed or polled for.
 */
static int
wait_state(struct cmd *cmd, bool ready, const char *text,
    struct mono deadline)
{
	struct dest_pattern	 p;
	struct awaited		 a = { .name = p.word, .stale = true };
	const char		*words[] = { p.word };
	struct answer		 answer;
	struct frame		 f;
	uint64_t		 ref;
	int			 rc;

	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_pattern(cmd, text, &p)) != 0)
		return rc;
	if (client_ask(&cmd->client, p.at, WIRE_QUERY, "events", NULL, 0,
	    &ref) == -1)
		return cmd_lost(cmd);
	for (;;) {
		if (a.stale) {
			a = (struct awaited){ .name = p.word, .down = true };
			if ((rc = cmd_ask(cmd, p.at, WIRE_QUERY, "ps", words,
			    1, awaited_on_frame, &a, text)) != 0)
				return rc;
			continue;
		}
		if (ready ? a.ready : a.down)
			return CMD_DONE;
		if (client_read(&cmd->client, &f, deadline) == -1)
			return cmd_lost(cmd);
		if (f.h.ref == ref && client_answer(&cmd->client, &f, &answer))
			return cmd_refused(cmd, &answer, text);
		awaited_on_frame(&a, &f);
	}
}

int
cmd_watch_wait(struct cmd *cmd)
{
	const char	*ready = cmd_option(cmd, OPT_READY);
	const char	*down = cmd_option(cmd, OPT_DOWN);
	struct mono	 deadline;
	int		 rc;

	if ((ready != NULL) + (down != NULL) + (cmd->nargs == 1) != 1)
		return cmd_misused(cmd, "one DEST, or --ready or --down and "
		    "a worker");
	if ((rc = cmd_seconds(cmd, 't', &deadline)) != 0)
		return rc;
	if (cmd->nargs == 1)
		return wait_end(cmd, deadline);
	/* No process ends here, so nothing hides our own exit codes. */
	cmd->own = 0;
	return wait_state(cmd, ready != NULL, ready != NULL ? ready : down,
	    deadline);
}

/* ---- what a worker is told by recv ---- */

static int
order_each(struct cmd *cmd, unsigned int op, unsigned int flags, bool ref)
{
	struct pid	 to;
	size_t		 i;
	int		 rc;

	for (i = 0; i < cmd->nargs; i++) {
		if ((rc = dest_resolve(cmd, cmd->args[i], &to)) != 0)
			return rc;
		if (client_order(&cmd->client, op, flags, to,
		    ref ? client_ref(&cmd->client) : 0) == -1)
			return cmd_lost(cmd);
	}
	return client_sync(&cmd->client, NULL, NULL) == -1 ? cmd_lost(cmd) :
	    CMD_DONE;
}

/* Nodes, processes, or both. */
static int
watch_each(struct cmd *cmd, unsigned int nodes_on, unsigned int op,
    unsigned int flags, bool ref)
{
	bool	 nodes = cmd_option(cmd, OPT_NODES) != NULL;
	int	 rc;

	if (cmd->nargs == 0 && !nodes)
		return cmd_misused(cmd, "too few arguments");
	if ((rc = dest_open(cmd)) != 0)
		return rc;
	if (nodes && client_order(&cmd->client, WIRE_NODES, nodes_on, nobody,
	    0) == -1)
		return cmd_lost(cmd);
	return order_each(cmd, op, flags, ref);
}

int
cmd_watch_watch(struct cmd *cmd)
{
	return watch_each(cmd, WIRE_F_ON, WIRE_MONITOR, WIRE_F_MAILBOX, true);
}

int
cmd_watch_unwatch(struct cmd *cmd)
{
	return watch_each(cmd, 0, WIRE_DEMONITOR, 0, false);
}

int
cmd_watch_link(struct cmd *cmd)
{
	int	 rc = dest_open(cmd);

	return rc != 0 ? rc : order_each(cmd, WIRE_LINK, 0, false);
}

int
cmd_watch_unlink(struct cmd *cmd)
{
	int	 rc = dest_open(cmd);

	return rc != 0 ? rc : order_each(cmd, WIRE_UNLINK, 0, false);
}

int
cmd_watch_trap(struct cmd *cmd)
{
	unsigned int	 on = strcmp(cmd->args[0], "on") == 0 ? WIRE_F_ON : 0;
	int		 rc;

	if (on == 0 && strcmp(cmd->args[0], "off") != 0)
		return cmd_misused(cmd, "'%s' is neither on nor off",
		    cmd->args[0]);
	if ((rc = dest_open(cmd)) != 0)
		return rc;
	if (client_order(&cmd->client, WIRE_TRAP, on, nobody, 0) == -1 ||
	    client_sync(&cmd->client, NULL, NULL) == -1)
		return cmd_lost(cmd);
	return CMD_DONE;
}
