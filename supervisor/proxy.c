/*
 * proxy.c - questions of other nodes' processes, answered here.
 *
 * A proxy is a guest without a connection, for one question.  Its answers wait
 * in its stream while the lane to the asker is over, so a slow reader elsewhere
 * is a slow reader here.
 *
 * Owns:    struct proxy, peer->proxies, node->proxies.
 * Not here: the answers (query.c).
 * Errors:  without memory the question is answered with ENOMEM.
 */
#include "proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lane.h"
#include "post.h"
#include "stream.h"

struct proxy {
	LIST_ENTRY(proxy)	 entry;		/* peer->proxies */
	TAILQ_ENTRY(proxy)	 waiting;	/* node->proxies */
	struct proc		 proc;		/* first, a guest of its own */
	struct stream		*stream;
	struct peer		*peer;
	struct pid		 asker;
	uint64_t		 ref;
	bool			 pending;	/* on node->proxies */
};

static struct proxy *
proxy_of(const struct stream *s)
{
	return (struct proxy *)((char *)s->proc -
	    offsetof(struct proxy, proc));
}

static struct proxy *
proxy_new(struct peer *peer, const struct frame *f)
{
	struct proxy	*x;

	if ((x = calloc(1, sizeof(*x))) == NULL)
		return NULL;
	x->peer = peer;
	x->asker = f->h.from;
	x->ref = f->h.ref;
	x->proc.node = peer->node;
	x->proc.kind = PROC_GUEST;	/* with serial 0: in no table */
	x->proc.state = PROC_LIVE;
	x->proc.program = x->proc.entry = "";
	if ((x->stream = stream_new(&x->proc, STREAM_PROXY, -1)) == NULL) {
		free(x);
		return NULL;
	}
	LIST_INSERT_HEAD(&peer->proxies, x, entry);
	return x;
}

static void
proxy_free(struct proxy *x)
{
	LIST_REMOVE(x, entry);
	stream_close(x->stream);
	if (x->pending)
		TAILQ_REMOVE(&x->peer->node->proxies, x, waiting);
	free(x);
}

static struct proxy *
find(struct peer *peer, struct pid asker, uint64_t ref)
{
	struct proxy	*x;

	LIST_FOREACH(x, &peer->proxies, entry)
		if (x->ref == ref && pid_equal(x->asker, asker))
			return x;
	return NULL;
}

static void
refuse(struct peer *peer, const struct frame *f, int err)
{
	struct wire_head	h = { .op = WIRE_DONE, .to = f->h.from,
				    .ref = f->h.ref };
	uint8_t			body[20] = { 0 };

	put_u32(body, (uint32_t)err);
	h.from = (struct pid){ peer->node->id, 0 };
	(void)post_frame(peer->node, &h, body, sizeof(body), true);
}

void
proxy_ask(struct peer *peer, const struct frame *f)
{
	struct proxy	*x;
	unsigned int	 n = 0;

	LIST_FOREACH(x, &peer->proxies, entry)
		n++;
	if (n >= PROXY_MOST || find(peer, f->h.from, f->h.ref) != NULL) {
		refuse(peer, f, n >= PROXY_MOST ? EMFILE : EEXIST);
		return;
	}
	if ((x = proxy_new(peer, f)) == NULL) {
		refuse(peer, f, ENOMEM);
		return;
	}
	peer->node->acts->query(x->stream, f);
}

void
proxy_cancel(struct peer *peer, const struct frame *f)
{
	struct proxy	*x = find(peer, f->h.from, f->h.ref);

	if (x != NULL)
		proxy_free(x);
}

void
proxy_peer_gone(struct peer *peer)
{
	while (!LIST_EMPTY(&peer->proxies))
		proxy_free(LIST_FIRST(&peer->proxies));
}

void
proxy_update(struct stream *s)
{
	struct proxy	*x = proxy_of(s);

	if (x->pending || (!s->closed &&
	    (s->paused || s->conn.out_bytes == 0)))
		return;
	x->pending = true;
	TAILQ_INSERT_TAIL(&s->proc->node->proxies, x, waiting);
}

/* What waits goes into the lane, until it is over.  True: that was the last. */
static bool
pump(struct proxy *x, struct lane *lane)
{
	struct stream		*s = x->stream;
	struct wire_head	 h;
	uint8_t			*p;
	size_t			 n;

	while (!s->closed && (p = stream_peek(s, &n)) != NULL) {
		if (!flow_may_send(s, &lane->sink))
			return false;
		wire_get(&h, p);
		h.to = x->asker;
		h.from = (struct pid){ x->peer->node->id, 0 };
		wire_put(p, &h);
		post(lane, p, n, true);
		stream_drop(s);
		if (h.op == WIRE_DONE)
			return true;
	}
	return s->closed;
}

void
proxy_turn(struct node *n)
{
	struct proxy	*x;
	struct lane	*lane;

	while ((x = TAILQ_FIRST(&n->proxies)) != NULL) {
		TAILQ_REMOVE(&n->proxies, x, waiting);
		x->pending = false;
		lane = post_lane(n, x->asker);
		if (lane == NULL || pump(x, lane))
			proxy_free(x);
		else
			n->acts->update(x->stream);
	}
}

struct pid
proxy_asker(const struct stream *s)
{
	return proxy_of(s)->asker;
}

struct stream *
proxy_find(struct node *n, struct pid asker, uint64_t ref)
{
	struct peer	*p;
	struct proxy	*x;

	HASH_FIND(hh, n->peers, &asker.node, sizeof(asker.node), p);
	x = p == NULL ? NULL : find(p, asker, ref);
	return x == NULL ? NULL : x->stream;
}
