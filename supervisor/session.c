/*
 * session.c - what two nodes have between them while connections come and go.
 *
 * Time decides twice.  From e + T on nothing of the session is routed, for the
 * other may have ended it; at h + T + SESSION_MARGIN it is ended and everybody
 * is told.  As the e of one side is never later than the h of the other, nobody
 * routes anything after anybody was told.
 *
 * Owns:    struct session, node->unsettled.
 * Not here: connections and their handshake (trunk.c), what a frame does
 *          (remote.c), the buffers (lane.c).
 * Errors:  what cannot be kept in order ends the session, with a word.
 */
#include "session.h"

#include <signal.h>
#include <string.h>

#include "dial.h"
#include "errand.h"
#include "flow.h"
#include "hail.h"
#include "lane.h"
#include "life.h"
#include "log.h"
#include "peer.h"
#include "post.h"
#include "proxy.h"
#include "settings.h"
#include "trunk.h"
#include "watch.h"

#define ACK_BYTES	(32u << 10)	/* received, and not told: a quarter of
					   the least link-window */
#define REDIAL_MS	250		/* who did not dial last waits */
#define PROBE_NS	(10 * INT64_C(1000000000)) /* round trip measured */

static const struct cause	noconnection = { "noconnection", false };
static const struct cause	noproc = { "noproc", false };

static struct mono
lease_end(const struct session *s)
{
	return mono_after(s->echoed, s->timeout);
}

static struct mono
deadline(const struct session *s)
{
	return mono_after(s->heard, s->timeout + SESSION_MARGIN);
}

