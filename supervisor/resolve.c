/*
 * resolve.c - names become addresses, by c-ares, and the loop never waits.
 *
 * c-ares may call back from within the call that asks, so an answer is put by
 * and given out by a timer of its own.  It gives up in its own time, which
 * grows with the number of servers; a question is therefore answered after
 * RESOLVER_MS at the latest, and what c-ares says later is dropped.
 *
 * Owns:    c-ares, so all of it is in this file; questions under way.
 * Not here: what follows from an answer; when to ask again.
 * Errors:  a question that was taken is always answered, once.
 */
#include "resolve.h"

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <netinet/in.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Later versions of the library would have another parser of SRV. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/nameser.h>

#include "loop.h"
#include "mono.h"

#ifndef TRY_MS				/* tests have others */
#define TRY_MS		2000		/* for a server; then twice that */
#define RESOLV_CONF	"/etc/resolv.conf"
#endif
#define TRIES		2

/* Under way (c-ares has it), answered (the timer will give it out), or both:
   when the time is up before c-ares is done. */
struct resolver_query {
	TAILQ_ENTRY(resolver_query)	 entry;
	struct resolver			*r;
	resolver_fn			*fn;	/* NULL: nobody waits */
	void				*arg;
	struct mono			 deadline;
	uint16_t			 port;
	bool				 under_way, answered;
	const char			*why;
	struct host			*hosts;
	size_t				 n;
};

/* A descriptor of c-ares's. */
struct resolver_socket {
	LIST_ENTRY(resolver_socket)	 entry;
	struct resolver			*r;
	int				 fd;
	struct loop_io			*io;
};

/* What /etc/resolv.conf was when it was read. */
struct stamp { ino_t ino; off_t size; struct timespec mtime; };

struct resolver {
	struct loop			*loop;
	const char			*servers;
	struct stamp			 stamp;
	ares_channel			 channel;
	struct loop_timer		*retry;		/* c-ares's timeouts */
	struct loop_timer		*give;		/* answers, late ones */
	TAILQ_HEAD(, resolver_query)	 queries;	/* oldest first */
	unsigned int			 n;
	LIST_HEAD(, resolver_socket)	 sockets;
};

/* ---- the loop for c-ares ---- */

static void
set_retry(struct resolver *r)
{
	struct timeval	tv, *left = ares_timeout(r->channel, NULL, &tv);

	loop_timer_set(r->retry, left == NULL ? MONO_NEVER :
	    mono_after(mono_now(), MONO_MS((int64_t)left->tv_sec * 1000 +
	    left->tv_usec / 1000 + 1)));
}

static void
on_retry(void *arg)
{
	struct resolver	*r = arg;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_retry(r);
}

/* The socket may be gone when c-ares returns. */
static void
on_io(void *arg, int what)
{
	struct resolver_socket	*s = arg;
	struct resolver		*r = s->r;

	ares_process_fd(r->channel,
	    (what & LOOP_READ) != 0 ? s->fd : ARES_SOCKET_BAD,
	    (what & LOOP_WRITE) != 0 ? s->fd : ARES_SOCKET_BAD);
	set_retry(r);
}

static struct resolver_socket *
socket_get(struct resolver *r, int fd)
{
	struct resolver_socket	*s;

	LIST_FOREACH(s, &r->sockets, entry)
		if (s->fd == fd)
			return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->r = r;
	s->fd = fd;
	if ((s->io = loop_io_new(r->loop, fd, on_io, s)) == NULL) {
		free(s);
		return NULL;
	}
	LIST_INSERT_HEAD(&r->sockets, s, entry);
	return s;
}

static void
socket_free(struct resolver_socket *s)
{
	LIST_REMOVE(s, entry);
	loop_io_free(s->io);
	free(s);
}

/* What c-ares wants of a descriptor; nothing: it is about to close it.  One
   that cannot be watched is as good as a server that does not answer. */
static void
on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver_socket	*s = socket_get(arg, fd);

	if (s == NULL)
		return;
	if (!readable && !writable)
		socket_free(s);
	else
		(void)loop_io_want(s->io, (readable ? LOOP_READ : 0) |
		    (writable ? LOOP_WRITE : 0));
}

/* ---- the channel ---- */

static struct stamp
stamp_now(void)
{
	struct stamp	now;
	struct stat	st;

	memset(&now, 0, sizeof(now));
	if (stat(RESOLV_CONF, &st) == 0) {
		now.ino = st.st_ino;
		now.size = st.st_size;
		now.mtime = st.st_mtim;
	}
	return now;
}

static bool
stamp_same(const struct stamp *a, const struct stamp *b)
{
	return a->ino == b->ino && a->size == b->size &&
	    a->mtime.tv_sec == b->mtime.tv_sec &&
	    a->mtime.tv_nsec == b->mtime.tv_nsec;
}

