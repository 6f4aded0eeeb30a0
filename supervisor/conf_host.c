/*
 * conf_host.c - the form of a host with a port; nothing is looked up.
 *
 * Owns:    what may be written as an address in the configuration.
 * Not here: names become addresses where they are dialled.
 * Errors:  the reason as text.
 */
#include "conf_host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *
host_port(const char *text, int *port)
{
	const char	*why;

	if (!isdigit((unsigned char)*text))
		return "the port is not a number";
	*port = (int)strtonum(text, 0, 65535, &why);
	return why == NULL ? NULL : "the port is not a number from 0 to 65535";
}

/* A scope as in fe80::1%eth0 is part of the host but not of the address. */
static bool
host_is_v6(const char *host)
{
	struct in6_addr	 addr;
	char		 bare[CONF_HOST_SIZE];
	size_t		 n = strcspn(host, "%");

	if (host[n] == '%' && host[n + 1] == '\0')
		return false;
	memcpy(bare, host, n);
	bare[n] = '\0';
	return inet_pton(AF_INET6, bare, &addr) == 1;
}

static const char *
host_name(const char *host)
{
	struct in_addr	 addr;
	const char	*p;

	if (*host == '\0')
		return "the host is missing";
	if (strcmp(host, "*") == 0)
		return NULL;
	for (p = host; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return "the host has a character that no name has";
	if (host[strspn(host, "0123456789.")] == '\0' &&
	    inet_pton(AF_INET, host, &addr) != 1)
		return "this is no IPv4 address";
	return NULL;
}

const char *
conf_host_parse(const char *text, char host[CONF_HOST_SIZE], int *port)
{
	bool		 v6 = *text == '[';
	const char	*end;
	size_t		 n;

	*port = -1;
	if (v6)
		text++;
	else if (strchr(text, ':') != strrchr(text, ':'))
		return "an IPv6 address stands in brackets: [::1]:38813";
	n = strcspn(text, v6 ? "]" : ":");
	end = text + n;
	if (n >= CONF_HOST_SIZE)
		return "the host is too long";
	memcpy(host, text, n);
	host[n] = '\0';
	if (v6) {
		if (*end++ == '\0')
			return "a ] is missing";
		if (!host_is_v6(host))
			return "this is no IPv6 address";
	} else if (host_name(host) != NULL)
		return host_name(host);
	if (*end == '\0')
		return NULL;
	return *end == ':' ? host_port(end + 1, port) :
	    "text after the closing ]";
}

bool
conf_host_loopback(const char *text)
{
	char		 host[CONF_HOST_SIZE];
	struct in_addr	 v4;
	struct in6_addr	 v6;
	int		 port;

	if (conf_host_parse(text, host, &port) != NULL)
		return false;
	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 &&
	    (IN6_IS_ADDR_LOOPBACK(&v6) ||
	    (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127));
}
