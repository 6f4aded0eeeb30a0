/*
 * cmd_run.c - run: a private supervisor, a process in it, all in one command.
 *
 * Owns:    the temporary directory, the supervisor as our child, our signals,
 *          the order in which it all ends.
 * Not here: the request for the process (launch.c), the supervisor.
 * Errors:  an exit code, when the reason has been printed; 125 is ours.
 */
#include "cmd.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "row.h"
#include "launch.h"
#include "verb.h"

struct run {
	struct cmd	*cmd;
	char		 dir[64];
	int		 signals;	/* signalfd: INT TERM HUP CHLD */
	int		 ready;		/* where broodd says READY=1 */
	pid_t		 broodd;	/* 0: none, or buried */
	int		 broodd_status;
	int		 stopped_by;	/* the signal that ended us, or 0 */
	uint64_t	 down_ref;
	bool		 down;
	char		 cause[WIRE_CAUSE_SIZE];
	bool		 failed;	/* standard output is gone */
	bool		 blame;		/* the supervisor let us down */
};

/* ---- the directory ---- */

static int
remove_entry(const char *path, const struct stat *st, int what,
    struct FTW *ftw)
{
	(void)st, (void)what, (void)ftw;
	(void)remove(path);			/* what stays is only litter */
	return 0;
}

/* Short: the path of a socket in it must fit in 107 bytes. */
static int
make_directory(struct run *r)
{
	const char	*tmp = getenv("TMPDIR");
	int		 n;

	if (tmp == NULL || tmp[0] != '/')
		tmp = "/tmp";
	n = snprintf(r->dir, sizeof(r->dir), "%s/brood-run-XXXXXX", tmp);
	if (n < 0 || (size_t)n >= sizeof(r->dir))
		(void)snprintf(r->dir, sizeof(r->dir),
		    "/tmp/brood-run-XXXXXX");
	if (mkdtemp(r->dir) != NULL)
		return 0;
	n = cmd_fail(r->cmd, CMD_FAILED, "%s: %s", r->dir, strerror(errno));
	r->dir[0] = '\0';
	return n;
}

/* A value may have blanks and a # in it, but nothing that ends a quote. */
static bool
quotable(const char *value)
{
	return value[strcspn(value, "\"\\\n\r")] == '\0';
}

/* folder: "" for the worker directory of the installation. */
static int
write_conf(struct run *r, const char *folder)
{
	struct passwd	*pw;
	char		 path[96];
	FILE		*f;

	(void)snprintf(path, sizeof(path), "%s/brood.conf", r->dir);
	if ((f = fopen(path, "we")) == NULL)
		return cmd_fail(r->cmd, CMD_FAILED, "%s: %s", path,
		    strerror(errno));
	fprintf(f, "[node]\nname = master\nrole = MASTER\nlog = %s/log\n",
	    r->dir);
	if (folder[0] != '\0')
		fprintf(f, "worker-dir = \"%s\"\n", folder);
	/* Also as root everything runs as whoever called. */
	if (geteuid() == 0 && (pw = getpwuid(geteuid())) != NULL)
		fprintf(f, "user = %s\nworker-user = %s\n", pw->pw_name,
		    pw->pw_name);
	if (fclose(f) == 0)
		return 0;
	return cmd_fail(r->cmd, CMD_FAILED, "%s: %s", path, strerror(errno));
}

/* ---- signals ---- */

/* They come by descriptor, so that every wait can end by them. */
static int
take_signals(struct run *r)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	(void)signal(SIGCHLD, SIG_DFL);		/* an ignored one never comes */
	(void)signal(SIGPIPE, SIG_IGN);		/* there is to be tidied up */
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) ==
	    -1)
		return cmd_fail(r->cmd, CMD_FAILED, "signalfd: %s",
		    strerror(errno));
	return 0;
}

/* Empties the descriptor: who is to stop us, and has broodd ended? */
static void
read_signals(struct run *r)
{
	struct signalfd_siginfo	 info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			/* The second time there is no patience left. */
			if (r->stopped_by != 0 && r->broodd != 0)
				(void)kill(r->broodd, SIGKILL);
			r->stopped_by = (int)info.ssi_signo;
		}
	if (r->broodd != 0 &&
	    waitpid(r->broodd, &r->broodd_status, WNOHANG) == r->broodd)
		r->broodd = 0;
}

