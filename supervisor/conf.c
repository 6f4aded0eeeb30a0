/*
 * conf.c - the configuration is read.
 *
 * Owns:    files, their order, which section a setting belongs to.
 * Not here: the form of lines (ini.c), the settings (conf_table.c), what must
 *          hold between them (conf_check.c).
 * Errors:  -1 and errno; every problem goes to the sink, and reading goes on
 *          to find the next.
 */
#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_check.h"
#include "conf_table.h"
#include "ini.h"
#include "pid.h"

struct reader {
	struct conf		*conf;
	struct conf_sink	*sink;
	const char		*file;
	enum conf_kind		 kind;
	struct conf_section	*section;	/* NULL: skip to the next */
	bool			 begun;		/* a section was seen */
	bool			 no_memory;
};

/* --- one line --- */

/* A template's name is one that ends in @. */
static bool
section_name_valid(enum conf_kind kind, const char *name)
{
	char	 base[NAME_SIZE];
	size_t	 n = strlen(name);

	if (kind != CONF_WORKER || n < 2 || n > sizeof(base) ||
	    name[n - 1] != '@')
		return name_valid(name);
	memcpy(base, name, n - 1);
	base[n - 1] = '\0';
	return name_valid(base);
}

/* NULL: the section is good and may begin; else why not. */
static const char *
section_refuse(struct reader *r, enum conf_kind kind, const char *name,
    struct conf_section **old)
{
	*old = conf_section_find(r->conf, kind, name);
	if (!conf_kinds[kind].named)
		return *name != '\0' ? "takes no name" : NULL;
	if (*name == '\0')
		return "needs a name";
	if (!section_name_valid(kind, name))
		return "the name is not a letter, then letters, digits, '_', "
		    "'.' or '-', at most 63";
	if (*old == NULL && r->conf->count[kind] >= CONF_SECTIONS_MOST)
		return "too many sections";
	return NULL;
}

static void
read_section(struct reader *r, const struct ini_entry *e)
{
	struct conf_section	*s = NULL;
	const char		*why, *near;
	char			 title[CONF_WHY_SIZE];

	r->section = NULL;
	r->begun = true;
	snprintf(title, sizeof(title), *e->name != '\0' ? "[%s %s]" : "[%s]",
	    e->section, e->name);
	for (r->kind = 0; r->kind < CONF_NKINDS; r->kind++)
		if (strcmp(conf_kinds[r->kind].name, e->section) == 0)
			break;
	if (r->kind == CONF_NKINDS) {
		near = conf_table_guess_kind(e->section);
		conf_sink_say(r->sink, r->file, e->line, title, "unknown "
		    "section (%s%s%s)", near ? "did you mean '" : "there are "
		    "node, program, worker, group", near ? near : "",
		    near ? "'?" : "");
	} else if ((why = section_refuse(r, r->kind, e->name, &s)) != NULL)
		conf_sink_say(r->sink, r->file, e->line, title, "%s", why);
	else if (s != NULL && s->line != 0)
		conf_sink_say(r->sink, r->file, e->line, title, "stands twice, "
		    "already at %s:%zu", s->file, s->line);
	else if (s == NULL &&
	    (s = conf_section_new(r->conf, r->kind, e->name)) == NULL)
		r->no_memory = true;
	else {
		s->file = r->file;
		s->line = e->line;
		r->section = s;
	}
}

/* Misspelt, or at home in another section? */
static void
unknown_setting(struct reader *r, size_t line, const char *key)
{
	const char	*near = conf_table_guess(r->kind, key);
	const char	*here = conf_kinds[r->kind].name;
	enum conf_kind	 kind;

	for (kind = 0; kind < CONF_NKINDS; kind++)
		if (conf_table_find(kind, key) != NULL)
			break;
	if (kind < CONF_NKINDS)
		conf_sink_say(r->sink, r->file, line, key, "unknown setting "
		    "in [%s] (it belongs into [%s])", here,
		    conf_kinds[kind].name);
	else if (near != NULL)
		conf_sink_say(r->sink, r->file, line, key, "unknown setting "
		    "in [%s] (did you mean '%s'?)", here, near);
	else
		conf_sink_say(r->sink, r->file, line, key, "unknown setting "
		    "in [%s]", here);
}

static void
read_setting(struct reader *r, size_t line, const char *key, const char *value)
{
	const struct conf_key	*k = conf_table_find(r->kind, key);
	char			 why[CONF_WHY_SIZE];
	size_t			*given;

	if (k == NULL) {
		unknown_setting(r, line, key);
		return;
	}
	given = &r->section->lines[k - conf_kinds[r->kind].keys];
	if (*given != 0 && line != 0) {
		conf_sink_say(r->sink, r->file, line, key, "stands twice, "
		    "already in line %zu", *given);
		return;
	}
	*given = line != 0 ? line : CONF_LINE_OVERRIDE;
	if (conf_value_parse(k, value, conf_table_field(k, r->section),
	    why) == 0)
		return;
	if (errno == ENOMEM)
		r->no_memory = true;
	else
		conf_sink_say(r->sink, r->file, line, key, "%s", why);
}

static void
conf_on_entry(void *ctx, const struct ini_entry *e)
{
	struct reader	*r = ctx;

	if (e->error != NULL) {
		conf_sink_say(r->sink, r->file, e->line,
		    *e->key != '\0' ? e->key : NULL, "%s", e->error);
		if (*e->key == '[') {
			r->section = NULL;
			r->begun = true;
		}
	} else if (e->key == NULL)
		read_section(r, e);
	else if (r->section != NULL)
		read_setting(r, e->line, e->key, e->value);
	else if (!r->begun)
		conf_sink_say(r->sink, r->file, e->line, e->key,
		    "stands before the first [section]");
}

