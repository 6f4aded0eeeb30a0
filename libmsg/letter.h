/* letter.h - what a frame that goes into the mailbox says, taken apart. */
#ifndef LETTER_H
#define LETTER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn.h"

enum letter_kind {
	LETTER_USER, LETTER_DOWN, LETTER_EXITED, LETTER_NODE,
	LETTER_CHANNEL			/* not for the mailbox: a port's */
};
#define LETTER_KINDS	4		/* of the mailbox */

/* Points into the frame, or wherever letter_copy() has put it. */
struct letter {
	enum letter_kind	 kind;
	bool			 normal;	/* of the death told */
	bool			 up;		/* the node; else gone */
	struct pid		 sender;	/* or the dead, the node */
	uint64_t		 ref;		/* of a call or monitor, or 0;
						   the port's */
	uint64_t		 tag;		/* the rest of LETTER_USER */
	uint8_t			 name_len, format_len;
	size_t			 len;
	const uint8_t		*text;		/* name, format, image; cause;
						   name and role of a node;
						   an image alone */
};

static inline const uint8_t *
letter_image(const struct letter *l, size_t *len)
{
	*len = l->len - l->name_len - l->format_len;
	return l->text + l->name_len + l->format_len;
}

/* Of a LETTER_NODE; good once letter_read() has said so. */
void	 letter_node(const struct letter *, char name[NAME_SIZE],
	    char role[NAME_SIZE]);

/* 0, or -1 EBADMSG: the lengths within do not fit, or an op without letter. */
int	 letter_read(struct letter *, const struct frame *);

/* As letter_read(), of a bare MESSAGE. */
int	 letter_message(struct letter *, const uint8_t *, size_t);

/* Name and format are ones a type can have, and the tag is theirs. */
bool	 letter_genuine(const struct letter *);

#endif /* LETTER_H */
