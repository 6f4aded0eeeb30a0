/*
 * beacon.c - announcements: this node's to others, theirs to it.
 *
 * Who has read the cluster's tag off the wire can forge announcements.  A
 * forged one costs a dial that leads nowhere, so these are bounded: how many
 * places one address may name, how many suggestions a second may bring, how
 * often a place may ask to be dialled at once.
 *
 * Owns:    struct beacon, when the next announcement is due.
 * Not here: the bytes (announce.c), sockets and dialling (discover_acts.h).
 * Errors:  a datagram that is not taken is counted, each kind apart.
 */
#include "beacon.h"

#include <string.h>

#include "host.h"
#include "node.h"
#include "settings.h"

#define EVERY_MS	10000		/* announcements, */
#define JITTER_MS	1000		/* so much later or earlier */
#define GAP_MS		500		/* between those of a start */
#define AT_START	2
#define ANSWER_MS	250		/* an answer waits at most so long, */
#define ANSWERS_MS	1000		/* this since the last announcement */
#define LASTS_MS	60000		/* until a place is withdrawn */

#define PLACES_OF_ONE	64		/* named by one address, */
#define PLACES_LOOPBACK	1024		/* by this machine's nodes */
#define BURST		256		/* suggestions at once, */
#define PER_SECOND	64		/* then each second */
#define AGAIN_MS	5000		/* until one is suggested again */

void
beacon_init(struct beacon *b, struct node *n, const struct discover_acts *acts,
    void *arg)
{
	memset(b, 0, sizeof(*b));
	b->node = n;
	b->acts = acts;
	b->arg = arg;
	b->next = MONO_NEVER;
	b->tokens = BURST;
	b->tokens_at = n->now;
}

void
beacon_release(struct beacon *b)
{
	places_release(&b->places);
}

static bool
passed(const struct beacon *b, struct mono since, unsigned int ms)
{
	return mono_reached(mono_after(since, MONO_MS(ms)), b->node->now);
}

static void
suggest(struct beacon *b, struct place *p)
{
	p->suggested = b->node->now;
	b->acts->suggest(b->arg, DISCOVER_BROADCAST, p->host, p->port);
}

static void
withdraw(struct beacon *b, struct place *p)
{
	b->acts->withdraw(b->arg, DISCOVER_BROADCAST, p->host, p->port);
	places_remove(&b->places, p);
}

/* ---- this node's ---- */

/* But for their kind. */
static bool
same(const struct announce *a, const struct announce *b)
{
	return memcmp(&a->tag, &b->tag, sizeof(a->tag)) == 0 &&
	    a->node == b->node && a->port == b->port &&
	    strcmp(a->name, b->name) == 0 && strcmp(a->role, b->role) == 0 &&
	    strcmp(a->host, b->host) == 0;
}

/* The address to dial: what is advertised, or listened on; that of the packet
   where all addresses are listened on. */
static bool
self_address(struct announce *self, const char *listen, const char *advertise)
{
	char	host[CONF_HOST_SIZE];
	int	port, other;

	if (conf_host_parse(listen, host, &port) != NULL || port <= 0)
		return false;
	self->port = (uint16_t)port;
	if (*advertise != '\0' &&
	    conf_host_parse(advertise, self->host, &other) == NULL) {
		if (other > 0)
			self->port = (uint16_t)other;
	} else if (strcmp(host, "*") != 0 && strcmp(host, "0.0.0.0") != 0 &&
	    strcmp(host, "::") != 0)
		(void)strlcpy(self->host, host, sizeof(self->host));
	return true;
}

void
beacon_start(struct beacon *b, const char *listen,
    const struct announce_tag *tags, size_t ntags)
{
	const struct conf_node	*c = &b->node->conf->node;
	struct announce		 self = { .kind = ANNOUNCE_HERE };
	bool			 on = b->ntags > 0;

	if (ntags == 0 || !self_address(&self, listen, c->advertise)) {
		beacon_stop(b);
		return;
	}
	b->loopback = conf_host_loopback(listen);
	b->ntags = ntags < BEACON_TAGS ? ntags : BEACON_TAGS;
	memcpy(b->tags, tags, b->ntags * sizeof(*tags));
	self.tag = tags[0];
	self.node = b->node->id;
	(void)strlcpy(self.name, c->name, sizeof(self.name));
	(void)strlcpy(self.role, c->role, sizeof(self.role));
	if (on && same(&self, &b->self))
		return;
	b->self = self;
	b->starts = AT_START;
	b->next = b->node->now;
}

void
beacon_stop(struct beacon *b)
{
	struct place	*p, *next;

	NODE_EACH(b->places.table, p, next)
		withdraw(b, p);
	b->ntags = 0;
	b->next = MONO_NEVER;
}

