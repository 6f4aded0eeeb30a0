/*
 * host.c - a host and a port: suggested, looked up, dialled, shown.
 *
 * Owns:    how they are written outside the configuration: brackets stand only
 *          where a port may follow.
 * Not here: what a host may look like (conf_host.c).
 * Errors:  none.
 */
#include "host.h"

#include <stdio.h>
#include <string.h>

char *
host_print(char text[HOST_TEXT_SIZE], const char *name, uint16_t port)
{
	bool	v6 = strchr(name, ':') != NULL;
	int	n;

	n = snprintf(text, HOST_TEXT_SIZE, "%s%.*s%s", v6 ? "[" : "",
	    CONF_HOST_SIZE - 1, name, v6 ? "]" : "");
	if (port != 0)
		(void)snprintf(text + n, HOST_TEXT_SIZE - (size_t)n, ":%u",
		    port);
	return text;
}

bool
host_valid(const char *name)
{
	char	text[HOST_TEXT_SIZE], again[CONF_HOST_SIZE];
	int	port;

	return strlen(name) < CONF_HOST_SIZE && strcmp(name, "*") != 0 &&
	    conf_host_parse(host_print(text, name, 0), again, &port) == NULL &&
	    strcmp(again, name) == 0;
}

bool
host_loopback(const char *name)
{
	char	text[HOST_TEXT_SIZE];

	return conf_host_loopback(host_print(text, name, 0));
}
