/*
 * loop.c - the relay's event loop, on libevent's core.
 *
 * Plain events, no bufferevents: measured, those cost a third of the throughput
 * of a batch and more.  A descriptor's write event is made when it is first
 * wanted: thousands of idle workers never need one.
 *
 * Owns:    libevent; no other file includes it.
 * Errors:  NULL or -1 and errno.
 */
#include "loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/*
 * Busy waiting pays while events come within that time.  After SPIN_MISSES in
 * a row that did not, so many waits are not busy, and twice as many the next
 * time, until one pays again.
 */
#define SPIN_MISSES	8
#define SPIN_REST	64
#define SPIN_REST_MOST	4096

struct loop {
	struct event_base	*base;
	bool			 stop;
	bool			 tells_closed;
	int64_t			 spin;		/* ns; 0: never */
	unsigned int		 called;	/* callbacks, ever */
	unsigned int		 misses, rest, resting;
};

struct loop_io {
	struct loop	*loop;
	struct event	 in;		/* LOOP_READ or LOOP_CLOSED */
	struct event	*out;		/* LOOP_WRITE */
	loop_io_fn	*fn;
	void		*arg;
	int		 fd, want;
};

struct loop_timer {
	struct event	 event;
	struct loop	*loop;
	loop_timer_fn	*fn;
	void		*arg;
};

struct loop *
loop_new(void)
{
	struct event_config	*config = event_config_new();
	struct loop		*l = calloc(1, sizeof(*l));

	if (config != NULL && l != NULL) {
		(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		l->base = event_base_new_with_config(config);
	}
	if (config != NULL)
		event_config_free(config);
	if (l == NULL || l->base == NULL) {
		free(l);
		errno = ENOMEM;
		return NULL;
	}
	l->tells_closed = (event_base_get_features(l->base) &
	    EV_FEATURE_EARLY_CLOSE) != 0;
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	event_base_free(l->base);
	free(l);
	libevent_global_shutdown();
}

void
loop_spin(struct loop *l, int64_t ns)
{
	l->spin = ns;
	l->misses = l->resting = 0;
	l->rest = SPIN_REST;
}

/*
 * Looks for events without sleeping; whether any came.  EVLOOP_ONCE too: alone,
 * EVLOOP_NONBLOCK goes on until nothing is ready any more, and what is read in
 * the caller's turn stays ready until then.
 */
static bool
spin(struct loop *l)
{
	unsigned int	before = l->called;
	struct mono	end;

	if (l->spin == 0)
		return false;
	if (l->resting > 0) {
		l->resting--;
		return false;
	}
	end = mono_after(mono_now(), l->spin);
	do {
		if (event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NONBLOCK |
		    EVLOOP_NO_EXIT_ON_EMPTY) == -1)
			return false;	/* the wait that follows says why */
		if (l->called != before) {
			l->misses = 0;
			l->rest = SPIN_REST;
			return true;
		}
		(void)sched_yield();	/* it may be its sender that waits */
	} while (!mono_reached(end, mono_now()));
	if (++l->misses < SPIN_MISSES)
		return false;
	l->misses = 0;
	l->resting = l->rest;
	if (l->rest < SPIN_REST_MOST)
		l->rest *= 2;
	return false;
}

int
loop_run(struct loop *l, void (*turn)(void *), void *arg)
{
	l->stop = false;
	while (!l->stop) {
		if (!spin(l) && event_base_loop(l->base, EVLOOP_ONCE |
		    EVLOOP_NO_EXIT_ON_EMPTY) == -1)
			return -1;
		turn(arg);
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
	(void)event_base_loopbreak(l->base);
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io	*io = arg;
	int		 bits = 0;

	(void)fd;
	if ((what & EV_READ) != 0)
		bits |= LOOP_READ;
	if ((what & EV_WRITE) != 0)
		bits |= LOOP_WRITE;
	if ((what & EV_CLOSED) != 0)
		bits |= LOOP_CLOSED;
	io->loop->called++;
	io->fn(io->arg, bits);
}

struct loop_io *
loop_io_new(struct loop *l, int fd, loop_io_fn *fn, void *arg)
{
	struct loop_io	*io;

	if ((io = calloc(1, sizeof(*io))) == NULL)
		return NULL;
	io->loop = l;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	return io;
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	(void)loop_io_want(io, 0);
	free(io->out);
	free(io);
}

/* One event for what comes in: reading and closing are never wanted at once. */
static int
want_in(struct loop_io *io, int what)
{
	short	bits = EV_PERSIST;

	if ((io->want & (LOOP_READ | LOOP_CLOSED)) != 0)
		(void)event_del(&io->in);
	if ((what & LOOP_READ) != 0)
		bits |= EV_READ;
	else if ((what & LOOP_CLOSED) != 0 && io->loop->tells_closed)
		bits |= EV_CLOSED;
	else
		return 0;
	event_assign(&io->in, io->loop->base, io->fd, bits, on_io, io);
	return event_add(&io->in, NULL);
}

static int
want_out(struct loop_io *io, bool on)
{
	if (!on)
		return event_del(io->out);
	if (io->out == NULL) {
		if ((io->out = malloc(sizeof(*io->out))) == NULL)
			return -1;
		event_assign(io->out, io->loop->base, io->fd,
		    EV_WRITE | EV_PERSIST, on_io, io);
	}
	return event_add(io->out, NULL);
}

int
loop_io_want(struct loop_io *io, int what)
{
	int	change = io->want ^ what, rc = 0;

	if ((change & (LOOP_READ | LOOP_CLOSED)) != 0)
		rc = want_in(io, what);
	if ((change & LOOP_WRITE) != 0 &&
	    want_out(io, (what & LOOP_WRITE) != 0) == -1)
		rc = -1;
	if (rc == 0)
		io->want = what;
	return rc;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer	*t = arg;

	(void)fd, (void)what;
	t->loop->called++;
	t->fn(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_timer_fn *fn, void *arg)
{
	struct loop_timer	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	event_assign(&t->event, l->base, -1, 0, on_timer, t);
	return t;
}

void
loop_timer_set(struct loop_timer *t, struct mono when)
{
	int		ms = mono_poll_ms(when, mono_now());
	struct timeval	tv = { ms / 1000, ms % 1000 * 1000 };

	if (ms == -1)
		(void)event_del(&t->event);
	else
		(void)event_add(&t->event, &tv);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	(void)event_del(&t->event);
	free(t);
}
