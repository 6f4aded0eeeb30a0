/*
 * cables.h - the network between boxes: packets on their way, in order, late.
 *
 * Part of nodes.h, which tells what it is for.  A cable is a connection from
 * its dial to its end.  What is sent waits at the other end until its time has
 * come; what is cut off waits on, as TCP would repeat it.  Boxes and cables
 * call each other, so they stand together.
 */
#ifndef UNIT_CABLES_H
#define UNIT_CABLES_H
#include "world.h"

#include "dial.h"
#include "handshake.h"
#include "lane.h"
#include "mesh.h"
#include "peer.h"
#include "post.h"
#include "proxy.h"
#include "remote.h"
#include "session.h"
#include "traffic.h"
#include "trunk.h"

#define BOXES		8
#define ALARMS		4096
#define SPINS		2000		/* alarms at one instant */
#define MS(ns)		((intmax_t)((ns) / 1000000))

struct packet {				/* on its way */
	STAILQ_ENTRY(packet)	 next;
	int64_t			 at;		/* when it arrives */
	size_t			 n, off;
	bool			 end;		/* of what is sent */
	uint8_t			 p[];
};

struct end {				/* of a cable */
	struct box		*box;
	struct end		*other;
	struct cable		*cable;
	struct trunk		*trunk;
	STAILQ_HEAD(, packet)	 in;		/* on its way to here */
	size_t			 bytes;		/* of them */
	int64_t			 last;		/* arrival */
	bool			 dirty, shut;
	bool			 held;		/* what comes here waits */
	bool			 gone;		/* nobody is here any more */
};

struct cable {
	TAILQ_ENTRY(cable)	 entry;		/* nodes->cables, newest last */
	struct target		*target;	/* until it is open */
	int64_t			 at;		/* when it opens */
	bool			 open;
	bool			 dead;		/* takes all, carries nothing */
	bool			 loopback;
	struct end		 end[2];	/* [0] has dialled */
};

struct box {
	struct world		 w;		/* first */
	struct nodes		*all;
	int			 number;	/* address hNUMBER:1 */
	uint64_t		 id;		/* of the next incarnation */
	int64_t			 ahead;		/* of its clock, ns */
	bool			 off, stopped;
	bool			 dark;		/* off, and silent */
	bool			 deaf;		/* nobody can dial it */
	char			 name[NAME_SIZE], settings[512];
	char			 address[HOST_SIZE];	/* that it tells */
	char			 said[16384];	/* events of nodes */
	int64_t			 up, down;	/* when the newest came */
	struct {			/* sessions, by whose they were */
		uint64_t	 id, number;
	}			 ended[BOXES + 1];
};

struct nodes {
	int64_t			 now;
	int64_t			 late;		/* the clock, when it is read
						   anew in a turn */
	struct box		*box[BOXES + 1];	/* from 1 on */
	int			 n;
	struct alarm		*alarms[ALARMS];
	int			 nalarms, spins;
	TAILQ_HEAD(cables, cable) cables;
	bool			 cut[BOXES + 1][BOXES + 1];
	int64_t			 delay;		/* one way, ns */
	size_t			 room;		/* bytes a connection takes */
	size_t			 piece;		/* most received at once */
	struct box		*fuse;		/* after so many bytes of it */
	size_t			 fuse_left;	/* a connection breaks */
	bool			 alarms_first;	/* of what is due at once */
	uint64_t		 seed;
	uint8_t			 bytes[128 << 10];
	const char		*wrong;
	void			(*query)(struct stream *, const struct frame *);
};

TAP_FN struct box *
box_of(const struct node *n)
{
	return n->world;
}

