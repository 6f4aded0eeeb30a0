/* sweep_test.c - what is below goes, what was left goes, nobody else does. */
#include "tap.h"

#include "../../supervisor/sweep.c"	/* its parts, one by one */

#define MANY	700		/* more than one read of their numbers */

static struct mono
soon(void)
{
	return mono_after(mono_now(), MONO_MS(20000));
}

static pid_t
start(const char *script, const char *variable, int keep)
{
	char	*argv[] = { (char *)"sh", (char *)"-c",
		    (char *)(uintptr_t)script, NULL };
	char	*envp[] = { (char *)"PATH=/bin:/usr/bin",
		    (char *)(uintptr_t)variable, NULL };
	pid_t	 pid = fork();

	if (pid == 0) {
		(void)dup2(keep, STDOUT_FILENO);
		execve("/bin/sh", argv, envp);
		_exit(127);
	}
	return pid;
}

static void
wait_bytes(int fd, size_t n)
{
	char	c;

	while (n > 0 && read_whole(fd, &c, 1) == 1)
		n--;
}

/* Same group, a session of its own, a daemon that left twice. */
static void
test_generations(void)
{
	int	fds[2];
	char	c;

	if (pipe2(fds, O_CLOEXEC) == -1)
		abort();
	(void)start("sleep 1000 & setsid sleep 1001 & "
	    "(setsid sh -c 'sleep 1002 & echo; sleep 1003' &); "
	    "echo; exec sleep 1004", "A=1", fds[1]);
	close(fds[1]);
	wait_bytes(fds[0], 2);
	is_int((intmax_t)sweep_below(soon()), 0, "below: none is left");
	is_int(read_whole(fds[0], &c, 1), 0,
	    "below: nobody of any generation holds the pipe");
	ok(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
	    "below: all are reaped");
	close(fds[0]);
}

static void
test_many(void)
{
	size_t	i, n = 0;
	pid_t	pid;

	for (i = 0; i < MANY; i++) {
		if ((pid = fork()) == 0)
			for (;;)
				pause();
		n += pid > 0;
	}
	is_int((intmax_t)kill_children(), (intmax_t)n,
	    "many: each is found once");
	is_int((intmax_t)sweep_below(soon()), 0, "many: none is left");
}

static void
test_scan(void)
{
	size_t	found = 0;
	pid_t	pid = fork();
	int	status;

	if (pid == 0)
		for (;;)
			pause();
	kill_if_child(pid, &found);
	is_int((intmax_t)found, 1, "scan: a child is one");
	kill_if_child(getppid(), &found);
	kill_if_child(1, &found);
	is_int((intmax_t)found, 1, "scan: others are not");
	(void)waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "scan: and is killed");
}

/* A deadline that has passed: one round, and what is left is told. */
static void
test_deadline(void)
{
	pid_t	pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	ok(sweep_below(mono_now()) <= 1, "deadline: it does not wait");
	(void)sweep_below(soon());
}

/* ---- leftovers ---- */

static char	run[64], exact[80], longer[80], prefixed[80], later[80];

static bool
runs(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static void
test_leftovers(void)
{
	size_t	left = 99;
	pid_t	hit, spared, miss[3];
	int	fds[2], i;

	if (pipe2(fds, O_CLOEXEC) == -1)
		abort();
	hit = start("echo; exec sleep 1000", exact, fds[1]);
	spared = start("echo; exec sleep 1000", exact, fds[1]);
	miss[0] = start("echo; exec sleep 1000", longer, fds[1]);
	miss[1] = start("echo; exec sleep 1000", prefixed, fds[1]);
	miss[2] = start("echo; exec sleep 1000", later, fds[1]);
	wait_bytes(fds[0], 5);
	is_int((intmax_t)sweep_run(run, spared, soon(), &left), 1,
	    "leftovers: one is found");
	is_int((intmax_t)left, 0, "leftovers: none is left");
	(void)waitpid(hit, NULL, 0);
	ok(runs(spared), "leftovers: one is spared");
	for (i = 0; i < 3; i++)
		ok(runs(miss[i]), "leftovers: another value is not ours (%d)",
		    i);
	(void)sweep_below(soon());
	close(fds[0]);
	close(fds[1]);
}

/* ---- the environment of a process as a file ---- */

static const struct {
	const char	*name;
	const char	*text;
	size_t		 len;
	bool		 want;
} environs[] = {
	{ "alone",		"V=1",			4, true },
	{ "first",		"V=1\0B=2",		8, true },
	{ "last",		"A=1\0V=1",		8, true },
	{ "nothing",		"",			0, false },
	{ "longer",		"V=12",			5, false },
	{ "shorter",		"V=",			3, false },
	{ "not ended",		"V=1",			3, false },
	{ "inside another",	"AV=1\0B=V=1",		11, false },
	{ "after itself",	"V=V=1",		6, false },
	{ "after empty",	"\0\0V=1",		6, true },
};

static void
test_environ(void)
{
	struct search	s = { .wanted = (char *)"V=1", .len = 4 };
	size_t		i;
	int		fds[2];

	for (i = 0; i < sizeof(environs) / sizeof(environs[0]); i++) {
		if (pipe2(fds, O_CLOEXEC) == -1 || write(fds[1],
		    environs[i].text, environs[i].len) == -1)
			abort();
		close(fds[1]);
		ok(holds(&s, fds[0]) == environs[i].want, "environ: %s",
		    environs[i].name);
		close(fds[0]);
	}
}

int
main(void)
{
	(void)snprintf(run, sizeof(run), "/tmp/sweep_test.%ld",
	    (long)getpid());
	(void)snprintf(exact, sizeof(exact), "BROOD_RUN=%s", run);
	(void)snprintf(longer, sizeof(longer), "BROOD_RUN=%sx", run);
	(void)snprintf(prefixed, sizeof(prefixed), "XBROOD_RUN=%s", run);
	(void)snprintf(later, sizeof(later), "A=BROOD_RUN=%s", run);
	is_int(sweep_adopt(), 0, "orphans will be ours");
	test_generations();
	test_many();
	test_scan();
	test_deadline();
	test_leftovers();
	test_environ();
	return tap_done();
}