static int
channel_open(struct resolver *r, ares_channel *channel)
{
	char			path[] = RESOLV_CONF;
	struct ares_options	o;
	int			rc;

	memset(&o, 0, sizeof(o));
	o.timeout = TRY_MS;
	o.tries = TRIES;
	o.sock_state_cb = on_socket;
	o.sock_state_cb_data = r;
	o.resolvconf_path = path;
	r->stamp = stamp_now();
	rc = ares_init_options(channel, &o, ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF);
	if (rc != ARES_SUCCESS) {
		errno = rc == ARES_ENOMEM ? ENOMEM : EINVAL;
		return -1;
	}
	if (r->servers == NULL)
		return 0;
	if (ares_set_servers_ports_csv(*channel, r->servers) == ARES_SUCCESS)
		return 0;
	ares_destroy(*channel);
	*channel = NULL;
	errno = EINVAL;
	return -1;
}

/* Servers that changed (a network that came up late) must not go unnoticed for
   the life of the relay.  What was asked of the old ones is asked in vain. */
static void
channel_refresh(struct resolver *r)
{
	struct stamp	now = stamp_now(), was = r->stamp;
	ares_channel	fresh;

	if (r->servers != NULL || stamp_same(&now, &was))
		return;
	if (channel_open(r, &fresh) == -1)
		return;
	ares_destroy(r->channel);
	r->channel = fresh;
	set_retry(r);
}

/* ---- questions and answers ---- */

static void
query_free(struct resolver_query *q)
{
	TAILQ_REMOVE(&q->r->queries, q, entry);
	q->r->n--;
	free(q->hosts);
	free(q);
}

/* Answers wait for the timer; without any it waits for the oldest question. */
static void
set_give(struct resolver *r)
{
	struct resolver_query	*q;
	struct mono		 when = MONO_NEVER;

	TAILQ_FOREACH(q, &r->queries, entry) {
		if (q->fn == NULL)
			continue;
		if (q->answered) {
			when = mono_now();
			break;
		}
		if (q->deadline.ns < when.ns)
			when = q->deadline;
	}
	loop_timer_set(r->give, when);
}

static void
query_answered(struct resolver_query *q, const char *why)
{
	q->answered = true;
	q->why = why;
	set_give(q->r);
}

/* The next one whose answer is due, which may be that there is none. */
static struct resolver_query *
query_due(struct resolver *r)
{
	struct resolver_query	*q;
	struct mono		 now = mono_now();

	TAILQ_FOREACH(q, &r->queries, entry)
		if (q->fn != NULL &&
		    (q->answered || mono_reached(q->deadline, now)))
			return q;
	return NULL;
}

/* fn may ask and cancel, also what is due in this turn. */
static void
on_give(void *arg)
{
	struct resolver		*r = arg;
	struct resolver_query	*q;
	resolver_fn		*fn;

	while ((q = query_due(r)) != NULL) {
		fn = q->fn;
		q->fn = NULL;
		if (q->answered)
			fn(q->arg, q->hosts, q->n, q->why);
		else
			fn(q->arg, NULL, 0, "no server answered in time");
		if (!q->under_way)
			query_free(q);
	}
	set_give(r);
}

/* Called by c-ares when it is done with a question, whatever came of it. */
static bool
query_returned(struct resolver_query *q, int status)
{
	q->under_way = false;
	if (q->fn == NULL) {
		query_free(q);
		return false;
	}
	if (status == ARES_SUCCESS)
		return true;
	if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
		query_answered(q, NULL);
	else if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		query_answered(q, "the servers to be asked have changed");
	else
		query_answered(q, ares_strerror(status));
	return false;
}

/* Room for n results, at most RESOLVER_MOST. */
static bool
query_room(struct resolver_query *q, size_t n)
{
	if (n > RESOLVER_MOST)
		n = RESOLVER_MOST;
	return (q->hosts = calloc(n > 0 ? n : 1, sizeof(*q->hosts))) != NULL;
}

static void
on_hosts(void *arg, int status, int timeouts, struct ares_addrinfo *res)
{
	struct resolver_query		*q = arg;
	struct ares_addrinfo_node	*a;
	struct host			*h;
	size_t				 n = 0;

	(void)timeouts;
	if (!query_returned(q, status)) {
		ares_freeaddrinfo(res);
		return;
	}
	for (a = res->nodes; a != NULL; a = a->ai_next)
		n++;
	if (!query_room(q, n))
		query_answered(q, "no memory");
	else {
		for (a = res->nodes; a != NULL && q->n < RESOLVER_MOST;
		    a = a->ai_next) {
			h = &q->hosts[q->n];
			h->port = q->port;
			if (getnameinfo(a->ai_addr, a->ai_addrlen, h->name,
			    sizeof(h->name), NULL, 0, NI_NUMERICHOST) == 0)
				q->n++;
		}
		query_answered(q, NULL);
	}
	ares_freeaddrinfo(res);
}

