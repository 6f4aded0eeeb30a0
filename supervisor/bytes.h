/*
 * bytes.h - bytes on their way into something, and out of it.
 */
#ifndef BYTES_H
#define BYTES_H
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* ---- in: used where they lie, as long as they are lent ---- */

/* All zero: none. */
struct bytes_in {
	const uint8_t	*p;		/* not used yet: lent, or in own */
	size_t		 n;
	uint8_t		*own;
};

/* Lent until bytes_in_settle(), which keeps a copy of what is not used by then.
   -1: ENOMEM, put: nothing was taken (it only copies if some are left from
   before); settle: what was left is lost. */
int	 bytes_in_put(struct bytes_in *, const void *, size_t);
int	 bytes_in_settle(struct bytes_in *);

size_t	 bytes_in_take(struct bytes_in *, void *, size_t);	/* 0: none */
void	 bytes_in_release(struct bytes_in *);

/* ---- out: added at the end (buf_add), sent from the front ---- */

struct bytes_out {
	struct buf	 b;
	size_t		 off;		/* sent, of it */
};

void	 bytes_out_init(struct bytes_out *, size_t max);
void	 bytes_out_release(struct bytes_out *);

/* Room for n more, so that adding them cannot fail.  -1: ENOMEM. */
int	 bytes_out_reserve(struct bytes_out *, size_t n);

/* NULL and 0: none. */
const uint8_t	*bytes_out_peek(const struct bytes_out *, size_t *n);

/* Memory that is larger than small, and much larger than what was sent since it
   was empty last, is given back when it is empty again. */
void	 bytes_out_drop(struct bytes_out *, size_t n, size_t small);

#endif /* BYTES_H */
