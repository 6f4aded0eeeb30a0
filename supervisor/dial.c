/*
 * dial.c - addresses worth dialling, and when to dial which.
 *
 * Each target has one alarm.  What makes a dial sensible may change while it
 * waits, so whether to dial is asked when the alarm rings; who has nothing to
 * do then waits for what would change that: the end of a session, a new
 * suggestion, reload.
 *
 * Owns:    the state of each target; node->dials.
 * Not here: their table (target.c), connecting (tcp.c), handshakes (trunk.c),
 *          where addresses come from (discover.c, mesh.c).
 * Errors:  of a dial: kept in words, shown by `brood peers -v`.
 */
#include "dial.h"

#include <string.h>

#include "conf_host.h"
#include "hail.h"
#include "peer.h"
#include "target.h"

#define SOON		MONO_MS(250)	/* the first two failures */
#define BACKOFF_FIRST	MONO_MS(500)	/* the third, then twice that ... */
#define CAP_GIVEN	MONO_MS(5000)
#define CAP_LEARNED	MONO_MS(60000)
#define CAP_LEAST	MONO_MS(10)
#define RESUME_LEAST	MONO_MS(200)
#define RESUME_SOON	MONO_MS(20)	/* somebody waits for it */
#define AGAIN_MOST	3
#define BRIEF		MONO_MS(10000)	/* a session shorter than this */

#define GIVEN		(TARGET_STATIC | TARGET_DNS | TARGET_BROADCAST)
#define TARGET_MARK	(TARGET_SESSION << 1)	/* within dial_reload() */

static void
schedule(struct target *t, int64_t delay)
{
	if (t->dialling || t->queued || t->self || t->barred ||
	    t->node->dials_over)
		return;
	target_alarm(t, mono_after(t->node->now, delay));
}

/* ---- peers and their targets ---- */

static bool
connected(const struct peer *p)
{
	return p->state == PEER_UP && p->trunk != NULL;
}

/* It leads to a peer whose session waits for a connection. */
static bool
resuming(const struct target *t)
{
	return t->peer != NULL && t->peer->state == PEER_UP &&
	    t->peer->trunk == NULL;
}

/* A session leads there, or another address is tried to resume it. */
static bool
at_rest(const struct target *t)
{
	const struct peer	*p;

	if (t->peer != NULL && connected(t->peer))
		return true;
	if (t->id == 0 || (p = peer_find(t->node, t->id)) == NULL ||
	    p->state != PEER_UP)
		return false;
	return p->trunk != NULL || (p->target != NULL && p->target != t);
}

/* ---- when ---- */

static int64_t
backoff_cap(const struct target *t)
{
	int64_t	cap;

	if (resuming(t)) {
		cap = t->peer->session.timeout / 10;
		return cap < CAP_LEAST ? CAP_LEAST : cap;
	}
	return (t->sources & GIVEN) != 0 ? CAP_GIVEN : CAP_LEARNED;
}

/* Never above the cap, and not at the cap for all: many nodes that wait for
   one would else come at once. */
static int64_t
backoff(const struct target *t)
{
	struct node	*n = t->node;
	int64_t		 cap = backoff_cap(t), delay = BACKOFF_FIRST;
	unsigned int	 i;

	if (t->failures < 3)
		return resuming(t) ? RESUME_SOON : cap < SOON ? cap : SOON;
	for (i = 3; i < t->failures && delay < cap; i++)
		delay *= 2;
	if (delay > cap / 5 * 4)
		delay = cap / 5 * 4;
	return delay - delay / 4 + (int64_t)(n->acts->random(n) %
	    (uint64_t)(delay / 2 + 1));
}

/* Reports of a node that is up are not repeated. */
static bool
forgotten(const struct target *t)
{
	return (t->sources & TARGET_LEARNED) != 0 && t->peer == NULL &&
	    mono_reached(mono_after(t->reported,
	    MONO_MS(1000) * DIAL_LEARNED_S), t->node->now);
}

/* ---- a dial ---- */

