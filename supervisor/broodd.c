/*
 * broodd.c - the supervisor of a host: options, and the way to its processes.
 *
 * Owns:    the command line, exit codes, what is done before there are three
 *          processes.  It alone knows everybody.
 * Errors:  whatever cannot start says why on stderr: 100 usage, configuration
 *          or a run directory in use, 111 the system.
 */
#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "conf_print.h"
#include "daemonize.h"
#include "guard.h"
#include "log.h"
#include "parent.h"
#include "rundir.h"
#include "sigs.h"
#include "source.h"
#include "sweep.h"
#include "where.h"
#include "words.h"

#define EXIT_USAGE	100
#define EXIT_SYSTEM	111
#define FD_FLOOR	10	/* below it is for workers */

#define DEFAULT_FILE	BROOD_SYSCONFDIR "/brood/" CONF_FILE

struct options {
	const char	*file;
	struct words	 overrides;
	bool		 check, verbose, background;
};

/* ---- the command line ---- */

static int
usage(void)
{
	fprintf(stderr, "usage: broodd [-f FILE] [-o KEY=VALUE]... [-n] [-D] "
	    "[-v] [--version]\n");
	return EXIT_USAGE;
}

/* Exits for --version and --help; -1: usage. */
static int
read_options(struct options *o, int argc, char **argv)
{
	int	c;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("broodd %s\n", BROOD_VERSION);
		exit(0);
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		(void)usage();
		exit(0);
	}
	while ((c = getopt(argc, argv, "f:o:nDv")) != -1) {
		switch (c) {
		case 'f':
			o->file = optarg;
			break;
		case 'o':
			words_add(&o->overrides, optarg);
			break;
		case 'n':
			o->check = true;
			break;
		case 'D':
			o->background = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		default:
			return -1;
		}
	}
	if (o->verbose && !o->check)
		words_add(&o->overrides, "log-level=debug");
	return optind == argc ? 0 : -1;
}

/* Not realpath(3): workers.d stands beside the name that was given, not beside
   what it may be a link to. */
static char *
absolute(const char *path)
{
	char	*folder, *full = NULL;

	if (*path == '/')
		return strdup(path);
	if ((folder = getcwd(NULL, 0)) == NULL)
		return NULL;
	if (asprintf(&full, "%s/%s", folder, path) == -1)
		full = NULL;
	free(folder);
	return full;
}

/* Its place must be known after a change of directory, too. */
static int
find_file(const struct options *o, struct source *s)
{
	const char	*path = o->file;

	if (path == NULL && access(DEFAULT_FILE, F_OK) == 0)
		path = DEFAULT_FILE;
	if (path == NULL)
		return 0;
	if ((s->file = absolute(path)) != NULL)
		return 0;
	fprintf(stderr, "broodd: %s: %s\n", path, strerror(errno));
	return -1;
}

static void
on_problem(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s\n", text);
}

/* -n: without what only this machine knows, so that it prints what stands. */
static int
check(const struct source *s, bool print)
{
	struct conf_sink	 sink = { .say = on_problem };
	struct conf		*conf;
	int			 rc = 0;

	if (conf_load(&conf, s->file, s->overrides, &sink) == -1) {
		if (errno == EINVAL)
			return EXIT_USAGE;
		fprintf(stderr, "broodd: %s\n", strerror(errno));
		return EXIT_SYSTEM;
	}
	if (print && (conf_print(conf, stdout) == -1 || fflush(stdout) == EOF))
		rc = EXIT_SYSTEM;
	conf_free(conf);
	return rc;
}

/* ---- before the processes ---- */

/* Nothing of ours may ever lie where a worker's descriptors go, and nothing
   that was left open by who started us goes on to anybody. */
static int
reserve_descriptors(void)
{
	int	fd;

	closefrom(STDERR_FILENO + 1);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd < STDERR_FILENO + 1);
	if (fd == -1)
		return -1;
	while (fd != -1 && fd < FD_FLOOR) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
			return -1;
		if (fd == FD_FLOOR - 1)
			return 0;
		fd = open("/dev/null", O_RDWR);
	}
	return -1;
}

/* Ours to the most that is allowed; workers get what was. */
static void
raise_limit(struct rlimit *before)
{
	struct rlimit	most;

	if (getrlimit(RLIMIT_NOFILE, before) == -1)
		*before = (struct rlimit){ 1024, 1024 };
	most = *before;
	most.rlim_cur = most.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &most);
}

