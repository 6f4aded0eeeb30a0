/*
 * dns.h - answers of a small name server that also knows how to misbehave.
 *
 * A zone is text, a record a line; the first word is the name, without a dot at
 * its end, "#" begins a comment line:
 *
 *	a.test A 10.0.0.1		a.test AAAA fd00::1
 *	_b._tcp.test SRV 4000 a.test	e.test NONE (exists, has no records)
 *	m.test COUNT 4000		so many A, so many AAAA
 *	h.test HANG			never answered
 *	f.test FAIL			SERVFAIL
 *	g.test GARBAGE			the right id, then noise
 *	l.test LIE			announces 65,535 records, has none
 *	w.test WRONG			an answer to another question's id
 *
 * Other names do not exist.  What does not fit a datagram is marked as cut, and
 * asked for again over TCP.
 */
#ifndef DNS_H
#define DNS_H
#include <sys/socket.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DNS_FN		static __attribute__((unused))
#define DNS_MAX		65535
#define DNS_UDP_MAX	512
#define DNS_NAME	256
enum { DNS_A = 1, DNS_AAAA = 28, DNS_SRV = 33 };
enum { DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3 };

struct dns {
	uint8_t	*p;			/* DNS_MAX bytes */
	size_t	 n;
	unsigned int records;
	bool	 known, full, hang, garbage, lie, wrong;
	unsigned int rcode;
};

DNS_FN void
dns_bytes(struct dns *d, const void *p, size_t n)
{
	if (d->n + n > DNS_MAX) {
		d->full = true;
		return;
	}
	memcpy(d->p + d->n, p, n);
	d->n += n;
}

DNS_FN void
dns_u16(struct dns *d, unsigned int v)
{
	uint8_t	p[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	dns_bytes(d, p, 2);
}

/* Name of the question, type, class, ttl, data: all or nothing of it. */
DNS_FN void
dns_record(struct dns *d, unsigned int type, const void *data, size_t n)
{
	if (d->n + 12 + n > DNS_MAX) {
		d->full = true;
		return;
	}
	dns_u16(d, 0xc00c);
	dns_u16(d, type);
	dns_u16(d, 1);
	dns_u16(d, 0);
	dns_u16(d, 1);
	dns_u16(d, (unsigned int)n);
	dns_bytes(d, data, n);
	d->records++;
}

DNS_FN void
dns_srv(struct dns *d, unsigned int port, const char *host)
{
	uint8_t	data[6 + DNS_NAME] = { 0, 1, 0, 1, (uint8_t)(port >> 8),
		    (uint8_t)port };
	size_t	n = 6, len;

	while (*host != '\0' && n < DNS_NAME) {
		len = strcspn(host, ".");
		data[n++] = (uint8_t)len;
		memcpy(data + n, host, len);
		n += len;
		host += len + (host[len] == '.');
	}
	data[n++] = 0;
	dns_record(d, DNS_SRV, data, n);
}

DNS_FN void
dns_count(struct dns *d, unsigned int type, unsigned long count)
{
	uint8_t		data[16] = { 10 };
	unsigned long	i;

	for (i = 0; i < count && !d->full; i++) {
		data[2] = (uint8_t)(i >> 8);
		data[3] = (uint8_t)i;
		dns_record(d, type, data, type == DNS_A ? 4 : 16);
	}
}

/* One line's record, which has the name that was asked for. */
DNS_FN void
dns_line(struct dns *d, unsigned int type, const char *kind, const char *a,
    const char *b)
{
	uint8_t	addr[16];

	d->known = true;
	if (strcmp(kind, "A") == 0 && type == DNS_A &&
	    inet_pton(AF_INET, a, addr) == 1)
		dns_record(d, DNS_A, addr, 4);
	else if (strcmp(kind, "AAAA") == 0 && type == DNS_AAAA &&
	    inet_pton(AF_INET6, a, addr) == 1)
		dns_record(d, DNS_AAAA, addr, 16);
	else if (strcmp(kind, "SRV") == 0 && type == DNS_SRV)
		dns_srv(d, (unsigned int)strtoul(a, NULL, 10), b);
	else if (strcmp(kind, "COUNT") == 0 && type != DNS_SRV)
		dns_count(d, type, strtoul(a, NULL, 10));
	else if (strcmp(kind, "FAIL") == 0)
		d->rcode = DNS_SERVFAIL;
	d->hang = d->hang || strcmp(kind, "HANG") == 0;
	d->garbage = d->garbage || strcmp(kind, "GARBAGE") == 0;
	d->lie = d->lie || strcmp(kind, "LIE") == 0;
	d->wrong = d->wrong || strcmp(kind, "WRONG") == 0;
}

DNS_FN void
dns_lookup(struct dns *d, const char *zone, const char *name,
    unsigned int type)
{
	char	line[1024], n[256], kind[16], a[256], b[256];
	size_t	len;

	for (; *zone != '\0'; zone += len + (zone[len] == '\n')) {
		len = strcspn(zone, "\n");
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, zone);
		a[0] = b[0] = '\0';
		if (line[0] != '#' &&
		    sscanf(line, "%255s %15s %255s %255s", n, kind, a, b) > 1 &&
		    strcasecmp(n, name) == 0)
			dns_line(d, type, kind, a, b);
	}
}