/* ---- the supervisor ---- */

/* broodd tells here when it is ready, as it tells any init. */
static int
open_ready(struct run *r)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/ready", r->dir);
	r->ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (r->ready == -1 || bind(r->ready, (struct sockaddr *)&sa,
	    sizeof(sa)) == -1)
		return cmd_fail(r->cmd, CMD_FAILED, "%s: %s", sa.sun_path,
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
start_broodd(struct run *r)
{
	char	 file[96], run_dir[96], notify[96];
	char	*path = paths_broodd(), **argv, **envp;
	pid_t	 parent = getpid();
	int	 rc = 0;

	if (path == NULL)
		return cmd_fail(r->cmd, CMD_FAILED, "broodd is neither beside "
		    "brood nor in ../sbin");
	(void)snprintf(file, sizeof(file), "%s/brood.conf", r->dir);
	(void)snprintf(run_dir, sizeof(run_dir), "BROOD_RUN_DIR=%s", r->dir);
	(void)snprintf(notify, sizeof(notify), "NOTIFY_SOCKET=%s/ready",
	    r->dir);
	argv = make_arguments(r->cmd, file);
	envp = make_environment(run_dir, notify);
	if (argv == NULL || envp == NULL)
		rc = cmd_fail(r->cmd, CMD_FAILED, "out of memory");
	else if ((r->broodd = fork()) == 0)
		exec_broodd(path, argv, envp, parent);
	else if (r->broodd == -1) {
		r->broodd = 0;
		rc = cmd_fail(r->cmd, CMD_FAILED, "fork: %s", strerror(errno));
	}
	free(argv);
	free(envp);
	free(path);
	return rc;
}

/* Blocks until broodd is ready, has ended, or a signal stops us. */
static int
await_ready(struct run *r)
{
	struct pollfd	 p[2] = {
		{ .fd = r->ready, .events = POLLIN },
		{ .fd = r->signals, .events = POLLIN },
	};
	char		 text[512];
	ssize_t		 n;

	for (;;) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			return cmd_fail(r->cmd, CMD_FAILED, "poll: %s",
			    strerror(errno));
		read_signals(r);
		if (r->stopped_by != 0)
			return CMD_OWN;
		if (r->broodd == 0) {
			r->blame = true;
			return cmd_fail(r->cmd, CMD_FAILED,
			    "the supervisor did not start");
		}
		n = recv(r->ready, text, sizeof(text) - 1, 0);
		if (n <= 0)
			continue;
		text[n] = '\0';
		if (strstr(text, "READY=1") != NULL)
			return 0;
	}
}

static int
lost(struct run *r)
{
	r->blame = true;
	return cmd_lost(r->cmd);
}

static int
connect_broodd(struct run *r)
{
	struct client	*c = &r->cmd->client;
	char		 path[96];

	(void)snprintf(path, sizeof(path), "%s/sock", r->dir);
	c->wake = r->signals;
	return client_open(c, path) == -1 ? lost(r) : 0;
}

/* ---- the process ---- */

static void
on_frame(void *ctx, const struct frame *f)
{
	struct run	*r = ctx;
	struct row	 row;

	if (f->h.op == WIRE_DOWN && f->h.ref == r->down_ref) {
		r->down = true;
		cmd_cause(r->cause, f);
	}
	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return;
	/* As it was written, at once. */
	row_write(&row, "line", stdout);
	putchar('\n');
	if (!r->failed && fflush(stdout) == EOF) {
		r->failed = true;
		/* As without us: who reads no more ends the writer. */
		if (errno == EPIPE)
			r->stopped_by = SIGPIPE;
		else
			(void)cmd_fail(r->cmd, CMD_FAILED,
			    "standard output: %s", strerror(errno));
	}
	row_release(&row);
}

/* Output, deaths and signals, until the process has ended or we are to. */
static int
follow(struct run *r)
{
	struct frame	 f;

	while (!r->down && !r->failed) {
		if (client_read(&r->cmd->client, &f, MONO_NEVER) == 0) {
			on_frame(r, &f);
			continue;
		}
		if (errno != EINTR)
			return lost(r);
		read_signals(r);
		if (r->stopped_by != 0)
			return CMD_OWN;
	}
	return 0;
}

