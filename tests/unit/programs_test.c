/* programs_test.c - from a name to a plan; nothing but the name is believed. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "programs.h"

static char		 base[] = "/tmp/programs_test.XXXXXX";
static struct programs	 programs;
static struct conf	*conf;

static void
on_problem(void *ctx, const char *text)
{
	(void)ctx;
	note("%s", text);
}

static void
make(const char *name, int mode, const char *text)
{
	char	path[128];
	int	fd;

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || dprintf(fd, "%s", text) < 0 ||
	    fchmod(fd, (mode_t)mode) == -1)
		abort();
	close(fd);
}

/* The configuration, with %s for the directory. */
static void
use(const char *text)
{
	struct conf_sink	 sink = { .say = on_problem };
	char			*whole;
	int			 n;

	conf_free(conf);
	n = asprintf(&whole, "[node]\nname = alpha\nrole = MASTER\n"
	    "worker-dir = %s\nworker-user = %s\n%s", base,
	    geteuid() == 0 ? "nobody" : "whoever", text);
	if (n == -1 || conf_parse_text(&conf, whole, (size_t)n, &sink) == -1)
		abort();
	free(whole);
	programs.conf = conf;
}

static int
launch(const char *name, char *const *args, struct launch *l,
    const char **stage)
{
	struct launch_request	q = { 12, name, "main", args };

	*stage = "none";
	return programs_launch(&programs, &q, l, stage);
}

static const char *
variable(const struct launch *l, const char *name)
{
	size_t	i, n = strlen(name);

	for (i = 0; l->envp[i] != NULL; i++)
		if (strncmp(l->envp[i], name, n) == 0 && l->envp[i][n] == '=')
			return l->envp[i] + n + 1;
	return NULL;
}

/* ---- names ---- */

static const struct {
	const char	*name;
	int		 error;		/* 0: it may be started */
} names[] = {
	{ "good",		0 },
	{ "echo.sh",		0 },
	{ "none",		ENOENT },
	{ "linked",		ELOOP },
	{ "folder",		EACCES },
	{ "plain",		EACCES },
	{ "pipe",		EACCES },
	{ "../good",		ENOENT },
	{ "folder/good",	ENOENT },
	{ "/bin/sh",		ENOENT },
	{ ".hidden",		ENOENT },
	{ ".",			ENOENT },
	{ "",			ENOENT },
};

static void
test_names(void)
{
	struct launch	 l;
	const char	*stage;
	char		 path[160];
	size_t		 i;
	int		 rc;

	use("");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rc = launch(names[i].name, NULL, &l, &stage);
		if (names[i].error != 0)
			ok(rc == -1 && errno == names[i].error &&
			    strcmp(stage, "program") == 0, "name '%s': %s",
			    names[i].name, strerror(names[i].error));
		else {
			(void)snprintf(path, sizeof(path), "%s/%s", base,
			    names[i].name);
			is_str(l.plan.path, path, "name '%s'", names[i].name);
		}
		launch_release(&l);
	}
	programs.conf = conf;
}

static void
test_worker_dir(void)
{
	struct launch	 l;
	const char	*stage;

	use("");
	free(conf->node.worker_dir);
	conf->node.worker_dir = strdup("/nonexistent");
	ok(launch("good", NULL, &l, &stage) == -1 && errno == ENOENT,
	    "no worker directory: no program");
	launch_release(&l);
}

/* ---- what a worker is told ---- */

