/* send.h - frames of this process, made in place and sent. */
#ifndef SEND_H
#define SEND_H
#include "mono.h"
#include "msg.h"
#include "wire.h"

/* A frame without a message.  Sent, or corked. */
int	 send_frame(enum wire_op, unsigned int flags, struct pid to,
	    uint64_t ref, const void *body, size_t n);

/* A frame that ends with a message; something stands before it. */
struct send {
	enum wire_op	 op;
	unsigned int	 flags;
	struct pid	 to;
	uint64_t	 ref;
	const void	*before;
	size_t		 before_len;	/* at most ADDRESS_SIZE */
};
int	 send_body(const struct send *, struct msg_body);

/* To a port: nothing but the image. */
int	 send_port(struct msg_port, struct msg_body, bool try);

/* The same of one that is an image already. */
int	 send_any(const struct send *, const struct msg_any *);

/* Waits until pid is not choked, reading on.  With try: EAGAIN. */
int	 send_await(struct pid, struct mono deadline, bool try);

static inline struct pid
pid_of(struct msg_pid p)
{
	return (struct pid){ p.node, p.serial };
}

static inline struct msg_pid
msg_pid_of(struct pid p)
{
	return (struct msg_pid){ p.node, p.serial };
}

#endif /* SEND_H */
