/*
 * rundir.c - the run directory: its lock, the control socket, the pid file.
 *
 * Owns:    the names in the directory, and the way it is found.
 * Not here: what goes over the socket (the relay), leftovers of processes
 *          (sweep.c).
 * Errors:  -1 and errno, and the reason as a text, since the caller can only
 *          print it and end.
 */
#include "rundir.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mono.h"

#define LOCK_NAME	"lock"
#define LOCK_PAUSE_MS	20
#define MODE_ALONE	0700
#define MODE_GROUP	0710		/* its members pass to the socket */

/* -1 with errno kept, the reason and, unless 0, what the system says. */
static int __attribute__((format(printf, 3, 4)))
refuse(char *why, int error, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, RUNDIR_WHY_SIZE, fmt, ap);
	va_end(ap);
	errno = error;
	return -1;
}

/* ---- the directory ---- */

static char *
wanted_path(void)
{
	const char	*given = getenv("BROOD_RUN_DIR");
	const char	*xdg = getenv("XDG_RUNTIME_DIR");
	char		*path;
	int		 n;

	if (given != NULL && *given != '\0')
		n = asprintf(&path, "%s", given);
	else if (geteuid() == 0)
		n = asprintf(&path, "/run/brood");
	else if (xdg != NULL && *xdg == '/')
		n = asprintf(&path, "%s/brood", xdg);
	else
		n = asprintf(&path, "/tmp/brood-%lu",
		    (unsigned long)geteuid());
	return n == -1 ? NULL : path;
}

/* What we hold open is checked, not a name that others could exchange. */
static int
open_own(struct rundir *r, const char *path, char *why)
{
	struct stat	st;

	if (mkdir(path, MODE_ALONE) == -1 && errno != EEXIST)
		return refuse(why, errno, "run directory %s: %s", path,
		    strerror(errno));
	r->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r->dir == -1 && (errno == ENOTDIR || errno == ELOOP))
		return refuse(why, ENOTDIR, "run directory %s: is no "
		    "directory", path);
	if (r->dir == -1 || fstat(r->dir, &st) == -1)
		return refuse(why, errno, "run directory %s: %s", path,
		    strerror(errno));
	if (st.st_uid != geteuid())
		return refuse(why, EPERM, "run directory %s: belongs to user "
		    "%lu, not to %lu", path, (unsigned long)st.st_uid,
		    (unsigned long)geteuid());
	if ((st.st_mode & 07777) != MODE_ALONE &&
	    fchmod(r->dir, MODE_ALONE) == -1)
		return refuse(why, errno, "run directory %s: %s", path,
		    strerror(errno));
	return 0;
}

static int
name_all(struct rundir *r, const char *path, char *why)
{
	struct sockaddr_un	a;

	if ((r->path = realpath(path, NULL)) == NULL)
		return refuse(why, errno, "run directory %s: %s", path,
		    strerror(errno));
	if (asprintf(&r->socket, "%s/" RUNDIR_SOCKET, r->path) == -1) {
		r->socket = NULL;
		return refuse(why, ENOMEM, "out of memory");
	}
	if (asprintf(&r->hidden, "%s/.sock", r->path) == -1) {
		r->hidden = NULL;
		return refuse(why, ENOMEM, "out of memory");
	}
	if (strlen(r->hidden) >= sizeof(a.sun_path))
		return refuse(why, ENAMETOOLONG, "run directory %s: longer "
		    "than the %zu bytes the path of a socket may have",
		    r->path, sizeof(a.sun_path) - sizeof("/.sock"));
	return 0;
}

/* ---- the lock ---- */

static int
refuse_held(const struct rundir *r, char *why)
{
	char	text[32] = "";
	ssize_t	n;

	/* Whoever holds it wrote its number there; it says so, no more. */
	n = pread(r->lock, text, sizeof(text) - 1, 0);
	if (n > 0)
		text[strspn(text, "0123456789")] = '\0';
	return refuse(why, EBUSY, "run directory %s: another broodd holds it "
	    "(process %s)", r->path, *text != '\0' ? text : "unknown");
}

