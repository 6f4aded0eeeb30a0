/*
 * private.c - a supervisor of our own, for the time of one command.
 *
 * Owns:    the temporary directory, broodd as our child, our signals, the order
 *          in which it all ends.
 * Not here: what is run in it (cmd_run.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "private.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

/* ---- the directory ---- */

static int
remove_entry(const char *path, const struct stat *st, int what,
    struct FTW *ftw)
{
	(void)st, (void)what, (void)ftw;
	(void)remove(path);			/* what stays is only litter */
	return 0;
}

/* A value may have blanks and a # in it, but nothing that ends a quote. */
static bool
quotable(const char *value)
{
	return value[strcspn(value, "\"\\\n\r")] == '\0';
}

/* Short: the path of a socket in it must fit in 107 bytes. */
static int
make_directory(struct private *p)
{
	const char	*tmp = getenv("TMPDIR");
	int		 n;

	if (tmp == NULL || tmp[0] != '/' || !quotable(tmp))
		tmp = "/tmp";
	n = snprintf(p->dir, sizeof(p->dir), "%s/brood-run-XXXXXX", tmp);
	if (n < 0 || (size_t)n >= sizeof(p->dir))
		(void)snprintf(p->dir, sizeof(p->dir),
		    "/tmp/brood-run-XXXXXX");
	if (mkdtemp(p->dir) != NULL)
		return 0;
	n = cmd_fail(p->cmd, CMD_FAILED, "%s: %s", p->dir, strerror(errno));
	p->dir[0] = '\0';
	return n;
}

static int
write_conf(struct private *p, const char *worker_dir)
{
	struct passwd	*pw;
	char		 path[96];
	FILE		*f;

	if (!quotable(worker_dir))
		return cmd_fail(p->cmd, CMD_FAILED, "%s: has a character that "
		    "no configuration can hold", worker_dir);
	(void)snprintf(path, sizeof(path), "%s/brood.conf", p->dir);
	if ((f = fopen(path, "we")) == NULL)
		return cmd_fail(p->cmd, CMD_FAILED, "%s: %s", path,
		    strerror(errno));
	fprintf(f, "[node]\nname = master\nrole = MASTER\nlog = \"%s/log\"\n",
	    p->dir);
	if (worker_dir[0] != '\0')
		fprintf(f, "worker-dir = \"%s\"\n", worker_dir);
	/* Also as root everything runs as whoever called. */
	if (geteuid() == 0 && (pw = getpwuid(geteuid())) != NULL)
		fprintf(f, "user = %s\nworker-user = %s\n", pw->pw_name,
		    pw->pw_name);
	if (fclose(f) == 0)
		return 0;
	return cmd_fail(p->cmd, CMD_FAILED, "%s: %s", path, strerror(errno));
}

/* ---- signals ---- */

/* An end by ^C or a hang-up may have been switched off, as by nohup(1). */
static bool
ignored(int sig)
{
	struct sigaction	 sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

/* They come by descriptor, so that every wait can end by them. */
static int
take_signals(struct private *p)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	if (!ignored(SIGINT))
		sigaddset(&set, SIGINT);
	if (!ignored(SIGHUP))
		sigaddset(&set, SIGHUP);
	(void)signal(SIGCHLD, SIG_DFL);		/* an ignored one never comes */
	(void)signal(SIGPIPE, SIG_IGN);		/* there is to be tidied up */
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) ==
	    -1)
		return cmd_fail(p->cmd, CMD_FAILED, "signalfd: %s",
		    strerror(errno));
	return 0;
}

/* Empties the descriptor: who is to stop us, and has broodd ended? */
int
private_heard(struct private *p)
{
	struct signalfd_siginfo	 info;

	while (read(p->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			/* The second time there is no patience left. */
			if (p->stopped_by != 0 && p->broodd != 0)
				(void)kill(p->broodd, SIGKILL);
			p->stopped_by = (int)info.ssi_signo;
		}
	if (p->broodd != 0 && waitpid(p->broodd, NULL, WNOHANG) == p->broodd)
		p->broodd = 0;
	return p->stopped_by;
}

/* ---- the supervisor ---- */

/* broodd tells here when it is ready, as it tells any init. */
static int
open_ready(struct private *p)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/ready", p->dir);
	p->ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (p->ready == -1 || bind(p->ready, (struct sockaddr *)&sa,
	    sizeof(sa)) == -1)
		return cmd_fail(p->cmd, CMD_FAILED, "%s: %s", sa.sun_path,
		    strerror(errno));
	return 0;
}

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
start_broodd(struct private *p)
{
	char	 file[96], run_dir[96], notify[96];
	char	*path = paths_broodd(), **argv, **envp;
	pid_t	 parent = getpid();
	int	 rc = 0;

	if (path == NULL)
		return cmd_fail(p->cmd, CMD_FAILED, "broodd is neither beside "
		    "brood nor in ../sbin");
	(void)snprintf(file, sizeof(file), "%s/brood.conf", p->dir);
	(void)snprintf(run_dir, sizeof(run_dir), "BROOD_RUN_DIR=%s", p->dir);
	(void)snprintf(notify, sizeof(notify), "NOTIFY_SOCKET=%s/ready",
	    p->dir);
	argv = make_arguments(p->cmd, file);
	envp = make_environment(run_dir, notify);
	if (argv == NULL || envp == NULL)
		rc = cmd_fail(p->cmd, CMD_FAILED, "out of memory");
	else if ((p->broodd = fork()) == 0)
		exec_broodd(path, argv, envp, parent);
	else if (p->broodd == -1) {
		p->broodd = 0;
		rc = cmd_fail(p->cmd, CMD_FAILED, "fork: %s", strerror(errno));
	}
	free(argv);
	free(envp);
	free(path);
	return rc;
}

