/*
 * inbox.c - what a service manager would hear: datagrams, a line each.
 *
 *	inbox SOCKET	prints them as they come, until it is killed
 *
 * No worker: started by a test itself.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <err.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un	a = { .sun_family = AF_UNIX };
	char			text[512], *line, *rest;
	ssize_t			n;
	int			fd;

	if (argc != 2 || strlen(argv[1]) >= sizeof(a.sun_path))
		errx(100, "usage: inbox SOCKET");
	(void)strlcpy(a.sun_path, argv[1], sizeof(a.sun_path));
	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		err(111, "%s", argv[1]);
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) >= 0) {
		text[n] = '\0';
		for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
			if (*line != '\0')
				puts(line);
		(void)fflush(stdout);
	}
	return 1;
}