/* The name at *at, which is left behind it.  False: not of this form. */
DNS_FN bool
dns_name(const uint8_t *q, size_t n, size_t *at, char name[DNS_NAME])
{
	size_t	len = 0, label;

	while (*at < n && (label = q[(*at)++]) != 0) {
		if (label > 63 || *at + label > n || len + label + 2 > DNS_NAME)
			return false;
		if (len > 0)
			name[len++] = '.';
		memcpy(name + len, q + *at, label);
		len += label;
		*at += label;
	}
	name[len] = '\0';
	return *at <= n;
}

/*
 * Answers a query into out, of DNS_MAX bytes; 0: no answer.  The question is
 * repeated, then come the records.
 */
DNS_FN size_t
dns_answer(const char *zone, const uint8_t *q, size_t n, uint8_t *out,
    bool tcp)
{
	struct dns	d = { .p = out };
	char		name[DNS_NAME];
	size_t		at = 12, i;
	unsigned int	type, flags = 0x8180;

	if (n < 12 || q[4] != 0 || q[5] != 1 || !dns_name(q, n, &at, name) ||
	    at + 4 > n)
		return 0;
	type = (unsigned int)q[at] << 8 | q[at + 1];
	memset(out, 0, 12);
	d.n = 12;
	dns_bytes(&d, q + 12, at + 4 - 12);
	dns_lookup(&d, zone, name, type);
	if (d.hang)
		return 0;
	if (!d.known)
		d.rcode = DNS_NXDOMAIN;
	if (!tcp && d.n > DNS_UDP_MAX) {
		flags |= 0x0200;
		d.n = at + 4;
		d.records = 0;
	}
	memcpy(out, q, 2);
	if (d.wrong)
		out[1] ^= 1;
	flags |= d.rcode;
	out[2] = (uint8_t)(flags >> 8);
	out[3] = (uint8_t)flags;
	out[5] = 1;
	out[6] = (uint8_t)(d.lie ? 0xff : d.records >> 8);
	out[7] = (uint8_t)(d.lie ? 0xff : d.records);
	if (d.garbage)
		for (i = 2, d.n = 200; i < d.n; i++)
			out[i] = (uint8_t)(i * 37 + 11);
	return d.n;
}

/* ---- serving, for ever ---- */

DNS_FN void
dns_datagram(int fd, const char *(*zone)(void))
{
	static uint8_t		q[DNS_MAX], answer[DNS_MAX];
	struct sockaddr_in	from;
	socklen_t		len = sizeof(from);
	ssize_t			n;
	size_t			m;

	n = recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from, &len);
	if (n > 0 && (m = dns_answer(zone(), q, (size_t)n, answer, false)) > 0)
		(void)sendto(fd, answer, m, 0, (struct sockaddr *)&from, len);
}

DNS_FN void
dns_connection(int listener, const char *(*zone)(void))
{
	static uint8_t	q[DNS_MAX], answer[2 + DNS_MAX];
	struct timeval	wait = { 5, 0 };	/* for a question */
	uint8_t		head[2];
	size_t		n;
	int		fd = accept(listener, NULL, NULL);

	if (fd == -1)
		return;
	if (fork() != 0) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	while (recv(fd, head, 2, MSG_WAITALL) == 2) {
		n = (size_t)head[0] << 8 | head[1];
		if (recv(fd, q, n, MSG_WAITALL) != (ssize_t)n)
			break;
		if ((n = dns_answer(zone(), q, n, answer + 2, true)) == 0)
			continue;
		answer[0] = (uint8_t)(n >> 8);
		answer[1] = (uint8_t)n;
		if (send(fd, answer, n + 2, MSG_NOSIGNAL) != (ssize_t)(n + 2))
			break;
	}
	_exit(0);
}

/* Returns when poll fails.  Each TCP connection has a process of its own. */
DNS_FN void
dns_serve(int udp, int tcp, const char *(*zone)(void))
{
	struct pollfd	p[2] = { { udp, POLLIN, 0 }, { tcp, POLLIN, 0 } };

	(void)signal(SIGCHLD, SIG_IGN);
	while (poll(p, 2, -1) != -1) {
		if (p[0].revents != 0)
			dns_datagram(udp, zone);
		if (p[1].revents != 0)
			dns_connection(tcp, zone);
	}
}

/* A socket of this type bound there; -1 and errno. */
DNS_FN int
dns_open(const char *address, unsigned int port, int type)
{
	struct sockaddr_in	a = { .sin_family = AF_INET,
				    .sin_port = htons((in_port_t)port) };
	int			fd, on = 1;

	if (inet_pton(AF_INET, address, &a.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd != -1 &&
	    (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 64) == -1))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

#endif /* DNS_H */
