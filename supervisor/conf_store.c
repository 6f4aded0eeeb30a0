/*
 * conf_store.c - the sections of a configuration: made, found, compared.
 *
 * Owns:    the memory of a struct conf.
 * Not here: how it is read (conf.c).
 * Errors:  NULL and errno ENOMEM.
 */
#include "conf_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "conf_table.h"

static void
conf_section_release(enum conf_kind kind, struct conf_section *s)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	size_t				 i;

	for (i = 0; i < info->nkeys; i++)
		conf_value_release(&info->keys[i],
		    conf_table_field(&info->keys[i], s));
	free(s->name);
}

/* Every setting at its default; on failure what there is can be released. */
static int
conf_section_init(enum conf_kind kind, struct conf_section *s, const char *name)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	char				 why[CONF_WHY_SIZE];
	size_t				 i;

	s->file = "";
	if ((s->name = strdup(name)) == NULL)
		return -1;
	for (i = 0; i < info->nkeys; i++)
		if (conf_value_parse(&info->keys[i], info->keys[i].initial,
		    conf_table_field(&info->keys[i], s), why) == -1) {
			BUG_ON(errno != ENOMEM);
			return -1;
		}
	return 0;
}

static void
conf_section_put(struct conf *conf, enum conf_kind kind, struct conf_section *s)
{
	STAILQ_INSERT_TAIL(&conf->sections[kind], s, next);
	conf->count[kind]++;
}

struct conf_section *
conf_section_new(struct conf *conf, enum conf_kind kind, const char *name)
{
	struct conf_section	*s;

	if ((s = calloc(1, conf_kinds[kind].size)) == NULL)
		return NULL;
	if (conf_section_init(kind, s, name) == -1) {
		conf_section_release(kind, s);
		free(s);
		return NULL;
	}
	conf_section_put(conf, kind, s);
	return s;
}

struct conf_section *
conf_section_find(const struct conf *conf, enum conf_kind kind,
    const char *name)
{
	struct conf_section	*s;

	STAILQ_FOREACH(s, &conf->sections[kind], next)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

struct conf *
conf_new(void)
{
	struct conf	*conf;
	size_t		 i;

	if ((conf = calloc(1, sizeof(*conf))) == NULL)
		return NULL;
	for (i = 0; i < CONF_NKINDS; i++)
		STAILQ_INIT(&conf->sections[i]);
	if (conf_section_init(CONF_NODE, &conf->node.s, "") == -1) {
		conf_section_release(CONF_NODE, &conf->node.s);
		free(conf);
		return NULL;
	}
	conf_section_put(conf, CONF_NODE, &conf->node.s);
	return conf;
}

void
conf_free(struct conf *conf)
{
	struct conf_section	*s;
	enum conf_kind		 kind;
	size_t			 i;

	if (conf == NULL)
		return;
	for (kind = 0; kind < CONF_NKINDS; kind++)
		while ((s = STAILQ_FIRST(&conf->sections[kind])) != NULL) {
			STAILQ_REMOVE_HEAD(&conf->sections[kind], next);
			conf_section_release(kind, s);
			if (kind != CONF_NODE)	/* that one is embedded */
				free(s);
		}
	for (i = 0; i < conf->nfiles; i++)
		free(conf->files[i]);
	free(conf->files);
	free(conf);
}

const struct conf_program *
conf_program(const struct conf *conf, const char *name)
{
	return (void *)conf_section_find(conf, CONF_PROGRAM, name);
}

const struct conf_worker *
conf_worker(const struct conf *conf, const char *name)
{
	return (void *)conf_section_find(conf, CONF_WORKER, name);
}

const struct conf_group *
conf_group(const struct conf *conf, const char *name)
{
	return (void *)conf_section_find(conf, CONF_GROUP, name);
}

bool
conf_is_template(const struct conf_worker *w)
{
	return w->s.name[strlen(w->s.name) - 1] == '@';
}

bool
conf_same(enum conf_kind kind, const struct conf_section *a,
    const struct conf_section *b)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	bool				 same = strcmp(a->name, b->name) == 0;
	char				*one, *other;
	size_t				 i;

	for (i = 0; i < info->nkeys && same; i++) {
		one = conf_value_text(&info->keys[i],
		    conf_table_field(&info->keys[i], a));
		other = conf_value_text(&info->keys[i],
		    conf_table_field(&info->keys[i], b));
		same = one != NULL && other != NULL && strcmp(one, other) == 0;
		free(one);
		free(other);
	}
	return same;
}
