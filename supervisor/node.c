/*
 * node.c - a relay's state, made and unmade.
 *
 * Owns:    struct node itself and the interned strings.
 * Not here: every table in it; its module fills and empties it.
 * Errors:  NULL and ENOMEM.
 */
#include "node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

struct intern {
	UT_hash_handle	 hh;
	size_t		 holders;
	char		 text[];
};

void
node_init(struct node *n, const struct conf *conf, struct log *log,
    const struct node_acts *acts, uint64_t id, struct mono now)
{
	memset(n, 0, sizeof(*n));
	n->id = id;
	n->conf = conf;
	n->log = log;
	n->acts = acts;
	n->now = n->born = now;
	n->frame_memory.limit = conf->node.frame_memory;
	conn_init(&n->parent, -1, WIRE_P, WIRE_MAX);
	STAILQ_INIT(&n->drains);
	STAILQ_INIT(&n->gone);
	STAILQ_INIT(&n->dead_streams);
	TAILQ_INIT(&n->gone_peers);
	LIST_INIT(&n->up_peers);
	TAILQ_INIT(&n->proxies);
	LIST_INIT(&n->trunks);
	STAILQ_INIT(&n->dead_trunks);
	TAILQ_INIT(&n->spare_targets);
	TAILQ_INIT(&n->dial_queue);
}

void
node_release(struct node *n)
{
	struct intern	*i, *next;

	NODE_EACH(n->interned, i, next) {
		HASH_DEL(n->interned, i);
		free(i);
	}
	conn_release(&n->parent);
}

struct block *
block_new(const void *p, size_t n)
{
	struct block	*b;

	if ((b = malloc(sizeof(*b) + n)) == NULL)
		return NULL;
	b->n = n;
	memcpy(b->p, p, n);
	return b;
}

static struct intern *
intern_find(struct node *n, const char *text)
{
	struct intern	*i;

	HASH_FIND(hh, n->interned, text, strlen(text), i);
	return i;
}

const char *
node_intern(struct node *n, const char *text)
{
	size_t		 len = strlen(text);
	struct intern	*i = intern_find(n, text);

	if (i != NULL) {
		i->holders++;
		return i->text;
	}
	if ((i = calloc(1, sizeof(*i) + len + 1)) == NULL)
		return NULL;
	memcpy(i->text, text, len + 1);
	HASH_ADD_KEYPTR(hh, n->interned, i->text, len, i);
	if (i->hh.tbl == NULL) {
		free(i);
		errno = ENOMEM;
		return NULL;
	}
	i->holders = 1;
	return i->text;
}

void
node_unintern(struct node *n, const char *text)
{
	struct intern	*i = text == NULL ? NULL : intern_find(n, text);

	if (i == NULL || --i->holders > 0)
		return;
	HASH_DEL(n->interned, i);
	free(i);
}