static int
take_lock(struct rundir *r, char *why)
{
	struct mono	deadline = mono_after(mono_now(),
			    MONO_MS(RUNDIR_LOCK_MS));
	int		n;

	r->lock = openat(r->dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (r->lock == -1)
		return refuse(why, errno, "%s/" LOCK_NAME ": %s", r->path,
		    strerror(errno));
	while (flock(r->lock, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return refuse(why, errno, "%s/" LOCK_NAME ": %s",
			    r->path, strerror(errno));
		if (mono_reached(deadline, mono_now()))
			return refuse_held(r, why);
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	if (ftruncate(r->lock, 0) == -1)
		return refuse(why, errno, "%s/" LOCK_NAME ": %s", r->path,
		    strerror(errno));
	n = dprintf(r->lock, "%ld\n", (long)getpid());
	(void)n;			/* a full disk is no reason to fail */
	return 0;
}

int
rundir_open(struct rundir *r, char why[RUNDIR_WHY_SIZE])
{
	char	*path;
	int	 rc;

	*r = (struct rundir){ .dir = -1, .lock = -1, .listener = -1 };
	if ((path = wanted_path()) == NULL)
		return refuse(why, ENOMEM, "out of memory");
	rc = open_own(r, path, why);
	if (rc == 0)
		rc = name_all(r, path, why);
	if (rc == 0)
		rc = take_lock(r, why);
	free(path);
	if (rc == -1) {
		rc = errno;
		/* What another broodd made there is not ours to remove. */
		free(r->socket);
		r->socket = NULL;
		rundir_close(r);
		errno = rc;
		return -1;
	}
	/* Of one that was killed: nobody may think that we are ready. */
	(void)unlink(r->socket);
	(void)unlink(r->hidden);
	return 0;
}

/* ---- the control socket ---- */

static int
give_group(struct rundir *r, const char *group, char *why)
{
	struct group	*g = getgrnam(group);

	if (g == NULL)
		return refuse(why, EINVAL, "socket-group: there is no group "
		    "%s", group);
	if (fchown(r->dir, (uid_t)-1, g->gr_gid) == -1 ||
	    fchmod(r->dir, MODE_GROUP) == -1 ||
	    chown(r->hidden, (uid_t)-1, g->gr_gid) == -1)
		return refuse(why, errno, "socket-group %s: %s", group,
		    strerror(errno));
	return 0;
}

int
rundir_listen(struct rundir *r, const char *group, char why[RUNDIR_WHY_SIZE])
{
	struct sockaddr_un	a = { .sun_family = AF_UNIX };
	bool			shared = group != NULL && *group != '\0';
	mode_t			before;
	int			rc, error;

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", r->hidden);
	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (r->listener == -1)
		return refuse(why, errno, "control socket: %s",
		    strerror(errno));
	before = umask(shared ? 0117 : 0177);	/* never wider, not even now */
	rc = bind(r->listener, (struct sockaddr *)&a, sizeof(a));
	error = errno;
	(void)umask(before);
	if (rc == -1)
		return refuse(why, error, "control socket %s: %s", r->socket,
		    strerror(error));
	if (shared && give_group(r, group, why) == -1)
		return -1;
	if (listen(r->listener, SOMAXCONN) == -1)
		return refuse(why, errno, "control socket %s: %s", r->socket,
		    strerror(errno));
	return 0;
}

int
rundir_show(struct rundir *r)
{
	return rename(r->hidden, r->socket);
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void
rundir_close(struct rundir *r)
{
	if (r->socket != NULL)
		(void)unlink(r->socket);
	if (r->socket != NULL && r->hidden != NULL)
		(void)unlink(r->hidden);
	close_one(&r->listener);
	close_one(&r->dir);
	close_one(&r->lock);		/* last: from now on it is another's */
	free(r->path);
	free(r->socket);
	free(r->hidden);
	r->path = r->socket = r->hidden = NULL;
}

int
rundir_write_pid(const char *path, pid_t pid)
{
	int	fd, n, error;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0644);
	if (fd == -1)
		return -1;
	n = dprintf(fd, "%ld\n", (long)pid);
	error = errno;
	if (close(fd) == -1 && n >= 0) {
		error = errno;
		n = -1;
	}
	errno = error;
	return n < 0 ? -1 : 0;
}
