/* paths_test.c - which socket is asked, by option and environment. */
#include "../../ctl/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static const struct {
	const char	*name, *given, *socket, *run_dir, *xdg;
	const char	*want;		/* NULL: as the user has it */
} cases[] = {
	{ "-s wins", "/a/s", "/b/s", "/c", "/d", "/a/s" },
	{ "then BROOD_SOCKET", NULL, "/b/s", "/c", "/d", "/b/s" },
	{ "then BROOD_RUN_DIR", NULL, NULL, "/c", "/d", "/c/sock" },
	{ "empty is unset", NULL, "", "/c", "", "/c/sock" },
	{ "then the user's place", NULL, NULL, NULL, "/d", NULL },
	{ "without any of them", NULL, NULL, NULL, NULL, NULL },
};

static void
put_env(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

/* What is the default depends on who runs the test. */
static void
users_place(const char *xdg, char *want, size_t size)
{
	if (geteuid() == 0)
		(void)snprintf(want, size, "/run/brood/sock");
	else if (xdg != NULL)
		(void)snprintf(want, size, "%s/brood/sock", xdg);
	else
		(void)snprintf(want, size, "/tmp/brood-%lu/sock",
		    (unsigned long)geteuid());
}

int
main(void)
{
	char	 out[PATHS_SOCKET], want[PATHS_SOCKET], path[PATHS_SOCKET + 1];
	size_t	 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_env("BROOD_SOCKET", cases[i].socket);
		put_env("BROOD_RUN_DIR", cases[i].run_dir);
		put_env("XDG_RUNTIME_DIR", cases[i].xdg);
		if (cases[i].want != NULL)
			(void)snprintf(want, sizeof(want), "%s",
			    cases[i].want);
		else
			users_place(cases[i].xdg, want, sizeof(want));
		is_int(paths_socket(cases[i].given, out), 0, "%s: found",
		    cases[i].name);
		is_str(out, want, "%s", cases[i].name);
	}
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[PATHS_SOCKET - 1] = '\0';
	is_int(paths_socket(path, out), 0, "the longest path");
	is_str(out, path, "the longest path is kept whole");
	path[PATHS_SOCKET - 1] = 'x';
	path[PATHS_SOCKET] = '\0';
	ok(paths_socket(path, out) == -1 && errno == ENAMETOOLONG,
	    "one byte more is refused");
	return tap_done();
}
