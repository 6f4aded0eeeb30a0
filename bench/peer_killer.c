/*
 * peer_killer.c - kills at a known time on behalf of the Erlang peer.
 *
 * Owns:    a port program with {packet, 4}: gets a pid, takes the time, sends
 *          it SIGKILL, answers the time.  In Erlang itself the way to kill(2)
 *          goes through other processes, which would be measured too.
 * Errors:  exit 1; its port closes, and the Erlang side with it.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

int
main(void)
{
	struct timespec	ts;
	uint32_t	asked[2], answer[3];
	uint64_t	ns;

	for (;;) {
		if (read(STDIN_FILENO, asked, sizeof(asked)) !=
		    (ssize_t)sizeof(asked))
			return 0;		/* Erlang has closed the port */
		/* Wall clock: Erlang offers no monotonic one with our zero. */
		clock_gettime(CLOCK_REALTIME, &ts);
		if (kill((pid_t)ntohl(asked[1]), SIGKILL) == -1)
			return 1;
		ns = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
		answer[0] = htonl(8);
		answer[1] = htonl((uint32_t)(ns >> 32));
		answer[2] = htonl((uint32_t)ns);
		bench_write(STDOUT_FILENO, answer, sizeof(answer));
	}
}
