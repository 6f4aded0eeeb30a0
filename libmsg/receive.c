/*
 * receive.c - the oldest message that any clause wants.
 *
 * Three ways.  Messages alone: first in the mailbox, by lanes where the clauses
 * name types, then among the frames that still lie where they were received; a
 * message that is wanted at once is never copied.  One port alone: the same
 * with its queue.  Ports beside messages, several or merged: all that has come
 * is sorted first, for the clauses decide, not the order in which it came.
 *
 * They stand together because what one of them leaves another takes.
 *
 * Owns:    choosing.
 * Not here: whether a clause wants a letter (match.c), how frames become mail
 *          (self.c, mailbox.c), what a port holds (port.c), images (body.c).
 * Errors:  MSG_ERROR and errno.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "type.h"

#define CURSORS		16		/* most clauses that use lanes */
/* With more than this in hand what lies in the kernel stays there: who falls
   behind is to slow down those who send. */
#define SORT_AHEAD	(64u << 10)

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

/* ---- from ports ---- */

/* The oldest message of a port; what is spoilt goes. */
static int
take_from(struct port *port, const struct msg_clause *c)
{
	struct ports	*ps = self_ports();
	struct port	*from;
	int		 r;

	while ((from = port_first(ps, port)) != NULL) {
		r = match_message(c->type, &TAILQ_FIRST(&from->mail)->letter,
		    c->out);
		if (r == MSG_ERROR)
			return MSG_ERROR;
		if (r == 0) {
			((struct msg_meta *)c->out)->ref = 0;
			port_served(ps, self_mailbox(), port);
			return 0;
		}
		port_drop(ps, self_mailbox(), from);
		msg_process_.spoilt++;
	}
	return NO_MATCH;
}

/* The next frame to this port, where it lies; others are kept. */
static int
scan_to_port(const struct port *port, struct msg_type *t, void *out)
{
	struct msg_meta	*meta = out;
	struct frame	 f;
	int		 r;

	while ((r = line_next(self_line(), &f)) == 1) {
		if (f.h.op != WIRE_CHANNEL || f.h.ref != port->id) {
			self_keep(&f);
			continue;
		}
		if (body_read(t, f.body, f.body_len, out) == 0) {
			meta->sender = msg_pid_of(f.h.from);
			meta->ref = 0;
			return 0;
		}
		if (errno != EBADMSG) {
			self_keep(&f);
			return MSG_ERROR;
		}
		msg_process_.spoilt++;
	}
	return r == -1 ? MSG_ERROR : NO_MATCH;
}

static int
scan_alone(struct wish *w)
{
	const struct msg_clause	*c = w->clauses;
	int			 r = take_from(w->alone, c);

	return r != NO_MATCH ? r : scan_to_port(w->alone, c->type, c->out);
}

/* ---- ports and messages ---- */

/* Everything that is here goes to its port, or into the mailbox. */
static int
sort_all(bool look)
{
	struct line	*l = self_line();
	struct frame	 f;
	int		 r;

	while ((r = line_next(l, &f)) == 1)
		self_keep(&f);
	if (r == 0 && look && self_mailbox()->bytes < SORT_AHEAD)
		line_look(l);
	return r;
}

static int
scan_run_of_ports(struct wish *w, size_t i, size_t end)
{
	int	r;

	for (; i < end; i++)
		if ((r = take_from(port_find(self_ports(),
		    w->clauses[i].port->id), &w->clauses[i])) != NO_MATCH)
			return r == 0 ? (int)i : r;
	return NO_MATCH;
}

static int
scan_run_of_messages(struct wish *w, size_t i, size_t end)
{
	struct wish	part = { .clauses = w->clauses + i, .n = end - i,
			    .all = w->all };
	int		r = scan_mailbox(&part);

	w->lent = part.lent;
	return r >= 0 ? r + (int)i : r;
}