static void
test_environment(void)
{
	char		*args[] = { (char *)"x", (char *)"y z", NULL };
	struct launch	 l;
	const char	*stage;

	(void)setenv("SECRET", "1", 1);
	(void)setenv("LANG", "C", 1);
	(void)setenv("PATH", "/bin", 1);
	(void)unsetenv("TZ");
	use("[program good]\nargs = a \"b c\"\n"
	    "environment = A=1 LANG=de\n");
	is_int(launch("good", args, &l, &stage), 0, "environment: a plan");
	is_str(variable(&l, "BROOD_SELF"), "12@alpha", "BROOD_SELF");
	is_str(variable(&l, "BROOD_FD"), "3", "BROOD_FD");
	is_str(variable(&l, "BROOD_NODE"), "alpha", "BROOD_NODE");
	is_str(variable(&l, "BROOD_ROLE"), "MASTER", "BROOD_ROLE");
	is_str(variable(&l, "BROOD_PROGRAM"), "good", "BROOD_PROGRAM");
	is_str(variable(&l, "BROOD_ENTRY"), "main", "BROOD_ENTRY");
	is_str(variable(&l, "BROOD_SOCKET"), "/run/x/sock", "BROOD_SOCKET");
	is_str(variable(&l, "BROOD_RUN"), "/run/x", "BROOD_RUN");
	is_str(variable(&l, "PATH"), "/own/bin:/bin", "PATH");
	is_str(variable(&l, "LANG"), "de", "LANG: the program's wins");
	is_str(variable(&l, "A"), "1", "a variable of the program");
	is_str(variable(&l, "SECRET"), NULL, "none of broodd's own");
	is_str(variable(&l, "TZ"), NULL, "none that is not there");
	ok(variable(&l, "HOME") != NULL && variable(&l, "USER") != NULL,
	    "HOME, USER");
	is_str(l.argv[1], "a", "the program's arguments first");
	is_str(l.argv[2], "b c", "with their blanks");
	is_str(l.argv[3], "x", "then those of the spawn");
	is_str(l.argv[4], "y z", "with their blanks");
	is_str(l.argv[5], NULL, "and no more");
	launch_release(&l);
}

static void
test_file(void)
{
	char		 text[400];
	struct launch	 l;
	const char	*stage;

	make("vars", 0600, "# comment\n\nA=1\n  B=\"two words\"\nC=3 D=4\n"
	    "BROOD_NODE=x\nno-variable\n");
	(void)snprintf(text, sizeof(text), "[program good]\n"
	    "environment-file = %s/vars\nenvironment = C=5\n", base);
	use(text);
	is_int(launch("good", NULL, &l, &stage), 0, "file: a plan");
	is_str(variable(&l, "A"), "1", "file: a variable");
	is_str(variable(&l, "B"), "two words", "file: quoted");
	is_str(variable(&l, "D"), "4", "file: two in a line");
	is_str(variable(&l, "C"), "5", "file: `environment` wins");
	is_str(variable(&l, "BROOD_NODE"), "alpha", "file: not ours");
	launch_release(&l);
	(void)snprintf(text, sizeof(text), "[program good]\n"
	    "environment-file = %s/pipe\n", base);
	use(text);
	ok(launch("good", NULL, &l, &stage) == -1 && errno == EINVAL &&
	    strcmp(stage, "environment") == 0, "file: a pipe is none");
	launch_release(&l);
	use("[program good]\nenvironment-file = /nonexistent\n");
	ok(launch("good", NULL, &l, &stage) == -1 && errno == ENOENT &&
	    strcmp(stage, "environment") == 0, "file: must be there");
	launch_release(&l);
}

static void
test_settings(void)
{
	struct launch	 l;
	const char	*stage;

	use("[program sh]\nexec = /bin/sh\nrlimit-nofile = 64\n"
	    "rlimit-core = unlimited\nnice = 3\noom-score-adjust = 7\n"
	    "umask = 077\ndirectory = /tmp\nno-new-privs = no\n");
	is_int(launch("sh", NULL, &l, &stage), 0, "settings: a plan");
	is_str(l.plan.path, "/bin/sh", "settings: exec");
	is_int((intmax_t)l.plan.nlimits, 2, "settings: limits");
	is_int((intmax_t)l.limits[0].value.rlim_cur, 64, "settings: files");
	ok(l.limits[1].value.rlim_max == RLIM_INFINITY, "settings: core");
	is_int(*l.plan.nice, 3, "settings: nice");
	is_str(l.plan.oom, "7", "settings: oom-score-adjust");
	is_int(l.plan.umask, 077, "settings: umask");
	is_str(l.plan.directory, "/tmp", "settings: directory");
	ok(!l.plan.no_new_privs, "settings: no-new-privs");
	launch_release(&l);
	(void)launch("good", NULL, &l, &stage);
	is_int((intmax_t)l.limits[0].value.rlim_cur, 1000,
	    "defaults: files as broodd was started");
	is_int(l.plan.umask, 022, "defaults: umask");
	is_str(l.plan.directory, "/", "defaults: directory");
	ok(l.plan.no_new_privs && l.plan.nice == NULL && l.plan.oom == NULL,
	    "defaults: the rest");
	launch_release(&l);
}

