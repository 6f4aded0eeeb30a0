/*
 * settings.h - the limits of a chat server, and where it listens.
 *
 *	chat_server [PORT] [KEY=VALUE]...
 */
#ifndef CHAT_SETTINGS_H
#define CHAT_SETTINGS_H
#include <stddef.h>
#include <stdint.h>

struct msg_strs;

struct settings {
	const char	*address;	/* NULL: every one of this host */
	size_t		 port;
	size_t		 line;		/* bytes of a line */
	size_t		 name;		/* bytes of a name */
	size_t		 queue;		/* bytes waiting for one client */
	size_t		 clients;
	size_t		 stall_bytes;	/* waiting for one other server */
	size_t		 stall;		/* ms in which it takes nothing */
	size_t		 linger;	/* ms to be told why one must go */
};

#define SETTINGS_PORT	44444
#define SETTINGS_WHY	256

/* The defaults, then the words.  The words must stay.  -1: and why. */
int	 settings_read(struct settings *, const struct msg_strs *,
	    char why[SETTINGS_WHY]);

#endif /* CHAT_SETTINGS_H */
