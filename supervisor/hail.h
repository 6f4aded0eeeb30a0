/*
 * hail.h - what two nodes say before and beside a session, as bytes.
 *
 * Each hail_put_ appends a whole frame; where there is no room, buf->error is
 * set.  Each hail_get_ reads the body of a frame of that op, strictly: NULL, or
 * what is wrong with it, for people; then the struct is all zero.
 */
#ifndef HAIL_H
#define HAIL_H
#include "buf.h"
#include "conn.h"
#include "others.h"

/* Numbers of the wire. */
enum hail_reason {
	HAIL_AGAIN = 1,		/* nothing wrong: try again at once */
	HAIL_VERSION = 2,
	HAIL_CLUSTER = 3,
	HAIL_SELF = 4,		/* it is the one that dialled */
	HAIL_NAME = 5,		/* taken by a node that answers */
	HAIL_WAIT = 6,		/* taken by one that may be dead */
	HAIL_TIMEOUT = 7,	/* too slow in saying who it is */
	HAIL_FULL = 8
};

struct beat {
	uint64_t	 sent, echo;	/* own clock; newest of the other's */
	uint64_t	 received, next;	/* frames of the session */
	bool		 answer;	/* is wanted, at once */
	bool		 answering;	/* it is one */
};

struct refusal {
	enum hail_reason reason;
	char		 text[WHY_SIZE];
};

void		 hail_put_hello(struct buf *, uint64_t from_node,
		    const struct hello *);
void		 hail_put_join(struct buf *, uint64_t from_node,
		    const struct join *);
void		 hail_put_beat(struct buf *, uint64_t from_node,
		    const struct beat *);
void		 hail_put_end(struct buf *, uint64_t from_node,
		    uint64_t session, bool goodbye);
/* The text is cut to WHY_SIZE; NULL: the one of that reason. */
void		 hail_put_refuse(struct buf *, uint64_t from_node,
		    enum hail_reason, const char *text);

/* Of another version than WIRE_VERSION only version, capabilities and id are
   read; the rest is zero, and NULL is returned. */
const char	*hail_get_hello(struct hello *, const struct frame *);
const char	*hail_get_join(struct join *, const struct frame *);
const char	*hail_get_beat(struct beat *, const struct frame *);
const char	*hail_get_end(uint64_t *session, bool *goodbye,
		    const struct frame *);
const char	*hail_get_refuse(struct refusal *, const struct frame *);

const char	*hail_reason_text(enum hail_reason);

/* HOST:PORT that can be dialled, as far as its form tells. */
bool		 hail_address_valid(const char *);

#endif /* HAIL_H */