static void
read_text(struct reader *r, const char *file, const char *text, size_t len)
{
	r->file = file;
	r->section = NULL;
	r->begun = false;
	if (ini_parse(text, len, conf_on_entry, r) == -1)
		r->no_memory = true;
}

static void
read_overrides(struct reader *r, char *const *overrides)
{
	char	*copy, *equals;

	r->file = "-o";
	r->kind = CONF_NODE;
	r->section = &r->conf->node.s;
	for (; overrides != NULL && *overrides != NULL; overrides++) {
		if ((copy = strdup(*overrides)) == NULL) {
			r->no_memory = true;
			return;
		}
		if ((equals = strchr(copy, '=')) == NULL)
			conf_sink_say(r->sink, r->file, 0, copy,
			    "is not KEY=VALUE");
		else {
			*equals = '\0';
			read_setting(r, 0, copy, equals + 1);
		}
		free(copy);
	}
}

/* --- files --- */

/* The whole of a file, which may be a pipe; NULL and errno. */
static char *
file_read(const char *path, size_t *len)
{
	char	*text = NULL;
	ssize_t	 n = -1;
	int	 fd, err;

	*len = 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return NULL;
	if ((text = malloc(CONF_FILE_MOST + 1)) != NULL)
		while ((n = read(fd, text + *len,
		    CONF_FILE_MOST + 1 - *len)) > 0)
			*len += (size_t)n;
	if (n == 0 && *len > CONF_FILE_MOST) {
		errno = EFBIG;
		n = -1;
	}
	err = errno;
	close(fd);
	if (n == -1) {
		free(text);
		text = NULL;
	}
	errno = err;
	return text;
}

/* The name outlives the reading: sections point to it.  Takes path. */
static void
read_file(struct reader *r, char *path)
{
	struct conf	*conf = r->conf;
	char		**files, *text;
	size_t		 len;

	files = reallocarray(conf->files, conf->nfiles + 1, sizeof(*files));
	if (path == NULL || files == NULL) {
		conf->files = files != NULL ? files : conf->files;
		free(path);
		r->no_memory = true;
		return;
	}
	conf->files = files;
	files[conf->nfiles++] = path;
	if ((text = file_read(path, &len)) == NULL) {
		if (errno == ENOMEM)
			r->no_memory = true;
		else
			conf_sink_say(r->sink, path, 0, NULL, "%s",
			    strerror(errno));
		return;
	}
	read_text(r, path, text, len);
	free(text);
}

static int
dropin_wanted(const struct dirent *d)
{
	size_t	 n = strlen(d->d_name);

	return n > 5 && *d->d_name != '.' &&
	    strcmp(d->d_name + n - 5, ".conf") == 0;
}

/* By bytes: the order must not depend on who starts broodd. */
static int
dropin_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
read_dropins(struct reader *r, const char *file)
{
	const char	*slash = strrchr(file, '/');
	int		 prefix = slash != NULL ? (int)(slash - file) + 1 : 0;
	struct dirent	**found = NULL;
	char		*dir, *path;
	int		 i, n;

	if (asprintf(&dir, "%.*s" CONF_DROPINS, prefix, file) == -1) {
		r->no_memory = true;
		return;
	}
	n = scandir(dir, &found, dropin_wanted, dropin_compare);
	if (n == -1 && errno == ENOMEM)
		r->no_memory = true;
	else if (n == -1 && errno != ENOENT && errno != ENOTDIR)
		conf_sink_say(r->sink, dir, 0, NULL, "%s", strerror(errno));
	for (i = 0; i < n; i++) {
		if (asprintf(&path, "%s/%s", dir, found[i]->d_name) == -1)
			path = NULL;
		read_file(r, path);
		free(found[i]);
	}
	free(found);
	free(dir);
}

/* --- the whole --- */

/* A worker without a stop-timeout of its own has its program's. */
static void
conf_inherit(struct conf *conf)
{
	const struct conf_key		*k = conf_table_find(CONF_WORKER,
					    "stop-timeout");
	const struct conf_program	*p;
	struct conf_worker		*w;

	CONF_FOREACH(w, conf, CONF_WORKER)
		if (w->s.lines[k - conf_kinds[CONF_WORKER].keys] == 0 &&
		    (p = conf_program(conf, w->program)) != NULL)
			w->stop_timeout = p->stop_timeout;
}

static int
conf_finish(struct reader *r, struct conf **out)
{
	if (!r->no_memory) {
		conf_inherit(r->conf);
		conf_check(r->conf, r->sink);
	}
	conf_sink_end(r->sink);
	if (!r->no_memory && r->sink->count == 0) {
		*out = r->conf;
		return 0;
	}
	conf_free(r->conf);
	errno = r->no_memory ? ENOMEM : EINVAL;
	return -1;
}

int
conf_load(struct conf **out, const char *file, char *const *overrides,
    struct conf_sink *sink)
{
	struct reader	 r = { .sink = sink };

	*out = NULL;
	sink->count = 0;
	if ((r.conf = conf_new()) == NULL)
		return -1;
	if (file != NULL) {
		read_file(&r, strdup(file));
		read_dropins(&r, file);
	}
	read_overrides(&r, overrides);
	return conf_finish(&r, out);
}

int
conf_parse_text(struct conf **out, const char *text, size_t len,
    struct conf_sink *sink)
{
	struct reader	 r = { .sink = sink };

	*out = NULL;
	sink->count = 0;
	if ((r.conf = conf_new()) == NULL)
		return -1;
	read_text(&r, "text", text, len);
	return conf_finish(&r, out);
}
