/*
 * victim.c - waits to be killed; told whom to aim at, it sends each of them
 * notes numbered from 1, one at random every few milliseconds.
 */
#include <stdlib.h>
#include <unistd.h>

#include "msg.h"

#define AT_MOST		64

MSG_TYPE(note, (u64, n), (blob, pad));
MSG_TYPE(aim, (pids, at));
MSG_REMOTABLE(victim);

static void
victim(void)
{
	MSG_AUTO(aim, aim);
	struct aim	again;
	uint64_t	n[AT_MOST] = { 0 };
	size_t		i;

	if (msg_expect(aim, &aim) == -1 || aim.at.n > AT_MOST)
		msg_die("no aim");
	srandom((unsigned int)getpid());
	for (;;) {
		i = (size_t)random() % aim.at.n;
		msg_send(aim.at.v[i], note, .n = ++n[i]);
		(void)msg_expect_for(aim, &again, (int)(random() % 200));
	}
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(victim));
}