/* The first ones ask: who is there then answers at once, not in its time. */
static void
announce(struct beacon *b)
{
	struct announce	a = b->self;
	uint8_t		p[ANNOUNCE_MAX];
	size_t		n;

	a.kind = b->starts > 0 ? ANNOUNCE_QUESTION : ANNOUNCE_HERE;
	if ((n = announce_write(p, &a)) > 0) {
		b->acts->broadcast(b->arg, b->loopback, p, n);
		b->node->stats.announcements_sent++;
	}
	if (b->starts > 0)
		b->starts--;
	b->sent = b->node->now;
	if (b->starts > 0)
		b->next = discover_about(b->acts, b->arg, b->node->now,
		    GAP_MS, GAP_MS / 5);
	else
		b->next = discover_about(b->acts, b->arg, b->node->now,
		    EVERY_MS, JITTER_MS);
}

static void
expire(struct beacon *b)
{
	struct place	*p, *next;

	NODE_EACH(b->places.table, p, next)
		if (passed(b, p->heard, LASTS_MS))
			withdraw(b, p);
}

void
beacon_tick(struct beacon *b)
{
	if (!mono_reached(b->next, b->node->now))
		return;
	expire(b);
	announce(b);
}

/* An answer is the next announcement, only sooner; many who ask get one. */
static void
answer(struct beacon *b)
{
	struct mono	soon = mono_after(b->node->now,
			    MONO_MS(b->acts->random(b->arg, ANSWER_MS)));
	struct mono	least = mono_after(b->sent, MONO_MS(ANSWERS_MS));

	if (soon.ns < least.ns)
		soon = least;
	if (soon.ns < b->next.ns)
		b->next = soon;
}

/* ---- those of others ---- */

/* Whether one more suggestion is within what a second may bring. */
static bool
take_token(struct beacon *b)
{
	const int64_t	step = MONO_MS(1000) / PER_SECOND;
	int64_t		steps;

	steps = (b->node->now.ns - b->tokens_at.ns) / step;
	b->tokens_at.ns += steps * step;
	b->tokens = steps < BURST - (int64_t)b->tokens ?
	    b->tokens + (unsigned int)steps : BURST;
	if (b->tokens == 0)
		return false;
	b->tokens--;
	return true;
}

/* Nodes of one machine all speak from one address on loopback. */
static bool
origin_may(const struct beacon *b, const char *origin)
{
	return places_of(&b->places, origin) <
	    (host_loopback(origin) ? PLACES_LOOPBACK : PLACES_OF_ONE);
}

static struct place *
first_heard(struct beacon *b, const char *host, uint16_t port,
    const char *origin)
{
	struct place	*p = NULL;

	if (places_count(&b->places) < PLACES_MOST && origin_may(b, origin) &&
	    take_token(b))
		p = places_add(&b->places, host, port, origin);
	if (p == NULL)
		b->node->stats.announcements_over++;
	return p;
}

/* A node that asks, or bears a new id, has just started. */
static bool
started_again(struct beacon *b, const struct place *p,
    const struct announce *a)
{
	return (p->node != a->node || a->kind == ANNOUNCE_QUESTION) &&
	    passed(b, p->suggested, AGAIN_MS) && take_token(b);
}

static void
heard(struct beacon *b, const struct announce *a, const char *host,
    const char *origin)
{
	struct place	*p = places_find(&b->places, host, a->port);
	bool		 started = true;

	if (p != NULL)
		started = started_again(b, p, a);
	else if ((p = first_heard(b, host, a->port, origin)) == NULL)
		return;
	p->heard = b->node->now;
	if (!started)
		return;
	p->node = a->node;
	suggest(b, p);
}

/*
 * Our own come back to us; what else bears our id was made to mislead, and so
 * was another machine's word about our loopback.
 */
static void
on_announce(struct beacon *b, const struct announce *a, const char *origin)
{
	const char	*host = *a->host != '\0' ? a->host : origin;
	bool		 own = a->node == b->node->id;

	if (own && same(a, &b->self))
		return;
	if (own || (host_loopback(host) && !host_loopback(origin))) {
		b->node->stats.announcements_forged++;
		return;
	}
	b->node->stats.announcements_seen++;
	heard(b, a, host, origin);
	if (a->kind == ANNOUNCE_QUESTION)
		answer(b);
}

void
beacon_packet(struct beacon *b, const char *origin, const void *p, size_t n)
{
	struct node_stats	*stats = &b->node->stats;
	struct announce		 a;

	if (b->ntags == 0)
		return;
	switch (announce_read(&a, p, n, b->tags, b->ntags)) {
	case ANNOUNCE_GOOD:
		on_announce(b, &a, origin);
		break;
	case ANNOUNCE_OVERSIZE:
		stats->announcements_oversize++;
		break;
	case ANNOUNCE_MALFORMED:
		stats->announcements_bad++;
		break;
	case ANNOUNCE_FOREIGN:
		stats->announcements_foreign++;
		break;
	}
}
