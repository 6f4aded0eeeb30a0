/*
 * stream.c - connections of processes: what is queued, handed out, closed.
 *
 * Owns:    struct stream; the sum of queued bytes; frames lent to TAKE.
 * Not here: what frames mean (route.c), marks (flow.c), polling (the acts).
 * Errors:  want of memory closes the stream it hits, and nothing else.
 */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "bug.h"
#include "settings.h"
#include "proc.h"

#define SMALL_BODY	1024		/* bytes */
#define DONE_TEXT	20		/* where the text of DONE begins */
#define DONE_TEXT_MOST	4000

static const unsigned int who_of_kind[] = {
	[STREAM_WORKER] = WIRE_W,
	[STREAM_ATTACHED] = WIRE_A,
	[STREAM_GUEST] = WIRE_G,
	[STREAM_PROXY] = 0,		/* nothing is read from it */
};

struct stream *
stream_new(struct proc *p, enum stream_kind kind, int fd)
{
	struct node	*n = p->node;
	struct stream	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		if (fd != -1)
			close(fd);
		return NULL;
	}
	conn_init(&s->conn, fd, who_of_kind[kind],
	    (uint32_t)n->conf->node.max_message);
	s->conn.budget = &n->frame_memory;
	s->conn.takes_fds = kind == STREAM_WORKER;
	s->kind = kind;
	s->proc = p;
	LIST_INIT(&s->chokes);
	if (kind == STREAM_ATTACHED) {
		s->ref_base = WIRE_REF_ATTACHED | (uint64_t)p->attaches << 32;
		p->attaches++;
		p->nattached++;
		LIST_INSERT_HEAD(&p->attached, s, entry);
	} else
		p->main = s;
	return s;
}

/* What is queued counts in the node's sum; one place keeps it true. */
static void
stream_count(struct stream *s)
{
	struct node	*n = s->proc->node;

	n->queued = n->queued - s->counted + s->conn.out_bytes;
	s->counted = s->conn.out_bytes;
}

static void	serve_takers(struct proc *);

/*
 * Gives a frame that was lent and not acknowledged back to the queue's head.  A
 * worker that has said HELLO meanwhile gets it last: the head may be half sent.
 */
static void
stream_give_back(struct stream *s)
{
	struct stream	*main = s->proc->main;
	struct block	*lent = s->lent;

	s->lent = NULL;
	if (lent == NULL || main == NULL || main->closed) {
		free(lent);
		return;
	}
	if (main->hello)
		stream_send(main, lent->p, lent->n);
	else {
		/* Without memory it is lost, as in a crash after TAKEN. */
		(void)conn_out_unget(&main->conn, lent->p, lent->n);
		stream_count(main);
		serve_takers(s->proc);
	}
	free(lent);
}

void
stream_close(struct stream *s)
{
	struct proc	*p = s->proc;
	struct choke	*c;

	if (s->closed)
		return;
	s->closed = true;
	while ((c = LIST_FIRST(&s->chokes)) != NULL) {
		LIST_REMOVE(c, by_sender);
		LIST_REMOVE(c, by_sink);
		free(c);
	}
	s->paused = s->taking = false;
	if (s->kind == STREAM_ATTACHED) {
		LIST_REMOVE(s, entry);
		p->nattached--;
		stream_give_back(s);
	}
	p->node->queued -= s->counted;
	s->counted = 0;
	if (p->main == s)
		p->main = NULL;
	p->node->acts->update(s);
	STAILQ_INSERT_TAIL(&p->node->dead_streams, s, later);
}

void
stream_bury(struct node *n)
{
	struct stream	*s;

	while ((s = STAILQ_FIRST(&n->dead_streams)) != NULL) {
		STAILQ_REMOVE_HEAD(&n->dead_streams, later);
		BUG_ON(s->io != NULL);
		conn_release(&s->conn);
		free(s);
	}
}

void
stream_send(struct stream *s, const void *bytes, size_t len)
{
	if (s->closed)
		return;
	if (conn_write(&s->conn, bytes, len) == -1) {
		stream_close(s);
		return;
	}
	if (s->conn.out_bytes != s->counted) {
		stream_count(s);
		s->proc->node->acts->update(s);
	}
}

/*
 * A frame put together where there is no run of bytes to pass on.  Notices and
 * answers are small and need no memory: they are what is said when there is
 * none.
 */
struct made {
	uint8_t	 small[WIRE_HEAD + SMALL_BODY];
	uint8_t	*p;			/* NULL: no memory for a large one */
	size_t	 n;
};

static void
frame_make(struct made *m, struct wire_head *h, const void *body, size_t n)
{
	m->n = WIRE_HEAD + n;
	m->p = n <= SMALL_BODY ? m->small : malloc(m->n);
	if (m->p == NULL)
		return;
	h->len = (uint32_t)m->n;
	wire_put(m->p, h);
	if (n != 0)
		memcpy(m->p + WIRE_HEAD, body, n);
}

static void
frame_unmake(struct made *m)
{
	if (m->p != m->small)
		free(m->p);
}

