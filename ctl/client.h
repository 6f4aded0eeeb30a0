/*
 * client.h - one stream to the supervisor: as a guest, or as the worker that
 * started us.
 *
 * Calls block.  Those that return -1 leave errno and, for people, why: EINTR
 * is the wake descriptor, ETIMEDOUT a deadline, EMSGSIZE a frame that is too
 * large, EACCES a closed door; all else means there is no supervisor.
 */
#ifndef CLIENT_H
#define CLIENT_H
#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "conn.h"
#include "mono.h"
#include "pid.h"

struct client_frame;			/* a copy of one */

struct client {
	struct conn		 conn;
	struct conn_room	 room;
	struct client_frame	*now;		/* what was read last */
	STAILQ_HEAD(, client_frame) later;	/* came while an answer was
						   waited for */
	struct pid		 self;
	char			 node[NAME_SIZE];
	bool			 attached;
	uint64_t		 ref;		/* the last one minted */
	uint32_t		 max_message;
	int			 wake;		/* waits end when it is
						   readable; -1: none */
	char			*text;		/* of the last answer */
	char			 why[256];
};

/* The fields of a DONE; text is good until the next one. */
struct answer {
	int		 error;			/* 0 or an errno */
	struct pid	 pid;
	const char	*text;
};

/* A frame that is not what is waited for; it is lent, and the function must not
   ask anything. */
typedef void	 client_frame_fn(void *ctx, const struct frame *);

/* Zero the struct first and set wake; release it also after a failure. */
int	 client_open(struct client *, const char *socket);
int	 client_attach(struct client *, int fd);
void	 client_release(struct client *);

/* The descriptor to attach by, or -1 when we are not in a worker, or it was
   closed on the way here. */
int	 client_inherited(void);

uint64_t client_ref(struct client *);

/* A frame: begin, add the body, send, which releases the buf in any case. */
void	 client_begin(struct client *, struct buf *);
int	 client_send(struct client *, struct buf *, unsigned int op,
	    unsigned int flags, struct pid to, uint64_t ref);
int	 client_order(struct client *, unsigned int op, unsigned int flags,
	    struct pid to, uint64_t ref);	/* one without a body */

/* 0: *f is the next frame, good until the next client_read(): meanwhile other
   things may be asked. */
int	 client_read(struct client *, struct frame *f, struct mono deadline);

/* Until the DONE of ref.  What else comes is given to fn; without one it is
   kept for client_read(), as is what fn gives to client_keep(): -1 ENOMEM. */
int	 client_wait(struct client *, uint64_t ref, struct answer *,
	    client_frame_fn *fn, void *ctx);
int	 client_sync(struct client *, client_frame_fn *fn, void *ctx);
int	 client_keep(struct client *, const struct frame *);

/* QUERY or CONTROL to a node, {id, 0}, or with {0, 0} to our own; rows come
   before the DONE.  0: *ref is what they all have. */
int	 client_ask(struct client *, struct pid node, unsigned int op,
	    const char *what, const char *const *args, size_t n,
	    uint64_t *ref);

/* Reads a DONE.  False: it is none. */
bool	 client_answer(struct client *, const struct frame *,
	    struct answer *);

#endif /* CLIENT_H */
