/*
 * member.c - one of our own supervisors, for the time of one command: its
 * directory, its process, its stream.
 *
 * Owns:    its configuration, environment and arguments.
 * Not here: when to start and stop it (private.c), the files' removal.
 * Errors:  an exit code, when the reason has been printed.
 */
#include "member.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

#define FILE_SIZE	128		/* of a file's path below dir */

/* ---- its files ---- */

/* A value may have blanks and a # in it, but nothing that ends a quote. */
bool
member_quotable(const char *value)
{
	return value[strcspn(value, "\"\\\n\r")] == '\0';
}

static void
put_conf(const struct member *m, const struct member_conf *conf, FILE *f)
{
	struct passwd	*pw;

	fprintf(f, "[node]\nname = %s\nrole = %s\nlog = \"%s/log\"\n", m->name,
	    conf->role, m->dir);
	if (conf->worker_dir[0] != '\0')
		fprintf(f, "worker-dir = \"%s\"\n", conf->worker_dir);
	if (conf->key != NULL)
		fprintf(f, "listen = 127.0.0.1:0\nkey-file = \"%s\"\n",
		    conf->key);
	if (conf->known != NULL)
		fprintf(f, "known-hosts = %s\n", conf->known);
	/* Also as root everything runs as whoever called. */
	if (geteuid() == 0 && (pw = getpwuid(geteuid())) != NULL)
		fprintf(f, "user = %s\nworker-user = %s\n", pw->pw_name,
		    pw->pw_name);
}

static int
write_conf(struct member *m, const struct member_conf *conf)
{
	char	 path[FILE_SIZE];
	FILE	*f;

	if (!member_quotable(conf->worker_dir))
		return cmd_fail(m->cmd, CMD_FAILED, "%s: has a character that "
		    "no configuration can hold", conf->worker_dir);
	(void)snprintf(path, sizeof(path), "%s/brood.conf", m->dir);
	if ((f = fopen(path, "we")) != NULL) {
		put_conf(m, conf, f);
		if (fclose(f) == 0)
			return 0;
	}
	return cmd_fail(m->cmd, CMD_FAILED, "%s: %s", path, strerror(errno));
}

/* broodd tells here when it is ready, as it tells any init. */
static int
open_ready(struct member *m)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/ready", m->dir);
	m->ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (m->ready == -1 || bind(m->ready, (struct sockaddr *)&sa,
	    sizeof(sa)) == -1)
		return cmd_fail(m->cmd, CMD_FAILED, "%s: %s", sa.sun_path,
		    strerror(errno));
	return 0;
}

/* ---- its process ---- */

/* The child: never returns.  It is to go when we do, however we do. */
_Noreturn static void
exec_broodd(const char *path, char **argv, char **envp, pid_t parent)
{
	sigset_t	 empty;
	int		 null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CMD_OWN);			/* it is gone already */
	/* A group of its own: ^C is for us, and we stop it in order. */
	(void)setpgid(0, 0);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
		_exit(CMD_OWN);
	closefrom(STDERR_FILENO + 1);
	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&empty);
	(void)sigprocmask(SIG_SETMASK, &empty, NULL);
	execve(path, argv, envp);
	_exit(CMD_OWN);
}

extern char	**environ;

/* Our environment with two variables in front, which win. */
static char **
make_environment(char *run_dir, char *notify)
{
	size_t	  i, n = 0, at = 2;
	char	**envp;

	while (environ[n] != NULL)
		n++;
	if ((envp = calloc(n + 3, sizeof(envp[0]))) == NULL)
		return NULL;
	envp[0] = run_dir;
	envp[1] = notify;
	for (i = 0; i < n; i++)
		if (strncmp(environ[i], "BROOD_", 6) != 0 &&
		    strncmp(environ[i], "NOTIFY_SOCKET=", 14) != 0)
			envp[at++] = environ[i];
	return envp;
}

