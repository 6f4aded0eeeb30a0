/*
 * breaker.c - stands before a port and resets the connections that pass.
 *
 *	breaker FILE
 *
 * Owns:    two free ports on 127.0.0.1, printed as "DOOR CONTROL".  What comes
 *          to DOOR is passed on to the port that FILE names by then.  Each byte
 *          on a connection to CONTROL resets all that pass, at both ends, and
 *          is answered with a byte when that is done.
 * Errors:  exit 1; a connection that fails is reset at its other end, too.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common.h"

#define PAIRS		8		/* connections that pass at a time */
#define PIECE		65536

enum { DOOR, CONTROL, ASKER, FIRST };

/* fds[FIRST + 2 i] was accepted, the one behind it leads to the port. */
static struct pollfd	fds[FIRST + 2 * PAIRS];

static int
door(in_port_t *port)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	socklen_t		n = sizeof(sin);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, n) == -1 ||
	    listen(fd, PAIRS) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) == -1)
		err(1, "a port on 127.0.0.1");
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
reset(int *fd)
{
	struct linger	linger = { .l_onoff = 1, .l_linger = 0 };

	if (*fd == -1)
		return;
	if (setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger,
	    sizeof(linger)) == -1)
		err(1, "SO_LINGER");
	close(*fd);
	*fd = -1;
}

static int
dial(const char *file)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	unsigned int		 port = 0;
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE			*f = fopen(file, "r");

	if (f != NULL) {
		if (fscanf(f, "%5u", &port) != 1)
			port = 0;
		fclose(f);
	}
	sin.sin_port = htons((in_port_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1)
		reset(&fd);
	return fd;
}

static void
take(int accepted, const char *file)
{
	int	fd = accepted, one = 1, i;

	for (i = FIRST; i < FIRST + 2 * PAIRS && fds[i].fd != -1; i += 2)
		;
	if (fd == -1 || i == FIRST + 2 * PAIRS ||
	    (fds[i + 1].fd = dial(file)) == -1) {
		reset(&fd);
		return;
	}
	fds[i].fd = fd;
	for (int k = i; k < i + 2; k++)
		if (setsockopt(fds[k].fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one)) == -1)
			err(1, "TCP_NODELAY");
}

/* To the other of the pair; false: it is over. */
static bool
pass(int from, int to)
{
	static char	buf[PIECE];
	ssize_t		n = read(from, buf, sizeof(buf)), done;

	for (ssize_t at = 0; at < n; at += done)
		if ((done = send(to, buf + at, (size_t)(n - at),
		    MSG_NOSIGNAL)) == -1)
			return false;
	return n > 0;
}

static void
break_all(void)
{
	char	byte;

	if (read(fds[ASKER].fd, &byte, 1) != 1) {
		close(fds[ASKER].fd);
		fds[ASKER].fd = -1;
		return;
	}
	for (int i = FIRST; i < FIRST + 2 * PAIRS; i++)
		reset(&fds[i].fd);
	bench_write(fds[ASKER].fd, "k", 1);
}

static void
turn(const char *file)
{
	if (poll(fds, FIRST + 2 * PAIRS, -1) == -1)
		err(1, "poll");
	/* First, so that nothing passes after it was asked for. */
	if (fds[ASKER].fd != -1 && fds[ASKER].revents != 0) {
		break_all();
		return;
	}
	for (int i = FIRST; i < FIRST + 2 * PAIRS; i++) {
		int	other = FIRST + ((i - FIRST) ^ 1);

		if (fds[i].fd == -1 || fds[i].revents == 0)
			continue;
		if (!pass(fds[i].fd, fds[other].fd)) {
			reset(&fds[i].fd);
			reset(&fds[other].fd);
		}
	}
	if (fds[CONTROL].revents != 0) {
		reset(&fds[ASKER].fd);
		fds[ASKER].fd = accept(fds[CONTROL].fd, NULL, NULL);
	}
	if (fds[DOOR].revents != 0)
		take(accept(fds[DOOR].fd, NULL, NULL), file);
}

int
main(int argc, char **argv)
{
	in_port_t	door_port, control_port;

	if (argc != 2)
		errx(100, "usage: breaker FILE");
	for (int i = 0; i < FIRST + 2 * PAIRS; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	fds[DOOR].fd = door(&door_port);
	fds[CONTROL].fd = door(&control_port);
	printf("%u %u\n", (unsigned int)door_port, (unsigned int)control_port);
	fflush(stdout);
	for (;;)
		turn(argv[1]);
}
