/*
 * account.c - users of the system, looked up once.
 *
 * Owns:    every question to the user database.
 * Not here: who runs as whom (programs.c, starter.c).
 * Errors:  NULL or -1 and errno; EINVAL says that there is nobody of that name.
 */
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
account_free(struct account *a)
{
	if (a == NULL)
		return;
	free(a->name);
	free(a->home);
	free(a);
}

void
accounts_release(struct accounts *all)
{
	struct account	*a;

	while ((a = SLIST_FIRST(&all->list)) != NULL) {
		SLIST_REMOVE_HEAD(&all->list, entry);
		account_free(a);
	}
}

static const struct account *
account_keep(struct accounts *all, const char *name, const char *home,
    uid_t uid, gid_t gid)
{
	struct account	*a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct account){ .uid = uid, .gid = gid, .name = strdup(name),
	    .home = strdup(*home != '\0' ? home : "/") };
	if (a->name == NULL || a->home == NULL) {
		account_free(a);
		errno = ENOMEM;
		return NULL;
	}
	SLIST_INSERT_HEAD(&all->list, a, entry);
	return a;
}

/* getpwnam and its kin say "nobody" in several ways. */
static void
no_such(void)
{
	if (errno != ENOMEM)
		errno = EINVAL;
}

const struct account *
account_find(struct accounts *all, const char *name)
{
	struct account	*a;
	struct passwd	*pw;

	SLIST_FOREACH(a, &all->list, entry)
		if (strcmp(a->name, name) == 0)
			return a;
	errno = 0;
	if ((pw = getpwnam(name)) == NULL) {
		no_such();
		return NULL;
	}
	return account_keep(all, name, pw->pw_dir, pw->pw_uid, pw->pw_gid);
}

const struct account *
account_of_uid(struct accounts *all, uid_t uid)
{
	struct account	*a;
	struct passwd	*pw;
	char		 number[24];

	SLIST_FOREACH(a, &all->list, entry)
		if (a->uid == uid)
			return a;
	if ((pw = getpwuid(uid)) != NULL)
		return account_keep(all, pw->pw_name, pw->pw_dir, uid,
		    pw->pw_gid);
	(void)snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	return account_keep(all, number, "/", uid, (gid_t)-1);
}

int
account_group(const char *name, gid_t *gid)
{
	struct group	*g;

	errno = 0;
	if ((g = getgrnam(name)) == NULL) {
		no_such();
		return -1;
	}
	*gid = g->gr_gid;
	return 0;
}
