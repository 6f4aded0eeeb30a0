/*
 * world_print.h - frames as text, for tests to compare: "SEND 1 hi".
 */
#ifndef UNIT_WORLD_PRINT_H
#define UNIT_WORLD_PRINT_H
#include <stdio.h>

#include "buf.h"
#include "stream.h"
#include "tap.h"

TAP_FN bool
world_is_message(enum wire_op op)
{
	return op >= WIRE_SEND && op <= WIRE_FORWARD;
}

TAP_FN void
world_print_ref(FILE *f, uint64_t ref)
{
	if ((ref & WIRE_REF_ATTACHED) != 0)
		fprintf(f, " #%u.%u", (unsigned int)(ref >> 32 & INT32_MAX),
		    (unsigned int)ref);
	else if (ref != 0)
		fprintf(f, " #%llu", (unsigned long long)ref);
}

TAP_FN void
world_print_spawn(FILE *f, const struct wire_head *h, struct rd *r)
{
	char		text[256];
	unsigned int	i;

	fprintf(f, " %llu", (unsigned long long)h->to.serial);
	for (i = 0; i < 3; i++) {
		rd_str8(r, text, sizeof(text));
		fprintf(f, " %s", text[0] == '\0' ? "-" : text);
	}
	for (i = rd_u16(r); i > 0 && !r->bad; i--) {
		rd_str16(r, text, sizeof(text));
		fprintf(f, " '%s'", text);
	}
	if (!rd_done(r))
		fputs(" (broken)", f);
}

TAP_FN void
world_print_body(FILE *f, const struct wire_head *h, struct rd *r)
{
	unsigned int	err;
	uint64_t	serial;

	if (h->op == WIRE_SEND_NAME)
		(void)rd_take(r, rd_u8(r));
	if (h->op == WIRE_FORWARD)
		(void)rd_take(r, 16);
	if (world_is_message((enum wire_op)h->op))
		(void)rd_take(r, 10);
	if (h->op == WIRE_DONE) {
		err = rd_u32(r);
		fprintf(f, " %s", err == 0 ? "0" : strerrorname_np((int)err));
		(void)rd_u64(r);
		if ((serial = rd_u64(r)) != 0)
			fprintf(f, " %llu", (unsigned long long)serial);
	}
	if (h->op == WIRE_O_KILL) {
		fprintf(f, " %llu", (unsigned long long)h->to.serial);
		fprintf(f, " %s", sigabbrev_np((int)rd_u32(r)));
		fprintf(f, "%s", rd_u8(r) != 0 ? " order" : "");
	}
	if (h->op == WIRE_WELCOME)
		(void)rd_take(r, r->left);
	if (h->op == WIRE_LIMIT) {
		fprintf(f, " %u", rd_u32(r));
		(void)rd_u8(r);
	}
	if (r->left > 0)
		fprintf(f, " %.*s", (int)(r->left > 300 ? 300 : r->left), r->p);
	/* The flag says in one bit what the text says. */
	if ((h->op == WIRE_DOWN || h->op == WIRE_EXITED) &&
	    ((h->flags & WIRE_F_NORMAL) != 0) !=
	    (r->left == 6 && (memcmp(r->p, "normal", 6) == 0 ||
	    memcmp(r->p, "closed", 6) == 0)))
		fputs(" (wrong flag)", f);
}

TAP_FN void
world_print(FILE *f, const uint8_t *p)
{
	struct wire_head	h;
	struct rd		r;

	wire_get(&h, p);
	rd_init(&r, p + WIRE_HEAD, h.len - WIRE_HEAD);
	fputs(wire_rule(h.op)->name, f);
	if (h.from.serial != 0)
		fprintf(f, " %llu", (unsigned long long)h.from.serial);
	world_print_ref(f, h.ref);
	if (h.op == WIRE_O_SPAWN)
		world_print_spawn(f, &h, &r);
	else
		world_print_body(f, &h, &r);
}

#endif /* UNIT_WORLD_PRINT_H */
