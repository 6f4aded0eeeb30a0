/*
 * account.h - users of the system, looked up once.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H
#include <sys/types.h>
#include <sys/queue.h>
#include <stddef.h>

struct account {
	SLIST_ENTRY(account)	 entry;
	char			*name, *home;
	uid_t			 uid;
	gid_t			 gid;
};

/* Looking a user up may read files, or ask the network: a cache.  A reload
   begins with a new one. */
struct accounts {
	SLIST_HEAD(account_list, account)	 list;
};

void			 accounts_release(struct accounts *);

/* Lent until accounts_release().  NULL and errno: EINVAL there is no such user
   or ENOMEM. */
const struct account	*account_find(struct accounts *, const char *name);
/* Of a number without a name: the number is its name, / its home. */
const struct account	*account_of_uid(struct accounts *, uid_t);

/* -1: EINVAL, there is no such group. */
int			 account_group(const char *name, gid_t *);

#endif /* ACCOUNT_H */
