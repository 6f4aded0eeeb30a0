/*
 * source.c - where the configuration comes from, again at each reload.
 *
 * Owns:    the defaults that depend on machine and installation.
 * Not here: everything else about settings (conf.c and its table).
 * Errors:  as conf_load: -1 and errno, every problem told to the sink.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "conf_check.h"
#include "pid.h"
#include "where.h"

#define HOST_SIZE	256
#define NAME_LAST	"node"

/* The host's name up to the first dot; one that begins with a digit, as of
   containers, is no name of a node. */
static void
host_name(char name[HOST_SIZE])
{
	char	host[HOST_SIZE - 2];

	if (gethostname(host, sizeof(host)) == -1)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	(void)snprintf(name, HOST_SIZE, "%s", host);
	if (!name_valid(name))
		(void)snprintf(name, HOST_SIZE, "n%s", host);
	if (!name_valid(name))
		(void)snprintf(name, HOST_SIZE, NAME_LAST);
}

static int
fill(char **field, const char *value)
{
	char	*copy = strdup(value);

	if (copy == NULL)
		return -1;
	free(*field);
	*field = copy;
	return 0;
}

static int
complete(const struct source *s, struct conf_node *n)
{
	char	name[HOST_SIZE];

	host_name(name);
	if (*n->name == '\0' && fill(&n->name, name) == -1)
		return -1;
	if (*n->worker_dir == '\0' &&
	    fill(&n->worker_dir, s->where->workers) == -1)
		return -1;
	if (s->daemonized && strcmp(n->log, "stderr") == 0 &&
	    fill(&n->log, "syslog") == -1)
		return -1;
	return 0;
}

int
source_load(const struct source *s, struct conf **out, struct conf_sink *sink)
{
	if (conf_load(out, s->file, s->overrides, sink) == -1)
		return -1;
	if (complete(s, &(*out)->node) == -1) {
		conf_free(*out);
		*out = NULL;
		errno = ENOMEM;
		return -1;
	}
	if (geteuid() == 0)
		conf_check_users(*out, sink);
	if (sink->count == 0)
		return 0;
	conf_sink_end(sink);
	conf_free(*out);
	*out = NULL;
	errno = EINVAL;
	return -1;
}
