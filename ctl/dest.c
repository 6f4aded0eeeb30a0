/*
 * dest.c - whom an address means, and what a process is called: of this node,
 * or of others.
 *
 * Owns:    cmd->at, cmd->names: the nodes whose names were learned.
 * Not here: the form of an address (pid.c); who is up (the supervisor).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "dest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"

static const struct pid	nobody;

/* ---- names of nodes ---- */

static struct cmd_name *
names_find(struct cmd *cmd, uint64_t id)
{
	size_t	 i;

	for (i = 0; i < CMD_NAMES && i < cmd->learned; i++)
		if (cmd->names[i].id == id)
			return &cmd->names[i];
	return NULL;
}

/* up: the node of that name is this one now. */
static struct cmd_name *
names_learn(struct cmd *cmd, uint64_t id, const char *name, bool up)
{
	struct cmd_name	*n = names_find(cmd, id);

	if (n == NULL)
		n = &cmd->names[cmd->learned++ % CMD_NAMES];
	n->id = id;
	n->up = up;
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	return n;
}

static int
whereis(struct cmd *cmd, const char *text, struct answer *a)
{
	struct client	*c = &cmd->client;
	struct buf	 b;
	uint64_t	 ref = client_ref(c);

	client_begin(c, &b);
	buf_add(&b, text, strlen(text));
	if (client_send(c, &b, WIRE_WHEREIS, 0, nobody, ref) == -1 ||
	    client_wait(c, ref, a, NULL, NULL) == -1)
		return cmd_lost(cmd);
	return 0;
}

int
dest_node(struct cmd *cmd, const char *name, struct pid *at)
{
	struct answer	 a;
	char		 text[NAME_SIZE + 1];
	size_t		 i;
	int		 rc;

	*at = nobody;
	if (strcmp(name, cmd->client.node) == 0)
		return 0;
	for (i = 0; i < CMD_NAMES; i++)
		if (cmd->names[i].up && strcmp(cmd->names[i].name, name) == 0)
			at->node = cmd->names[i].id;
	if (at->node != 0)
		return 0;
	(void)snprintf(text, sizeof(text), "@%s", name);
	if ((rc = whereis(cmd, text, &a)) != 0)
		return rc;
	if (a.error == ESRCH || a.error == EHOSTUNREACH)
		return cmd_fail(cmd, CMD_NOBODY, "no node %s is up; brood "
		    "peers -v tells more", name);
	if (a.error != 0)
		return cmd_refused(cmd, &a, name);
	at->node = a.pid.node;
	(void)names_learn(cmd, a.pid.node, name, true);
	return 0;
}

/* The name of the node with that id. */
struct asked {
	struct cmd	*cmd;
	uint64_t	 ref, id;
	struct cmd_name	*found;
};

static void
asked_on_frame(void *ctx, const struct frame *f)
{
	struct asked	*q = ctx;
	struct row	 row;

	if (f->h.ref != q->ref || f->h.op != WIRE_ROW) {
		(void)client_keep(&q->cmd->client, f);
		return;
	}
	if (row_read(&row, f->body, f->body_len) == -1)
		return;
	if (name_valid(row_get(&row, "node")))
		q->found = names_learn(q->cmd, q->id, row_get(&row, "node"),
		    strcmp(row_get(&row, "state"), "up") == 0 ||
		    strcmp(row_get(&row, "state"), "suspect") == 0);
	row_release(&row);
}

static const struct cmd_name *
name_of(struct cmd *cmd, uint64_t id)
{
	struct asked	 q = { .cmd = cmd, .id = id };
	struct answer	 a;
	char		 hex[24];
	const char	*args[] = { hex };

	if ((q.found = names_find(cmd, id)) != NULL)
		return q.found;
	(void)snprintf(hex, sizeof(hex), "%016" PRIx64, id);
	/* A stream that fails here fails again where that is told. */
	if (client_ask(&cmd->client, nobody, WIRE_QUERY, "node", args, 1,
	    &q.ref) == 0)
		(void)client_wait(&cmd->client, q.ref, &a, asked_on_frame, &q);
	/* 12@#5f3a9c0177e2b410 is an address still. */
	return q.found != NULL ? q.found : names_learn(cmd, id, "", false);
}

