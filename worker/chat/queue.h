/*
 * queue.h - bytes on their way to one client, so many and no more.
 */
#ifndef CHAT_QUEUE_H
#define CHAT_QUEUE_H
#include <stdbool.h>
#include <stddef.h>

struct queue {
	char	*bytes;
	size_t	 start, end, size;	/* waiting: from start to end */
	size_t	 limit;
	bool	 within;		/* the last byte sent ended no line */
};

/* Whole lines.  -1: they would be too many (ENOBUFS), no memory. */
int	 queue_put(struct queue *, const char *, size_t n);
/* The same beyond the limit: the last words to somebody. */
int	 queue_put_last(struct queue *, const char *, size_t n);
size_t	 queue_peek(const struct queue *, const char **);
void	 queue_sent(struct queue *, size_t n);
/* Nothing waits any more but the rest of a line that has been begun. */
void	 queue_cut(struct queue *);
void	 queue_release(struct queue *);

#endif /* CHAT_QUEUE_H */
