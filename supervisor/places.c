/*
 * places.c - the places that one source of addresses suggests.
 *
 * Owns:    struct places; how many places each origin has named.
 * Not here: when a place is taken in or given up (discover.c).
 * Errors:  NULL: no room, of either kind.
 */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_host.h"

#define PORT_WIDTH	6			/* "38813 HOST" */
#define KEY_SIZE	(CONF_HOST_SIZE + PORT_WIDTH)

struct origin {
	UT_hash_handle	 hh;			/* places->origins, by text */
	size_t		 places;
	char		 text[];
};

size_t
places_count(const struct places *s)
{
	return HASH_COUNT(s->table);
}

struct place *
places_find(const struct places *s, const char *host, uint16_t port)
{
	struct place	*p;
	char		 key[KEY_SIZE];

	(void)snprintf(key, sizeof(key), "%05u %s", port, host);
	HASH_FIND_STR(s->table, key, p);
	return p;
}

static struct origin *
origin_find(const struct places *s, const char *text)
{
	struct origin	*o;

	HASH_FIND_STR(s->origins, text, o);
	return o;
}

size_t
places_of(const struct places *s, const char *origin)
{
	struct origin	*o = origin_find(s, origin);

	return o != NULL ? o->places : 0;
}

static struct origin *
origin_take(struct places *s, const char *text)
{
	struct origin	*o = origin_find(s, text);
	size_t		 n = strlen(text);

	if (o == NULL) {
		if ((o = calloc(1, sizeof(*o) + n + 1)) == NULL)
			return NULL;
		memcpy(o->text, text, n);
		HASH_ADD_KEYPTR(hh, s->origins, o->text, n, o);
		if (o->hh.tbl == NULL) {
			free(o);
			return NULL;
		}
	}
	o->places++;
	return o;
}

static void
origin_give(struct places *s, struct origin *o)
{
	if (o == NULL || --o->places > 0)
		return;
	HASH_DEL(s->origins, o);
	free(o);
}

struct place *
places_add(struct places *s, const char *host, uint16_t port,
    const char *origin)
{
	struct place	*p;
	size_t		 size = strlen(host) + 1 + PORT_WIDTH;

	if (HASH_COUNT(s->table) >= PLACES_MOST || size > KEY_SIZE ||
	    (p = calloc(1, sizeof(*p) + size)) == NULL)
		return NULL;
	(void)snprintf(p->key, size, "%05u %s", port, host);
	p->host = p->key + PORT_WIDTH;
	p->port = port;
	if (origin != NULL && (p->origin = origin_take(s, origin)) == NULL) {
		free(p);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, s->table, p->key, size - 1, p);
	if (p->hh.tbl == NULL) {
		origin_give(s, p->origin);
		free(p);
		return NULL;
	}
	return p;
}

void
places_remove(struct places *s, struct place *p)
{
	HASH_DEL(s->table, p);
	origin_give(s, p->origin);
	free(p);
}

void
places_release(struct places *s)
{
	struct place	*p, *next;

	NODE_EACH(s->table, p, next)
		places_remove(s, p);
}
