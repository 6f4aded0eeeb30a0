/*
 * rogue.h - a node whose frames are the test's, connected to a real one.
 *
 *	struct rogue	 x;
 *
 *	rogue_open(&x);
 *	rogue_greets(&x);		dials a, and says hello
 *	joins(&x, 1, false, 1, 0);
 *	beats(&x, 0, 1);
 *	sends_p(&x, "text");		a frame of the session
 *	is_str(hears(&x), "N_HELLO; N_BEAT", "what a has answered");
 *	rogue_close(&x);
 */
#ifndef UNIT_ROGUE_H
#define UNIT_ROGUE_H
#include "nodes.h"

#include "hail.h"

struct rogue {
	struct nodes	 all;
	struct box	*a, *r;		/* r never does anything itself */
	struct proc	*p;
	struct end	*e;		/* of its newest connection */
	uint64_t	 sent;		/* of its clock */
	char		*text;
};

TAP_FN void
rogue_open(struct rogue *x)
{
	memset(x, 0, sizeof(*x));
	nodes_open(&x->all);
	x->a = nodes_box(&x->all, "alpha", "peer-timeout = 5s\n");
	x->r = nodes_box(&x->all, "rogue", "");
	x->p = world_worker(&x->a->w, "p");
	x->r->stopped = true;
	x->sent = 1000;
}

TAP_FN void
rogue_close(struct rogue *x)
{
	free(x->text);
	nodes_close(&x->all);
}

TAP_FN void
rogue_dials(struct rogue *x)
{
	struct cable	*c = cable_new(x->r, x->a);

	c->open = true;
	x->e = &c->end[0];
	nodes_pass(&x->all, 1);
}

TAP_FN void
says(struct rogue *x, struct buf *b)
{
	BUG_ON(b->error != 0);
	end_send(x->e, b->p, b->len);
	buf_release(b);
	nodes_pass(&x->all, 2);
}

TAP_FN void
print_frame(FILE *out, const uint8_t *p)
{
	struct wire_head	h;

	wire_get(&h, p);
	fputs(wire_rule(h.op)->name, out);
	if (h.op == WIRE_N_REFUSE)
		fprintf(out, " %u", p[WIRE_HEAD]);
	else if (h.op == WIRE_N_END)
		fprintf(out, " %u", (unsigned int)get_u64(p + WIRE_HEAD));
	else if (h.op == WIRE_N_JOIN)	/* session, connection */
		fprintf(out, " %s %u %u", p[WIRE_HEAD + 8] != 0 ? "old" :
		    "new", (unsigned int)get_u64(p + WIRE_HEAD),
		    get_u32(p + WIRE_HEAD + 9));
}

/* What came back, as names with what matters in them; "closed" at its end. */
TAP_FN const char *
hears(struct rogue *x)
{
	struct packet	*k;
	struct buf	 b;
	size_t		 len, at;
	FILE		*out;
	bool		 closed = false;

	nodes_pass(&x->all, 5);
	buf_init(&b, 1 << 20);
	while ((k = STAILQ_FIRST(&x->e->in)) != NULL) {
		closed |= k->end;
		buf_add(&b, k->p, k->n);
		STAILQ_REMOVE_HEAD(&x->e->in, next);
		free(k);
	}
	free(x->text);
	out = open_memstream(&x->text, &len);
	BUG_ON(out == NULL || b.error != 0);
	for (at = 0; at < b.len; at += get_u32(b.p + at)) {
		fputs(at == 0 ? "" : "; ", out);
		print_frame(out, b.p + at);
	}
	fprintf(out, "%s%s", closed && at > 0 ? "; " : "",
	    closed ? "closed" : "");
	fclose(out);
	buf_release(&b);
	return x->text;
}

/* ---- what a rogue says ---- */

TAP_FN struct hello
hello_of(struct rogue *x)
{
	struct hello	h = { .version = WIRE_VERSION, .id = x->r->id,
			    .timeout_ms = 5000, .max_message = WIRE_MAX };

	h.sent = x->sent++;
	(void)strlcpy(h.name, "rogue", sizeof(h.name));
	(void)strlcpy(h.role, "NODE", sizeof(h.role));
	(void)strlcpy(h.cluster, x->a->w.n.conf->node.cluster,
	    sizeof(h.cluster));
	return h;
}

TAP_FN void
says_hello(struct rogue *x, const struct hello *h)
{
	struct buf	b;

	buf_init(&b, 4096);
	hail_put_hello(&b, h->id, h);
	says(x, &b);
}

TAP_FN void
joins(struct rogue *x, uint64_t session, bool resumed, uint32_t connection,
    uint64_t received)
{
	struct join	j = { .session = session, .resumed = resumed,
			    .connection = connection, .received = received };
	struct buf	b;

	j.sent = x->sent++;
	j.echo = (uint64_t)nodes_on_clock(&x->a->w.n).ns;
	buf_init(&b, 4096);
	hail_put_join(&b, x->r->id, &j);
	says(x, &b);
}

TAP_FN void
beats(struct rogue *x, uint64_t received, uint64_t next)
{
	struct beat	t = { .received = received, .next = next };
	struct buf	b;

	t.sent = x->sent++;
	t.echo = (uint64_t)nodes_on_clock(&x->a->w.n).ns;
	buf_init(&b, 4096);
	hail_put_beat(&b, x->r->id, &t);
	says(x, &b);
}

/* A frame, as it is; from 0: its node. */
TAP_FN void
says_frame(struct rogue *x, struct wire_head h, const void *body, size_t n)
{
	struct buf	b;

	if (h.from.node == 0)
		h.from.node = x->r->id;
	h.len = (uint32_t)(WIRE_HEAD + n);
	buf_init(&b, 4096);
	BUG_ON(buf_room(&b, WIRE_HEAD) == NULL);
	wire_put(b.p, &h);
	buf_add(&b, body, n);
	says(x, &b);
}

TAP_FN void
sends(struct rogue *x, struct pid from, struct pid to, const char *text)
{
	uint8_t	body[64] = "\0\0\0\0\0\0\0\1\0\0";
	size_t	n = strlen(text);

	memcpy(body + 10, text, n);
	says_frame(x, (struct wire_head){ .op = WIRE_SEND, .to = to,
	    .from = from }, body, 10 + n);
}

TAP_FN void
sends_p(struct rogue *x, const char *text)
{
	sends(x, (struct pid){ x->r->id, 9 }, proc_pid(x->p), text);
}

TAP_FN void
rogue_greets(struct rogue *x)
{
	struct hello	h = hello_of(x);

	rogue_dials(x);
	says_hello(x, &h);
}

/* Session 1 on connection 1, after the first beat. */
TAP_FN void
rogue_joined(struct rogue *x)
{
	rogue_open(x);
	rogue_greets(x);
	joins(x, 1, false, 1, 0);
	beats(x, 0, 1);
	(void)hears(x);
	(void)box_said(x->a);
}

#endif /* UNIT_ROGUE_H */
