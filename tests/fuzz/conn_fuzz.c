/*
 * conn_fuzz.c - a stream of bytes cut anywhere, beside the same bytes at once.
 *
 * First byte: how pieces are cut and how small the room is.  The frames that
 * come, and the fault that ends them, are those a look at all bytes finds.
 */
#include <sys/socket.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bug.h"
#include "conn.h"

#define MAX_FRAME	(256u << 10)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* All bytes, and how far the frames taken from them have got. */
struct whole { const uint8_t *p; size_t n, at; bool bad; };

/* What must come next: 1 a frame of *len bytes, 0 none, -1 a fault. */
static int
expected(const struct whole *w, size_t seen, size_t *len)
{
	struct wire_head	 h;

	if (seen - w->at < WIRE_HEAD)
		return 0;
	wire_get(&h, w->p + w->at);
	if (wire_check(&h, WIRE_G, MAX_FRAME) != NULL)
		return -1;
	*len = h.len;
	return seen - w->at >= h.len;
}

/* The bytes up to seen have been received: what does the conn make of them? */
static void
compare(struct conn *c, struct whole *w, size_t seen, bool again)
{
	struct frame	 f;
	size_t		 len = 0;
	int		 want, got;

	do {
		want = expected(w, seen, &len);
		got = conn_next(c, &f);
		BUG_ON(got != want);
		if (got == 1 && again) {
			conn_unget(c, &f);
			BUG_ON(conn_next(c, &f) != 1);
		}
		if (got == 1) {
			BUG_ON(f.h.len != len ||
			    memcmp(f.bytes, w->p + w->at, len) != 0);
			w->at += len;
		}
	} while (got == 1);
	w->bad = got == -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t		 bytes[CONN_SMALL];
	struct conn_room	 room = { bytes, sizeof(bytes) };
	struct conn_budget	 budget = { 0, 2 * MAX_FRAME };
	struct whole		 w;
	struct conn		 c;
	size_t			 sent = 0, seen = 0, piece;
	uint32_t		 x;
	ssize_t			 n;
	int			 sv[2];

	if (size < 1)
		return 0;
	w = (struct whole){ .p = data + 1, .n = size - 1 };
	x = data[0];
	room.cap = (x & 1) != 0 ? WIRE_HEAD + 16 : sizeof(bytes);
	BUG_ON(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1);
	conn_init(&c, sv[0], WIRE_G, MAX_FRAME);
	c.budget = &budget;
	while (sent < w.n && !w.bad) {
		x = x * 1103515245 + 12345;
		piece = 1 + (x >> 16) % 90;
		if (piece > w.n - sent)
			piece = w.n - sent;
		BUG_ON(send(sv[1], w.p + sent, piece, 0) != (ssize_t)piece);
		sent += piece;
		while (seen < sent && !w.bad) {
			n = conn_fill(&c, &room, (x >> 8) % 3 * 7);
			BUG_ON(n <= 0);
			seen += (size_t)n;
			compare(&c, &w, seen, (x & 0x80) != 0);
			BUG_ON(conn_settle(&c) == -1);
			memset(bytes, 0xee, sizeof(bytes));
		}
		BUG_ON(!w.bad && conn_fill(&c, &room, 0) != -1);
	}
	conn_release(&c);
	BUG_ON(budget.used != 0);
	close(sv[1]);
	return 0;
}
