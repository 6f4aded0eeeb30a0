/* match.h - a clause of msg_receive and a letter: does it want it. */
#ifndef MATCH_H
#define MATCH_H
#include <errno.h>

#include "body.h"
#include "msg.h"
#include "self.h"
#include "send.h"

#define NO_MATCH	(-3)
#define SPOILT		(-4)		/* says it is of a type, and is not */

/* Clauses in a row, and what all of them together mean. */
struct wish {
	struct msg_clause	*clauses;
	size_t			 n;
	bool			 all;	/* lanes are no help: MATCH_ANY */
	bool			 writable;	/* one of them is that */
	bool			 ports;		/* one of them is a port */
	struct port		*alone;		/* all there is; not merged */
	void			*lent;	/* to the handler that matched */
};

/* 0, or SPOILT, MSG_ERROR.  In the header: every message goes through it. */
static inline int
match_message(struct msg_type *t, const struct letter *l, void *out)
{
	struct msg_meta	*meta = out;
	const uint8_t	*image;
	size_t		 len;

	image = letter_image(l, &len);
	if (body_read(t, image, len, out) == -1)
		return errno == EBADMSG ? SPOILT : MSG_ERROR;
	meta->sender = msg_pid_of(l->sender);
	meta->ref = l->ref;
	return 0;
}

/* The first clause that takes the letter: its number, or NO_MATCH, SPOILT,
   MSG_ERROR. */
int	 match(struct wish *, const struct letter *);

#endif /* MATCH_H */
