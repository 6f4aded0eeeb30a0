/*
 * fan_out.c - one speaks, many listen: the chat server beside others.
 *
 *	fan_out chat  FIGURE LISTENERS LINES PID PORT...
 *	fan_out nats  FIGURE LISTENERS LINES
 *	fan_out redis FIGURE LISTENERS LINES
 *
 * chat: listener I is a client of the server on port I modulo their number, the
 * first of them speaks; PID is the root of all processes that count.  The
 * others have a server of their own on a loopback port, ended with them, and
 * the speaker besides is a client that only publishes.
 *
 * A line is 64 bytes of the speaker's.  All programs are read by one and the
 * same loop, which only counts; at most WINDOW lines are on their way to the
 * slowest listener, so nobody is disconnected for being slow.
 *
 * Owns:    lines that were delivered a second, and the servers' CPU time for
 *          each.
 * Errors:  exit 1.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

#define LISTENERS_MOST	1000
#define WINDOW		4096		/* lines */
#define GATHER		256		/* of the speaker, in one write */
#define PIDS_MOST	65536

struct listener {
	int	 fd;
	size_t	 left;			/* of the message that has begun */
	size_t	 seen;			/* messages that have */
};

static const struct kind {
	const char	*name;
	const char	*hello;		/* a listener's first words, */
	const char	*ready;		/* and the end of the answer */
	const char	*says;		/* before the 64 bytes */
	const char	*said;		/* as a listener sees it */
	const char	*end;		/* behind them, both */
} kinds[] = {
	{ "chat", "", "What is your name?\n", "", "<u0>: ", "\n" },
	{ "nats", "CONNECT {\"verbose\":false,\"lang\":\"c\"}\r\n"
	    "SUB s 1\r\nPING\r\n", "PONG\r\n", "PUB s 64\r\n",
	    "MSG s 1 64\r\n", "\r\n" },
	{ "redis", "SUBSCRIBE s\r\n", ":1\r\n",
	    "*3\r\n$7\r\nPUBLISH\r\n$1\r\ns\r\n$64\r\n",
	    "*3\r\n$7\r\nmessage\r\n$1\r\ns\r\n$64\r\n", "\r\n" },
};

static struct listener	listeners[LISTENERS_MOST];
static const struct kind *kind;
static size_t		 nlisteners, message;	/* bytes of one, as seen */
static char		 buffer[1 << 18];

/* ---- CPU time ---- */

/* utime + stime of one process, in ticks; its parent. */
static bool
process(const char *pid, long *parent, unsigned long *ticks)
{
	char		 path[300], text[1024], *at;
	unsigned long	 user, sys;
	FILE		*f;
	size_t		 n;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if ((at = strrchr(text, ')')) == NULL || sscanf(at + 1, " %*c %ld %*s"
	    " %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", parent, &user,
	    &sys) != 3)
		return false;
	*ticks = user + sys;
	return true;
}

/* Of a process and all below it, in nanoseconds. */
static double
cpu_of(long root)
{
	static long		 parents[PIDS_MOST];
	static unsigned long	 ticks[PIDS_MOST];
	DIR			*dir = opendir("/proc");
	struct dirent		*e;
	unsigned long		 sum = 0;
	long			 pid, at;

	memset(parents, 0, sizeof(parents));
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if ((pid = strtol(e->d_name, NULL, 10)) > 0 &&
		    pid < PIDS_MOST && !process(e->d_name, &parents[pid],
		    &ticks[pid]))
			parents[pid] = 0;
	closedir(dir);
	for (pid = 1; pid < PIDS_MOST; pid++) {
		for (at = parents[pid] == 0 ? 0 : pid; at > 0 &&
		    at < PIDS_MOST && at != root;)
			at = parents[at];
		if (at == root)
			sum += ticks[pid];
	}
	return (double)sum * 1e9 / (double)sysconf(_SC_CLK_TCK);
}

/* ---- servers ---- */

static size_t
free_port(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	socklen_t		n = sizeof(sin);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) == -1)
		err(1, "port");
	close(fd);
	return ntohs(sin.sin_port);
}

static pid_t
server_start(size_t port)
{
	char	 text[8];
	pid_t	 pid;

	snprintf(text, sizeof(text), "%zu", port);
	if ((pid = bench_fork()) != 0)
		return pid;
	if (freopen("/dev/null", "w", stdout) == NULL ||
	    freopen("/dev/null", "w", stderr) == NULL)
		_exit(127);
	if (strcmp(kind->name, "nats") == 0)
		execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p",
		    text, (char *)NULL);
	else
		execlp("redis-server", "redis-server", "--bind", "127.0.0.1",
		    "--port", text, "--save", "", "--dir", "/tmp",
		    (char *)NULL);
	_exit(127);
}

/* ---- listeners ---- */

static int
dial(size_t port)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	int			fd, one = 1, tries;

	sin.sin_port = htons((in_port_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (tries = 0; tries < 500; tries++) {
		if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
			err(1, "socket");
		if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
			    sizeof(one));
			return fd;
		}
		close(fd);
		usleep(10000);
	}
	err(1, "port %zu", port);
}

/* Up to these words, byte by byte: what follows is for the count. */
static void
await(int fd, const char *words)
{
	size_t	n = strlen(words), have = 0;
	char	tail[128] = "";

	while (have < n || memcmp(tail, words, n) != 0) {
		if (have == n) {
			memmove(tail, tail + 1, n - 1);
			have--;
		}
		bench_read(fd, tail + have++, 1);
	}
}

