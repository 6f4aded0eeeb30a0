/*
 * listen.c - what of the network only the parent may open.
 *
 * Owns:    the listener, the socket of announcements, the check of who may read
 *          the key file and of its form.
 * Not here: a byte that comes in, a connection, what is done with keys: all
 *          that is the relay's.
 * Errors:  -1 and errno, and the reason as a text: it goes to who starts
 *          broodd, or asked for the reload.
 */
#include "listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf_host.h"
#include "keys.h"
#include "settings.h"

#define BACKLOG		128
#define FD_FLOOR	10		/* below it is for workers */
#define PORT_SIZE	8

/* ---- errors ---- */

static int __attribute__((format(printf, 3, 4)))
refuse(char *why, int error, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, LISTEN_WHY_SIZE, fmt, ap);
	va_end(ap);
	errno = error;
	return -1;
}

static int
refuse_listen(char *why, const struct conf_node *n, int error)
{
	if (error == EADDRINUSE)
		return refuse(why, error, "listen: %s: another program "
		    "listens there; give another port, or 0 for any free one",
		    n->listen);
	if (error == EADDRNOTAVAIL)
		return refuse(why, error, "listen: %s: this machine does not "
		    "have that address", n->listen);
	if (error == EACCES)
		return refuse(why, error, "listen: %s: only root may use a "
		    "port that low", n->listen);
	return refuse(why, error, "listen: %s: %s", n->listen,
	    strerror(error));
}

static void
close_kept(int *fd)
{
	int	error = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = error;
}

/* ---- the key file ---- */

static int
check_file(int fd, const char *path, char *why)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return refuse(why, EINVAL, "key-file: %s: %s", path,
		    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, EINVAL, "key-file: %s: is not a file",
		    path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return refuse(why, EINVAL, "key-file: %s: belongs to user %lu; "
		    "it must be root's or that of the user who runs broodd: "
		    "chown it", path, (unsigned long)st.st_uid);
	if ((st.st_mode & 077) != 0)
		return refuse(why, EINVAL, "key-file: %s: has mode %04o, so "
		    "others may use it: chmod 0600 %s", path,
		    (unsigned int)st.st_mode & 07777, path);
	return 0;
}

/* Before anybody relies on it; what it says is forgotten again. */
static int
check_keys(int fd, const char *path, char *why)
{
	struct keys	keys;
	char		text[KEYS_WHY_SIZE];
	int		rc = keys_read(&keys, fd, text, sizeof(text));

	if (rc == -1)
		(void)refuse(why, EINVAL, "key-file: %s: %s", path, text);
	else if (lseek(fd, 0, SEEK_SET) == -1)
		rc = refuse(why, EINVAL, "key-file: %s: %s", path,
		    strerror(errno));
	keys_release(&keys);
	return rc;
}

/* A link is followed: where secrets are handed out, they often are links.  What
   was opened is checked, so nothing is won by exchanging one. */
static int
open_key(const struct conf_node *n, char *why)
{
	const char	*path = n->key_file;
	int		 fd;

	/* Without O_NONBLOCK a FIFO would hold up everything. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return refuse(why, EINVAL, "key-file: %s: %s", path,
		    strerror(errno));
	if (check_file(fd, path, why) == -1 || check_keys(fd, path, why) == -1)
		close_kept(&fd);
	return fd;
}

/* ---- the listener ---- */

static int
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* both: of IPv6 for IPv4 too.  shared: beside one of ours that has the port. */
static int
bind_tcp(const struct addrinfo *a, bool both, bool shared)
{
	int	fd;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		return -1;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1 ||
	    (a->ai_family == AF_INET6 &&
	    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1) == -1) ||
	    (shared && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) == -1) ||
	    bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1)
		close_kept(&fd);
	if (fd != -1 && shared)
		(void)set(fd, SOL_SOCKET, SO_REUSEPORT, 0);
	return fd;
}

