/*
 * child.c - birth and death of one process.
 *
 * Owns:    fork, the steps from fork to exec, the pipe that tells their
 *          failure, waitpid of known children, kill.
 * Not here: what is started and as whom (programs.c), the table of children
 *          (kids.c), processes that nobody knows (sweep.c).
 * Errors:  -1 and errno, with the stage that failed; a failed exec looks to the
 *          caller like a failed fork.
 */
#include "child.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#if defined(__linux__) && !defined(__hppa__)	/* stacks grow down */
#define CHILD_CLONE	1
#define CHILD_STACK	(64u << 10)
#endif

/* On a borrowed stack and in borrowed memory a sanitizer would lose its way. */
#if defined(__SANITIZE_ADDRESS__)
#define CHILD_CODE	static __attribute__((no_sanitize_address))
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHILD_CODE	static __attribute__((no_sanitize("address")))
#endif
#endif
#ifndef CHILD_CODE
#define CHILD_CODE	static
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC	4u	/* older headers lack it */
#endif
#define CHILD_FDS_MOST	65536	/* closed one by one where it must be */

struct start {
	const struct child_plan	*plan;
	pid_t			 parent;
	int			 report;	/* close-on-exec: EOF is good */
};

struct report { int stage, error; };

const char *
child_stage_name(enum child_stage stage)
{
#define X(name, text) [CHILD_##name] = text,
	static const char *const	names[] = { CHILD_STAGES(X) };
#undef X

	return (unsigned int)stage < CHILD_NSTAGES ? names[stage] : "unknown";
}

/*
 * ---- in the child: between fork and exec ----
 *
 * It may share all memory with its parent, which sleeps meanwhile.  Only system
 * calls from here on: no malloc, no stdio, no log, nothing that takes a lock.
 */

_Noreturn CHILD_CODE void
fail(const struct start *s, enum child_stage stage)
{
	struct report	r = { (int)stage, errno };
	ssize_t		n;

	do
		n = write(s->report, &r, sizeof(r));
	while (n == -1 && errno == EINTR);
	_exit(127);
}

/* What is ignored stays ignored over an exec, so nothing may stay. */
CHILD_CODE void
reset_signals(void)
{
	struct sigaction	sa = { .sa_handler = SIG_DFL };
	int			sig;
#ifdef SYS_rt_sigaction
	/* The C library hides the signals it uses itself, yet a parent may have
	   left them ignored.  All zero is the default, in any layout. */
	static const char	zero[sizeof(struct sigaction)];

	for (sig = 1; sig < NSIG; sig++)
		(void)syscall(SYS_rt_sigaction, sig, zero, NULL, NSIG / 8);
#endif
	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			(void)sigaction(sig, &sa, NULL);
}

/* Before the change of user: raising a limit may need the old one's rights. */
CHILD_CODE void
set_limits(const struct start *s)
{
	const struct child_plan	*p = s->plan;
	size_t			 i, len;
	int			 fd;

	if (p->nice != NULL && setpriority(PRIO_PROCESS, 0, *p->nice) == -1)
		fail(s, CHILD_LIMITS);
	if (p->oom != NULL) {
		len = strlen(p->oom);
		fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
		if (fd == -1 || write(fd, p->oom, len) != (ssize_t)len)
			fail(s, CHILD_LIMITS);
		close(fd);
	}
	for (i = 0; i < p->nlimits; i++)
		if (setrlimit((unsigned int)p->limits[i].what,
		    &p->limits[i].value) == -1)
			fail(s, CHILD_LIMITS);
}

CHILD_CODE void
place_fd(const struct start *s, int from, int to)
{
	if (from != 0 && dup2(from, to) == -1)
		fail(s, CHILD_DESCRIPTORS);
}

/*
 * Raw calls: the C library's setuid and its kin would tell all threads of the
 * parent whose memory this is.
 */
