/*
 * proc.c - the table of processes: workers and guests, from birth to burial.
 *
 * Owns:    node->procs, serials, the memory of struct proc.
 * Not here: what happens at a death (spawn.c calls everyone in order).
 * Errors:  NULL and ENOMEM.
 */
#include "proc.h"

#include <errno.h>
#include <stdlib.h>

#include "bug.h"

struct proc *
proc_new(struct node *n, enum proc_kind kind, const char *program,
    const char *entry)
{
	struct proc	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->node = n;
	p->kind = kind;
	p->state = kind == PROC_GUEST ? PROC_LIVE : PROC_SPAWNING;
	p->serial = n->serial + 1;
	p->since = n->now;
	p->program = node_intern(n, program);
	p->entry = node_intern(n, entry);
	LIST_INIT(&p->attached);
	LIST_INIT(&p->sink.chokes);
	TAILQ_INIT(&p->names);
	LIST_INIT(&p->watches);
	LIST_INIT(&p->watched);
	LIST_INIT(&p->links);
	LIST_INIT(&p->errands);
	if (p->program == NULL || p->entry == NULL)
		goto fail;
	HASH_ADD(hh, n->procs, serial, sizeof(p->serial), p);
	if (p->hh.tbl == NULL)
		goto fail;
	n->serial++;			/* only now: no serial is skipped */
	return p;
 fail:
	node_unintern(n, p->program);
	node_unintern(n, p->entry);
	free(p);
	errno = ENOMEM;
	return NULL;
}

struct proc *
proc_by_serial(struct node *n, uint64_t serial)
{
	struct proc	*p;

	HASH_FIND(hh, n->procs, &serial, sizeof(serial), p);
	return p;
}

struct proc *
proc_by_pid(struct node *n, struct pid pid)
{
	return pid.node == n->id ? proc_by_serial(n, pid.serial) : NULL;
}

struct pid
proc_pid(const struct proc *p)
{
	return (struct pid){ p->node->id, p->serial };
}

bool
proc_is_live(const struct proc *p)
{
	return p->state == PROC_LIVE;
}

void
proc_gone(struct proc *p)
{
	BUG_ON(p->state == PROC_GONE);
	p->state = PROC_GONE;
	HASH_DEL(p->node->procs, p);
	STAILQ_INSERT_TAIL(&p->node->gone, p, waiting);
}

void
proc_bury(struct node *n)
{
	struct proc	*p;

	while ((p = STAILQ_FIRST(&n->gone)) != NULL) {
		STAILQ_REMOVE_HEAD(&n->gone, waiting);
		BUG_ON(!LIST_EMPTY(&p->watches) || !LIST_EMPTY(&p->watched) ||
		    !LIST_EMPTY(&p->links) || !LIST_EMPTY(&p->attached) ||
		    !LIST_EMPTY(&p->sink.chokes) || !TAILQ_EMPTY(&p->names));
		node_unintern(n, p->program);
		node_unintern(n, p->entry);
		free(p->birth);
		free(p->args);
		free(p->order);
		free(p->die);
		free(p);
	}
}
