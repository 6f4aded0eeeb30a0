/*
 * paths.c - where the supervisor's socket and the programs beside us are.
 *
 * Owns:    the order in which places are looked at.
 * Not here: what is done with them (client.c, cmd_run.c, cmd_node.c).
 * Errors:  -1 or NULL, and errno.
 */
#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An empty variable is an unset one. */
static const char *
env(const char *name)
{
	const char	*value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

int
paths_socket(const char *given, char out[PATHS_SOCKET])
{
	const char	*dir;
	int		 n;

	if (given == NULL)
		given = env("BROOD_SOCKET");
	if (given != NULL)
		n = snprintf(out, PATHS_SOCKET, "%s", given);
	else if ((dir = env("BROOD_RUN_DIR")) != NULL)
		n = snprintf(out, PATHS_SOCKET, "%s/sock", dir);
	else if (geteuid() == 0)
		n = snprintf(out, PATHS_SOCKET, "/run/brood/sock");
	else if ((dir = env("XDG_RUNTIME_DIR")) != NULL && *dir == '/')
		n = snprintf(out, PATHS_SOCKET, "%s/brood/sock", dir);
	else
		n = snprintf(out, PATHS_SOCKET, "/tmp/brood-%lu/sock",
		    (unsigned long)geteuid());
	if (n < 0 || (size_t)n >= PATHS_SOCKET) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* The folder of this very program, wherever it was called from. */
static int
own_folder(char folder[PATH_MAX])
{
	ssize_t	 n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char	*slash;

	if (n == -1)
		return -1;
	folder[n] = '\0';
	if ((slash = strrchr(folder, '/')) == NULL) {
		errno = ENOENT;
		return -1;
	}
	*slash = '\0';
	return 0;
}

char *
paths_broodd(void)
{
	static const char *const	 places[] = { "broodd",
	    "../sbin/broodd" };
	char				 folder[PATH_MAX], *path;
	size_t				 i;

	if (own_folder(folder) == -1)
		return NULL;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (asprintf(&path, "%s/%s", folder, places[i]) == -1)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	errno = ENOENT;
	return NULL;
}
