/* listen_test.c - sockets of the network, and who may read the key file. */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "listen.h"

#define KEY	"000102030405060708090a0b0c0d0e0f"			\
		"101112131415161718191a1b1c1d1e1f\n"

static char	why[LISTEN_WHY_SIZE];

/* The settings of a text; "" for the defaults. */
static TAP_PRINTF(1) struct conf *
conf_of(const char *fmt, ...)
{
	struct conf_sink	 none = { 0 };
	struct conf		*c = NULL;
	char			 text[512] = "[node]\nkey-file = /k\n";
	va_list			 ap;

	va_start(ap, fmt);
	vsnprintf(text + strlen(text), sizeof(text) - strlen(text), fmt, ap);
	va_end(ap);
	if (conf_parse_text(&c, text, strlen(text), &none) == -1) {
		printf("Bail out! not a configuration: %s\n", text);
		exit(1);
	}
	/* With it every address may be listened on; it is tested below. */
	free(c->node.key_file);
	c->node.key_file = strdup("");
	return c;
}

static int
open_of(struct listen *l, const struct conf *c)
{
	return listen_open(l, &c->node, NULL, NULL, why);
}

static int
port_of(const struct listen *l)
{
	return (int)strtonum(strrchr(l->address, ':') + 1, 1, 65535, NULL);
}

static int
try_connect(const char *host, int port)
{
	struct sockaddr_in	v4 = { .sin_family = AF_INET,
				    .sin_port = htons((in_port_t)port) };
	struct sockaddr_in6	v6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons((in_port_t)port) };
	bool			six = strchr(host, ':') != NULL;
	int			fd, rc;

	(void)inet_pton(AF_INET, host, &v4.sin_addr);
	(void)inet_pton(AF_INET6, host, &v6.sin6_addr);
	fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	rc = six ? connect(fd, (struct sockaddr *)&v6, sizeof(v6)) :
	    connect(fd, (struct sockaddr *)&v4, sizeof(v4));
	close(fd);
	return rc;
}