static void
start(struct target *t)
{
	int64_t	limit = MONO_MS(DIAL_MS);

	/* A connect that was lost with the network is repeated by the kernel
	   after a second, then two, then four: a new one is quicker. */
	if (resuming(t)) {
		limit = t->peer->session.timeout / 5;
		if (limit < RESUME_LEAST)
			limit = RESUME_LEAST;
	}
	t->dialling = true;
	t->node->dials++;
	target_alarm(t, mono_after(t->node->now, limit));
	t->node->acts->connect(t);		/* the end of t, perhaps */
}

static void
finish(struct target *t, bool stop)
{
	t->dialling = false;
	t->node->dials--;
	target_alarm(t, MONO_NEVER);
	if (stop)
		t->node->acts->connect_stop(t);
	/* The trunk may outlive t, and has nothing to tell it any more. */
	if (stop && t->trunk != NULL)
		t->trunk->target = NULL;
	t->trunk = NULL;
	target_next(t->node);
}

/* Without encryption only this machine can be at the other end. */
static bool
bar(struct target *t)
{
	if (t->node->keyed || conf_host_loopback(t->address))
		return false;
	t->barred = true;
	(void)strlcpy(t->why, "not loopback: a key-file is needed; "
	    "scripts/gen-key makes one", sizeof(t->why));
	return true;
}

static void
try(struct target *t)
{
	struct node	*n = t->node;

	if (forgotten(t)) {
		t->sources &= ~(unsigned int)TARGET_LEARNED;
		if (!target_settle(t))
			return;
	}
	if (n->dials_over || (n->stopping && !resuming(t)) || t->self ||
	    t->barred || at_rest(t) || bar(t)) {
		target_next(n);
		return;
	}
	if (n->dials >= TARGET_DIALS && !resuming(t)) {
		target_queue(t);
		return;
	}
	start(t);
}

static void
failed(struct target *t, const char *why, enum dial_next next)
{
	int64_t	delay = 0;

	(void)strlcpy(t->why, why, sizeof(t->why));
	t->conflict = next == DIAL_CONFLICT;
	t->self = next == DIAL_SELF;
	if (next == DIAL_AGAIN)
		t->again++;
	else
		t->again = 0;
	if (next != DIAL_AGAIN || t->again > AGAIN_MOST) {
		t->failures++;
		delay = backoff(t);
	}
	if (target_settle(t))
		schedule(t, delay);
}

static void
on_alarm(void *arg)
{
	struct target	*t = arg;

	t->alarm.when = MONO_NEVER;
	if (!t->dialling) {
		try(t);
		return;
	}
	finish(t, true);
	failed(t, "no answer", DIAL_LATER);
}

void
dial_opened(struct target *t, struct trunk *trunk)
{
	if (!t->dialling)
		return;
	t->trunk = trunk;
	target_alarm(t, MONO_NEVER);
}

/* Whoever refuses says who it is, too. */
static void
met(struct target *t)
{
	if (t->trunk == NULL || t->trunk->hello.id == 0)
		return;
	t->id = t->trunk->hello.id;
	(void)strlcpy(t->name, t->trunk->hello.name, sizeof(t->name));
}

void
dial_succeeded(struct target *t, struct peer *p)
{
	if (!t->dialling)
		return;
	met(t);
	finish(t, false);
	t->failures = t->again = 0;
	t->self = t->conflict = false;
	t->why[0] = '\0';
	t->reached = t->node->now;
	t->id = p->id;
	target_bind(t, p);
}

void
dial_failed(struct target *t, const char *why, enum dial_next next)
{
	if (!t->dialling)
		return;
	met(t);
	finish(t, false);
	failed(t, why, next);
}

/* ---- who knows which address ---- */

void
dial_suggest(struct node *n, unsigned int source, const char *address)
{
	struct target	*t;
	int64_t		 delay;

	source &= GIVEN | TARGET_LEARNED;
	if (source == 0 || !hail_address_valid(address) ||
	    (t = target_get(n, address, on_alarm)) == NULL)
		return;
	t->sources |= source;
	t->reported = n->now;
	target_renew(t);
	delay = t->failures == 0 ? 0 : SOON;
	if (t->alarm.when.ns > mono_after(n->now, delay).ns)
		schedule(t, delay);
}

