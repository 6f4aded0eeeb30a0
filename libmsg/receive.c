/*
 * receive.c - the oldest message that any clause wants.
 *
 * Owns:    choosing: first in the mailbox, by lanes where the clauses name
 *          types, then among the frames that still lie where they were
 *          received; a message that is wanted at once is never copied.
 * Not here: how frames become mail (self.c, mailbox.c), images (body.c).
 * Errors:  MSG_ERROR and errno.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "memory.h"
#include "msg.h"
#include "nodes.h"
#include "self.h"
#include "send.h"
#include "type.h"

_Static_assert(MSG_NAME_MAX + 1 == NAME_SIZE, "one size of names");

#define NO_MATCH	(-3)
#define SPOILT		(-4)		/* says it is of a type, and is not */
#define CURSORS		16		/* most clauses that use lanes */

struct wish {
	struct msg_clause	*clauses;
	size_t			 n;
	bool			 all;	/* lanes are no help: MATCH_ANY */
	bool			 writable;	/* one of them is that */
	void			*lent;	/* to the handler that matched */
};

/* ---- a clause and a letter ---- */

/* 0, or SPOILT, MSG_ERROR. */
static int
take_message(struct msg_type *t, const struct letter *l, void *out)
{
	struct msg_meta	*meta = out;
	const uint8_t	*image;
	size_t		 len;

	image = letter_image(l, &len);
	if (body_read(t, image, len, out) == -1)
		return errno == EBADMSG ? SPOILT : MSG_ERROR;
	meta->sender = msg_pid_of(l->sender);
	meta->ref = l->ref;
	return 0;
}

static int
take_if(const struct msg_clause *c, const struct letter *l)
{
	int	r = take_message(c->type, l, c->out);
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
	if ((r = take_message(c->type, l, w->lent)) != 0) {
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

/* The first clause that takes the letter: its number, or NO_MATCH, SPOILT,
   MSG_ERROR. */
static int
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
			r = take_message(c->type, l, c->out);
		if (r != NO_MATCH)
			return r == 0 ? i : r;
	}
	return NO_MATCH;
}

/* ---- in the mailbox ---- */

static void
drop(struct mail *mail)
{
	if (mail->letter.kind == LETTER_DOWN)
		(void)self_ref_gone(mail->letter.ref);	/* and the mail */
	else
		mailbox_drop(self_mailbox(), mail);
}

/* Matches one mail; what is used or spoilt goes. */
static int
match_mail(struct wish *w, struct mail *mail)
{
	int	r = match(w, &mail->letter);

	if (r == NO_MATCH || r == MSG_ERROR)
		return r;
	drop(mail);
	if (r != SPOILT)
		return r;
	msg_process_.spoilt++;
	return NO_MATCH;
}

static int
scan_all(struct wish *w)
{
	struct mail	*mail, *next;
	int		 r;

	for (mail = mailbox_first(self_mailbox()); mail != NULL; mail = next) {
		next = TAILQ_NEXT(mail, all);
		if ((r = match_mail(w, mail)) != NO_MATCH)
			return r;
	}
	return NO_MATCH;
}

static struct mail *
lane_start(const struct msg_clause *c)
{
	struct mailbox	*m = self_mailbox();

	switch (c->what) {
	case MSG_IS_TYPE:
		return mailbox_first_of(m, LETTER_USER, c->type->tag);
	case MSG_IS_DOWN:
	case MSG_IS_DOWN_OF:
		return mailbox_first_of(m, LETTER_DOWN, 0);
	case MSG_IS_EXIT:
		return mailbox_first_of(m, LETTER_EXITED, 0);
	case MSG_IS_NODE:
		return mailbox_first_of(m, LETTER_NODE, 0);
	default:
		return NULL;
	}
}

/* A cursor in each clause's lane; always the oldest of them is next. */
static int
scan_lanes(struct wish *w)
{
	struct mail	*at[CURSORS], *oldest;
	size_t		 i;
	int		 r;

	for (i = 0; i < w->n; i++)
		at[i] = lane_start(&w->clauses[i]);
	for (;;) {
		oldest = NULL;
		for (i = 0; i < w->n; i++)
			if (at[i] != NULL && (oldest == NULL ||
			    at[i]->number < oldest->number))
				oldest = at[i];
		if (oldest == NULL)
			return NO_MATCH;
		for (i = 0; i < w->n; i++)
			if (at[i] == oldest)
				at[i] = TAILQ_NEXT(oldest, same);
		if ((r = match_mail(w, oldest)) != NO_MATCH)
			return r;
	}
}

static int
scan_mailbox(struct wish *w)
{
	if (self_mailbox()->n == 0)
		return NO_MATCH;
	return w->all || w->n > CURSORS ? scan_all(w) : scan_lanes(w);
}

/* ---- where they were received ---- */

