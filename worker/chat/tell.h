/*
 * tell.h - telling another server what happens here: now, or when it takes it.
 */
#ifndef CHAT_TELL_H
#define CHAT_TELL_H
#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "post.h"
#include "user.h"

#define BATCH_SIZE	32768		/* lines of a turn, in one message */

struct room;
struct settings;

struct server {
	LIST_ENTRY(server)	 next;
	struct msg_pid		 pid;
	uint64_t		 ref;		/* of its monitor */
	bool			 told, heard;
	bool			 lost;		/* given up, until it takes */
	struct posts		 posts;		/* it does not take them now */
	size_t			 size;		/* of these */
	uint64_t		 since;		/* and it took one */
};

struct servers {
	LIST_HEAD(, server)	 list;
	struct room		*room;
	const struct settings	*settings;
	struct msg_pid		 self;
	size_t			 batched;
	char			 batch[BATCH_SIZE];
};

struct server	*server_find(struct servers *, struct msg_pid);

/* All our users: from here on it is told what happens to them. */
void	 tell_users(struct servers *, struct server *, bool want);
/* What waits, as far as it is taken. */
void	 tell_flush(struct servers *, struct server *);
/* Nothing waits any more. */
void	 tell_drop(struct server *);
/* The lines gathered; whatever else is told comes after them by itself. */
void	 tell_lines(struct servers *);

/* Acts of the room; ctx is the servers. */
void	 tell_new(void *, const struct user *);
void	 tell_gone(void *, const struct user *);
void	 tell_said(void *, const char *, size_t n);
void	 tell_one(void *, const struct user *, const char *, size_t n);
void	 tell_kick(void *, const struct user *, const struct user *by);
void	 tell_kicked(void *, const struct user *by, const char *name,
	    bool done);

#endif /* CHAT_TELL_H */
