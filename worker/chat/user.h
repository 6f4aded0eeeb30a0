/*
 * user.h - who is meant, on every server.
 */
#ifndef CHAT_USER_H
#define CHAT_USER_H
#include <stdint.h>

#include "msg.h"

/* Home and number mean one user for ever; the name is how people call it. */
struct user {
	const char	*name;
	struct msg_pid	 home;
	uint64_t	 number;
};

#endif /* CHAT_USER_H */
