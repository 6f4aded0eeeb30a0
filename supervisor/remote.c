/*
 * remote.c - frames between this node and others: what each does.
 *
 * As route.c for streams: here for peers.  A frame has passed the lease and its
 * number; it is acted on at once, and never waits.
 *
 * Owns:    the table of what peers may send.
 * Not here: numbers and leases (session.c), requests of ours (errand.c).
 * Errors:  a from or to that cannot be, or a broken body, is a breach of the
 *          connection.
 */
#include "remote.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "errand.h"
#include "flow.h"
#include "lane.h"
#include "mesh.h"
#include "names.h"
#include "peer.h"
#include "post.h"
#include "proc.h"
#include "proxy.h"
#include "registry.h"
#include "settings.h"
#include "spawn.h"
#include "stream.h"
#include "watch.h"

static const struct cause	noproc = { "noproc", false };
static const struct cause	noconnection = { "noconnection", false };

/* ---- signals ---- */

static const uint8_t ops[] = {
	[SIGNAL_MONITOR] = WIRE_MONITOR,
	[SIGNAL_DEMONITOR] = WIRE_DEMONITOR,
	[SIGNAL_DOWN] = WIRE_DOWN,
	[SIGNAL_LINK] = WIRE_LINK,
	[SIGNAL_UNLINK] = WIRE_UNLINK,
	[SIGNAL_UNLINK_ACK] = WIRE_N_UNLINK_ACK,
	[SIGNAL_LINK_EXIT] = WIRE_N_LINK_EXIT,
	[SIGNAL_EXIT] = WIRE_N_EXIT,
	[SIGNAL_KILL] = WIRE_N_KILL,
};

static bool
has_cause(enum signal_kind kind)
{
	return kind == SIGNAL_DOWN || kind == SIGNAL_LINK_EXIT ||
	    kind == SIGNAL_EXIT || kind == SIGNAL_KILL;
}

const struct cause *
remote_signal(struct node *n, const struct signal_frame *g)
{
	struct wire_head	 h = { .op = ops[g->kind], .to = g->to,
				    .from = g->from, .ref = g->ref };
	const struct peer	*p;
	const void		*body = g->cause.text;
	size_t			 len = has_cause(g->kind) ?
				    strlen(g->cause.text) : 0;
	uint8_t			 port[8];

	h.flags = len != 0 && g->cause.normal ? WIRE_F_NORMAL : 0;
	if (g->kind == SIGNAL_MONITOR && g->port != 0) {
		put_u64(port, g->port);
		body = port;
		len = sizeof(port);
	}
	if (post_frame(n, &h, body, len, false))
		return NULL;
	p = peer_find(n, g->to.node);
	return !n->network || (p != NULL && p->dead) ? &noproc :
	    &noconnection;
}

static const char *
on_monitor(struct peer *peer, struct frame *f)
{
	struct signal_frame	g = { .kind = SIGNAL_MONITOR, .to = f->h.to,
				    .from = f->h.from, .ref = f->h.ref };

	if (f->body_len != 0 && (f->body_len != sizeof(g.port) ||
	    (g.port = get_u64(f->body)) == 0))
		return "monitor: what it names is no port";
	watch_receive(peer->node, &g);
	return NULL;
}

static const char *
on_signal(struct peer *peer, struct frame *f)
{
	struct signal_frame	g = { .from = f->h.from, .to = f->h.to,
				    .ref = f->h.ref };
	size_t			i;

	for (i = 0; ops[i] != f->h.op; i++)
		;
	g.kind = (enum signal_kind)i;
	memcpy(g.cause.text, f->body, f->body_len);	/* at most 255 */
	g.cause.normal = (f->h.flags & WIRE_F_NORMAL) != 0;
	if (memchr(f->body, '\0', f->body_len) != NULL)
		return "a cause with a NUL in it";
	watch_receive(peer->node, &g);
	return NULL;
}

/* ---- messages ---- */

/* As it was told when the session began, whatever a reload says since. */
static size_t
most(const struct peer *peer)
{
	return peer->lanes.halves_max / 2;
}

static bool
takes(struct peer *peer, const struct proc *to, const struct frame *f)
{
	struct node	*n = peer->node;

	if (f->h.len > most(peer)) {
		/* It was put in before the other knew of us. */
		n->stats.frames_too_large++;
		return false;
	}
	if (to != NULL && to->state != PROC_EXITED)
		return true;
	n->stats.frames_dropped++;
	return false;
}

static void
deliver(struct peer *peer, struct proc *to, const char *name,
    const uint8_t *p, size_t n, size_t frames)
{
	peer->node->stats.frames_routed += frames;
	peer->node->stats.bytes_routed += n;
	stream_to_proc(to, p, n);
	flow_received(peer, to, name);
}

