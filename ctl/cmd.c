/*
 * cmd.c - what the functions of the verbs share.
 *
 * Owns:    error texts and the exit codes behind them, causes as exit codes.
 * Not here: the verbs (cmd_*.c), their table and options (verbs.c), addresses
 *          (dest.c).
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
		    a->error == EHOSTUNREACH ? "its node is not reachable" :
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
	return rc == -1 ? cmd_lost(cmd) : 0;
}

int
cmd_ask(struct cmd *cmd, struct pid at, unsigned int op, const char *what,
    const char *const *args, size_t n, client_frame_fn *fn, void *ctx,
    const char *about)
{
	struct answer	 a;
	uint64_t	 ref;

	if (client_ask(&cmd->client, at, op, what, args, n, &ref) == -1 ||
	    client_wait(&cmd->client, ref, &a, fn, ctx) == -1)
		return cmd_lost(cmd);
	return a.error == 0 ? 0 : cmd_refused(cmd, &a, about);
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
cmd_print_down(const struct cmd *cmd, const char *pid, const char *cause)
{
	char		 now[64], node[ADDRESS_SIZE];
	struct json	 j;

	if (!cmd->json) {
		printf("down %s ", pid);
		row_visible(cause, cmd->verbose, stdout);
		putchar('\n');
		return;
	}
	time_print(now, sizeof(now));
	(void)snprintf(node, sizeof(node), "%s", pid + strcspn(pid, "@") + 1);
	node[strcspn(node, "#")] = '\0';
	json_open(&j, stdout);
	json_str(&j, "time", now);
	json_str(&j, "event", "down");
	json_str(&j, "pid", pid);
	json_str(&j, "worker", NULL);
	json_str(&j, "node", node);
	json_str(&j, "cause", cause);
	json_close(&j);
}
