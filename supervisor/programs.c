/*
 * programs.c - what may be started, and how: the parent's own answer.
 *
 * Owns:    the way from a name to a path, a user, limits, arguments and an
 *          environment.
 * Not here: the start itself (child.c), who may ask (the relay).
 * Errors:  -1, errno and the stage; what errno cannot say is logged.
 */
#include "programs.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "conf_words.h"
#include "log.h"
#include "pid.h"
#include "words.h"

#define DEFAULT_PATH	"/usr/local/bin:/usr/bin:/bin"
#define PLAIN_SECTION	"[program plain]\n"
#define FILE_MOST	(256u << 10)	/* an environment-file */

static int
fail(const char **stage, const char *which, int error)
{
	*stage = which;
	errno = error;
	return -1;
}

/* The default of every setting: a program that has no section. */
int
programs_init(struct programs *p)
{
	struct conf_sink	sink = { .say = NULL };

	return conf_parse_text(&p->plain, PLAIN_SECTION,
	    strlen(PLAIN_SECTION), &sink);
}

void
programs_release(struct programs *p)
{
	conf_free(p->plain);
	p->plain = NULL;
	accounts_release(&p->accounts);
}

/* ---- the executable ---- */

/*
 * In the worker directory: below the directory that is open, by a name without
 * a slash, and not by a link, which could lead anywhere.
 */
static char *
find_worker(const char *dir, const char *name)
{
	struct stat	 st;
	char		*path = NULL;
	int		 fd, error = 0;

	if (!name_valid(name)) {
		errno = ENOENT;
		return NULL;
	}
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return NULL;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		error = errno;
	else if (S_ISLNK(st.st_mode))
		error = ELOOP;
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		error = EACCES;
	else if (asprintf(&path, "%s/%s", dir, name) == -1) {
		path = NULL;
		error = ENOMEM;
	}
	close(fd);
	errno = error;
	return path;
}

static int
set_path(const struct programs *p, const struct conf_program *c,
    const char *name, struct launch *out, const char **stage)
{
	if (*c->exec != '\0')
		out->path = strdup(c->exec);
	else
		out->path = find_worker(p->conf->node.worker_dir, name);
	out->plan.path = out->path;
	return out->path == NULL ? fail(stage, "program", errno) : 0;
}

/* ---- the user ---- */

static int
find_groups(const struct programs *p, const struct conf_program *c,
    struct launch *out)
{
	size_t	n = 0, i;

	if (*c->unix_group != '\0' &&
	    account_group(c->unix_group, &out->ids.gid) == -1) {
		log_warn(p->log, "program %s: group %s", c->s.name,
		    c->unix_group);
		return -1;
	}
	while (c->supplementary_groups[n] != NULL)
		n++;
	if (n == 0)
		return 0;
	if ((out->groups = calloc(n, sizeof(gid_t))) == NULL)
		return -1;
	for (i = 0; i < n; i++)
		if (account_group(c->supplementary_groups[i],
		    &out->groups[i]) == -1) {
			log_warn(p->log, "program %s: group %s",
			    c->s.name, c->supplementary_groups[i]);
			return -1;
		}
	out->ids.groups = out->groups;
	out->ids.ngroups = n;
	return 0;
}

/* Without root's rights a worker is who broodd is, and nobody else. */
static int
set_user(struct programs *p, const struct conf_program *c,
    struct launch *out, const struct account **who, const char **stage)
{
	bool		 root = geteuid() == 0;
	const char	*name = c->user;

	if (root && *name == '\0')
		name = p->conf->node.worker_user;
	*who = !root && *name == '\0' ? account_of_uid(&p->accounts,
	    geteuid()) : account_find(&p->accounts, name);
	if (*who == NULL) {
		log_warn(p->log, "program %s: user %s", c->s.name, name);
		return fail(stage, "user", errno);
	}
	if (!root)
		return (*who)->uid == geteuid() ? 0 :
		    fail(stage, "user", EPERM);
	/* The relay's user could kill the relay.  Who makes the relay root has
	   given that up. */
	if (p->relay != 0 && (*who)->uid == p->relay) {
		log_warnx(p->log, "program %s: user %s is the relay's",
		    c->s.name, name);
		return fail(stage, "user", EPERM);
	}
	out->ids = (struct child_ids){ .uid = (*who)->uid,
	    .gid = (*who)->gid };
	out->plan.ids = &out->ids;
	return find_groups(p, c, out) == -1 ? fail(stage, "user", errno) : 0;
}

/* ---- limits ---- */

static void
add_limit(struct launch *out, int what, int64_t value)
{
	rlim_t	limit = value == CONF_UNLIMITED ? RLIM_INFINITY :
		    (rlim_t)value;

	out->limits[out->plan.nlimits++] = (struct child_limit){ what,
	    { limit, limit } };
}

static void
set_limits(const struct programs *p, const struct conf_program *c,
    struct launch *out)
{
	out->plan.limits = out->limits;
	/* broodd has raised its own; nobody else gets that. */
	if (c->rlimit_nofile != CONF_UNSET)
		add_limit(out, RLIMIT_NOFILE, c->rlimit_nofile);
	else
		out->limits[out->plan.nlimits++] = (struct child_limit){
		    RLIMIT_NOFILE, p->nofile };
	if (c->rlimit_core != CONF_UNSET)
		add_limit(out, RLIMIT_CORE, c->rlimit_core);
	if (c->rlimit_as != CONF_UNSET)
		add_limit(out, RLIMIT_AS, c->rlimit_as);
	if (c->nice != CONF_UNSET) {
		out->nice = c->nice;
		out->plan.nice = &out->nice;
	}
	if (c->oom_score_adjust != CONF_UNSET) {
		(void)snprintf(out->oom, sizeof(out->oom), "%d",
		    c->oom_score_adjust);
		out->plan.oom = out->oom;
	}
}

