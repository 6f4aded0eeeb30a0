/*
 * lanes.h - the lanes of one node towards another, without a session.
 *
 *	struct ends	 x;
 *
 *	ends_open(&x, WINDOW, RESERVE);
 *	put(&x, 1, 'a', 100, true);	100 bytes of data to process 1
 *	is_str(take(&x), "1a", "and here it is written");
 *	is_str(take(&x), "-", "there is no more");
 *	ends_close(&x);
 *
 * What is taken is numbered and put together as the other end does it: a frame
 * is its lane (a serial or a name) and its letter, a piece "(1)", the last one
 * of a frame "(1)1a", one that was received before "=".  What is not as it was
 * put in is "?".
 */
#ifndef UNIT_LANES_H
#define UNIT_LANES_H
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#include "bug.h"
#include "lane.h"

#define HERE	77
#define THERE	88
#define KB	1024u
#define MB	(1024u * 1024u)

struct ends {
	struct node		 n;
	struct peer		 p;		/* whose lanes are filled */
	struct lanes		 far;		/* where they arrive */
	struct conn_budget	 budget;	/* of far */
	struct buf		 out;
	uint64_t		 received;	/* there: frames */
	uint64_t		 next;		/* of this connection */
	uint32_t		 frames;	/* of the last take */
	size_t			 bytes;		/* likewise */
	char			 text[8192];
};

TAP_FN void
ends_open(struct ends *x, size_t window, size_t reserve)
{
	memset(x, 0, sizeof(*x));
	x->p.node = &x->n;
	x->p.id = THERE;
	lanes_init(&x->p.lanes, window, reserve, NULL);
	lanes_init(&x->far, 0, 0, &x->budget);
	x->p.lanes.begun_max = x->far.halves_max = 32 * MB;
	buf_init(&x->out, 256 * KB);
	x->next = 1;
}

TAP_FN bool
lanes_are_empty(const struct lanes *l)
{
	return l->by_serial == NULL && l->by_name == NULL &&
	    TAILQ_EMPTY(&l->ring) && TAILQ_EMPTY(&l->waiting) &&
	    STAILQ_EMPTY(&l->urgent) && STAILQ_EMPTY(&l->sent) &&
	    l->data == 0 && l->signals == 0 && l->unacked == 0 &&
	    l->begun == 0 && l->halves == NULL && l->halves_bytes == 0;
}

TAP_FN bool
ends_close_quietly(struct ends *x)
{
	lanes_release(&x->p.lanes);
	lanes_release(&x->far);
	buf_release(&x->out);
	return lanes_are_empty(&x->p.lanes) && lanes_are_empty(&x->far) &&
	    x->budget.used == 0;
}

TAP_FN void
ends_close(struct ends *x)
{
	ok(ends_close_quietly(x), "nothing is left");
}

/* ---- frames ---- */

TAP_FN uint8_t
pattern(uint64_t ref, size_t at)
{
	return (uint8_t)(ref * 31 + at * 7 + (at >> 8) + (at >> 16));
}

/* To a serial, or with 0 to the node, or to a name. */
TAP_FN uint8_t *
frame_new(uint64_t serial, const char *name, uint64_t ref, size_t len)
{
	struct wire_head	 h = { .len = (uint32_t)len, .ref = ref,
				    .to = { THERE, serial },
				    .from = { HERE, 5 } };
	uint8_t			*p = malloc(len);
	size_t			 i;

	BUG_ON(p == NULL || len < WIRE_HEAD + 8);
	h.op = name[0] == '\0' ? WIRE_SEND : WIRE_SEND_NAME;
	wire_put(p, &h);
	for (i = WIRE_HEAD; i < len; i++)
		p[i] = pattern(ref, i);
	if (name[0] != '\0')
		(void)strlcpy((char *)p + WIRE_HEAD, name, 8);
	return p;
}

TAP_FN struct lane *
lane_to(struct ends *x, uint64_t serial)
{
	struct lane	*e = lane_of(&x->p, serial);

	BUG_ON(e == NULL);
	return e;
}

/* One frame into a lane; errno, or 0. */
TAP_FN int
put_in(struct lane *e, uint64_t ref, size_t len, bool data)
{
	uint8_t	*p = frame_new(e->serial, e->name, ref, len);
	int	 r = lane_put(e, p, len, data) == -1 ? errno : 0;

	free(p);
	return r;
}

TAP_FN int
put(struct ends *x, uint64_t serial, char letter, size_t len, bool data)
{
	return put_in(lane_to(x, serial), (uint64_t)letter, len, data);
}

/* ---- as they arrive ---- */