static struct mono
earlier(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

/* ---- time ---- */

static void
arm(struct peer *p)
{
	struct session	*s = &p->session;
	struct mono	 when = deadline(s);

	if (s->state == SESSION_UP) {
		when = earlier(when, lease_end(s));
		/* One that is due and cannot be written is not due again. */
		when = earlier(when, mono_after(s->due ? p->node->now :
		    s->written, s->timeout / 5));
	}
	if (!s->suspect)
		when = earlier(when, mono_after(s->heard, 2 * s->timeout / 5));
	p->node->acts->alarm(&s->alarm, when);
}

static void
on_alarm(void *arg)
{
	struct peer	*p = arg;
	struct session	*s = &p->session;
	struct mono	 now = p->node->now;

	if (mono_reached(deadline(s), now)) {
		session_end(p, "noconnection", false);
		return;
	}
	if (s->state == SESSION_UP && mono_reached(lease_end(s), now))
		session_freeze(p);
	if (!s->suspect &&
	    mono_reached(mono_after(s->heard, 2 * s->timeout / 5), now)) {
		s->suspect = true;
		log_info(p->node->log, "node %s suspect", p->name);
		p->node->acts->node_event(p->node, "suspect", p, NULL);
	}
	if (s->state == SESSION_UP &&
	    mono_reached(mono_after(s->written, s->timeout / 5), now)) {
		s->due = true;
		post_push(p);
	}
	arm(p);
}

bool
session_may_route(struct peer *p)
{
	return !mono_reached(lease_end(&p->session),
	    p->node->acts->clock(p->node));
}

/* ---- beginning ---- */

void
session_begin(struct peer *p, uint64_t number, const struct hello *h)
{
	struct session	*s = &p->session;
	int64_t		 mine = p->node->conf->node.peer_timeout * 1000;
	int64_t		 theirs = MONO_MS(h->timeout_ms);
	uint32_t	 connection = s->connection;

	p->node->acts->alarm(&p->asking, MONO_NEVER);
	memset(s, 0, sizeof(*s));
	s->alarm = (struct alarm){ .fn = on_alarm, .arg = p,
	    .node = p->node };
	s->connection = connection;
	s->number = number;
	s->timeout = mine < theirs ? mine : theirs;
	s->state = SESSION_BROKEN;
	s->heard = s->written = p->node->now;	/* echoed: of no beat yet */
	p->lanes.window = p->node->conf->node.link_window;
	p->lanes.reserve = p->node->conf->node.link_reserve;
	p->lanes.halves_max = 2 * p->node->conf->node.max_message;
	p->lanes.begun_max = 2 * (size_t)h->max_message;
	peer_up(p, h);
	arm(p);
	p->node->acts->begun(p);
}

static void
heard(struct peer *p, uint64_t echo, uint64_t sent)
{
	struct session	*s = &p->session;

	/* By the clock: what is echoed from now on was heard by now. */
	s->heard = p->node->acts->clock(p->node);
	if ((int64_t)echo > s->echoed.ns && (int64_t)echo <= s->heard.ns)
		s->echoed.ns = (int64_t)echo;
	if (sent > s->newest_sent)
		s->newest_sent = sent;
	if (s->suspect)
		log_info(p->node->log, "node %s answers again", p->name);
	s->suspect = false;
}

bool
session_adopt(struct peer *p, struct trunk *t, uint32_t connection,
    uint64_t received, uint64_t echo, uint64_t sent)
{
	struct session	*s = &p->session;

	heard(p, echo, sent);
	if (lane_acked(&p->lanes, received) == -1) {
		post_doom(p, "it has more than was sent");
		return false;
	}
	lane_rewind(&p->lanes);
	p->trunk = t;
	s->state = SESSION_UP;
	s->connection = connection;
	s->dialled = t->dialled;
	s->by_smaller = t->dialled == (p->node->id < p->id);
	s->untold = 0;
	s->due = true;
	flow_peer_drained(p);
	arm(p);
	post_push(p);
	return true;
}

/* Its connection is gone: it is dialled again, by who dialled last at once. */
static void
broken(struct peer *p)
{
	struct session	*s = &p->session;

	s->state = SESSION_BROKEN;
	log_info(p->node->log, "node %s: connection %u broke", p->name,
	    s->connection);
	arm(p);
	dial_peer(p, s->dialled ? 0 : MONO_MS(REDIAL_MS));
}

void
session_freeze(struct peer *p)
{
	struct session	*s = &p->session;
	struct trunk	*t = p->trunk;

	log_info(p->node->log, "node %s: frozen, nothing it sends is taken",
	    p->name);
	p->trunk = NULL;
	s->state = SESSION_FROZEN;
	if (t != NULL)
		trunk_close(t);
	dial_peer(p, 0);
	arm(p);
}

/* ---- the end ---- */

/* Who asked for them may never learn of them. */
static void
kill_births(struct peer *p)
{
	struct proc	*child;

	while ((child = LIST_FIRST(&p->births)) != NULL) {
		LIST_REMOVE(child, born);
		child->born_for = NULL;
		life_order(child, &noconnection, SIGKILL);
	}
}

void
session_end(struct peer *p, const char *why, bool dead)
{
	struct node	*n = p->node;
	struct trunk	*t = p->trunk;
	uint64_t	 number = p->session.number;

	if (p->state == PEER_GONE)
		return;
	p->trunk = NULL;
	p->session.state = SESSION_NONE;
	n->acts->alarm(&p->session.alarm, MONO_NEVER);
	n->acts->alarm(&p->asking, MONO_NEVER);
	/* Told into local queues before the other hears of the end. */
	watch_node_down(n, p->id, dead && p->state == PEER_ASKING ? &noproc :
	    &noconnection);
	errand_peer_gone(p);
	proxy_peer_gone(p);
	flow_peer_gone(p);
	kill_births(p);
	lanes_release(&p->lanes);
	p->doomed = NULL;
	dial_session_ended(p);
	peer_down(p, why, dead);
	if (t != NULL)
		trunk_end(t, number, n->stopping);
	n->acts->ended(p);
}

bool
session_settled(struct node *n)
{
	struct peer	*p, *next;
	bool		 settled = true;

	NODE_EACH(n->peers, p, next)
		if (p->state == PEER_UP && (lane_ready(&p->lanes) ||
		    !STAILQ_EMPTY(&p->lanes.sent))) {
			settled = false;
			if (p->session.probed.ns == 0)
				session_probe(p);
		}
	return settled;
}

void
session_goodbye(struct node *n)
{
	struct peer	*p, *next;

	NODE_EACH(n->peers, p, next)
		session_end(p, "goodbye", false);
}

void
session_turn(struct node *n)
{
	struct peer	*p, *next;

	if (!n->unsettled)
		return;
	n->unsettled = false;
	NODE_EACH(n->peers, p, next)
		if (p->doomed != NULL)
			session_end(p, p->doomed, false);
		else if (p->session.state == SESSION_UP && p->trunk == NULL)
			broken(p);
}

/* ---- frames ---- */

void
session_answer(struct peer *p)
{
	p->session.answer = true;
	post_push(p);
}

const char *
session_beat(struct peer *p, const struct beat *b)
{
	struct session	*s = &p->session;

	heard(p, b->echo, b->sent);
	if (b->answering && s->probed.ns != 0) {
		s->rtt = s->heard.ns - (int64_t)b->echo;
		s->probed.ns = 0;
	}
	if (lane_acked(&p->lanes, b->received) == -1)
		return "acknowledges what was never sent";
	flow_peer_drained(p);
	if (b->answer)
		session_answer(p);
	return NULL;
}

bool
session_is_new(struct peer *p, struct trunk *t, size_t bytes)
{
	struct session	*s = &p->session;

	if (t->next++ <= s->received) {
		p->node->stats.frames_twice++;
		return false;
	}
	p->node->stats.frames_received++;
	s->received++;
	s->untold += bytes;
	if (s->untold >= ACK_BYTES)
		post_push(p);
	return true;
}

void
session_unread(struct peer *p, uint64_t frames)
{
	p->session.received -= frames;
}

bool
session_has_output(const struct peer *p)
{
	const struct session	*s = &p->session;

	return p->doomed == NULL && (lane_ready(&p->lanes) || s->due ||
	    s->answer || s->untold >= ACK_BYTES);
}

static void
put_beat(struct peer *p, struct buf *out)
{
	struct session	*s = &p->session;
	struct node	*n = p->node;
	struct beat	 b = { .received = s->received,
			    .echo = s->newest_sent,
			    .next = lane_number(&p->lanes),
			    .answering = s->answer, .answer = s->ask };

	/* By the clock: it is what the lease of this side hangs on. */
	s->written = n->acts->clock(n);
	b.sent = (uint64_t)s->written.ns;
	if (s->ask)
		s->probed = s->written;
	hail_put_beat(out, n->id, &b);
	s->untold = 0;
	s->due = s->answer = s->ask = false;
}

void
session_output(struct peer *p, struct buf *out, size_t most)
{
	struct node	*n = p->node;
	bool		 again;
	uint32_t	 frames;

	if (!session_has_output(p))
		return;
	if (p->session.due && n->now.ns - p->session.measured.ns > PROBE_NS) {
		p->session.measured = n->now;
		p->session.ask = true;
	}
	put_beat(p, out);
	while (out->len < most && out->error == 0) {
		again = p->lanes.resend != NULL;
		if (!lane_take(&p->lanes, out, &frames))
			break;
		n->stats.frames_sent += frames;
		if (again)
			n->stats.frames_resent += frames;
	}
}

void
session_probe(struct peer *p)
{
	p->session.ask = p->session.due = true;
	post_push(p);
}
