/* guard.h - checks an image before libtpl sees it. */
#ifndef GUARD_H
#define GUARD_H
#include <stddef.h>

/*
 * Is this an image of that format, in tpl's letters as format_image() gives
 * them?  0, or -1 EBADMSG.  After a 0 libtpl's load and unpack of the image
 * by a map of the same format cannot fail, nor read outside it, nor allocate
 * more than the image is long and a byte for each string.
 */
int	 guard_check(const void *image, size_t len, const char *format);

#endif /* GUARD_H */
