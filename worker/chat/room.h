/*
 * room.h - who is in the chat, under which name, and what becomes of a line.
 *
 * All that a chat server decides is decided here, by calls alone: no socket,
 * no clock, no message.  What follows from a decision is done by the acts.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user.h"

struct room;
struct guest;			/* a client here, named or not yet */

struct room_acts {
	/* These must not call the room. */
	void	(*show)(void *client, const char *lines, size_t n);
	void	(*end)(void *client);	/* shows what waits, then closes */
	void	(*settled)(void *client);	/* no answer is owed any more */
	/* To all other servers; to the home of that user. */
	void	(*cast_new)(void *ctx, const struct user *);
	void	(*cast_gone)(void *ctx, const struct user *);
	void	(*cast_lines)(void *ctx, const char *lines, size_t n);
	void	(*tell)(void *ctx, const struct user *, const char *line,
		    size_t n);
	void	(*kick)(void *ctx, const struct user *, const struct user *by);
	void	(*kicked)(void *ctx, const struct user *by, const char *name,
		    bool done);
};

/* Limits: the longest name, the longest line a client may send. */
struct room	*room_new(struct msg_pid self, size_t name_most,
		    size_t line_most, const struct room_acts *, void *ctx);
void		 room_free(struct room *);	/* no guest is left */

/* ---- clients of this server; now: microseconds of the calendar ---- */

/* NULL: no memory.  The client is asked for its name. */
struct guest	*room_enter(struct room *, void *client);
/* Cleaned, and in no more bytes than the limit; NULL: it was too long. */
void		 room_line(struct room *, struct guest *, char *line, size_t n,
		    uint64_t now);
/* Once for each guest, also after its end. */
void		 room_leave(struct room *, struct guest **);
/* Whether another server still owes it an answer. */
bool		 room_owes(const struct guest *);
const char	*room_name(const struct guest *);	/* "" as long as none */
/* A line for it alone, out of turn. */
void		 room_tell(struct room *, struct guest *, const char *line);

/* The users of this server, as they came, lent until the next call. */
size_t		 room_users(struct room *, struct user *, size_t most);

/* ---- what other servers say ---- */

/* All its users are these. */
void	 room_on_users(struct room *, struct msg_pid home, const char *const *,
	    const uint64_t *numbers, size_t n);
void	 room_on_new(struct room *, const struct user *);
void	 room_on_gone(struct room *, const struct user *);
void	 room_on_lost(struct room *, struct msg_pid home);
void	 room_on_lines(struct room *, const char *, size_t n);
/* home: whoever says it; about users of this server. */
void	 room_on_tell(struct room *, const char *name, uint64_t number,
	    const char *, size_t n);
void	 room_on_kick(struct room *, const char *name, uint64_t number,
	    const struct user *by);
void	 room_on_kicked(struct room *, const char *name, bool done,
	    const char *by, uint64_t by_number);

#endif /* CHAT_ROOM_H */
