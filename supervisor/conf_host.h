/*
 * conf_host.h - the form of a host with a port; nothing is looked up.
 */
#ifndef CONF_HOST_H
#define CONF_HOST_H
#include <stdbool.h>

#define CONF_HOST_SIZE	256

/*
 * HOST, HOST:PORT, [V6] or [V6]:PORT; *port is -1 where none is given, and the
 * host is without brackets; it may be *, for every address of this machine.
 * NULL, or why the text is none of these.
 */
const char	*conf_host_parse(const char *text, char host[CONF_HOST_SIZE],
		    int *port);

/* Whether nobody but this machine can reach it; false if that is not sure. */
bool		 conf_host_loopback(const char *text);

#endif /* CONF_HOST_H */
