/*
 * letter_fuzz.c - any frame's body, taken apart: nothing outside is read, and
 * what is said to be genuine has a name and a format.
 *
 * The first byte chooses the op, the rest is the body.
 */
#include <stdlib.h>
#include <string.h>

#include "letter.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t	ops[] = {
	WIRE_SEND, WIRE_SEND_NAME, WIRE_CALL, WIRE_REPLY, WIRE_FORWARD,
	WIRE_DOWN, WIRE_EXITED, WIRE_DONE, WIRE_NODE, WIRE_CHANNEL
};

/* The last byte of everything it lends is read: sanitizers watch the edge. */
static void
touch(const struct letter *l, const uint8_t *body, size_t n)
{
	char		 name[NAME_SIZE], role[NAME_SIZE];
	const uint8_t	*image;
	size_t		 len;

	image = letter_image(l, &len);
	if (image < body || image + len != body + n)
		abort();
	if (l->kind == LETTER_NODE) {
		letter_node(l, name, role);
		if (strlen(name) + strlen(role) + 2 != len)
			abort();
	}
	if (l->kind == LETTER_USER && letter_genuine(l) &&
	    (l->name_len == 0 || l->name_len > 63))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct letter	 l = { .len = 0 };
	struct frame	 f = { .body_len = size - 1 };
	uint8_t		*body;

	if (size == 0 || (body = malloc(size)) == NULL)
		return 0;
	/* Exactly as large as the body, so that its end is an edge. */
	memcpy(body + 1, data + 1, size - 1);
	f.h.op = ops[data[0] % sizeof(ops)];
	f.h.len = (uint32_t)(WIRE_HEAD + f.body_len);
	f.body = body + 1;
	if (letter_read(&l, &f) == 0)
		touch(&l, f.body, f.body_len);
	free(body);
	return 0;
}
