/*
 * post.h - one thing to be told to another server, now or later.
 */
#ifndef CHAT_POST_H
#define CHAT_POST_H
#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

enum post_kind {
	POST_USERS, POST_NEW, POST_GONE, POST_LINES, POST_TELL, POST_KICK,
	POST_KICKED
};

/* The fields that its message has; see protocol.h. */
struct post {
	STAILQ_ENTRY(post)	 next;
	enum post_kind		 kind;
	bool			 flag;		/* want, done */
	const char		*name, *by;	/* or NULL */
	uint64_t		 number, by_number;
	const char		*text;
	size_t			 n;		/* of the text */
};

STAILQ_HEAD(posts, post);

/* One of its own, with all that it points to; NULL: no memory. */
struct post	*post_copy(const struct post *);
size_t		 post_size(const struct post *);
/* As msg_try_send.  Not POST_USERS, which is made when it is sent. */
int		 post_send(struct msg_pid, const struct post *);

#endif /* CHAT_POST_H */
