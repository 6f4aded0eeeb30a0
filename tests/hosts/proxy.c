/*
 * proxy.c - a TCP relay between supervisors of one machine, where namespaces
 * are not to be had: it breaks, stalls and delays what passes.
 *
 *	proxy SOCKET HOSTS	stands before so many hosts: prints "I PORT" for
 *				each, then "ready"
 *
 * A command is a line on SOCKET (tell.c); it answers "ok", a number, an error:
 *
 *	host I PORT PID		host I listens on PORT, its guard is PID; until
 *				then it refuses
 *	cut A B, way A B	nothing passes, both ways or from A to B; what
 *				is under way waits, as if sent again
 *	syn A B			connections that A dials to B never come about
 *	forget A B		the connections they have lead nowhere
 *	reset A B		they are reset
 *	refuse I, admit I	nobody listens there, and again
 *	delay A B MS, rate A B KBIT	both ways; 0: none
 *	heal [A B]		no rule holds any more
 *	count A B		how many connections pass between them
 *
 * B may be * (any).  Who dials is found by the owner of the other socket: the
 * relay below one of the guards.  Whoever is no host of ours is host 0.
 *
 * One file, for it is one small program.
 */
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peek.h"

#define HOSTS_MAX	64
#define LINKS_MAX	1024
#define PIECE		(16 << 10)
#define HELD_MAX	(4u << 20)	/* of one direction */
#define SOCKET_ROOM	(64 << 10)	/* a slow path is felt soon: */
#define SLOW_PART	20		/* it holds a 20th of a second */
#define WORDS_MAX	6

struct chunk {
	STAILQ_ENTRY(chunk)	 entry;
	int64_t			 due;
	size_t			 len, off;
	char			 bytes[];
};

/* One direction of a connection: what came from fd[d], for fd[!d]. */
struct flow {
	STAILQ_HEAD(, chunk)	 queue;
	size_t			 held;
	bool			 eof, shut;	/* read; passed on */
	bool			 deaf;		/* the reader is gone */
};

struct link {
	LIST_ENTRY(link)	 entry;
	int			 fd[2];		/* [0] dialled; [1] -1: not yet
						   passed on */
	size_t			 who[2];
	bool			 lost;		/* its bytes go nowhere */
	struct flow		 flow[2];
	struct pollfd		*poll[2];
};

struct rule {
	bool		 cut, syn;
	int64_t		 delay, rate;		/* us; bytes a second */
	int64_t		 free_at;		/* rate: not before */
};

struct host {
	int		 listener;		/* -1: refuses */
	uint16_t	 port, real;		/* ours; 0: not there */
	pid_t		 guard;
};

struct proxy {
	size_t			 hosts, links;
	int			 control;
	struct host		 host[HOSTS_MAX + 1];
	struct rule		 rule[HOSTS_MAX + 1][HOSTS_MAX + 1];
	LIST_HEAD(, link)	 all;
};