static ino_t
inode(int fd)
{
	struct stat	st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool
has_v6(void)
{
	struct sockaddr_in6	a = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int			fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool			has;

	has = fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return has;
}

/* ---- the listener ---- */

static void
test_none(void)
{
	struct listen	l;
	struct conf	*c = conf_of("%s", "");

	is_int(open_of(&l, c), 0, "no network");
	ok(l.tcp == -1 && l.udp == -1 && l.key == -1 && *l.address == '\0',
	    "nothing is open");
	listen_close(&l);
	conf_free(c);
}

static void
test_life(void)
{
	struct listen	l;
	struct conf	*c = conf_of("listen = 127.0.0.1:0\n");
	int		port;

	is_int(open_of(&l, c), 0, "port 0");
	port = port_of(&l);
	ok(strncmp(l.address, "127.0.0.1:", 10) == 0 && port > 0,
	    "the real port: %s", l.address);
	is_int(fcntl(l.tcp, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC,
	    "no child inherits it");
	is_int(fcntl(l.tcp, F_GETFL) & O_NONBLOCK, O_NONBLOCK,
	    "it does not block");
	is_int(try_connect("127.0.0.1", port), 0, "it listens");
	listen_close(&l);
	is_int(l.tcp, -1, "closed");
	is_int(try_connect("127.0.0.1", port), -1, "nobody listens any more");
	conf_free(c);

	/* Connections of before, in TIME_WAIT, do not keep the port. */
	c = conf_of("listen = 127.0.0.1:%d\n", port);
	is_int(open_of(&l, c), 0, "the same port at once again");
	listen_close(&l);
	conf_free(c);
}

static void
test_hosts(void)
{
	static const struct {
		const char	*host, *shown;
		bool		 four, six;
	} hosts[] = {
		{ "127.0.0.1", "127.0.0.1", true, false },
		{ "localhost", "127.0.0.1", true, false },
		{ "[::1]", "[::1]", false, true },
		{ "0.0.0.0", "0.0.0.0", true, false },
		{ "[::]", "[::]", false, true },
		{ "*", "*", true, true },
	};
	struct listen	 l;
	struct conf	*c;
	char		 want[64];
	size_t		 i;

	if (!has_v6()) {
		ok(true, "hosts # SKIP no IPv6 here");
		return;
	}
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		c = conf_of("listen = \"%s:0\"\n", hosts[i].host);
		if (ok(open_of(&l, c) == 0, "host %s", hosts[i].host)) {
			snprintf(want, sizeof(want), "%s:%d", hosts[i].shown,
			    port_of(&l));
			is_str(l.address, want, "host %s: shown",
			    hosts[i].host);
			is_int(try_connect("127.0.0.1", port_of(&l)) == 0,
			    hosts[i].four, "host %s: IPv4", hosts[i].host);
			is_int(try_connect("::1", port_of(&l)) == 0,
			    hosts[i].six, "host %s: IPv6", hosts[i].host);
		} else
			note("%s", why);
		listen_close(&l);
		conf_free(c);
	}
}

static void
test_refused(void)
{
	struct listen	 l, other;
	struct conf	*c = conf_of("listen = 127.0.0.1:0\n"), *d;

	is_int(open_of(&l, c), 0, "one that has the port");
	d = conf_of("listen = 127.0.0.1:%d\n", port_of(&l));
	ok(open_of(&other, d) == -1 && errno == EADDRINUSE,
	    "in use: another is refused");
	ok(strstr(why, "listen: 127.0.0.1:") == why &&
	    strstr(why, "another program listens there") != NULL,
	    "in use: %s", why);
	is_int(other.tcp, -1, "in use: nothing stays open");
	conf_free(d);
	/* Of TEST-NET-1: nobody has it. */
	d = conf_of("listen = 192.0.2.1:1\n");
	ok(open_of(&other, d) == -1 && errno == EADDRNOTAVAIL &&
	    strstr(why, "does not have that address") != NULL,
	    "not ours: %s", why);
	conf_free(d);
	listen_close(&l);
	conf_free(c);
}

/* ---- a reload ---- */

static void
test_same(void)
{
	struct conf	*c = conf_of("listen = 127.0.0.1:0\n"
			    "discover = broadcast\ndiscovery-port = 38997\n");
	struct conf	*d = conf_of("listen = 127.0.0.1:0\nrole = OTHER\n"
			    "discover = broadcast static\n"
			    "discovery-port = 38997\n");
	struct conf	*e = conf_of("listen = localhost:0\n");
	struct listen	 l, m;

	is_int(open_of(&l, c), 0, "before a reload");
	ok(listen_same(&c->node, &d->node), "the settings ask for the same");
	is_int(listen_open(&m, &d->node, &l, &c->node, why), 0, "opened");
	ok(inode(m.tcp) == inode(l.tcp) && inode(m.udp) == inode(l.udp),
	    "they are the same sockets");
	is_str(m.address, l.address, "the port stays");
	listen_close(&m);
	is_int(try_connect("127.0.0.1", port_of(&l)), 0,
	    "the first ones are as they were");
	ok(!listen_same(&c->node, &e->node), "settings that ask for others");
	is_int(listen_open(&m, &e->node, &l, &c->node, why), 0, "opened");
	ok(m.tcp != -1 && inode(m.tcp) != inode(l.tcp) && m.udp == -1,
	    "others they are");
	listen_close(&m);
	listen_close(&l);
	conf_free(c);
	conf_free(d);
	conf_free(e);
}

/* The port of the one in force, on other addresses: it is in the way. */
static void
test_over(void)
{
	struct conf	*c = conf_of("listen = 127.0.0.1:0\n"), *d;
	struct listen	 l, m, n;
	int		 port;

	is_int(open_of(&l, c), 0, "before a reload to *");
	port = port_of(&l);
	d = conf_of("listen = \"*:%d\"\n", port);
	is_int(open_of(&m, d), -1, "from outside the port is in use");
	is_int(listen_open(&m, &d->node, &l, &c->node, why), 0,
	    "the old one of us is not in the way: %s", why);
	is_int(open_of(&n, c), 0, "another port is another matter");
	listen_close(&n);
	is_int(listen_open(&n, &d->node, NULL, NULL, why), -1,
	    "others are still refused");
	listen_close(&m);
	is_int(try_connect("127.0.0.1", port), 0,
	    "given up, the old one listens as before");
	is_int(open_of(&n, d), -1, "and others are refused");
	is_int(listen_open(&m, &d->node, &l, &c->node, why), 0, "once more");
	listen_close(&l);
	is_int(try_connect("127.0.0.1", port), 0, "the new one alone");
	is_int(open_of(&n, d), -1, "nobody gets in beside it");
	/* What another has stays out of reach, whatever was ours. */
	is_int(open_of(&l, c), 0, "a stranger of another port");
	is_int(listen_open(&n, &d->node, &l, &c->node, why), -1,
	    "who has another port gets no port of others");
	listen_close(&l);
	listen_close(&m);
	conf_free(c);
	conf_free(d);
}

/* ---- announcements ---- */

static void
announce(const char *host, int port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET,
				    .sin_port = htons((in_port_t)port) };
	int			fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	(void)inet_pton(AF_INET, host, &a.sin_addr);
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) == -1)
		note("%s: %s", host, strerror(errno));
	close(fd);
}

/* Loopback delivers before sendto returns. */
static bool
heard(const struct listen *l)
{
	char	byte;

	return recv(l->udp, &byte, 1, MSG_DONTWAIT) == 1;
}

