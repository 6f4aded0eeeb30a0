/*
 * meet.c - until all private supervisors see each other.
 *
 * Each is asked for its events first, then for its peers, and for these again
 * whenever a node came or went: nothing is missed, nothing polled for.
 *
 * Owns:    what each sees: member->seen and below.
 * Not here: how they find each other (the supervisors).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "meet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "row.h"

static const struct pid	here;

static uint64_t
bit(size_t i)
{
	return UINT64_C(1) << i;
}

/* Its place among the members, or p->n. */
static size_t
place(const struct private *p, const char *name)
{
	size_t	 i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->members[i].name, name) == 0)
			break;
	return i;
}

static int
ask_peers(struct member *m)
{
	m->seen = 0;
	m->stale = false;
	m->asking = true;
	return client_ask(m->client, here, WIRE_QUERY, "peers", NULL, 0,
	    &m->peers);
}

static void
on_peer(struct private *p, struct member *m, const struct row *row)
{
	const char	*state = row_get(row, "state");
	size_t		 i = place(p, row_get(row, "node"));

	if (i == p->n)
		return;
	if (strcmp(state, "up") == 0 || strcmp(state, "suspect") == 0) {
		m->seen |= bit(i);
	} else {
		m->missing = (unsigned int)i;
		(void)snprintf(m->why, sizeof(m->why), "%s",
		    row_get(row, "why"));
	}
}

/* -1: the stream failed. */
static int
on_frame(struct private *p, struct member *m, const struct frame *f)
{
	struct answer	 a;
	struct row	 row;
	const char	*event;

	if (f->h.ref == m->peers && client_answer(m->client, f, &a)) {
		m->asking = false;
		return m->stale ? ask_peers(m) : 0;
	}
	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return 0;
	event = row_get(&row, "event");
	if (f->h.ref == m->peers)
		on_peer(p, m, &row);
	else if (strcmp(event, "nodeup") == 0 ||
	    strcmp(event, "nodedown") == 0)
		m->stale = true;
	row_release(&row);
	return m->stale && !m->asking ? ask_peers(m) : 0;
}

static bool
all_met(const struct private *p)
{
	uint64_t	 all = 0;
	size_t		 i;

	for (i = 0; i < p->n; i++)
		all |= bit(i);
	for (i = 0; i < p->n; i++)
		if ((p->members[i].seen | bit(i)) != all)
			return false;
	return true;
}

/* Names the one that the fewest see. */
static int
too_late(struct private *p)
{
	struct member	*m, *blind = p->members;
	size_t		 i, worst = 0, missing, most = 0;
	bool		 known;

	for (i = 0; i < p->n; i++) {
		missing = 0;
		for (m = p->members; m < p->members + p->n; m++)
			missing += (m->seen & bit(i)) == 0;
		if (missing >= most) {
			most = missing;
			worst = i;
		}
	}
	while (blind == p->members + worst || (blind->seen & bit(worst)) != 0)
		blind++;
	p->members[worst].blame = true;
	known = blind->missing == worst && blind->why[0] != '\0';
	return cmd_fail(p->cmd, CMD_FAILED, "%s did not join within %d s: %s "
	    "does not see it%s%s", p->members[worst].name, PRIVATE_SECONDS,
	    blind->name, known ? ": " : "", known ? blind->why : "");
}

static int
wait_all(struct private *p)
{
	struct member	*m;
	struct frame	 f;

	while (!all_met(p)) {
		if (private_read(p, &m, &f, p->deadline) == 0) {
			if (on_frame(p, m, &f) == -1)
				return private_lost(p, m);
		} else if (errno == EINTR) {
			if (private_heard(p) != 0)
				return CMD_OWN;
		} else if (errno == ETIMEDOUT) {
			return too_late(p);
		} else {
			return private_lost(p, m);
		}
	}
	return 0;
}

int
meet_all(struct private *p)
{
	struct member	*m;
	int		 rc;

	if (p->n == 1)
		return 0;
	for (m = p->members; m < p->members + p->n; m++)
		if (client_ask(m->client, here, WIRE_QUERY, "events", NULL, 0,
		    &m->events) == -1 || ask_peers(m) == -1)
			return private_lost(p, m);
	/* A stream is asked for one thing that goes on: output is next. */
	return (rc = wait_all(p)) != 0 ? rc : private_reconnect(p);
}