void
dial_withdraw(struct node *n, unsigned int source, const char *address)
{
	struct target	*t = target_find(n, address);

	if (t == NULL)
		return;
	t->sources &= ~(source & (GIVEN | TARGET_LEARNED));
	(void)target_settle(t);
}

static void
replace_static(struct node *n, const char *const *hosts, size_t count)
{
	struct target	*t, *next;
	size_t		 i;

	for (i = 0; i < count; i++)
		if ((t = target_find(n, hosts[i])) != NULL)
			t->sources |= TARGET_MARK;
	NODE_EACH(n->targets, t, next) {
		if ((t->sources & TARGET_MARK) == 0)
			t->sources &= ~(unsigned int)TARGET_STATIC;
		t->sources &= ~(unsigned int)TARGET_MARK;
		(void)target_settle(t);
	}
	for (i = 0; i < count; i++)
		dial_suggest(n, TARGET_STATIC, hosts[i]);
}

void
dial_reload(struct node *n, const char *const *hosts, size_t count)
{
	struct target	*t, *next;

	if (hosts != NULL)
		replace_static(n, hosts, count);
	NODE_EACH(n->targets, t, next) {
		if (!t->self && !t->barred)
			continue;
		t->self = strcmp(t->address, n->address) == 0;
		t->barred = false;
		t->failures = t->again = 0;
		t->why[0] = '\0';
		schedule(t, 0);
	}
}

/* ---- peers ---- */

/* An address where p was found: better than the one it tells. */
static struct target *
proven(const struct peer *p)
{
	struct target	*t, *next;

	NODE_EACH(p->node->targets, t, next)
		if (t->id == p->id && !t->self && !t->barred)
			return t;
	return NULL;
}

void
dial_peer(struct peer *p, int64_t delay)
{
	struct node	*n = p->node;
	struct target	*t = p->target;

	if (n->dials_over)
		return;
	if (t == NULL && (t = proven(p)) == NULL &&
	    hail_address_valid(p->address))
		t = target_get(n, p->address, on_alarm);
	/* Where another peer is connected, this one is not. */
	if (t == NULL ||
	    (t->peer != NULL && t->peer != p && connected(t->peer)))
		return;
	if (p->state == PEER_ASKING) {
		t->sources |= TARGET_LEARNED;
		t->reported = n->now;
	}
	target_bind(t, p);
	t->id = p->id;
	t->failures = t->again = 0;
	target_unqueue(t);
	schedule(t, delay);
}

bool
dial_under_way(const struct peer *p)
{
	const struct target	*t = p->target;

	if (t == NULL)
		t = target_find(p->node, p->address);
	return t != NULL && (t->dialling || t->queued ||
	    (t->failures == 0 && t->alarm.when.ns != MONO_NEVER.ns));
}

/* Where sessions begin only to end, the next may wait. */
static void
session_over(struct target *t)
{
	struct mono	now = t->node->now;

	if (t->reached.ns != 0 &&
	    !mono_reached(mono_after(t->reached, BRIEF), now))
		t->brief++;
	else
		t->brief = 0;
	t->reached = (struct mono){ 0 };
	t->reported = now;
	t->failures = 1 + t->brief;
	t->again = 0;
	schedule(t, backoff(t));
}

void
dial_session_ended(struct peer *p)
{
	struct target	*t, *next, *own = p->target;

	target_unbind(p);
	NODE_EACH(p->node->targets, t, next) {
		if (t != own && t->id != p->id)
			continue;
		if (target_settle(t) && p->state != PEER_ASKING)
			session_over(t);
	}
}

/* ---- all ---- */

void
dial_each(struct node *n, void (*fn)(void *, const struct target *), void *arg)
{
	struct target	*t, *next;

	NODE_EACH(n->targets, t, next)
		fn(arg, t);
}

void
dial_stop(struct node *n)
{
	struct target	*t, *next;

	n->dials_over = true;
	NODE_EACH(n->targets, t, next) {
		target_unqueue(t);
		target_alarm(t, MONO_NEVER);
		if (t->dialling)
			finish(t, true);
		(void)target_settle(t);
	}
}

void
dial_release(struct node *n)
{
	struct target	*t, *next;

	dial_stop(n);
	NODE_EACH(n->targets, t, next)
		target_drop(t);
}