/* Neighbours of one kind are a run; runs are tried from left to right. */
static int
scan_runs(struct wish *w, bool look)
{
	size_t	i, end;
	bool	ports;
	int	r, line = sort_all(look);

	for (i = 0; i < w->n; i = end) {
		ports = w->clauses[i].what == MSG_IS_PORT;
		for (end = i + 1; end < w->n; end++)
			if ((w->clauses[end].what == MSG_IS_PORT) != ports)
				break;
		r = ports ? scan_run_of_ports(w, i, end) :
		    scan_run_of_messages(w, i, end);
		if (r != NO_MATCH)
			return r;
	}
	return line == -1 ? MSG_ERROR : NO_MATCH;
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

/* The same of ports that somebody asked after. */
static bool
tell_first(void)
{
	uint64_t	 before = self_mailbox()->last;

	while (self_ports()->nabsent != 0)
		self_tell_closed(true);
	return self_mailbox()->last != before;
}

/* All that is here, or only what has just come. */
static int
scan(struct wish *w, bool all)
{
	int	r;

	if (w->alone != NULL)
		return scan_alone(w);
	if (w->ports)
		return scan_runs(w, all);
	if (all && (r = scan_mailbox(w)) != NO_MATCH)
		return r;
	return scan_frames(w);
}

static int
choose(struct wish *w, int ms)
{
	struct mono	deadline = MONO_NEVER;
	int		r, number;

	do {
		if ((r = scan(w, true)) != NO_MATCH)
			return r;
	} while (ms != 0 && flush_first());
	if (ms >= 0)
		deadline = mono_after(mono_now(), MONO_MS(ms));
	for (;;) {
		if (tell_first() && (r = scan(w, true)) != NO_MATCH)
			return r;
		number = writable(w);
		r = line_wait(self_line(), deadline, number != NO_MATCH);
		if (r == 2)
			return number;
		if (r == -1)
			return errno == ETIMEDOUT ? MSG_TIMEOUT : MSG_ERROR;
		if ((r = scan(w, false)) != NO_MATCH)
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
	case MSG_IS_PORT:
		w->ports = true;
		memset(c->out, 0, c->type->size);
		return type_ready(c->type);
	case MSG_IS_NODE:
		memset(c->out, 0, sizeof(struct msg_node_event));
		return 0;
	default:
		memset(c->out, 0, sizeof(struct msg_down));
		return 0;
	}
}

/* NULL: ESRCH it is closed, or not of this process; EINVAL another type. */
static struct port *
port_of(const struct msg_port *at, const struct msg_type *t)
{
	struct port	*p = port_find(self_ports(), at->id);

	if (p == NULL || !pid_equal(pid_of(at->owner), msg_process_.pid) ||
	    (p->n != 0 && !port_alive(self_ports(), p))) {
		errno = ESRCH;
		return NULL;
	}
	if (p->type->tag != t->tag) {
		errno = EINVAL;
		return NULL;
	}
	self_ports()->recent = p;
	return p;
}

static int
ports_ready(struct wish *w)
{
	const struct msg_clause	*c;
	struct port		*p = NULL;

	for (c = w->clauses; c->what != MSG_IS_END; c++)
		if (c->what == MSG_IS_PORT &&
		    (p = port_of(c->port, c->type)) == NULL)
			return -1;
	if (w->n == 1 && p->n == 0)
		w->alone = p;
	return 0;
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
	if (!good || self_open() == -1 || (w.ports && ports_ready(&w) == -1))
		return MSG_ERROR;
	r = choose(&w, ms);
	self_leave();
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
		    match_message(t, &l, out) == 0) {
			self_leave();
			return 0;
		}
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

/* As expect_now(). */
static int
channel_now(const struct msg_port *at, struct msg_type *t, void *out)
{
	struct port	*p = port_of(at, t);
	int		r;

	if (p == NULL || p->n != 0 || !TAILQ_EMPTY(&p->mail))
		return NO_MATCH;
	if ((r = scan_to_port(p, t, out)) == 0)
		self_leave();
	return r;
}

int
msg_channel_receive_(struct msg_type *t, const struct msg_port *port,
    void *out, int ms)
{
	struct msg_clause	c[2];

	if (t->head_len != 0 && msg_process_.open &&
	    channel_now(port, t, out) == 0)
		return 0;
	c[0] = (struct msg_clause){ .what = MSG_IS_PORT, .type = t,
	    .out = out, .port = port };
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
	self_leave();
	n = self_mailbox()->n + self_ports()->n;
	if (n == 0 && l->lost) {
		errno = EPIPE;
		return -1;
	}
	return n > INT_MAX ? INT_MAX : (int)n;
}
