/*
 * child_test.c - one birth, one death: what a child is, how a failure reads.
 *
 * Cases of one module, each short and by itself.
 */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define STRANGER	65534	/* a user that is not root */
#define HIGH		20	/* below it is for the child */

static char	 self[PATH_MAX];

/* ---- the child: this program again, telling what it is ---- */

static void
tell_descriptors(void)
{
	int	fd;

	printf("fds");
	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			printf(" %d", fd);
	printf("\n");
}

static void
tell_signals(void)
{
	struct sigaction	sa;
	sigset_t		mask;
	int			sig, ignored = 0, blocked = 0;

	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	for (sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &sa) == 0 &&
		    sa.sa_handler == SIG_IGN)
			ignored++;
		blocked += sigismember(&mask, sig) == 1;
	}
	printf("signals ignored=%d blocked=%d\n", ignored, blocked);
}

static void
tell_rest(void)
{
	char		dir[PATH_MAX] = "", oom[16] = "";
	struct rlimit	files, core;
	gid_t		groups[8];
	mode_t		mask = umask(0);
	int		death = 0, n = getgroups(8, groups), fd;

	(void)getrlimit(RLIMIT_NOFILE, &files);
	(void)getrlimit(RLIMIT_CORE, &core);
	(void)prctl(PR_GET_PDEATHSIG, &death);
	if ((fd = open("/proc/self/oom_score_adj", O_RDONLY)) != -1) {
		if (read(fd, oom, sizeof(oom) - 1) > 0)
			oom[strcspn(oom, "\n")] = '\0';
		close(fd);
	}
	printf("session %d group %d\n", getsid(0) == getpid(),
	    getpgrp() == getpid());
	printf("umask %o dir %s\n", (unsigned int)mask,
	    getcwd(dir, sizeof(dir)));
	printf("limits files=%llu core=%llu nice=%d oom=%s\n",
	    (unsigned long long)files.rlim_cur,
	    (unsigned long long)core.rlim_cur,
	    getpriority(PRIO_PROCESS, 0), oom);
	printf("deathsig %d nonewprivs %d\n", death,
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("user %u group %u groups %d:%u\n", geteuid(), getegid(), n,
	    n > 0 ? groups[0] : 0);
}

static int
child_main(int argc, char **argv)
{
	char	c;

	if (strcmp(argv[1], "wait") == 0)
		return read(CHILD_FD, &c, 1) == 1 ? 0 : 3;
	tell_descriptors();
	tell_signals();
	tell_rest();
	printf("args %d %s\n", argc, argv[argc - 1]);
	printf("env %s\n", getenv("ONE") != NULL ? getenv("ONE") : "none");
	fflush(stdout);
	fprintf(stderr, "on stderr\n");
	return 7;
}

/* ---- the parent's side ---- */

static char	*tell_argv[] = { self, (char *)"tell", NULL };
static char	*wait_argv[] = { self, (char *)"wait", NULL };
static char	*env[] = { (char *)"ONE=1", NULL };

static int
high(int fd)
{
	int	up = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);

	close(fd);
	return up;
}

/* A plan for this program; its descriptors are made anew. */
static struct child_plan
plan_of(char **argv)
{
	return (struct child_plan){ .path = self, .argv = argv, .envp = env,
	    .in = high(open("/dev/null", O_RDONLY)), .directory = "/",
	    .umask = 027 };
}

