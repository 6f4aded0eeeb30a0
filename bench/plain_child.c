/*
 * plain_child.c - what a worker's binary does when it is started without brood.
 *
 * Owns:    the modes by which raw_process and the Erlang peer start the very
 *          binary that brood starts, so all compare the same exec and loading.
 *          --hello-3 and --hello-1 write a byte on that descriptor and
 *          end; --wait-3 and --wait-1 write it and wait.
 * Errors:  exit 1.
 */
#include <string.h>
#include <unistd.h>

#include "plain_child.h"

static const struct mode {
	const char	*name;
	int		 fd;
	bool		 waits;
} modes[] = {
	{ "--hello-1",	 1, false },
	{ "--hello-3",	 3, false },
	{ "--wait-1",	 1, true },
	{ "--wait-3",	 3, true },
};

bool
plain_child(int argc, char **argv)
{
	const struct mode	*m = NULL;

	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			m = &modes[i];
	if (m == NULL)
		return false;
	if (write(m->fd, "h", 1) != 1)
		_exit(1);
	while (m->waits)
		pause();
	return true;
}
