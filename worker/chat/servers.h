/*
 * servers.h - the other chat servers: finding them, telling them, losing them.
 */
#ifndef CHAT_SERVERS_H
#define CHAT_SERVERS_H
#include <stdbool.h>

struct room;
struct servers;
struct settings;

/* Registers this process as chat of its node.  NULL: why has been said. */
struct servers	*servers_new(const struct settings *);
void		 servers_free(struct servers *);
void		 servers_room(struct servers *, struct room *);

/*
 * Asks the servers there are for their users, and waits until each has
 * answered or is gone, but not for ever: so a name that is taken anywhere is
 * taken from the first client on.
 */
void		 servers_meet(struct servers *);

/* Takes one message that has come; false: there was none. */
bool		 servers_message(struct servers *);
/* Sends what is due.  True: somebody is stalled, time matters. */
bool		 servers_turn(struct servers *);

#endif /* CHAT_SERVERS_H */
