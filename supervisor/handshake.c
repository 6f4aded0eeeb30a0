/*
 * handshake.c - from a connection to a session: who is there, what it carries.
 *
 * Owns:    trunk->hello, join, peer; when a connection is adopted.
 * Not here: the bytes (hail.c), whether a name may come in (clash.c), leases
 *          and deadlines (session.c).
 * Errors:  a refusal closes the connection with a word on both sides.
 */
#include "handshake.h"

#include <stdio.h>
#include <string.h>

#include "clash.h"
#include "dial.h"
#include "hail.h"
#include "lane.h"
#include "peer.h"
#include "session.h"
#include "settings.h"
#include "trunk.h"

/* ---- who the other is ---- */

static void
put_hello(struct trunk *t)
{
	const struct node	*n = t->node;
	const struct conf_node	*c = &n->conf->node;
	const struct peer	*p = t->dialled ? NULL :
				    peer_find(t->node, t->hello.id);
	struct hello		 h = { .version = WIRE_VERSION, .id = n->id };

	h.sent = (uint64_t)n->acts->clock(t->node).ns;
	h.echo = t->hello.sent;
	h.timeout_ms = (uint32_t)(c->peer_timeout / 1000);
	h.max_message = (uint32_t)c->max_message;
	h.established = n->nup > 0;
	if (p != NULL) {
		h.session = p->session.number;
		h.open = p->state == PEER_UP;
		h.connection = p->session.connection;
		h.received = h.open ? p->session.received : 0;
	}
	(void)strlcpy(h.name, c->name, sizeof(h.name));
	(void)strlcpy(h.role, c->role, sizeof(h.role));
	(void)strlcpy(h.cluster, c->cluster, sizeof(h.cluster));
	(void)strlcpy(h.address, n->address, sizeof(h.address));
	hail_put_hello(&t->ctl, n->id, &h);
	n->acts->push(t);
}

static void
learn_way(struct trunk *t, struct peer *p)
{
	char	text[HOST_SIZE];

	trunk_address(t, text);
	if (text[0] != '\0')
		(void)strlcpy(p->address, text, sizeof(p->address));
	p->loopback = t->loopback;
	memcpy(p->key, t->key, sizeof(p->key));
}

/* It has a session here, which a connection may resume. */
static bool
is_up(const struct trunk *t)
{
	const struct peer	*p = peer_find(t->node, t->hello.id);

	return p != NULL && p->state == PEER_UP;
}

/* Refused for what the hello itself says? */
static bool
hello_is_refused(struct trunk *t)
{
	const struct node	*n = t->node;
	const struct conf_node	*c = &n->conf->node;
	char			 text[WHY_SIZE];

	if (t->hello.version != WIRE_VERSION) {
		(void)snprintf(text, sizeof(text), "it speaks version %u of "
		    "the protocol, here is %d", t->hello.version,
		    WIRE_VERSION);
		trunk_refuse(t, HAIL_VERSION, text);
	} else if (t->hello.id == n->id)
		trunk_refuse(t, HAIL_SELF, NULL);
	else if (strcmp(t->hello.cluster, c->cluster) != 0) {
		(void)snprintf(text, sizeof(text), "it is of cluster %s, this "
		    "is %s", t->hello.cluster, c->cluster);
		trunk_refuse(t, HAIL_CLUSTER, text);
	} else if (n->stopping && !is_up(t))
		trunk_refuse(t, HAIL_WAIT, "this node is stopping");
	else
		return false;
	return true;
}

/* ---- joining ---- */

static uint64_t
greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether a session goes on, by what is known here and what the hello says. */
static bool
resumes(const struct peer *p, const struct hello *h)
{
	uint64_t	mine = p == NULL ? 0 : p->session.number;

	/* The other has opened it, and its first beat was lost. */
	if (p == NULL || p->state != PEER_UP)
		return h->open && h->received == 0 && h->session == mine + 1;
	if (h->open && h->session == mine)
		return true;
	/* Ours was lost, or is under way.  Who has answered anything in it has
	   heard of it, and has ended and forgotten it since. */
	return !h->open && mine == h->session + 1 &&
	    p->session.received == 0 && p->lanes.acked == 0;
}

/* Dialled: what this connection is to carry, by what both sides know. */
static void
put_join(struct trunk *t)
{
	const struct hello	*h = &t->hello;
	struct peer		*p = peer_find(t->node, h->id);
	uint64_t		 mine = p == NULL ? 0 : p->session.number;
	bool			 open = p != NULL && p->state == PEER_UP;
	struct join		*j = &t->join;

	memset(j, 0, sizeof(*j));
	j->resumed = resumes(p, h);
	if (!j->resumed && open && p->trunk != NULL && mine > h->session) {
		/* Older than what has come since on the connection there is. */
		trunk_refuse(t, HAIL_AGAIN, NULL);
		return;
	}
	if (!j->resumed && open) {
		session_end(p, "noconnection", false);
		p = peer_find(t->node, h->id);
	}
	j->session = greater(mine, h->session) + (j->resumed ? 0 : 1);
	j->connection = 1 + (uint32_t)greater(h->connection,
	    p == NULL ? 0 : p->session.connection);
	j->received = j->resumed && open ? p->session.received : 0;
	if (j->resumed && open)
		p->session.heard = t->node->acts->clock(t->node);
	j->sent = (uint64_t)t->node->acts->clock(t->node).ns;
	j->echo = h->sent;
	t->state = TRUNK_BEAT;
	hail_put_join(&t->ctl, t->node->id, j);
	t->node->acts->push(t);
}