/* Blocks until broodd is ready, has ended, or a signal stops us. */
static int
await_ready(struct private *p)
{
	struct pollfd	 fds[2] = {
		{ .fd = p->ready, .events = POLLIN },
		{ .fd = p->signals, .events = POLLIN },
	};
	char		 text[512];
	ssize_t		 n;

	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			return cmd_fail(p->cmd, CMD_FAILED, "poll: %s",
			    strerror(errno));
		if (private_heard(p) != 0)
			return CMD_OWN;
		if (p->broodd == 0) {
			p->blame = true;
			return cmd_fail(p->cmd, CMD_FAILED,
			    "the supervisor did not start");
		}
		n = recv(p->ready, text, sizeof(text) - 1, 0);
		if (n <= 0)
			continue;
		text[n] = '\0';
		if (strstr(text, "READY=1") != NULL)
			return 0;
	}
}

int
private_lost(struct private *p)
{
	p->blame = true;
	return cmd_lost(p->cmd);
}

static int
connect_broodd(struct private *p)
{
	struct client	*c = &p->cmd->client;
	char		 path[96];

	(void)snprintf(path, sizeof(path), "%s/sock", p->dir);
	c->wake = p->signals;
	return client_open(c, path) == -1 ? private_lost(p) : 0;
}

int
private_open(struct private *p, struct cmd *cmd, const char *worker_dir)
{
	int	 rc;

	*p = (struct private){ .cmd = cmd, .signals = -1, .ready = -1 };
	if ((rc = take_signals(p)) != 0 || (rc = make_directory(p)) != 0 ||
	    (rc = write_conf(p, worker_dir)) != 0 ||
	    (rc = open_ready(p)) != 0 || (rc = start_broodd(p)) != 0 ||
	    (rc = await_ready(p)) != 0)
		return rc;
	return connect_broodd(p);
}

/* ---- the end ---- */

/*
 * TERM, then what the processes still say: the stream ends when the relay
 * does, and until then every line is passed on.
 */
static void
stop_broodd(struct private *p, client_frame_fn *fn, void *ctx)
{
	struct pollfd	 fds = { .fd = p->signals, .events = POLLIN };
	struct frame	 f;

	(void)private_heard(p);
	if (p->broodd != 0)
		(void)kill(p->broodd, SIGTERM);
	while (p->cmd->client.room.p != NULL) {
		if (client_read(&p->cmd->client, &f, MONO_NEVER) == 0)
			fn(ctx, &f);
		else if (errno == EINTR)
			(void)private_heard(p);
		else
			break;
	}
	while (p->broodd != 0) {
		(void)poll(&fds, 1, -1);
		(void)private_heard(p);
	}
}

/* What the supervisor had to say, without the output of processes. */
static void
show_log(struct private *p)
{
	char	 path[96], *line = NULL;
	size_t	 size = 0;
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/log", p->dir);
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (getline(&line, &size, f) > 0)
		if (strstr(line, " out ") == NULL)
			fputs(line, stderr);
	free(line);
	fclose(f);
}

/* We end as who stopped us wanted, now that all is tidy. */
static void
die_by(int sig)
{
	sigset_t	 set;

	(void)signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	(void)raise(sig);			/* waits, if still blocked */
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void
private_close(struct private *p, client_frame_fn *fn, void *ctx)
{
	if (p->signals != -1)
		stop_broodd(p, fn, ctx);
	client_release(&p->cmd->client);
	if (p->blame || p->cmd->verbose)
		show_log(p);
	if (p->dir[0] != '\0')
		(void)nftw(p->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (p->ready != -1)
		close(p->ready);
	if (p->signals != -1)
		close(p->signals);
	if (p->stopped_by != 0)
		die_by(p->stopped_by);
}
