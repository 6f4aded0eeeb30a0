/*
 * mesh.c - what nodes tell each other about third ones.
 *
 * Every node tells every other which sessions it has; who hears of a live node
 * it does not know dials it.  So all who can reach each other come to know each
 * other.  What is told is believed only as far as dialling an address, and in
 * that an id is dead: whose it was said so itself, or was replaced.
 *
 * Owns:    peer->asking, until, unanswered.
 * Not here: dialling (dial.c).
 * Errors:  a broken frame is a breach of the connection.
 */
#include "mesh.h"

#include <string.h>

#include "buf.h"
#include "dial.h"
#include "hail.h"
#include "peer.h"
#include "post.h"
#include "session.h"

#define ASK_MS		2000
#define IN_VAIN_MS	10000		/* not asked again for so long */
#define BATCH		60000		/* bytes of one N_NODES */
#define NODE_MOST	(9 + 3 + 2 * NAME_SIZE + HOST_SIZE)

enum { NODE_LIVE, NODE_LOST, NODE_DEAD };	/* of N_NODES */
enum { IS_LIVE, IS_UNKNOWN, IS_DEAD };		/* of N_IS */

/* ---- telling ---- */

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 ||
	    strncmp(address, "[::1]", 5) == 0 ||
	    strncmp(address, "localhost:", 10) == 0;
}

/* A loopback address means another machine elsewhere. */
static const char *
address_for(const struct peer *about, const struct peer *to)
{
	return is_loopback(about->address) && !to->loopback ? "" :
	    about->address;
}

static void
put_node(struct buf *b, unsigned int what, const struct peer *about,
    const struct peer *to)
{
	buf_add_u8(b, what);
	buf_add_u64(b, about->id);
	buf_add_str8(b, about->name);
	buf_add_str8(b, about->role);
	buf_add_str8(b, address_for(about, to));
}

static void
tell(struct peer *to, uint8_t op, const struct buf *b)
{
	struct wire_head	h = { .op = op };

	if (b->error != 0 || b->len == 0)
		return;
	h.to = (struct pid){ to->id, 0 };
	h.from = (struct pid){ to->node->id, 0 };
	(void)post_frame(to->node, &h, b->p, b->len, false);
}

static void
tell_others(const struct peer *about, unsigned int what)
{
	struct peer	*to;
	struct buf	 b;

	buf_init(&b, NODE_MOST);
	LIST_FOREACH(to, &about->node->up_peers, up) {
		if (to == about)
			continue;
		buf_reset(&b);
		put_node(&b, what, about, to);
		tell(to, WIRE_N_NODES, &b);
	}
	buf_release(&b);
}

/* All that are live, to one that is new. */
static void
tell_all(struct peer *to)
{
	struct peer	*about;
	struct buf	 b;

	buf_init(&b, BATCH + NODE_MOST);
	LIST_FOREACH(about, &to->node->up_peers, up) {
		if (about == to)
			continue;
		put_node(&b, NODE_LIVE, about, to);
		if (b.len > BATCH) {
			tell(to, WIRE_N_NODES, &b);
			buf_reset(&b);
		}
	}
	tell(to, WIRE_N_NODES, &b);
	buf_release(&b);
}

/* ---- questions ---- */

static void
ask(struct peer *whom, const struct peer *about)
{
	struct buf	b;

	buf_init(&b, sizeof(about->id));
	buf_add_u64(&b, about->id);
	tell(whom, WIRE_N_WHOIS, &b);
	buf_release(&b);
}

static void
in_vain(struct peer *p, bool dead)
{
	p->until = mono_after(p->node->now, MONO_MS(IN_VAIN_MS));
	session_end(p, "unknown", dead);
}

static void
on_alarm(void *arg)
{
	in_vain(arg, false);
}

struct peer *
mesh_ask(struct node *n, uint64_t id)
{
	struct peer	*p = peer_find(n, id), *other;

	/* One that was here and fell silent comes back by itself. */
	if (p != NULL && (p->state != PEER_GONE || p->dead ||
	    p->name[0] != '\0' || !mono_reached(p->until, n->now)))
		return p->state != PEER_GONE ? p : NULL;
	if (n->nasking >= OTHERS_ASKING_MAX)
		return NULL;
	if (p == NULL && (p = peer_get(n, id)) == NULL)
		return NULL;
	peer_ask(p);
	p->asking = (struct alarm){ .fn = on_alarm, .arg = p, .node = n };
	n->acts->alarm(&p->asking, mono_after(n->now, MONO_MS(ASK_MS)));
	p->unanswered = 0;
	LIST_FOREACH(other, &n->up_peers, up) {
		p->unanswered++;
		ask(other, p);
	}
	return p;
}