/* sin_port and sin6_port are the same two bytes. */
static in_port_t
port_of(const struct sockaddr *a)
{
	return ((const struct sockaddr_in *)(const void *)a)->sin_port;
}

static bool
has_port(int fd, in_port_t port)
{
	struct sockaddr_storage	a;
	socklen_t		len = sizeof(a);

	return fd != -1 && getsockname(fd, (struct sockaddr *)&a, &len) == 0 &&
	    port_of((struct sockaddr *)&a) == port;
}

/*
 * From 127.0.0.1:38813 to *:38813, the one in force is in the way of the other,
 * and must live on should that fail.  So both allow it for this moment.  Only
 * of one port: the kernel may remember for longer that it was allowed, and
 * another broodd's port must stay out of reach.
 */
static int
bind_over(const struct addrinfo *a, bool both, int old)
{
	int	fd = bind_tcp(a, both, false);

	if (fd != -1 || errno != EADDRINUSE ||
	    !has_port(old, port_of(a->ai_addr)))
		return fd;
	(void)set(old, SOL_SOCKET, SO_REUSEPORT, 1);
	fd = bind_tcp(a, both, true);
	if (fd == -1)
		errno = EADDRINUSE;
	(void)set(old, SOL_SOCKET, SO_REUSEPORT, 0);
	return fd;
}

/* The first address of a host that can be had.  A name is asked for where this
   machine asks for names, and that may take a while. */
static int
try_host(const struct conf_node *n, const char *host, int port, int old,
    char *why)
{
	const struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM,
				    .ai_flags = AI_NUMERICSERV };
	struct addrinfo		*all, *a;
	char			 service[PORT_SIZE];
	bool			 both = strcmp(host, "*") == 0;
	int			 rc, error, fd = -1;

	(void)snprintf(service, sizeof(service), "%d", port);
	rc = getaddrinfo(both ? "::" : host, service, &hints, &all);
	if (rc != 0)
		return refuse(why, rc == EAI_NONAME ? EINVAL :
		    rc == EAI_SYSTEM ? errno : EAGAIN, "listen: %s: %s",
		    n->listen, rc == EAI_SYSTEM ? strerror(errno) :
		    gai_strerror(rc));
	for (a = all; a != NULL && fd == -1; a = a->ai_next)
		fd = bind_over(a, both, old);
	error = errno;
	freeaddrinfo(all);
	return fd != -1 ? fd : refuse_listen(why, n, error);
}

/* "*" is every address; where there is no IPv6, all of IPv4. */
static int
open_tcp(const struct conf_node *n, int old, char *why)
{
	static const struct { const char *host, *first, *second; } names[] = {
		{ "*", "*", "0.0.0.0" },
		{ "localhost", "127.0.0.1", "::1" },
	};
	char		 host[CONF_HOST_SIZE];
	const char	*wrong;
	size_t		 i;
	int		 port, fd;

	if ((wrong = conf_host_parse(n->listen, host, &port)) != NULL)
		return refuse(why, EINVAL, "listen: %s", wrong);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(host, names[i].host) != 0)
			continue;
		fd = try_host(n, names[i].first, port, old, why);
		if (fd != -1 || (errno != EAFNOSUPPORT &&
		    errno != EADDRNOTAVAIL))
			return fd;
		return try_host(n, names[i].second, port, old, why);
	}
	return try_host(n, host, port, old, why);
}

