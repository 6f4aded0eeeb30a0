/* notify_test.c - what init hears of us, and what it asked for. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "notify.h"

static void
wanted(const char *path, const char *usec, const char *pid)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (path != NULL)
		setenv("NOTIFY_SOCKET", path, 1);
	if (usec != NULL)
		setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
}

/* An init at a path, or at an abstract name that begins with '@'. */
static int
init_at(const char *path)
{
	struct sockaddr_un	 at = { .sun_family = AF_UNIX };
	size_t			 n = strlen(path);
	int			 fd = socket(AF_UNIX, SOCK_DGRAM |
				    SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, path, n);
	if (*path == '@')
		at.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&at, (socklen_t)(
	    offsetof(struct sockaddr_un, sun_path) + n)) == -1)
		return -1;
	return fd;
}

static void
test_told(const char *path)
{
	struct notify	 n;
	char		 text[64] = "";
	int		 fd = init_at(path), i;

	if (!ok(fd != -1, "an init listens at %s", path))
		return;
	wanted(path, "3000000", NULL);
	is_int(notify_init(&n, 42), 0, "its wish is understood");
	ok((fcntl(n.fd, F_GETFD) & FD_CLOEXEC) != 0, "no worker inherits it");
	is_int(notify_send(&n, "READY=1\nSTATUS=up"), 1, "it is told");
	ok(read(fd, text, sizeof(text) - 1) == 17, "in one datagram");
	is_str(text, "READY=1\nSTATUS=up", "of these words");
	is_int(notify_interval(&n), 1500000, "twice in the watchdog's time");
	for (i = 0; i < 5000; i++)
		if (notify_send(&n, "WATCHDOG=1") == -1)
			break;
	ok(i < 5000 && errno == EAGAIN, "one that sleeps is not waited for");
	close(fd);
	is_int(notify_send(&n, "READY=1"), -1, "one that is gone is an error");
	notify_release(&n);
	is_int(notify_send(&n, "READY=1"), 0, "released: nothing to do");
	unlink(path);
}

static void
test_asked(void)
{
	static const struct {
		const char	*name, *path, *usec, *pid;
		int		 rc;
		int64_t		 interval;
	} cases[] = {
		{ "nobody asked", NULL, "10", NULL, 0, 0 },
		{ "an empty name", "", "10", NULL, 0, 0 },
		{ "a name of no kind we know", "vsock:2:3", NULL, NULL, -1, 0 },
		{ "a watchdog for us", "/x", "10", "42", 0, 5 },
		{ "a watchdog for another", "/x", "10", "43", 0, 0 },
		{ "a watchdog of nonsense", "/x", "soon", NULL, 0, 0 },
		{ "a watchdog of nothing", "/x", "0", NULL, 0, 0 },
	};
	struct notify	 n;
	char		 longer[200];
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wanted(cases[i].path, cases[i].usec, cases[i].pid);
		is_int(notify_init(&n, 42), cases[i].rc, "%s",
		    cases[i].name);
		is_int(notify_interval(&n), cases[i].interval,
		    "%s: the interval", cases[i].name);
		is_int(notify_send(&n, "READY=1"), n.fd == -1 ? 0 : -1,
		    "%s: sending", cases[i].name);
		notify_release(&n);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	wanted(longer, NULL, NULL);
	is_int(notify_init(&n, 42), -1, "a name too long");
	is_int(errno, ENAMETOOLONG, "is said to be");
}

int
main(void)
{
	char	 path[64], abstract[64];

	snprintf(path, sizeof(path), "/tmp/notify_test.%ld", (long)getpid());
	snprintf(abstract, sizeof(abstract), "@notify_test.%ld",
	    (long)getpid());
	test_told(path);
	test_told(abstract);
	test_asked();
	return tap_done();
}
