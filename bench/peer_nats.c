/*
 * peer_nats.c - the messaging figures through a NATS server, on this host.
 *
 *	peer_nats pingpong FIGURE SIZE COUNT
 *	peer_nats oneway   FIGURE SIZE GATHER COUNT
 *
 * Owns:    a nats-server of its own on a free loopback port, ended with it; a
 *          client of NATS's text protocol, so no client library is measured.
 *          oneway: the client writes when GATHER bytes have come together; 1
 *          is a write a message, 32768 is what NATS's own clients do.
 * Errors:  exit 1.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

#define READ_SIZE	65536
#define MESSAGE_MAX	65536		/* of one message */
#define BUFFER_SIZE	(4 * 65536)
#define HELLO		"CONNECT {\"verbose\":false,\"pedantic\":false," \
			"\"lang\":\"c\",\"version\":\"0\",\"protocol\":1}\r\n"

struct client {
	int	 fd;
	char	 in[BUFFER_SIZE], out[BUFFER_SIZE];
	size_t	 start, end;		/* in: read and not yet taken */
	size_t	 nout, gather;		/* out: written when it has this much */
};

/* ---- the server ---- */

/* Its log says "... client connections on 127.0.0.1:PORT". */
static in_port_t
server_port(int log)
{
	const char	*key = "connections on 127.0.0.1:";
	char		 text[8192];
	const char	*at;
	size_t		 n = 0;
	ssize_t		 got;

	while (n < sizeof(text) - 1) {
		if ((got = read(log, text + n, sizeof(text) - 1 - n)) <= 0)
			errx(1, "nats-server: %.*s", (int)n, text);
		n += (size_t)got;
		text[n] = '\0';
		at = strstr(text, key);
		if (at != NULL && strchr(at, '\n') != NULL)
			return (in_port_t)strtoul(at + strlen(key), NULL, 10);
	}
	errx(1, "nats-server does not say its port");
}

static pid_t
server_start(in_port_t *port)
{
	pid_t	pid;
	int	log[2];

	if (pipe(log) == -1)
		err(1, "pipe");
	if ((pid = bench_fork()) == 0) {
		dup2(log[1], STDERR_FILENO);
		close(log[0]);
		close(log[1]);
		execlp("nats-server", "nats-server", "-a", "127.0.0.1",
		    "-p", "-1", (char *)NULL);
		_exit(127);
	}
	close(log[1]);
	*port = server_port(log[0]);
	return pid;		/* log[0] stays open: it goes on logging */
}

/* ---- the client ---- */

static void
client_fill(struct client *c)
{
	ssize_t	n;

	if (sizeof(c->in) - c->end < READ_SIZE || c->start == c->end) {
		memmove(c->in, c->in + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
	}
	if ((n = read(c->fd, c->in + c->end, READ_SIZE)) <= 0)
		errx(1, "the server has closed the connection");
	c->end += (size_t)n;
}

/* The next line, without its end; it stands until the next call. */
static char *
client_line(struct client *c)
{
	size_t	 seen = 0;
	char	*line, *nl;

	for (;;) {
		line = c->in + c->start;
		nl = memchr(line + seen, '\n', c->end - c->start - seen);
		if (nl != NULL)
			break;
		seen = c->end - c->start;
		client_fill(c);
	}
	*nl = '\0';
	c->start += (size_t)(nl - line) + 1;
	return line;
}

static void
client_flush(struct client *c)
{
	bench_write(c->fd, c->out, c->nout);
	c->nout = 0;
}

static void
client_publish(struct client *c, char subject, const char *data, size_t size)
{
	size_t	room = sizeof(c->out) - c->nout;

	c->nout += (size_t)snprintf(c->out + c->nout, room, "PUB %c %zu\r\n",
	    subject, size);
	memcpy(c->out + c->nout, data, size);
	memcpy(c->out + c->nout + size, "\r\n", 2);
	c->nout += size + 2;
	if (c->nout >= c->gather)
		client_flush(c);
}

/* Takes one message and lets it go. */
static void
client_take(struct client *c)
{
	size_t	 size;
	char	*line;

	while (strncmp(line = client_line(c), "MSG ", 4) != 0) {
		if (strncmp(line, "PING", 4) == 0)
			bench_write(c->fd, "PONG\r\n", 6);
		else if (line[0] == '-')
			errx(1, "the server says %s", line);
	}
	size = (size_t)strtoul(strrchr(line, ' '), NULL, 10) + 2;
	while (c->end - c->start < size)
		client_fill(c);
	c->start += size;
}

/* Connected and subscribed; the server has said so. */
static struct client *
client_new(in_port_t port, char subject, size_t gather)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct client		*c = bench_memory(sizeof(*c));
	int			 one = 1;

	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->gather = gather;
	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)) == -1)
		err(1, "connect to nats-server");
	c->nout = (size_t)snprintf(c->out, sizeof(c->out),
	    HELLO "SUB %c 1\r\nPING\r\n", subject);
	client_flush(c);
	while (strncmp(client_line(c), "PONG", 4) != 0)
		continue;
	return c;
}

/* ---- the figures ---- */

/* Answers each message (EACH 1), or only the last one. */
static void
far_end(in_port_t port, int ready, size_t size, size_t each)
{
	struct client	*c = client_new(port, 'b', 1);
	char		*data = bench_memory(size);

	bench_write(ready, "r", 1);
	for (;;) {
		for (size_t i = 0; i < each; i++)
			client_take(c);
		client_publish(c, 'a', data, size);
	}
}

static void
pingpong(struct client *c, const char *figure, size_t size, size_t count)
{
	struct bench_samples	 samples;
	char			*data = bench_memory(size);
	uint64_t		 before, after;

	bench_samples_init(&samples, count);
	before = bench_now();
	for (size_t i = 0; i < count + count / 10; i++) {
		client_publish(c, 'b', data, size);
		client_take(c);
		after = bench_now();
		if (i >= count / 10)		/* the first ones warm up */
			bench_samples_add(&samples, after - before);
		before = after;
	}
	bench_samples_print(&samples, figure, "nats");
}

static void
oneway(struct client *c, const char *figure, size_t size, size_t count)
{
	char		*data = bench_memory(size);
	uint64_t	 start = bench_now();

	for (size_t i = 0; i < count; i++)
		client_publish(c, 'b', data, size);
	client_flush(c);
	client_take(c);
	bench_print_rate(figure, "nats", count, size, bench_now() - start);
}

int
main(int argc, char **argv)
{
	struct client	*c;
	in_port_t	 port;
	pid_t		 server, far;
	size_t		 size, count, gather = 1;
	int		 ready[2];
	bool		 ping;
	char		 byte;

	if (argc < 5)
		errx(100, "usage: pingpong FIGURE SIZE COUNT,"
		    " oneway FIGURE SIZE GATHER COUNT");
	ping = strcmp(argv[1], "pingpong") == 0;
	size = (size_t)bench_argument(argc, argv, 3, 1, MESSAGE_MAX);
	if (!ping)
		gather = (size_t)bench_argument(argc, argv, 4, 1, MESSAGE_MAX);
	count = (size_t)bench_argument(argc, argv, ping ? 4 : 5, 1, 1 << 30);

	server = server_start(&port);
	bench_pair(ready);
	if ((far = bench_fork()) == 0)
		far_end(port, ready[1], size, ping ? 1 : count);
	bench_read(ready[0], &byte, 1);
	c = client_new(port, 'a', gather);
	if (ping)
		pingpong(c, argv[2], size, count);
	else
		oneway(c, argv[2], size, count);
	bench_end(far);
	bench_end(server);
	return 0;
}
