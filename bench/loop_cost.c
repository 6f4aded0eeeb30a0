/*
 * loop_cost.c - what libevent adds to a relay-shaped loop over raw epoll.
 *
 *	loop_cost SIZE COUNT
 *
 * Owns:    the figures loop_ping and loop_oneway, each for epoll and libevent.
 *          Three processes as in brood: A - loop - B.  The loop reads up to
 *          64 KiB from one and writes it to the other; when that would block
 *          it keeps the rest, stops reading the one and waits for the other.
 *          Both loops share all code but the few calls to epoll or libevent,
 *          and are run in turn, several times in one run.
 * Not here: frames and routes: they cost the same under either.
 * Errors:  exit 1.
 */
#include <err.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

#define READ_SIZE	65536
#define TURNS		4		/* of each loop in one run */

struct end {
	int		 fd;
	struct end	*other;
	char		 kept[READ_SIZE];	/* read, not yet written */
	size_t		 nkept, at;
	bool		 reading, writing;
	struct event	*on_read, *on_write;	/* libevent's only */
};

struct loop {
	const char	*name;
	void		 (*set)(struct end *);	/* on reading, writing */
	void		 (*run)(struct end *, struct end *);
};

static const struct loop *loop;
static int poller;			/* epoll's only */

/* ---- the relay, the same for both loops ---- */

static void
end_flush(struct end *e)
{
	struct end	*to = e->other;
	ssize_t		 n;

	while (e->nkept > 0) {
		n = send(to->fd, e->kept + e->at, e->nkept,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN)
			break;
		if (n == -1)
			_exit(0);		/* the measuring side is done */
		e->at += (size_t)n;
		e->nkept -= (size_t)n;
	}
	if (e->reading == (e->nkept == 0))
		return;
	e->reading = e->nkept == 0;
	to->writing = !e->reading;
	loop->set(e);
	loop->set(to);
}

static void
end_read(struct end *e)
{
	ssize_t	n = recv(e->fd, e->kept, sizeof(e->kept), MSG_DONTWAIT);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		_exit(0);
	e->at = 0;
	e->nkept = (size_t)n;
	end_flush(e);
}

/* ---- epoll ---- */

static void
epoll_set(struct end *e)
{
	struct epoll_event	ev = { .data.ptr = e };

	ev.events = (e->reading ? (uint32_t)EPOLLIN : 0) |
	    (e->writing ? (uint32_t)EPOLLOUT : 0);
	if (epoll_ctl(poller, EPOLL_CTL_MOD, e->fd, &ev) == -1 &&
	    (errno != ENOENT ||
	    epoll_ctl(poller, EPOLL_CTL_ADD, e->fd, &ev) == -1))
		err(1, "epoll_ctl");
}

