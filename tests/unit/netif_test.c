/*
 * netif_test.c - datagrams to everybody; nodes of one machine find each other.
 *
 * All traffic stays on loopback, on a port that is free.
 */
#include "tap.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "announce.h"
#include "bug.h"
#include "conf.h"
#include "discover.h"
#include "loop.h"
#include "netif.h"
#include "node.h"

#define LOOPBACK_ALL	"127.255.255.255"

static uint16_t		port;		/* of all sockets; 0: not yet known */

/* As the parent opens them. */
static int
open_on(const char *address)
{
	struct sockaddr_in	a = { .sin_family = AF_INET,
				    .sin_port = htons(port) };
	socklen_t		len = sizeof(a);
	int			fd, on = 1;

	(void)inet_pton(AF_INET, address, &a.sin_addr);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		abort();
	port = ntohs(a.sin_port);
	return fd;
}

/* ---- one datagram ---- */

static ssize_t
receive(int fd, void *p, size_t size, char host[NETIF_HOST_SIZE])
{
	struct pollfd	w = { .fd = fd, .events = POLLIN };

	host[0] = '\0';
	(void)poll(&w, 1, 5000);
	return netif_receive(fd, p, size, host);
}

static void
test_everybody(void)
{
	static const char *const	address[] = {
		LOOPBACK_ALL, LOOPBACK_ALL, "0.0.0.0", LOOPBACK_ALL
	};
	char				p[600] = "hello", host[NETIF_HOST_SIZE];
	int				fd[4], i, j;

	for (i = 0; i < 4; i++)
		fd[i] = open_on(address[i]);
	for (i = 0; i < 4; i++) {
		is_int(netif_broadcast(fd[i], port, true, p, 5), 1,
		    "sent to loopback by %d", i);
		for (j = 0; j < 4; j++) {
			is_int(receive(fd[j], p, sizeof(p), host), 5,
			    "heard by %d", j);
			is_str(host, "127.0.0.1", "from this machine");
		}
	}
	errno = 0;
	ok(netif_receive(fd[0], p, sizeof(p), host) == -1 && errno == EAGAIN,
	    "once");
	(void)netif_broadcast(fd[0], port, true, p, 600);
	is_int(receive(fd[1], p, ANNOUNCE_MAX, host), 600,
	    "one too long is known by its length");
	(void)receive(fd[0], p, sizeof(p), host);
	(void)netif_broadcast(fd[0], port, true, p, 0);
	is_int(receive(fd[1], p, ANNOUNCE_MAX, host), 0, "an empty one");
	for (i = 0; i < 4; i++)
		close(fd[i]);
}

/* ---- interfaces ---- */

static void
test_list(void)
{
	struct in_addr	list[NETIF_MOST];
	int		n, i, j, bad = 0;

	is_int(netif_list(list, true), 1, "on loopback there is one address");
	is_int(ntohl(list[0].s_addr), 0x7fffffff, LOOPBACK_ALL);
	n = netif_list(list, false);
	ok(n >= 0 && n <= NETIF_MOST, "in the networks %d", n);
	for (i = 0; i < n; i++) {
		if (list[i].s_addr == 0 || ntohl(list[i].s_addr) >> 24 == 127)
			bad++;
		for (j = 0; j < i; j++)
			bad += list[i].s_addr == list[j].s_addr;
	}
	is_int(bad, 0, "each once, none of loopback");
}

/* A machine without any network. */
static void
test_none(void)
{
	pid_t	child;
	int	status = -1, fd;

	fflush(stdout);
	if ((child = fork()) == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
			_exit(2);
		fd = open_on("0.0.0.0");
		errno = 0;
		_exit(netif_broadcast(fd, port, false, "x", 1) != 0 ||
		    errno != ENETUNREACH);
	}
	(void)waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		ok(true, "no network at all # SKIP no namespaces here");
	else
		is_int(status, 0, "no network at all: sent to none, and why");
}

/* ---- nodes ---- */

#define NODES	12

struct member {
	struct node		 n;
	struct discover		*d;
	struct loop_io		*io;
	struct loop_timer	*timer;
	int			 fd;
	bool			 knows[NODES];
	unsigned int		 known, twice, strange;
};

static struct member		 members[NODES];
static struct loop		*loop;
static const struct announce_tag tag = { "netif_test" };

static void
on_suggest(void *arg, enum discover_source source, const char *host,
    uint16_t p)
{
	struct member	*m = arg;
	unsigned int	 i = p - 1000u;

	if (source != DISCOVER_BROADCAST || strcmp(host, "127.0.0.1") != 0 ||
	    i >= NODES) {
		m->strange++;
		return;
	}
	if (m->knows[i])
		m->twice++;
	else
		m->known++;
	m->knows[i] = true;
}

static void
on_withdraw(void *arg, enum discover_source source, const char *host,
    uint16_t p)
{
	(void)source, (void)host, (void)p;
	((struct member *)arg)->strange++;
}