void
stream_frame(struct stream *s, struct wire_head *h, const void *body, size_t n)
{
	struct made	m;

	if (s->closed)
		return;
	h->to = proc_pid(s->proc);
	frame_make(&m, h, body, n);
	if (m.p == NULL)
		stream_close(s);
	else
		stream_send(s, m.p, m.n);
	frame_unmake(&m);
}

void
stream_done(struct stream *s, uint64_t ref, int err, struct pid pid,
    const char *text)
{
	struct wire_head	h = { .op = WIRE_DONE, .ref = ref };
	uint8_t			body[DONE_TEXT + DONE_TEXT_MOST];
	size_t			n = text == NULL ? 0 :
				    strnlen(text, DONE_TEXT_MOST);

	put_u32(body, (uint32_t)err);
	put_u64(body + 4, pid.node);
	put_u64(body + 12, pid.serial);
	if (n != 0)
		memcpy(body + DONE_TEXT, text, n);
	stream_frame(s, &h, body, DONE_TEXT + n);
}

void
stream_discard(struct stream *s)
{
	conn_out_clear(&s->conn);
	stream_count(s);
}

void
stream_flush(struct stream *s)
{
	if (s->closed)
		return;
	/* A dead end is no news here: death is told by waitpid, or by EOF. */
	(void)conn_flush(&s->conn);
	stream_count(s);
	s->proc->node->acts->update(s);
}

struct stream *
stream_of_ref(struct proc *p, uint64_t ref)
{
	struct stream	*s;

	if ((ref & WIRE_REF_ATTACHED) == 0)
		return p->main;
	LIST_FOREACH(s, &p->attached, entry)
		if (s->ref_base == (ref & STREAM_BASE))
			return s;
	return NULL;
}

uint8_t *
stream_peek(struct stream *s, size_t *n)
{
	return (uint8_t *)(uintptr_t)conn_out_peek(&s->conn, n);
}

void
stream_drop(struct stream *s)
{
	conn_out_drop(&s->conn);
	stream_count(s);
}

size_t
stream_waiting(const struct proc *p)
{
	return p->main == NULL ? 0 : p->main->conn.out_bytes;
}

/* ---- the mailbox of a process that has none of its own ---- */

/* Hands over the head of the queue: s has it, or is closed. */
static void
lend(struct stream *s, struct stream *main)
{
	size_t		 len;
	const uint8_t	*bytes = conn_out_peek(&main->conn, &len);

	if ((s->lent = block_new(bytes, len)) == NULL) {
		stream_close(s);
		return;
	}
	conn_out_drop(&main->conn);
	stream_count(main);
	s->taking = false;
	stream_send(s, s->lent->p, s->lent->n);
}

/* Hands the head of the queue to whoever has asked for longest. */
static void
serve_takers(struct proc *p)
{
	struct stream	*s, *taker;

	while (p->main != NULL && !p->main->hello &&
	    p->main->conn.out_bytes > 0) {
		taker = NULL;
		LIST_FOREACH(s, &p->attached, entry)
			if (s->taking)
				taker = s;	/* the last was the first */
		if (taker == NULL)
			return;
		lend(taker, p->main);
	}
}

void
stream_to_proc(struct proc *p, const void *bytes, size_t len)
{
	struct stream	*s = p->main;

	if (s == NULL || s->closed)
		return;
	if (s->hello) {
		stream_send(s, bytes, len);
		return;
	}
	if (conn_put(&s->conn, bytes, len) == -1) {
		stream_close(s);
		return;
	}
	stream_count(s);
	if (p->nattached != 0)
		serve_takers(p);
}

void
stream_frame_to_proc(struct proc *p, struct wire_head *h, const void *body,
    size_t n)
{
	struct made	m;

	h->to = proc_pid(p);
	frame_make(&m, h, body, n);
	if (m.p != NULL)
		stream_to_proc(p, m.p, m.n);
	else if (p->main != NULL)
		stream_close(p->main);
	frame_unmake(&m);
}

void
stream_first(struct stream *s, struct wire_head *h, const void *body, size_t n)
{
	struct made	m;

	if (s->closed)
		return;
	h->to = proc_pid(s->proc);
	frame_make(&m, h, body, n);
	if (m.p == NULL || conn_out_unget(&s->conn, m.p, m.n) == -1)
		stream_close(s);
	frame_unmake(&m);
}

void
stream_hello(struct stream *s)
{
	struct stream	*other, *next;

	if (s->closed)
		return;
	s->hello = true;
	if (s == s->proc->main) {
		s->proc->hello = true;
		LIST_FOREACH_SAFE(other, &s->proc->attached, entry, next)
			if (other->taking)
				stream_take_refuse(other, other->take_ref);
	}
	stream_flush(s);
}

void
stream_take_refuse(struct stream *s, uint64_t ref)
{
	static const struct pid	nobody = { 0, 0 };

	s->taking = false;
	stream_done(s, ref, EBUSY, nobody,
	    "this worker reads its own mailbox");
}

void
stream_take(struct stream *s, uint64_t ref)
{
	s->take_ref = ref;
	s->taking = true;
	serve_takers(s->proc);
}

void
stream_taken(struct stream *s)
{
	free(s->lent);
	s->lent = NULL;
}