static void
epoll_run(struct end *a, struct end *b)
{
	struct epoll_event	 events[64];
	struct end		*e;
	int			 n;

	if ((poller = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	epoll_set(a);
	epoll_set(b);
	while ((n = epoll_wait(poller, events, 64, -1)) != -1)
		for (int i = 0; i < n; i++) {
			e = events[i].data.ptr;
			if (events[i].events & EPOLLOUT)
				end_flush(e->other);
			if (events[i].events & (EPOLLIN | EPOLLHUP) &&
			    e->reading)
				end_read(e);
		}
	err(1, "epoll_wait");
}

/* ---- libevent ---- */

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end_read(arg);
}

static void
on_write(evutil_socket_t fd, short what, void *arg)
{
	struct end	*e = arg;

	(void)fd;
	(void)what;
	end_flush(e->other);
}

static void
libevent_set(struct end *e)
{
	int	failed = 0;

	failed |= e->reading ? event_add(e->on_read, NULL) :
	    event_del(e->on_read);
	failed |= e->writing ? event_add(e->on_write, NULL) :
	    event_del(e->on_write);
	if (failed)
		errx(1, "libevent");
}

static void
libevent_run(struct end *a, struct end *b)
{
	struct event_base	*base = event_base_new();
	struct end		*ends[] = { a, b };

	if (base == NULL)
		errx(1, "event_base_new");
	for (size_t i = 0; i < 2; i++) {
		ends[i]->on_read = event_new(base, ends[i]->fd,
		    EV_READ | EV_PERSIST, on_read, ends[i]);
		ends[i]->on_write = event_new(base, ends[i]->fd,
		    EV_WRITE | EV_PERSIST, on_write, ends[i]);
		if (ends[i]->on_read == NULL || ends[i]->on_write == NULL)
			errx(1, "event_new");
		libevent_set(ends[i]);
	}
	event_base_dispatch(base);
	_exit(1);
}

static const struct loop loops[] = {
	{ "epoll",	epoll_set,	epoll_run },
	{ "libevent",	libevent_set,	libevent_run },
};
#define NLOOPS	(sizeof(loops) / sizeof(*loops))

/* ---- the two ends, and the measuring ---- */

static pid_t
relay_start(const struct loop *l, int a[2], int b[2])
{
	static struct end	ends[2];
	pid_t			pid = bench_fork();

	if (pid != 0)
		return pid;
	close(a[0]);
	close(b[1]);
	loop = l;
	ends[0].fd = a[1];
	ends[1].fd = b[0];
	for (size_t i = 0; i < 2; i++) {
		ends[i].other = &ends[1 - i];
		ends[i].reading = true;
	}
	l->run(&ends[0], &ends[1]);
	_exit(1);
}

static void
far_end(int fd, size_t size, size_t oneway)
{
	static char	 buf[READ_SIZE];
	size_t		 left;
	ssize_t		 n;

	for (left = size * oneway; left > 0; left -= (size_t)n)
		if ((n = read(fd, buf, sizeof(buf))) <= 0)
			_exit(1);
	bench_write(fd, "d", 1);
	for (;;) {
		bench_read(fd, buf, size);
		bench_write(fd, buf, size);
	}
}

static uint64_t
measure_oneway(int fd, size_t size, size_t count)
{
	char		*buf = bench_memory(size);
	uint64_t	 start = bench_now();
	char		 done;

	for (size_t i = 0; i < count; i++)
		bench_write(fd, buf, size);
	bench_read(fd, &done, 1);
	return bench_now() - start;
}

static void
measure_ping(int fd, size_t size, size_t count, struct bench_samples *samples)
{
	char		*buf = bench_memory(size);
	uint64_t	 before = 0, after;

	for (size_t i = 0; i < count + count / 10; i++) {
		if (i == count / 10)
			before = bench_now();
		bench_write(fd, buf, size);
		bench_read(fd, buf, size);
		if (i < count / 10)
			continue;
		after = bench_now();
		bench_samples_add(samples, after - before);
		before = after;
	}
}

static void
turn(const struct loop *l, size_t size, size_t count,
    struct bench_samples *samples, uint64_t *oneway)
{
	int	a[2], b[2];
	pid_t	relay, far;

	bench_pair(a);
	bench_pair(b);
	relay = relay_start(l, a, b);
	if ((far = bench_fork()) == 0) {
		close(a[0]);
		far_end(b[1], size, count * 10);
	}
	*oneway += measure_oneway(a[0], size, count * 10);
	measure_ping(a[0], size, count, samples);
	bench_end(far);
	bench_end(relay);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

int
main(int argc, char **argv)
{
	struct bench_samples	samples[NLOOPS];
	uint64_t		oneway[NLOOPS] = { 0 };
	size_t			size, count;

	size = (size_t)bench_argument(argc, argv, 1, 1, READ_SIZE);
	count = (size_t)bench_argument(argc, argv, 2, TURNS, 1 << 24) / TURNS;
	for (size_t i = 0; i < NLOOPS; i++)
		bench_samples_init(&samples[i], count * TURNS);
	for (size_t i = 0; i < TURNS * NLOOPS; i++)
		turn(&loops[i % NLOOPS], size, count, &samples[i % NLOOPS],
		    &oneway[i % NLOOPS]);
	for (size_t i = 0; i < NLOOPS; i++) {
		bench_samples_print(&samples[i], "loop_ping", loops[i].name);
		bench_print_rate("loop_oneway", loops[i].name,
		    count * 10 * TURNS, size, oneway[i]);
	}
	return 0;
}
