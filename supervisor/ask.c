/*
 * ask.c - what the relay asks of the parent, over the order link.
 *
 * Owns:    the form of these frames.  The link is FIFO: a kill that follows a
 *          spawn finds the child there.
 * Not here: who decides (life.c, spawn.c), the answers (relay.c hands them
 *           out).
 * Errors:  -1 and ENOMEM; who must not lose an order tries again (life.c).
 */
#include "ask.h"

#include <errno.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

static int
ask_send(struct node *n, struct buf *b, struct wire_head *h, const int *fds,
    size_t nfds)
{
	size_t	i;
	int	rc = -1;

	h->len = (uint32_t)b->len;
	if (b->error == 0) {
		wire_put(b->p, h);
		rc = nfds > 0 ?
		    conn_put_fds(&n->parent, b->p, b->len, fds, nfds) :
		    conn_put(&n->parent, b->p, b->len);
	} else {
		for (i = 0; i < nfds; i++)
			close(fds[i]);
		errno = b->error;
	}
	buf_release(b);
	if (rc == 0)
		n->acts->order(n);
	return rc;
}

static void
ask_begin(struct buf *b)
{
	buf_init(b, WIRE_MAX);
	(void)buf_room(b, WIRE_HEAD);
}

int
ask_spawn(struct proc *p, const char *worker, struct ask_args args,
    const int *fds, size_t nfds)
{
	struct wire_head	h = { .op = WIRE_O_SPAWN };
	struct buf		b;

	h.to.serial = p->serial;
	ask_begin(&b);
	buf_add_str8(&b, p->program);
	buf_add_str8(&b, p->entry);
	buf_add_str8(&b, worker);
	if (args.n == 0)
		buf_add_u16(&b, 0);
	else
		buf_add(&b, args.p, args.n);
	return ask_send(p->node, &b, &h, fds, nfds);
}

int
ask_kill(struct proc *p, int sig, bool order)
{
	struct wire_head	h = { .op = WIRE_O_KILL };
	struct buf		b;

	h.to.serial = p->serial;
	ask_begin(&b);
	buf_add_u32(&b, (uint32_t)sig);
	buf_add_u8(&b, order);
	return ask_send(p->node, &b, &h, NULL, 0);
}

void
ask_plain(struct node *n, enum wire_op op)
{
	struct wire_head	h = { .op = (uint8_t)op };
	struct buf		b;

	ask_begin(&b);
	if (ask_send(n, &b, &h, NULL, 0) == -1)
		log_warn(n->log, "order %s", wire_rule(op)->name);
}

void
ask_reload(struct node *n, bool dry_run)
{
	struct wire_head	h = { .op = WIRE_O_RELOAD };
	struct buf		b;

	ask_begin(&b);
	buf_add_u8(&b, dry_run);
	if (ask_send(n, &b, &h, NULL, 0) == -1)
		log_warn(n->log, "order reload");
}