static int
run_parent(void *ctx, int guard)
{
	return parent_run(ctx, guard);
}

/* A run before this one may have been killed whole. */
static void
sweep_leftovers(const struct rundir *run, struct log *log, pid_t spare)
{
	size_t	found, left;

	found = sweep_run(run->path, spare, mono_after(mono_now(),
	    SWEEP_TIME), &left);
	if (found > 0)
		log_warnx(log, "left by a broodd that was killed: "
		    "processes=%zu not_killed=%zu", found, left);
}

static int
open_run(struct rundir *run)
{
	char	why[RUNDIR_WHY_SIZE];

	if (rundir_open(run, why) == 0)
		return 0;
	fprintf(stderr, "broodd: %s\n", why);
	return errno == EBUSY || errno == EPERM || errno == ENOTDIR ||
	    errno == ENAMETOOLONG ? EXIT_USAGE : EXIT_SYSTEM;
}

/* From here on there is a log, and the processes. */
static int
supervise(struct parent_setup *s)
{
	int	code;

	if ((code = open_run(s->run)) != 0)
		return code;
	s->known_pid = getpid();
	sweep_leftovers(s->run, s->log, s->daemon->launcher);
	log_info(s->log, "broodd %s: node=%s run=%s", BROOD_VERSION,
	    s->conf->node.name, s->run->path);
	if ((code = guard_run(run_parent, s)) == -1) {
		log_error(s->log, "parent not started");
		code = EXIT_SYSTEM;
	}
	rundir_close(s->run);
	return code;
}

static int
load(const struct source *s, struct conf **conf)
{
	struct conf_sink	sink = { .say = on_problem };

	if (source_load(s, conf, &sink) == 0)
		return 0;
	if (errno == EINVAL)
		return EXIT_USAGE;
	fprintf(stderr, "broodd: %s\n", strerror(errno));
	return EXIT_SYSTEM;
}

static int
begin(struct parent_setup *s, bool background)
{
	int	code;

	if ((code = load(s->source, &s->conf)) != 0)
		return code;
	if (background && daemonize_start(s->daemon) == -1) {
		fprintf(stderr, "broodd: %s\n", strerror(errno));
		code = EXIT_SYSTEM;
	} else {
		s->log = log_open(s->conf->node.log,
		    (enum log_level)s->conf->node.log_level, "broodd");
		if (s->log != NULL)
			code = supervise(s);
		else {
			fprintf(stderr, "broodd: log %s: %s\n",
			    s->conf->node.log, strerror(errno));
			code = EXIT_SYSTEM;
		}
		log_close(s->log);
	}
	conf_free(s->conf);
	return code;
}

static int
start(const struct options *o, const struct source *given, const char *argv0)
{
	struct daemonize	 daemon = { .tell = -1 };
	struct where		 where;
	struct rundir		 run;
	struct source		 source = *given;
	struct parent_setup	 setup = { .source = &source, .run = &run,
				    .where = &where, .daemon = &daemon };
	int			 code;

	if (o->check)
		return check(given, o->verbose);
	sigs_reset();
	(void)signal(SIGPIPE, SIG_IGN);	/* of the log; children get it back */
	raise_limit(&setup.nofile);
	if (reserve_descriptors() == -1 || where_init(&where, argv0) == -1) {
		fprintf(stderr, "broodd: %s\n", strerror(errno));
		return EXIT_SYSTEM;
	}
	source.where = &where;
	code = begin(&setup, o->background);
	where_release(&where);
	return code;
}

int
main(int argc, char **argv)
{
	struct options	o = { .file = NULL };
	struct source	s = { .file = NULL };
	int		code;

	if (read_options(&o, argc, argv) == -1) {
		words_release(&o.overrides);
		return usage();
	}
	s.daemonized = o.background;
	s.overrides = words_give(&o.overrides);
	if (s.overrides == NULL) {
		fprintf(stderr, "broodd: %s\n", strerror(errno));
		code = EXIT_SYSTEM;
	} else if (find_file(&o, &s) == -1)
		code = EXIT_USAGE;
	else
		code = start(&o, &s, argv[0]);
	words_free(s.overrides);
	free(s.file);
	return code;
}
