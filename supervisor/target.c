/*
 * target.c - the table of addresses worth dialling.
 *
 * Those that only announcements or other nodes tell of stand in the order in
 * which they were last told, so that the oldest is found at once when there is
 * no room; what has a session is not among them.
 *
 * Owns:    node->targets, spare_targets, dial_queue; peer->target.
 * Not here: when to dial which (dial.c).
 * Errors:  an address there is no room or memory for is dropped and counted.
 */
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* Sources that go first when there is no room. */
#define SPARE		(TARGET_LEARNED | TARGET_BROADCAST)

/* ---- timers and turns ---- */

void
target_alarm(struct target *t, struct mono when)
{
	t->alarm.when = when;
	t->node->acts->alarm(&t->alarm, when);
}

void
target_queue(struct target *t)
{
	t->queued = true;
	TAILQ_INSERT_TAIL(&t->node->dial_queue, t, turn);
}

void
target_unqueue(struct target *t)
{
	if (!t->queued)
		return;
	TAILQ_REMOVE(&t->node->dial_queue, t, turn);
	t->queued = false;
}

void
target_next(struct node *n)
{
	struct target	*t = TAILQ_FIRST(&n->dial_queue);

	if (t == NULL || n->dials >= TARGET_DIALS || n->dials_over)
		return;
	target_unqueue(t);
	target_alarm(t, n->now);
}

/* ---- the table ---- */

struct target *
target_find(struct node *n, const char *address)
{
	struct target	*t;

	HASH_FIND(hh, n->targets, address, strlen(address), t);
	return t;
}

static void
spare_set(struct target *t, bool on)
{
	if (on == t->sparable)
		return;
	t->sparable = on;
	if (on)
		TAILQ_INSERT_TAIL(&t->node->spare_targets, t, spare);
	else
		TAILQ_REMOVE(&t->node->spare_targets, t, spare);
}

void
target_drop(struct target *t)
{
	struct node	*n = t->node;

	target_alarm(t, MONO_NEVER);
	target_unqueue(t);
	spare_set(t, false);
	if (t->peer != NULL)
		t->peer->target = NULL;
	HASH_DEL(n->targets, t);
	free(t);
	target_next(n);
}

bool
target_settle(struct target *t)
{
	if (t->sources == 0 && !t->dialling) {
		target_drop(t);
		return false;
	}
	spare_set(t, (t->sources & ~(unsigned int)SPARE) == 0);
	return true;
}

void
target_renew(struct target *t)
{
	spare_set(t, false);
	(void)target_settle(t);
}

static bool
make_room(struct node *n)
{
	struct target	*t;

	if (HASH_COUNT(n->targets) < OTHERS_TARGETS_MAX)
		return true;
	TAILQ_FOREACH(t, &n->spare_targets, spare)
		if (!t->dialling)
			break;
	if (t == NULL)
		return false;
	n->stats.targets_dropped++;
	target_drop(t);
	return true;
}

struct target *
target_get(struct node *n, const char *address, void (*fn)(void *))
{
	struct target	*t = target_find(n, address);
	size_t		 len = strlen(address);

	if (t != NULL)
		return t;
	if (!make_room(n) ||
	    (t = calloc(1, sizeof(*t) + len + 1)) == NULL) {
		n->stats.targets_dropped++;
		return NULL;
	}
	t->node = n;
	t->alarm = (struct alarm){ .fn = fn, .arg = t, .node = n,
	    .when = MONO_NEVER };
	t->self = strcmp(address, n->address) == 0;
	memcpy(t->address, address, len + 1);
	HASH_ADD_KEYPTR(hh, n->targets, t->address, len, t);
	if (t->hh.tbl == NULL) {
		free(t);
		n->stats.targets_dropped++;
		return NULL;
	}
	return t;
}

/* ---- the target of a peer ---- */

void
target_unbind(struct peer *p)
{
	struct target	*t = p->target;

	if (t == NULL)
		return;
	p->target = NULL;
	t->peer = NULL;
	t->sources &= ~(unsigned int)TARGET_SESSION;
}

void
target_bind(struct target *t, struct peer *p)
{
	struct target	*old = p->target;

	if (old == t)
		return;
	target_unbind(p);
	if (t->peer != NULL)
		target_unbind(t->peer);
	t->peer = p;
	p->target = t;
	t->sources |= TARGET_SESSION;
	(void)target_settle(t);
	if (old != NULL)
		(void)target_settle(old);
}
