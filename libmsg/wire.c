/*
 * wire.c - every frame there is: headers to and from bytes, and their check.
 *
 * Owns:    the layout of the header and the rules of WIRE_OPS.
 * Not here: what a body holds (its reader), what a frame does (route.c).
 * Errors:  wire_check() says in words what is wrong with a header.
 */
#include "wire.h"

#include "buf.h"

#define X(name, num, least, most, who, body)				\
	[num] = { #name, body, least, most, who },
static const struct wire_rule rules[WIRE_OP_LIMIT] = { WIRE_OPS(X) };
#undef X

const struct wire_rule *
wire_rule(unsigned int op)
{
	return &rules[op < WIRE_OP_LIMIT ? op : 0];
}

void
wire_put(uint8_t p[WIRE_HEAD], const struct wire_head *h)
{
	put_u32(p, h->len);
	p[4] = h->op;
	p[5] = h->flags;
	p[6] = p[7] = 0;
	put_u64(p + 8, h->to.node);
	put_u64(p + 16, h->to.serial);
	put_u64(p + 24, h->from.node);
	put_u64(p + 32, h->from.serial);
	put_u64(p + 40, h->ref);
}

const char *
wire_check(const struct wire_head *h, unsigned int who, uint32_t max_frame)
{
	const struct wire_rule	*r = wire_rule(h->op);

	if (h->len < WIRE_HEAD)
		return "shorter than its header";
	if (r->name == NULL)
		return "unknown operation";
	if ((r->who & who) == 0)
		return "not an operation for this sender";
	if (h->len > max_frame)
		return "longer than max-message";
	if (h->len - WIRE_HEAD < r->least)
		return "body too short";
	if (r->most != WIRE_NO_MAX && h->len - WIRE_HEAD > r->most)
		return "body too long";
	return NULL;
}
