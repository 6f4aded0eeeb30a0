/*
 * conf_check.c - rules between settings, and what is not built yet.
 *
 * Owns:    every rule that needs more than one setting to be looked at.
 * Not here: what a single value may be (conf_value.c).
 * Errors:  problems go to the sink, with the place of the setting to change;
 *          memory that is short counts as one.
 */
#include "conf_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_host.h"
#include "conf_table.h"

/* Told where the setting was given, else where its section begins. */
static void __attribute__((format(printf, 5, 6)))
complain(struct conf_sink *sink, enum conf_kind kind,
    const struct conf_section *s, const char *key, const char *fmt, ...)
{
	const struct conf_key	*k = conf_table_find(kind, key);
	const char		*file = s->file;
	size_t			 line = s->lines[k - conf_kinds[kind].keys];
	char			 reason[CONF_WHY_SIZE];
	va_list			 ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	if (line == CONF_LINE_OVERRIDE) {
		file = "-o";
		line = 0;
	} else if (line == 0)
		line = s->line;
	conf_sink_say(sink, *file != '\0' ? file : "default", line, key, "%s",
	    reason);
}

/* --- the node --- */

/* Without a network, or without the provider that reads it, a setting would do
   nothing: who wrote it expects otherwise. */
static void
check_unused(const struct conf_node *n, struct conf_sink *sink)
{
	const struct { const char *key; bool set; int provider; } uses[] = {
		{ "advertise", *n->advertise != '\0', 0 },
		{ "known-hosts", *n->known_hosts != NULL,
		    CONF_DISCOVER_STATIC },
		{ "dns-name", *n->dns_name != '\0', CONF_DISCOVER_DNS },
		{ "discover", n->discover != CONF_DISCOVER_STATIC, 0 },
	};
	bool	off = strcmp(n->listen, "none") == 0;
	size_t	i;

	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (!uses[i].set)
			continue;
		if (off)
			complain(sink, CONF_NODE, &n->s, uses[i].key,
			    "without listen there is no network: give listen, "
			    "such as 127.0.0.1:38813, or leave this out");
		else if ((n->discover & uses[i].provider) != uses[i].provider)
			complain(sink, CONF_NODE, &n->s, uses[i].key,
			    "is of use only with %s in discover",
			    uses[i].provider == CONF_DISCOVER_DNS ? "dns" :
			    "static");
	}
}

static void
check_network(const struct conf_node *n, struct conf_sink *sink)
{
	char	host[CONF_HOST_SIZE];
	int	port;

	if ((n->discover & CONF_DISCOVER_DNS) != 0 && *n->dns_name == '\0')
		complain(sink, CONF_NODE, &n->s, "discover",
		    "dns needs a dns-name");
	if (strcmp(n->listen, "none") != 0 && *n->key_file == '\0' &&
	    !conf_host_loopback(n->listen) &&
	    conf_host_parse(n->listen, host, &port) == NULL)
		complain(sink, CONF_NODE, &n->s, "listen",
		    "%.64s is not loopback: a key-file is needed, the same on "
		    "all nodes; scripts/gen-key makes one", host);
	check_unused(n, sink);
}

static void
check_node(const struct conf_node *n, struct conf_sink *sink)
{
	if (n->low_mark >= n->high_mark)
		complain(sink, CONF_NODE, &n->s, "low-mark",
		    "must be below high-mark");
	if (n->max_message > n->frame_memory)
		complain(sink, CONF_NODE, &n->s, "max-message",
		    "must not exceed frame-memory");
	check_network(n, sink);
}

/* --- workers and groups as a graph: who names whom --- */

enum visit { VISIT_NEW, VISIT_OPEN, VISIT_DONE };

struct vertex {
	const struct conf_section	*s;
	struct vertex			*from;	/* how the search came here */
	size_t				 edge;	/* the next one to follow */
	enum visit			 visit;
};

struct graph {
	enum conf_kind	  kind;
	const char	 *key;			/* what names the others */
	struct vertex	 *vertex;		/* in file order */
	struct vertex	**by_name;
	size_t		  n;
	struct conf_sink *sink;
};

static int
graph_compare(const void *a, const void *b)
{
	const struct vertex *const	*v = a, *const *w = b;

	return strcmp((*v)->s->name, (*w)->s->name);
}

