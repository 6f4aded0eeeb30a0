/*
 * sigs.h - signals as bytes on a descriptor, one at a time.
 */
#ifndef SIGS_H
#define SIGS_H
#include <sys/types.h>
#include <stddef.h>

struct sigs { int fd, other; };		/* other: -1, or for sigs.c alone */

struct sigs_event {
	int	sig;
	pid_t	from;		/* who sent it; 0: the kernel */
};

/*
 * Every signal to its default, none blocked: whatever broodd was started from
 * may have ignored SIGCHLD, or blocked SIGTERM, and both outlive an exec.
 */
void	 sigs_reset(void);

/* Takes these signals, n of them; fd is readable when one came.  One per
   process.  -1 and errno. */
int	 sigs_open(struct sigs *, const int *which, size_t n);

/* The next one: 1, or 0 when there is none. */
int	 sigs_read(struct sigs *, struct sigs_event *);

void	 sigs_close(struct sigs *);

#endif /* SIGS_H */
