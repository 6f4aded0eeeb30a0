/*
 * cmd_message.c - send, recv, call.
 *
 * Owns:    what these verbs do and print.
 * Not here: the bytes of a message (message.c), quoting (quote.c), addresses
 *          (dest.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dest.h"
#include "json.h"
#include "message.h"
#include "quote.h"
#include "verb.h"

static const struct pid	nobody;

/* ---- out ---- */

/* All of standard input, NUL-terminated; at most max bytes. */
static char *
slurp(size_t max, size_t *len)
{
	char	*p = NULL, *grown;
	size_t	 cap = 0, n;

	*len = 0;
	do {
		if (cap - *len < 2) {
			cap = cap == 0 ? 64u << 10 : cap * 2;
			if ((grown = realloc(p, cap)) == NULL)
				goto fail;
			p = grown;
		}
		n = fread(p + *len, 1, cap - *len - 1, stdin);
		*len += n;
		if (*len > max) {
			errno = EMSGSIZE;
			goto fail;
		}
	} while (n > 0);
	if (ferror(stdin))
		goto fail;
	p[*len] = '\0';
	return p;
 fail:
	free(p);
	return NULL;
}

static char *
to_hex(const char *p, size_t n)
{
	char	*hex = malloc(n * 2 + 1);
	size_t	 i;

	if (hex != NULL)
		for (i = 0; i <= n; i++)	/* the NUL, too */
			(void)snprintf(hex + i * 2, i < n ? 3 : 1, "%02x",
			    (unsigned char)p[i]);
	return hex;
}

/* The last value, from standard input: as the word it would be.  NULL: *rc. */
static char *
last_word(struct cmd *cmd, const char *format, int *rc)
{
	char	 kind = format[0] == '\0' ? '\0' : format[strlen(format) - 1];
	char	*bytes, *word;
	size_t	 n;

	if (kind != 's' && kind != 'B') {
		*rc = cmd_misused(cmd, "--stdin: the last field must be "
		    "s or B");
		return NULL;
	}
	if ((bytes = slurp(cmd->client.max_message, &n)) == NULL) {
		*rc = cmd_fail(cmd, CMD_FAILED, "standard input: %s",
		    errno == EMSGSIZE ? "too large" : strerror(errno));
		return NULL;
	}
	if (kind == 's') {
		if (strlen(bytes) == n)
			return bytes;
		free(bytes);
		*rc = cmd_fail(cmd, CMD_FAILED, "standard input has a NUL, "
		    "which no s can hold: use B");
		return NULL;
	}
	word = to_hex(bytes, n);
	free(bytes);
	if (word == NULL)
		*rc = cmd_fail(cmd, CMD_FAILED, "out of memory");
	return word;
}

