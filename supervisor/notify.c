/*
 * notify.c - tells the init that started us how we do.
 *
 * Owns:    NOTIFY_SOCKET and WATCHDOG_USEC of our own environment.
 * Not here: when we are ready (the caller), the same for workers.
 * Errors:  -1 and errno; nothing of it is a reason to stop.
 */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t
notify_number(const char *name)
{
	const char	*text = getenv(name), *wrong;
	int64_t		 n;

	if (text == NULL)
		return 0;
	n = strtonum(text, 1, INT64_MAX, &wrong);
	return wrong == NULL ? n : 0;
}

int
notify_init(struct notify *n, pid_t pid)
{
	const char	*path = getenv("NOTIFY_SOCKET");
	int64_t		 who = notify_number("WATCHDOG_PID");
	size_t		 len;

	*n = (struct notify){ .fd = -1, .to.sun_family = AF_UNIX };
	if (path == NULL || *path == '\0')
		return 0;
	len = strlen(path);
	if (*path != '/' && *path != '@') {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (len >= sizeof(n->to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(n->to.sun_path, path, len);
	if (*path == '@')
		n->to.sun_path[0] = '\0';
	n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd == -1)
		return -1;
	if (who == 0 || who == pid)		/* else it means another */
		n->watchdog = notify_number("WATCHDOG_USEC");
	return 0;
}

void
notify_release(struct notify *n)
{
	if (n->fd != -1)
		close(n->fd);
	n->fd = -1;
}

int
notify_send(const struct notify *n, const char *state)
{
	if (n->fd == -1)
		return 0;
	return sendto(n->fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&n->to, n->len) == -1 ? -1 : 1;
}

/* Twice in the time init allows, so that one may come late. */
int64_t
notify_interval(const struct notify *n)
{
	return n->watchdog / 2;
}
