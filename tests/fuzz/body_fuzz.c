/*
 * body_fuzz.c - images from strangers: body.c beside libtpl behind its guard.
 *
 * Both must take the same images and find the same values in them, and what
 * was read must be written again byte for byte (but for the byte order, and
 * NULL strings, which come back as "").
 *
 * First byte: the type; 0x40: the rest is a whole image, else the data behind
 * a right head; 0x80: that head says big endian.
 */
#include <stdint.h>

#include "body.h"
#include "bug.h"
#include "../../libmsg/guard.h"
#include "../unit/message.h"

MSG_TYPE(stop);
MSG_TYPE(ping, (pid, from));
MSG_TYPE(pong, (pid, from), (str, note), (strs, names), (blob, data),
    (i64s, xs), (port(ping), reply));
MSG_TYPE(words, (strs, a), (blobs, b), (strs, c));
MSG_TYPE(numbers, (u32s, a), (f64, b), (pids, c), (i32, d), (ports(ping), e),
    (u64s, f), (i32s, g), (f64s, h));
MSG_TYPE(flags, (bool, a), (bools, b), (str, c), (bool, d), (u32, e));

static struct msg_type	*types[] = {
	&msg_type_stop, &msg_type_ping, &msg_type_pong, &msg_type_words,
	&msg_type_numbers, &msg_type_flags,
};
#define NTYPES	(sizeof(types) / sizeof(types[0]))

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* On a heap block of exactly its size. */
static unsigned char *
make_image(const struct msg_type *t, uint8_t how, const uint8_t *data,
    size_t size, size_t *len)
{
	size_t		 head = how & 0x40 ? 0 : t->head_len, i;
	unsigned char	*image = malloc(head + size > 0 ? head + size : 1);

	BUG_ON(image == NULL);
	*len = head + size;
	memcpy(image, t->head, head);
	if (size > 0)
		memcpy(image + head, data, size);
	if (head == 0)
		return image;
	if (how & 0x80)
		image[IMAGE_FLAGS] |= IMAGE_BIG;
	for (i = 0; i < 4; i++)
		image[IMAGE_LENGTH + i] = (unsigned char)(*len >>
		    8 * (how & 0x80 ? 3 - i : i));
	return image;
}

static void
check_again(struct msg_type *t, const void *message,
    const unsigned char *image, size_t len)
{
	size_t		 n = body_write(t, message, NULL, 0);
	unsigned char	*again = malloc(n);
	char		 other[TEST_SIZE];

	BUG_ON(n != len);			/* every byte had a meaning */
	BUG_ON(body_write(t, message, again, n) != n);
	BUG_ON((image[IMAGE_FLAGS] & IMAGE_BIG) == 0 &&
	    strchr(t->format, 's') == NULL && memcmp(image, again, n) != 0);
	BUG_ON(body_read(t, again, n, other) != 0);
	body_release(t, other);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtformat_words	 ours, theirs;
	struct msg_type		*t;
	unsigned char		*image;
	char			 message[TEST_SIZE];
	size_t			 len;
	bool			 good;

	if (size == 0)
		return 0;
	t = types[(data[0] & 0x3f) % NTYPES];
	BUG_ON(type_ready(t) != 0 || t->size > sizeof(message));
	image = make_image(t, data[0], data + 1, size - 1, &len);
	good = body_read(t, image, len, message) == 0;
	BUG_ON((guard_check(image, len, t->head + IMAGE_FORMAT) == 0) != good);
	BUG_ON((rtformat_decode(t->format, image, len, &test_pids,
	    &theirs) == 0) != good);
	if (good) {
		ours = test_words(t, message);
		BUG_ON(!test_words_same(&ours, &theirs));
		rtformat_release(&ours);
		check_again(t, message, image, len);
	}
	rtformat_release(&theirs);
	body_release(t, message);
	body_release(t, message);
	free(image);
	return 0;
}
