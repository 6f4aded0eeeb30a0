/* rtformat.h - messages whose format is known at run time only, as words. */
#ifndef RTFORMAT_H
#define RTFORMAT_H
#include "text.h"

/* A list that ends with a NULL, allocated; v itself is NULL if it is empty. */
struct rtformat_words {
	size_t	 n;
	char	**v;
};

/*
 * An image from a format ("pA(s)") and a word a value; *image is the caller's
 * to free.  -1: EINVAL, EMSGSIZE, ENOMEM or what text_pids set; why says in
 * words what is wrong: "value 2 ('abc'): not a number".
 */
int	 rtformat_encode(const char *format, char *const *words, size_t nwords,
	    const struct text_pids *, void **image, size_t *len, char *why,
	    size_t size);

/*
 * The words that rtformat_encode() would take.  The image may be anything.
 * -1: EINVAL not a format, EBADMSG not an image of it, ENOMEM, or what
 * text_pids set; *out is empty then.
 */
int	 rtformat_decode(const char *format, const void *image, size_t len,
	    const struct text_pids *, struct rtformat_words *out);

void	 rtformat_release(struct rtformat_words *);

/* Built with MSG_NO_TPL both fail with ENOTSUP. */

#endif /* RTFORMAT_H */
