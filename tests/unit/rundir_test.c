/* rundir_test.c - one broodd per directory, and nobody else's directory. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mono.h"
#include "rundir.h"

static char	 base[] = "/tmp/rundir_test.XXXXXX";
static char	 path[128], why[RUNDIR_WHY_SIZE];

static const char *
use(const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	(void)setenv("BROOD_RUN_DIR", path, 1);
	return path;
}

static int
mode_of(const char *file)
{
	struct stat	st;

	return lstat(file, &st) == -1 ? -1 : (int)(st.st_mode & 07777);
}

static int
try_connect(const char *file)
{
	struct sockaddr_un	a = { .sun_family = AF_UNIX };
	int			fd, rc;

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", file);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	return rc;
}

static void
test_life(void)
{
	struct rundir	r;
	char		socket_path[160];

	use("life");
	is_int(rundir_open(&r, why), 0, "open: a new directory");
	is_int(mode_of(path), 0700, "open: for its owner alone");
	is_str(r.path, path, "open: its path");
	is_int(fcntl(r.lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC,
	    "open: no child inherits the lock");
	is_int(rundir_listen(&r, "", why), 0, "listen");
	ok(access(r.socket, F_OK) == -1, "listen: nothing is to be seen");
	is_int(rundir_show(&r), 0, "show");
	is_int(mode_of(r.socket), 0600, "show: for its owner alone");
	is_int(try_connect(r.socket), 0, "show: it is listening");
	(void)snprintf(socket_path, sizeof(socket_path), "%s", r.socket);
	rundir_close(&r);
	ok(access(socket_path, F_OK) == -1, "close: the socket is gone");
	is_int(rundir_open(&r, why), 0, "open: again");
	rundir_close(&r);
}

/* After a broodd that was killed: nothing says "ready" before it is. */
static void
test_stale(void)
{
	struct rundir	r;
	char		stale[160];
	int		fd;

	(void)mkdir(use("stale"), 0755);
	(void)snprintf(stale, sizeof(stale), "%s/sock", path);
	fd = open(stale, O_WRONLY | O_CREAT, 0600);
	close(fd);
	is_int(rundir_open(&r, why), 0, "stale: opened");
	is_int(mode_of(path), 0700, "stale: the mode is set right");
	ok(access(stale, F_OK) == -1, "stale: the old socket is gone");
	rundir_close(&r);
}

static void
test_group(void)
{
	struct rundir	 r;
	struct group	*g = getgrgid(getegid());

	use("group");
	(void)rundir_open(&r, why);
	is_int(rundir_listen(&r, g->gr_name, why), 0, "group: listen");
	(void)rundir_show(&r);
	is_int(mode_of(r.socket), 0660, "group: its members may connect");
	is_int(mode_of(r.path), 0710, "group: and pass to it, no more");
	rundir_close(&r);
	use("group2");
	(void)rundir_open(&r, why);
	ok(rundir_listen(&r, "no-such-group", why) == -1 &&
	    strstr(why, "no-such-group") != NULL, "group: none: %s", why);
	rundir_close(&r);
}

/* Guard and parent: free when both are gone, not before. */
static void
test_lock(void)
{
	struct rundir	r, second;
	struct mono	began;
	char		number[32];
	int		fds[2], status;
	pid_t		pid;

	use("lock");
	if (rundir_open(&r, why) == -1 || pipe(fds) == -1)
		abort();
	began = mono_now();
	ok(rundir_open(&second, why) == -1 && errno == EBUSY,
	    "lock: a second one is refused");
	ok(mono_now().ns - began.ns >= MONO_MS(RUNDIR_LOCK_MS),
	    "lock: after waiting for it");
	(void)snprintf(number, sizeof(number), "process %ld", (long)getpid());
	ok(strstr(why, number) != NULL, "lock: who holds it: %s", why);
	if ((pid = fork()) == 0) {
		close(fds[1]);
		_exit(read(fds[0], number, 1) == -1);
	}
	close(fds[0]);
	close(r.lock);			/* as if killed */
	r.lock = -1;
	ok(rundir_open(&second, why) == -1 && errno == EBUSY,
	    "lock: held as long as one of both lives");
	close(fds[1]);
	(void)waitpid(pid, &status, 0);
	is_int(rundir_open(&second, why), 0, "lock: free after both");
	rundir_close(&second);
	rundir_close(&r);
}

static void
test_refused(void)
{
	struct rundir	r;
	char		deep[128];
	int		fd;

	use("life");
	(void)snprintf(deep, sizeof(deep), "%s/link", base);
	(void)symlink(path, deep);
	(void)setenv("BROOD_RUN_DIR", deep, 1);
	ok(rundir_open(&r, why) == -1 && errno == ENOTDIR,
	    "refused: a link: %s", why);
	fd = open(use("file"), O_WRONLY | O_CREAT, 0600);
	close(fd);
	ok(rundir_open(&r, why) == -1 && errno == ENOTDIR,
	    "refused: a file: %s", why);
	use("missing/below");
	ok(rundir_open(&r, why) == -1 && errno == ENOENT,
	    "refused: no place: %s", why);
	use("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaa");
	ok(rundir_open(&r, why) == -1 && errno == ENAMETOOLONG,
	    "refused: no socket fits: %s", why);
	if (geteuid() != 0) {
		ok(true, "refused: another's # SKIP needs root");
		return;
	}
	(void)mkdir(use("other"), 0700);
	if (chown(path, 65534, 65534) == -1)
		abort();
	ok(rundir_open(&r, why) == -1 && errno == EPERM,
	    "refused: another's: %s", why);
	is_int(mode_of(path), 0700, "refused: and left alone");
}

static void
test_names(void)
{
	struct rundir	r;

	if (geteuid() == 0) {
		ok(true, "names: of a plain user # SKIP is root");
		return;
	}
	(void)unsetenv("BROOD_RUN_DIR");
	(void)setenv("XDG_RUNTIME_DIR", base, 1);
	(void)rundir_open(&r, why);
	(void)snprintf(path, sizeof(path), "%s/brood", base);
	is_str(r.path, path, "names: below XDG_RUNTIME_DIR");
	rundir_close(&r);
}

static void
test_pid_file(void)
{
	char	text[32] = "";
	int	fd;

	is_int(rundir_write_pid(use("pid"), 4711), 0, "pid file: written");
	fd = open(path, O_RDONLY);
	ok(read(fd, text, sizeof(text) - 1) == 5 && strcmp(text, "4711\n") ==
	    0, "pid file: one number");
	close(fd);
	ok(rundir_write_pid(use("no/pid"), 1) == -1 && errno == ENOENT,
	    "pid file: no place");
}

int
main(void)
{
	pid_t	pid;

	if (mkdtemp(base) == NULL)
		return 1;
	test_life();
	test_stale();
	test_group();
	test_lock();
	test_refused();
	test_names();
	test_pid_file();
	if ((pid = fork()) == 0) {
		execlp("rm", "rm", "-rf", base, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	return tap_done();
}