static void
on_service(void *arg, int status, int timeouts, unsigned char *p, int len)
{
	struct resolver_query	*q = arg;
	struct ares_srv_reply	*all = NULL, *a;
	struct host		*h;
	size_t			 n = 0;
	int			 rc;

	(void)timeouts;
	if (!query_returned(q, status))
		return;
	rc = ares_parse_srv_reply(p, len, &all);
	for (a = all; a != NULL; a = a->next)
		n++;
	if (rc != ARES_SUCCESS && rc != ARES_ENODATA)
		query_answered(q, ares_strerror(rc));
	else if (!query_room(q, n))
		query_answered(q, "no memory");
	else {
		for (a = all; a != NULL && q->n < RESOLVER_MOST; a = a->next) {
			/* What a server calls a name may hold any bytes. */
			if (a->port == 0 || !host_valid(a->host))
				continue;
			h = &q->hosts[q->n++];
			h->port = a->port;
			(void)strlcpy(h->name, a->host, sizeof(h->name));
		}
		query_answered(q, NULL);
	}
	if (all != NULL)
		ares_free_data(all);
}

/* An address as text needs no server; with a scope c-ares does not know it. */
static bool
ask_numeric(struct resolver_query *q, const char *name)
{
	struct addrinfo	 hints, *res;

	memset(&hints, 0, sizeof(hints));
	hints.ai_flags = AI_NUMERICHOST;
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo(name, NULL, &hints, &res) != 0)
		return false;
	if (query_room(q, 1) &&
	    getnameinfo(res->ai_addr, res->ai_addrlen, q->hosts[0].name,
	    sizeof(q->hosts[0].name), NULL, 0, NI_NUMERICHOST) == 0) {
		q->hosts[0].port = q->port;
		q->n = 1;
	}
	freeaddrinfo(res);
	query_answered(q, q->n == 1 ? NULL : "no memory");
	return true;
}

static void
ask(struct resolver_query *q, const char *name, enum resolver_kind kind)
{
	struct ares_addrinfo_hints	hints;

	q->under_way = true;
	if (kind == RESOLVER_SERVICE) {
		ares_search(q->r->channel, name, ns_c_in, ns_t_srv, on_service,
		    q);
		return;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = ARES_AI_NOSORT; /* which opens a socket for each */
	ares_getaddrinfo(q->r->channel, name, NULL, &hints, on_hosts, q);
}

struct resolver_query *
resolver_ask(struct resolver *r, const char *name, enum resolver_kind kind,
    uint16_t port, resolver_fn *fn, void *arg)
{
	struct resolver_query	*q;
	bool			 numeric = strchr(name, ':') != NULL;

	if (!host_valid(name) || (numeric && kind != RESOLVER_HOST)) {
		errno = EINVAL;
		return NULL;
	}
	if (r->n >= RESOLVER_QUERIES) {
		errno = EAGAIN;
		return NULL;
	}
	if ((q = calloc(1, sizeof(*q))) == NULL)
		return NULL;
	q->r = r;
	q->fn = fn;
	q->arg = arg;
	q->port = port;
	q->deadline = mono_after(mono_now(), MONO_MS(RESOLVER_MS));
	TAILQ_INSERT_TAIL(&r->queries, q, entry);
	r->n++;
	if (kind == RESOLVER_HOST && ask_numeric(q, name))
		return q;
	channel_refresh(r);
	ask(q, name, kind);
	set_retry(r);
	set_give(r);
	return q;
}

void
resolver_cancel(struct resolver_query *q)
{
	if (q == NULL)
		return;
	q->fn = NULL;
	if (!q->under_way)
		query_free(q);
}

/* ---- the resolver ---- */

struct resolver *
resolver_new(struct loop *loop, const char *servers)
{
	struct resolver	*r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(r);
		errno = ENOMEM;
		return NULL;
	}
	r->loop = loop;
	r->servers = servers;
	TAILQ_INIT(&r->queries);
	LIST_INIT(&r->sockets);
	if ((r->retry = loop_timer_new(loop, on_retry, r)) == NULL ||
	    (r->give = loop_timer_new(loop, on_give, r)) == NULL ||
	    channel_open(r, &r->channel) == -1) {
		resolver_free(r);
		return NULL;
	}
	return r;
}

/* c-ares calls back for what it has, which goes with that; answers that were
   not given out are left. */
void
resolver_free(struct resolver *r)
{
	struct resolver_query	*q;
	int			 err = errno;

	if (r == NULL)
		return;
	TAILQ_FOREACH(q, &r->queries, entry)
		q->fn = NULL;
	if (r->channel != NULL)
		ares_destroy(r->channel);
	while ((q = TAILQ_FIRST(&r->queries)) != NULL)
		query_free(q);
	while (!LIST_EMPTY(&r->sockets))
		socket_free(LIST_FIRST(&r->sockets));
	loop_timer_free(r->retry);
	loop_timer_free(r->give);
	ares_library_cleanup();
	free(r);
	errno = err;
}
