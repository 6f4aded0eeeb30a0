/*
 * peer.c - the table of other nodes: by id and by name, who is up, who is gone.
 *
 * Owns:    node->peers and gone_peers; state, name and role of a peer.
 * Not here: why a session begins or ends (session.c), addresses (dial.c).
 * Errors:  NULL and ENOMEM.
 */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "lane.h"
#include "log.h"
#include "proc.h"
#include "settings.h"
#include "stream.h"

#define LIMIT_SIZE	(4 + 1 + NAME_SIZE)

struct peer *
peer_find(struct node *n, uint64_t id)
{
	struct peer	*p;

	HASH_FIND(hh, n->peers, &id, sizeof(id), p);
	return p;
}

struct peer *
peer_named(struct node *n, const char *name)
{
	struct peer	*p;

	LIST_FOREACH(p, &n->up_peers, up)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void
gone_add(struct peer *p)
{
	p->state = PEER_GONE;
	TAILQ_INSERT_TAIL(&p->node->gone_peers, p, gone);
	p->node->ngone++;
}

static void
gone_remove(struct peer *p)
{
	TAILQ_REMOVE(&p->node->gone_peers, p, gone);
	p->node->ngone--;
}

struct peer *
peer_get(struct node *n, uint64_t id)
{
	struct peer	*p = peer_find(n, id);

	if (p != NULL)
		return p;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->node = n;
	p->id = id;
	lanes_init(&p->lanes, n->conf->node.link_window,
	    n->conf->node.link_reserve, &n->frame_memory);
	p->lanes.begun_max = p->lanes.halves_max =
	    2 * n->conf->node.max_message;
	TAILQ_INIT(&p->errands);
	HASH_ADD(hh, n->peers, id, sizeof(p->id), p);
	if (p->hh.tbl == NULL) {
		free(p);
		errno = ENOMEM;
		return NULL;
	}
	gone_add(p);
	return p;
}

bool
peer_takes(const struct peer *p)
{
	return p->state != PEER_GONE;
}

void
peer_ask(struct peer *p)
{
	BUG_ON(p->state != PEER_GONE);
	gone_remove(p);
	p->state = PEER_ASKING;
	p->node->nasking++;
}

/* ---- processes that are told ---- */

static void
tell_one(struct proc *to, const struct peer *p, bool up)
{
	struct wire_head	h = { .op = WIRE_NODE };
	uint8_t			body[1 + 2 * (1 + NAME_SIZE)];
	size_t			n = 0, len;

	h.from = (struct pid){ p->id, 0 };
	body[n++] = up;
	len = strlen(p->name);
	body[n++] = (uint8_t)len;
	memcpy(body + n, p->name, len);
	n += len;
	len = strlen(p->role);
	body[n++] = (uint8_t)len;
	memcpy(body + n, p->role, len);
	stream_frame_to_proc(to, &h, body, n + len);
}

static void
tell_all(const struct peer *p, bool up)
{
	struct proc	*to, *next;

	NODE_EACH(p->node->procs, to, next)
		if (to->nodes && proc_is_live(to))
			tell_one(to, p, up);
}

void
peer_tell(struct proc *to, bool on)
{
	struct peer	*p, *next;
	bool		 was = to->nodes;

	to->nodes = on;
	if (!on || was)
		return;
	NODE_EACH(to->node->peers, p, next)
		if (p->state == PEER_UP)
			tell_one(to, p, true);
}

/* ---- nodes that take less than this one ---- */

/* What is sent is on its way before anybody here could say no: so workers know,
   and refuse themselves what such a node could not take. */
static size_t
limit_make(const struct peer *p, bool up, struct wire_head *h,
    uint8_t body[LIMIT_SIZE])
{
	size_t	n = strlen(p->name);

	*h = (struct wire_head){ .op = WIRE_LIMIT, .from = { p->id, 0 } };
	put_u32(body, up ? p->max_message : 0);
	body[4] = (uint8_t)n;
	memcpy(body + 5, p->name, n);
	return 5 + n;
}

void
peer_limit(struct stream *s, const struct peer *p)
{
	struct wire_head	h;
	uint8_t			body[LIMIT_SIZE];
	size_t			n = limit_make(p, true, &h, body);

	stream_frame(s, &h, body, n);
}

void
peer_limits_first(struct stream *s)
{
	struct node		*n = s->proc->node;
	struct peer		*p;
	struct wire_head	 h;
	uint8_t			 body[LIMIT_SIZE];
	size_t			 len;

	LIST_FOREACH(p, &n->up_peers, up)
		if (p->limited) {
			len = limit_make(p, true, &h, body);
			stream_first(s, &h, body, len);
		}
}

static void
limit_all(const struct peer *p, bool up)
{
	struct proc		*to, *next;
	struct wire_head	 h;
	uint8_t			 body[LIMIT_SIZE];
	size_t			 n;

	if (!p->limited)
		return;
	n = limit_make(p, up, &h, body);
	NODE_EACH(p->node->procs, to, next)
		if (to->kind == PROC_WORKER && to->hello &&
		    proc_is_live(to) && to->main != NULL)
			stream_frame(to->main, &h, body, n);
}

/* ---- up and down ---- */

void
peer_up(struct peer *p, const struct hello *h)
{
	struct node	*n = p->node;

	if (p->state == PEER_GONE)
		gone_remove(p);
	else if (p->state == PEER_ASKING)
		n->nasking--;
	p->state = PEER_UP;
	LIST_INSERT_HEAD(&n->up_peers, p, up);
	n->nup++;
	(void)strlcpy(p->name, h->name, sizeof(p->name));
	(void)strlcpy(p->role, h->role, sizeof(p->role));
	p->max_message = h->max_message;
	p->limited = h->max_message < n->conf->node.max_message;
	p->dead = false;
	n->stats.sessions++;
	log_info(n->log, "node %s up: id=%016llx role=%s%s%s", p->name,
	    (unsigned long long)p->id, p->role,
	    p->key[0] == '\0' ? "" : " key=", p->key);
	limit_all(p, true);
	tell_all(p, true);
	n->acts->node_event(n, "nodeup", p, NULL);
}

void
peer_down(struct peer *p, const char *why, bool dead)
{
	struct node	*n = p->node;
	bool		 up = p->state == PEER_UP;

	if (p->state == PEER_ASKING)
		n->nasking--;
	if (p->state != PEER_GONE)
		gone_add(p);
	p->dead = p->dead || dead;
	if (!up)
		return;
	LIST_REMOVE(p, up);
	n->nup--;
	n->stats.sessions_ended++;
	log_warnx(n->log, "node %s down: id=%016llx why=%s", p->name,
	    (unsigned long long)p->id, why);
	limit_all(p, false);
	tell_all(p, false);
	n->acts->node_event(n, "nodedown", p, why);
}

void
peer_is_dead(struct peer *p)
{
	p->dead = true;
}

static void
peer_free(struct peer *p)
{
	HASH_DEL(p->node->peers, p);
	gone_remove(p);
	free(p);
}

void
peer_bury(struct node *n)
{
	while (n->ngone > OTHERS_GONE_MAX)
		peer_free(TAILQ_FIRST(&n->gone_peers));
}

void
peer_release(struct node *n)
{
	struct peer	*p;

	while ((p = TAILQ_FIRST(&n->gone_peers)) != NULL)
		peer_free(p);
	BUG_ON(n->peers != NULL);
}

const char *
peer_word(const struct peer *p)
{
	if (p->state != PEER_UP)
		return "down";
	return p->session.suspect || p->session.state != SESSION_UP ?
	    "suspect" : "up";
}

char *
peer_pid_text(const struct node *n, struct pid pid, char text[ADDRESS_SIZE])
{
	char	node[NAME_SIZE];

	const struct peer	*p;

	if (pid.node == n->id)
		return pid_print(text, pid, n->conf->node.name, false, 0);
	HASH_FIND(hh, n->peers, &pid.node, sizeof(pid.node), p);
	if (p != NULL && p->name[0] != '\0')
		return pid_print(text, pid, p->name, false, 0);
	/* Who was never met has no name but its id. */
	(void)snprintf(node, sizeof(node), "#%016llx",
	    (unsigned long long)pid.node);
	return pid_print(text, pid, node, false, 0);
}