TAP_FN uint64_t
nodes_random(struct nodes *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

/* ---- the acts ---- */

TAP_FN struct mono
nodes_on_clock(struct node *n)
{
	struct box	*b = box_of(n);

	return (struct mono){ b->all->now + b->ahead + b->all->late };
}

/* As whoever calls a node does. */
TAP_FN void
box_now(struct box *b)
{
	b->w.n.now = (struct mono){ b->all->now + b->ahead };
}

TAP_FN uint64_t
nodes_on_random(struct node *n)
{
	return nodes_random(box_of(n)->all);
}

/* alarm->timer is its place in the table, from 1 on. */
TAP_FN void
alarm_off(struct alarm *a)
{
	intptr_t	 i = (intptr_t)a->timer;
	struct nodes	*w;

	a->when = MONO_NEVER;
	if (i == 0)
		return;
	w = box_of(a->node)->all;
	w->alarms[i - 1] = w->alarms[--w->nalarms];
	w->alarms[i - 1]->timer = (void *)i;
	a->timer = NULL;
}

TAP_FN void
nodes_on_alarm(struct alarm *a, struct mono when)
{
	struct nodes	*w;

	if (when.ns == MONO_NEVER.ns) {
		alarm_off(a);		/* one that was never set, too */
		return;
	}
	a->when = when;
	if (a->timer != NULL)
		return;
	w = box_of(a->node)->all;
	BUG_ON(a->fn == NULL || w->nalarms == ALARMS);
	w->alarms[w->nalarms++] = a;
	a->timer = (void *)(intptr_t)w->nalarms;
}

TAP_FN void
nodes_on_push(struct trunk *t)
{
	struct end	*e = t->io;

	if (e != NULL)
		e->dirty = true;
}

/* Of hNUMBER:PORT, or 127.0.0.1:NUMBER. */
TAP_FN struct box *
nodes_at(struct nodes *w, const char *address)
{
	bool	loopback = strncmp(address, "127.", 4) == 0;
	int	i = (int)strtol(loopback ? strchr(address, ':') + 1 :
		    address + 1, NULL, 10);

	return i >= 1 && i <= w->n ? w->box[i] : NULL;
}

TAP_FN struct cable *
cable_new(struct box *from, struct box *to)
{
	struct cable	*c = calloc(1, sizeof(*c));
	int		 i;

	BUG_ON(c == NULL || to == NULL);
	for (i = 0; i < 2; i++) {
		STAILQ_INIT(&c->end[i].in);
		c->end[i].box = i == 0 ? from : to;
		c->end[i].cable = c;
		c->end[i].other = &c->end[!i];
	}
	TAILQ_INSERT_TAIL(&from->all->cables, c, entry);
	return c;
}

TAP_FN void
nodes_on_connect(struct target *t)
{
	struct box	*b = box_of(t->node);
	struct cable	*c = cable_new(b, nodes_at(b->all, t->address));

	c->target = t;
	c->at = b->all->now + 2 * b->all->delay;
	c->loopback = strncmp(t->address, "127.", 4) == 0;
	t->io = c;
}

TAP_FN void
cable_free(struct cable *c)
{
	struct packet	*k;
	int		 i;

	for (i = 0; i < 2; i++)
		while ((k = STAILQ_FIRST(&c->end[i].in)) != NULL) {
			STAILQ_REMOVE_HEAD(&c->end[i].in, next);
			free(k);
		}
	TAILQ_REMOVE(&c->end[0].box->all->cables, c, entry);
	free(c);
}

TAP_FN void
nodes_on_connect_stop(struct target *t)
{
	struct cable	*c = t->io;

	t->io = NULL;
	if (t->trunk != NULL)
		trunk_close(t->trunk);
	else if (c != NULL)
		cable_free(c);
}

TAP_FN void
nodes_on_node_event(struct node *n, const char *event, const struct peer *p,
    const char *why)
{
	struct box	*b = box_of(n);
	size_t		 len = strlen(b->said);
	bool		 up = strcmp(event, "nodeup") == 0;
	bool		 down = strcmp(event, "nodedown") == 0;

	(void)snprintf(b->said + len, sizeof(b->said) - len, "%s%s %s%s%s",
	    len == 0 ? "" : "; ", up ? "up" : down ? "down" : event, p->name,
	    down && strcmp(why, "noconnection") != 0 ? " " : "",
	    down && strcmp(why, "noconnection") != 0 ? why : "");
	if (up)
		b->up = b->all->now;
	if (down)
		b->down = b->all->now;
	if (down && strcmp(why, "noconnection") == 0) {
		b->ended[p->id % 100].id = p->id;
		b->ended[p->id % 100].number = p->session.number;
	}
}

TAP_FN void
nodes_on_update(struct stream *s)
{
	if (s->kind == STREAM_PROXY)
		proxy_update(s);
}

TAP_FN void
nodes_on_query(struct stream *s, const struct frame *f)
{
	struct nodes	*w = box_of(s->proc->node)->all;

	if (w->query != NULL)
		w->query(s, f);
	else
		world_on_query(s, f);
}

static const struct node_acts nodes_acts = {
	.update = nodes_on_update,
	.order = world_on_order,
	.deadline = world_on_deadline,
	.sockets = world_on_sockets,
	.drain = world_on_drain,
	.bind = world_on_bind,
	.query = nodes_on_query,
	.remote = remote_signal,
	.event = world_on_event,
	.node_event = nodes_on_node_event,
	.gone = world_on_gone,
	.clock = nodes_on_clock,
	.random = nodes_on_random,
	.alarm = nodes_on_alarm,
	.push = nodes_on_push,
	.connect = nodes_on_connect,
	.connect_stop = nodes_on_connect_stop,
	.ask = mesh_ask,
	.begun = mesh_begun,
	.ended = mesh_ended,
};

/* ---- cables ---- */

/* Bytes, or the end of them (NULL), set out to the other end. */
TAP_FN void
end_send(struct end *e, const void *p, size_t n)
{
	struct nodes	*w = e->box->all;
	struct end	*to = e->other;
	struct packet	*k;

	if (e->cable->dead || to->gone)
		return;
	k = calloc(1, sizeof(*k) + n);
	BUG_ON(k == NULL);
	k->at = w->now + w->delay > to->last ? w->now + w->delay : to->last;
	to->last = k->at;
	k->end = p == NULL;
	k->n = n;
	if (n != 0)
		memcpy(k->p, p, n);
	to->bytes += n;
	STAILQ_INSERT_TAIL(&to->in, k, next);
}

/* This box has nothing to do with it any more. */
TAP_FN void
end_let_go(struct end *e)
{
	if (e->trunk != NULL)
		e->trunk->io = NULL;
	e->trunk = NULL;
	if (!e->shut)
		end_send(e, NULL, 0);
	e->shut = e->gone = true;
}

TAP_FN void
end_flush(struct end *e)
{
	struct trunk	*t = e->trunk;
	struct buf	 out;

	e->dirty = false;
	buf_init(&out, 4 * TRAFFIC_TURN);
	while (t->state != TRUNK_CLOSED && !e->shut &&
	    e->other->bytes < e->box->all->room && traffic_waits(t)) {
		traffic_out(t, &out, TRAFFIC_TURN);
		BUG_ON(out.error != 0);
		end_send(e, out.p, out.len);
		buf_reset(&out);
	}
	buf_release(&out);
	if (t->state == TRUNK_CLOSED)
		end_let_go(e);
	else if (traffic_waits(t))
		e->dirty = true;	/* blocked */
	else if (t->closing && !e->shut) {
		end_send(e, NULL, 0);
		e->shut = true;
	}
}

/* How a relay ends each turn, and what it has received is read again of those
   who were not read for a time. */
TAP_FN void
box_turn(struct box *b)
{
	struct node	*n = &b->w.n;
	struct proc	*p, *next;
	struct cable	*c;
	int		 i;

	if (b->off)
		return;
	box_now(b);
	NODE_EACH(n->procs, p, next)
		if (p->main != NULL && !p->main->paused &&
		    p->main->conn.in_len > 0)
			world_route(p->main);
	death_turn(n);
	proxy_turn(n);
	session_turn(n);
	TAILQ_FOREACH(c, &b->all->cables, entry)
		for (i = 0; i < 2; i++)
			if (c->end[i].box == b && c->end[i].trunk != NULL &&
			    c->end[i].dirty)
				end_flush(&c->end[i]);
	trunk_bury(n);
	peer_bury(n);
}

/* Its connection breaks, and this end is told. */
TAP_FN void
end_break(struct end *e)
{
	e->gone = e->shut = true;
	if (e->trunk == NULL)
		return;
	box_now(e->box);
	trunk_ended(e->trunk, "connection reset");
}

TAP_FN void
cable_break(struct cable *c)
{
	c->dead = true;
	end_break(&c->end[0]);
	end_break(&c->end[1]);
}

/* ---- what arrives ---- */

TAP_FN bool
end_ready(const struct end *e, int64_t *at)
{
	const struct nodes	*w = e->box->all;
	const struct packet	*k = STAILQ_FIRST(&e->in);

	if (e->held || e->box->off || e->box->stopped || !e->cable->open ||
	    w->cut[e->other->box->number][e->box->number])
		return false;
	if (e->trunk == NULL && !e->gone) {
		*at = w->now;			/* to be accepted */
		return true;
	}
	if (k == NULL || e->trunk == NULL)
		return false;
	*at = k->at;
	return true;
}

TAP_FN ssize_t
end_receive(void *arg, uint8_t *p, size_t n)
{
	struct end	*e = arg;
	struct nodes	*w = e->box->all;
	struct packet	*k = STAILQ_FIRST(&e->in);

	if (k->end)
		return 0;
	if (n > k->n - k->off)
		n = k->n - k->off;
	if (w->piece != 0 && n > w->piece)
		n = w->piece > 1 ? 1 + nodes_random(w) % w->piece : 1;
	if (w->fuse == e->other->box) {
		if (n > w->fuse_left)
			n = w->fuse_left;
		w->fuse_left -= n;
	}
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(p, k->p + k->off, n);
	k->off += n;
	e->bytes -= n;
	if (k->off == k->n) {
		STAILQ_REMOVE_HEAD(&e->in, next);
		free(k);
	}
	if (e->other->trunk != NULL && traffic_waits(e->other->trunk))
		e->other->dirty = true;		/* there is room again */
	return (ssize_t)n;
}

/* What was just routed is of a session that the other has not ended. */
TAP_FN void
end_check(struct end *e, uint64_t number, uint64_t received)
{
	const struct box	*from = e->other->box;
	const struct peer	*p = peer_find(&e->box->w.n, from->w.n.id);

	if (p == NULL || p->session.received == 0 ||
	    (p->session.number == number && p->session.received == received))
		return;
	if (from->ended[e->box->number].id == e->box->w.n.id &&
	    from->ended[e->box->number].number >= p->session.number)
		e->box->all->wrong = "routed after its sender was told";
}

/* As tcp.c does it. */
TAP_FN void
end_feed(struct end *e)
{
	struct nodes		*w = e->box->all;
	struct conn_room	 room = { w->bytes, sizeof(w->bytes) };
	struct trunk		*t = e->trunk;
	const struct peer	*p = peer_find(t->node, e->other->box->w.n.id);
	uint64_t		 number = p == NULL ? 0 : p->session.number;
	uint64_t		 received = p == NULL ? 0 :
				    p->session.received;
	ssize_t			 n;

	n = conn_fill_by(&t->conn, &room, 0, end_receive, e);
	if (n > 0) {
		traffic_in(t);
		end_check(e, number, received);
		if (t->state != TRUNK_CLOSED)
			BUG_ON(conn_settle(&t->conn) == -1);
	} else if (n == 0) {
		if (t->closing)
			trunk_close(t);
		trunk_ended(t, NULL);
	}
	if (w->fuse == e->other->box && w->fuse_left == 0) {
		w->fuse = NULL;
		cable_break(e->cable);
	}
}

TAP_FN void
end_event(struct end *e)
{
	struct box	*from = e->other->box;
	char		 host[16];

	box_now(e->box);
	if (e->trunk != NULL) {
		end_feed(e);
		return;
	}
	(void)snprintf(host, sizeof(host), "h%d", from->number);
	e->trunk = handshake_begin(&e->box->w.n, NULL, e->cable->loopback ?
	    "127.0.0.1" : host, e->cable->loopback, e);
	BUG_ON(e->trunk == NULL);
}

TAP_FN void
cable_opens(struct cable *c)
{
	struct box	*b = c->end[0].box;
	struct target	*t = c->target;
	char		 host[16];

	c->target = NULL;
	c->open = true;
	t->io = NULL;
	box_now(b);
	if (c->end[1].box->off || c->end[1].box->deaf) {
		c->end[0].gone = c->end[1].gone = true;
		dial_failed(t, "connection refused", DIAL_LATER);
		return;
	}
	(void)snprintf(host, sizeof(host), "h%d", c->end[1].box->number);
	c->end[0].trunk = handshake_begin(&b->w.n, t, c->loopback ?
	    "127.0.0.1" : host, c->loopback, &c->end[0]);
	BUG_ON(c->end[0].trunk == NULL);
}

#endif /* UNIT_CABLES_H */
