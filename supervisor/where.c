/*
 * where.c - where brood's own files are: from the executable's place.
 *
 * Owns:    the two layouts, built and installed.
 * Errors:  -1 and errno when the executable's own path cannot be found.  That a
 *          file is missing is seen by whoever needs it.
 */
#include "where.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *
own_path(const char *argv0)
{
	char	text[PATH_MAX];
	ssize_t	n;

	n = readlink("/proc/self/exe", text, sizeof(text) - 1);
	if (n <= 0)
		return realpath(argv0, NULL);
	text[n] = '\0';
	return strdup(text);
}

static char *
join(const char *folder, const char *name)
{
	char	*path;

	if (asprintf(&path, "%s/%s", folder, name) == -1)
		return NULL;
	return path;
}

/* Beside the executable, else where it is installed. */
static char *
beside(const char *folder, const char *name, const char *installed)
{
	char	*path = join(folder, name), *real;

	if (path == NULL || access(path, F_OK) == 0)
		return path;
	free(path);
	if ((path = join(folder, installed)) == NULL)
		return NULL;
	real = realpath(path, NULL);
	free(path);
	/* Neither is there: a message shall name the nearer one. */
	return real != NULL ? real : join(folder, name);
}

int
where_init(struct where *w, const char *argv0)
{
	char	*self, *slash;

	*w = (struct where){ .bin = NULL };
	if ((self = own_path(argv0)) == NULL)
		return -1;
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	w->relay = beside(self, "relay", "../lib/brood/relay");
	w->workers = beside(self, "workers", "../lib/brood/workers");
	if ((w->bin = beside(self, "brood", "../bin/brood")) != NULL &&
	    (slash = strrchr(w->bin, '/')) != NULL)
		*slash = '\0';
	free(self);
	if (w->bin != NULL && w->relay != NULL && w->workers != NULL)
		return 0;
	where_release(w);
	errno = ENOMEM;
	return -1;
}

void
where_release(struct where *w)
{
	free(w->bin);
	free(w->relay);
	free(w->workers);
	*w = (struct where){ .bin = NULL };
}
