/*
 * storm.c - pairs that send each other numbered messages and keep account of
 * what comes, across breaks of whatever lies between.
 *
 *	storm:left FILE SIZE RATE COUNT MS	waits for its partner
 *	storm:right LEFT FILE SIZE RATE COUNT MS
 *
 * Each sends messages of SIZE bytes (0: of any size up to 4096) until COUNT are
 * sent or MS are over (0: no limit) or a message `finish` comes, RATE a second
 * (0: all it can); then a last one that says how many there were.  When it has
 * its partner's last one, or is told that the partner is dead, it ends.  At its
 * end, and when a message `report` comes, FILE gets a line:
 *
 *	sent N received M gaps G doubles D torn T downs W jumps J longest L last
 *
 * gaps: numbers left out, though nobody told us of an end of a session since
 * the message before; jumps: left out after being told so; doubles: numbers
 * not above the last; torn: wrong bytes; downs: times we were told
 * noconnection; longest: ms between two messages; the last word is `whole` when
 * the partner's last message came, else `open`.
 *
 *	storm:ladder LISTENER STEPS MOST	so many sizes, 1 byte to MOST,
 *						then SIGKILL by its own hand
 *	storm:listener FILE			accounts for one ladder: a line
 *		heard N gaps G doubles D torn T after A CAUSE
 *						after: came behind the notice
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mono.h"
#include "msg.h"

#define ANY_SIZE	4096		/* of SIZE 0 */
#define SIZE_MAX_	(16u << 20)
#define PATTERN		257		/* no power of two: shifts are seen */
#define QUIET_MS	500		/* after a notice: is there more? */
#define SLICE_MS	20
#define AGAIN_MS	500		/* the last message may be lost */
#define ROUND		64		/* received before more is sent */

MSG_TYPE(drop, (u64, n), (blob, pad));
MSG_TYPE(enough, (u64, n));
MSG_TYPE(begin);
MSG_TYPE(finish);
MSG_TYPE(report);
MSG_REMOTABLE(left, (str, file), (u32, size), (u32, rate), (u64, count),
    (i64, ms));
MSG_REMOTABLE(right, (pid, left), (str, file), (u32, size), (u32, rate),
    (u64, count), (i64, ms));
MSG_REMOTABLE(ladder, (pid, listener), (u32, steps), (u32, most));
MSG_REMOTABLE(listener, (str, file));

struct account {
	uint64_t	 received, last, gaps, doubles, torn, jumps;
	uint64_t	 downs;
	bool		 told;		/* since the last message */
	bool		 whole, dead;
	struct mono	 at;		/* of the last message */
	int64_t		 longest;
};

struct storm {
	struct msg_pid	 partner;
	const char	*file;
	uint32_t	 size, rate;
	uint64_t	 count, sent, watch;	/* watch: the monitor's ref */
	struct mono	 began, until;
	bool		 done;			/* nothing more is sent */
	struct account	 in;
};

/* SIZE_MAX_ bytes and PATTERN more: a message is a piece of it that begins
   where its number says. */
static const unsigned char *
pattern(void)
{
	static unsigned char	*bytes;
	size_t			 i;

	if (bytes != NULL)
		return bytes;
	if ((bytes = malloc(SIZE_MAX_ + PATTERN)) == NULL)
		msg_die("no memory");
	for (i = 0; i < SIZE_MAX_ + PATTERN; i++)
		bytes[i] = (unsigned char)(i % PATTERN);
	return bytes;
}

static const unsigned char *
pad_of(uint64_t n)
{
	return pattern() + n % PATTERN;
}

/* ---- what comes ---- */

static void
account_number(struct account *a, uint64_t n)
{
	if (n <= a->last)
		a->doubles++;
	else if (a->told)
		a->jumps += n - a->last - 1;
	else
		a->gaps += n - a->last - 1;
	if (n > a->last)
		a->last = n;
	a->told = false;
}

/* The partner sent so many in all; it may say so more than once. */
static void
account_end(struct account *a, uint64_t n)
{
	if (a->whole)
		return;
	a->whole = true;
	if (a->told)
		a->jumps += n - a->last;
	else
		a->gaps += n - a->last;
}

static void
account_drop(struct account *a, const struct drop *m)
{
	struct mono	now = mono_now();

	account_number(a, m->n);
	if (memcmp(m->pad.v, pad_of(m->n), m->pad.n) != 0)
		a->torn++;
	if (a->received++ > 0 && now.ns - a->at.ns > a->longest)
		a->longest = now.ns - a->at.ns;
	a->at = now;
}

static void
watch_partner(struct storm *s)
{
	s->watch = msg_monitor(s->partner);
}

/* A partner we cannot reach may be there again; whatever else ended it, it is
   dead. */
static void
on_down(struct storm *s, const struct msg_down *d)
{
	s->watch = 0;
	if (strcmp(d->cause, "noconnection") == 0) {
		s->in.downs++;
		s->in.told = true;
	} else
		s->in.dead = true;
}

static void
tell(const struct storm *s)
{
	const struct account	*a = &s->in;
	FILE			*f;

	if ((f = fopen(s->file, "a")) == NULL)
		msg_die("%s", s->file);
	fprintf(f, "sent %llu received %llu gaps %llu doubles %llu torn %llu "
	    "downs %llu jumps %llu longest %lld %s\n",
	    (unsigned long long)s->sent, (unsigned long long)a->received,
	    (unsigned long long)a->gaps, (unsigned long long)a->doubles,
	    (unsigned long long)a->torn, (unsigned long long)a->downs,
	    (unsigned long long)a->jumps, (long long)(a->longest / 1000000),
	    a->whole ? "whole" : "open");
	if (fclose(f) != 0)
		msg_die("%s", s->file);
}

