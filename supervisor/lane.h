/*
 * lane.h - what goes to one other node: a FIFO per destination, deficit round
 * robin between them, the resend buffer, and large frames in pieces.
 *
 * Knows nothing of time, sessions or connections: frames go in, bytes for the
 * connection come out in turn, acknowledgements free them.
 */
#ifndef LANE_H
#define LANE_H
#include "others.h"

#define LANE_PIECE	(64u << 10)	/* bytes of a large frame at a time */
#define LANE_WHOLE	(68u << 10)	/* frames up to this are not cut */

/*
 * window, reserve: bytes.  begun_max and halves_max are the caller's to set:
 * bytes of large frames unfinished on the way there, and here.  A large frame
 * above begun_max is dropped as its turn comes.
 */
void		 lanes_init(struct lanes *, size_t window, size_t reserve,
		    struct conn_budget *);

/* All but the bounds is thrown away; chokes on lanes must be gone. */
void		 lanes_release(struct lanes *);

/* The lane of a serial (0: the node itself), or of a name; made if need be.
   NULL: ENOMEM. */
struct lane	*lane_of(struct peer *, uint64_t serial);
struct lane	*lane_of_name(struct peer *, const char *name);
struct lane	*lane_find(struct peer *, uint64_t serial, const char *name);

/*
 * Whole frames in a row, all data or all not.  -1: ENOMEM, or ENOBUFS: the
 * reserve for signals is full.  Something is missing then: the session has to
 * end.
 */
int		 lane_put(struct lane *, const void *, size_t n, bool data);
/* Ahead of all lanes. */
int		 lane_urgent(struct lanes *, const void *, size_t n);

/* A lane nobody needs is freed; call after its last choke or frame is gone. */
void		 lane_idle(struct lane *);

/* Whether lane_take() would give something. */
bool		 lane_ready(const struct lanes *);

/* The number of the frame that lane_take() gives next. */
uint64_t	 lane_number(const struct lanes *);

/*
 * Appends the next frames, one turn's worth, to out; *frames is how many they
 * are.  False: nothing to write, or the window is full, or -- out->error is set
 * then -- no memory, and nothing is lost.
 */
bool		 lane_take(struct lanes *, struct buf *out, uint32_t *frames);

/* The other has all up to this number.  -1: it cannot have (EPROTO). */
int		 lane_acked(struct lanes *, uint64_t received);

/* A new connection: what is not acknowledged is written again. */
void		 lane_rewind(struct lanes *);

/*
 * Whether a lane that was over need not be any more.  It is over while the node
 * has choked it, or while data to the node stands above the window (until it
 * is below a quarter of it) and the lane holds more than its share: who says
 * little goes on beside those who flood.
 */
bool		 lanes_full(const struct lanes *);	/* nobody has a share */
bool		 lane_may_go_on(const struct lane *);

/*
 * A piece has arrived.  1: the frame is whole, in *whole; give it back with
 * lane_half_free().  0: more has to come.  -1: EPROTO broken, ENOBUFS more than
 * was agreed, ENOMEM.
 */
int		 lane_piece(struct lanes *, const struct frame *,
		    struct half **whole);
void		 lane_half_free(struct lanes *, struct half *);

#endif /* LANE_H */
