/*
 * target.h - the table of addresses worth dialling; dial.c decides by it.
 */
#ifndef TARGET_H
#define TARGET_H
#include "others.h"

#define TARGET_DIALS	64		/* under way at once */

struct target	*target_find(struct node *, const char *address);

/*
 * The target of that address; made, if it is not there, with fn for its alarm
 * and no source yet: target_settle() follows.  NULL: no room, no memory; that
 * is counted.
 */
struct target	*target_get(struct node *, const char *address,
		    void (*fn)(void *));

/*
 * Its sources may have changed.  False: nobody knows it any more, it is gone.
 * Not while it is dialled: whoever ends the dial looks at it once more.
 */
bool		 target_settle(struct target *);
void		 target_renew(struct target *);	/* when room is needed it is
						   the last that goes */
void		 target_drop(struct target *);

void		 target_alarm(struct target *, struct mono);

/* Who waits for one of the dials under way to end; target_next(): one has, or
   whose turn it was did not need it. */
void		 target_queue(struct target *);
void		 target_unqueue(struct target *);
void		 target_next(struct node *);

/* t is where p is to be dialled, and no other; p is to be dialled nowhere. */
void		 target_bind(struct target *t, struct peer *p);
void		 target_unbind(struct peer *p);	/* settle its target then */

#endif /* TARGET_H */
