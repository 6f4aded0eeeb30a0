/*
 * silent.c - many guests that connect and say nothing.
 *
 *	silent SOCKET COUNT [USERS]
 *
 * Prints "connected N" when all have come, "ended N" when all are cut off.
 * With USERS, which needs root, they are of so many users, from 10000 on.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "raw.h"

#define FIRST_USER	10000

static void
raise_limit(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void
be_silent(const char *path, size_t n)
{
	struct pollfd	*p;
	char		 bytes[512];
	size_t		 i, left = n;

	if ((p = calloc(n, sizeof(*p))) == NULL)
		err(RAW_FAILED, NULL);
	for (i = 0; i < n; i++) {
		p[i].fd = raw_connect(path);
		p[i].events = POLLIN;
	}
	printf("connected %zu\n", n);
	fflush(stdout);
	while (left > 0 && poll(p, n, -1) > 0)
		for (i = 0; i < n; i++)
			if (p[i].revents != 0 &&
			    recv(p[i].fd, bytes, sizeof(bytes), 0) <= 0) {
				close(p[i].fd);
				p[i].fd = -1;
				left--;
			}
	printf("ended %zu\n", n);
}

int
main(int argc, char **argv)
{
	size_t	count, users, i;

	if (argc < 3)
		errx(RAW_FAILED, "silent SOCKET COUNT [USERS]");
	count = raw_number(argv[2]);
	raise_limit();
	if (argc == 3) {
		be_silent(argv[1], count);
		return 0;
	}
	users = raw_number(argv[3]);
	for (i = 0; i < users; i++)
		if (fork() == 0) {
			if (setuid((uid_t)(FIRST_USER + i)) == -1)
				err(RAW_FAILED, "setuid");
			be_silent(argv[1], count / users);
			return 0;
		}
	while (wait(NULL) > 0)
		;
	return 0;
}
