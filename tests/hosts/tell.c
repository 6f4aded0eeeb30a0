/*
 * tell.c - one line to a Unix socket, and the answer.
 *
 *	tell SOCKET WORD...	prints it; 1 if it begins with "error"
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
	char			line[256] = "", answer[256] = "";
	int			fd, i;

	if (argc < 3)
		errx(2, "usage: tell SOCKET WORD...");
	if (strlcpy(a.sun_path, argv[1], sizeof(a.sun_path)) >=
	    sizeof(a.sun_path))
		errx(2, "%s: too long", argv[1]);
	for (i = 2; i < argc; i++) {
		(void)strlcat(line, argv[i], sizeof(line));
		(void)strlcat(line, " ", sizeof(line));
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    send(fd, line, strlen(line), MSG_NOSIGNAL) == -1 ||
	    recv(fd, answer, sizeof(answer) - 1, 0) <= 0)
		err(1, "%s", argv[1]);
	puts(answer);
	return strncmp(answer, "error", 5) == 0;
}
