/*
 * room_state.h - the inside of a room, for the two files that are it.
 */
#ifndef CHAT_ROOM_STATE_H
#define CHAT_ROOM_STATE_H
#include "names.h"

struct room_acts;

#define NAME_MOST	1024	/* of any server */

struct guest {
	TAILQ_ENTRY(guest)	 in;	/* while it has a name */
	void			*client;
	struct claim		*claim;	/* its name, while it is in */
	size_t			 owed;	/* answers of other servers */
	bool			 out;	/* was, and is no more */
};

struct room {
	struct names		 names;
	TAILQ_HEAD(, guest)	 guests;	/* as they came */
	struct msg_pid		 self;
	uint64_t		 last;	/* the last number given */
	size_t			 name_most, line_most;
	const struct room_acts	*acts;
	void			*ctx;
	size_t			 size;
	char			*scratch;	/* of that size, for one line */
};

/* To one guest, if it is there to be told; to all that have a name. */
void	 room_say(struct room *, struct guest *, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	 room_show(struct room *, const char *lines, size_t n);

/* The guest goes: its claim too, and who has the name now is told to all. */
void	 room_out(struct room *, struct guest *);

/* A name's claims have changed: its present owner is told to all, a guest that
   lost it is sent away.  The name may be gone after that. */
void	 room_settle(struct room *, struct name *);

#endif /* CHAT_ROOM_STATE_H */