static struct vertex *
graph_find(const struct graph *g, const char *name)
{
	size_t	 low = 0, high = g->n, middle;
	int	 cmp;

	while (low < high) {
		middle = low + (high - low) / 2;
		cmp = strcmp(g->by_name[middle]->s->name, name);
		if (cmp == 0)
			return g->by_name[middle];
		if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The i-th name a section refers to, or NULL. */
static const char *
graph_edge(const struct graph *g, const struct conf_section *s, size_t i)
{
	const struct conf_group	*group;

	if (g->kind == CONF_WORKER)
		return ((const struct conf_worker *)s)->after[i];
	group = (const struct conf_group *)s;
	return i == 0 && *group->parent != '\0' ? group->parent : NULL;
}

/* The search came from first to last, and last refers to first. */
static void
graph_circle(const struct graph *g, const struct vertex *first,
    const struct vertex *last)
{
	const struct vertex	*v;
	char			 text[160], longer[sizeof(text)];

	snprintf(text, sizeof(text), "%s", first->s->name);
	for (v = last; v != NULL; v = v == first ? NULL : v->from) {
		if (snprintf(longer, sizeof(longer), "%s -> %s", v->s->name,
		    text) >= (int)sizeof(longer))
			break;
		memcpy(text, longer, sizeof(text));
	}
	complain(g->sink, g->kind, last->s, g->key, "goes in a circle: %s%s",
	    v != NULL ? "... -> " : "", text);
}

/* Depth first, each edge once; no recursion, a chain may be long. */
static void
graph_search(struct graph *g, struct vertex *v)
{
	struct vertex	*w;
	const char	*name;

	v->visit = VISIT_OPEN;
	while (v != NULL) {
		if ((name = graph_edge(g, v->s, v->edge++)) == NULL) {
			v->visit = VISIT_DONE;
			v = v->from;
		} else if ((w = graph_find(g, name)) == NULL)
			complain(g->sink, g->kind, v->s, g->key,
			    "there is no [%s %s]", conf_kinds[g->kind].name,
			    name);
		else if (w->visit == VISIT_OPEN)
			graph_circle(g, w, v);
		else if (w->visit == VISIT_NEW) {
			w->from = v;
			w->visit = VISIT_OPEN;
			v = w;
		}
	}
}

static int
graph_init(struct graph *g, const struct conf *conf)
{
	const struct conf_section	*s;
	size_t				 i = 0;

	g->n = conf->count[g->kind];
	g->vertex = calloc(g->n + 1, sizeof(*g->vertex));
	g->by_name = calloc(g->n + 1, sizeof(struct vertex *));
	if (g->vertex == NULL || g->by_name == NULL)
		return -1;
	STAILQ_FOREACH(s, &conf->sections[g->kind], next) {
		g->vertex[i].s = s;
		g->by_name[i] = &g->vertex[i];
		i++;
	}
	qsort(g->by_name, g->n, sizeof(struct vertex *), graph_compare);
	return 0;
}

static void
graph_release(struct graph *g)
{
	free(g->vertex);
	free(g->by_name);
}

static void
check_graph(const struct conf *conf, enum conf_kind kind, const char *key,
    struct conf_sink *sink)
{
	struct graph	 g = { .kind = kind, .key = key, .sink = sink };
	size_t		 i;

	if (graph_init(&g, conf) == -1)
		conf_sink_say(sink, "check", 0, key, "out of memory");
	else
		for (i = 0; i < g.n; i++)
			if (g.vertex[i].visit == VISIT_NEW)
				graph_search(&g, &g.vertex[i]);
	graph_release(&g);
}

/* --- workers --- */

static void
check_worker(const struct conf_worker *w, const struct graph *groups,
    struct conf_sink *sink)
{
	bool	 fd = w->notification_fd != CONF_UNSET;

	if (*w->program == '\0')
		complain(sink, CONF_WORKER, &w->s, "program",
		    "must be given: which program is it?");
	if (*w->group != '\0' && graph_find(groups, w->group) == NULL)
		complain(sink, CONF_WORKER, &w->s, "group",
		    "there is no [group %s]", w->group);
	if (w->ready == CONF_READY_FD && !fd)
		complain(sink, CONF_WORKER, &w->s, "ready",
		    "fd needs a notification-fd");
	if (w->ready != CONF_READY_FD && fd)
		complain(sink, CONF_WORKER, &w->s, "notification-fd",
		    "is of use only with ready = fd");
	if (w->backoff_first > w->backoff_max)
		complain(sink, CONF_WORKER, &w->s, "backoff-first",
		    "must not exceed backoff-max");
}

void
conf_check(const struct conf *conf, struct conf_sink *sink)
{
	struct graph			 groups = { .kind = CONF_GROUP };
	const struct conf_worker	*w;

	check_node(&conf->node, sink);
	if (graph_init(&groups, conf) == -1)
		conf_sink_say(sink, "check", 0, "group", "out of memory");
	else
		CONF_FOREACH(w, conf, CONF_WORKER)
			check_worker(w, &groups, sink);
	graph_release(&groups);
	check_graph(conf, CONF_WORKER, "after", sink);
	check_graph(conf, CONF_GROUP, "parent", sink);
}

void
conf_check_users(const struct conf *conf, struct conf_sink *sink)
{
	const struct conf_program	*p;
	const char			*relay = conf->node.user;

	/* Root, written out: nobody is switched to, nothing is kept apart. */
	if (strcmp(relay, "root") == 0)
		return;
	if (strcmp(conf->node.worker_user, relay) == 0)
		complain(sink, CONF_NODE, &conf->node.s, "worker-user",
		    "must not be the relay's user (%s)", relay);
	CONF_FOREACH(p, conf, CONF_PROGRAM)
		if (strcmp(p->user, relay) == 0)
			complain(sink, CONF_PROGRAM, &p->s, "user",
			    "must not be the relay's user (%s)", relay);
}

/* --- what is not built yet --- */

static void
unsupported_section(enum conf_kind kind, const struct conf_section *s,
    struct conf_sink *sink)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	const struct conf_key		*k;
	const char			*instead;
	char				*text;
	size_t				 i;

	for (i = 0; i < info->nkeys; i++) {
		k = &info->keys[i];
		if (k->later.part == NULL)
			continue;
		instead = k->later.meanwhile != NULL ? k->later.meanwhile :
		    k->initial;
		text = conf_value_text(k, conf_table_field(k, s));
		if (text != NULL && strcmp(text, instead) != 0)
			complain(sink, kind, s, k->name, "'%.64s' has no "
			    "effect: %s is not part of this version; in force "
			    "is '%s'", text, k->later.part, instead);
		free(text);
	}
}

void
conf_unsupported(const struct conf *conf, struct conf_sink *sink)
{
	const struct conf_section	*s;
	enum conf_kind			 kind;

	for (kind = 0; kind < CONF_NKINDS; kind++)
		STAILQ_FOREACH(s, &conf->sections[kind], next)
			unsupported_section(kind, s, sink);
}
