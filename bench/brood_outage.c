/*
 * brood_outage.c - what a host notices of another, by <msg.h> alone.
 *
 *	bench/hosts -p plain|tls brood_outage:told FIGURE COUNT SIGNAL
 *	bench/hosts -b plain|tls brood_outage:resumed FIGURE COUNT
 *
 * Owns:    told: COUNT workers on the other host, a monitor each; SIGNAL (9 or
 *          19) to the host's guard, parent and relay, until the last DOWN.
 *          resumed: the connection between the hosts is broken; from then
 *          until a message that is sent at once and its echo have passed.
 * Not here: breaking it (breaker.c), the hosts (bench/hosts).
 * Errors:  the worker dies with what failed as its cause.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <msg.h>
#include <signal.h>
#include <unistd.h>

#include "common.h"
#include "worker.h"

#define WARM		5		/* echoes between two breaks */
#define PAUSE_US	100000		/* a rest: it is the first failure */

MSG_TYPE(note, (i32, n));

MSG_REMOTABLE(idle);
MSG_REMOTABLE(echo);
MSG_REMOTABLE(told, (str, figure), (i32, count), (i32, signal), (i32, guard),
    (i32, parent), (i32, relay));
MSG_REMOTABLE(resumed, (str, figure), (i32, count), (i32, port));

static void
idle(void)
{
	struct note	note;

	(void)msg_expect(note, &note);
}

static void
told(const struct told *args)
{
	pid_t		three[] = { args->guard, args->parent, args->relay };
	struct msg_node	node = place(true);
	struct msg_down	down;
	uint64_t	start, first = 0;

	for (int32_t i = 0; i < args->count; i++)
		(void)spawned(msg_spawn(node, MSG_CLOSURE(idle),
		    .monitor = true));
	start = bench_now();
	for (int i = 0; i < 3; i++)
		must(kill(three[i], args->signal), "kill");
	for (int32_t i = 0; i < args->count; i++) {
		must(msg_receive(MSG_FOREVER, MSG_MATCH_DOWN(&down)),
		    "receive");
		if (i == 0)
			first = bench_now();
	}
	bench_print(args->figure, "brood",
	    (double)(bench_now() - start) / 1e9, "s");
	bench_print(args->figure, "first", (double)(first - start) / 1e9,
	    "s");
}

static void
echo(void)
{
	struct note	note;

	for (;;) {
		must(msg_expect(note, &note), "expect");
		must(msg_send(note.msg.sender, note, .n = note.n), "send");
	}
}

static void
round_trip(struct msg_pid other)
{
	struct note	note;

	must(msg_send(other, note, .n = 1), "send");
	must(msg_expect(note, &note), "expect");
}

static int
connect_breaker(int32_t port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd, "socket");
	must(connect(fd, (struct sockaddr *)&sin, sizeof(sin)),
	    "connection to breaker");
	return fd;
}

static void
resumed(const struct resumed *args)
{
	struct bench_samples	samples;
	struct msg_pid		other = spawned(msg_spawn(place(true),
				    MSG_CLOSURE(echo)));
	int			breaker = connect_breaker(args->port);
	uint64_t		start;
	char			answer;

	bench_samples_init(&samples, (size_t)args->count);
	for (int32_t i = 0; i < args->count; i++) {
		for (int k = 0; k < WARM; k++)
			round_trip(other);
		usleep(PAUSE_US);
		start = bench_now();
		bench_write(breaker, "b", 1);
		bench_read(breaker, &answer, 1);
		round_trip(other);
		bench_samples_add(&samples, bench_now() - start);
	}
	bench_samples_print(&samples, args->figure, "brood");
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(told, resumed, idle, echo));
}
