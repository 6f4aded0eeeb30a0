/*
 * tls_fuzz.c - bytes of strangers into an end, and a connection whose bytes are
 * cut, changed and held back on their way.
 *
 * The input is a play: who writes, who reads, what is carried and what happens
 * to it.  Whatever does, what is read is what was written, up to where it ends.
 */
#include <stdint.h>

#include "../unit/tls_pair.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is left of the input; nothing reads as 0. */
struct input { const uint8_t *p; size_t n; };

static unsigned int
next_u8(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

#define TEXT	(48u << 10)
static uint8_t	text[TEXT];

struct side {
	struct end	*end;
	size_t		 sent, got;
	size_t		 n;		/* bytes under way to it */
	uint8_t		 wire[2 * TEXT];
};

/* Nothing of the first words may have been as ours would say them. */
static void
stranger(struct tls_ctx *ctx, struct input *in, bool dialer)
{
	struct end	e = end_of(ctx, dialer);
	size_t		n;
	uint8_t		bytes[2048];

	end_step(&e);
	while (in->n > 0 && !e.failed) {
		(void)end_take(&e, bytes, sizeof(bytes));
		n = next_u8(in);
		if (n > in->n)
			n = in->n;
		end_feed(&e, in->p, n);
		in->p += n;
		in->n -= n;
		end_step(&e);
	}
	BUG_ON(e.done);
	BUG_ON(e.failed && tls_why(e.t) == NULL);
	end_free(&e);
}

static void
side_write(struct side *s, unsigned int much)
{
	size_t	n = much < 128 ? much : much * 200;

	if (n > TEXT - s->sent || !s->end->done)
		return;
	if (tls_write(s->end->t, text + s->sent, n) == 0)
		s->sent += n;
	else
		BUG_ON(tls_why(s->end->t) == NULL && errno != EPIPE);
}

static void
side_read(struct side *s, unsigned int much)
{
	static uint8_t	room[TEXT];
	ssize_t		n;

	if (!s->end->done)
		return;
	n = tls_read(s->end->t, room, 1 + much * much);
	if (n > 0) {
		BUG_ON((size_t)n > TEXT - s->got);
		BUG_ON(memcmp(room, text + s->got, (size_t)n) != 0);
		s->got += (size_t)n;
	} else
		BUG_ON(n == -1 && errno != EAGAIN && errno != EBADMSG);
}

/* From one end onto the wire to the other. */
static void
side_send(struct side *s, struct side *to)
{
	end_step(s->end);
	to->n += end_take(s->end, to->wire + to->n, sizeof(to->wire) - to->n);
}

static void
side_arrive(struct side *s, unsigned int much)
{
	size_t	n = much == 255 ? s->n : much * 8u + 1;

	if (n > s->n)
		n = s->n;
	if (n == 0)
		return;
	end_feed(s->end, s->wire, n);
	s->n -= n;
	memmove(s->wire, s->wire + n, s->n);
	end_step(s->end);
}

static void
act(struct side *s, struct side *other, struct input *in)
{
	unsigned int	what = next_u8(in), much = next_u8(in);

	switch (what % 8) {
	case 0:
		side_write(s, much);
		break;
	case 1:
		side_read(s, much);
		break;
	case 2:
	case 3:
		side_send(s, other);
		break;
	case 4:
	case 5:
		side_arrive(s, much);
		break;
	case 6:
		if (s->n != 0 && what >= 128)
			s->wire[much * s->n / 256] ^= (uint8_t)(1 << what % 7);
		else if (what >= 96)
			(void)SSL_key_update(s->end->t->ssl,
			    (int)(much & 1));
		break;
	default:
		if (what >= 240)
			tls_end(s->end->t);
		else if (what >= 224 && s->n != 0)
			s->n--;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_ctx	*ctx;
	static struct side	 sides[2];
	struct input		in = { data, size };
	struct pair		p = { .step = 0 };
	unsigned int		how = next_u8(&in), me;
	size_t			i;

	if (ctx == NULL) {
		ctx = pair_ctx(KEY_A);
		for (i = 0; i < TEXT; i++)
			text[i] = (uint8_t)(i * 7 + i / 251);
	}
	if (how < 64) {
		stranger(ctx, &in, how < 32);
		return 0;
	}
	p.dialer = end_of(ctx, true);
	p.acceptor = end_of(ctx, false);
	for (i = 0; i < 2; i++) {	/* not the wires, which are long */
		sides[i].end = i == 0 ? &p.dialer : &p.acceptor;
		sides[i].sent = sides[i].got = sides[i].n = 0;
	}
	if (how >= 128)
		pair_shake(&p);
	while (in.n > 0) {
		me = next_u8(&in) & 1;
		act(&sides[me], &sides[!me], &in);
	}
	BUG_ON(sides[0].got > sides[1].sent || sides[1].got > sides[0].sent);
	pair_free(&p);
	return 0;
}
