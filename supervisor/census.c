/*
 * census.c - rows about other nodes.
 *
 * Expected is a node that somebody named (known-hosts, dns-name, an
 * announcement, another node) and that is not up: its row says why not.
 *
 * Owns:    nothing.
 * Errors:  a row that finds no memory is not sent.
 */
#include "census.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "others.h"
#include "peer.h"
#include "rows.h"
#include "settings.h"

struct census {
	struct node	*n;
	struct stream	*s;
	uint64_t	 ref;
};

static void
put_id(struct rows *r, uint64_t id)
{
	char	text[24] = "";

	if (id != 0)
		(void)snprintf(text, sizeof(text), "%016" PRIx64, id);
	rows_text(r, "id", text);
}

/* What was heard in this turn may be later than its beginning. */
static uint64_t
seconds_since(const struct node *n, struct mono then)
{
	return n->now.ns < then.ns ? 0 :
	    (uint64_t)(n->now.ns - then.ns) / 1000000000;
}

/* A node that is up is known by another address as well. */
static bool
is_up_there(const struct node *n, const char *address)
{
	const struct peer	*p;

	LIST_FOREACH(p, &n->up_peers, up)
		if (strcmp(p->address, address) == 0)
			return true;
	return false;
}

static void
send_peer(const struct census *c, const struct peer *p)
{
	const struct session	*s = &p->session;
	struct rows		 r;

	rows_begin(&r);
	rows_text(&r, "node", p->name);
	put_id(&r, p->id);
	rows_text(&r, "role", p->role);
	rows_text(&r, "state", peer_word(p));
	rows_text(&r, "address", p->address);
	if (s->rtt != 0)
		rows_number(&r, "rtt_us", (uint64_t)s->rtt / 1000);
	else
		rows_null(&r, "rtt_us");
	rows_number(&r, "heard_s", seconds_since(c->n, s->heard));
	rows_text(&r, "key", p->key);
	rows_text(&r, "why", s->state == SESSION_UP ? "" :
	    p->target != NULL && p->target->why[0] != '\0' ? p->target->why :
	    "its connection broke");
	rows_send(&r, c->s, c->ref);
}

static void
send_target(void *arg, const struct target *t)
{
	const struct census	*c = arg;
	const struct peer	*p = t->id == 0 ? NULL :
				    peer_find(c->n, t->id);
	struct rows		 r;

	if (t->self || (p != NULL && p->state == PEER_UP) ||
	    is_up_there(c->n, t->address))
		return;
	rows_begin(&r);
	rows_text(&r, "node", t->name);
	put_id(&r, t->id);
	rows_text(&r, "role", p == NULL ? "" : p->role);
	rows_text(&r, "state", t->conflict ? "conflict" : "down");
	rows_text(&r, "address", t->address);
	rows_null(&r, "rtt_us");
	if (p != NULL && p->session.heard.ns != 0)
		rows_number(&r, "heard_s",
		    seconds_since(c->n, p->session.heard));
	else
		rows_null(&r, "heard_s");
	rows_text(&r, "key", "");
	rows_text(&r, "why", t->why[0] != '\0' ? t->why : "not dialled yet");
	rows_send(&r, c->s, c->ref);
}

void
census_peers(struct node *n, struct stream *s, uint64_t ref)
{
	struct census	 c = { n, s, ref };
	struct peer	*p, *next;

	NODE_EACH(n->peers, p, next)
		if (p->state == PEER_UP)
			send_peer(&c, p);
	dial_each(n, send_target, &c);
}

bool
census_node(struct node *n, struct stream *s, uint64_t ref, const char *text)
{
	const struct peer	*p;
	struct rows		 r;
	char			*end;
	uint64_t		 id = strtoull(text, &end, 16);
	bool			 own = id == n->id;

	p = peer_find(n, id);
	if (*end != '\0' || (!own && (p == NULL || p->name[0] == '\0')))
		return false;
	rows_begin(&r);
	rows_text(&r, "node", own ? n->conf->node.name : p->name);
	put_id(&r, id);
	rows_text(&r, "role", own ? n->conf->node.role : p->role);
	rows_text(&r, "state", own ? "up" : peer_word(p));
	rows_send(&r, s, ref);
	return true;
}
