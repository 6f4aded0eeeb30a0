/*
 * port.h - the ports of this process, and the messages that wait in them.
 *
 * A port is known by its number alone: whoever holds one asks here each time
 * whether it still is.
 */
#ifndef PORT_H
#define PORT_H
#include "mailbox.h"
#include "msg.h"

#define PORT_BORN	1		/* that of msg_spawn_channel() */
#define PORT_DEPTH_MAX	32		/* merged ports within merged ports */
#define PORT_WEIGHT_MAX	65536		/* ports within one, all told */

struct port {
	uint64_t		 id;
	struct msg_type		*type;
	struct mail_list	 mail;		/* by `same`, oldest first */
	bool			 watched;	/* its closing is to be told */
	/* A merged one; others have no members. */
	bool			 rotates;
	unsigned int		 depth;
	size_t			 n, weight;
	size_t			 turn;		/* the member that is first */
	uint64_t		 members[];
};

struct ports {
	struct map	 by_id;
	uint64_t	 made;		/* ever */
	size_t		 n;		/* messages in all of them */
	struct port	*recent;	/* received from last, or NULL */
	uint64_t	*absent;	/* asked after, and not there */
	size_t		 nabsent, absent_cap;
};

/* NULL: it is closed, or never was. */
static inline struct port *
port_find(const struct ports *ps, uint64_t id)
{
	return ps->recent != NULL && ps->recent->id == id ? ps->recent :
	    map_get(&ps->by_id, id);
}

/* A new one: that of birth, or the next.  NULL: ENOMEM. */
struct port	*port_born(struct ports *, struct msg_type *);
struct port	*port_new(struct ports *, struct msg_type *);

/* A port that holds nothing itself.  NULL: ESRCH one of them is closed, E2BIG
   more within it than there may be, ENOMEM. */
struct port	*port_merge(struct ports *, struct msg_type *, bool rotates,
		    const uint64_t *members, size_t n);

/* What waits in it is lost.  A merged port's members stay. */
void		 port_close(struct ports *, struct mailbox *, struct port *);

/* False: merged, and all of its members are closed. */
bool		 port_alive(const struct ports *, const struct port *);

/* A LETTER_CHANNEL; its memory is counted in the mailbox.  0, also when there
   is no such port; -1: ENOBUFS, ENOMEM. */
int		 port_put(struct ports *, struct mailbox *,
		    const struct letter *);

/* The port whose oldest message would be taken next; NULL: there is none. */
struct port	*port_first(const struct ports *, struct port *);

/* That message was taken: it is somebody else's turn, and the mail goes. */
void		 port_served(struct ports *, struct mailbox *, struct port *);

/* The oldest message of this very port goes. */
void		 port_drop(struct ports *, struct mailbox *, struct port *);

/* Somebody watches this port: it is marked, or its number kept for whoever
   tells.  -1: ENOMEM. */
int		 port_asked(struct ports *, uint64_t id);

#endif /* PORT_H */