/* -f FILE, and every -o we were given. */
static char **
make_arguments(const struct cmd *cmd, char *file)
{
	static char	  name[] = "broodd", f[] = "-f", o[] = "-o";
	char		**argv = calloc(cmd->noptions * 2 + 4,
			    sizeof(argv[0]));
	size_t		  i, n = 3;

	if (argv == NULL)
		return NULL;
	argv[0] = name;
	argv[1] = f;
	argv[2] = file;
	for (i = 0; i < cmd->noptions; i++)
		if (cmd->options[i].key == 'o') {
			argv[n++] = o;
			memcpy(&argv[n++], &cmd->options[i].value,
			    sizeof(argv[0]));
		}
	return argv;
}

static int
start_broodd(struct member *m)
{
	char	 file[FILE_SIZE], run_dir[FILE_SIZE], notify[FILE_SIZE];
	char	*path = paths_broodd(), **argv, **envp;
	pid_t	 parent = getpid();
	int	 rc = 0;

	if (path == NULL)
		return cmd_fail(m->cmd, CMD_FAILED, "broodd is neither beside "
		    "brood nor in ../sbin");
	(void)snprintf(file, sizeof(file), "%s/brood.conf", m->dir);
	(void)snprintf(run_dir, sizeof(run_dir), "BROOD_RUN_DIR=%s", m->dir);
	(void)snprintf(notify, sizeof(notify), "NOTIFY_SOCKET=%s/ready",
	    m->dir);
	argv = make_arguments(m->cmd, file);
	envp = make_environment(run_dir, notify);
	if (argv == NULL || envp == NULL)
		rc = cmd_fail(m->cmd, CMD_FAILED, "out of memory");
	else if ((m->broodd = fork()) == 0)
		exec_broodd(path, argv, envp, parent);
	else if (m->broodd == -1) {
		m->broodd = 0;
		rc = cmd_fail(m->cmd, CMD_FAILED, "fork: %s", strerror(errno));
	}
	free(argv);
	free(envp);
	free(path);
	return rc;
}

int
member_start(struct member *m, const char *dir, const struct member_conf *conf)
{
	int	 rc;

	(void)snprintf(m->dir, sizeof(m->dir), "%s/%s", dir, m->name);
	if (mkdir(m->dir, 0700) == -1)
		return cmd_fail(m->cmd, CMD_FAILED, "%s: %s", m->dir,
		    strerror(errno));
	if ((rc = write_conf(m, conf)) != 0 || (rc = open_ready(m)) != 0)
		return rc;
	return start_broodd(m);
}

void
member_hear(struct member *m)
{
	char	 text[512];
	ssize_t	 n;

	while (!m->up && (n = recv(m->ready, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		m->up = strstr(text, "READY=1") != NULL;
	}
}

void
member_bury(struct member *m)
{
	if (m->broodd != 0 && waitpid(m->broodd, NULL, WNOHANG) == m->broodd)
		m->broodd = 0;
}

void
member_kill(const struct member *m, int sig)
{
	if (m->broodd != 0)
		(void)kill(m->broodd, sig);
}

/* ---- its stream ---- */

int
member_connect(struct member *m, int wake, bool first)
{
	char	 path[FILE_SIZE];

	m->client = first ? &m->cmd->client : &m->own;
	client_release(m->client);
	*m->client = (struct client){ .wake = wake };
	(void)snprintf(path, sizeof(path), "%s/sock", m->dir);
	m->readable = true;		/* what came behind the greeting */
	return client_open(m->client, path);
}

bool
member_connected(const struct member *m)
{
	return m->client != NULL && m->client->room.p != NULL;
}

/* ---- its end ---- */

void
member_log(const struct member *m, const char *prefix)
{
	char	 path[FILE_SIZE], *line = NULL;
	size_t	 size = 0;
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/log", m->dir);
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (getline(&line, &size, f) > 0)
		if (strstr(line, " out ") == NULL)
			fprintf(stderr, "%s%s", prefix, line);
	free(line);
	fclose(f);
}

void
member_release(struct member *m)
{
	if (m->client != NULL)
		client_release(m->client);
	if (m->ready != -1)
		close(m->ready);
	m->ready = -1;
}
