/*
 * dialling.h - a node that only dials: time is the test's, so is who answers.
 *
 *	struct fake	 f;
 *
 *	fake_open(&f);
 *	dial_suggest(&f.n, TARGET_STATIC, "h:1");
 *	pass(&f, 0);			no time, but all that is due
 *	is_str(heard(&f), "dial h", "it is dialled");
 *	fake_close(&f);
 */
#ifndef UNIT_DIALLING_H
#define UNIT_DIALLING_H
#include "tap.h"

#include <stdlib.h>

#include "bug.h"
#include "dial.h"
#include "settings.h"
#include "target.h"

#define SELF_ID	77
#define MS(ns)	((intmax_t)((ns) / 1000000))

struct fake {
	struct node	 n;
	uint64_t	 seed;
	char		 said[512];		/* dials and their ends */
	bool		 fails;			/* at once */
	unsigned int	 dials;
	struct mono	 last;			/* dial */
	struct target	*target;		/* of the last dial */
};

/* ---- the world ---- */

TAP_FN struct fake *
fake_of(struct node *n)
{
	return n->world;
}

TAP_FN void
say(struct fake *f, const char *what, const char *address)
{
	size_t	len = strlen(f->said);

	(void)snprintf(f->said + len, sizeof(f->said) - len, "%s%s %.*s",
	    len == 0 ? "" : "; ", what, (int)strcspn(address, ":"), address);
}

/* What was said since the last time. */
TAP_FN const char *
heard(struct fake *f)
{
	static char	text[sizeof(f->said)];

	(void)strlcpy(text, f->said, sizeof(text));
	f->said[0] = '\0';
	return text;
}

TAP_FN void
dialling_on_connect(struct target *t)
{
	struct fake	*f = fake_of(t->node);

	say(f, "dial", t->address);
	f->dials++;
	f->last = t->node->now;
	f->target = t;
	if (f->fails)
		dial_failed(t, "at once", DIAL_LATER);
}

TAP_FN void
dialling_on_connect_stop(struct target *t)
{
	say(fake_of(t->node), "stop", t->address);
}

TAP_FN void
dialling_on_alarm(struct alarm *a, struct mono when)
{
	BUG_ON(a->fn == NULL || a->node == NULL);
	a->when = when;
}

/* As random as the test wants it: xorshift. */
TAP_FN uint64_t
dialling_on_random(struct node *n)
{
	struct fake	*f = fake_of(n);

	f->seed ^= f->seed << 13;
	f->seed ^= f->seed >> 7;
	f->seed ^= f->seed << 17;
	return f->seed;
}

static const struct node_acts dialling_acts = {
	.alarm = dialling_on_alarm,
	.random = dialling_on_random,
	.connect = dialling_on_connect,
	.connect_stop = dialling_on_connect_stop,
};

static const struct conf dialling_conf;

TAP_FN void
fake_open(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	node_init(&f->n, &dialling_conf, NULL, &dialling_acts, SELF_ID,
	    (struct mono){ MONO_MS(1000) });
	f->n.world = f;
	f->n.keyed = true;
	f->seed = 1;
}

TAP_FN void
fake_close(struct fake *f)
{
	struct peer	*p, *next;

	dial_release(&f->n);
	ok(f->n.targets == NULL && f->n.dials == 0 &&
	    TAILQ_EMPTY(&f->n.spare_targets) && TAILQ_EMPTY(&f->n.dial_queue),
	    "nothing is left");
	NODE_EACH(f->n.peers, p, next) {
		BUG_ON(p->target != NULL);
		HASH_DEL(f->n.peers, p);
		free(p);
	}
	node_release(&f->n);
}

TAP_FN struct target *
next_alarm(struct node *n)
{
	struct target	*t, *next, *first = NULL;

	NODE_EACH(n->targets, t, next)
		if (t->alarm.when.ns != MONO_NEVER.ns && (first == NULL ||
		    t->alarm.when.ns < first->alarm.when.ns))
			first = t;
	return first;
}

/* Time goes on by ms, alarm for alarm. */
TAP_FN void
pass(struct fake *f, int64_t ms)
{
	struct mono	 end = mono_after(f->n.now, MONO_MS(ms));
	struct target	*t;

	while ((t = next_alarm(&f->n)) != NULL && t->alarm.when.ns <= end.ns) {
		if (t->alarm.when.ns > f->n.now.ns)
			f->n.now = t->alarm.when;
		t->alarm.fn(t->alarm.arg);
	}
	f->n.now = end;
}

TAP_FN struct target *
target(struct fake *f, const char *address)
{
	struct target	*t;

	HASH_FIND(hh, f->n.targets, address, strlen(address), t);
	return t;
}

TAP_FN struct peer *
peer(struct fake *f, uint64_t id, const char *name, const char *address)
{
	struct peer	*p = calloc(1, sizeof(*p));

	BUG_ON(p == NULL);
	p->node = &f->n;
	p->id = id;
	p->state = PEER_UP;
	p->session.timeout = MONO_MS(5000);
	(void)strlcpy(p->name, name, sizeof(p->name));
	(void)strlcpy(p->address, address, sizeof(p->address));
	HASH_ADD(hh, f->n.peers, id, sizeof(p->id), p);
	return p;
}

/* The handshake of the dial under way is done: p is there. */
TAP_FN void
reach(struct fake *f, struct peer *p, struct trunk *trunk)
{
	BUG_ON(f->target == NULL);
	trunk->hello.id = p->id;
	(void)strlcpy(trunk->hello.name, p->name, sizeof(trunk->hello.name));
	dial_opened(f->target, trunk);
	dial_succeeded(f->target, p);
	p->state = PEER_UP;
	p->trunk = trunk;
}

TAP_FN void
lose(struct peer *p, int64_t delay)
{
	p->trunk = NULL;
	dial_peer(p, delay);
}

TAP_FN void
end(struct peer *p)
{
	p->trunk = NULL;
	dial_session_ended(p);
	p->state = PEER_GONE;
}

/* Fails the dial; the milliseconds to the next one. */
TAP_FN intmax_t
wait_after(struct fake *f, enum dial_next next)
{
	struct mono	 failed = f->n.now;
	struct target	*t = f->target;
	unsigned int	 dials = f->dials;
	int		 i;

	dial_failed(t, "refused", next);
	for (i = 0; f->dials == dials && i < 100000; i++)
		pass(f, 1);
	return MS(f->last.ns - failed.ns);
}

#endif /* UNIT_DIALLING_H */
