/*
 * announce_fuzz.c - datagrams of strangers: what reads is written again, the
 * same; what does not read tells nothing.
 */
#include <stdint.h>
#include <string.h>

#include "announce.h"
#include "bug.h"
#include "host.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct announce_tag tags[2] = {
		{ "fedcba987654321" }, { "0123456789abcde" }
	};
	static const struct announce	zero;
	struct announce			a;
	uint8_t				p[ANNOUNCE_MAX];
	enum announce_result		r;
	size_t				n;

	r = announce_read(&a, data, size, tags, 2);
	BUG_ON((r == ANNOUNCE_OVERSIZE) != (size > ANNOUNCE_MAX));
	if (r != ANNOUNCE_GOOD) {
		BUG_ON(memcmp(&a, &zero, sizeof(a)) != 0);
		return 0;
	}
	BUG_ON(!name_valid(a.name) || !name_valid(a.role));
	BUG_ON(a.port == 0 || a.node == 0);
	BUG_ON(a.host[0] != '\0' && !host_valid(a.host));
	n = announce_write(p, &a);
	BUG_ON(n != size || memcmp(p, data, n) != 0);
	return 0;
}
