/* body.h - a message struct to and from the bytes of an image. */
#ifndef BODY_H
#define BODY_H
#include "msg.h"

/*
 * Returns the size of the image, which is written only if it is at most cap;
 * call with cap 0 to measure.
 * 0: EINVAL (n > 0 without an array, a bad type), EMSGSIZE (4 GiB and more).
 */
size_t	 body_write(struct msg_type *, const void *message, void *image,
	    size_t cap);

/*
 * The same, but the bytes of a blob of BODY_TAIL or more that ends the message
 * are left out: *tail lends them, they follow what was written.  The size that
 * is returned counts them, cap need not.  tail->n is 0: nothing is left out.
 */
#define BODY_TAIL	(16u << 10)
size_t	 body_write_front(struct msg_type *, const void *message, void *image,
	    size_t cap, struct msg_blob *tail);

/*
 * Believes nothing of the image.  All strings and arrays of the message lie
 * in one block, message->msg.memory, not much larger than the image: 8 bytes
 * more a field, or, for arrays of strings or blobs, what a first walk has
 * measured (5 times at most, for blobs of one byte).  It is freed again when
 * the image is bad.  Nothing points into the image, no pointer is NULL.  A
 * type of scalars allocates nothing.  The caller enters sender and ref.
 * -1: EBADMSG not an image of this type, ENOMEM, EINVAL (a bad type); the
 * message is all zero then, and releasing it does no harm.
 */
int	 body_read(struct msg_type *, const void *image, size_t len,
	    void *message);

/* Frees and zeroes; twice is harmless. */
void	 body_release(const struct msg_type *, void *message);

#endif /* BODY_H */
