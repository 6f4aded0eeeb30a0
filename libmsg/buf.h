/*
 * buf.h - bytes: a bounded buffer to write into, a reader that cannot overrun.
 *
 * Integers are big-endian.  Both sides keep the first failure and go on
 * harmlessly: the caller does all its puts or gets and asks once.
 */
#ifndef BUF_H
#define BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing: grows up to max, then (or without memory) error is set ---- */

struct buf {
	uint8_t	*p;
	size_t	 len, cap, max;
	int	 error;			/* 0, ENOMEM or EMSGSIZE; sticks */
};

void	 buf_init(struct buf *, size_t max);
void	 buf_release(struct buf *);		/* ready for use again */
void	 buf_reset(struct buf *);		/* empty, memory kept */
uint8_t	*buf_room(struct buf *, size_t n);	/* n bytes more, or NULL */
void	 buf_add(struct buf *, const void *, size_t n);
void	 buf_add_u8(struct buf *, unsigned int);
void	 buf_add_u16(struct buf *, unsigned int);
void	 buf_add_u32(struct buf *, uint32_t);
void	 buf_add_u64(struct buf *, uint64_t);
/* u8 or u16 length, bytes; longer: EMSGSIZE. */
void	 buf_add_str8(struct buf *, const char *);
void	 buf_add_str16(struct buf *, const char *);

/* ---- reading: what is not there reads as 0 and sets bad ---- */

struct rd {
	const uint8_t	*p;
	size_t		 left;
	bool		 bad;
};

void		 rd_init(struct rd *, const void *, size_t n);
const uint8_t	*rd_take(struct rd *, size_t n);	/* NULL when bad */
unsigned int	 rd_u8(struct rd *);
unsigned int	 rd_u16(struct rd *);
uint32_t	 rd_u32(struct rd *);
uint64_t	 rd_u64(struct rd *);

/*
 * A string into text of cap bytes, NUL-terminated.  Longer than that, or with a
 * NUL inside: bad, and the text is "".
 */
void		 rd_str8(struct rd *, char *text, size_t cap);
void		 rd_str16(struct rd *, char *text, size_t cap);

/* Everything was there, and nothing is left over. */
bool		 rd_done(const struct rd *);

/*
 * Fixed-place integers, where the bytes are known to be there.  In the header
 * because they stand in the way of every message: compilers make one swapped
 * load or store of each.
 */
static inline void
put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void
put_u64(uint8_t *p, uint64_t v)
{
	put_u32(p, (uint32_t)(v >> 32));
	put_u32(p + 4, (uint32_t)v);
}

static inline uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
get_u64(const uint8_t *p)
{
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

#endif /* BUF_H */
