/*
 * cmd.c - what the functions of the verbs share.
 *
 * Owns:    error texts and the exit codes behind them, addresses as people
 *          write them, causes as exit codes.
 * Not here: the verbs (cmd_*.c), their table and options (verbs.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "paths.h"
#include "row.h"
#include "verb.h"

/* ---- options ---- */

const char *
cmd_option(const struct cmd *cmd, int key)
{
	size_t	 i;

	for (i = cmd->noptions; i > 0; i--)
		if (cmd->options[i - 1].key == key)
			return cmd->options[i - 1].value;
	return NULL;
}

int
cmd_seconds(struct cmd *cmd, int key, struct mono *deadline)
{
	const char	*text = cmd_option(cmd, key);
	char		*end;
	double		 s;

	*deadline = MONO_NEVER;
	if (text == NULL)
		return 0;
	s = strtod(text, &end);
	if (end == text || *end != '\0' || !(s >= 0) || !isfinite(s))
		return cmd_misused(cmd, "'%s' is no number of seconds", text);
	/* Above a century it is for ever, and an int64_t holds it. */
	if (s < 3e9)
		*deadline = mono_after(mono_now(), (int64_t)(s * 1e9));
	return 0;
}

int
cmd_count(struct cmd *cmd, int key, long long most, long long *count)
{
	const char	*text = cmd_option(cmd, key), *why;

	if (text == NULL)
		return 0;
	*count = strtonum(text, 0, most, &why);
	if (why != NULL)
		return cmd_misused(cmd, "'%s' is %s", text, why);
	return 0;
}

/* ---- failing ---- */

static void	 say(const struct cmd *, const char *fmt, va_list)
		    __attribute__((format(printf, 2, 0)));

static void
say(const struct cmd *cmd, const char *fmt, va_list ap)
{
	/* Otherwise our own output may come after it. */
	fflush(stdout);
	fprintf(stderr, "brood: %s%s", cmd->verb != NULL ? cmd->verb->name :
	    "", cmd->verb != NULL ? ": " : "");
	vfprintf(stderr, fmt, ap);
	putc('\n', stderr);
}

int
cmd_fail(const struct cmd *cmd, int code, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	say(cmd, fmt, ap);
	va_end(ap);
	return cmd->own != 0 ? cmd->own : code;
}

int
cmd_misused(const struct cmd *cmd, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	say(cmd, fmt, ap);
	va_end(ap);
	if (cmd->verb != NULL)
		fprintf(stderr, "usage: brood %s%s%s\n", cmd->verb->name,
		    cmd->verb->args[0] != '\0' ? " " : "", cmd->verb->args);
	else
		fputs("usage: brood [OPTION...] VERB ...; see brood --help\n",
		    stderr);
	return cmd->own != 0 ? cmd->own : CMD_USAGE;
}

static int
code_of(int error)
{
	switch (error) {
	case ESRCH:
	case ENOENT:
	case EHOSTUNREACH:
		return CMD_NOBODY;
	case EPERM:
	case EACCES:
		return CMD_DENIED;
	case ETIMEDOUT:
		return CMD_TIMEOUT;
	default:
		return CMD_FAILED;
	}
}

int
cmd_lost(const struct cmd *cmd)
{
	int	 code = CMD_UNREACHABLE;

	if (errno == ETIMEDOUT || errno == EACCES || errno == EPERM)
		code = code_of(errno);
	else if (errno == EMSGSIZE || errno == ENOMEM)
		code = CMD_FAILED;
	return cmd_fail(cmd, code, "%s", cmd->client.why);
}

int
cmd_refused(const struct cmd *cmd, const struct answer *a, const char *about)
{
	const char	*text = a->text;

	if (text[0] == '\0')
		text = a->error == ESRCH ? "nobody there" :
		    strerror(a->error);
	if (about == NULL)
		return cmd_fail(cmd, code_of(a->error), "%s", text);
	return cmd_fail(cmd, code_of(a->error), "%s: %s", about, text);
}

int
cmd_flush(const struct cmd *cmd)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return cmd_fail(cmd, CMD_FAILED, "standard output: %s",
	    strerror(errno));
}

/* ---- the supervisor ---- */

/* Values that are addresses, in messages: name them as DEST is named. */
static const char *
pids_parse(void *ctx, const char *text, struct msg_pid *out)
{
	struct cmd	*cmd = ctx;
	struct address	 a;
	struct pid	 pid;

	*out = (struct msg_pid){ 0, 0 };
	if (strcmp(text, "0") == 0)
		return NULL;			/* nobody, as it is printed */
	if (address_parse(text, &a) == -1)
		return "not an address";
	if ((cmd->pids_rc = cmd_resolve(cmd, text, &pid)) != 0) {
		errno = ESRCH;
		return "nobody there";		/* which it has said */
	}
	*out = (struct msg_pid){ pid.node, pid.serial };
	return NULL;
}

static int
pids_print(void *ctx, struct msg_pid pid, char *text, size_t size)
{
	const struct cmd	*cmd = ctx;
	struct pid		 p = { pid.node, pid.serial };
	char			 address[ADDRESS_SIZE];

	if (pid_none(p))
		return snprintf(text, size, "0");
	cmd_pid(cmd, address, p, cmd->verbose || cmd->json, 0);
	return snprintf(text, size, "%s", address);
}