static void
test_announcements(void)
{
#define FORM	"listen = %s:0\ndiscover = broadcast\ndiscovery-port = 38998\n"
	struct conf		*c = conf_of(FORM, "127.0.0.1");
	struct conf		*d = conf_of(FORM, "0.0.0.0");
	struct listen		 l[3];
	size_t			 i;

	is_int(open_of(&l[0], c), 0, "socket 0");
	announce("127.0.0.1", 38998);
	ok(!heard(&l[0]), "of a loopback node only a broadcast is heard");
	for (i = 1; i < 3; i++)
		is_int(open_of(&l[i], i < 2 ? c : d), 0,
		    "socket %zu on one port", i);
	announce("127.255.255.255", 38998);
	for (i = 0; i < 3; i++)
		ok(heard(&l[i]), "socket %zu hears a broadcast", i);
	announce("127.0.0.1", 38998);
	ok(heard(&l[2]), "on all addresses anything is");
	is_int(sendto(l[0].udp, "x", 1, 0, (struct sockaddr *)
	    &(struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons(38998), .sin_addr.s_addr = htonl(0x7fffffff) },
	    sizeof(struct sockaddr_in)), 1, "it may announce itself");
	ok(heard(&l[1]) && heard(&l[0]), "to others, and to itself");
	for (i = 0; i < 3; i++)
		listen_close(&l[i]);
	conf_free(c);
	conf_free(d);
}

/* ---- the key file ---- */

static char	folder[] = "/tmp/listen_test.XXXXXX";

static struct conf *
key_conf(const char *name)
{
	struct conf	*c = conf_of("%s", "");

	free(c->node.key_file);
	if (asprintf(&c->node.key_file, "%s/%s", folder, name) == -1)
		c->node.key_file = NULL;
	return c;
}

static void
make_key(const char *name, const char *text, mode_t mode)
{
	char	path[256];
	int	fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (write(fd, text, strlen(text)) == -1 || fchmod(fd, mode) == -1)
		note("%s: %s", path, strerror(errno));
	close(fd);
}

static void
try_key(const char *name, const char *wrong)
{
	struct conf	*c = key_conf(name);
	struct listen	 l;
	char		 text[200] = "";
	bool		 held;

	if (wrong == NULL) {
		is_int(open_of(&l, c), 0, "key %s", name);
		ok(read(l.key, text, sizeof(text) - 1) > 0 &&
		    strcmp(text, KEY) == 0, "key %s: from its beginning",
		    name);
		is_int(fcntl(l.key, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC,
		    "key %s: no child inherits it", name);
	} else {
		held = open_of(&l, c) == -1 && errno == EINVAL;
		ok(held && strncmp(why, "key-file: /tmp/", 15) == 0 &&
		    strstr(why, wrong) != NULL, "key %s: %s", name, why);
		ok(l.key == -1 && l.tcp == -1, "key %s: nothing is open",
		    name);
	}
	listen_close(&l);
	conf_free(c);
}

static void
try_others(void)
{
	char	path[256];

	snprintf(path, sizeof(path), "%s/pipe", folder);
	(void)mkfifo(path, 0600);
	try_key("pipe", "is not a file");
	snprintf(path, sizeof(path), "%s/dir", folder);
	(void)mkdir(path, 0700);
	try_key("dir", "is not a file");
	snprintf(path, sizeof(path), "%s/link", folder);
	(void)symlink("good", path);
	try_key("link", NULL);
	if (geteuid() != 0)
		return;
	make_key("theirs", KEY, 0600);
	snprintf(path, sizeof(path), "%s/theirs", folder);
	(void)chown(path, 65534, 65534);
	try_key("theirs", "belongs to user 65534");
}

static void
test_keys(void)
{
	static const struct {
		const char	*name, *text;
		mode_t		 mode;
		const char	*wrong;
	} keys[] = {
		{ "good", KEY, 0600, NULL },
		{ "strict", KEY, 0400, NULL },
		{ "read", KEY, 0604, "has mode 0604, so others may use it: "
		  "chmod 0600 /" },
		{ "group", KEY, 0640, "has mode 0640" },
		{ "write", KEY, 0602, "has mode 0602" },
		{ "empty", "", 0600, "no key" },
		{ "text", KEY "password\n", 0600, "line 2" },
	};
	static const char	*const others[] = { "pipe", "dir", "link",
				    "theirs" };
	char			 path[256];
	size_t			 i;

	if (!ok(mkdtemp(folder) != NULL, "a folder"))
		return;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		make_key(keys[i].name, keys[i].text, keys[i].mode);
		try_key(keys[i].name, keys[i].wrong);
	}
	try_key("missing", "No such file");
	try_others();
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, keys[i].name);
		(void)remove(path);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, others[i]);
		(void)remove(path);
	}
	is_int(rmdir(folder), 0, "nothing is left");
}

int
main(void)
{
	test_none();
	test_life();
	test_hosts();
	test_refused();
	test_same();
	test_over();
	test_announcements();
	test_keys();
	return tap_done();
}
