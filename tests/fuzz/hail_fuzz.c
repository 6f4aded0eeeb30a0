/*
 * hail_fuzz.c - frames of a handshake from strangers: what is read is what
 * would be written.
 *
 * Input: which op, then the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "hail.h"

#define FROM	UINT64_C(0x1122334455667788)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
put_again(struct buf *b, const struct frame *f)
{
	struct hello	h;
	struct join	j;
	struct beat	t;
	struct refusal	r;
	uint64_t	session;
	bool		goodbye;

	switch (f->h.op) {
	case WIRE_N_HELLO:
		if (hail_get_hello(&h, f) != NULL || h.version != WIRE_VERSION)
			return false;
		BUG_ON(!name_valid(h.name) || !name_valid(h.role));
		BUG_ON(h.address[0] != '\0' && !hail_address_valid(h.address));
		hail_put_hello(b, FROM, &h);
		return true;
	case WIRE_N_JOIN:
		if (hail_get_join(&j, f) != NULL)
			return false;
		hail_put_join(b, FROM, &j);
		return true;
	case WIRE_N_BEAT:
		if (hail_get_beat(&t, f) != NULL)
			return false;
		hail_put_beat(b, FROM, &t);
		return true;
	case WIRE_N_END:
		if (hail_get_end(&session, &goodbye, f) != NULL)
			return false;
		hail_put_end(b, FROM, session, goodbye);
		return true;
	default:
		if (hail_get_refuse(&r, f) != NULL)
			return false;
		hail_put_refuse(b, FROM, r.reason, r.text);
		return true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame	f = { .h.from.node = FROM };
	struct buf	b;
	uint8_t		*body;

	if (size == 0)
		return 0;
	f.h.op = (uint8_t)(WIRE_N_HELLO + data[0] % 5);
	f.body_len = size - 1;
	BUG_ON((body = malloc(size)) == NULL);
	memcpy(body + 1, data + 1, size - 1);	/* ends with the block */
	f.body = body + 1;
	buf_init(&b, 4096);
	if (put_again(&b, &f)) {
		BUG_ON(b.error != 0 || b.len != WIRE_HEAD + f.body_len);
		BUG_ON(memcmp(b.p + WIRE_HEAD, f.body, f.body_len) != 0);
	}
	buf_release(&b);
	free(body);
	return 0;
}
