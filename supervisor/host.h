/*
 * host.h - a host and a port: suggested, looked up, dialled, shown.
 */
#ifndef HOST_H
#define HOST_H
#include <stdbool.h>
#include <stdint.h>

#include "conf_host.h"

#define HOST_TEXT_SIZE	(CONF_HOST_SIZE + 8)

/* A numeric address or a name, without brackets. */
struct host {
	char		name[CONF_HOST_SIZE];
	uint16_t	port;
};

/* HOST:PORT or [V6]:PORT; port 0: without.  Returns text. */
char	*host_print(char text[HOST_TEXT_SIZE], const char *name,
	    uint16_t port);

/* Whether the name may stand in a struct host; nothing is looked up. */
bool	 host_valid(const char *name);

/* Whether only this machine can mean itself by it; false if not sure. */
bool	 host_loopback(const char *name);

#endif /* HOST_H */