static int
run_process(struct run *r, struct launch *s)
{
	const char	*all[] = { "wait", "*" };	/* lose none */
	struct pid	 pid;
	uint64_t	 live;
	int		 rc;

	/* Before the process is there, so that no line of it is missed. */
	if (client_ask(&r->cmd->client, WIRE_QUERY, "output", all, 2, &live)
	    == -1)
		return lost(r);
	if ((rc = launch_ask(r->cmd, s, &pid, &r->down_ref)) != 0 ||
	    (rc = follow(r)) != 0)
		return rc;
	if (r->failed)
		return CMD_OWN;
	rc = cmd_cause_code(r->cause);
	if (rc == 1 && strcmp(r->cause, "exit 1") != 0)
		fprintf(stderr, "brood: run: %s: %s\n", s->program, r->cause);
	return rc;
}

/* ---- the end ---- */

/*
 * TERM, then what the processes still say: the stream ends when the relay
 * does, and until then every line is passed on.
 */
static void
stop_broodd(struct run *r)
{
	struct pollfd	 p = { .fd = r->signals, .events = POLLIN };
	struct frame	 f;

	read_signals(r);
	if (r->broodd != 0)
		(void)kill(r->broodd, SIGTERM);
	while (r->cmd->client.room.p != NULL) {
		if (client_read(&r->cmd->client, &f, MONO_NEVER) == 0)
			on_frame(r, &f);
		else if (errno == EINTR)
			read_signals(r);
		else
			break;
	}
	while (r->broodd != 0) {
		(void)poll(&p, 1, -1);
		read_signals(r);
	}
}

/* What the supervisor had to say, without the output of processes. */
static void
show_log(struct run *r)
{
	char	 path[96], *line = NULL;
	size_t	 size = 0;
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/log", r->dir);
	if ((f = fopen(path, "re")) == NULL)
		return;
	while (getline(&line, &size, f) > 0)
		if (strstr(line, " out ") == NULL)
			fputs(line, stderr);
	free(line);
	fclose(f);
}

static void
clean_up(struct run *r)
{
	if (r->signals != -1)
		stop_broodd(r);
	client_release(&r->cmd->client);
	if (r->blame || r->cmd->verbose)
		show_log(r);
	if (r->dir[0] != '\0')
		(void)nftw(r->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (r->ready != -1)
		close(r->ready);
	if (r->signals != -1)
		close(r->signals);
}

/* We end as who stopped us wanted, now that all is tidy. */
static void
die_by(int sig)
{
	sigset_t	 set;

	(void)signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	(void)raise(sig);			/* waits, still blocked */
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int
check_nodes(struct cmd *cmd)
{
	long long	 nodes = 1;
	int		 rc = cmd_count(cmd, 'N', 9999, &nodes);

	if (rc != 0 || nodes == 1)
		return rc;
	return cmd_misused(cmd, "-N: this release runs one node");
}

int
cmd_run(struct cmd *cmd)
{
	struct run	 r = { .cmd = cmd, .signals = -1, .ready = -1 };
	struct launch	 s = { .name = "", .monitor = true,
	    .args = cmd->args + 1, .nargs = cmd->nargs - 1 };
	char		 folder[PATH_MAX], real[PATH_MAX] = "";
	int		 rc;

	if ((rc = check_nodes(cmd)) != 0 || (rc = launch_parse(cmd, &s,
	    cmd->args[0], folder, sizeof(folder))) != 0)
		return rc;
	if (folder[0] != '\0' && realpath(folder, real) == NULL)
		return cmd_fail(cmd, CMD_FAILED, "%s: %s", folder,
		    strerror(errno));
	if (!quotable(real))
		return cmd_fail(cmd, CMD_FAILED, "%s: has a character that no "
		    "configuration can hold", real);
	if ((rc = take_signals(&r)) == 0 && (rc = make_directory(&r)) == 0 &&
	    (rc = write_conf(&r, real)) == 0 && (rc = open_ready(&r)) == 0 &&
	    (rc = start_broodd(&r)) == 0 && (rc = await_ready(&r)) == 0 &&
	    (rc = connect_broodd(&r)) == 0)
		rc = run_process(&r, &s);
	clean_up(&r);
	if (r.stopped_by != 0)
		die_by(r.stopped_by);
	return rc;
}