bool
remote_gather(struct peer *peer, const struct frame *f, struct remote_run *r)
{
	struct proc	*to;

	if (f->h.op != WIRE_SEND && f->h.op != WIRE_CHANNEL &&
	    f->h.op != WIRE_FORWARD && f->h.op != WIRE_CALL)
		return false;
	if (r->frames != 0 && pid_equal(r->pid, f->h.to) &&
	    r->p + r->n == f->bytes &&
	    f->h.len <= most(peer)) {
		r->n += f->h.len;
		r->frames++;
		return true;
	}
	if (r->frames != 0 || f->h.from.node != peer->id ||
	    f->h.to.node != peer->node->id)
		return false;
	to = proc_by_pid(peer->node, f->h.to);
	if (takes(peer, to, f))
		*r = (struct remote_run){ to, f->h.to, f->bytes, f->h.len, 1 };
	return true;
}

void
remote_deliver(struct peer *peer, struct remote_run *r)
{
	if (r->frames != 0)
		deliver(peer, r->to, "", r->p, r->n, r->frames);
	r->frames = 0;
}

/* One that came in pieces. */
static const char *
on_send(struct peer *peer, struct frame *f)
{
	struct proc	*to = proc_by_pid(peer->node, f->h.to);

	if (takes(peer, to, f))
		deliver(peer, to, "", f->bytes, f->h.len, 1);
	return NULL;
}

static const char *
on_send_name(struct peer *peer, struct frame *f)
{
	struct address	 a;
	struct proc	*to;
	struct rd	 rd;
	char		 text[ADDRESS_SIZE];

	rd_init(&rd, f->body, f->body_len);
	rd_str8(&rd, text, sizeof(text));
	if (rd.bad || rd.left < 10 || address_parse(text, &a) == -1 ||
	    a.serial != 0)
		return "send by name: broken";
	to = names_find(peer->node, a.name);
	if (to != NULL) {
		f->h.to = proc_pid(to);
		wire_put(f->bytes, &f->h);
	}
	if (takes(peer, to, f))
		deliver(peer, to, a.name, f->bytes, f->h.len, 1);
	return NULL;
}

/* Taken once, by who still waits for it; see on_reply() of route.c. */
static const char *
on_reply(struct peer *peer, struct frame *f)
{
	struct proc	*to = proc_by_pid(peer->node, f->h.to);
	struct stream	*out = to == NULL ? NULL :
			    watch_caller(to, f->h.ref);

	if (out == NULL) {
		peer->node->stats.frames_dropped++;
		return NULL;
	}
	watch_demonitor(to, f->h.ref);
	if (out == to->main)
		deliver(peer, to, "", f->bytes, f->h.len, 1);
	else
		stream_send(out, f->bytes, f->h.len);
	return NULL;
}

static const char *
on_piece(struct peer *peer, struct frame *f)
{
	struct half	*h;
	struct frame	 whole;
	const char	*why;
	int		 got = lane_piece(&peer->lanes, f, &h);

	if (got == -1) {
		/* It counts as received: what follows can never be whole. */
		why = errno == ENOMEM ? "no memory for a large message" :
		    "pieces that make no frame";
		post_doom(peer, why);
		return why;
	}
	if (got == 0)
		return NULL;
	whole.bytes = h->p;
	wire_get(&whole.h, h->p);
	whole.body = h->p + WIRE_HEAD;
	whole.body_len = h->len - WIRE_HEAD;
	if (whole.h.len != h->len || whole.h.op == WIRE_N_PIECE)
		why = "pieces that make no frame";
	else if ((why = wire_check(&whole.h, WIRE_N, WIRE_NO_MAX)) == NULL)
		why = remote_frame(peer, &whole);
	lane_half_free(&peer->lanes, h);
	return why;
}

static const char *
on_choke(struct peer *peer, struct frame *f)
{
	char	name[NAME_SIZE];

	memcpy(name, f->body, f->body_len);
	name[f->body_len] = '\0';
	flow_peer_says(peer, name[0] != '\0' ? 0 : f->h.from.serial, name,
	    f->h.op == WIRE_N_CHOKE);
	return NULL;
}

/* ---- requests and answers ---- */

static void
done(struct peer *peer, const struct frame *f, int err, struct pid pid)
{
	struct wire_head	h = { .op = WIRE_DONE, .to = f->h.from,
				    .ref = f->h.ref };
	uint8_t			body[20];

	h.from = (struct pid){ peer->node->id, 0 };
	put_u32(body, (uint32_t)err);
	put_u64(body + 4, pid.node);
	put_u64(body + 12, pid.serial);
	(void)post_frame(peer->node, &h, body, sizeof(body), true);
}

