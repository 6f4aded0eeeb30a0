/*
 * traffic.c - what travels on a connection: frames in, bytes out.
 *
 * Owns:    trunk->next.
 * Not here: what a frame does (remote.c), which go next (lane.c).
 * Errors:  a broken frame closes the connection; the session it carried is
 *          resumed.
 */
#include "traffic.h"

#include "buf.h"
#include "hail.h"
#include "handshake.h"
#include "remote.h"
#include "session.h"
#include "trunk.h"

static const char *
on_beat(struct trunk *t, const struct frame *f)
{
	struct beat	 b;
	const char	*why = hail_get_beat(&b, f);
	bool		 first = t->next == 0;

	if (why == NULL && t->state == TRUNK_BEAT) {
		why = handshake_beat(t, &b);
		if (t->state != TRUNK_UP)
			return why;
	} else if (why == NULL)
		why = session_beat(t->peer, &b);
	if (why != NULL || t->state != TRUNK_UP)
		return why;
	/* The first may repeat what came before, a later one skip what was to
	   be repeated; none may leave a gap. */
	if (b.next > t->peer->session.received + 1 || b.next == 0 ||
	    (!first && b.next < t->next))
		return "frames are missing";
	t->next = b.next;
	return NULL;
}

static const char *
on_end(struct trunk *t, const struct frame *f)
{
	uint64_t	 number;
	bool		 goodbye;
	const char	*why = hail_get_end(&number, &goodbye, f);
	struct peer	*p = t->peer;

	if (why != NULL)
		return why;
	if (number == p->session.number)
		session_end(p, goodbye ? "goodbye" : "noconnection", goodbye);
	trunk_close(t);
	return NULL;
}

/*
 * Whether what was gathered, and one frame more if asked, may be acted on: the
 * clock is read as late as can be.  If not, it was never received, and the
 * connection goes.
 */
static bool
may_act(struct peer *p, struct remote_run *r, bool one_more)
{
	if (r->frames == 0 && !one_more)
		return true;
	if (session_may_route(p)) {
		remote_deliver(p, r);
		return true;
	}
	session_unread(p, r->frames + one_more);
	r->frames = 0;
	session_freeze(p);
	return false;
}

static const char *
numbered(struct trunk *t, struct frame *f, struct remote_run *r)
{
	struct peer	*p = t->peer;

	if (t->next == 0)
		return "a frame before the first beat";
	if (!session_is_new(p, t, f->h.len) || remote_gather(p, f, r))
		return NULL;
	if (!may_act(p, r, true) || remote_gather(p, f, r))
		return NULL;
	return remote_frame(p, f);
}

static const char *
one(struct trunk *t, struct frame *f, struct remote_run *r)
{
	bool	up = t->state == TRUNK_UP;

	if (f->h.op >= WIRE_N_HELLO && f->h.op <= WIRE_N_END && up &&
	    !may_act(t->peer, r, false))
		return NULL;
	switch (f->h.op) {
	case WIRE_N_HELLO:
		return t->state == TRUNK_HELLO ? handshake_hello(t, f) :
		    "a second hello";
	case WIRE_N_REFUSE:
		return up ? "a refusal in a session" : handshake_refused(t, f);
	case WIRE_N_JOIN:
		return t->state == TRUNK_JOIN ? handshake_join(t, f) :
		    "a join that was not asked for";
	case WIRE_N_BEAT:
		return up || t->state == TRUNK_BEAT ? on_beat(t, f) :
		    "a beat before the session";
	case WIRE_N_END:
		if (t->state == TRUNK_BEAT) {
			trunk_refused(t, HAIL_AGAIN, "its session has ended");
			return NULL;
		}
		return up ? on_end(t, f) : "an end before the session";
	}
	return up ? numbered(t, f, r) : "a frame before the session";
}

void
traffic_in(struct trunk *t)
{
	struct remote_run r = { .frames = 0 };
	struct frame	 f;
	const char	*why = NULL;
	int		 got = 0;

	/* While a name is looked into the rest waits; nobody sends any. */
	while (t->state != TRUNK_CLOSED && !t->closing && why == NULL &&
	    (got = conn_next(&t->conn, &f)) == 1)
		why = one(t, &f, &r);
	/* What came whole before a broken frame is good. */
	if (t->state == TRUNK_UP)
		(void)may_act(t->peer, &r, false);
	if (why == NULL && got == -1)
		why = t->conn.why;
	if (why != NULL)
		trunk_breach(t, why);
}

bool
traffic_waits(const struct trunk *t)
{
	return t->ctl.len > 0 || (t->state == TRUNK_UP && !t->closing &&
	    session_has_output(t->peer));
}

void
traffic_out(struct trunk *t, struct buf *out, size_t most)
{
	if (t->state == TRUNK_CLOSED)
		return;
	buf_add(out, t->ctl.p, t->ctl.len);
	buf_release(&t->ctl);
	if (t->state == TRUNK_UP && !t->closing)
		session_output(t->peer, out, most);
}
