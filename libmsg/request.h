/* request.h - requests that the supervisor answers with DONE. */
#ifndef REQUEST_H
#define REQUEST_H
#include <stddef.h>

#include "conn.h"
#include "wire.h"

/*
 * Sends the frame under a new ref and waits for its answer; *pid, if not NULL,
 * is the pid in it, also when it is a refusal (whoever has the name).
 * -1: what the supervisor said, msg_why() in words; EPIPE, ENOTCONN.
 */
int	 request_make(enum wire_op, unsigned int flags, struct pid to,
	    const void *body, size_t n, struct pid *pid);

/* The same under a ref that self_mint() gave; what msg_why() says stays as
   it is: for what programs do not know as a request. */
int	 request_quietly(enum wire_op, uint64_t ref, const void *body,
	    size_t n);

/* -1, errno and msg_why(): what a DONE says that is no good news. */
int	 request_refused(const struct frame *);

/* What msg_why() shall say: text of a frame, not a string. */
void	 request_why(const void *text, size_t n);

#endif /* REQUEST_H */
