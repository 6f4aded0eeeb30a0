/*
 * pace.c - one pair that calls back and forth, to see how others disturb it.
 *
 *	pace:echo
 *	pace:caller ECHO FILE	FILE: round trips so far, the longest in ms,
 *				calls that failed or took a second
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mono.h"
#include "msg.h"

#define ROUNDS		32
#define LONG_MS		1000

MSG_TYPE(note, (u64, n), (blob, pad));
MSG_REMOTABLE(echo);
MSG_REMOTABLE(caller, (pid, echo), (str, file));

static void
echo(void)
{
	struct note	m;

	while (msg_expect(note, &m) == 0) {
		msg_reply(&m, note, .n = m.n);
		msg_release(note, &m);
	}
}

static void
report(int fd, uint64_t rounds, int64_t longest, uint64_t failed)
{
	char	line[64];
	int	n;

	n = snprintf(line, sizeof(line), "%llu %lld %llu\n",
	    (unsigned long long)rounds, (long long)longest / 1000000,
	    (unsigned long long)failed);
	if (pwrite(fd, line, (size_t)n, 0) != n)
		msg_die("report");
}

static void
caller(const struct caller *a)
{
	struct note	 m;
	struct mono	 began;
	int64_t		 took, longest = 0;
	uint64_t	 n, failed = 0;
	int		 fd;

	if ((fd = open(a->file, O_WRONLY | O_CREAT, 0644)) == -1)
		msg_die("%s", a->file);
	for (n = 1;; n++) {
		began = mono_now();
		if (msg_call(a->echo, MSG(note, .n = n), note, &m,
		    LONG_MS) == -1) {
			if (errno != ETIMEDOUT && errno != EHOSTUNREACH)
				msg_die("call: %s", strerror(errno));
			failed++;
		}
		msg_release(note, &m);
		took = mono_now().ns - began.ns;
		longest = took > longest ? took : longest;
		if (n % ROUNDS == 0)
			report(fd, n, longest, failed);
	}
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(echo, caller));
}
