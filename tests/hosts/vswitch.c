/*
 * vswitch.c - an Ethernet switch in user space, for kernels without netem: its
 * ports are the other ends of veths, its paths delay, lose or cut.
 *
 *	vswitch [-s SEED] RULES INTERFACE...
 *
 * Ports are numbered from 1 in the order of the interfaces.  RULES is a file of
 * lines; where two fit a path, the later one holds:
 *
 *	FROM TO DELAY-MS JITTER-MS LOSS-PERCENT		FROM and TO: a port or *
 *
 * Loss of 100 is a cut.  A path keeps its order, whatever the jitter.  SIGHUP
 * reads RULES again; each time they are in force it prints "rules N".  SIGTERM
 * ends it, with a line of what it did.
 *
 * A path holds at most QUEUE_MAX bytes, and drops what comes then, as switches
 * do.  Packets travel with PACKET_VNET_HDR: checksums that were left to the
 * card and segments of 64 KiB pass as they are.
 */
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PORTS_MAX	16
#define MACS_MAX	64
#define QUEUE_MAX	(16u << 20)
#define BURST		64		/* packets of a port before the next */
#define ROOM		(1 << 17)	/* above the largest packet */
#define SOCKET_ROOM	(8 << 20)
#define HEAD		sizeof(struct virtio_net_hdr)

struct packet {
	STAILQ_ENTRY(packet)	 entry;
	int64_t			 due;
	size_t			 len;
	uint8_t			 bytes[];
};

struct path {
	STAILQ_HEAD(, packet)	 queue;
	size_t			 bytes;
	int64_t			 last_due, delay, jitter;	/* us */
	double			 loss;				/* 0 to 1 */
};

struct port {
	int		 fd;
	bool		 full;			/* until it is writable */
	const char	*name;
};

struct mac {
	uint8_t		 bytes[ETH_ALEN];
	size_t		 port;
};

struct sw {
	const char	*rules;
	size_t		 ports, macs;
	struct port	 port[PORTS_MAX];
	struct mac	 mac[MACS_MAX];
	struct path	 path[PORTS_MAX][PORTS_MAX];	/* from, to */
	uint64_t	 forwarded, lost, dropped, readings;
};

static int64_t
now_us(void)
{
	struct timespec	t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- rules ---- */

static bool
names(const char *word, size_t port)
{
	return strcmp(word, "*") == 0 ||
	    strtonum(word, 1, PORTS_MAX, NULL) == (long long)port + 1;
}

static void
apply(struct sw *sw, const char *from, const char *to, const double v[3])
{
	struct path	*p;
	size_t		 i, o;

	for (i = 0; i < sw->ports; i++)
		for (o = 0; o < sw->ports; o++) {
			if (!names(from, i) || !names(to, o))
				continue;
			p = &sw->path[i][o];
			p->delay = (int64_t)(v[0] * 1000);
			p->jitter = (int64_t)(v[1] * 1000);
			p->loss = v[2] / 100;
		}
}

static void
read_rules(struct sw *sw)
{
	FILE		*f;
	char		 from[8], to[8];
	double		 v[3] = { 0 };
	int		 n;

	if ((f = fopen(sw->rules, "r")) == NULL)
		err(1, "%s", sw->rules);
	apply(sw, "*", "*", v);
	while ((n = fscanf(f, "%7s %7s %lf %lf %lf", from, to, &v[0], &v[1],
	    &v[2])) == 5)
		apply(sw, from, to, v);
	if (n != EOF)
		errx(1, "%s: FROM TO DELAY-MS JITTER-MS LOSS", sw->rules);
	fclose(f);
	printf("rules %llu\n", (unsigned long long)++sw->readings);
	fflush(stdout);
}

/* ---- ports ---- */

static void
open_port(struct port *p, const char *name)
{
	struct sockaddr_ll	a = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL) };
	struct packet_mreq	all = { .mr_type = PACKET_MR_PROMISC };
	int			on = 1, room = SOCKET_ROOM;

	p->name = name;
	a.sll_ifindex = all.mr_ifindex = (int)if_nametoindex(name);
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd == -1 || a.sll_ifindex == 0 ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_VNET_HDR, &on,
		sizeof(on)) == -1 ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		sizeof(on)) == -1 ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		sizeof(all)) == -1 ||
	    bind(p->fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		err(1, "%s", name);
	/* Without the privilege the usual room has to do. */
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room,
	    sizeof(room));
	(void)setsockopt(p->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room,
	    sizeof(room));
}

