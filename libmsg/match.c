/*
 * match.c - a clause of msg_receive and a letter: does it want it, and take it.
 *
 * Owns:    how each kind of clause takes what it wants.
 * Not here: which letters are tried, and in what order (receive.c).
 * Errors:  SPOILT for what is not what it says; MSG_ERROR and errno.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "nodes.h"

_Static_assert(MSG_NAME_MAX + 1 == NAME_SIZE, "one size of names");

static int
take_if(const struct msg_clause *c, const struct letter *l)
{
	int	r = match_message(c->type, l, c->out);
	bool	good;

	if (r != 0)
		return r;
	msg_process_.choosing = true;
	good = c->type->test(c->pred, c->out, c->ctx);
	msg_process_.choosing = false;
	if (good)
		return 0;
	body_release(c->type, c->out);
	return NO_MATCH;
}

/* Into memory of its own, for as long as the handler has it. */
static int
take_lent(struct wish *w, const struct msg_clause *c, const struct letter *l)
{
	int	r;

	if ((w->lent = malloc(c->type->size)) == NULL)
		return MSG_ERROR;
	if ((r = match_message(c->type, l, w->lent)) != 0) {
		free(w->lent);
		w->lent = NULL;
	}
	return r;
}

/* One block: image, type and format. */
static int
take_any(struct msg_any *any, const struct letter *l)
{
	size_t		 len;
	const uint8_t	*image = letter_image(l, &len);
	char		*p;

	if (!letter_genuine(l))
		return SPOILT;
	if ((p = memory_new(l->len + 2)) == NULL)
		return MSG_ERROR;
	any->msg = (struct msg_meta){ msg_pid_of(l->sender), l->ref, p };
	memcpy(p, image, len);
	any->image = (struct msg_blob){ len, p };
	p += len;
	memcpy(p, l->text, l->name_len);
	p[l->name_len] = '\0';
	any->type = p;
	p += l->name_len + 1;
	memcpy(p, l->text + l->name_len, l->format_len);
	p[l->format_len] = '\0';
	any->format = p;
	return 0;
}

static void
take_death(struct msg_down *down, const struct letter *l)
{
	size_t	n = l->len < MSG_CAUSE_MAX ? l->len : MSG_CAUSE_MAX - 1;

	down->pid = msg_pid_of(l->sender);
	down->ref = l->ref;
	down->normal = l->normal;
	memcpy(down->cause, l->text, n);
	down->cause[n] = '\0';
}

static void
take_node(struct msg_node_event *e, const struct letter *l)
{
	e->node.id = l->sender.node;
	e->up = l->up;
	letter_node(l, e->name, e->role);
	nodes_learn(e->node.id, e->name);
}

static bool
wants_notice(const struct msg_clause *c, const struct letter *l)
{
	switch (c->what) {
	case MSG_IS_NODE:
		return l->kind == LETTER_NODE;
	case MSG_IS_DOWN:
		return l->kind == LETTER_DOWN;
	case MSG_IS_DOWN_OF:
		return l->kind == LETTER_DOWN &&
		    pid_equal(pid_of(c->pid), l->sender);
	case MSG_IS_EXIT:
		return l->kind == LETTER_EXITED;
	default:
		return false;
	}
}

int
match(struct wish *w, const struct letter *l)
{
	const struct msg_clause	*c;
	int			 i, r;

	for (i = 0; (size_t)i < w->n; i++) {
		c = &w->clauses[i];
		if (l->kind != LETTER_USER) {
			if (!wants_notice(c, l))
				continue;
			if (l->kind == LETTER_NODE)
				take_node(c->out, l);
			else
				take_death(c->out, l);
			return i;
		}
		if (c->what == MSG_IS_ANY)
			r = take_any(c->out, l);
		else if (c->what != MSG_IS_TYPE || c->type->tag != l->tag)
			continue;
		else if (c->handler != NULL)
			r = take_lent(w, c, l);
		else if (c->pred != NULL)
			r = take_if(c, l);
		else
			r = match_message(c->type, l, c->out);
		if (r != NO_MATCH)
			return r == 0 ? i : r;
	}
	return NO_MATCH;
}
