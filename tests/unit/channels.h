/* channels.h - ports of a worker, and a relay that sends to them (fake.h). */
#ifndef UNIT_CHANNELS_H
#define UNIT_CHANNELS_H
#include "fake.h"

MSG_TYPE(item, (i32, c));
MSG_TYPE(word, (str, text));
MSG_TYPE(one, (i32, n));
MSG_TYPE(stop);

/* ---- the relay's half ---- */

TAP_FN void
fake_image(struct fake *f, uint64_t port, struct msg_body m)
{
	uint8_t	image[256];
	size_t	n = body_write(m.type, m.message, image, sizeof(image));

	fake_send(f, WIRE_CHANNEL, 0, fake_other, port, image, n);
}

/* Ports are named by letters, a for the first that was made. */
TAP_FN void
fake_item(struct fake *f, char c)
{
	fake_image(f, (uint64_t)(c - 'a') + 2, MSG(item, .c = c));
}

TAP_FN void
fake_items(struct fake *f, const char *letters)
{
	for (; *letters != '\0'; letters++)
		fake_item(f, *letters);
}

/* ---- the worker's half ---- */

struct ports {
	struct item_sendport	 to[9];
	struct item_recvport	 from[9];
	struct item_recvport	 in[3], all;
	char			 got[64];
};

TAP_FN void
open_ports(struct ports *p)
{
	size_t	i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < 9; i++) {
		CHECK(msg_channel(item, &p->to[i], &p->from[i]) == 0);
		CHECK(p->to[i].port.id == i + 2);
		CHECK(msg_pid_equal(p->to[i].port.owner, msg_self()));
	}
}

/* Everything that came before it is here now. */
TAP_FN void
await_stop(void)
{
	struct stop	stop;

	CHECK(msg_expect(stop, &stop) == 0);
}

#endif /* UNIT_CHANNELS_H */