char *
dest_print(struct cmd *cmd, char text[ADDRESS_SIZE], struct pid pid,
    bool full, uint64_t ref)
{
	const struct cmd_name	*n;

	if (pid.node == cmd->client.self.node)
		return pid_print(text, pid, cmd->client.node, full, ref);
	n = name_of(cmd, pid.node);
	return pid_print(text, pid, n->name, full || !n->up, ref);
}

/* ---- addresses ---- */

/* The node of an address: what it says, what -n says, the local one. */
static int
node_of(struct cmd *cmd, const char *text, const struct address *a,
    struct pid *at)
{
	uint64_t	 id;
	int		 rc;

	*at = cmd->at;
	if (a->node[0] != '\0' && (rc = dest_node(cmd, a->node, at)) != 0)
		return rc;
	id = at->node != 0 ? at->node : cmd->client.self.node;
	if (a->incarnation != 0 && a->incarnation != id)
		return cmd_fail(cmd, CMD_NOBODY, "%s: that incarnation of the "
		    "node is gone", text);
	return 0;
}

/* A process with its incarnation: that alone decides, up or not. */
static void
read_full(struct cmd *cmd, const struct address *a, struct dest *d)
{
	d->pid = (struct pid){ a->incarnation, a->serial };
	if (a->incarnation == cmd->client.self.node)
		return;
	d->at.node = a->incarnation;
	/* So that it is printed as it was written. */
	if (a->node[0] != '\0' && names_find(cmd, a->incarnation) == NULL)
		(void)names_learn(cmd, a->incarnation, a->node, false);
}

int
dest_read(struct cmd *cmd, const char *text, struct dest *d)
{
	struct address	 a;
	const char	*node;
	int		 rc;

	memset(d, 0, sizeof(*d));
	if (address_parse(text, &a) == -1)
		return cmd_fail(cmd, CMD_USAGE, "'%s' is no address: "
		    "12@alpha, 12, name@alpha or name", text);
	d->ref = a.ref;
	if (a.serial != 0 && a.incarnation != 0) {
		read_full(cmd, &a, d);
		return 0;
	}
	if ((rc = node_of(cmd, text, &a, &d->at)) != 0)
		return rc;
	if (a.serial != 0) {
		d->pid = (struct pid){ d->at.node != 0 ? d->at.node :
		    cmd->client.self.node, a.serial };
		return 0;
	}
	node = a.node[0] != '\0' ? a.node : cmd->node;
	if (d->at.node == 0)
		(void)snprintf(d->text, sizeof(d->text), "%s", a.name);
	else
		(void)snprintf(d->text, sizeof(d->text), "%s@%s", a.name,
		    node);
	return 0;
}

int
dest_resolve(struct cmd *cmd, const char *text, struct pid *pid)
{
	struct answer	 answer;
	struct dest	 d;
	int		 rc = dest_read(cmd, text, &d);

	*pid = d.pid;
	if (rc != 0 || d.pid.serial != 0)
		return rc;
	if ((rc = whereis(cmd, d.text, &answer)) != 0)
		return rc;
	if (answer.error != 0)
		return cmd_refused(cmd, &answer, text);
	*pid = answer.pid;
	if (d.at.node != 0)
		(void)names_learn(cmd, pid->node, strchr(d.text, '@') + 1,
		    true);
	return 0;
}

int
dest_check(struct cmd *cmd, const char *text, struct pid pid)
{
	struct answer	 a;
	char		 full[ADDRESS_SIZE];
	int		 rc;

	if (pid.node == cmd->client.self.node)
		return 0;
	dest_print(cmd, full, pid, true, 0);
	if ((rc = whereis(cmd, full, &a)) != 0 || a.error == 0)
		return rc;
	if (a.error == ESRCH)
		return cmd_fail(cmd, CMD_NOBODY, "%s: no such process", text);
	return cmd_refused(cmd, &a, text);
}

