/*
 * wire_fuzz.c - bytes of strangers, into the streams of a node.
 *
 * The input is a play: what workers, commands and guests say (whole frames of
 * good form, or any bytes), what the parent says, who reads, who ends.  After
 * each step the node is gone through, and at the end all of it is given back.
 */
#include <stdint.h>

#include "../unit/world_check.h"

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

#define PROCS	12			/* pids that are spoken to */

/* A stream, by number: a process's main one or one of its commands'. */
static struct stream *
some_stream(struct world *w, unsigned int which)
{
	struct proc	*p = proc_by_serial(&w->n, which % PROCS + 1);

	if (p == NULL || p->state != PROC_LIVE)
		return NULL;
	if ((which & 0x80) != 0 && !LIST_EMPTY(&p->attached))
		return LIST_FIRST(&p->attached);
	return p->main;
}

static struct pid
some_pid(unsigned int which)
{
	if (which == 0xff)
		return (struct pid){ 0, 0 };
	return (struct pid){ WORLD_ID + (which >= 0xf0), which % PROCS + 1 };
}

static void
read_on(struct stream *s)
{
	if (s == NULL || s->closed || s->broken || s->paused)
		return;
	world_route(s);
}

/* A frame with a good header: op, flags, to, ref, and a body. */
static void
say_frame(struct world *w, struct input *in)
{
	struct stream	*s = some_stream(w, next_u8(in));
	struct say	 say = { .op = (enum wire_op)next_u8(in) };
	size_t		 n;

	say.flags = (uint8_t)next_u8(in);
	say.to = some_pid(next_u8(in));
	say.ref = next_u8(in) % 8;
	n = next_u8(in);
	if (n > in->n)
		n = in->n;
	if (s == NULL || s->closed || s->broken)
		return;
	say.ref |= s->ref_base;
	say.body = in->p;
	say.n = n;
	if (say.op == WIRE_SEND && (say.flags & 1) != 0)
		say.n = 0;
	world_puts(s, say);
	in->p += n;
	in->n -= n;
	read_on(s);
}

/* A message of many bytes, to get above the marks. */
static void
say_much(struct world *w, struct input *in)
{
	static const uint8_t	 zeros[5000];
	struct stream		*s = some_stream(w, next_u8(in));
	struct pid		 to = some_pid(next_u8(in));

	if (s == NULL || s->closed || s->broken)
		return;
	world_puts(s, (struct say){ .op = WIRE_SEND, .to = to,
	    .body = zeros, .n = sizeof(zeros) });
	read_on(s);
}

static void
say_bytes(struct world *w, struct input *in)
{
	struct stream	*s = some_stream(w, next_u8(in));
	size_t		 n = next_u8(in);

	if (n > in->n)
		n = in->n;
	if (s != NULL && !s->closed && !s->broken) {
		world_bytes(s, in->p, n);
		read_on(s);
	}
	in->p += n;
	in->n -= n;
}

/* Someone reads some of what is queued to it. */
static void
hear(struct world *w, struct input *in)
{
	struct stream	*s = some_stream(w, next_u8(in));
	unsigned int	 n = next_u8(in);
	size_t		 len;

	if (s == NULL || (s->proc->main == s && !s->proc->hello))
		return;
	while (n-- > 0 && conn_out_peek(&s->conn, &len) != NULL)
		conn_out_drop(&s->conn);
	stream_flush(s);
	if (s == s->proc->main)
		flow_drained(s->proc);
}

static void
parent_says(struct world *w, struct input *in)
{
	struct proc	*p = proc_by_serial(&w->n, next_u8(in) % PROCS + 1);
	unsigned int	 what = next_u8(in);

	if (p == NULL || p->kind == PROC_GUEST)
		return;
	switch (what % 4) {
	case 0:
		world_spawned(p, what);
		break;
	case 1:
		world_failed(p, ENOENT, "exec");
		break;
	default:
		if (p->state == PROC_LIVE)
			world_exits(p, (int)what << 8 | (int)next_u8(in),
			    (what & 4) != 0);
	}
}

/* Streams come and go; time goes on. */
static void
happen(struct world *w, struct input *in)
{
	struct stream	*s = some_stream(w, next_u8(in));
	unsigned int	 what = next_u8(in);

	switch (what % 6) {
	case 0:
		if (s != NULL && s->kind == STREAM_ATTACHED)
			death_attached(s);
		break;
	case 1:
		if (s != NULL && s->kind == STREAM_GUEST)
			death_guest(s->proc);
		break;
	case 2:
		if (s != NULL && s->kind == STREAM_WORKER &&
		    s->proc->nattached < 4)
			(void)world_attach(s->proc);
		break;
	case 3:
		if (w->n.serial < PROCS)
			(void)world_guest(w);
		break;
	case 4:
		if (s != NULL)
			life_deadline(s->proc);
		break;
	default:
		world_turn(w);
	}
}

/* Frames that a choke held go on when it is over, as the loop does it. */
static void
resume(struct world *w)
{
	struct proc	*p, *next;
	struct stream	*s, *after;

	HASH_ITER(hh, w->n.procs, p, next) {
		if (p->state != PROC_LIVE)
			continue;
		read_on(p->main);
		for (s = LIST_FIRST(&p->attached); s != NULL; s = after) {
			after = LIST_NEXT(s, entry);
			read_on(s);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf	*conf;
	struct world		 w;
	struct input		 in = { data, size };

	if (conf == NULL)
		conf = world_conf("high-mark = 16K\nlow-mark = 4K\n"
		    "max-message = 64K\n");
	world_open_with(&w, conf);
	(void)world_worker(&w, "a");
	(void)world_worker(&w, "b");
	(void)world_attach(world_silent(&w, "sh"));
	(void)world_guest(&w);
	while (in.n > 0) {
		switch (next_u8(&in) % 8) {
		case 0:
			say_bytes(&w, &in);
			break;
		case 1:
			hear(&w, &in);
			break;
		case 2:
			parent_says(&w, &in);
			break;
		case 3:
			happen(&w, &in);
			break;
		case 4:
			say_much(&w, &in);
			break;
		default:
			say_frame(&w, &in);
		}
		w.events[0] = '\0';
		resume(&w);
		world_check(&w);
	}
	(void)world_orders(&w);			/* each can be read */
	BUG_ON(!world_close_quietly(&w));
	return 0;
}
