/*
 * knock.c - plain TCP for tests of the bed, and strangers at a supervisor's
 * port.
 *
 *	knock serve ADDRESS PORT	echoes what comes, of any number; PORT 0
 *					is any free one: prints "listening PORT"
 *	knock ask ADDRESS PORT MS	a line there and back on a new
 *					connection: "answer", or why not and 1
 *	knock beat ADDRESS PORT MS	numbers on one connection, each when the
 *					one before came back: prints those that
 *					did; "broken: WHY" and 1 when it breaks
 *	knock pour ADDRESS PORT MIB	so much there and back: "MB/s N" one way
 *	knock hold ADDRESS PORT COUNT	so many connections that say nothing,
 *					made anew when they are closed: prints
 *					"tried N", and once all were "all"
 *	knock say ADDRESS PORT MS	standard input, a byte every MS (0: at
 *					once); prints what comes, and "ended
 *					after N ms"
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE		(64 << 10)
#define PATIENCE_MS	30000
#define ANEW_MS		20		/* between rounds of hold */
#define ROUND		256		/* connections begun in a round */

static char	piece[PIECE];

static int64_t
now_ms(void)
{
	struct timespec	t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long
number(const char *text)
{
	const char	*why;
	long long	 n = strtonum(text, 0, INT32_MAX, &why);

	if (why != NULL)
		errx(2, "%s: %s", text, why);
	return (long)n;
}

static struct addrinfo *
address_of(const char *host, const char *port)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM,
			    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo	*a;
	int		 rc;

	if ((rc = getaddrinfo(host, port, &hints, &a)) != 0)
		errx(2, "%s %s: %s", host, port, gai_strerror(rc));
	return a;
}

/* Begun only; -1: it could not even be begun. */
static int
begin(const struct addrinfo *a)
{
	int	fd;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A connection within ms that then blocks so long at most; -1 and errno. */
static int
reach(const struct addrinfo *a, int ms)
{
	struct timeval	limit = { .tv_sec = ms / 1000,
			    .tv_usec = ms % 1000 * 1000 };
	struct pollfd	p = { .events = POLLOUT };
	socklen_t	len = sizeof(int);
	int		error = 0;

	if ((p.fd = begin(a)) == -1)
		return -1;
	if (poll(&p, 1, ms) == 0)
		error = ETIMEDOUT;
	else
		(void)getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		close(p.fd);
		errno = error;
		return -1;
	}
	(void)fcntl(p.fd, F_SETFL, 0);
	(void)setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return p.fd;
}