/* ---- users ---- */

static void
test_root_users(void)
{
	struct launch	 l;
	const char	*stage;

	use("[program good]\nuser = root\n[program other]\n"
	    "exec = /bin/sh\nunix-group = daemon\n"
	    "supplementary-groups = bin sys\n[program lost]\n"
	    "exec = /bin/sh\nuser = no-such-user\n[program relay]\n"
	    "exec = /bin/sh\nuser = daemon\n");
	is_int(launch("echo.sh", NULL, &l, &stage), 0, "user: worker-user");
	ok(l.plan.ids != NULL && l.plan.ids->uid == 65534 &&
	    l.plan.ids->ngroups == 0, "user: nobody, without groups");
	is_str(variable(&l, "USER"), "nobody", "user: USER");
	launch_release(&l);
	is_int(launch("good", NULL, &l, &stage), 0, "user: root if told so");
	ok(l.plan.ids != NULL && l.plan.ids->uid == 0, "user: root");
	launch_release(&l);
	is_int(launch("other", NULL, &l, &stage), 0, "user: groups");
	ok(l.plan.ids->gid == 1 && l.plan.ids->ngroups == 2 &&
	    l.plan.ids->groups[1] == 3, "user: group and further groups");
	launch_release(&l);
	ok(launch("lost", NULL, &l, &stage) == -1 && errno == EINVAL &&
	    strcmp(stage, "user") == 0, "user: none of that name");
	launch_release(&l);
	programs.relay = 1;
	ok(launch("relay", NULL, &l, &stage) == -1 && errno == EPERM &&
	    strcmp(stage, "user") == 0, "user: never the relay's");
	launch_release(&l);
	programs.relay = (uid_t)-1;
}

static void
test_plain_users(void)
{
	struct launch	 l;
	const char	*stage;

	use("[program other]\nexec = /bin/sh\nuser = root\n");
	is_int(launch("good", NULL, &l, &stage), 0, "user: our own");
	ok(l.plan.ids == NULL, "user: nothing to change");
	launch_release(&l);
	ok(launch("other", NULL, &l, &stage) == -1 && errno == EPERM &&
	    strcmp(stage, "user") == 0, "user: no other");
	launch_release(&l);
}

int
main(void)
{
	char	path[128], target[128];
	pid_t	pid;

	if (mkdtemp(base) == NULL || programs_init(&programs) == -1)
		return 1;
	programs.run_dir = "/run/x";
	programs.socket = "/run/x/sock";
	programs.bin = "/own/bin";
	programs.nofile = (struct rlimit){ 1000, 2000 };
	programs.relay = (uid_t)-1;
	make("good", 0755, "");
	make("echo.sh", 0755, "#!/bin/sh\n");
	make("plain", 0644, "");
	make(".hidden", 0755, "");
	(void)snprintf(path, sizeof(path), "%s/linked", base);
	(void)snprintf(target, sizeof(target), "%s/good", base);
	(void)symlink(target, path);
	(void)snprintf(path, sizeof(path), "%s/folder", base);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/pipe", base);
	(void)mkfifo(path, 0755);
	test_names();
	test_worker_dir();
	test_environment();
	test_file();
	test_settings();
	if (geteuid() == 0)
		test_root_users();
	else
		test_plain_users();
	conf_free(conf);
	programs_release(&programs);
	if ((pid = fork()) == 0) {
		execlp("rm", "rm", "-rf", base, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	return tap_done();
}
