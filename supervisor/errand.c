/*
 * errand.c - requests of our processes that another node answers.
 *
 * A request is answered once: by DONE, or when the session ends.  A spawn is
 * kept even when its requester dies, for its child may be on its way: it then
 * meets the exit signal that the link would have brought.
 *
 * Owns:    node->errands.
 * Not here: what is asked there (remote.c, proxy.c).
 * Errors:  DONE with errno and text, to who asked.
 */
#include "errand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "flow.h"
#include "peer.h"
#include "post.h"
#include "proc.h"
#include "settings.h"
#include "stream.h"
#include "watch.h"

static const struct pid	nobody;

static struct errand *
errand_find(struct node *n, uint64_t serial, uint64_t ref)
{
	struct errand_key	 key = { serial, ref };
	struct errand		*e;

	HASH_FIND(hh, n->errands, &key, sizeof(key), e);
	return e;
}

static struct errand *
errand_new(struct proc *p, uint64_t ref, struct peer *peer)
{
	struct errand	*e;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->key = (struct errand_key){ p->serial, ref };
	e->peer = peer;
	HASH_ADD(hh, p->node->errands, key, sizeof(e->key), e);
	if (e->hh.tbl == NULL) {
		free(e);
		errno = ENOMEM;
		return NULL;
	}
	LIST_INSERT_HEAD(&p->errands, e, by_proc);
	TAILQ_INSERT_TAIL(&peer->errands, e, entry);
	return e;
}

static void
errand_free(struct errand *e)
{
	HASH_DEL(e->peer->node->errands, e);
	TAILQ_REMOVE(&e->peer->errands, e, entry);
	if (e->orphan == NULL)
		LIST_REMOVE(e, by_proc);
	free(e->orphan);
	free(e);
}

/* ---- asking ---- */

static void
refuse(struct stream *s, const struct frame *f, const char *node, int err,
    const char *what)
{
	char	text[256];

	if (f->h.op == WIRE_SPAWN) {
		s->proc->node->stats.spawns_failed++;
		(void)snprintf(text, sizeof(text), "program %s: node %s: %s",
		    what, node, strerror(err));
	} else
		(void)snprintf(text, sizeof(text), "node %s: %s", node,
		    strerror(err));
	stream_done(s, f->h.ref, err, nobody, text);
}

const char *
errand_ask(struct stream *s, const struct frame *f, const struct birth *birth,
    const char *what)
{
	struct node		*n = s->proc->node;
	struct peer		*p = peer_find(n, f->h.to.node);
	struct wire_head	 h = f->h;
	struct errand		*e;

	if (errand_find(n, s->proc->serial, f->h.ref) != NULL)
		return "its ref is in use";
	if (p == NULL || p->state != PEER_UP || p->doomed != NULL) {
		refuse(s, f, p == NULL || p->name[0] == '\0' ? "unknown" :
		    p->name, EHOSTUNREACH, what);
		return NULL;
	}
	if (f->h.op == WIRE_SPAWN && f->h.len > p->max_message) {
		refuse(s, f, p->name, EMSGSIZE, what);
		return NULL;
	}
	if ((e = errand_new(s->proc, f->h.ref, p)) == NULL) {
		refuse(s, f, p->name, errno, what);
		return NULL;
	}
	e->op = f->h.op;
	if (birth != NULL)
		e->birth = *birth;
	(void)strlcpy(e->what, what, sizeof(e->what));
	/* To the node's own lane, whichever of its processes is named. */
	h.from = proc_pid(s->proc);
	post_request(p, &h, f->body, f->body_len);
	return NULL;
}

/* ---- answers ---- */

/* The answer is wanted no more; a question may go on for ever. */
static void
cancel(struct errand *e)
{
	struct wire_head	h = { .op = WIRE_N_CANCEL, .ref = e->key.ref };

	h.to = (struct pid){ e->peer->id, 0 };
	h.from = (struct pid){ e->peer->node->id, e->key.serial };
	(void)post_frame(e->peer->node, &h, NULL, 0, false);
	errand_free(e);
}

static struct stream *
asker(struct node *n, const struct errand *e)
{
	struct proc	*p = proc_by_serial(n, e->key.serial);

	return p == NULL || !proc_is_live(p) ? NULL :
	    stream_of_ref(p, e->key.ref);
}

static struct errand *
errand_of(struct peer *peer, const struct frame *f)
{
	struct errand	*e = errand_find(peer->node, f->h.to.serial, f->h.ref);

	return e != NULL && e->peer == peer ? e : NULL;
}

void
errand_row(struct peer *peer, const struct frame *f)
{
	struct errand		*e = errand_of(peer, f);
	struct stream		*s = e == NULL ? NULL : asker(peer->node, e);
	struct wire_head	 h = { .op = WIRE_ROW, .ref = f->h.ref };

	if (s == NULL)
		return;
	stream_frame(s, &h, f->body, f->body_len);
	/* A guest's reader chokes the other node; a command of a worker has
	   no mark of its own. */
	if (s->kind == STREAM_ATTACHED &&
	    s->conn.out_bytes > NODE_SELF_MAX) {
		stream_done(s, e->key.ref, ENOBUFS, nobody, "read too slowly");
		cancel(e);
	} else if (s == s->proc->main)
		flow_received(peer, s->proc, "");
}

