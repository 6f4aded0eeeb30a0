/*
 * room_others.c - what other servers say of their users, and to ours.
 *
 * Owns:    which of it is believed.
 * Not here: whether that server is one to be heard (servers.c).
 * Errors:  a claim without memory for it is not known here.
 */
#include <string.h>

#include "input.h"
#include "room.h"
#include "room_state.h"

/* Another server may have other limits, but a name is a name. */
static bool
acceptable(const char *name)
{
	size_t	n = strlen(name);

	return n > 0 && n <= NAME_MOST && input_is_clean(name, n);
}

void
room_on_new(struct room *r, const struct user *u)
{
	struct claim	*c;

	if (!acceptable(u->name) || names_claim(&r->names, u) != NULL ||
	    (c = names_add(&r->names, u, NULL)) == NULL)
		return;
	room_settle(r, c->name);
}

void
room_on_gone(struct room *r, const struct user *u)
{
	struct claim	*c = names_claim(&r->names, u);
	struct name	*n;

	if (c == NULL)
		return;
	n = c->name;
	names_remove(c);
	room_settle(r, n);
}

/* All claims of a home are to be confirmed; without it nothing is marked. */
static void
mark(struct room *r, struct msg_pid home)
{
	struct name	*n;
	struct claim	*c;

	for (n = names_next(&r->names, NULL); n != NULL;
	    n = names_next(&r->names, n))
		SLIST_FOREACH(c, &n->claims, by_name)
			c->stale = msg_pid_equal(c->user.home, home);
}

/* A name has at most one claim of a home that is its last one, but may have
   had another: all that are marked go, then the name is settled once. */
static void
sweep(struct room *r)
{
	struct name	*n, *next;
	struct claim	*c, *after;
	bool		 changed;

	for (n = names_next(&r->names, NULL); n != NULL; n = next) {
		next = names_next(&r->names, n);
		changed = false;
		for (c = SLIST_FIRST(&n->claims); c != NULL; c = after) {
			after = SLIST_NEXT(c, by_name);
			if (c->stale) {
				names_remove(c);
				changed = true;
			}
		}
		if (changed)
			room_settle(r, n);
	}
}

void
room_on_users(struct room *r, struct msg_pid home, const char *const *names,
    const uint64_t *numbers, size_t n)
{
	struct user	 u = { .home = home };
	struct claim	*c;
	size_t		 i;

	mark(r, home);
	for (i = 0; i < n; i++) {
		u.name = names[i];
		u.number = numbers[i];
		if ((c = names_claim(&r->names, &u)) != NULL)
			c->stale = false;
	}
	sweep(r);
	for (i = 0; i < n; i++) {
		u.name = names[i];
		u.number = numbers[i];
		room_on_new(r, &u);
	}
}

void
room_on_lost(struct room *r, struct msg_pid home)
{
	mark(r, home);
	sweep(r);
}

/* What does not end a line would run into the next one. */
void
room_on_lines(struct room *r, const char *lines, size_t n)
{
	if (n > 0 && lines[n - 1] == '\n')
		room_show(r, lines, n);
}

/* The user of this server, if it is still the same one. */
static struct guest *
guest_find(struct room *r, const char *name, uint64_t number)
{
	struct user	 u = { name, r->self, number };
	struct claim	*c = names_claim(&r->names, &u);

	return c == NULL ? NULL : c->guest;
}

void
room_on_tell(struct room *r, const char *name, uint64_t number,
    const char *line, size_t n)
{
	struct guest	*g = guest_find(r, name, number);

	if (g != NULL && n > 0 && line[n - 1] == '\n')
		r->acts->show(g->client, line, n);
}

void
room_on_kick(struct room *r, const char *name, uint64_t number,
    const struct user *by)
{
	struct guest	*g = guest_find(r, name, number);

	if (g != NULL && acceptable(by->name)) {
		room_say(r, g, "You have been kicked: by %s", by->name);
		r->acts->end(g->client);
	}
	/* Before the others hear that it is gone. */
	r->acts->kicked(r->ctx, by, name, g != NULL);
	if (g != NULL)
		room_out(r, g);
}

void
room_on_kicked(struct room *r, const char *name, bool done, const char *by,
    uint64_t by_number)
{
	struct guest	*g = guest_find(r, by, by_number);

	if (g == NULL || !acceptable(name))
		return;
	room_say(r, g, done ? "*** you kicked %s" : "*** %s is not connected",
	    name);
	if (g->owed > 0 && --g->owed == 0)
		r->acts->settled(g->client);
}
