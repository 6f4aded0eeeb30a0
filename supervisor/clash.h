/*
 * clash.h - two nodes of one name: which of them is let in.
 */
#ifndef CLASH_H
#define CLASH_H
#include "others.h"

#define CLASH_MS	500		/* for the one there to answer */

enum clash {
	CLASH_NONE,		/* it may come in */
	CLASH_ASKED,		/* ask again in CLASH_MS */
	CLASH_WAIT,		/* not yet */
	CLASH_REFUSED
};

/* Of the node that said t->hello; again: it was asked before.  text: why not,
   for people. */
enum clash	 clash_decide(struct trunk *t, bool again,
		    char text[WHY_SIZE]);

#endif /* CLASH_H */