/* A line there and back; false and errno. */
static bool
echoes(int fd, unsigned long n)
{
	char	line[32], back[32];
	size_t	len, got = 0;
	ssize_t	more;

	len = (size_t)snprintf(line, sizeof(line), "%lu\n", n);
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		return false;
	while (got < len) {
		more = recv(fd, back + got, len - got, 0);
		if (more == 0)
			errno = EPIPE;
		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	return memcmp(line, back, len) == 0;
}

static const char *
reason(void)
{
	return errno == EAGAIN ? "no answer" : strerror(errno);
}

/* ---- both ends of one connection ---- */

static int
serve(struct addrinfo *a, long unused)
{
	char		port[NI_MAXSERV];
	socklen_t	len = a->ai_addrlen;
	int		s, fd, on = 1;
	ssize_t		n;

	(void)unused;
	s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s == -1 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == -1 || bind(s, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(s, 1024) == -1 || getsockname(s, a->ai_addr, &len) == -1 ||
	    getnameinfo(a->ai_addr, len, NULL, 0, port, sizeof(port),
		NI_NUMERICSERV) != 0)
		err(1, "listen");
	printf("listening %s\n", port);
	fflush(stdout);
	(void)signal(SIGCHLD, SIG_IGN);
	while ((fd = accept(s, NULL, NULL)) != -1) {
		if (fork() == 0) {
			while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
				if (send(fd, piece, (size_t)n,
				    MSG_NOSIGNAL) == -1)
					break;
			_exit(0);
		}
		close(fd);
	}
	err(1, "accept");
}

static int
ask(struct addrinfo *a, long ms)
{
	int	fd = reach(a, (int)ms);

	if (fd == -1 || !echoes(fd, 1)) {
		puts(reason());
		return 1;
	}
	puts("answer");
	return 0;
}

static int
beat(struct addrinfo *a, long ms)
{
	struct timespec	pause = { .tv_nsec = ms * 1000000 };
	unsigned long	n;
	int		fd = reach(a, PATIENCE_MS);

	for (n = 1; fd != -1 && echoes(fd, n); n++) {
		printf("%lu\n", n);
		fflush(stdout);
		(void)nanosleep(&pause, NULL);
	}
	printf("broken: %s\n", reason());
	return 1;
}

static int
pour(struct addrinfo *a, long mib)
{
	size_t	left = (size_t)mib << 20, n;
	ssize_t	got;
	int64_t	began = now_ms();
	int	fd = reach(a, PATIENCE_MS);

	if (fd == -1)
		err(1, "connect");
	if (fork() == 0) {
		for (n = left; n > 0; n -= (size_t)got) {
			got = send(fd, piece, n < PIECE ? n : PIECE,
			    MSG_NOSIGNAL);
			if (got == -1)
				_exit(1);
		}
		_exit(0);
	}
	for (; left > 0; left -= (size_t)got)
		if ((got = recv(fd, piece, PIECE, 0)) <= 0)
			errx(1, "%zu bytes did not come", left);
	printf("MB/s %lld\n", (long long)(mib * 1048576 /
	    (now_ms() - began + 1) / 1000));
	return 0;
}

/* ---- strangers ---- */

static void
raise_limit(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int
hold(struct addrinfo *a, long count)
{
	struct pollfd	*p;
	char		 bytes[512];
	long		 i, begun, tried = 0;
	bool		 all = false;

	raise_limit();
	if ((p = calloc((size_t)count, sizeof(*p))) == NULL)
		err(1, NULL);
	for (i = 0; i < count; i++)
		p[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	for (;;) {
		for (i = begun = 0; i < count && begun < ROUND; i++)
			if (p[i].fd == -1 && ++begun &&
			    (p[i].fd = begin(a)) != -1)
				tried++;
		printf("tried %ld\n", tried);
		if (!all && tried >= count) {
			all = true;
			puts("all");
		}
		fflush(stdout);
		if (poll(p, (nfds_t)count, begun > 0 ? ANEW_MS : -1) <= 0)
			continue;
		for (i = 0; i < count; i++)
			if (p[i].revents != 0 && (recv(p[i].fd, bytes,
			    sizeof(bytes), 0) == 0 || errno != EAGAIN)) {
				close(p[i].fd);
				p[i].fd = -1;
			}
	}
}

/* What has come, as text; false: the end. */
static bool
show(int fd)
{
	char	bytes[512];
	ssize_t	n, i;

	n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n == -1 && errno == EAGAIN)
		return true;
	for (i = 0; i < n; i++)
		putchar(bytes[i] >= ' ' && bytes[i] < 127 ? bytes[i] : '.');
	if (n > 0)
		putchar('\n');
	fflush(stdout);
	return n > 0;
}

static int
say(struct addrinfo *a, long ms)
{
	struct pollfd	p = { .events = POLLIN };
	int64_t		began;
	char		text[PIECE];
	ssize_t		n = 0;
	bool		on = true, more = true;

	if ((p.fd = reach(a, PATIENCE_MS)) == -1)
		err(1, "connect");
	began = now_ms();
	while (on && more) {
		n = read(STDIN_FILENO, text, ms > 0 ? 1 : sizeof(text));
		more = n > 0;
		if (more && send(p.fd, text, (size_t)n, MSG_NOSIGNAL) == -1)
			break;
		if (poll(&p, 1, (int)ms) > 0)
			on = show(p.fd);
	}
	while (on && poll(&p, 1, -1) > 0)
		on = show(p.fd);
	printf("ended after %lld ms\n", (long long)(now_ms() - began));
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		int		(*act)(struct addrinfo *, long);
		int		 words;
	} modes[] = {
		{ "serve", serve, 4 }, { "ask", ask, 5 }, { "beat", beat, 5 },
		{ "pour", pour, 5 }, { "hold", hold, 5 }, { "say", say, 5 },
	};
	struct addrinfo	*a;
	size_t		 i;
	int		 rc;

	for (i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[1], modes[i].name) == 0 &&
		    argc == modes[i].words) {
			a = address_of(argv[2], argv[3]);
			rc = modes[i].act(a, argc > 4 ? number(argv[4]) : 0);
			freeaddrinfo(a);
			return rc;
		}
	errx(2, "usage: knock serve|ask|beat|pour|hold|say ADDRESS PORT [N]");
}
