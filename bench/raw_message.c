/*
 * raw_message.c - what two processes and a socket can do, nothing between.
 *
 *	raw_message pingpong FIGURE SIZE COUNT [tcp]
 *	raw_message oneway   FIGURE SIZE BATCH COUNT [tcp]
 *
 * Owns:    the raw limit of every messaging figure: a socketpair, or a TCP
 *          connection on 127.0.0.1, as between hosts.  SIZE is the size of
 *          brood's frame for the same message, so both move as many bytes.
 *          pingpong: blocking write and read on both sides; a sample a round.
 *          oneway: BATCH messages a write; the reader reads 64 KiB at a time;
 *          the clock stops when the reader, having all, has answered a byte.
 * Errors:  exit 1.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#define READ_SIZE	65536

/* The two ends of a connection; nothing waits to be gathered. */
static void
tcp_pair(int fds[2])
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct sockaddr		*sa = (struct sockaddr *)&sin;
	socklen_t		 n = sizeof(sin);
	int			 door, one = 1;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((door = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(door, sa, n) == -1 || listen(door, 1) == -1 ||
	    getsockname(door, sa, &n) == -1 ||
	    (fds[0] = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fds[0], sa, n) == -1 ||
	    (fds[1] = accept(door, NULL, NULL)) == -1)
		err(1, "connection to 127.0.0.1");
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one)) == -1)
			err(1, "TCP_NODELAY");
	close(door);
}

static void
open_pair(int fds[2], bool tcp)
{
	if (tcp)
		tcp_pair(fds);
	else
		bench_pair(fds);
}

static void
pingpong_echo(int fd, char *buf, size_t size)
{
	for (;;) {
		bench_read(fd, buf, size);
		bench_write(fd, buf, size);
	}
}

static void
pingpong(const char *figure, size_t size, size_t count, bool tcp)
{
	struct bench_samples	 samples;
	char			*buf = bench_memory(size);
	uint64_t		 before, after;
	int			 fds[2];
	pid_t			 child;

	open_pair(fds, tcp);
	if ((child = bench_fork()) == 0)
		pingpong_echo(fds[1], buf, size);
	bench_samples_init(&samples, count);
	before = bench_now();
	for (size_t i = 0; i < count + count / 10; i++) {
		bench_write(fds[0], buf, size);
		bench_read(fds[0], buf, size);
		after = bench_now();
		if (i >= count / 10)		/* the first ones warm up */
			bench_samples_add(&samples, after - before);
		before = after;
	}
	bench_samples_print(&samples, figure, "raw");
	bench_end(child);
}

static void
oneway_sink(int fd, size_t total)
{
	static char	buf[READ_SIZE];
	ssize_t		n;

	while (total > 0) {
		if ((n = read(fd, buf, sizeof(buf))) <= 0)
			err(1, "read");
		total -= (size_t)n;
	}
	bench_write(fd, "d", 1);
	_exit(0);
}

static void
oneway(const char *figure, size_t size, size_t batch, size_t count, bool tcp)
{
	char		*buf = bench_memory(size * batch);
	uint64_t	 start;
	int		 fds[2];
	pid_t		 child;
	char		 done;

	count -= count % batch;
	open_pair(fds, tcp);
	if ((child = bench_fork()) == 0)
		oneway_sink(fds[1], size * count);
	start = bench_now();
	for (size_t i = 0; i < count; i += batch)
		bench_write(fds[0], buf, size * batch);
	bench_read(fds[0], &done, 1);
	bench_print_rate(figure, "raw", count, size, bench_now() - start);
	bench_end(child);
}

int
main(int argc, char **argv)
{
	size_t	size, n;
	bool	tcp = argc > 5 && strcmp(argv[argc - 1], "tcp") == 0;

	if (argc < 5)
		errx(100, "usage: pingpong FIGURE SIZE COUNT [tcp],"
		    " oneway FIGURE SIZE BATCH COUNT [tcp]");
	size = (size_t)bench_argument(argc, argv, 3, 1, 1 << 24);
	n = (size_t)bench_argument(argc, argv, 4, 1, 1 << 30);
	if (strcmp(argv[1], "pingpong") == 0)
		pingpong(argv[2], size, n, tcp);
	else
		oneway(argv[2], size, n,
		    (size_t)bench_argument(argc, argv, 5, 1, 1 << 30), tcp);
	return 0;
}