/* A name or an address to its end; false: a NUL in it, or too long. */
static bool
body_text(const struct frame *f, char *text, size_t cap)
{
	if (f->body_len >= cap || memchr(f->body, '\0', f->body_len) != NULL)
		return false;
	memcpy(text, f->body, f->body_len);
	text[f->body_len] = '\0';
	return true;
}

static const char *
on_whereis(struct peer *peer, struct frame *f)
{
	struct pid	pid;
	char		text[ADDRESS_SIZE + 1];
	int		err;

	if (!body_text(f, text, sizeof(text)))
		return "whereis: a broken address";
	err = registry_find(peer->node, text, &pid);
	done(peer, f, err, pid);
	return NULL;
}

static const char *
on_register(struct peer *peer, struct frame *f)
{
	struct pid	pid = { 0, 0 };
	char		text[NAME_SIZE];
	int		err;

	if (!body_text(f, text, sizeof(text)))
		return "register: a broken name";
	if (f->h.op == WIRE_REGISTER)
		err = registry_add(peer->node, f->h.to, text, &pid);
	else
		err = names_drop(peer->node, text) == -1 ? errno : 0;
	done(peer, f, err, pid);
	return NULL;
}

static const char *
on_spawn(struct peer *peer, struct frame *f)
{
	return spawn_remote(peer, f);
}

static const char *
on_born(struct peer *peer, struct frame *f)
{
	struct proc	*p = proc_by_pid(peer->node, f->h.to);

	if (p != NULL && p->born_for == peer) {
		LIST_REMOVE(p, born);
		p->born_for = NULL;
	}
	return NULL;
}

static const char *
on_answer(struct peer *peer, struct frame *f)
{
	if (f->h.op == WIRE_ROW)
		errand_row(peer, f);
	else
		errand_done(peer, f);
	return NULL;
}

static const char *
on_question(struct peer *peer, struct frame *f)
{
	if (f->h.op == WIRE_N_CANCEL)
		proxy_cancel(peer, f);
	else
		proxy_ask(peer, f);
	return NULL;
}

static const char *
on_mesh(struct peer *peer, struct frame *f)
{
	if (f->h.op == WIRE_N_NODES)
		return mesh_nodes(peer, f);
	return f->h.op == WIRE_N_WHOIS ? mesh_whois(peer, f) :
	    mesh_is(peer, f);
}

/* ---- the table ---- */

typedef const char *remote_fn(struct peer *, struct frame *);

static remote_fn *const routes[WIRE_OP_LIMIT] = {
	[WIRE_SEND] = on_send,		[WIRE_SEND_NAME] = on_send_name,
	[WIRE_CALL] = on_send,		[WIRE_REPLY] = on_reply,
	[WIRE_FORWARD] = on_send,	[WIRE_MONITOR] = on_monitor,
	[WIRE_DEMONITOR] = on_signal,	[WIRE_DOWN] = on_signal,
	[WIRE_LINK] = on_signal,	[WIRE_UNLINK] = on_signal,
	[WIRE_N_UNLINK_ACK] = on_signal, [WIRE_N_LINK_EXIT] = on_signal,
	[WIRE_N_EXIT] = on_signal,	[WIRE_N_KILL] = on_signal,
	[WIRE_WHEREIS] = on_whereis,	[WIRE_REGISTER] = on_register,
	[WIRE_UNREGISTER] = on_register, [WIRE_SPAWN] = on_spawn,
	[WIRE_N_BORN] = on_born,	[WIRE_DONE] = on_answer,
	[WIRE_ROW] = on_answer,		[WIRE_QUERY] = on_question,
	[WIRE_CONTROL] = on_question,	[WIRE_N_CANCEL] = on_question,
	[WIRE_N_PIECE] = on_piece,	[WIRE_N_CHOKE] = on_choke,
	[WIRE_N_UNCHOKE] = on_choke,	[WIRE_N_NODES] = on_mesh,
	[WIRE_N_WHOIS] = on_mesh,	[WIRE_N_IS] = on_mesh,
	[WIRE_CHANNEL] = on_send,
};

const char *
remote_frame(struct peer *peer, struct frame *f)
{
	if (f->h.from.node != peer->id)
		return "its from is not of its node";
	if (f->h.to.node != peer->node->id)
		return "its to is not of this node";
	if (routes[f->h.op] == NULL)
		return "not an operation of a session";
	return routes[f->h.op](peer, f);
}