/* ---- patterns ---- */

int
dest_pattern(struct cmd *cmd, const char *text, struct dest_pattern *p)
{
	const char	*at = strrchr(text, '@');
	struct address	 a;
	size_t		 n = strlen(text);
	int		 rc;

	p->at = cmd->at;
	if (address_parse(text, &a) == 0) {
		if (a.serial != 0 && a.incarnation != 0)
			p->at.node = a.incarnation == cmd->client.self.node ?
			    0 : a.incarnation;
		else if ((rc = node_of(cmd, text, &a, &p->at)) != 0)
			return rc;
		if (a.serial == 0)
			n = strlen(a.name);
	} else if (at != NULL && at != text && name_valid(at + 1)) {
		if ((rc = dest_node(cmd, at + 1, &p->at)) != 0)
			return rc;
		n = (size_t)(at - text);
	}
	if (n >= sizeof(p->word))
		return cmd_misused(cmd, "'%.40s...' is too long for a pattern",
		    text);
	memcpy(p->word, text, n);
	p->word[n] = '\0';
	return 0;
}

/* The words of the first node that is not done yet, and done they are. */
static int
each_node(const struct dest_pattern *p, bool *done, size_t n,
    const char **words, dest_fn *fn, void *ctx)
{
	size_t		 i, k = 0;
	struct pid	 at = nobody;

	for (i = 0; i < n; i++) {
		if (done[i] || (k > 0 && !pid_equal(p[i].at, at)))
			continue;
		at = p[i].at;
		words[k++] = p[i].word;
		done[i] = true;
	}
	return k == 0 ? -1 : fn(ctx, at, words, k);
}

int
dest_each(struct cmd *cmd, const char *const *patterns, size_t n,
    dest_fn *fn, void *ctx)
{
	struct dest_pattern	 *p = calloc(n + 1, sizeof(p[0]));
	bool			 *done = calloc(n + 1, sizeof(done[0]));
	const char		**words = calloc(n + 1, sizeof(words[0]));
	size_t			  i;
	int			  rc = 0;

	if (p == NULL || done == NULL || words == NULL)
		rc = cmd_fail(cmd, CMD_FAILED, "out of memory");
	for (i = 0; i < n && rc == 0; i++)
		rc = dest_pattern(cmd, patterns[i], &p[i]);
	if (n == 0 && rc == 0)
		rc = fn(ctx, cmd->at, words, 0);
	else
		while (rc == 0)
			rc = each_node(p, done, n, words, fn, ctx);
	free(p);
	free(done);
	free(words);
	return rc == -1 ? 0 : rc;		/* all are done */
}

/* ---- values that are addresses, in messages ---- */

static const char *
value_parse(void *ctx, const char *text, struct msg_pid *out)
{
	struct cmd	*cmd = ctx;
	struct address	 a;
	struct pid	 pid;

	*out = (struct msg_pid){ 0, 0 };
	if (strcmp(text, "0") == 0)
		return NULL;			/* nobody, as it is printed */
	if (address_parse(text, &a) == -1)
		return "not an address";
	if ((cmd->pids_rc = dest_resolve(cmd, text, &pid)) != 0) {
		errno = ESRCH;
		return "nobody there";		/* which it has said */
	}
	*out = (struct msg_pid){ pid.node, pid.serial };
	return NULL;
}

static int
value_print(void *ctx, struct msg_pid pid, char *text, size_t size)
{
	struct cmd	*cmd = ctx;
	struct pid	 p = { pid.node, pid.serial };
	char		 address[ADDRESS_SIZE];

	if (pid_none(p))
		return snprintf(text, size, "0");
	dest_print(cmd, address, p, cmd->verbose || cmd->json, 0);
	return snprintf(text, size, "%s", address);
}

int
dest_open(struct cmd *cmd)
{
	int	 rc = cmd_open(cmd);

	cmd->pids = (struct text_pids){ value_parse, value_print, cmd };
	if (rc == 0 && cmd->node != NULL)
		rc = dest_node(cmd, cmd->node, &cmd->at);
	return rc;
}