CHILD_CODE void
change_user(const struct start *s)
{
	const struct child_ids	*u = s->plan->ids;

	if (u == NULL)
		return;
	/* To the kernel -1 says: stay who you are.  That may be root. */
	if (u->uid == (uid_t)-1 || u->gid == (gid_t)-1) {
		errno = EINVAL;
		fail(s, CHILD_USER);
	}
#if defined(SYS_setgroups32)		/* the others take 16 bits there */
	if (syscall(SYS_setgroups32, u->ngroups, u->groups) == -1 ||
	    syscall(SYS_setresgid32, u->gid, u->gid, u->gid) == -1 ||
	    syscall(SYS_setresuid32, u->uid, u->uid, u->uid) == -1)
#elif defined(SYS_setresuid)
	if (syscall(SYS_setgroups, u->ngroups, u->groups) == -1 ||
	    syscall(SYS_setresgid, u->gid, u->gid, u->gid) == -1 ||
	    syscall(SYS_setresuid, u->uid, u->uid, u->uid) == -1)
#else
	if (setgroups((int)u->ngroups, u->groups) == -1 ||
	    setregid(u->gid, u->gid) == -1 || setreuid(u->uid, u->uid) == -1)
#endif
		fail(s, CHILD_USER);
}

/* Nothing from first upwards survives the exec, whoever opened it. */
CHILD_CODE void
close_on_exec(unsigned int first)
{
	struct rlimit	most;
	rlim_t		fd;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &most) == -1 ||
	    most.rlim_cur > CHILD_FDS_MOST)
		most.rlim_cur = CHILD_FDS_MOST;
	for (fd = first; fd < most.rlim_cur; fd++)
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

CHILD_CODE void
confine(const struct start *s)
{
#ifdef __linux__
	if (s->plan->no_new_privs &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fail(s, CHILD_PRIVILEGES);
	/* Only now: a change of user takes it away. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		fail(s, CHILD_PRIVILEGES);
#endif
	if (getppid() != s->parent)
		_exit(127);		/* too late for that signal */
}

/* The order is the point: see the remark at each step. */
CHILD_CODE int
run(void *arg)
{
	const struct start	*s = arg;
	const struct child_plan	*p = s->plan;
	sigset_t		 none;

	reset_signals();
	if (setsid() == -1)
		fail(s, CHILD_SESSION);
	set_limits(s);
	place_fd(s, p->in, STDIN_FILENO);
	place_fd(s, p->out, STDOUT_FILENO);
	place_fd(s, p->err, STDERR_FILENO);
	place_fd(s, p->fd3, CHILD_FD);
	change_user(s);
	(void)umask(p->umask);
	if (p->directory != NULL && chdir(p->directory) == -1)
		fail(s, CHILD_DIRECTORY);	/* with the new user's rights */
	close_on_exec(p->fd3 != 0 ? CHILD_FD + 1 : CHILD_FD);
	confine(s);
	/* What came meanwhile is taken at its default here. */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execve(p->path, p->argv, p->envp);
	fail(s, CHILD_EXEC);
}

/* ---- in the parent ---- */

#ifdef CHILD_CLONE
/*
 * Never inlined and nothing else in it: the child runs in our memory until its
 * exec, and a compiler that mixed these frames with others has been seen to
 * make the parent exec the worker.  The stack is this frame's own.
 */
static __attribute__((noinline)) pid_t
start_sharing(struct start *s)
{
	_Alignas(64) char	stack[CHILD_STACK];

	return clone(run, stack + sizeof(stack),
	    CLONE_VM | CLONE_VFORK | SIGCHLD, s);
}
#endif

static pid_t
start_forked(struct start *s)
{
	pid_t	pid = fork();

	if (pid == 0)
		_exit(run(s));
	return pid;
}

static bool
must_fork(const struct child_plan *p)
{
#ifdef CHILD_CLONE
	/* A process of the new user could stop a sharing child, and so us. */
	return p->forked || (p->ids != NULL && p->ids->uid != geteuid());
#else
	(void)p;
	return true;
#endif
}

static bool
fds_good(const struct child_plan *p)
{
	const int	fds[] = { p->in, p->out, p->err, p->fd3 };
	size_t		i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != 0 && fds[i] <= CHILD_FD_LAST)
			return false;
	return true;
}

