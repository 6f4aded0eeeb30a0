/* message.h - the MESSAGE of a frame, to and from words. */
#ifndef MESSAGE_H
#define MESSAGE_H
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "msg.h"
#include "rtformat.h"

struct message {
	char			 name[MSG_NAME_MAX + 1];
	char			 format[MSG_FORMAT_MAX];
	struct rtformat_words	 words;
};

/*
 * Adds a MESSAGE of that name, format and values.  -1: errno, and why in words;
 * the buf's own failure stays in the buf.
 */
int	 message_add(struct buf *, const char *name, const char *format,
	    char *const *values, size_t n, const struct text_pids *,
	    char *why, size_t size);

/* The rest of r as a MESSAGE.  -1: EBADMSG when it is none, else ENOMEM or
   what text_pids set; release it only after a 0. */
int	 message_read(struct message *, struct rd *r, const struct text_pids *);
void	 message_release(struct message *);

#endif /* MESSAGE_H */
