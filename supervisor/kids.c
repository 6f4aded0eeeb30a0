/*
 * kids.c - the table of children: by serial, and by the kernel's number.
 *
 * Owns:    its entries.  A number leaves the table in the step in which the
 *          child is reaped: after that it may be anybody's.
 * Not here: what happens to a child (orders.c, parent.c).
 * Errors:  NULL or -1 and errno; memory that is short is no end.
 */
#include "kids.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM	1
#define uthash_nonfatal_oom(e)	((e)->no_memory = true)
#include <uthash.h>

struct kid_slot {
	struct kid	 kid;		/* first: one is the other */
	bool		 no_memory;
	bool		 has_pid;	/* in by_pid */
	UT_hash_handle	 hs, hp;
};

static struct kid_slot *
slot_of(struct kid *k)
{
	return (struct kid_slot *)k;
}

void
kids_init(struct kids *t)
{
	*t = (struct kids){ .by_serial = NULL };
	TAILQ_INIT(&t->births);
	TAILQ_INIT(&t->owed);
}

void
kids_release(struct kids *t)
{
	while (t->by_serial != NULL)
		kids_drop(t, &t->by_serial->kid);
}

struct kid *
kids_add(struct kids *t, uint64_t serial)
{
	struct kid_slot	*s;

	if (kids_by_serial(t, serial) != NULL) {
		errno = EEXIST;
		return NULL;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->kid.serial = serial;
	s->kid.birth.verdict = -1;
	HASH_ADD(hs, t->by_serial, kid.serial, sizeof(s->kid.serial), s);
	if (!s->no_memory)
		return &s->kid;
	free(s);
	errno = ENOMEM;
	return NULL;
}

int
kids_born(struct kids *t, struct kid *k)
{
	struct kid_slot	*s = slot_of(k);

	s->no_memory = false;
	HASH_ADD(hp, t->by_pid, kid.birth.pid, sizeof(s->kid.birth.pid), s);
	if (s->no_memory) {
		errno = ENOMEM;
		return -1;
	}
	s->has_pid = true;
	return 0;
}

void
kids_forget_pid(struct kids *t, struct kid *k)
{
	struct kid_slot	*s = slot_of(k);

	if (s->has_pid)
		HASH_DELETE(hp, t->by_pid, s);
	s->has_pid = false;
}

void
kids_drop(struct kids *t, struct kid *k)
{
	struct kid_slot	*s = slot_of(k);

	kids_decided(t, k);
	kids_paid(t, k);
	kids_forget_pid(t, k);
	child_forget(&k->birth);
	HASH_DELETE(hs, t->by_serial, s);
	free(s);
}

struct kid *
kids_by_serial(const struct kids *t, uint64_t serial)
{
	struct kid_slot	*s;

	HASH_FIND(hs, t->by_serial, &serial, sizeof(serial), s);
	return s == NULL ? NULL : &s->kid;
}

struct kid *
kids_by_pid(const struct kids *t, pid_t pid)
{
	struct kid_slot	*s;

	HASH_FIND(hp, t->by_pid, &pid, sizeof(pid), s);
	return s == NULL ? NULL : &s->kid;
}

struct kid *
kids_next(const struct kids *t, const struct kid *k)
{
	const struct kid_slot	*s = (const struct kid_slot *)k;
	struct kid_slot		*next;

	next = k == NULL ? t->by_serial : s->hs.next;
	return next == NULL ? NULL : &next->kid;
}

/* ---- the two lists ---- */

void
kids_await(struct kids *t, struct kid *k)
{
	if (k->awaited)
		return;
	k->awaited = true;
	t->nbirths++;
	TAILQ_INSERT_TAIL(&t->births, k, entry);
}

void
kids_decided(struct kids *t, struct kid *k)
{
	if (!k->awaited)
		return;
	k->awaited = false;
	t->nbirths--;
	TAILQ_REMOVE(&t->births, k, entry);
}

void
kids_owe(struct kids *t, struct kid *k)
{
	if (k->owed)
		return;
	k->owed = true;
	TAILQ_INSERT_TAIL(&t->owed, k, entry);
}

void
kids_paid(struct kids *t, struct kid *k)
{
	if (!k->owed)
		return;
	k->owed = false;
	TAILQ_REMOVE(&t->owed, k, entry);
}