/* Whether a connection of this number replaces the one that p has. */
static bool
is_newer(const struct trunk *t, const struct peer *p, uint32_t number)
{
	const struct session	*s = &p->session;
	bool			 by_smaller = t->dialled ==
				    (t->node->id < p->id);

	if (number != s->connection)
		return number > s->connection;
	return p->trunk == NULL || (by_smaller && !s->by_smaller);
}

/* t carries p's session from now on. */
static void
adopt(struct trunk *t, struct peer *p, uint32_t connection, uint64_t received,
    uint64_t echo, uint64_t sent)
{
	struct trunk	*old = p->trunk;
	struct target	*target = t->target;

	p->trunk = NULL;
	if (old != NULL)
		trunk_close(old);
	t->peer = p;
	t->state = TRUNK_UP;
	t->conn.max_frame = LANE_WHOLE;
	t->node->acts->alarm(&t->alarm, MONO_NEVER);
	learn_way(t, p);
	t->target = NULL;
	if (target != NULL)
		dial_succeeded(target, p);
	if (!session_adopt(p, t, connection, received, echo, sent))
		trunk_close(t);
}

/* It knows of nothing that it has acknowledged: what it would begin is not the
   session that p has, which soon ends. */
static bool
has_forgotten(const struct peer *p, const struct join *j)
{
	return p->trunk == NULL && j->received == 0 && p->lanes.acked != 0;
}

const char *
handshake_join(struct trunk *t, const struct frame *f)
{
	struct peer	*p;
	struct join	 j;
	const char	*why = hail_get_join(&j, f);
	bool		 open;

	if (why != NULL)
		return why;
	if ((p = peer_get(t->node, t->hello.id)) == NULL)
		return "no memory for it";
	open = p->state == PEER_UP;
	/* It has begun one that we have not heard of: we begin it, too. */
	if (j.resumed && !open && j.received == 0 &&
	    j.session == p->session.number + 1)
		j.resumed = false;
	if (j.resumed ? !open || p->session.number != j.session ||
	    has_forgotten(p, &j) : j.session <= p->session.number) {
		trunk_refuse(t, HAIL_AGAIN, NULL);
		return NULL;
	}
	if (!j.resumed) {
		if (open)
			session_end(p, "noconnection", false);
		learn_way(t, p);
		session_begin(p, j.session, &t->hello);
	} else
		t->node->stats.resumes++;
	if (is_newer(t, p, j.connection))
		adopt(t, p, j.connection, j.received, j.echo, j.sent);
	else
		trunk_refuse(t, HAIL_AGAIN, NULL);
	return NULL;
}

/* Dialled: the other has adopted it. */
const char *
handshake_beat(struct trunk *t, const struct beat *b)
{
	struct peer		*p = peer_get(t->node, t->hello.id);
	const struct join	*j = &t->join;

	if (p == NULL)
		return "no memory for it";
	if (p->state == PEER_UP && p->session.number == j->session)
		t->node->stats.resumes++;
	else if (p->state == PEER_UP || p->session.number >= j->session) {
		/* It has ended here meanwhile, which the other cannot know. */
		trunk_end(t, j->session, t->node->stopping);
		return NULL;
	} else {
		learn_way(t, p);
		session_begin(p, j->session, &t->hello);
	}
	if (!is_newer(t, p, j->connection)) {
		trunk_close(t);
		return NULL;
	}
	adopt(t, p, j->connection, b->received, b->echo, b->sent);
	if (b->answer)
		session_answer(p);
	return NULL;
}

/* ---- steps ---- */

static void	go_on(struct trunk *);

static void
on_clash(void *arg)
{
	go_on(arg);
}

static void
go_on(struct trunk *t)
{
	char	text[WHY_SIZE];
	bool	again = t->state == TRUNK_CLASH;

	switch (clash_decide(t, again, text)) {
	case CLASH_NONE:
		break;
	case CLASH_ASKED:
		t->state = TRUNK_CLASH;
		t->alarm.fn = on_clash;
		t->node->acts->alarm(&t->alarm, mono_after(t->node->now,
		    MONO_MS(CLASH_MS)));
		return;
	case CLASH_WAIT:
		trunk_refuse(t, HAIL_WAIT, text);
		return;
	case CLASH_REFUSED:
		trunk_refuse(t, HAIL_NAME, text);
		return;
	}
	trunk_expect(t);
	if (t->dialled)
		put_join(t);
	else {
		t->state = TRUNK_JOIN;
		put_hello(t);
	}
}

const char *
handshake_hello(struct trunk *t, const struct frame *f)
{
	const char	*why = hail_get_hello(&t->hello, f);

	if (why != NULL)
		return why;
	if (!hello_is_refused(t))
		go_on(t);
	return NULL;
}

const char *
handshake_refused(struct trunk *t, const struct frame *f)
{
	struct refusal	 r;
	const char	*why = hail_get_refuse(&r, f);

	if (why == NULL)
		trunk_refused(t, (int)r.reason, r.text);
	return why;
}

struct trunk *
handshake_begin(struct node *n, struct target *target, const char *from,
    bool loopback, void *io)
{
	struct trunk	*t = trunk_open(n, target, from, loopback, io);

	if (t != NULL && t->dialled)
		put_hello(t);
	return t;
}
