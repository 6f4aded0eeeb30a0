/*
 * dns_server.c - a small name server for tests, over UDP and TCP.
 *
 *	dns_server ADDRESS PORT FILE
 *
 * FILE is a zone as dns.h has it, read anew for each question, so that a test
 * changes records by writing it.  Prints "ready" when it listens.
 */
#include <err.h>

#include "dns.h"

#define ZONE_MAX	(1 << 20)

static const char	*path;

static const char *
read_zone(void)
{
	static char	 zone[ZONE_MAX];
	FILE		*f = fopen(path, "r");
	size_t		 n = 0;

	if (f != NULL) {
		n = fread(zone, 1, sizeof(zone) - 1, f);
		(void)fclose(f);
	}
	zone[n] = '\0';
	return zone;
}

int
main(int argc, char **argv)
{
	unsigned int	port;
	int		udp, tcp;

	if (argc != 4)
		errx(2, "usage: dns_server ADDRESS PORT FILE");
	port = (unsigned int)strtoul(argv[2], NULL, 10);
	path = argv[3];
	if ((udp = dns_open(argv[1], port, SOCK_DGRAM)) == -1 ||
	    (tcp = dns_open(argv[1], port, SOCK_STREAM)) == -1)
		err(1, "%s:%s", argv[1], argv[2]);
	puts("ready");
	(void)fflush(stdout);
	dns_serve(udp, tcp, read_zone);
	err(1, "poll");
}