/* Who sent it is behind that port from now on. */
static void
learn(struct sw *sw, const uint8_t *mac, size_t port)
{
	size_t	k;

	for (k = 0; k < sw->macs; k++)
		if (memcmp(sw->mac[k].bytes, mac, ETH_ALEN) == 0)
			break;
	if (k == MACS_MAX)
		return;
	memcpy(sw->mac[k].bytes, mac, ETH_ALEN);
	sw->mac[k].port = port;
	if (k == sw->macs)
		sw->macs++;
}

/* The port it goes to; PORTS_MAX: to all. */
static size_t
look_up(const struct sw *sw, const uint8_t *mac)
{
	size_t	k;

	if ((mac[0] & 1) == 0)
		for (k = 0; k < sw->macs; k++)
			if (memcmp(sw->mac[k].bytes, mac, ETH_ALEN) == 0)
				return sw->mac[k].port;
	return PORTS_MAX;
}

/* ---- packets ---- */

/* False: no room in the port's socket, it is to be tried again. */
static bool
give(struct sw *sw, struct port *p, const uint8_t *bytes, size_t len)
{
	if (send(p->fd, bytes, len, 0) != -1)
		sw->forwarded++;
	else if (errno == EAGAIN || errno == EINTR)
		return false;
	else
		sw->dropped++;		/* by a full qdisc, or it is down */
	return true;
}

static void
keep(struct sw *sw, struct path *p, const uint8_t *bytes, size_t len)
{
	struct packet	*packet;
	int64_t		 due = now_us() + p->delay;

	if (p->bytes + len > QUEUE_MAX ||
	    (packet = malloc(sizeof(*packet) + len)) == NULL) {
		sw->dropped++;
		return;
	}
	if (p->jitter > 0)
		due += (int64_t)(drand48() * (double)p->jitter);
	if (due < p->last_due)
		due = p->last_due;
	p->last_due = packet->due = due;
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
	STAILQ_INSERT_TAIL(&p->queue, packet, entry);
	p->bytes += len;
}

static void
forward(struct sw *sw, size_t from, size_t to, const uint8_t *bytes,
    size_t len)
{
	struct path	*p = &sw->path[from][to];

	if (p->loss > 0 && drand48() < p->loss)
		sw->lost++;
	else if (p->delay > 0 || p->jitter > 0 || !STAILQ_EMPTY(&p->queue) ||
	    sw->port[to].full)
		keep(sw, p, bytes, len);
	else if (!give(sw, &sw->port[to], bytes, len)) {
		sw->port[to].full = true;
		keep(sw, p, bytes, len);
	}
}

static void
take(struct sw *sw, size_t from)
{
	static uint8_t	 bytes[ROOM];
	const uint8_t	*frame = bytes + HEAD;
	ssize_t		 n;
	size_t		 to, only;
	int		 left;

	for (left = BURST; left > 0; left--) {
		n = recv(sw->port[from].fd, bytes, sizeof(bytes), MSG_TRUNC);
		if (n == -1)
			return;
		if ((size_t)n < HEAD + ETH_HLEN || (size_t)n > sizeof(bytes)) {
			sw->dropped++;
			continue;
		}
		learn(sw, frame + ETH_ALEN, from);
		only = look_up(sw, frame);
		for (to = 0; to < sw->ports; to++)
			if (to != from && (only == PORTS_MAX || only == to))
				forward(sw, from, to, bytes, (size_t)n);
	}
}