static void
add_pipe(struct child_plan *p, int *out, int sv[2])
{
	int	fds[2];

	if (pipe(fds) == -1 || socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		abort();
	*out = high(fds[0]);
	p->out = p->err = high(fds[1]);
	sv[0] = high(sv[0]);
	p->fd3 = sv[1] = high(sv[1]);
}

static void
close_plan(struct child_plan *p)
{
	close(p->in);
	if (p->out != 0)
		close(p->out);
	if (p->fd3 != 0)
		close(p->fd3);
}

/* Waits for a verdict, as a loop would. */
static int
verdict(struct child_birth *b)
{
	struct pollfd	q = { b->verdict, POLLIN, 0 };

	if (b->verdict == -1)
		return 1;
	(void)poll(&q, 1, 5000);
	return child_verdict(b);
}

static const char *
read_all(int fd)
{
	static char	 text[8192];
	size_t		 n = 0;
	ssize_t		 r;

	while ((r = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	text[n] = '\0';
	close(fd);
	return text;
}

static int
wait_for(pid_t pid)
{
	int	status = -1;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return status;
}

static bool
has(const char *text, const char *line)
{
	const char	*at = strstr(text, line);

	if (at != NULL && (at == text || at[-1] == '\n') &&
	    at[strlen(line)] == '\n')
		return true;
	note("no line '%s' in:\n%s", line, text);
	return false;
}

/* Everything that is promised of a worker at its first instruction. */
static void
test_whole(bool forked)
{
	const char		*how = forked ? "forked" : "sharing";
	struct child_limit	 limits[] = { { RLIMIT_NOFILE, { 512, 512 } },
				    { RLIMIT_CORE, { 0, 0 } } };
	struct child_plan	 p = plan_of(tell_argv);
	struct child_birth	 b;
	struct sigaction	 ign = { .sa_handler = SIG_IGN };
	sigset_t		 some, before;
	const char		*text;
	int			 out, sv[2], nice = 5, stray;

	add_pipe(&p, &out, sv);
	p.limits = limits;
	p.nlimits = 2;
	p.nice = &nice;
	p.oom = "500";
	p.no_new_privs = true;
	p.forked = forked;
	stray = dup2(p.in, 9);		/* not close-on-exec */
	(void)sigaction(SIGHUP, &ign, NULL);
	(void)sigaction(SIGPIPE, &ign, NULL);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &some, &before);
	is_int(child_spawn(&p, &b), 0, "%s: started", how);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	ok(forked == (b.verdict != -1), "%s: the verdict is %s", how,
	    forked ? "awaited" : "there");
	is_int(verdict(&b), 1, "%s: the program runs", how);
	close_plan(&p);
	close(sv[0]);
	close(stray);
	text = read_all(out);
	ok(has(text, "fds 0 1 2 3"), "%s: descriptors 0 to 3", how);
	ok(has(text, "signals ignored=0 blocked=0"), "%s: signals", how);
	ok(has(text, "session 1 group 1"), "%s: session and group", how);
	ok(has(text, "umask 27 dir /"), "%s: umask, directory", how);
	ok(has(text, "limits files=512 core=0 nice=5 oom=500"), "%s: limits",
	    how);
	ok(has(text, "deathsig 9 nonewprivs 1"), "%s: privileges", how);
	ok(has(text, "args 2 tell"), "%s: arguments", how);
	ok(has(text, "env 1"), "%s: environment", how);
	ok(has(text, "on stderr"), "%s: stderr", how);
	is_int(wait_for(b.pid), 7 << 8, "%s: its exit", how);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
}

/* ---- failures ---- */

static const char *const	 missing = "/nonexistent/program";

static void
fail_exec(struct child_plan *p)
{
	p->path = missing;
}

static void
fail_directory(struct child_plan *p)
{
	p->directory = missing;
}

static void
fail_limits(struct child_plan *p)
{
	static const struct child_limit	bad = { RLIMIT_CORE, { 2, 1 } };

	p->limits = &bad;
	p->nlimits = 1;
}

static void
fail_oom(struct child_plan *p)
{
	p->oom = "5000";
}

static void
fail_descriptors(struct child_plan *p)
{
	p->fd3 = 1000;
}

static void
fail_low(struct child_plan *p)
{
	p->fd3 = CHILD_FD;
}

static void
fail_user(struct child_plan *p)
{
	static const struct child_ids	nobody = { .uid = (uid_t)-1,
					    .gid = (gid_t)-2 };

	p->ids = &nobody;
}

static const struct {
	const char	 *name;
	void		(*spoil)(struct child_plan *);
	enum child_stage  stage;
	int		  error;	/* 0: any */
} failures[] = {
	{ "no such program", fail_exec, CHILD_EXEC, ENOENT },
	{ "no such directory", fail_directory, CHILD_DIRECTORY, ENOENT },
	{ "a limit that is none", fail_limits, CHILD_LIMITS, EINVAL },
	{ "oom-score-adjust out of bounds", fail_oom, CHILD_LIMITS, EINVAL },
	{ "a descriptor that is not open", fail_descriptors,
	    CHILD_DESCRIPTORS, EBADF },
	{ "a descriptor too low", fail_low, CHILD_DESCRIPTORS, EBADF },
	{ "a user that is none", fail_user, CHILD_USER, 0 },
};

static void
test_failure(size_t i, bool forked)
{
	struct child_plan	 p = plan_of(tell_argv);
	struct child_birth	 b;
	int			 in = p.in, rc, error;

	p.forked = forked;
	failures[i].spoil(&p);
	rc = child_spawn(&p, &b);
	error = errno;
	if (rc == 0) {
		rc = verdict(&b);
		error = errno;
		(void)wait_for(b.pid);
	}
	is_int(rc, -1, "%s (%s): fails", failures[i].name,
	    forked ? "forked" : "sharing");
	is_str(child_stage_name(b.stage), child_stage_name(failures[i].stage),
	    "%s: its stage", failures[i].name);
	ok(error == b.error && (failures[i].error == 0 ||
	    error == failures[i].error), "%s: its errno (%s)",
	    failures[i].name, strerror(error));
	ok(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
	    "%s: nothing is left", failures[i].name);
	close(in);
}

/* No fork: as with a full table of processes. */
static void
test_no_fork(void)
{
	struct rlimit		 before, none = { 0, 0 };
	struct child_plan	 p = plan_of(tell_argv);
	struct child_birth	 b;

	if (getrlimit(RLIMIT_NPROC, &before) == -1 || geteuid() == 0 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1) {
		ok(true, "no process: told # SKIP root is not bound by it");
		close(p.in);
		return;
	}
	ok(child_spawn(&p, &b) == -1 && b.stage == CHILD_FORK &&
	    b.error == EAGAIN && b.pid == 0, "no process: told");
	close(p.in);
}

static void
test_no_descriptors(void)
{
	struct rlimit		 before, few;
	struct child_plan	 p = plan_of(tell_argv);
	struct child_birth	 b;

	(void)getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)p.in - 16;
	(void)setrlimit(RLIMIT_NOFILE, &few);
	ok(child_spawn(&p, &b) == -1 && b.stage == CHILD_PIPE &&
	    b.error == EMFILE, "no descriptor: told");
	(void)setrlimit(RLIMIT_NOFILE, &before);
	close(p.in);
}

/* ---- who waits and cannot be stopped ---- */

static void
test_stopped_before_exec(void)
{
	struct child_plan	 p = plan_of(tell_argv);
	struct child_birth	 b;
	struct pollfd		 q;
	int			 tries, status, rc = -1;

	p.forked = true;
	for (tries = 0; tries < 50; tries++) {
		if (child_spawn(&p, &b) == -1)
			break;
		(void)child_kill(b.pid, SIGSTOP);
		(void)waitpid(b.pid, &status, WUNTRACED);
		q = (struct pollfd){ b.verdict, POLLIN, 0 };
		if ((rc = poll(&q, 1, 0)) == 0)
			break;
		child_forget(&b);
		(void)child_kill(b.pid, SIGKILL);
		(void)wait_for(b.pid);
	}
	is_int(rc, 0, "stopped before its exec: no verdict, and no wait");
	is_int(child_verdict(&b), 0, "stopped before its exec: not decided");
	is_int(child_kill(b.pid, SIGKILL), 0, "it can be killed");
	child_forget(&b);
	is_int(wait_for(b.pid), SIGKILL, "it died of it");
	close(p.in);
}

static void
test_user(void)
{
	gid_t			 group = 12;
	struct child_ids	 ids = { STRANGER, STRANGER, &group, 1 };
	struct child_plan	 p = plan_of(tell_argv);
	struct child_birth	 b;
	const char		*text;
	int			 out, sv[2];

	if (geteuid() != 0) {
		ok(true, "another user # SKIP needs root");
		close(p.in);
		return;
	}
	p.ids = &ids;
	/* The program must be within its reach: this one may not be. */
	p.path = "/bin/sh";
	p.argv = (char *[]){ (char *)"sh", (char *)"-c", (char *)
	    "id -u; id -g; id -G; grep -c '^NoNewPrivs:.1' /proc/self/status",
	    NULL };
	p.envp = (char *[]){ (char *)"PATH=/bin:/usr/bin", NULL };
	p.no_new_privs = true;
	add_pipe(&p, &out, sv);
	is_int(child_spawn(&p, &b), 0, "another user: started");
	ok(b.verdict != -1, "another user: forked, since it could be stopped");
	is_int(verdict(&b), 1, "another user: the program runs");
	close_plan(&p);
	close(sv[0]);
	text = read_all(out);
	is_str(text, "65534\n65534\n65534 12\n1\n",
	    "another user: user, group, groups, no new privileges");
	is_int(wait_for(b.pid), 0, "another user: its exit");
}

/* ---- death ---- */

static void
test_death(void)
{
	struct child_plan	 p = plan_of(wait_argv);
	struct child_birth	 b;
	int			 out, sv[2], status;
	pid_t			 dead;

	add_pipe(&p, &out, sv);
	is_int(child_spawn(&p, &b), 0, "a child that waits");
	close_plan(&p);
	close(out);
	ok(!child_is_dead(b.pid), "it lives");
	is_int(child_dead(), 0, "nobody is dead");
	ok(child_reap(b.pid, true, &status) == -1 && errno == ECHILD,
	    "a living one is not reaped");
	close(sv[0]);			/* now it ends with 3 */
	while ((dead = child_dead()) == 0)
		(void)poll(NULL, 0, 1);
	is_int(dead, b.pid, "it is the dead one");
	ok(child_is_dead(b.pid) && child_is_dead(b.pid),
	    "looking does not reap");
	is_int(child_reap(b.pid, true, &status), 0, "reaped");
	is_int(status, 3 << 8, "with its raw status");
	ok(!child_is_dead(b.pid) && child_dead() == 0, "and gone");
}

static void
test_kill(void)
{
	static const pid_t	none[] = { 1, 0, -1, -2, INT_MIN };
	size_t			i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		errno = 0;
		ok(child_kill(none[i], 0) == -1 && errno == EINVAL &&
		    child_kill_group(none[i], 0) == -1 && errno == EINVAL,
		    "kill %d: refused", (int)none[i]);
	}
	is_int(child_kill(getpid(), 0), 0, "kill of a process: asked");
}

