/*
 * tcp_state.h - a connection to another node: for the files that share it.
 *
 *	tcp.c		from an open socket to the end: bytes both ways
 *	strangers.c	accepted ones, until they have shown who they are
 *	tcp_dial.c	dialled ones, until there is a socket
 */
#ifndef TCP_STATE_H
#define TCP_STATE_H
#include "world.h"

enum tcp_state { TCP_LOOKUP, TCP_CONNECTING, TCP_SHAKING, TCP_OPEN };

struct tcp {
	TAILQ_ENTRY(tcp)	 entry;		/* world->tcps, oldest first */
	STAILQ_ENTRY(tcp)	 next_dirty;	/* world->dirty_tcps */
	struct world		*world;
	enum tcp_state		 state;
	int			 fd;
	struct loop_io		*io;
	struct loop_timer	*timer;		/* until it is open */
	struct resolver_query	*query;
	struct tls		*tls;
	struct target		*target;	/* until it is open */
	struct trunk		*trunk;
	struct buf		 out;		/* without TLS */
	size_t			 off;		/* of out, sent */
	char			 host[NAME_SIZE];
	bool			 loopback, stranger, dirty;
	bool			 blocked;	/* the kernel takes no more */
	bool			 shut;		/* our end is over */
	bool			 gone;		/* to be freed */
};

/* fd is taken; -1: none yet.  NULL: ENOMEM. */
struct tcp	*tcp_new(struct world *, int fd);

/* Its socket is there: the loop watches it, and it has so much time until it is
   open.  -1: ENOMEM. */
int		 tcp_start(struct tcp *, int what, int ms);

/* Whoever it was for, it speaks from now on. */
void		 tcp_open(struct tcp *);

/* It ends before there was a trunk, or by its socket's will. */
void		 tcp_failed(struct tcp *, const char *why);

/* It is nobody's any more: freed between turns, for its own callback may be
   running. */
void		 tcp_gone(struct tcp *);

/* The other's address, as text and as far as it matters. */
void		 tcp_set_host(struct tcp *, const struct sockaddr_storage *);

#endif /* TCP_STATE_H */