/* What is due of one path; returns when the next packet of it will be, or 0
   if that is not a matter of time. */
static int64_t
drain(struct sw *sw, struct path *p, struct port *to, int64_t now)
{
	struct packet	*packet;

	while (!to->full && (packet = STAILQ_FIRST(&p->queue)) != NULL) {
		if (packet->due > now)
			return packet->due;
		if (!give(sw, to, packet->bytes, packet->len)) {
			to->full = true;
			break;
		}
		STAILQ_REMOVE_HEAD(&p->queue, entry);
		p->bytes -= packet->len;
		free(packet);
	}
	return 0;
}

/* Everything due; returns how long nothing more will be, for ppoll. */
static struct timespec *
drain_all(struct sw *sw, struct timespec *wait)
{
	int64_t	next = INT64_MAX, now = now_us(), due;
	size_t	i, o;

	for (i = 0; i < sw->ports; i++)
		for (o = 0; o < sw->ports; o++) {
			due = drain(sw, &sw->path[i][o], &sw->port[o], now);
			if (due != 0 && due < next)
				next = due;
		}
	if (next == INT64_MAX)
		return NULL;
	wait->tv_sec = (next - now) / 1000000;
	wait->tv_nsec = (next - now) % 1000000 * 1000;
	return wait;
}

/* ---- the loop ---- */

/* Returns false when it is to end. */
static bool
hear(struct sw *sw, int fd)
{
	struct signalfd_siginfo	si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGHUP)
			read_rules(sw);
		else
			return false;
	return true;
}

static int
listen_to_signals(void)
{
	sigset_t	set;
	int		fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if ((fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) == -1)
		err(1, "signalfd");
	return fd;
}

static void
run(struct sw *sw, int signals)
{
	struct pollfd	 p[PORTS_MAX + 1];
	struct timespec	 wait;
	size_t		 i;
	bool		 on = true;

	p[sw->ports] = (struct pollfd){ .fd = signals, .events = POLLIN };
	while (on) {
		for (i = 0; i < sw->ports; i++)
			p[i] = (struct pollfd){ .fd = sw->port[i].fd,
			    .events = (short)(POLLIN |
				(sw->port[i].full ? POLLOUT : 0)) };
		if (ppoll(p, (nfds_t)sw->ports + 1, drain_all(sw, &wait),
		    NULL) == -1 && errno != EINTR)
			err(1, "ppoll");
		for (i = 0; i < sw->ports; i++) {
			if (p[i].revents & POLLOUT)
				sw->port[i].full = false;
			if (p[i].revents & ~POLLOUT)
				take(sw, i);
		}
		if (p[sw->ports].revents != 0)
			on = hear(sw, signals);
	}
}

int
main(int argc, char **argv)
{
	static struct sw	 sw;
	long			 seed = 1;
	size_t			 i, o;
	int			 c, signals;

	while ((c = getopt(argc, argv, "s:")) != -1)
		if (c == 's')
			seed = strtol(optarg, NULL, 10);
		else
			argc = 0;
	if (argc - optind < 2 || argc - optind > PORTS_MAX + 1)
		errx(2, "usage: vswitch [-s SEED] RULES INTERFACE...");
	srand48(seed);
	sw.rules = argv[optind];
	sw.ports = (size_t)(argc - optind - 1);
	for (i = 0; i < sw.ports; i++) {
		open_port(&sw.port[i], argv[optind + 1 + (int)i]);
		for (o = 0; o < sw.ports; o++)
			STAILQ_INIT(&sw.path[i][o].queue);
	}
	signals = listen_to_signals();
	read_rules(&sw);
	run(&sw, signals);
	fprintf(stderr, "vswitch: forwarded %llu, lost %llu, dropped %llu\n",
	    (unsigned long long)sw.forwarded, (unsigned long long)sw.lost,
	    (unsigned long long)sw.dropped);
	return 0;
}
