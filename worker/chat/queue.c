/*
 * queue.c - bytes on their way to one client, so many and no more.
 *
 * Owns:    the buffer; which line is half sent.
 * Not here: sockets; what becomes of a client whose queue is full (clients.c).
 * Errors:  -1 and errno.
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_FIRST	1024
#define QUEUE_KEPT	16384	/* an empty one gives back what is above */

static int
grow(struct queue *q, size_t n)
{
	size_t	 size = q->size == 0 ? QUEUE_FIRST : q->size;
	char	*bytes;

	while (size < n)
		size *= 2;
	if (size == q->size)
		return 0;
	if ((bytes = realloc(q->bytes, size)) == NULL)
		return -1;
	q->bytes = bytes;
	q->size = size;
	return 0;
}

int
queue_put_last(struct queue *q, const char *text, size_t n)
{
	size_t	waiting = q->end - q->start;

	if (q->start > 0 && n > q->size - q->end) {
		memmove(q->bytes, q->bytes + q->start, waiting);
		q->start = 0;
		q->end = waiting;
	}
	if (n > q->size - q->end && grow(q, q->end + n) == -1)
		return -1;
	memcpy(q->bytes + q->end, text, n);
	q->end += n;
	return 0;
}

int
queue_put(struct queue *q, const char *text, size_t n)
{
	if (n > q->limit || q->end - q->start > q->limit - n) {
		errno = ENOBUFS;
		return -1;
	}
	return queue_put_last(q, text, n);
}

size_t
queue_peek(const struct queue *q, const char **bytes)
{
	*bytes = q->bytes + q->start;
	return q->end - q->start;
}

void
queue_sent(struct queue *q, size_t n)
{
	if (n == 0)
		return;
	q->start += n;
	q->within = q->bytes[q->start - 1] != '\n';
	if (q->start < q->end)
		return;
	q->start = q->end = 0;
	if (q->size > QUEUE_KEPT) {
		free(q->bytes);
		q->bytes = NULL;
		q->size = 0;
	}
}

void
queue_cut(struct queue *q)
{
	const char	*rest = q->bytes + q->start, *lf;

	if (q->start == q->end)
		return;
	lf = q->within ? memchr(rest, '\n', q->end - q->start) : NULL;
	q->end = lf == NULL ? q->start : (size_t)(lf + 1 - q->bytes);
}

void
queue_release(struct queue *q)
{
	free(q->bytes);
	*q = (struct queue){ .limit = q->limit };
}