const char *
mesh_whois(struct peer *from, const struct frame *f)
{
	struct peer	*p = peer_find(from->node, get_u64(f->body));
	struct buf	 b;

	buf_init(&b, NODE_MOST);
	if (p == NULL || p->state == PEER_ASKING ||
	    (p->state == PEER_GONE && !p->dead)) {
		buf_add_u8(&b, IS_UNKNOWN);
		buf_add(&b, f->body, sizeof(p->id));
		buf_add(&b, "\0\0\0", 3);	/* three empty strings */
	} else
		put_node(&b, p->state == PEER_UP ? IS_LIVE : IS_DEAD, p,
		    from);
	tell(from, WIRE_N_IS, &b);
	buf_release(&b);
	return NULL;
}

/* ---- what others say ---- */

struct said {
	unsigned int	 what;
	uint64_t	 id;
	char		 name[NAME_SIZE], role[NAME_SIZE];
	char		 address[HOST_SIZE];
};

static bool
said_read(struct rd *r, struct said *s)
{
	s->what = rd_u8(r);
	s->id = rd_u64(r);
	rd_str8(r, s->name, sizeof(s->name));
	rd_str8(r, s->role, sizeof(s->role));
	rd_str8(r, s->address, sizeof(s->address));
	return !r->bad && (s->address[0] == '\0' ||
	    hail_address_valid(s->address));
}

static void
on_said(struct node *n, const struct said *s)
{
	struct peer	*p = peer_find(n, s->id);

	if (s->id == n->id)
		return;
	/* Who has a session with it knows better. */
	if (s->what == NODE_DEAD && p != NULL && p->state == PEER_GONE)
		peer_is_dead(p);
	else if (s->what == NODE_LIVE && s->address[0] != '\0' &&
	    (p == NULL || (p->state != PEER_UP && !p->dead)))
		dial_suggest(n, TARGET_LEARNED, s->address);
}

const char *
mesh_nodes(struct peer *from, const struct frame *f)
{
	struct said	 s;
	struct rd	 r;

	rd_init(&r, f->body, f->body_len);
	while (r.left > 0) {
		if (!said_read(&r, &s) || s.what > NODE_DEAD)
			return "a broken list of nodes";
		on_said(from->node, &s);
	}
	return NULL;
}

const char *
mesh_is(struct peer *from, const struct frame *f)
{
	struct peer	*p;
	struct said	 s;
	struct rd	 r;

	rd_init(&r, f->body, f->body_len);
	if (!said_read(&r, &s) || !rd_done(&r) || s.what > IS_DEAD)
		return "a broken answer to whois";
	p = peer_find(from->node, s.id);
	if (p == NULL || p->state != PEER_ASKING)
		return NULL;
	p->unanswered--;
	if (s.what == IS_DEAD)
		in_vain(p, true);
	else if (s.what == IS_LIVE && s.address[0] != '\0') {
		(void)strlcpy(p->address, s.address, sizeof(p->address));
		dial_peer(p, 0);
	} else if (p->unanswered <= 0 && !dial_under_way(p))
		in_vain(p, false);
	return NULL;
}

/* ---- sessions ---- */

/* The same name under another id: the earlier ones are no more. */
static void
replaced(struct peer *p)
{
	struct peer	*e, *next;

	NODE_EACH(p->node->peers, e, next)
		if (e != p && e->state == PEER_GONE &&
		    strcmp(e->name, p->name) == 0)
			peer_is_dead(e);
}

void
mesh_begun(struct peer *p)
{
	struct peer	*e, *next;

	replaced(p);
	tell_all(p);
	tell_others(p, NODE_LIVE);
	NODE_EACH(p->node->peers, e, next)
		if (e->state == PEER_ASKING) {
			e->unanswered++;
			ask(p, e);
		}
}

void
mesh_ended(struct peer *p)
{
	if (p->name[0] != '\0')
		tell_others(p, p->dead ? NODE_DEAD : NODE_LOST);
}