static int
name_tcp(struct listen *l, const struct conf_node *n, char *why)
{
	struct sockaddr_storage	a;
	socklen_t		len = sizeof(a);
	char			host[NI_MAXHOST], port[PORT_SIZE];
	bool			 v6;

	if (getsockname(l->tcp, (struct sockaddr *)&a, &len) == -1)
		return refuse_listen(why, n, errno);
	if (getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return refuse_listen(why, n, EINVAL);
	v6 = a.ss_family == AF_INET6;
	if (strncmp(n->listen, "*:", 2) == 0) {
		(void)strlcpy(host, "*", sizeof(host));
		v6 = false;
	}
	(void)snprintf(l->address, sizeof(l->address), "%s%.200s%s:%s",
	    v6 ? "[" : "", host, v6 ? "]" : "", port);
	return 0;
}

/* ---- announcements ---- */

/*
 * Several supervisors of one machine may have the port: with SO_REUSEADDR each
 * of them gets every broadcast.  A node that listens on loopback only does the
 * same with announcements: bound to its broadcast address, nothing from outside
 * arrives.  (A socket bound to any other address gets no broadcast at all.)
 */
static int
open_udp(const struct conf_node *n, char *why)
{
	struct sockaddr_in	a = { .sin_family = AF_INET,
				    .sin_port = htons((in_port_t)
				    n->discovery_port),
				    .sin_addr.s_addr = htonl(INADDR_ANY) };
	int			fd;

	if (conf_host_loopback(n->listen))
		a.sin_addr.s_addr = htonl(UINT32_C(0x7fffffff));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || set(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1 ||
	    set(fd, SOL_SOCKET, SO_BROADCAST, 1) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1) {
		(void)refuse(why, errno, "discovery-port: %d: %s",
		    n->discovery_port, strerror(errno));
		close_kept(&fd);
	}
	return fd;
}

/* ---- all of it ---- */

static bool
wants_tcp(const struct conf_node *n)
{
	return strcmp(n->listen, "none") != 0;
}

static bool
wants_udp(const struct conf_node *n)
{
	return wants_tcp(n) && (n->discover & CONF_DISCOVER_BROADCAST) != 0;
}

static bool
same_tcp(const struct conf_node *a, const struct conf_node *b)
{
	return strcmp(a->listen, b->listen) == 0;
}

static bool
same_udp(const struct conf_node *a, const struct conf_node *b)
{
	return wants_udp(a) == wants_udp(b) &&
	    a->discovery_port == b->discovery_port &&
	    conf_host_loopback(a->listen) == conf_host_loopback(b->listen);
}

bool
listen_same(const struct conf_node *a, const struct conf_node *b)
{
	return same_tcp(a, b) && same_udp(a, b);
}

static int
again(int fd, char *why)
{
	int	copy = fcntl(fd, F_DUPFD_CLOEXEC, FD_FLOOR);

	return copy != -1 ? copy :
	    refuse(why, errno, "listen: %s", strerror(errno));
}

static int
open_all(struct listen *l, const struct conf_node *n,
    const struct listen *old, const struct conf_node *was, char *why)
{
	if (*n->key_file != '\0' && (l->key = open_key(n, why)) == -1)
		return -1;
	if (wants_tcp(n)) {
		l->tcp = old != NULL && same_tcp(n, was) ?
		    again(old->tcp, why) :
		    open_tcp(n, old != NULL ? old->tcp : -1, why);
		if (l->tcp == -1 || name_tcp(l, n, why) == -1)
			return -1;
	}
	if (wants_udp(n)) {
		l->udp = old != NULL && same_udp(n, was) ?
		    again(old->udp, why) : open_udp(n, why);
		if (l->udp == -1)
			return -1;
	}
	return 0;
}

int
listen_open(struct listen *l, const struct conf_node *n,
    const struct listen *old, const struct conf_node *was,
    char why[LISTEN_WHY_SIZE])
{
	listen_init(l);
	if (open_all(l, n, old, was, why) == 0)
		return 0;
	listen_close(l);
	return -1;
}

void
listen_init(struct listen *l)
{
	*l = (struct listen){ .key = -1, .tcp = -1, .udp = -1 };
}

void
listen_close(struct listen *l)
{
	close_kept(&l->key);
	close_kept(&l->tcp);
	close_kept(&l->udp);
	l->address[0] = '\0';
}