/* A client of the chat gives its name, and sees itself come. */
static void
listener_open(struct listener *l, size_t i, size_t port)
{
	char	name[32], come[64];

	l->fd = dial(port);
	bench_write(l->fd, kind->hello, strlen(kind->hello));
	await(l->fd, kind->ready);
	if (kind != &kinds[0])
		return;
	snprintf(name, sizeof(name), "u%zu\n", i);
	snprintf(come, sizeof(come), "*** u%zu has connected\n", i);
	bench_write(l->fd, name, strlen(name));
	await(l->fd, come);
}

/* Only counted, but by what is there: a server may ask whether one lives. */
static void
take(struct listener *l)
{
	ssize_t	n = recv(l->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	char	*at = buffer;
	size_t	 part;

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		errx(1, "%s has closed a connection", kind->name);
	while (n > 0) {
		if (l->left == 0 && *at == kind->said[0]) {
			l->left = message;
			l->seen++;
		} else if (l->left == 0 && *at == 'P') {
			l->left = strlen("PING\r\n");
			bench_write(l->fd, "PONG\r\n", 6);
		} else if (l->left == 0) {
			errx(1, "%s says: %.40s", kind->name, at);
		}
		part = l->left < (size_t)n ? l->left : (size_t)n;
		l->left -= part;
		at += part;
		n -= (ssize_t)part;
	}
}

/* Whole lines that the slowest has. */
static size_t
least(void)
{
	size_t	i, n, min = SIZE_MAX;

	for (i = 0; i < nlisteners; i++) {
		n = listeners[i].seen - (listeners[i].left > 0);
		min = n < min ? n : min;
	}
	return min;
}

/* ---- the measurement ---- */

static size_t
gather(char *out, size_t size)
{
	char	data[65];
	size_t	i, n = 0;

	memset(data, 'x', 64);
	data[64] = '\0';
	for (i = 0; i < GATHER; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s%s", kind->says,
		    data, kind->end);
	return n;
}

static void
speak(int speaker, size_t lines)
{
	static struct epoll_event	 events[LISTENERS_MOST];
	static char			 out[GATHER * 160];
	size_t				 n = gather(out, sizeof(out));
	size_t				 sent = 0, i;
	int				 ep = epoll_create1(0), r;

	for (i = 0; i < nlisteners; i++) {
		events[0] = (struct epoll_event){ .events = EPOLLIN,
		    .data.ptr = &listeners[i] };
		epoll_ctl(ep, EPOLL_CTL_ADD, listeners[i].fd, &events[0]);
		listeners[i].seen = 0;
	}
	while (least() < lines) {
		while (sent < lines && sent < least() + WINDOW) {
			bench_write(speaker, out, n);
			sent += GATHER;
		}
		if ((r = epoll_wait(ep, events, LISTENERS_MOST, 20000)) <= 0)
			errx(1, "%s: nothing came for 20 s", kind->name);
		for (i = 0; i < (size_t)r; i++)
			take(events[i].data.ptr);
	}
	close(ep);
}

static void
measure(const char *figure, int speaker, size_t lines, long root)
{
	char		name[64];
	uint64_t	start;
	double		cpu, seconds, delivered;

	speak(speaker, WINDOW);			/* warms up */
	cpu = cpu_of(root);
	start = bench_now();
	speak(speaker, lines);
	seconds = (double)(bench_now() - start) / 1e9;
	cpu = cpu_of(root) - cpu;
	delivered = (double)lines * (double)nlisteners;
	bench_print(figure, kind->name, delivered / seconds, "msg/s");
	snprintf(name, sizeof(name), "%s_cpu", figure);
	bench_print(name, kind->name, cpu / delivered, "ns");
}

/* The chat server shows everyone who comes: that is read first.  What a server
   said before its own client's line came before that. */
static void
settle(size_t servers)
{
	size_t	i, k;

	for (k = 0; k < servers; k++)
		bench_write(listeners[k].fd, "begin\n", 6);
	for (i = 0; i < nlisteners; i++)
		for (k = 0; k < servers; k++)
			await(listeners[i].fd, ">: begin\n");
}

int
main(int argc, char **argv)
{
	size_t	i, lines, port = 0;
	pid_t	server = -1;
	bool	chat;
	int	speaker;

	for (i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			kind = &kinds[i];
	if (kind == NULL || argc < 5)
		errx(100, "usage: chat|nats|redis FIGURE LISTENERS LINES"
		    " [PID PORT...]");
	chat = kind == &kinds[0];
	if (chat && argc < 7)
		errx(100, "chat needs PID PORT...");
	nlisteners = (size_t)bench_argument(argc, argv, 3, chat ? argc - 6 : 1,
	    LISTENERS_MOST);
	lines = (size_t)bench_argument(argc, argv, 4, GATHER, 1 << 30);
	lines -= lines % GATHER;
	message = strlen(kind->said) + 64 + strlen(kind->end);
	if (!chat)
		server = server_start(port = free_port());
	for (i = 0; i < nlisteners; i++) {
		if (chat)
			port = (size_t)bench_argument(argc, argv,
			    6 + (int)i % (argc - 6), 1, 65535);
		listener_open(&listeners[i], i, port);
	}
	if (chat)
		settle((size_t)argc - 6);
	speaker = chat ? listeners[0].fd : dial(port);
	measure(argv[2], speaker, lines, chat ?
	    bench_argument(argc, argv, 5, 1, INT_MAX) : server);
	if (server != -1)
		bench_end(server);
	return 0;
}