static int64_t
now_us(void)
{
	struct timespec	t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct sockaddr_in
local(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* ---- one connection ---- */

static struct rule *
rule_of(struct proxy *x, const struct link *l, int d)
{
	return &x->rule[l->who[d]][l->who[!d]];
}

static void
drop_held(struct flow *f)
{
	struct chunk	*c;

	while ((c = STAILQ_FIRST(&f->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&f->queue, entry);
		free(c);
	}
	f->held = 0;
}

/* Both ends are closed; with hard each hears a reset. */
static void
end(struct proxy *x, struct link *l, bool hard)
{
	struct linger	linger = { .l_onoff = 1 };
	int		d;

	for (d = 0; d < 2; d++) {
		drop_held(&l->flow[d]);
		if (l->fd[d] == -1)
			continue;
		if (hard)
			(void)setsockopt(l->fd[d], SOL_SOCKET, SO_LINGER,
			    &linger, sizeof(linger));
		close(l->fd[d]);
	}
	LIST_REMOVE(l, entry);
	x->links--;
	free(l);
}

static void
tune(int fd)
{
	int	on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* The connection to the host itself, once nothing is cut; false: refused. */
static bool
pass_on(struct proxy *x, struct link *l)
{
	struct sockaddr_in	a = local(x->host[l->who[1]].real);
	int			room = SOCKET_ROOM, fd;

	if (l->fd[1] != -1 || l->lost || rule_of(x, l, 0)->cut ||
	    rule_of(x, l, 1)->cut)
		return true;
	if (a.sin_port == 0)
		return false;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1 &&
	    errno != EINPROGRESS) {
		close(fd);
		return false;
	}
	tune(fd);
	l->fd[1] = fd;
	return true;
}

static void
dialled(struct proxy *x, size_t at, int fd)
{
	struct link	*l;
	pid_t		 guards[HOSTS_MAX];
	size_t		 i;

	for (i = 1; i <= x->hosts; i++)
		guards[i - 1] = x->host[i].guard;
	if (x->links == LINKS_MAX || (l = calloc(1, sizeof(*l))) == NULL) {
		close(fd);
		return;
	}
	tune(fd);
	STAILQ_INIT(&l->flow[0].queue);
	STAILQ_INIT(&l->flow[1].queue);
	l->fd[0] = fd;
	l->fd[1] = -1;
	l->who[0] = peek_dialler(fd, guards, x->hosts);
	l->who[1] = at;
	l->lost = x->rule[l->who[0]][at].syn;
	LIST_INSERT_HEAD(&x->all, l, entry);
	x->links++;
}

/* Writes what may be of one direction; *next is when more may be.  False: the
   connection is over. */
static bool
push(struct proxy *x, struct link *l, int d, int64_t now, int64_t *next)
{
	struct flow	*f = &l->flow[d];
	struct rule	*r = rule_of(x, l, d);
	struct chunk	*c;
	ssize_t		 n;
	int64_t		 when;

	if (l->lost)
		return !l->flow[0].eof || (l->fd[1] != -1 && !l->flow[1].eof);
	if (r->cut || l->fd[!d] == -1)
		return true;
	while ((c = STAILQ_FIRST(&f->queue)) != NULL) {
		when = c->due > r->free_at || r->rate == 0 ? c->due :
		    r->free_at;
		if (when > now) {
			*next = when < *next ? when : *next;
			return true;
		}
		n = f->deaf ? (ssize_t)(c->len - c->off) : send(l->fd[!d],
		    c->bytes + c->off, c->len - c->off, MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN)
			return true;
		if (n == -1) {			/* what it said may yet come */
			f->deaf = true;
			continue;
		}
		if (r->rate > 0)
			r->free_at = (r->free_at > now ? r->free_at : now) +
			    n * 1000000 / r->rate;
		f->held -= (size_t)n;
		if ((c->off += (size_t)n) == c->len) {
			STAILQ_REMOVE_HEAD(&f->queue, entry);
			free(c);
		}
	}
	if (f->eof && !f->shut) {
		(void)shutdown(l->fd[!d], SHUT_WR);
		f->shut = true;
	}
	return !(l->flow[0].shut && l->flow[1].shut);
}

/* What has come from one end; false: it was reset. */
static bool
pull(struct proxy *x, struct link *l, int d, int64_t now)
{
	struct flow	*f = &l->flow[d];
	struct chunk	*c;
	ssize_t		 n;

	if ((c = malloc(sizeof(*c) + PIECE)) == NULL)
		return false;
	n = recv(l->fd[d], c->bytes, PIECE, 0);
	if (n <= 0 || l->lost) {
		free(c);
		f->eof = n == 0 || (n == -1 && l->lost && errno != EAGAIN);
		return n >= 0 || errno == EAGAIN || l->lost;
	}
	c->len = (size_t)n;
	c->off = 0;
	c->due = now + rule_of(x, l, d)->delay;
	STAILQ_INSERT_TAIL(&f->queue, c, entry);
	f->held += c->len;
	return true;
}

static size_t
held_most(const struct rule *r)
{
	return r->rate == 0 ? HELD_MAX :
	    PIECE + (size_t)(r->rate / SLOW_PART);
}

/* Nobody must hear what a cut network would not tell: then we do not look. */
static bool
readable(struct proxy *x, const struct link *l, int d)
{
	const struct flow	*f = &l->flow[d];
	const struct rule	*r = rule_of(x, l, d);

	return l->fd[d] != -1 && !f->eof && (l->lost ||
	    (!r->cut && f->held < held_most(r)));
}

static bool
writable(struct proxy *x, const struct link *l, int d, int64_t now)
{
	const struct flow	*f = &l->flow[!d];
	const struct rule	*r = rule_of(x, l, !d);
	const struct chunk	*c = STAILQ_FIRST(&f->queue);

	return l->fd[d] != -1 && !f->deaf && !r->cut && c != NULL &&
	    c->due <= now && (r->rate == 0 || r->free_at <= now);
}

/* ---- commands ---- */

/* A host by number; "*" is any: 0 and *any. */
static bool
parse_host(const struct proxy *x, const char *word, size_t *host, bool *any)
{
	*any = strcmp(word, "*") == 0;
	*host = *any ? 0 : (size_t)strtonum(word, 1, (long long)x->hosts,
	    NULL);
	return *any || *host != 0;
}

/* Whether a is of the first word's hosts and b of the second's. */
struct pair {
	size_t	a, b;
	bool	any_a, any_b;
};

static bool
pair_has(const struct pair *p, size_t a, size_t b)
{
	return (p->any_a || p->a == a) && (p->any_b || p->b == b);
}

static void
set_rules(struct proxy *x, const struct pair *p, const char *what, int64_t v)
{
	struct rule	*r;
	bool		 there, back;
	size_t		 a, b;

	for (a = 0; a <= x->hosts; a++)
		for (b = 0; b <= x->hosts; b++) {
			r = &x->rule[a][b];
			there = pair_has(p, a, b);
			back = pair_has(p, b, a);
			if (strcmp(what, "heal") == 0 && (there || back))
				*r = (struct rule){ .cut = false };
			else if (strcmp(what, "cut") == 0)
				r->cut |= there || back;
			else if (strcmp(what, "way") == 0)
				r->cut |= there;
			else if (strcmp(what, "syn") == 0)
				r->syn |= there;
			else if (strcmp(what, "delay") == 0 && (there || back))
				r->delay = v * 1000;
			else if (strcmp(what, "rate") == 0 && (there || back))
				r->rate = v * 1000 / 8;
		}
}

/* What is done to the connections between two; returns how many there are. */
static size_t
each_link(struct proxy *x, const struct pair *p, const char *what)
{
	struct link	*l, *next;
	size_t		 n = 0;

	for (l = LIST_FIRST(&x->all); l != NULL; l = next) {
		next = LIST_NEXT(l, entry);
		if (!pair_has(p, l->who[0], l->who[1]) &&
		    !pair_has(p, l->who[1], l->who[0]))
			continue;
		n++;
		if (strcmp(what, "reset") == 0)
			end(x, l, true);
		else if (strcmp(what, "forget") == 0) {
			l->lost = true;
			drop_held(&l->flow[0]);
			drop_held(&l->flow[1]);
		}
	}
	return n;
}

/* The listening socket of a host; the port is the same ever after. */
static void
admit(struct host *h)
{
	struct sockaddr_in	a = local(h->port);
	socklen_t		len = sizeof(a);
	int			on = 1, room = SOCKET_ROOM, fd;

	if (h->listener != -1)
		return;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    listen(fd, 1024) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		err(1, "listen");
	h->listener = fd;
	h->port = ntohs(a.sin_port);
}

static void
refuse(struct host *h)
{
	if (h->listener != -1)
		close(h->listener);
	h->listener = -1;
}

static const char *
command(struct proxy *x, char **w, int n)
{
	static const char	 rules[] = " cut way syn delay rate heal ";
	static const char	 links[] = " reset forget count ";
	static char		 answer[32];
	struct pair		 p = { .any_a = true, .any_b = true };
	char			 name[16];

	(void)snprintf(name, sizeof(name), " %s ", w[0]);
	if (n > 1 && !parse_host(x, w[1], &p.a, &p.any_a))
		return "error: no such host";
	if (n == 4 && strcmp(w[0], "host") == 0) {
		x->host[p.a].real = (uint16_t)strtonum(w[2], 0, 65535, NULL);
		x->host[p.a].guard = (pid_t)strtonum(w[3], 0, INT32_MAX, NULL);
	} else if (n == 2 && strcmp(w[0], "refuse") == 0)
		refuse(&x->host[p.a]);
	else if (n == 2 && strcmp(w[0], "admit") == 0)
		admit(&x->host[p.a]);
	else if (n > 2 && !parse_host(x, w[2], &p.b, &p.any_b))
		return "error: no such host";
	else if ((n > 2 || strcmp(w[0], "heal") == 0) &&
	    strstr(rules, name) != NULL)
		set_rules(x, &p, w[0], n > 3 ? strtonum(w[3], 0, INT32_MAX,
		    NULL) : 0);
	else if (n == 3 && strstr(links, name) != NULL) {
		(void)snprintf(answer, sizeof(answer), "%zu",
		    each_link(x, &p, w[0]));
		return answer;
	} else
		return "error: no such command";
	return "ok";
}

/* A command is a line, and its connection is its own. */
static void
obey(struct proxy *x)
{
	char		 line[256], *rest = line, *word, *w[WORDS_MAX];
	const char	*answer = "error: nothing said";
	struct timeval	 limit = { .tv_sec = 1 };
	int		 fd, n = 0;
	ssize_t		 got;

	if ((fd = accept4(x->control, NULL, NULL, SOCK_CLOEXEC)) == -1)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if ((got = recv(fd, line, sizeof(line) - 1, 0)) > 0) {
		line[got] = '\0';
		while (n < WORDS_MAX &&
		    (word = strsep(&rest, " \n")) != NULL)
			if (*word != '\0')
				w[n++] = word;
		if (n > 0)
			answer = command(x, w, n);
	}
	(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	close(fd);
}

/* ---- the loop ---- */

static struct pollfd *
poll_slot(struct pollfd **free_slot, int fd, bool in, bool out)
{
	struct pollfd	*p = (*free_slot)++;

	/* A hang-up comes unasked: who wants nothing is not in it at all. */
	*p = (struct pollfd){ .fd = in || out ? fd : -1,
	    .events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0)) };
	return p;
}

/* False: the connection is over, and whether by a reset. */
static bool
serve_link(struct proxy *x, struct link *l, int64_t now, int64_t *next,
    bool *hard)
{
	int	d;

	*hard = !pass_on(x, l);
	for (d = 0; d < 2 && !*hard; d++)
		if (l->poll[d] != NULL && readable(x, l, d) &&
		    (l->poll[d]->revents & ~POLLOUT) != 0)
			*hard = !pull(x, l, d, now);
	for (d = 0; d < 2 && !*hard; d++)
		if (!push(x, l, d, now, next))
			return false;
	return !*hard;
}

/* All connections; returns how long to wait, in ms. */
static int
serve_links(struct proxy *x)
{
	struct link	*l, *later;
	int64_t		 now = now_us(), next = INT64_MAX;
	bool		 hard;

	for (l = LIST_FIRST(&x->all); l != NULL; l = later) {
		later = LIST_NEXT(l, entry);
		if (!serve_link(x, l, now, &next, &hard))
			end(x, l, hard);
	}
	return next == INT64_MAX ? -1 : (int)((next - now + 999) / 1000);
}

static void
run(struct proxy *x)
{
	static struct pollfd	 p[1 + HOSTS_MAX + 2 * LINKS_MAX];
	struct pollfd		*slot;
	struct link		*l;
	int64_t			 now;
	size_t			 i;
	int			 wait, fd, d;

	for (;;) {
		wait = serve_links(x);
		now = now_us();
		slot = p;
		(void)poll_slot(&slot, x->control, true, false);
		for (i = 1; i <= x->hosts; i++)
			(void)poll_slot(&slot, x->host[i].listener, true,
			    false);
		LIST_FOREACH(l, &x->all, entry)
			for (d = 0; d < 2; d++)
				l->poll[d] = poll_slot(&slot, l->fd[d],
				    readable(x, l, d), writable(x, l, d, now));
		if (poll(p, (nfds_t)(slot - p), wait) == -1)
			err(1, "poll");
		for (i = 1; i <= x->hosts; i++)
			while (p[i].revents != 0 && (fd = accept4(p[i].fd,
			    NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1)
				dialled(x, i, fd);
		if (p[0].revents != 0)
			obey(x);
	}
}

/* ---- beginning ---- */

static void
stand(const char *path, size_t hosts)
{
	static struct proxy	x;
	struct sockaddr_un	a = { .sun_family = AF_UNIX };
	size_t			i;

	if (strlcpy(a.sun_path, path, sizeof(a.sun_path)) >=
	    sizeof(a.sun_path))
		errx(2, "%s: too long", path);
	x.hosts = hosts;
	LIST_INIT(&x.all);
	x.control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (x.control == -1 || (unlink(path) == -1 && errno != ENOENT) ||
	    bind(x.control, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    listen(x.control, 16) == -1)
		err(1, "%s", path);
	x.host[0].listener = -1;
	for (i = 1; i <= hosts; i++) {
		x.host[i].listener = -1;
		admit(&x.host[i]);
		printf("%zu %u\n", i, x.host[i].port);
	}
	puts("ready");
	fflush(stdout);
	run(&x);
}

int
main(int argc, char **argv)
{
	size_t	hosts;

	hosts = argc == 3 ? (size_t)strtonum(argv[2], 1, HOSTS_MAX, NULL) : 0;
	if (hosts == 0)
		errx(2, "usage: proxy SOCKET HOSTS");
	(void)signal(SIGPIPE, SIG_IGN);
	stand(argv[1], hosts);
}