/* A pipe whose writing end lies above what the child rearranges. */
static int
open_report(int fds[2])
{
	int	high;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	if (fds[1] > CHILD_FD_LAST)
		return 0;
	high = fcntl(fds[1], F_DUPFD_CLOEXEC, CHILD_FD_LAST + 1);
	close(fds[1]);
	fds[1] = high;
	if (high != -1)
		return 0;
	close(fds[0]);
	return -1;
}

static int
failed(struct child_birth *b, enum child_stage stage, int error)
{
	b->stage = stage;
	b->error = error;
	errno = error;
	return -1;
}

/* All signals wait: no handler of ours may run in a child that shares us. */
static pid_t
start(struct start *s, bool forked)
{
	sigset_t	all, before;
	pid_t		pid;
	int		error;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
#ifdef CHILD_CLONE
	pid = forked ? start_forked(s) : start_sharing(s);
#else
	(void)forked;
	pid = start_forked(s);
#endif
	error = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

int
child_spawn(const struct child_plan *p, struct child_birth *b)
{
	struct start	s = { .plan = p, .parent = getpid() };
	bool		forked = must_fork(p);
	int		fds[2], error, status;

	*b = (struct child_birth){ .verdict = -1 };
	if (!fds_good(p))
		return failed(b, CHILD_DESCRIPTORS, EBADF);
	if (open_report(fds) == -1)
		return failed(b, CHILD_PIPE, errno);
	s.report = fds[1];
	b->pid = start(&s, forked);
	error = errno;
	close(fds[1]);
	if (b->pid == -1) {
		b->pid = 0;
		close(fds[0]);
		return failed(b, CHILD_FORK, error);
	}
	b->verdict = fds[0];
	if (forked) {
		(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
		return 0;
	}
	/* It has left our memory: the verdict is there, or as good as. */
	if (child_verdict(b) == 1)
		return 0;
	while (waitpid(b->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	b->pid = 0;			/* from now on it may be anybody's */
	errno = b->error;
	return -1;
}

int
child_verdict(struct child_birth *b)
{
	struct report	r;
	ssize_t		n;

	do
		n = read(b->verdict, &r, sizeof(r));
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	child_forget(b);
	if (n == 0)
		return 1;
	if (n != (ssize_t)sizeof(r))
		return failed(b, CHILD_PIPE, EIO);
	return failed(b, (enum child_stage)r.stage, r.error);
}

void
child_forget(struct child_birth *b)
{
	if (b->verdict != -1)
		close(b->verdict);
	b->verdict = -1;
}

/* ---- death ---- */

int
child_kill(pid_t pid, int sig)
{
	if (pid <= 1) {
		errno = EINVAL;
		return -1;
	}
	return kill(pid, sig);
}

int
child_kill_group(pid_t pid, int sig)
{
	if (pid <= 1) {
		errno = EINVAL;
		return -1;
	}
	return kill(-pid, sig);
}

static pid_t
peek_dead(idtype_t type, id_t id)
{
	siginfo_t	info = { .si_pid = 0 };
	int		r;

	do
		r = waitid(type, id, &info, WEXITED | WNOHANG | WNOWAIT);
	while (r == -1 && errno == EINTR);
	return r == -1 ? 0 : info.si_pid;
}

pid_t
child_dead(void)
{
	return peek_dead(P_ALL, 0);
}

bool
child_is_dead(pid_t pid)
{
	return pid > 1 && peek_dead(P_PID, (id_t)pid) == pid;
}

int
child_reap(pid_t pid, bool with_group, int *status)
{
	pid_t	r;

	if (!child_is_dead(pid)) {
		errno = ECHILD;
		return -1;
	}
	if (with_group)
		(void)child_kill_group(pid, SIGKILL);
	do
		r = waitpid(pid, status, WNOHANG);
	while (r == -1 && errno == EINTR);
	return r == pid ? 0 : -1;
}