TAP_FN void
say(struct ends *x, const char *fmt, ...)
{
	size_t	n = strlen(x->text);
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(x->text + n, sizeof(x->text) - n, fmt, ap);
	va_end(ap);
}

TAP_FN bool
is_whole(const struct wire_head *h, const uint8_t *p, size_t len)
{
	size_t	i = WIRE_HEAD;

	if (h->len != len || h->from.node != HERE || h->to.node != THERE)
		return false;
	if (h->op == WIRE_SEND_NAME)
		i += 8;
	for (; i < len; i++)
		if (p[i] != pattern(h->ref, i))
			return false;
	return true;
}

TAP_FN void
on_whole(struct ends *x, const uint8_t *p, size_t len)
{
	struct wire_head	h;

	wire_get(&h, p);
	if (!is_whole(&h, p, len))
		say(x, "?");
	else if (h.op == WIRE_SEND_NAME)
		say(x, "%.7s%c", (const char *)p + WIRE_HEAD, (char)h.ref);
	else
		say(x, "%llu%c", (unsigned long long)h.to.serial,
		    (char)h.ref);
}

/* Received once: 1 whole (give it back), 0, or -1. */
TAP_FN int
arrive(struct ends *x, uint8_t *p, struct half **h)
{
	struct frame	f;

	wire_get(&f.h, p);
	f.bytes = p;
	f.body = p + WIRE_HEAD;
	f.body_len = f.h.len - WIRE_HEAD;
	return lane_piece(&x->far, &f, h);
}

TAP_FN void
on_frame(struct ends *x, uint8_t *p)
{
	struct wire_head	 h;
	struct half		*half;
	int			 got;

	wire_get(&h, p);
	if (x->next++ <= x->received) {
		say(x, "=");
		return;
	}
	x->received++;
	if (wire_check(&h, WIRE_N, LANE_WHOLE) != NULL) {
		say(x, "?");
	} else if (h.op == WIRE_N_PIECE) {
		say(x, "(%llu)", (unsigned long long)h.to.serial);
		do		/* want of memory passes */
			got = arrive(x, p, &half);
		while (got == -1 && errno == ENOMEM);
		if (got == -1)
			say(x, "!");
		if (got == 1) {
			on_whole(x, half->p, half->len);
			lane_half_free(&x->far, half);
		}
	} else if (h.op == WIRE_N_CHOKE)
		say(x, "choke%c", (char)h.ref);
	else
		on_whole(x, p, h.len);
}

/* One turn is written, of which so many frames arrive; as text, "-": none. */
TAP_FN const char *
take_some(struct ends *x, uint32_t arriving)
{
	uint64_t	 number = lane_number(&x->p.lanes);
	uint32_t	 i;
	size_t		 at = 0;

	x->text[0] = '\0';
	x->bytes = x->frames = 0;
	buf_reset(&x->out);
	if (!lane_take(&x->p.lanes, &x->out, &x->frames))
		return x->out.error == 0 ? "-" : "error";
	x->bytes = x->out.len;
	/* What an acknowledgement skips is there already. */
	if (number > x->next && number <= x->received + 1)
		x->next = number;
	if (arriving > 0 && number != x->next)
		say(x, "[%llu, not %llu]", (unsigned long long)number,
		    (unsigned long long)x->next);
	for (i = 0; at < x->out.len; at += get_u32(x->out.p + at), i++) {
		if (i >= arriving)
			continue;
		say(x, "%s", i == 0 ? "" : " ");
		on_frame(x, x->out.p + at);
	}
	if (i != x->frames)
		say(x, "[%u frames, not %u]", i, x->frames);
	return x->text;
}

TAP_FN const char *
take(struct ends *x)
{
	return take_some(x, UINT32_MAX);
}

/* All there is to take, one after the other; the text of all. */
TAP_FN const char *
take_all(struct ends *x)
{
	static char	all[sizeof(x->text)];
	const char	*one;

	all[0] = '\0';
	while (strcmp(one = take(x), "-") != 0) {
		if (all[0] != '\0')
			(void)strlcat(all, " ", sizeof(all));
		(void)strlcat(all, one, sizeof(all));
	}
	return all;
}

/* A new connection; what is written next is what the other has not. */
TAP_FN void
reconnect(struct ends *x)
{
	BUG_ON(lane_acked(&x->p.lanes, x->received) == -1);
	lane_rewind(&x->p.lanes);
	x->next = lane_number(&x->p.lanes);
}

TAP_FN void
acked(struct ends *x, uint64_t number)
{
	is_int(lane_acked(&x->p.lanes, number), 0, "all up to %llu is there",
	    (unsigned long long)number);
}

#endif /* UNIT_LANES_H */
