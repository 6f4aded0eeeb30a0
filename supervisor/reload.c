/*
 * reload.c - the configuration, again: SIGHUP, or `brood reload`.
 *
 * Owns:    the exchange of one configuration for another: all of it or none.
 * Not here: how it is read (source.c), what the relay makes of it.
 * Errors:  a bad configuration leaves the old one in force; that is told.
 */
#include "reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "conf.h"
#include "log.h"
#include "report.h"
#include "source.h"

#define ANSWER_MOST	(60u << 10)

static void
on_problem(void *ctx, const char *text)
{
	struct parent	*p = ctx;

	log_warnx(p->log, "reload: %s", text);
}

static void
on_problem_line(void *ctx, const char *text)
{
	struct buf	*b = ctx;
	size_t		 n = strlen(text);

	if (b->max - b->len < n + 2)
		return;			/* there are enough to begin with */
	if (b->len > 0)
		buf_add(b, "\n", 1);
	buf_add(b, text, n);
}

/* What is only looked at when broodd starts. */
static void
warn_fixed(struct parent *p, const struct conf_node *old,
    const struct conf_node *new)
{
	const struct { const char *key, *old, *new; } fixed[] = {
		{ "name", old->name, new->name },
		{ "role", old->role, new->role },
		{ "cluster", old->cluster, new->cluster },
		{ "log", old->log, new->log },
		{ "user", old->user, new->user },
		{ "socket-group", old->socket_group, new->socket_group },
		{ "pid-file", old->pid_file, new->pid_file },
	};
	size_t	i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].old, fixed[i].new) != 0)
			log_warnx(p->log, "reload: %s: takes effect when "
			    "broodd is started again", fixed[i].key);
}

/* Who this node is, others and its processes were told for good. */
static void
keep_identity(struct conf_node *old, struct conf_node *new)
{
	struct { char **old, **new; } kept[] = {
		{ &old->name, &new->name },
		{ &old->role, &new->role },
		{ &old->cluster, &new->cluster },
	};
	char	*text;
	size_t	 i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		text = *kept[i].old;
		*kept[i].old = *kept[i].new;
		*kept[i].new = text;
	}
}

/* All that can fail, before anything is changed.  -1 and errno: EINVAL, what
   is wrong was told; else nobody was told yet. */
static int
load(struct parent *p, struct conf **new, struct listen *net,
    struct conf_sink *sink)
{
	char	why[LISTEN_WHY_SIZE];

	if (source_load(p->source, new, sink) == -1)
		return -1;
	if (listen_open(net, &(*new)->node, &p->net, &p->conf->node, why) == 0)
		return 0;
	sink->say(sink->ctx, why);
	conf_free(*new);
	errno = EINVAL;			/* as of any other problem told */
	return -1;
}

/* The relay, too, has its key and its sockets before it is told of them.  When
   there is none, the next one begins with all of it. */
static int
tell(struct parent *p, bool same_net)
{
	if (p->link.fd == -1)
		return 0;
	if (report_keys(p) == -1)
		return -1;
	if (!same_net && report_net(p) == -1)
		return -1;
	return report_conf(p, p->conf);
}

/* From now on it is the one in force. */
static void
adopt(struct parent *p, struct conf *new, const struct listen *net)
{
	bool	same_net = listen_same(&p->conf->node, &new->node);

	warn_fixed(p, &p->conf->node, &new->node);
	keep_identity(&p->conf->node, &new->node);
	conf_free(p->conf);
	p->conf = new;
	p->programs.conf = new;
	listen_close(&p->net);
	p->net = *net;
	accounts_release(&p->programs.accounts);
	log_set_level(p->log, (enum log_level)new->node.log_level);
	if (tell(p, same_net) == -1)
		log_warn(p->log, "reload: relay not told");
	if (!same_net)
		log_info(p->log, "listening: address=%s",
		    net->tcp != -1 ? net->address : "none");
	log_info(p->log, "configuration reloaded");
}

void
reload_now(struct parent *p)
{
	struct conf_sink	 sink = { .say = on_problem, .ctx = p };
	struct conf		*new;
	struct listen		 net;
	struct timespec		 t = { 0, 0 };
	char			 text[96];

	/* The init wants this clock, whatever ours is. */
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%"
	    PRIu64, (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
	(void)notify_send(&p->notify, text);
	if (load(p, &new, &net, &sink) == 0)
		adopt(p, new, &net);
	else
		log_errorx(p->log, "reload failed: the configuration stays as "
		    "it was");
	(void)notify_send(&p->notify, "READY=1");
}

void
reload_asked(struct parent *p, bool dry_run)
{
	struct buf		 problems;
	struct conf_sink	 sink = { .say = on_problem_line,
				    .ctx = &problems };
	struct conf		*new;
	struct listen		 net;
	int			 error = 0;

	buf_init(&problems, ANSWER_MOST);
	if (load(p, &new, &net, &sink) == -1)
		error = errno;
	buf_add_u8(&problems, 0);
	(void)report_answer(p, error, problems.error == 0 ?
	    (const char *)problems.p : strerror(ENOMEM));
	if (error != 0)
		log_errorx(p->log, "reload failed: the configuration stays as "
		    "it was");
	else if (!dry_run)
		adopt(p, new, &net);
	else {
		(void)report_conf(p, new);
		listen_close(&net);
		conf_free(new);
	}
	buf_release(&problems);
}
