/*
 * peers.h - a world whose node has sessions with others that are the test.
 *
 *	peers_open(&w, "");
 *	p = peers_add(&w, BETA, "beta");
 *	SAYS(a->main, SEND, .to = there(5), .text = "x");
 *	is_str(written(&w, p), "SEND 1 x", "on its way");
 *	peers_close(&w);
 */
#ifndef UNIT_PEERS_H
#define UNIT_PEERS_H
#include "world.h"

#include "errand.h"
#include "lane.h"
#include "peer.h"
#include "registry.h"
#include "remote.h"

#define BETA	88			/* id of a peer */
#define KB	1024u

static struct node_acts	 peers_acts;

TAP_FN void
peers_on_node_event(struct node *n, const char *event, const struct peer *p,
    const char *why)
{
	(void)n, (void)event, (void)p, (void)why;
}

TAP_FN void
peers_open(struct world *w, const char *settings)
{
	world_open(w, settings);
	peers_acts = world_acts;
	peers_acts.remote = remote_signal;
	peers_acts.node_event = peers_on_node_event;
	w->n.acts = &peers_acts;
}

/* A peer with a session. */
TAP_FN struct peer *
peers_add(struct world *w, uint64_t id, const char *name)
{
	struct hello	 h = { .max_message = WIRE_MAX };
	struct peer	*p = peer_get(&w->n, id);

	BUG_ON(p == NULL);
	(void)strlcpy(h.name, name, sizeof(h.name));
	peer_up(p, &h);
	return p;
}

/* As session_end() does it. */
TAP_FN void
peers_end(struct peer *p)
{
	static const struct cause	noconnection = { "noconnection",
					    false };

	watch_node_down(p->node, p->id, &noconnection);
	errand_peer_gone(p);
	flow_peer_gone(p);
	ok(LIST_EMPTY(&p->chokes) && TAILQ_EMPTY(&p->errands),
	    "it waits for nobody, and nobody for it");
	lanes_release(&p->lanes);
	peer_down(p, "noconnection", false);
}

TAP_FN void
peers_close(struct world *w)
{
	struct peer	*p, *next;

	NODE_EACH(w->n.peers, p, next)
		if (p->state == PEER_UP)
			peers_end(p);
	peer_release(&w->n);
	ok(w->n.errands == NULL && w->n.nup == 0, "no errand is left");
	world_close(w);
}

TAP_FN struct pid
there(uint64_t serial)
{
	return (struct pid){ BETA, serial };
}

/* All that is to be written to it, as text; it has it then. */
TAP_FN const char *
written(struct world *w, struct peer *p)
{
	struct buf	 b;
	uint32_t	 frames;
	size_t		 len, at, n = 0;
	FILE		*f;

	free(w->text);
	w->text = NULL;
	f = open_memstream(&w->text, &len);
	BUG_ON(f == NULL);
	buf_init(&b, 256 * KB);
	for (; lane_take(&p->lanes, &b, &frames); buf_reset(&b))
		for (at = 0; at < b.len; at += get_u32(b.p + at)) {
			fputs(n++ == 0 ? "" : "; ", f);
			world_print(f, b.p + at);
		}
	fclose(f);
	buf_release(&b);
	BUG_ON(lane_acked(&p->lanes, p->lanes.next - 1) == -1);
	flow_peer_drained(p);
	return w->text;
}

#endif /* UNIT_PEERS_H */
