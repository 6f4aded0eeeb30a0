/*
 * where.h - where brood's own files are: from the executable's place.
 *
 * Built:     bin/broodd, bin/brood, bin/relay, bin/workers
 * Installed: sbin/broodd, bin/brood, lib/brood/relay, lib/brood/workers
 */
#ifndef WHERE_H
#define WHERE_H

struct where {
	char	*bin;		/* the folder of brood, for PATH */
	char	*relay;		/* the executable */
	char	*workers;	/* the worker directory */
};

/* argv0 counts only where the system does not tell.  -1 and errno. */
int	 where_init(struct where *, const char *argv0);
void	 where_release(struct where *);

#endif /* WHERE_H */