/* The child is known here from now on, so the session's end spares it. */
static void
acknowledge(struct peer *peer, struct pid child)
{
	struct wire_head	h = { .op = WIRE_N_BORN, .to = child };

	h.from = (struct pid){ peer->node->id, 0 };
	(void)post_frame(peer->node, &h, NULL, 0, false);
}

static void
signal(struct node *n, enum signal_kind kind, struct pid from, struct pid to,
    uint64_t ref, const struct cause *c)
{
	struct signal_frame	g = { .kind = kind, .from = from, .to = to,
				    .ref = ref };

	if (c != NULL)
		g.cause = *c;
	(void)n->acts->remote(n, &g);
}

/* Nobody is there any more who asked for it. */
static void
orphaned(struct node *n, const struct errand *e, struct pid child)
{
	if ((e->birth.flags & WIRE_F_MONITOR) != 0)
		signal(n, SIGNAL_DEMONITOR, e->birth.requester, child,
		    e->birth.monitor_ref, NULL);
	if ((e->birth.flags & WIRE_F_LINK) != 0)
		signal(n, SIGNAL_LINK_EXIT, e->birth.requester, child, 0,
		    e->orphan);
}

/* This end of what the child's node has entered already.  -1: errno, and the
   child has to go. */
static int
settle(struct proc *p, const struct errand *e, struct pid child)
{
	if ((e->birth.flags & WIRE_F_MONITOR) != 0 &&
	    watch_monitor_born(p, false, e->birth.monitor_ref, child) == -1)
		return -1;
	if ((e->birth.flags & WIRE_F_LINK) != 0 &&
	    watch_link_born(p, child) == -1) {
		watch_demonitor(p, e->birth.monitor_ref);
		return -1;
	}
	return 0;
}

/* 0, or the errno that the requester is told instead. */
static int
born(struct peer *peer, const struct errand *e, struct pid child)
{
	struct node		*n = peer->node;
	struct proc		*p = proc_by_serial(n, e->key.serial);
	struct cause		 c = { "noproc", false };
	int			 err = 0;

	if (e->orphan != NULL || p == NULL)
		orphaned(n, e, child);
	else if (settle(p, e, child) == -1) {
		err = errno;
		signal(n, SIGNAL_KILL, e->birth.requester, child, 0, &c);
	}
	acknowledge(peer, child);
	return err;
}

void
errand_done(struct peer *peer, const struct frame *f)
{
	struct errand	*e = errand_of(peer, f);
	struct stream	*s;
	struct rd	 r;
	struct pid	 pid;
	char		 text[1024];
	size_t		 n;
	int		 err;

	if (e == NULL)
		return;			/* cancelled meanwhile */
	rd_init(&r, f->body, f->body_len);
	err = (int)rd_u32(&r);
	pid.node = rd_u64(&r);
	pid.serial = rd_u64(&r);
	n = r.left < sizeof(text) ? r.left : sizeof(text) - 1;
	memcpy(text, r.p, n);
	text[n] = '\0';
	if (e->op == WIRE_SPAWN && err == 0 &&
	    (err = born(peer, e, pid)) != 0)
		pid = nobody;
	if ((s = asker(peer->node, e)) != NULL)
		stream_done(s, e->key.ref, err, pid, n == 0 ? NULL : text);
	errand_free(e);
}

/* ---- ends ---- */

void
errand_proc_gone(struct proc *p, const struct cause *c)
{
	struct errand	*e;

	while ((e = LIST_FIRST(&p->errands)) != NULL) {
		if (e->op != WIRE_SPAWN ||
		    (e->orphan = malloc(sizeof(*e->orphan))) == NULL) {
			cancel(e);
			continue;
		}
		*e->orphan = *c;
		LIST_REMOVE(e, by_proc);
	}
}

void
errand_stream_closed(struct stream *s)
{
	struct errand	*e, *next;

	for (e = LIST_FIRST(&s->proc->errands); e != NULL; e = next) {
		next = LIST_NEXT(e, by_proc);
		if ((e->key.ref & STREAM_BASE) == s->ref_base &&
		    e->op != WIRE_SPAWN)
			cancel(e);
	}
}

void
errand_peer_gone(struct peer *peer)
{
	struct errand	*e;
	struct stream	*s;
	char		 text[256];

	while ((e = TAILQ_FIRST(&peer->errands)) != NULL) {
		if (e->op == WIRE_SPAWN) {
			peer->node->stats.spawns_failed++;
			(void)snprintf(text, sizeof(text),
			    "program %s: node %s: noconnection", e->what,
			    peer->name);
		} else
			(void)snprintf(text, sizeof(text),
			    "node %s: noconnection", peer->name);
		if ((s = asker(peer->node, e)) != NULL)
			stream_done(s, e->key.ref, EHOSTUNREACH, nobody,
			    text);
		errand_free(e);
	}
}
