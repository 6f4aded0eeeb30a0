/*
 * world_check.h - what must hold in a node between two events, whatever came.
 *
 * Faults of the node end the program: for fuzzers, which want to be stopped.
 */
#ifndef UNIT_WORLD_CHECK_H
#define UNIT_WORLD_CHECK_H
#include "world.h"

#include "ends.h"

/* How much waits, and who waits for whom. */
TAP_FN size_t
world_check_stream(const struct stream *s)
{
	const struct choke	*c;
	bool			 pausing = false;

	BUG_ON(s->closed || s->counted != s->conn.out_bytes);
	BUG_ON(s->lent != NULL && s->taking);
	BUG_ON(s->kind != STREAM_ATTACHED && (s->lent != NULL || s->taking));
	LIST_FOREACH(c, &s->chokes, by_sender) {
		BUG_ON(c->stream != s || !c->sink->over || (!c->sink->lane &&
		    proc_of_sink(c->sink)->state == PROC_GONE));
		pausing |= c->pausing;
	}
	BUG_ON(s->proc->state == PROC_LIVE && s->paused != pausing);
	/* Who takes waits only for an empty queue. */
	BUG_ON(s->taking && !s->proc->hello && s->proc->main != NULL &&
	    s->proc->main->conn.out_bytes > 0);
	return s->counted;
}

/* Both ends of a monitor are there, or none. */
TAP_FN uint32_t
world_check_monitors(const struct proc *p)
{
	const struct watch	*w;
	const struct watched	*at;
	struct watched		*found;
	struct watched_key	 key;
	struct proc		*target;
	uint32_t		 n = 0;

	LIST_FOREACH(w, &p->watches, entry) {
		n++;
		BUG_ON(w->proc != p || w->key.serial != p->serial);
		target = proc_by_pid(p->node, w->target);
		if (target == p)
			continue;
		BUG_ON(target == NULL);		/* its DOWN was not told */
		memset(&key, 0, sizeof(key));
		key.watcher = proc_pid(p);
		key.ref = w->key.ref;
		HASH_FIND(hh, p->node->watched, &key, sizeof(key), found);
		BUG_ON(found == NULL || found->proc != target);
	}
	LIST_FOREACH(at, &p->watched, entry) {
		BUG_ON(at->proc != p);
		BUG_ON(at->port != NULL &&
		    ends_port(at->proc, at->port->key.id) != at->port);
		target = proc_by_pid(p->node, at->key.watcher);
		BUG_ON(target == NULL || ends_watch(target,
		    at->key.ref) == NULL);
	}
	return n;
}

TAP_FN uint32_t
world_check_links(const struct proc *p)
{
	const struct link	*l;
	struct link		*found;
	struct link_key		 key;
	struct proc		*peer;
	uint32_t		 n = 0;

	LIST_FOREACH(l, &p->links, entry) {
		n++;
		BUG_ON(l->proc != p || l->unlinking != 0);
		peer = proc_by_pid(p->node, l->key.peer);
		BUG_ON(peer == NULL || peer == p);
		memset(&key, 0, sizeof(key));
		key.serial = peer->serial;
		key.peer = proc_pid(p);
		HASH_FIND(hh, p->node->links, &key, sizeof(key), found);
		BUG_ON(found == NULL);
	}
	return n;
}

TAP_FN void
world_check(struct world *w)
{
	struct proc	*p, *next;
	struct stream	*s;
	struct name	*e;
	struct choke	*c;
	size_t		 queued = 0;
	uint32_t	 n;

	HASH_ITER(hh, w->n.procs, p, next) {
		BUG_ON(p->state == PROC_GONE);
		BUG_ON((p->birth != NULL) != (p->state == PROC_SPAWNING));
		if (p->main != NULL)
			queued += world_check_stream(p->main);
		n = 0;
		LIST_FOREACH(s, &p->attached, entry) {
			queued += world_check_stream(s);
			n++;
		}
		BUG_ON(n != p->nattached);
		n = world_check_monitors(p) + world_check_links(p);
		BUG_ON(n != p->nwatches);
		n = 0;
		TAILQ_FOREACH(e, &p->names, entry) {
			BUG_ON(e->proc != p);
			n++;
		}
		BUG_ON(n != p->nnames);
		LIST_FOREACH(c, &p->sink.chokes, by_sink)
			BUG_ON(!p->sink.over || c->sink != &p->sink);
	}
	BUG_ON(queued != w->n.queued);
}

#endif /* UNIT_WORLD_CHECK_H */