static int
scan_frames(struct wish *w)
{
	struct letter	 l;
	struct frame	 f;
	int		 r;

	while ((r = line_next(self_line(), &f)) == 1) {
		if (self_sort(&f, &l) != 1)
			continue;
		switch (r = match(w, &l)) {
		case NO_MATCH:
			self_put(&l);
			continue;
		case SPOILT:
			msg_process_.spoilt++;
			continue;
		case MSG_ERROR:
			self_put(&l);
			return MSG_ERROR;
		}
		if (l.kind == LETTER_DOWN)
			(void)self_ref_gone(l.ref);
		return r;
	}
	return r == -1 ? MSG_ERROR : NO_MATCH;
}

/* ---- waiting ---- */

/* The first clause for which a send would not wait, or NO_MATCH. */
static int
writable(const struct wish *w)
{
	int	i;

	for (i = 0; w->writable && (size_t)i < w->n; i++)
		if (w->clauses[i].what == MSG_IS_WRITABLE &&
		    !self_choked(pid_of(w->clauses[i].pid)))
			return i;
	return NO_MATCH;
}

/* Sends what is held back; that may read on, so says whether mail has come. */
static bool
flush_first(void)
{
	struct line	*l = self_line();
	uint64_t	 before = self_mailbox()->last;

	if (l->start < l->len)
		(void)line_flush(l);	/* an end is met again by reading */
	return self_mailbox()->last != before;
}

static int
choose(struct wish *w, int ms)
{
	struct mono	deadline = MONO_NEVER;
	int		r, number;

	do {
		if ((r = scan_mailbox(w)) != NO_MATCH ||
		    (r = scan_frames(w)) != NO_MATCH)
			return r;
	} while (ms != 0 && flush_first());
	if (ms >= 0)
		deadline = mono_after(mono_now(), MONO_MS(ms));
	for (;;) {
		number = writable(w);
		r = line_wait(self_line(), deadline, number != NO_MATCH);
		if (r == 2)
			return number;
		if (r == -1)
			return errno == ETIMEDOUT ? MSG_TIMEOUT : MSG_ERROR;
		if ((r = scan_frames(w)) != NO_MATCH)
			return r;
	}
}

/* ---- the calls ---- */

/* All zero, whatever comes of it. */
static int
clause_ready(struct wish *w, struct msg_clause *c)
{
	switch (c->what) {
	case MSG_IS_TYPE:
		if (c->out != NULL)
			memset(c->out, 0, c->type->size);
		return type_ready(c->type);
	case MSG_IS_ANY:
		w->all = true;
		memset(c->out, 0, sizeof(struct msg_any));
		return 0;
	case MSG_IS_WRITABLE:
		w->writable = true;
		return 0;
	case MSG_IS_NODE:
		memset(c->out, 0, sizeof(struct msg_node_event));
		return 0;
	default:
		memset(c->out, 0, sizeof(struct msg_down));
		return 0;
	}
}

int
msg_receive_(int ms, struct msg_clause *clauses)
{
	struct wish	 w = { .clauses = clauses };
	struct msg_clause *c;
	bool		 good = true;
	int		 r;

	for (c = clauses; c->what != MSG_IS_END; c++, w.n++)
		if (clause_ready(&w, c) == -1)
			good = false;
	if (!good || self_open() == -1)
		return MSG_ERROR;
	r = choose(&w, ms);
	if (w.lent != NULL) {
		c = &clauses[r];
		c->type->call(c->handler, w.lent, c->arg);
		body_release(c->type, w.lent);
		free(w.lent);
	}
	return r;
}

/*
 * What msg_receive would do with this one clause, as long as it need not wait:
 * most messages are received here.  NO_MATCH: one must wait, or it is not as
 * simple.
 */
static int
expect_now(struct msg_type *t, void *out)
{
	struct letter	l;
	struct frame	f;

	if (self_mailbox()->n != 0)
		return NO_MATCH;
	while (line_next(self_line(), &f) == 1) {
		if (self_sort(&f, &l) != 1)
			continue;
		if (l.kind == LETTER_USER && l.tag == t->tag &&
		    take_message(t, &l, out) == 0)
			return 0;
		self_put(&l);
		return NO_MATCH;
	}
	return NO_MATCH;
}

int
msg_expect_(struct msg_type *t, void *out, int ms)
{
	struct msg_clause	c[2];

	if (t->head_len != 0 && msg_process_.open &&
	    expect_now(t, out) == 0)
		return 0;
	c[0] = (struct msg_clause){ .what = MSG_IS_TYPE, .type = t,
	    .out = out };
	c[1].what = MSG_IS_END;
	return msg_receive_(ms, c) == 0 ? 0 : -1;
}

int
msg_fd(void)
{
	return self_open() == -1 ? -1 : self_line()->in.fd;
}

int
msg_pump(void)
{
	struct line	*l = self_line();
	size_t		 n;

	if (self_open() == -1)
		return -1;
	if (l->corks == 0)
		(void)line_try_flush(l);
	line_look(l);
	n = self_mailbox()->n;
	if (n == 0 && l->lost) {
		errno = EPIPE;
		return -1;
	}
	return n > INT_MAX ? INT_MAX : (int)n;
}