int
cmd_open(struct cmd *cmd)
{
	char	 path[PATHS_SOCKET];
	int	 fd = -1, rc;

	/* -s names a supervisor: it need not be the one we run under. */
	if (cmd->socket == NULL)
		fd = client_inherited();
	if (fd == -1 && (cmd->verb->flags & VERB_WORKER) != 0)
		return cmd_fail(cmd, CMD_USAGE, "only inside a worker");
	cmd->client.wake = -1;
	if (fd != -1)
		rc = client_attach(&cmd->client, fd);
	else if (paths_socket(cmd->socket, path) == -1)
		return cmd_fail(cmd, CMD_UNREACHABLE,
		    "the path of the socket is too long");
	else
		rc = client_open(&cmd->client, path);
	if (rc == -1)
		return cmd_lost(cmd);
	cmd->pids = (struct text_pids){ pids_parse, pids_print, cmd };
	if (cmd->node != NULL && strcmp(cmd->node, cmd->client.node) != 0)
		return cmd_fail(cmd, CMD_NOBODY, "no node %s: this one is %s, "
		    "and it knows no other", cmd->node, cmd->client.node);
	return 0;
}

int
cmd_ask(struct cmd *cmd, unsigned int op, const char *what,
    const char *const *args, size_t n, client_frame_fn *fn, void *ctx,
    const char *about)
{
	struct answer	 a;
	uint64_t	 ref;

	if (client_ask(&cmd->client, op, what, args, n, &ref) == -1 ||
	    client_wait(&cmd->client, ref, &a, fn, ctx) == -1)
		return cmd_lost(cmd);
	return a.error == 0 ? 0 : cmd_refused(cmd, &a, about);
}

/* ---- addresses ---- */

int
cmd_address(struct cmd *cmd, const char *text, struct address *a)
{
	if (address_parse(text, a) == -1)
		return cmd_fail(cmd, CMD_USAGE, "'%s' is no address: "
		    "12@alpha, 12, name@alpha or name", text);
	if (a->node[0] != '\0' && strcmp(a->node, cmd->client.node) != 0)
		return cmd_fail(cmd, CMD_NOBODY, "%s: no node %s", text,
		    a->node);
	if (a->serial == 0 && a->incarnation != 0 &&
	    a->incarnation != cmd->client.self.node)
		return cmd_fail(cmd, CMD_NOBODY, "%s: that incarnation of %s "
		    "is gone", text, cmd->client.node);
	return 0;
}

int
cmd_resolve(struct cmd *cmd, const char *text, struct pid *pid)
{
	struct address	 a;
	struct answer	 answer;
	struct buf	 b;
	uint64_t	 ref;
	int		 rc;

	*pid = (struct pid){ 0, 0 };
	if ((rc = cmd_address(cmd, text, &a)) != 0)
		return rc;
	if (a.serial != 0) {
		pid->node = a.incarnation != 0 ? a.incarnation :
		    cmd->client.self.node;
		pid->serial = a.serial;
		return 0;
	}
	client_begin(&cmd->client, &b);
	buf_add(&b, a.name, strlen(a.name));
	ref = client_ref(&cmd->client);
	if (client_send(&cmd->client, &b, WIRE_WHEREIS, 0,
	    (struct pid){ 0, 0 }, ref) == -1 ||
	    client_wait(&cmd->client, ref, &answer, NULL, NULL) == -1)
		return cmd_lost(cmd);
	if (answer.error != 0)
		return cmd_refused(cmd, &answer, text);
	*pid = answer.pid;
	return 0;
}

char *
cmd_pid(const struct cmd *cmd, char text[ADDRESS_SIZE], struct pid pid,
    bool full, uint64_t ref)
{
	return pid_print(text, pid, cmd->client.node,
	    full || pid.node != cmd->client.self.node, ref);
}

/* ---- causes of death ---- */

void
cmd_cause(char text[WIRE_CAUSE_SIZE], const struct frame *f)
{
	size_t	 n = f->body_len < WIRE_CAUSE_SIZE ? f->body_len :
		    WIRE_CAUSE_SIZE - 1;

	memcpy(text, f->body, n);
	text[n] = '\0';
}

int
cmd_cause_code(const char *cause)
{
	unsigned int	 n;

	if (strcmp(cause, "normal") == 0)
		return 0;
	if (sscanf(cause, "exit %3u", &n) == 1 && n <= 255)
		return (int)n;
	if (sscanf(cause, "signal %3u", &n) == 1 && n < 128)
		return 128 + (int)n;
	return 1;
}

/* 2026-11-22T12:40:55.114Z */
static void
time_print(char *text, size_t size)
{
	struct timespec	 now = { 0, 0 };
	struct tm	 tm = { .tm_year = 70 };
	char		 seconds[32];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text, size, "%s.%03ldZ", seconds,
	    now.tv_nsec / 1000000);
}

void
cmd_print_down(const struct cmd *cmd, struct pid pid, const char *cause)
{
	char		 text[ADDRESS_SIZE], now[64];
	struct json	 j;

	cmd_pid(cmd, text, pid, cmd->verbose || cmd->json, 0);
	if (!cmd->json) {
		printf("down %s ", text);
		row_visible(cause, cmd->verbose, stdout);
		putchar('\n');
		return;
	}
	time_print(now, sizeof(now));
	json_open(&j, stdout);
	json_str(&j, "time", now);
	json_str(&j, "event", "down");
	json_str(&j, "pid", text);
	json_str(&j, "worker", NULL);
	json_str(&j, "node", cmd->client.node);
	json_str(&j, "cause", cause);
	json_close(&j);
}
