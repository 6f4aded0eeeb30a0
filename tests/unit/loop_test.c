/* loop_test.c - the relay's loop: turns, waiting busily or not. */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop.h"

#define ROUNDS	200

/*
 * A byte that goes round a socketpair.  As in the relay the callback takes a
 * note, and the turn reads: until then the socket stays readable.
 */
struct ring {
	struct loop	*loop;
	struct loop_io	*io;
	struct loop_timer *timer;
	int		 fd[2];
	bool		 readable, timed;
	unsigned int	 called, turns, rounds;
};

static void
on_readable(void *arg, int what)
{
	struct ring	*r = arg;

	r->readable = (what & LOOP_READ) != 0;
	r->called++;
	if (r->called > 100 * ROUNDS)
		loop_stop(r->loop);	/* it would never come back */
}

static void
on_timer(void *arg)
{
	struct ring	*r = arg;

	r->timed = true;
}

static void
turn(void *arg)
{
	struct ring	*r = arg;
	char		 c;

	r->turns++;
	if (!r->readable) {
		if (r->timed)
			loop_stop(r->loop);
		return;
	}
	r->readable = false;
	if (read(r->fd[0], &c, 1) != 1 || ++r->rounds == ROUNDS)
		loop_timer_set(r->timer, mono_after(mono_now(), MONO_MS(4)));
	else if (write(r->fd[1], &c, 1) != 1)
		loop_stop(r->loop);
}

static void
ring_open(struct ring *r, int64_t spin)
{
	*r = (struct ring){ .loop = loop_new() };
	if (r->loop == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, r->fd) == -1 ||
	    (r->io = loop_io_new(r->loop, r->fd[0], on_readable, r)) == NULL ||
	    (r->timer = loop_timer_new(r->loop, on_timer, r)) == NULL ||
	    loop_io_want(r->io, LOOP_READ) == -1 ||
	    write(r->fd[1], "x", 1) != 1) {
		printf("Bail out! no loop: %s\n", strerror(errno));
		exit(1);
	}
	loop_spin(r->loop, spin);
}

static void
ring_close(struct ring *r)
{
	loop_timer_free(r->timer);
	loop_io_free(r->io);
	loop_free(r->loop);
	(void)close(r->fd[0]);
	(void)close(r->fd[1]);
}

static const struct {
	const char	*name;
	int64_t		 spin;		/* ns */
} rows[] = {
	{ "sleeping", 0 },
	{ "busy for 50 us", 50000 },
	{ "busy for 1 ms", 1000000 },
};

int
main(void)
{
	struct ring	r;
	size_t		i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ring_open(&r, rows[i].spin);
		ok(loop_run(r.loop, turn, &r) == 0, "%s: runs", rows[i].name);
		is_int(r.rounds, ROUNDS, "%s: all rounds", rows[i].name);
		ok(r.called <= r.turns, "%s: a turn after each call",
		    rows[i].name);
		ok(r.timed, "%s: the timer rang", rows[i].name);
		ring_close(&r);
	}
	return tap_done();
}
