/*
 * room.c - who is in the chat, under which name, and what becomes of a line.
 *
 * Owns:    the guests, every text they read, the meaning of commands.
 * Not here: who wins a name (names.c), what other servers say
 *          (room_others.c), connections (clients.c).
 * Errors:  NULL without memory; a name for which there is none is refused.
 */
#include "room.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room_state.h"
#include "input.h"

struct room *
room_new(struct msg_pid self, size_t name_most, size_t line_most,
    const struct room_acts *acts, void *ctx)
{
	struct room	*r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	TAILQ_INIT(&r->guests);
	r->self = self;
	r->name_most = name_most;
	r->line_most = line_most;
	r->acts = acts;
	r->ctx = ctx;
	/* Any text of ours holds a name, and a name or a line. */
	r->size = 2 * NAME_MOST + 2 * line_most + 128;
	if ((r->scratch = malloc(r->size)) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
room_free(struct room *r)
{
	struct name	*n;

	while ((n = names_next(&r->names, NULL)) != NULL)
		names_forget(n);
	free(r->scratch);
	free(r);
}

/* ---- texts ---- */

/* Into scratch, with its LF. */
__attribute__((format(printf, 2, 0)))
static size_t
compose(struct room *r, const char *fmt, va_list ap)
{
	int	n = vsnprintf(r->scratch, r->size - 1, fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n > r->size - 2)
		n = (int)r->size - 2;
	r->scratch[n] = '\n';
	return (size_t)n + 1;
}

void
room_say(struct room *r, struct guest *g, const char *fmt, ...)
{
	va_list	ap;
	size_t	n;

	if (g->out)
		return;
	va_start(ap, fmt);
	n = compose(r, fmt, ap);
	va_end(ap);
	r->acts->show(g->client, r->scratch, n);
}

void
room_show(struct room *r, const char *lines, size_t n)
{
	struct guest	*g;

	TAILQ_FOREACH(g, &r->guests, in)
		r->acts->show(g->client, lines, n);
}

__attribute__((format(printf, 2, 3)))
static size_t
show(struct room *r, const char *fmt, ...)
{
	va_list	ap;
	size_t	n;

	va_start(ap, fmt);
	n = compose(r, fmt, ap);
	va_end(ap);
	room_show(r, r->scratch, n);
	return n;
}

void
room_tell(struct room *r, struct guest *g, const char *line)
{
	room_say(r, g, "%s", line);
}

/* ---- coming and going ---- */

static void
ask_name(struct room *r, struct guest *g)
{
	room_say(r, g, "What is your name?");
}

struct guest *
room_enter(struct room *r, void *client)
{
	struct guest	*g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->client = client;
	ask_name(r, g);
	return g;
}

/* It is no user any more; nobody has been told. */
static struct name *
claim_drop(struct room *r, struct guest *g)
{
	struct user	 u = g->claim->user;
	struct name	*n = g->claim->name;

	TAILQ_REMOVE(&r->guests, g, in);
	names_remove(g->claim);
	g->claim = NULL;
	g->out = true;
	r->acts->cast_gone(r->ctx, &u);
	return n;
}

void
room_settle(struct room *r, struct name *n)
{
	struct claim	*winner = names_winner(n), *local = names_local(n);
	struct guest	*g;

	if (local != NULL && local != winner) {
		g = local->guest;
		room_say(r, g, "You have been kicked: by SYSTEM");
		(void)claim_drop(r, g);
		r->acts->end(g->client);
	}
	if (n->is_shown &&
	    (winner == NULL || !user_same(&winner->user, &n->shown))) {
		n->is_shown = false;
		(void)show(r, "*** %s has disconnected", n->text);
	}
	if (winner == NULL) {
		names_forget(n);
	} else if (!n->is_shown) {
		n->shown = winner->user;
		n->is_shown = true;
		(void)show(r, "*** %s has connected", n->text);
	}
}

void
room_out(struct room *r, struct guest *g)
{
	if (g->claim != NULL)
		room_settle(r, claim_drop(r, g));
	g->out = true;
}

void
room_leave(struct room *r, struct guest **g)
{
	if (*g != NULL)
		room_out(r, *g);
	free(*g);
	*g = NULL;
}

bool
room_owes(const struct guest *g)
{
	return g->owed > 0;
}

const char *
room_name(const struct guest *g)
{
	return g->claim != NULL ? g->claim->user.name : "";
}

size_t
room_users(struct room *r, struct user *users, size_t most)
{
	struct guest	*g;
	size_t		 n = 0;

	TAILQ_FOREACH(g, &r->guests, in)
		if (n++ < most)
			users[n - 1] = g->claim->user;
	return n;
}

/* ---- a guest names itself ---- */

static void
choose_name(struct room *r, struct guest *g, const char *text, size_t n,
    uint64_t now)
{
	struct user	u = { .name = text, .home = r->self };

	if (n > r->name_most)
		room_say(r, g, "The name is too long (at most %zu bytes)",
		    r->name_most);
	else if (n > 0 && names_find(&r->names, text) != NULL)
		room_say(r, g, "The name %s is in use, please choose another",
		    text);
	if (n == 0 || n > r->name_most ||
	    names_find(&r->names, text) != NULL) {
		ask_name(r, g);
		return;
	}
	/* Later than all before, whatever the clock does. */
	u.number = r->last = now > r->last ? now : r->last + 1;
	if ((g->claim = names_add(&r->names, &u, g)) == NULL) {
		ask_name(r, g);
		return;
	}
	TAILQ_INSERT_TAIL(&r->guests, g, in);
	u = g->claim->user;
	room_settle(r, g->claim->name);
	r->acts->cast_new(r->ctx, &u);
}

/* ---- commands ---- */

static struct claim *
holder(struct room *r, const char *name)
{
	struct name	*n = names_find(&r->names, name);

	return n == NULL ? NULL : names_winner(n);
}

static void
command_tell(struct room *r, struct guest *g, const char *who,
    const char *rest)
{
	struct claim	*c = holder(r, who);
	int		 n;

	if (c == NULL) {
		room_say(r, g, "%s is not connected.", who);
	} else if (c->guest != NULL) {
		room_say(r, c->guest, "*%s*: %s", room_name(g), rest);
	} else {
		n = snprintf(r->scratch, r->size, "*%s*: %s\n", room_name(g),
		    rest);
		r->acts->tell(r->ctx, &c->user, r->scratch, (size_t)n);
	}
}

static void
command_kick(struct room *r, struct guest *g, const char *who)
{
	struct claim	*c = holder(r, who);
	struct guest	*victim;
	struct name	*n;

	if (c == NULL) {
		room_say(r, g, "*** %s is not connected", who);
	} else if (c->guest == NULL) {
		/* Its home knows; it will answer. */
		g->owed++;
		r->acts->kick(r->ctx, &c->user, &g->claim->user);
	} else {
		victim = c->guest;
		room_say(r, victim, "You have been kicked: by %s",
		    room_name(g));
		n = claim_drop(r, victim);
		r->acts->end(victim->client);
		room_say(r, g, "*** you kicked %s", who);
		room_settle(r, n);
	}
}

static void
speak(struct room *r, struct guest *g, const char *line)
{
	size_t	n = show(r, "<%s>: %s", room_name(g), line);

	r->acts->cast_lines(r->ctx, r->scratch, n);
}

/* The copy is for the command, which takes it apart. */
static void
obey(struct room *r, struct guest *g, const char *line, char *copy)
{
	struct command	c;

	command_parse(&c, copy);
	switch (c.kind) {
	case COMMAND_SAY:
		speak(r, g, line);
		break;
	case COMMAND_TELL:
		command_tell(r, g, c.who, c.rest);
		break;
	case COMMAND_KICK:
		command_kick(r, g, c.who);
		break;
	case COMMAND_QUIT:
		room_out(r, g);
		r->acts->end(g->client);
		break;
	case COMMAND_UNKNOWN:
		room_say(r, g, "Unrecognised command: %s", line);
		break;
	}
}

void
room_line(struct room *r, struct guest *g, char *line, size_t n, uint64_t now)
{
	char	*copy;

	if (g->out)
		return;
	if (line == NULL) {
		room_say(r, g, "The line is too long (at most %zu bytes)",
		    r->line_most);
		if (g->claim == NULL)
			ask_name(r, g);
	} else if (g->claim == NULL) {
		choose_name(r, g, line, n, now);
	} else if (strchr(line, '/') == NULL) {
		speak(r, g, line);		/* it can be no command */
	} else if ((copy = strdup(line)) != NULL) {
		obey(r, g, line, copy);
		free(copy);
	}
}
