/*
 * trunk.c - one TCP connection to another node: how it opens and ends.
 *
 * Owns:    struct trunk, node->trunks.
 * Not here: sockets and TLS (tcp.c), the handshake (handshake.c), what travels
 *          (traffic.c), the session it carries (session.c).
 * Errors:  a connection that ends leaves the session it carried, which is
 *          resumed by another.
 */
#include "trunk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "hail.h"
#include "log.h"
#include "post.h"

#define HAIL_MOST	(WIRE_HEAD + 1024)	/* bytes of a first frame */
#define CTL_MOST	(16u << 10)

/* ---- beginning and end ---- */

static void
on_alarm(void *arg)
{
	struct trunk	*t = arg;

	if (t->state < TRUNK_UP && !t->closing)
		trunk_refuse(t, HAIL_TIMEOUT, NULL);
	else
		trunk_close(t);		/* its last words take too long */
}

struct trunk *
trunk_open(struct node *n, struct target *target, const char *from,
    bool loopback, void *io)
{
	struct trunk	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->node = n;
	t->target = target;
	t->dialled = target != NULL;
	t->loopback = loopback;
	t->io = io;
	(void)strlcpy(t->from, from, sizeof(t->from));
	conn_init(&t->conn, -1, WIRE_N, HAIL_MOST);
	buf_init(&t->ctl, CTL_MOST);
	t->alarm = (struct alarm){ .arg = t, .node = n };
	LIST_INSERT_HEAD(&n->trunks, t, entry);
	trunk_expect(t);
	if (t->dialled)
		dial_opened(target, t);
	return t;
}

void
trunk_expect(struct trunk *t)
{
	t->alarm.fn = on_alarm;
	t->node->acts->alarm(&t->alarm, mono_after(t->node->now,
	    MONO_MS(TRUNK_HELLO_MS)));
}

/* Its dial, if it was one that has led to nothing. */
static void
dial_is_over(struct trunk *t, const char *why, enum dial_next next)
{
	struct target	*target = t->target;

	t->target = NULL;
	if (target != NULL)
		dial_failed(target, why, next);
}

void
trunk_close(struct trunk *t)
{
	struct peer	*p = t->peer;

	if (t->state == TRUNK_CLOSED)
		return;
	t->state = TRUNK_CLOSED;
	t->peer = NULL;
	t->node->acts->alarm(&t->alarm, MONO_NEVER);
	LIST_REMOVE(t, entry);
	STAILQ_INSERT_TAIL(&t->node->dead_trunks, t, dead);
	t->node->acts->push(t);
	dial_is_over(t, "the connection ended", DIAL_LATER);
	if (p != NULL && p->trunk == t) {
		p->trunk = NULL;
		t->node->unsettled = true;	/* session_turn() sees it */
	}
}

void
trunk_bury(struct node *n)
{
	struct trunk	*t, *next;

	for (t = STAILQ_FIRST(&n->dead_trunks); t != NULL; t = next) {
		next = STAILQ_NEXT(t, dead);
		if (t->io != NULL)
			continue;
		STAILQ_REMOVE(&n->dead_trunks, t, trunk, dead);
		conn_release(&t->conn);
		buf_release(&t->ctl);
		free(t);
	}
}

void
trunk_ended(struct trunk *t, const char *why)
{
	if (t->state == TRUNK_CLOSED)
		return;
	dial_is_over(t, why == NULL ? "the connection was closed" : why,
	    DIAL_LATER);
	trunk_close(t);
}

/* The rest of ctl is written, then it closes: soon, in any case. */
static void
close_after(struct trunk *t)
{
	struct peer	*p = t->peer;

	t->closing = true;
	t->alarm.fn = on_alarm;
	t->peer = NULL;
	if (p != NULL && p->trunk == t)
		p->trunk = NULL;
	t->node->acts->alarm(&t->alarm, mono_after(t->node->now,
	    MONO_MS(1000)));
	t->node->acts->push(t);
}

/* What is next for the address, after this refusal. */
static enum dial_next
next_of(int reason)
{
	switch (reason) {
	case HAIL_AGAIN:
		return DIAL_AGAIN;
	case HAIL_SELF:
		return DIAL_SELF;
	case HAIL_NAME:
		return DIAL_CONFLICT;
	}
	return DIAL_LATER;
}

void
trunk_refuse(struct trunk *t, int reason, const char *text)
{
	struct node	*n = t->node;

	if (t->state == TRUNK_CLOSED || t->closing)
		return;
	if (text == NULL)
		text = hail_reason_text((enum hail_reason)reason);
	if (reason != HAIL_AGAIN && reason != HAIL_SELF) {
		n->stats.connections_refused++;
		log_warnx(n->log, "connection %s %s refused: %s",
		    t->dialled ? "to" : "from", t->target != NULL ?
		    t->target->address : t->from, text);
	}
	hail_put_refuse(&t->ctl, n->id, (enum hail_reason)reason, text);
	dial_is_over(t, text, next_of(reason));
	close_after(t);
}

void
trunk_refused(struct trunk *t, int reason, const char *text)
{
	if (reason != HAIL_AGAIN && reason != HAIL_SELF)
		log_warnx(t->node->log, "%s refuses the connection: %s",
		    t->target != NULL ? t->target->address : t->from, text);
	dial_is_over(t, text, next_of(reason));
	trunk_close(t);
}

void
trunk_breach(struct trunk *t, const char *why)
{
	t->node->stats.bad_frames++;
	/* What was counted as received and not acted on is lost. */
	if (t->peer != NULL && t->peer->trunk == t)
		post_doom(t->peer, "it broke the protocol");
	log_warnx(t->node->log, "connection with %s: bad frame: %s",
	    t->peer != NULL ? t->peer->name : t->from, why);
	trunk_ended(t, why);
}

void
trunk_end(struct trunk *t, uint64_t session, bool goodbye)
{
	if (t->state == TRUNK_CLOSED)
		return;
	hail_put_end(&t->ctl, t->node->id, session, goodbye);
	close_after(t);
}

/* ---- who the other is ---- */

void
trunk_address(const struct trunk *t, char text[HOST_SIZE])
{
	const char	*a = t->hello.address;

	text[0] = '\0';
	if (t->target != NULL && (a[0] == '\0' || a[0] == ':'))
		(void)strlcpy(text, t->target->address, HOST_SIZE);
	else if (a[0] == ':' && strchr(t->from, ':') != NULL)
		(void)snprintf(text, HOST_SIZE, "[%s]%.6s", t->from, a);
	else if (a[0] == ':')		/* ":PORT" where it comes from */
		(void)snprintf(text, HOST_SIZE, "%s%.6s", t->from, a);
	else
		(void)strlcpy(text, a, HOST_SIZE);
}
