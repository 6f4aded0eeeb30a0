/*
 * post.c - frames to other nodes: which lane they go to, and into it.
 *
 * Owns:    nothing.
 * Not here: what waits in a lane (lane.c), who is choked by it (flow.c).
 * Errors:  frames to a node that is gone are lost, as promised; want of memory,
 *          or of the reserve for signals, ends the session.
 */
#include "post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "peer.h"

#define SMALL	1024			/* bytes of a body */

struct lane *
post_lane(struct node *n, struct pid to)
{
	struct peer	*p = peer_find(n, to.node);
	struct lane	*e;

	if (to.node == 0)
		return NULL;
	if (p == NULL || (p->state == PEER_GONE && !p->dead))
		p = n->network ? n->acts->ask(n, to.node) : NULL;
	if (p == NULL || !peer_takes(p))
		return NULL;
	if ((e = lane_of(p, to.serial)) == NULL)
		post_doom(p, "out of memory");
	return e;
}

struct lane *
post_lane_known(struct node *n, struct pid to)
{
	struct peer	*p = peer_find(n, to.node);

	return p == NULL || !peer_takes(p) ? NULL :
	    lane_find(p, to.serial, "");
}

void
post_doom(struct peer *p, const char *why)
{
	if (p->doomed == NULL)
		p->doomed = why;
	p->node->unsettled = true;
}

void
post_push(struct peer *p)
{
	if (p->trunk != NULL)
		p->node->acts->push(p->trunk);
}

void
post(struct lane *e, const void *bytes, size_t n, bool data)
{
	struct peer	*p = e->peer;

	if (p->doomed != NULL)
		return;
	if (lane_put(e, bytes, n, data) == 0)
		post_push(p);
	else
		post_doom(p, errno == ENOBUFS ?
		    "too many signals wait for it" : "out of memory");
}

/* A header and a body in one piece; NULL: ENOMEM. */
static uint8_t *
frame_make(uint8_t *small, struct wire_head *h, const void *body, size_t n)
{
	uint8_t	*p = n <= SMALL ? small : malloc(WIRE_HEAD + n);

	if (p == NULL)
		return NULL;
	h->len = (uint32_t)(WIRE_HEAD + n);
	wire_put(p, h);
	if (n != 0)
		memcpy(p + WIRE_HEAD, body, n);
	return p;
}

/* Into a lane; NULL: there is none. */
static bool
frame_post(struct node *n, struct lane *e, struct wire_head *h,
    const void *body, size_t len, bool data)
{
	uint8_t	 small[WIRE_HEAD + SMALL], *p;

	if (e == NULL) {
		n->stats.frames_lost++;
		return false;
	}
	if ((p = frame_make(small, h, body, len)) == NULL) {
		post_doom(e->peer, "out of memory");
		return false;
	}
	post(e, p, h->len, data);
	if (p != small)
		free(p);
	return true;
}

bool
post_frame(struct node *n, struct wire_head *h, const void *body, size_t len,
    bool data)
{
	return frame_post(n, post_lane(n, h->to), h, body, len, data);
}

void
post_request(struct peer *p, struct wire_head *h, const void *body, size_t n)
{
	struct lane	*e = lane_of(p, 0);

	if (e == NULL)
		post_doom(p, "out of memory");
	(void)frame_post(p->node, e, h, body, n, true);
}

void
post_urgent(struct peer *p, struct wire_head *h, const void *body, size_t n)
{
	uint8_t	frame[WIRE_HEAD + NAME_SIZE];

	if (p->doomed != NULL)
		return;
	(void)frame_make(frame, h, body, n);
	if (lane_urgent(&p->lanes, frame, h->len) == 0)
		post_push(p);
	else
		post_doom(p, "out of memory");
}
