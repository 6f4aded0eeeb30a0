/*
 * port.c - the ports of this process, and the messages that wait in them.
 *
 * A merged port keeps the numbers of its members, which must be there when it
 * is made, and gets no more of them: so what it holds is always older than
 * itself, and there is no way round to where one began.
 *
 * Owns:    the map of ports, their queues, whose turn it is in a merged one.
 * Not here: what a message is (body.c), who chooses (receive.c), telling that
 *          a port is closed (self.c).
 * Errors:  NULL or -1, and errno.
 */
#include "port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT_FIRST	16

/* ---- they come and go ---- */

static struct port *
port_add(struct ports *ps, uint64_t id, struct msg_type *t, size_t n)
{
	struct port	*p;

	if ((p = calloc(1, sizeof(*p) + n * sizeof(p->members[0]))) == NULL)
		return NULL;
	p->id = id;
	p->type = t;
	p->n = n;
	p->weight = 1;
	TAILQ_INIT(&p->mail);
	if (map_put(&ps->by_id, id, p) == 0)
		return p;
	free(p);
	return NULL;
}

static uint64_t
next_id(struct ports *ps)
{
	return PORT_BORN + ++ps->made;
}

struct port *
port_born(struct ports *ps, struct msg_type *t)
{
	return port_add(ps, PORT_BORN, t, 0);
}

struct port *
port_new(struct ports *ps, struct msg_type *t)
{
	return port_add(ps, next_id(ps), t, 0);
}

struct port *
port_merge(struct ports *ps, struct msg_type *t, bool rotates,
    const uint64_t *members, size_t n)
{
	const struct port	*m;
	struct port		*p;
	unsigned int		 depth = 0;
	size_t			 weight = 1, i;

	for (i = 0; i < n; i++) {
		if ((m = port_find(ps, members[i])) == NULL) {
			errno = ESRCH;
			return NULL;
		}
		weight += m->weight;
		if (m->depth > depth)
			depth = m->depth;
		if (weight > PORT_WEIGHT_MAX || depth >= PORT_DEPTH_MAX) {
			errno = E2BIG;
			return NULL;
		}
	}
	if ((p = port_add(ps, next_id(ps), t, n)) == NULL)
		return NULL;
	memcpy(p->members, members, n * sizeof(members[0]));
	p->rotates = rotates;
	p->weight = weight;
	p->depth = depth + 1;
	return p;
}

void
port_close(struct ports *ps, struct mailbox *box, struct port *p)
{
	while (!TAILQ_EMPTY(&p->mail))
		port_drop(ps, box, p);
	(void)map_take(&ps->by_id, p->id);
	if (ps->recent == p)
		ps->recent = NULL;
	free(p);
}

bool
port_alive(const struct ports *ps, const struct port *p)
{
	const struct port	*m;
	size_t			 i;

	for (i = 0; i < p->n; i++)
		if ((m = port_find(ps, p->members[i])) != NULL &&
		    port_alive(ps, m))
			return true;
	return p->n == 0;
}

/* ---- messages ---- */

int
port_put(struct ports *ps, struct mailbox *box, const struct letter *l)
{
	struct port	*p = port_find(ps, l->ref);
	struct mail	*mail;

	if (p == NULL || p->n != 0)
		return 0;		/* nobody can send to a merged one */
	if ((mail = mailbox_keep(box, l)) == NULL)
		return -1;
	TAILQ_INSERT_TAIL(&p->mail, mail, same);
	ps->n++;
	return 0;
}

void
port_drop(struct ports *ps, struct mailbox *box, struct port *p)
{
	struct mail	*mail = TAILQ_FIRST(&p->mail);

	TAILQ_REMOVE(&p->mail, mail, same);
	ps->n--;
	mailbox_free(box, mail);
}

/*
 * Down the way on which the next message lies.  Its list of members rotates by
 * one, whoever was served, wherever something was taken from: not elsewhere.
 */
static struct port *
walk(const struct ports *ps, struct port *p, bool taken)
{
	struct port	*m, *found;
	size_t		 i, at;

	if (p->n == 0)
		return TAILQ_EMPTY(&p->mail) ? NULL : p;
	for (i = 0; i < p->n; i++) {
		at = p->turn + i < p->n ? p->turn + i : p->turn + i - p->n;
		if ((m = port_find(ps, p->members[at])) == NULL ||
		    (found = walk(ps, m, taken)) == NULL)
			continue;
		if (taken && p->rotates && ++p->turn == p->n)
			p->turn = 0;
		return found;
	}
	return NULL;
}

struct port *
port_first(const struct ports *ps, struct port *p)
{
	return ps->n == 0 ? NULL : walk(ps, p, false);
}

void
port_served(struct ports *ps, struct mailbox *box, struct port *p)
{
	port_drop(ps, box, walk(ps, p, true));
}

/* ---- those who watch ---- */

int
port_asked(struct ports *ps, uint64_t id)
{
	struct port	*p = port_find(ps, id);
	uint64_t	*more;
	size_t		 cap;

	if (p != NULL && p->n == 0) {
		p->watched = true;
		return 0;
	}
	if (ps->nabsent == ps->absent_cap) {
		cap = ps->absent_cap == 0 ? ABSENT_FIRST : ps->absent_cap * 2;
		if ((more = realloc(ps->absent, cap * sizeof(*more))) == NULL)
			return -1;
		ps->absent = more;
		ps->absent_cap = cap;
	}
	ps->absent[ps->nabsent++] = id;
	return 0;
}