/* What a worker started in its group dies with it, as it is reaped. */
static void
test_group(void)
{
	struct child_plan	 p = plan_of(NULL);
	struct child_birth	 b;
	int			 out, sv[2], status;
	char			 c;

	p.path = "/bin/sh";
	p.argv = (char *[]){ (char *)"sh", (char *)"-c",
	    (char *)"sleep 1000 & exit 4", NULL };
	p.envp = (char *[]){ (char *)"PATH=/bin:/usr/bin", NULL };
	add_pipe(&p, &out, sv);
	is_int(child_spawn(&p, &b), 0, "group: started");
	close_plan(&p);
	close(sv[0]);
	while (!child_is_dead(b.pid))
		(void)poll(NULL, 0, 1);
	is_int(child_reap(b.pid, true, &status), 0, "group: reaped");
	is_int(status, 4 << 8, "group: its own status");
	is_int(read(out, &c, 1), 0, "group: nobody holds its pipe any more");
	close(out);
	(void)wait_for(-1);		/* the orphan, adopted */
}

int
main(int argc, char **argv)
{
	size_t	i;
	ssize_t	n;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return 1;
	if (argc > 1)
		return child_main(argc, argv);
	test_whole(false);
	test_whole(true);
	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		test_failure(i, false);
		test_failure(i, true);
	}
	test_stopped_before_exec();
	test_user();
	test_death();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	test_group();
	test_kill();
	test_no_descriptors();
	test_no_fork();
	return tap_done();
}
