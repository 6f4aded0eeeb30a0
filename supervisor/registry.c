/*
 * registry.c - addresses of people turned into pids, names given and taken.
 *
 * Owns:    nothing.
 * Not here: the table of names (names.c), questions to other nodes (errand.c).
 * Errors:  errno, as registry.h says.
 */
#include "registry.h"

#include <errno.h>
#include <string.h>

#include "names.h"
#include "peer.h"
#include "proc.h"
#include "settings.h"

static const struct pid	nobody;

static bool
is_here(const struct node *n, const struct address *a)
{
	if (a->incarnation != 0)
		return a->incarnation == n->id;
	return a->node[0] == '\0' || strcmp(a->node, n->conf->node.name) == 0;
}

enum registry_where
registry_where(struct node *n, const char *text, struct address *a,
    struct peer **peer)
{
	*peer = NULL;
	if (address_parse(text, a) == -1)
		return REGISTRY_NOWHERE;
	if (is_here(n, a))
		return REGISTRY_HERE;
	*peer = a->incarnation != 0 ? peer_find(n, a->incarnation) :
	    peer_named(n, a->node);
	if (*peer != NULL && (*peer)->state == PEER_UP)
		return REGISTRY_THERE;
	errno = EHOSTUNREACH;
	return REGISTRY_NOWHERE;
}

/* @NODE */
static int
find_node(struct node *n, const char *name, struct pid *out)
{
	const struct peer	*p;

	if (strcmp(name, n->conf->node.name) == 0)
		*out = (struct pid){ n->id, 0 };
	else if ((p = peer_named(n, name)) != NULL)
		*out = (struct pid){ p->id, 0 };
	else
		return ESRCH;
	return 0;
}

int
registry_find(struct node *n, const char *text, struct pid *out)
{
	struct address	 a;
	struct peer	*peer;
	struct proc	*p;

	*out = nobody;
	if (text[0] == '@')
		return find_node(n, text + 1, out);
	switch (registry_where(n, text, &a, &peer)) {
	case REGISTRY_NOWHERE:
		/* Of an earlier incarnation of this node: dead. */
		if (errno != EHOSTUNREACH || a.serial == 0 ||
		    a.incarnation == 0 ||
		    strcmp(a.node, n->conf->node.name) != 0)
			return errno;
		*out = (struct pid){ a.incarnation, a.serial };
		return ESRCH;
	case REGISTRY_THERE:
		return EHOSTUNREACH;
	case REGISTRY_HERE:
		break;
	}
	if (a.serial != 0) {
		*out = (struct pid){ n->id, a.serial };
		p = proc_by_pid(n, *out);
	} else if ((p = names_find(n, a.name)) != NULL)
		*out = proc_pid(p);
	if (p != NULL && proc_is_live(p))
		return 0;
	if (a.serial == 0)
		*out = nobody;
	return ESRCH;
}

struct proc *
registry_by_name(struct node *n, const struct address *a)
{
	return is_here(n, a) ? names_find(n, a->name) : NULL;
}

int
registry_add(struct node *n, struct pid pid, const char *name,
    struct pid *out)
{
	struct proc	*p = proc_by_pid(n, pid), *owner;

	*out = pid;
	if (p == NULL || p->state == PROC_EXITED)
		return ESRCH;
	if (names_add(p, name, &owner) == 0)
		return 0;
	*out = owner == NULL ? nobody : proc_pid(owner);
	return errno;
}
