/*
 * loop.c - one thread that waits for sockets, for messages and for time.
 *
 * This is what stands in the place of the lecture's proxychan.  There, threads
 * of clients cannot do what only a process may, so they write their actions
 * into a channel, from which one process takes and runs them.  Here a process
 * has one thread; it waits for its clients and for messages at once, msg_fd()
 * being a descriptor like any other, and so whatever handles a client's line
 * simply sends.
 *
 * Owns:    the order in which things are taken; everything of libevent.
 * Not here: what is done with them.
 * Errors:  NULL and errno; a supervisor that is gone ends the process with 111
 *          (libmsg does).
 */
#include "loop.h"

#include <event2/event.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "msg.h"

#define MESSAGES_MOST	256	/* before clients have their turn */

struct loop {
	struct event_base	*base;
	struct event		*mail, *tick, *term, *intr;
	const struct loop_acts	*acts;
	void			*ctx;
	bool			 signalled, ended;
};

struct watch {
	struct event	*in, *out;
	unsigned int	 wanted;
	void		(*fn)(void *, unsigned int);
	void		*arg;
};

/* ---- time ---- */

static uint64_t
microseconds(clockid_t clock)
{
	struct timespec	ts;

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
loop_ms(void)
{
	return microseconds(CLOCK_MONOTONIC) / 1000;
}

uint64_t
loop_calendar(void)
{
	return microseconds(CLOCK_REALTIME);
}

/* ---- descriptors ---- */

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;

	(void)fd;
	w->fn(w->arg, (what & EV_READ ? LOOP_READ : 0u) |
	    (what & EV_WRITE ? LOOP_WRITE : 0u));
}

struct watch *
loop_watch(struct loop *l, int fd, void (*fn)(void *, unsigned int), void *arg)
{
	struct watch	*w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->fn = fn;
	w->arg = arg;
	w->in = event_new(l->base, fd, EV_READ | EV_PERSIST, on_ready, w);
	w->out = event_new(l->base, fd, EV_WRITE | EV_PERSIST, on_ready, w);
	if (w->in == NULL || w->out == NULL)
		loop_unwatch(&w);
	return w;
}

static void
event_set(struct event *e, bool wanted)
{
	(void)(wanted ? event_add(e, NULL) : event_del(e));
}

void
loop_want(struct watch *w, unsigned int what)
{
	unsigned int	change = what ^ w->wanted;

	w->wanted = what;
	if (change & LOOP_READ)
		event_set(w->in, what & LOOP_READ);
	if (change & LOOP_WRITE)
		event_set(w->out, what & LOOP_WRITE);
}

void
loop_unwatch(struct watch **w)
{
	if (*w == NULL)
		return;
	if ((*w)->in != NULL)
		event_free((*w)->in);
	if ((*w)->out != NULL)
		event_free((*w)->out);
	free(*w);
	*w = NULL;
}

/* ---- the loop ---- */

/* Something has come, or it is time: the loop looks for itself. */
static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct loop	*l = arg;

	(void)sig, (void)what;
	l->signalled = true;
}

struct loop *
loop_new(const struct loop_acts *acts, void *ctx)
{
	struct loop	*l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->acts = acts;
	l->ctx = ctx;
	if ((l->base = event_base_new()) == NULL ||
	    (l->mail = event_new(l->base, msg_fd(), EV_READ | EV_PERSIST,
	    on_wake, NULL)) == NULL ||
	    (l->tick = evtimer_new(l->base, on_wake, NULL)) == NULL ||
	    (l->term = evsignal_new(l->base, SIGTERM, on_signal, l)) == NULL ||
	    (l->intr = evsignal_new(l->base, SIGINT, on_signal, l)) == NULL ||
	    event_add(l->mail, NULL) == -1 || event_add(l->term, NULL) == -1 ||
	    event_add(l->intr, NULL) == -1) {
		loop_free(l);
		errno = ENOMEM;
		return NULL;
	}
	return l;
}

void
loop_free(struct loop *l)
{
	struct event	*all[] = { l->mail, l->tick, l->term, l->intr };
	size_t		 i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] != NULL)
			event_free(all[i]);
	if (l->base != NULL)
		event_base_free(l->base);
	free(l);
}

/*
 * The order of msg.h: pump, take messages until there are none, then wait for
 * msg_fd().  The end of a turn sends, and whatever sends may have taken more
 * messages in, for which the descriptor will not become readable: so the
 * mailbox is looked at once more before waiting.
 */
void
loop_run(struct loop *l)
{
	static const struct timeval	tick = { 0, LOOP_TICK * 1000 };
	int				taken;
	bool				again;

	while (!l->ended) {
		(void)msg_pump();
		for (taken = 0; taken < MESSAGES_MOST &&
		    l->acts->message(l->ctx); taken++)
			continue;
		again = l->acts->turn(l->ctx);
		if (l->ended)
			break;
		if (again && !evtimer_pending(l->tick, NULL))
			(void)evtimer_add(l->tick, &tick);
		/* Without ONCE it would not return while clients write. */
		(void)event_base_loop(l->base, EVLOOP_ONCE |
		    (msg_pump() > 0 ? EVLOOP_NONBLOCK : 0));
	}
}

void
loop_end(struct loop *l)
{
	l->ended = true;
}

bool
loop_signalled(const struct loop *l)
{
	return l->signalled;
}
