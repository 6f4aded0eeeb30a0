/*
 * launch.c - asking for a new process.
 *
 * Owns:    PROGRAM[:ENTRY] as text, the body of SPAWN.
 * Not here: what is done with the new process (cmd_process.c, cmd_run.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dest.h"
#include "verb.h"

/* A script needs to know what to write where, not that it was wrong. */
static int
path_refused(struct cmd *cmd, const char *path)
{
	const char	*base = strrchr(path, '/') + 1;
	char		*real = realpath(path, NULL);
	int		 rc = cmd_misused(cmd, "%s is a path: a program goes "
			    "by its name here", path);

	fprintf(stderr, "Declare it in brood.conf, or in a file of "
	    "workers.d:\n\n\t[program %s]\n\texec = %s\n\nthen: brood "
	    "reload.  (brood run takes a path.)\n", base,
	    real != NULL ? real : path);
	free(real);
	return rc;
}

int
launch_parse(struct cmd *cmd, struct launch *s, const char *text, char *folder,
    size_t size)
{
	const char	*slash = strrchr(text, '/');
	const char	*base = slash == NULL ? text : slash + 1;
	size_t		 n = strcspn(base, ":");
	char		 path[1024];

	if (folder != NULL)
		folder[0] = '\0';
	(void)snprintf(path, sizeof(path), "%.*s", (int)(base - text) + (int)n,
	    text);
	if (n == 0 || n >= sizeof(s->program) ||
	    strlen(base + n) >= sizeof(s->entry))
		return cmd_misused(cmd, "'%s' is no PROGRAM[:ENTRY]", text);
	if (slash != NULL && folder == NULL)
		return path_refused(cmd, path);
	if (slash != NULL && snprintf(folder, size, "%.*s",
	    slash == text ? 1 : (int)(slash - text), text) >= (int)size)
		return cmd_misused(cmd, "%s: too long", path);
	memcpy(s->program, base, n);
	s->program[n] = '\0';
	(void)snprintf(s->entry, sizeof(s->entry), "%s",
	    base[n] == ':' ? base + n + 1 : "");
	return 0;
}

static void
add_body(struct buf *b, const struct launch *s, uint64_t ref)
{
	size_t	 i;

	buf_add_u64(b, s->monitor ? ref : 0);
	buf_add_str8(b, s->name);
	buf_add_str8(b, s->program);
	buf_add_str8(b, s->entry);
	if (s->nargs == 0) {
		buf_add_u8(b, 0);
		return;
	}
	buf_add_u8(b, 2);
	buf_add_u16(b, (unsigned int)s->nargs);
	for (i = 0; i < s->nargs; i++)
		buf_add_str16(b, s->args[i]);
}

int
launch_ask(struct cmd *cmd, const struct launch *s, struct pid *pid,
    uint64_t *ref)
{
	struct client	*c = &cmd->client;
	struct answer	 a;
	struct buf	 b;
	unsigned int	 flags = (s->link ? WIRE_F_LINK : 0) |
			    (s->monitor ? WIRE_F_MONITOR : 0);
	uint64_t	 ask = client_ref(c);
	char		 owner[ADDRESS_SIZE];

	if (s->nargs > UINT16_MAX)
		return cmd_misused(cmd, "too many arguments");
	*ref = client_ref(c);
	client_begin(c, &b);
	add_body(&b, s, *ref);
	if (client_send(c, &b, WIRE_SPAWN, flags, cmd->at, ask) == -1 ||
	    client_wait(c, ask, &a, NULL, NULL) == -1)
		return cmd_lost(cmd);
	if (a.error == EEXIST && !pid_none(a.pid))
		return cmd_fail(cmd, CMD_FAILED, "the name %s is taken by %s",
		    s->name, dest_print(cmd, owner, a.pid, cmd->verbose, 0));
	if (a.error != 0)
		return cmd_refused(cmd, &a, a.text[0] != '\0' ? NULL :
		    s->program);
	*pid = a.pid;
	return 0;
}