/* One message, if there is one within ms; false: there was none. */
static bool
hear(struct storm *s, int ms)
{
	MSG_AUTO(drop, drop);
	struct enough	enough;
	struct finish	finish;
	struct report	report;
	struct msg_down	down;

	switch (msg_receive(ms, MSG_MATCH(drop, &drop),
	    MSG_MATCH(enough, &enough), MSG_MATCH_DOWN(&down),
	    MSG_MATCH(finish, &finish), MSG_MATCH(report, &report))) {
	case 0:
		account_drop(&s->in, &drop);
		if (s->watch == 0)	/* it is back */
			watch_partner(s);
		return true;
	case 1:
		account_end(&s->in, enough.n);
		return true;
	case 2:
		on_down(s, &down);
		return true;
	case 3:
		s->done = true;
		return true;
	case 4:
		tell(s);
		return true;
	case MSG_TIMEOUT:
		return false;
	default:
		msg_die("receive: %s", strerror(errno));
	}
}

/* ---- what goes ---- */

static void
send_one(struct storm *s)
{
	uint64_t	n = ++s->sent;
	size_t		size = s->size != 0 ? s->size :
			    (size_t)(n * 7919 % ANY_SIZE);

	if (msg_send(s->partner, drop, .n = n, .pad = { size,
	    pad_of(n) }) == -1)
		msg_die("send: %s", strerror(errno));
	s->done |= s->sent == s->count;
}

/* How many may be sent by now. */
static uint64_t
allowed(const struct storm *s)
{
	int64_t	ms = (mono_now().ns - s->began.ns) / 1000000;

	if (s->rate == 0)
		return s->sent + 1;
	return (uint64_t)ms * s->rate / 1000 + 1;
}

static void
run(struct storm *s)
{
	bool	idle;
	int	left;

	(void)pattern();
	s->began = mono_now();
	watch_partner(s);
	while (!s->done && !s->in.dead) {
		idle = s->sent >= allowed(s);
		if (!idle)
			send_one(s);
		for (left = ROUND; left > 0 &&
		    hear(s, idle ? SLICE_MS : 0); left--)
			idle = false;
		s->done |= mono_reached(s->until, mono_now());
	}
	if (!s->in.dead)
		msg_send(s->partner, enough, .n = s->sent);
	while (!s->in.whole && !s->in.dead)
		if (!hear(s, AGAIN_MS) && s->in.downs > 0) {
			msg_send(s->partner, enough, .n = s->sent);
			if (s->watch == 0)
				watch_partner(s);
		}
	tell(s);
}

static struct mono
after(int64_t ms)
{
	return ms == 0 ? MONO_NEVER : mono_after(mono_now(), MONO_MS(ms));
}

static void
check(uint32_t size)
{
	if (size > SIZE_MAX_ - 1024)
		msg_die("at most %u bytes", SIZE_MAX_ - 1024);
}

static void
left(const struct left *a)
{
	struct storm	s = { .file = a->file, .size = a->size,
			    .rate = a->rate, .count = a->count };
	struct begin	begin;

	check(a->size);
	if (msg_expect(begin, &begin) == -1)
		msg_die("no partner");
	s.partner = begin.msg.sender;
	s.until = after(a->ms);
	run(&s);
}

static void
right(const struct right *a)
{
	struct storm	s = { .file = a->file, .size = a->size,
			    .rate = a->rate, .count = a->count,
			    .partner = a->left, .until = after(a->ms) };

	check(a->size);
	msg_send(a->left, begin);
	run(&s);
}

/* ---- sizes up to the largest, and death ---- */

static void
ladder(const struct ladder *a)
{
	size_t		size = 1;
	uint64_t	n;

	check(a->most);
	for (n = 1; n <= a->steps; n++) {
		if (size > a->most || n == a->steps)
			size = a->most;
		if (msg_send(a->listener, drop, .n = n,
		    .pad = { size, pad_of(n) }) == -1)
			msg_die("send: %s", strerror(errno));
		size = size < 5 ? size + 1 : size * 7 / 5;
	}
	(void)kill(getpid(), SIGKILL);
}

static void
listener(const struct listener *a)
{
	struct account	in = { .received = 0 };
	struct msg_down	down = { .cause = "" };
	struct drop	m;
	uint64_t	after_it = 0;
	FILE		*f;
	int		ms = MSG_FOREVER, which;

	while ((which = msg_receive(ms, MSG_MATCH(drop, &m),
	    MSG_MATCH_DOWN(&down))) >= 0) {
		if (which == 1)
			break;
		if (in.received == 0)
			(void)msg_monitor(m.msg.sender);
		account_drop(&in, &m);
		msg_release(drop, &m);
	}
	for (; msg_expect_for(drop, &m, QUIET_MS) == 0; after_it++)
		msg_release(drop, &m);
	if ((f = fopen(a->file, "a")) == NULL)
		msg_die("%s", a->file);
	fprintf(f, "heard %llu gaps %llu doubles %llu torn %llu after %llu "
	    "%s\n", (unsigned long long)in.received,
	    (unsigned long long)in.gaps, (unsigned long long)in.doubles,
	    (unsigned long long)in.torn, (unsigned long long)after_it,
	    down.cause);
	if (fclose(f) != 0)
		msg_die("%s", a->file);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(left, right, ladder, listener));
}