static void
on_broadcast(void *arg, bool loopback, const void *p, size_t n)
{
	struct member	*m = arg;

	if (netif_broadcast(m->fd, port, loopback, p, n) != 1)
		m->strange++;
}

static int
on_ask(void *arg, const char *name)
{
	(void)arg, (void)name;
	return -1;
}

static void
on_wake(void *arg, struct mono when)
{
	loop_timer_set(((struct member *)arg)->timer, when);
}

static uint32_t
on_random(void *arg, uint32_t below)
{
	(void)arg;
	return arc4random_uniform(below);
}

static const struct discover_acts	 acts = {
	on_suggest, on_withdraw, on_broadcast, on_ask, on_wake, on_random
};

static void
on_timer(void *arg)
{
	struct member	*m = arg;

	m->n.now = mono_now();
	discover_tick(m->d);
}

static void
on_readable(void *arg, int what)
{
	struct member	*m = arg;
	uint8_t		 p[ANNOUNCE_MAX];
	char		 host[NETIF_HOST_SIZE];
	ssize_t		 n;

	(void)what;
	m->n.now = mono_now();
	while ((n = netif_receive(m->fd, p, sizeof(p), host)) != -1)
		discover_packet(m->d, host, p, (size_t)n);
}

static void
member_open(unsigned int i, const struct conf *conf)
{
	static const struct node_acts	 none;
	struct member			*m = &members[i];
	char				 listen[32];

	m->fd = open_on(LOOPBACK_ALL);
	node_init(&m->n, conf, NULL, &none, 1000 + i, mono_now());
	m->io = loop_io_new(loop, m->fd, on_readable, m);
	m->timer = loop_timer_new(loop, on_timer, m);
	m->d = discover_new(&m->n, &acts, m);
	(void)loop_io_want(m->io, LOOP_READ);
	(void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", 1000 + i);
	discover_configure(m->d, &(struct discover_self){ listen, &tag, 1 });
}

static void
member_close(struct member *m)
{
	discover_free(m->d);
	loop_timer_free(m->timer);
	loop_io_free(m->io);
	node_release(&m->n);
	close(m->fd);
}

/* What is waited for, of the first of the nodes. */
static bool		(*until)(const struct member *);
static unsigned int	 wanted;

static bool
knows_all(const struct member *m)
{
	return m->known >= wanted - 1;
}

/* From here on its next announcement is seconds away, unless it is asked. */
static bool
has_started(const struct member *m)
{
	return m->n.stats.announcements_sent >= 2;
}

static void
on_turn(void *arg)
{
	unsigned int	i;

	(void)arg;
	for (i = 0; i < wanted; i++)
		if (!until(&members[i]))
			return;
	loop_stop(loop);
}

static void
on_patience(void *arg)
{
	(void)arg;
	ok(false, "it takes too long");
	loop_stop(loop);
}

static int64_t
wait_for(bool (*fn)(const struct member *), unsigned int n)
{
	struct loop_timer	*t = loop_timer_new(loop, on_patience, NULL);
	struct mono		 begin = mono_now();

	until = fn;
	wanted = n;
	loop_timer_set(t, mono_after(begin, MONO_MS(20000)));
	(void)loop_run(loop, on_turn, NULL);
	loop_timer_free(t);
	return (mono_now().ns - begin.ns) / MONO_MS(1);
}

static void
test_nodes(void)
{
	static const char	 text[] = "[node]\nname = alpha\n"
				    "listen = 127.0.0.1:1\n"
				    "discover = broadcast\n";
	struct conf_sink	 none = { 0 };
	struct conf		*conf;
	unsigned int		 i, strange = 0, itself = 0;
	int64_t			 ms;

	BUG_ON(conf_parse_text(&conf, text, strlen(text), &none) == -1);
	loop = loop_new();
	for (i = 0; i < NODES - 1; i++)
		member_open(i, conf);
	ms = wait_for(knows_all, NODES - 1);
	ok(ms < 5000, "%d nodes know each other after %d ms", NODES - 1,
	    (int)ms);
	(void)wait_for(has_started, NODES - 1);
	/* The last one is told by who is there, which is why it asks. */
	member_open(NODES - 1, conf);
	ms = wait_for(knows_all, NODES);
	ok(ms < 5000, "one more is known to all, and knows all, after %d ms",
	    (int)ms);
	for (i = 0; i < NODES; i++) {
		strange += members[i].strange + members[i].twice;
		itself += members[i].knows[i];
		strange += members[i].n.stats.announcements_bad > 0;
	}
	is_int(strange, 0, "each was suggested once, and nothing else");
	is_int(itself, 0, "nobody itself");
	for (i = 0; i < NODES; i++)
		member_close(&members[i]);
	loop_free(loop);
	conf_free(conf);
}

int
main(void)
{
	test_everybody();
	test_list();
	test_none();
	test_nodes();
	return tap_done();
}
