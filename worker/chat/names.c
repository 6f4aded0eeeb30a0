/*
 * names.c - every name that somebody claims, and who has it.
 *
 * Owns:    the claims, and the rule that decides between them.
 * Not here: what is said when a name changes hands (room.c).
 * Errors:  NULL without memory.
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static size_t
bucket_of(const char *text)
{
	uint32_t	h = 2166136261u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h % NAMES_BUCKETS;
}

/* Of one user: the name needs no look. */
bool
user_same(const struct user *a, const struct user *b)
{
	return a->number == b->number && msg_pid_equal(a->home, b->home);
}

/* The rule. */
static bool
user_before(const struct user *a, const struct user *b)
{
	if (a->number != b->number)
		return a->number < b->number;
	if (a->home.node != b->home.node)
		return a->home.node < b->home.node;
	return a->home.serial < b->home.serial;
}

struct name *
names_find(struct names *names, const char *text)
{
	struct name	*n;

	LIST_FOREACH(n, &names->buckets[bucket_of(text)], by_text)
		if (strcmp(n->text, text) == 0)
			break;
	return n;
}

struct name *
names_next(struct names *names, const struct name *n)
{
	struct name	*next = n == NULL ? NULL : LIST_NEXT(n, by_text);
	size_t		 i = n == NULL ? 0 : n->bucket + 1;

	while (next == NULL && i < NAMES_BUCKETS)
		next = LIST_FIRST(&names->buckets[i++]);
	return next;
}

static struct name *
name_new(struct names *names, const char *text)
{
	size_t		 n = strlen(text) + 1;
	struct name	*name;

	if ((name = calloc(1, sizeof(*name) + n)) == NULL)
		return NULL;
	memcpy(name->text, text, n);
	SLIST_INIT(&name->claims);
	name->bucket = bucket_of(text);
	LIST_INSERT_HEAD(&names->buckets[name->bucket], name, by_text);
	return name;
}

struct claim *
names_claim(struct names *names, const struct user *u)
{
	struct name	*n = names_find(names, u->name);
	struct claim	*c;

	if (n != NULL)
		SLIST_FOREACH(c, &n->claims, by_name)
			if (user_same(&c->user, u))
				return c;
	return NULL;
}

struct claim *
names_add(struct names *names, const struct user *u, struct guest *guest)
{
	struct name	*n = names_find(names, u->name);
	struct claim	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	if (n == NULL && (n = name_new(names, u->name)) == NULL) {
		free(c);
		return NULL;
	}
	c->name = n;
	c->user = *u;
	c->user.name = n->text;
	c->guest = guest;
	SLIST_INSERT_HEAD(&n->claims, c, by_name);
	return c;
}

void
names_remove(struct claim *c)
{
	SLIST_REMOVE(&c->name->claims, c, claim, by_name);
	free(c);
}

struct claim *
names_winner(const struct name *n)
{
	struct claim	*c, *best = SLIST_FIRST(&n->claims);

	SLIST_FOREACH(c, &n->claims, by_name)
		if (user_before(&c->user, &best->user))
			best = c;
	return best;
}

struct claim *
names_local(const struct name *n)
{
	struct claim	*c;

	SLIST_FOREACH(c, &n->claims, by_name)
		if (c->guest != NULL)
			break;
	return c;
}

void
names_forget(struct name *n)
{
	struct claim	*c;

	while ((c = SLIST_FIRST(&n->claims)) != NULL)
		names_remove(c);
	LIST_REMOVE(n, by_text);
	free(n);
}
