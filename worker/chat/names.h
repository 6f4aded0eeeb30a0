/*
 * names.h - every name that somebody claims, and who has it.
 *
 * Two servers may give one name before they hear of each other.  Both claims
 * stand here then, and the earlier one has the name: its number is smaller,
 * being the time it was given; of equal numbers the smaller home wins.  Every
 * server that knows the same claims finds the same winner, in whatever order
 * it heard of them.
 */
#ifndef CHAT_NAMES_H
#define CHAT_NAMES_H
#include <sys/queue.h>
#include <stdbool.h>

#include "user.h"

struct guest;

struct claim {
	SLIST_ENTRY(claim)	 by_name;
	struct name		*name;
	struct user		 user;		/* its name is name->text */
	struct guest		*guest;		/* of this server, or NULL */
	bool			 stale;		/* see room_on_users */
};

struct name {
	LIST_ENTRY(name)	 by_text;
	size_t			 bucket;
	SLIST_HEAD(, claim)	 claims;	/* never empty for long */
	struct user		 shown;		/* whom our users see */
	bool			 is_shown;
	char			 text[];
};

#define NAMES_BUCKETS	1024
struct names {
	LIST_HEAD(, name)	 buckets[NAMES_BUCKETS];
};

struct name	*names_find(struct names *, const char *);
struct name	*names_next(struct names *, const struct name *); /* or first */
struct claim	*names_claim(struct names *, const struct user *);
/* NULL: no memory.  It must not be there yet. */
struct claim	*names_add(struct names *, const struct user *,
		    struct guest *);
void		 names_remove(struct claim *);	/* its name stays */
/* The one who has it; NULL: nobody is left. */
struct claim	*names_winner(const struct name *);
struct claim	*names_local(const struct name *);
void		 names_forget(struct name *);
bool		 user_same(const struct user *, const struct user *);

#endif /* CHAT_NAMES_H */
