/*
 * peer_zmq.c - one-way messages through ZeroMQ, PUSH to PULL over ipc.
 *
 *	peer_zmq FIGURE SIZE COUNT
 *
 * Owns:    the figure of a library that batches inside: its threads gather what
 *          zmq_send has taken, so it stands beside brood's corked figure.
 * Errors:  exit 1.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "common.h"

#define PATH_SIZE	80

static void *
open_socket(int type, const char *name, bool bound)
{
	static void	*context;
	void		*s;

	if (context == NULL && (context = zmq_ctx_new()) == NULL)
		errx(1, "zmq_ctx_new: %s", zmq_strerror(errno));
	if ((s = zmq_socket(context, type)) == NULL)
		errx(1, "zmq_socket: %s", zmq_strerror(errno));
	if ((bound ? zmq_bind : zmq_connect)(s, name) == -1)
		errx(1, "%s: %s", name, zmq_strerror(errno));
	return s;
}

/* Says once that it is there, and once that it has all. */
static void
sink(const char *to, const char *back, size_t count)
{
	void		*in = open_socket(ZMQ_PULL, to, true);
	void		*out = open_socket(ZMQ_PUSH, back, false);
	zmq_msg_t	 m;

	zmq_send(out, "r", 1, 0);
	for (size_t i = 0; i < count; i++) {
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, in, 0) == -1)
			_exit(1);
		zmq_msg_close(&m);
	}
	zmq_send(out, "d", 1, 0);
	for (;;)
		pause();
}

static void
measure(const char *figure, const char *to, const char *back, size_t size,
    size_t count)
{
	void		*in = open_socket(ZMQ_PULL, back, true);
	void		*out = open_socket(ZMQ_PUSH, to, false);
	char		*data = bench_memory(size), byte;
	uint64_t	 start;

	if (zmq_recv(in, &byte, 1, 0) != 1)
		errx(1, "zmq_recv: %s", zmq_strerror(errno));
	start = bench_now();
	for (size_t i = 0; i < count; i++)
		if (zmq_send(out, data, size, 0) == -1)
			errx(1, "zmq_send: %s", zmq_strerror(errno));
	if (zmq_recv(in, &byte, 1, 0) != 1)
		errx(1, "zmq_recv: %s", zmq_strerror(errno));
	bench_print_rate(figure, "zmq", count, size, bench_now() - start);
}

int
main(int argc, char **argv)
{
	char	dir[] = "/tmp/bench_zmq.XXXXXX";
	char	to[PATH_SIZE], back[PATH_SIZE];
	size_t	size, count;
	pid_t	child;

	size = (size_t)bench_argument(argc, argv, 2, 1, 1 << 24);
	count = (size_t)bench_argument(argc, argv, 3, 1, 1 << 30);
	if (mkdtemp(dir) == NULL)
		err(1, "mkdtemp");
	snprintf(to, sizeof(to), "ipc://%s/to", dir);
	snprintf(back, sizeof(back), "ipc://%s/back", dir);

	/* A context must not cross a fork: each side makes its own. */
	if ((child = bench_fork()) == 0)
		sink(to, back, count);
	measure(argv[1], to, back, size, count);
	bench_end(child);
	unlink(to + strlen("ipc://"));
	unlink(back + strlen("ipc://"));
	rmdir(dir);
	/* Not exit: zmq's own threads are still at work. */
	_exit(0);
}
