/*
 * ends.c - the entries of monitors and links, one at each end.
 *
 * Owns:    node->watches, watched, ports and links; proc->nwatches.
 * Not here: what the ends tell each other (watch.c).
 * Errors:  NULL and errno for what one process asks too much of.
 */
#include "ends.h"

#include <errno.h>
#include <stdlib.h>

/* What one process may hold at its own end, in monitors and links. */
static bool
too_many(const struct proc *p)
{
	if (p->nwatches < NODE_WATCHES_MAX)
		return false;
	errno = EMFILE;
	return true;
}

/* ---- at the watcher ---- */

struct watch *
ends_watch(struct proc *p, uint64_t ref)
{
	struct watch_key	 key = { p->serial, ref };
	struct watch		*w;

	HASH_FIND(hh, p->node->watches, &key, sizeof(key), w);
	return w;
}

struct watch *
ends_watch_new(struct proc *p, uint64_t ref, struct pid target, bool mailbox)
{
	struct watch	*w;

	if (ends_watch(p, ref) != NULL) {
		errno = EEXIST;
		return NULL;
	}
	if (too_many(p) || (w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->key = (struct watch_key){ p->serial, ref };
	w->proc = p;
	w->target = target;
	w->mailbox = mailbox;
	HASH_ADD(hh, p->node->watches, key, sizeof(w->key), w);
	if (w->hh.tbl == NULL) {
		free(w);
		errno = ENOMEM;
		return NULL;
	}
	LIST_INSERT_HEAD(&p->watches, w, entry);
	p->nwatches++;
	return w;
}

void
ends_watch_free(struct watch *w)
{
	HASH_DEL(w->proc->node->watches, w);
	LIST_REMOVE(w, entry);
	w->proc->nwatches--;
	free(w);
}

/* ---- at the target ---- */

struct watched *
ends_watched(struct node *n, struct pid watcher, uint64_t ref)
{
	struct watched_key	 key = { watcher, ref };
	struct watched		*w;

	HASH_FIND(hh, n->watched, &key, sizeof(key), w);
	return w;
}

struct watched *
ends_watched_new(struct proc *p, struct pid watcher, uint64_t ref)
{
	struct watched	*w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->key = (struct watched_key){ watcher, ref };
	w->proc = p;
	HASH_ADD(hh, p->node->watched, key, sizeof(w->key), w);
	if (w->hh.tbl == NULL) {
		free(w);
		errno = ENOMEM;
		return NULL;
	}
	LIST_INSERT_HEAD(&p->watched, w, entry);
	return w;
}

static void
port_leave(struct watched *w)
{
	struct port	*port = w->port;

	LIST_REMOVE(w, same);
	if (!LIST_EMPTY(&port->watched))
		return;
	HASH_DEL(w->proc->node->ports, port);
	free(port);
}

void
ends_watched_free(struct watched *w)
{
	if (w->port != NULL)
		port_leave(w);
	HASH_DEL(w->proc->node->watched, w);
	LIST_REMOVE(w, entry);
	free(w);
}

struct port *
ends_port(struct proc *p, uint64_t id)
{
	struct port_key	 key = { p->serial, id };
	struct port	*port;

	HASH_FIND(hh, p->node->ports, &key, sizeof(key), port);
	return port;
}

static struct port *
port_new(struct proc *p, uint64_t id)
{
	struct port	*port;

	if ((port = calloc(1, sizeof(*port))) == NULL)
		return NULL;
	port->key = (struct port_key){ p->serial, id };
	HASH_ADD(hh, p->node->ports, key, sizeof(port->key), port);
	if (port->hh.tbl != NULL)
		return port;
	free(port);
	errno = ENOMEM;
	return NULL;
}

int
ends_port_add(struct watched *w, uint64_t id)
{
	struct port	*port = ends_port(w->proc, id);

	if (port == NULL && (port = port_new(w->proc, id)) == NULL)
		return -1;
	w->port = port;
	LIST_INSERT_HEAD(&port->watched, w, same);
	return 0;
}

/* ---- of a link ---- */

struct link *
ends_link(struct proc *p, struct pid peer)
{
	struct link_key	 key = { p->serial, peer };
	struct link	*l;

	HASH_FIND(hh, p->node->links, &key, sizeof(key), l);
	return l;
}

struct link *
ends_link_new(struct proc *p, struct pid peer)
{
	struct link	*l;

	if (too_many(p) || (l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->key = (struct link_key){ p->serial, peer };
	l->proc = p;
	HASH_ADD(hh, p->node->links, key, sizeof(l->key), l);
	if (l->hh.tbl == NULL) {
		free(l);
		errno = ENOMEM;
		return NULL;
	}
	LIST_INSERT_HEAD(&p->links, l, entry);
	p->nwatches++;
	return l;
}

void
ends_link_free(struct link *l)
{
	HASH_DEL(l->proc->node->links, l);
	LIST_REMOVE(l, entry);
	l->proc->nwatches--;
	free(l);
}
