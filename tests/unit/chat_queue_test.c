/*
 * chat_queue_test.c - what waits for a client of the chat server: so many
 * bytes, in order, and whole lines also when it is cut.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../worker/chat/queue.h"
#include "tap.h"

static void
put(struct queue *q, const char *text)
{
	if (queue_put(q, text, strlen(text)) == -1)
		abort();
}

static bool
holds(const struct queue *q, const char *text)
{
	const char	*bytes;
	size_t		 n = queue_peek(q, &bytes);

	return n == strlen(text) && (n == 0 || memcmp(bytes, text, n) == 0);
}

static void
test_limit(void)
{
	struct queue	q = { .limit = 8 };

	put(&q, "abc\nde\n");
	errno = 0;
	ok(queue_put(&q, "x\n", 2) == -1 && errno == ENOBUFS,
	    "one byte too many is refused");
	ok(holds(&q, "abc\nde\n"), "and nothing of it is there");
	put(&q, "\n");
	ok(queue_put_last(&q, "bye\n", 4) == 0 &&
	    holds(&q, "abc\nde\n\nbye\n"), "last words go beyond the limit");
	queue_sent(&q, 12);
	ok(holds(&q, ""), "all is sent");
	put(&q, "12345678");
	ok(holds(&q, "12345678"), "then there is room again");
	ok(queue_put(&q, "123456789", 9) == -1, "never for more than all");
	queue_release(&q);
}

static const struct {
	const char	*name;
	size_t		 sent;
	const char	*left;
} cuts[] = {
	{ "nothing was sent", 0, "" },
	{ "a line has begun", 1, "b\n" },
	{ "a line is sent but for its end", 2, "\n" },
	{ "a line is sent", 3, "" },
	{ "the second has begun", 4, "d\n" },
	{ "the last has no end", 7, "f" },
	{ "all is sent", 8, "" },
};

static void
test_cut(void)
{
	struct queue	q;
	size_t		i;

	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		q = (struct queue){ .limit = 100 };
		put(&q, "ab\ncd\nef");
		queue_sent(&q, cuts[i].sent);
		if (cuts[i].sent == 7)		/* what never happens */
			q.bytes[7] = '\n';
		queue_cut(&q);
		ok(holds(&q, cuts[i].sent == 7 ? "\n" : cuts[i].left),
		    "cut when %s", cuts[i].name);
		queue_release(&q);
	}
}

/* Against a model: bytes that count up. */
static void
test_stream(void)
{
	struct queue	 q = { .limit = 5000 };
	const char	*bytes;
	char		 out[700];
	unsigned char	 in = 0, seen = 0;
	size_t		 i, k, n, waiting = 0;
	bool		 same = true;

	srandom(1);
	for (i = 0; i < 20000; i++) {
		n = (size_t)random() % sizeof(out);
		for (k = 0; k < n; k++)
			out[k] = (char)(in + k);
		if (queue_put(&q, out, n) == 0) {
			in = (unsigned char)(in + n);
			waiting += n;
		} else {
			same = same && waiting + n > 5000;
		}
		n = queue_peek(&q, &bytes);
		same = same && n == waiting;
		n = n == 0 ? 0 : (size_t)random() % (n + 1);
		for (k = 0; k < n; k++)
			same = same && (unsigned char)bytes[k] == seen++;
		queue_sent(&q, n);
		waiting -= n;
	}
	ok(same, "20000 times: what goes in comes out, in order");
	queue_release(&q);
}

int
main(void)
{
	test_limit();
	test_cut();
	test_stream();
	return tap_done();
}