/* ---- arguments and environment ---- */

static int
set_args(const struct conf_program *c, const struct launch_request *q,
    struct launch *out, const char **stage)
{
	struct words	w = { .v = NULL };
	size_t		i;

	words_add(&w, out->path);
	for (i = 0; c->args[i] != NULL; i++)
		words_add(&w, c->args[i]);
	for (i = 0; q->args != NULL && q->args[i] != NULL; i++)
		words_add(&w, q->args[i]);
	out->argv = words_give(&w);
	out->plan.argv = out->argv;
	return out->argv == NULL ? fail(stage, "arguments", errno) : 0;
}

/* NAME=VALUE words; what brood itself tells a worker nobody changes. */
static void
add_variables(struct words *w, char *const *list)
{
	const char	*equals;
	char		*name;

	for (; *list != NULL; list++) {
		if ((equals = strchr(*list, '=')) == NULL ||
		    strncmp(*list, "BROOD_", strlen("BROOD_")) == 0)
			continue;
		name = strndup(*list, (size_t)(equals - *list));
		if (name == NULL)
			w->failed = true;
		else
			words_set(w, name, equals + 1);
		free(name);
	}
}

/* One line of it; the words are those of `environment`. */
static int
add_line(struct words *w, const char *line)
{
	const char	*why;
	char		**list;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#' || *line == ';')
		return 0;
	if ((list = conf_words_sh(line, &why)) == NULL) {
		errno = EINVAL;
		return -1;
	}
	add_variables(w, list);
	conf_words_free(list);
	return 0;
}

static int
add_file(struct words *w, const char *path)
{
	struct stat	 st;
	size_t		 cap = 0, total = 0;
	ssize_t		 n;
	char		*line = NULL;
	FILE		*f;
	int		 fd, rc = 0;

	/* Not waiting for a writer, should it be a pipe. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || (f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		rc = -1;
	}
	while (rc == 0 && (n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if ((total += (size_t)n) > FILE_MOST) {
			errno = EFBIG;
			rc = -1;
		} else
			rc = add_line(w, line);
	}
	free(line);
	fclose(f);
	return rc;
}

static void
set_own_path(const struct programs *p, struct words *w)
{
	const char	*rest = getenv("PATH");
	char		*path;

	if (rest == NULL || *rest == '\0')
		rest = DEFAULT_PATH;
	if (asprintf(&path, "%s:%s", p->bin, rest) == -1) {
		w->failed = true;
		return;
	}
	words_set(w, "PATH", path);
	free(path);
}

static void
inherit(struct words *w, const char *name)
{
	const char	*value = getenv(name);

	if (value != NULL)
		words_set(w, name, value);
}

static void
set_identity(const struct programs *p, const struct launch_request *q,
    struct words *w)
{
	struct pid	self = { 0, q->serial };
	char		text[ADDRESS_SIZE];

	words_set(w, "BROOD_FD", "3");
	words_set(w, "BROOD_SELF", pid_print(text, self, p->conf->node.name,
	    false, 0));
	words_set(w, "BROOD_NODE", p->conf->node.name);
	words_set(w, "BROOD_ROLE", p->conf->node.role);
	words_set(w, "BROOD_PROGRAM", q->program);
	words_set(w, "BROOD_ENTRY", q->entry);
	words_set(w, "BROOD_SOCKET", p->socket);
	words_set(w, "BROOD_RUN", p->run_dir);
}

static int
set_environment(const struct programs *p, const struct conf_program *c,
    const struct launch_request *q, const struct account *who,
    struct launch *out, const char **stage)
{
	struct words	w = { .v = NULL };

	set_identity(p, q, &w);
	set_own_path(p, &w);
	words_set(&w, "HOME", who->home);
	words_set(&w, "USER", who->name);
	inherit(&w, "LANG");
	inherit(&w, "TZ");
	if (*c->environment_file != '\0' &&
	    add_file(&w, c->environment_file) == -1) {
		log_warn(p->log, "program %s: environment-file %s",
		    q->program, c->environment_file);
		words_release(&w);
		return fail(stage, "environment", errno);
	}
	add_variables(&w, c->environment);
	out->envp = words_give(&w);
	out->plan.envp = out->envp;
	return out->envp == NULL ? fail(stage, "environment", errno) : 0;
}

int
programs_launch(struct programs *p, const struct launch_request *q,
    struct launch *out, const char **stage)
{
	const struct conf_program	*c = conf_program(p->conf, q->program);
	const struct account		*who;

	*out = (struct launch){ .path = NULL };
	if (c == NULL)
		c = conf_program(p->plain, "plain");
	if (set_path(p, c, q->program, out, stage) == -1 ||
	    set_user(p, c, out, &who, stage) == -1 ||
	    set_args(c, q, out, stage) == -1 ||
	    set_environment(p, c, q, who, out, stage) == -1)
		return -1;
	set_limits(p, c, out);
	out->plan.umask = (mode_t)c->umask;
	out->plan.directory = c->directory;
	out->plan.no_new_privs = c->no_new_privs;
	return 0;
}

void
launch_release(struct launch *l)
{
	int	error = errno;

	free(l->path);
	words_free(l->argv);
	words_free(l->envp);
	free(l->groups);
	*l = (struct launch){ .path = NULL };
	errno = error;
}