/* The words of the command line are only read; libmsg's call has no const. */
static char **
copy_values(const struct cmd *cmd, size_t n, char *last)
{
	char	**values = calloc(n + 2, sizeof(values[0]));
	size_t	  i;

	if (values == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		memcpy(&values[i], &cmd->args[3 + i], sizeof(values[i]));
	values[n] = last;
	return values;
}

/* DEST TYPE [FORMAT VALUE...]: the MESSAGE behind what is in b already. */
static int
add_message(struct cmd *cmd, struct buf *b)
{
	const char	*format = cmd->nargs > 2 ? cmd->args[2] : "";
	char		*last = NULL, **values, why[256] = "";
	size_t		 n = cmd->nargs > 3 ? cmd->nargs - 3 : 0;
	int		 rc = 0;

	if (cmd_option(cmd, OPT_STDIN) != NULL &&
	    (last = last_word(cmd, format, &rc)) == NULL)
		return rc;
	values = copy_values(cmd, n, last);
	if (values == NULL)
		rc = cmd_fail(cmd, CMD_FAILED, "out of memory");
	else if (message_add(b, cmd->args[1], format, values,
	    last != NULL ? n + 1 : n, &cmd->pids, why, sizeof(why)) == -1)
		rc = cmd->pids_rc != 0 ? cmd->pids_rc : errno == EINVAL ?
		    cmd_misused(cmd, "%s", why) :
		    cmd_fail(cmd, CMD_FAILED, "%s", why);
	free(values);
	free(last);
	return rc;
}

int
cmd_message_send(struct cmd *cmd)
{
	struct dest	 d;
	struct buf	 b;
	unsigned int	 op = WIRE_SEND;
	int		 rc;

	if ((rc = dest_open(cmd)) != 0 ||
	    (rc = dest_read(cmd, cmd->args[0], &d)) != 0)
		return rc;
	client_begin(&cmd->client, &b);
	if (pid_none(d.pid)) {
		op = WIRE_SEND_NAME;		/* it may be nobody's */
		buf_add_str8(&b, d.text);
	} else if (d.ref != 0) {
		op = WIRE_REPLY;
	}
	if ((rc = add_message(cmd, &b)) != 0) {
		buf_release(&b);
		return rc;
	}
	if (client_send(&cmd->client, &b, op, 0, d.pid, d.ref) == -1 ||
	    client_sync(&cmd->client, NULL, NULL) == -1)
		return cmd_lost(cmd);
	return CMD_DONE;
}

/* ---- in ---- */

/* One line: who, the type, the format, the values. */
static int
print_words(struct cmd *cmd, const char *from, const struct message *m)
{
	size_t		  i, at = 0;
	const char	**words = calloc(m->words.n + 3, sizeof(words[0]));

	if (words == NULL)
		return cmd_fail(cmd, CMD_FAILED, "out of memory");
	if (from != NULL)
		words[at++] = from;
	words[at++] = m->name;
	words[at++] = m->format;
	for (i = 0; i < m->words.n; i++)
		words[at++] = m->words.v[i];
	quote_line(stdout, words, at);
	free(words);
	return cmd_flush(cmd);
}

static int
print_from(struct cmd *cmd, const char *from, const struct message *m,
    bool with_from)
{
	struct json	 j;

	if (!cmd->json)
		return print_words(cmd, with_from ? from : NULL, m);
	json_open(&j, stdout);
	json_str(&j, "from", from);
	json_str(&j, "type", m->name);
	json_str(&j, "format", m->format);
	json_words(&j, "values", (const char *const *)m->words.v, m->words.n);
	json_close(&j);
	return cmd_flush(cmd);
}

static int
print_message(struct cmd *cmd, struct pid sender, uint64_t ref,
    const struct message *m, bool with_from)
{
	char	 from[ADDRESS_SIZE];

	dest_print(cmd, from, sender, cmd->verbose || cmd->json, ref);
	return print_from(cmd, from, m, with_from);
}

/* A node that comes or goes, in the form of a message: 0@beta nodeup s ROLE. */
static int
print_node(struct cmd *cmd, const struct frame *f)
{
	char			 name[UINT8_MAX + 1], role[UINT8_MAX + 1];
	char			 from[ADDRESS_SIZE];
	char			*words[] = { role };
	struct message		 m = { .format = "s", .words = { 1, words } };
	struct rd		 r;
	bool			 up;

	rd_init(&r, f->body, f->body_len);
	up = rd_u8(&r) != 0;
	rd_str8(&r, name, sizeof(name));
	rd_str8(&r, role, sizeof(role));
	(void)snprintf(m.name, sizeof(m.name), "%s", up ? "nodeup" :
	    "nodedown");
	pid_print(from, (struct pid){ f->h.from.node, 0 }, name,
	    cmd->verbose || cmd->json, 0);
	return print_from(cmd, from, &m, true);
}

/* A death, or a trapped exit, in the form of a message: PID down s CAUSE. */
static int
print_end(struct cmd *cmd, const struct frame *f)
{
	char			 cause[WIRE_CAUSE_SIZE];
	char			*words[] = { cause };
	struct message		 m = { .format = "s", .words = { 1, words } };

	cmd_cause(cause, f);
	(void)snprintf(m.name, sizeof(m.name), "%s",
	    f->h.op == WIRE_DOWN ? "down" : "exit");
	return print_message(cmd, f->h.from, 0, &m, true);
}

/* *bad: what came is no message, and nothing was printed but a warning. */
static int
print_frame(struct cmd *cmd, const struct frame *f, bool with_from, bool *bad)
{
	struct rd	 r;
	struct pid	 sender = f->h.from;
	struct message	 m;
	char		 name[UINT8_MAX + 1], who[ADDRESS_SIZE];
	int		 rc;

	*bad = false;
	if (f->h.op == WIRE_DOWN || f->h.op == WIRE_EXITED)
		return print_end(cmd, f);
	if (f->h.op == WIRE_NODE)
		return print_node(cmd, f);
	rd_init(&r, f->body, f->body_len);
	if (f->h.op == WIRE_SEND_NAME) {
		rd_str8(&r, name, sizeof(name));
	} else if (f->h.op == WIRE_FORWARD) {
		sender.node = rd_u64(&r);
		sender.serial = rd_u64(&r);
	}
	if (r.bad || message_read(&m, &r, &cmd->pids) == -1) {
		*bad = true;
		return cmd_fail(cmd, CMD_FAILED, "dropped: what %s sent is "
		    "not of the format it says", dest_print(cmd, who, sender,
		    false, 0));
	}
	/* Only a call has an answer; the ref of a SEND is nobody's. */
	rc = print_message(cmd, sender, f->h.op == WIRE_CALL ||
	    f->h.op == WIRE_FORWARD ? f->h.ref : 0, &m, with_from);
	message_release(&m);
	return rc;
}

static bool
is_mail(const struct frame *f)
{
	switch (f->h.op) {
	case WIRE_SEND:
	case WIRE_SEND_NAME:
	case WIRE_CALL:
	case WIRE_FORWARD:
	case WIRE_DOWN:
	case WIRE_EXITED:
	case WIRE_NODE:
		return true;
	default:
		return false;
	}
}

/* Channels are for programs; somebody made the port up. */
static bool
is_of_port(const struct frame *f)
{
	return f->h.op == WIRE_CHANNEL || f->h.op == WIRE_PORT_WATCHED;
}

/*
 * Waits for the frame that TAKE asks for.  The SYNC behind it tells that the
 * queue was looked at: before that even -t 0 does not give up.
 */
static int
take_any(struct cmd *cmd, struct frame *f, struct mono deadline)
{
	struct client	*c = &cmd->client;
	struct answer	 a;
	uint64_t	 ref = client_ref(c), sync = client_ref(c);
	bool		 looked = false;

	if (client_order(c, WIRE_TAKE, 0, nobody, ref) == -1 ||
	    client_order(c, WIRE_SYNC, 0, nobody, sync) == -1)
		return cmd_lost(cmd);
	for (;;) {
		if (client_read(c, f, looked ? deadline : MONO_NEVER) == -1)
			return errno == ETIMEDOUT ? CMD_TIMEOUT :
			    cmd_lost(cmd);
		if (is_mail(f) || is_of_port(f))
			return 0;
		if (!client_answer(c, f, &a))
			continue;
		if (f->h.ref == sync)
			looked = true;
		else if (a.error == EBUSY)
			return cmd_fail(cmd, CMD_FAILED, "this worker uses "
			    "libmsg and reads its mailbox itself");
		else if (f->h.ref == ref)
			return cmd_refused(cmd, &a, NULL);
	}
}

static int
take(struct cmd *cmd, struct frame *f, struct mono deadline)
{
	int	rc;

	while ((rc = take_any(cmd, f, deadline)) == 0 && is_of_port(f))
		if (client_order(&cmd->client, WIRE_TAKEN, 0, nobody, 0) == -1)
			return cmd_lost(cmd);
	return rc;
}

int
cmd_message_recv(struct cmd *cmd)
{
	struct mono	 deadline;
	struct frame	 f;
	long long	 count = 1;
	bool		 bad;
	int		 rc;

	if ((rc = cmd_seconds(cmd, 't', &deadline)) != 0 ||
	    (rc = cmd_count(cmd, OPT_COUNT, INT64_MAX, &count)) != 0 ||
	    (rc = dest_open(cmd)) != 0)
		return rc;
	while (count > 0) {
		if ((rc = take(cmd, &f, deadline)) != 0)
			return rc;
		/* Not acknowledged unless it was written out: then another
		   recv gets it. */
		if ((rc = print_frame(cmd, &f, true, &bad)) != 0 && !bad)
			return rc;
		/* The SYNC makes sure that the next recv, a stream of its
		   own, cannot be looked at before this TAKEN. */
		if (client_order(&cmd->client, WIRE_TAKEN, 0, nobody, 0) == -1
		    || client_sync(&cmd->client, NULL, NULL) == -1)
			return cmd_lost(cmd);
		if (!bad)
			count--;
	}
	return CMD_DONE;
}

/* ---- call ---- */

/* The reply, the callee's death, or the deadline: the first decides. */
static int
call_outcome(struct cmd *cmd, uint64_t ref, struct mono deadline)
{
	struct answer	 a;
	struct frame	 f;
	char		 cause[WIRE_CAUSE_SIZE];
	bool		 bad;
	const char	*dest = cmd->args[0];

	for (;;) {
		if (client_read(&cmd->client, &f, deadline) == -1)
			return errno != ETIMEDOUT ? cmd_lost(cmd) :
			    cmd_fail(cmd, CMD_TIMEOUT, "%s: no answer", dest);
		if (f.h.ref != ref)
			continue;
		if (f.h.op == WIRE_REPLY)
			return print_frame(cmd, &f, false, &bad);
		if (client_answer(&cmd->client, &f, &a))
			return cmd_refused(cmd, &a, dest);
		if (f.h.op != WIRE_DOWN)
			continue;
		cmd_cause(cause, &f);
		if (strcmp(cause, "noproc") == 0 ||
		    strcmp(cause, "noconnection") == 0)
			return cmd_fail(cmd, CMD_NOBODY, "%s: %s", dest,
			    cause);
		return cmd_fail(cmd, CMD_FAILED, "%s ended: %s", dest, cause);
	}
}

int
cmd_message_call(struct cmd *cmd)
{
	struct mono	 deadline;
	struct pid	 to;
	struct buf	 b;
	uint64_t	 ref;
	int		 rc;

	if ((rc = cmd_seconds(cmd, 't', &deadline)) != 0 ||
	    (rc = dest_open(cmd)) != 0 ||
	    (rc = dest_resolve(cmd, cmd->args[0], &to)) != 0)
		return rc;
	client_begin(&cmd->client, &b);
	if ((rc = add_message(cmd, &b)) != 0) {
		buf_release(&b);
		return rc;
	}
	ref = client_ref(&cmd->client);
	if (client_send(&cmd->client, &b, WIRE_CALL, 0, to, ref) == -1)
		return cmd_lost(cmd);
	return call_outcome(cmd, ref, deadline);
}
