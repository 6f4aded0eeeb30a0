/*
 * names.c - names of processes of this node.
 *
 * Owns:    node->names, proc->names.
 * Not here: names of other nodes; who may register whom (route.c).
 * Errors:  -1 or NULL and errno, as names.h says.
 */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static struct name *
name_find(struct node *n, const char *text)
{
	struct name	*e;

	HASH_FIND_STR(n->names, text, e);
	return e;
}

static struct name *
name_new(struct node *n, const char *text)
{
	struct name	*e;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	(void)strlcpy(e->text, text, sizeof(e->text));
	HASH_ADD_STR(n->names, text, e);
	if (e->hh.tbl == NULL) {
		free(e);
		errno = ENOMEM;
		return NULL;
	}
	return e;
}

static void
name_free_unless_reserved(struct node *n, struct name *e)
{
	if (e->reserved)
		return;
	HASH_DEL(n->names, e);
	free(e);
}

int
names_reserve(struct node *n, const char *text)
{
	struct name	*e = name_find(n, text);

	if (e == NULL && (e = name_new(n, text)) == NULL)
		return -1;
	e->reserved = true;
	return 0;
}

void
names_unreserve(struct node *n, const char *text)
{
	struct name	*e = name_find(n, text);

	if (e == NULL)
		return;
	e->reserved = false;
	if (e->proc == NULL)
		name_free_unless_reserved(n, e);
}

int
names_add(struct proc *p, const char *text, struct proc **owner)
{
	struct node	*n = p->node;
	struct name	*e;

	*owner = NULL;
	if (!name_valid(text)) {
		errno = EINVAL;
		return -1;
	}
	e = name_find(n, text);
	if (e != NULL && e->proc == p)
		return 0;
	if (e != NULL && (e->proc != NULL || p->worker == NULL ||
	    strcmp(p->worker->s.name, text) != 0)) {
		*owner = e->proc;
		errno = EEXIST;
		return -1;
	}
	if (p->nnames >= NODE_NAMES_MAX) {
		errno = EMFILE;
		return -1;
	}
	if (e == NULL && (e = name_new(n, text)) == NULL)
		return -1;
	e->proc = p;
	p->nnames++;
	TAILQ_INSERT_TAIL(&p->names, e, entry);
	return 0;
}

static void
name_take_away(struct node *n, struct name *e)
{
	TAILQ_REMOVE(&e->proc->names, e, entry);
	e->proc->nnames--;
	e->proc = NULL;
	name_free_unless_reserved(n, e);
}

int
names_drop(struct node *n, const char *text)
{
	struct name	*e = name_find(n, text);

	if (e == NULL || e->proc == NULL) {
		errno = ESRCH;
		return -1;
	}
	name_take_away(n, e);
	return 0;
}

void
names_drop_all(struct proc *p)
{
	while (!TAILQ_EMPTY(&p->names))
		name_take_away(p->node, TAILQ_FIRST(&p->names));
}

void
names_release(struct node *n)
{
	struct name	*e, *next;

	NODE_EACH(n->names, e, next) {
		HASH_DEL(n->names, e);
		free(e);
	}
}

struct proc *
names_find(struct node *n, const char *text)
{
	struct name	*e = name_find(n, text);

	if (e == NULL || e->proc == NULL) {
		errno = ESRCH;
		return NULL;
	}
	return e->proc;
}
