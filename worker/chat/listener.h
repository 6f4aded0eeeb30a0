/*
 * listener.h - the port that clients come to.
 */
#ifndef CHAT_LISTENER_H
#define CHAT_LISTENER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener;
struct loop;

#define LISTENER_WHY	256
#define LISTENER_FULL	"The server is full, please try again later\n"

/* Has the port; nobody gets in yet.  Address NULL: every one of this host;
   port 0: any free one.  NULL: and why. */
struct listener	*listener_new(const char *address, size_t port,
		    char why[LISTENER_WHY]);
void		 listener_free(struct listener *);
size_t		 listener_port(const struct listener *);

/* From here on each connection is given away.  False: why has been said. */
bool		 listener_open(struct listener *, struct loop *,
		    void (*accepted)(void *ctx, int fd), void *ctx);
/* Due after a turn; true: time matters. */
bool		 listener_turn(struct listener *);

#endif /* CHAT_LISTENER_H */
