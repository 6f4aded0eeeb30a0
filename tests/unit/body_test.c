/*
 * body_test.c - bodies by their tables, libtpl as the judge.
 *
 * rtformat.c makes libtpl write and read what body.c writes and reads, for
 * types and values at random.
 */
#include "tap.h"

#include "body.h"
#include "bug.h"
#include "../../libmsg/guard.h"
#include "message.h"

#define ROUNDS	3000
#define SMALL	400			/* images cut and bent all over */

MSG_TYPE(stop);
MSG_TYPE(pair, (blob, a), (blob, b));
MSG_TYPE(ping, (pid, from));
MSG_TYPE(note, (str, text));
MSG_TYPE(all, (str, s), (blob, b), (strs, ss), (blobs, bs), (i64s, xs),
    (bools, flags), (ports(ping), ports), (port(ping), port), (bool, last));
MSG_TYPE(flags, (bool, a), (bools, b));
MSG_TYPE(numbers, (i32s, xs));

static bool
all_zero(const void *p, size_t n)
{
	const unsigned char	*c = p;

	while (n > 0 && *c == 0) {
		n--;
		c++;
	}
	return n == 0;
}

/* On a heap block of exactly that size, so that sanitizers see every byte. */
static int
read_copy(struct msg_type *t, const void *image, size_t len, void *message)
{
	void	*copy = malloc(len > 0 ? len : 1);
	int	 rc, saved;

	memcpy(copy, image, len);
	rc = body_read(t, copy, len, message);
	saved = errno;
	if ((guard_check(copy, len, t->head + IMAGE_FORMAT) == 0) != (rc == 0))
		ok(false, "guard and reader differ: %s", t->format);
	free(copy);
	errno = saved;
	return rc;
}

static bool
refused(struct msg_type *t, const void *image, size_t len)
{
	char	 message[TEST_SIZE];

	errno = 0;
	return read_copy(t, image, len, message) == -1 && errno == EBADMSG &&
	    all_zero(message, t->size);
}

static void
put_length(unsigned char *image, size_t len)
{
	size_t	 i;

	for (i = 0; i < 4; i++)
		image[IMAGE_LENGTH + i] = (unsigned char)(len >> 8 * i);
}

/* Every truncation, honest and not; one byte more; each bit of the head. */
static bool
damages_refused(struct msg_type *t, const unsigned char *image, size_t len)
{
	unsigned char	 bent[SMALL + 1];
	bool		 good = true;
	size_t		 i;

	for (i = 0; i < len && good; i++) {
		good = refused(t, image, i);
		memcpy(bent, image, len);
		if (i >= IMAGE_FORMAT)
			put_length(bent, i);
		good = good && refused(t, bent, i);
	}
	for (i = 0; i < t->head_len * 8 && good; i++) {
		memcpy(bent, image, len);
		bent[i / 8] ^= (unsigned char)(1 << i % 8);
		good = refused(t, bent, len);
	}
	memcpy(bent, image, len);
	bent[len] = 0;
	put_length(bent, len + 1);
	return good && refused(t, bent, len + 1);
}

/* Read it back by both readers; are the values those? */
static bool
reads_as(struct msg_type *t, const void *image, size_t len,
    const struct rtformat_words *want)
{
	struct rtformat_words	 got;
	char			 message[TEST_SIZE];
	bool			 same;

	if (read_copy(t, image, len, message) == -1)
		return false;
	got = test_words(t, message);
	same = test_words_same(&got, want);
	rtformat_release(&got);
	body_release(t, message);
	same = same && all_zero(message, t->size);
	body_release(t, message);
	if (rtformat_decode(t->format, image, len, &test_pids, &got) == -1)
		return false;
	same = same && test_words_same(&got, want);
	rtformat_release(&got);
	return same;
}

static bool
libtpl_writes(const struct msg_type *t, const struct rtformat_words *words,
    const void *image, size_t len)
{
	char	 why[128];
	void	*theirs;
	size_t	 n;
	bool	 same;

	if (rtformat_encode(t->format, words->v, words->n, &test_pids, &theirs,
	    &n, why, sizeof(why)) == -1) {
		note("%s: %s", t->format, why);
		return false;
	}
	same = n == len && memcmp(theirs, image, n) == 0;
	free(theirs);
	return same;
}

/* One type and message at random; NULL, or what failed. */
static const char *
random_round(struct test_message *m)
{
	struct rtformat_words	 words;
	unsigned char		*image, short_one[8] = { 0 };
	size_t			 len;
	const char		*wrong = NULL;

	test_random_message(m);
	len = body_write(&m->type, m->message, NULL, 0);
	image = malloc(len);
	words = test_words(&m->type, m->message);
	if (len == 0 || body_write(&m->type, m->message, image, len) != len)
		wrong = "size";
	else if (body_write(&m->type, m->message, short_one, 7) != len ||
	    short_one[7] != 0)
		wrong = "no room";
	else if (!libtpl_writes(&m->type, &words, image, len))
		wrong = "bytes of libtpl";
	else if (!reads_as(&m->type, image, len, &words))
		wrong = "reading";
	else if (len < SMALL && !damages_refused(&m->type, image, len))
		wrong = "damage taken";
	else {
		test_image_turn(image);
		if (!reads_as(&m->type, image, len, &words))
			wrong = "big endian";
	}
	rtformat_release(&words);
	free(image);
	return wrong;
}

static void
check_random(void)
{
	static struct test_message	 m;
	const char			*wrong = NULL;
	int				 i;

	for (i = 0; i < ROUNDS && wrong == NULL; i++)
		wrong = random_round(&m);
	ok(wrong == NULL, "%d types and messages at random: as libtpl's, "
	    "read back in both byte orders, damage refused", ROUNDS);
	if (wrong != NULL)
		note("round %d, %s: %s", i, m.type.format, wrong);
	free(m.pool);
}

static void
check_empty(void)
{
	unsigned char	 image[512];
	struct all	 in = { .last = true }, out;
	struct note	 text = { .text = NULL };
	size_t		 n;

	n = body_write(&msg_type_all, &in, image, sizeof(image));
	is_int(read_copy(&msg_type_all, image, n, &out), 0, "all empty");
	ok(out.s != NULL && *out.s == '\0', "a NULL string arrives as \"\"");
	ok(out.b.n == 0 && out.b.v != NULL, "an empty blob has a place");
	ok(out.ss.n == 0 && out.ss.v != NULL && out.bs.v != NULL &&
	    out.xs.v != NULL && out.flags.v != NULL && out.ports.v != NULL,
	    "empty arrays have, too");
	ok(out.msg.memory == NULL, "and nothing was allocated");
	ok(out.last, "the last field");

	n = body_write(&msg_type_note, &text, image, sizeof(image));
	is_int((intmax_t)n, 14, "NULL: size");
	ok(image[10] == 0, "NULL is written as length 0");
	text.text = "";
	body_write(&msg_type_note, &text, image, sizeof(image));
	ok(image[10] == 1, "\"\" is written as length 1");

	n = body_write(&msg_type_stop, &(struct stop){ .msg = { .ref = 0 } },
	    image, sizeof(image));
	ok(n == 9 && memcmp(image, "tpl\0\11\0\0\0", 9) == 0, "no fields");
}

static void
check_elements(void)
{
	struct msg_blob		 blobs[] = { { 0, NULL }, { 2, "ab" } };
	const char		*strs[] = { NULL, "", "x" };
	struct ping_sendport	 ports[] = { { { 7, { 8, 9 } } } };
	struct all		 in = { .s = "hi", .b = { 3, "a\0b" },
				    .ss = MSG_ARRAY(strs),
				    .bs = MSG_ARRAY(blobs),
				    .xs = MSG_ITEMS(int64_t, -1, INT64_MIN),
				    .flags = MSG_ITEMS(bool, true, false),
				    .ports = MSG_ARRAY(ports) }, out;
	unsigned char		 image[512];
	size_t			 n;

	n = body_write(&msg_type_all, &in, image, sizeof(image));
	is_int(read_copy(&msg_type_all, image, n, &out), 0, "all filled");
	is_str(out.s, "hi", "str");
	ok(out.b.n == 3 && memcmp(out.b.v, "a\0b", 3) == 0, "blob");
	is_str(out.ss.v[0], "", "a NULL element arrives as \"\"");
	is_str(out.ss.v[2], "x", "strs");
	ok(out.bs.v[0].v != NULL && memcmp(out.bs.v[1].v, "ab", 2) == 0,
	    "blobs");
	ok(out.xs.v[0] == -1 && out.xs.v[1] == INT64_MIN, "i64s");
	ok(out.flags.v[0] && !out.flags.v[1], "bools");
	ok(out.ports.v[0].port.id == 7 && out.ports.v[0].port.owner.node == 8 &&
	    out.ports.v[0].port.owner.serial == 9, "ports");
	ok(out.msg.memory != NULL, "one block");
	ok((uintptr_t)out.b.v % 8 == 0 && (uintptr_t)out.xs.v % 8 == 0 &&
	    (uintptr_t)out.ss.v % 8 == 0, "aligned");
	body_release(&msg_type_all, &out);
	body_release(&msg_type_all, &out);
	ok(all_zero(&out, sizeof(out)), "released twice: all zero");
}

static void
check_senders_faults(void)
{
	struct all	 bad = { .xs = { 1, NULL } };
	struct all	 strs = { .ss = { 1, NULL } };
	struct all	 blob = { .b = { 1, NULL } };
	struct msg_blob	 half = { 2500u << 20, &half };
	struct all	 sum = { .b = half, .bs = { 1, &half } };
	struct msg_type	 unnamed = { .name = "", .fields = msg_type_stop.fields,
			    .size = sizeof(struct stop) };
	char		 out[TEST_SIZE];

	errno = 0;
	is_int((intmax_t)body_write(&msg_type_all, &bad, NULL, 0), 0,
	    "n without an array is refused");
	is_int(errno, EINVAL, "with EINVAL");
	is_int((intmax_t)body_write(&msg_type_all, &strs, NULL, 0), 0,
	    "of strings, too");
	is_int((intmax_t)body_write(&msg_type_all, &blob, NULL, 0), 0,
	    "in a blob, too");
	blob.b.n = (size_t)UINT32_MAX + 1;
	blob.b.v = &blob;
	errno = 0;
	is_int((intmax_t)body_write(&msg_type_all, &blob, NULL, 0), 0,
	    "a blob of 4 GiB is refused");
	is_int(errno, EMSGSIZE, "with EMSGSIZE");
	errno = 0;
	is_int((intmax_t)body_write(&msg_type_all, &sum, NULL, 0), 0,
	    "two of 2.5 GiB are refused");
	is_int(errno, EMSGSIZE, "with EMSGSIZE, too");
	errno = 0;
	ok(body_write(&unnamed, &bad, NULL, 0) == 0 && errno == EINVAL,
	    "a type without a name is not written");
	errno = 0;
	ok(body_read(&unnamed, "", 0, out) == -1 && errno == EINVAL,
	    "nor read");
}

static const struct {
	const char	*name;
	struct msg_type	*type;
	size_t		 len;
	const char	*image;
} refusals[] = {
#define IMAGE(s)	sizeof(s) - 1, s
	{ "a bool of 2", &msg_type_flags,
	    IMAGE("tpl\0\23\0\0\0cA(c)\0\2\0\0\0\0") },
	{ "a bool of 255 in an array", &msg_type_flags,
	    IMAGE("tpl\0\24\0\0\0cA(c)\0\1\1\0\0\0\377") },
	{ "a NUL in a string", &msg_type_note,
	    IMAGE("tpl\2\20\0\0\0s\0\3\0\0\0a\0") },
	{ "a string without the flag", &msg_type_note,
	    IMAGE("tpl\0\16\0\0\0s\0\1\0\0\0") },
	{ "an unknown flag", &msg_type_note,
	    IMAGE("tpl\6\16\0\0\0s\0\1\0\0\0") },
	{ "a string of 4 GiB", &msg_type_note,
	    IMAGE("tpl\2\16\0\0\0s\0\377\377\377\377") },
	{ "a count of 2^32-1", &msg_type_numbers,
	    IMAGE("tpl\0\21\0\0\0A(i)\0\377\377\377\377") },
	{ "a count of 2^31", &msg_type_numbers,
	    IMAGE("tpl\0\21\0\0\0A(i)\0\0\0\0\200") },
	{ "a count one too large", &msg_type_numbers,
	    IMAGE("tpl\0\25\0\0\0A(i)\0\2\0\0\0\1\0\0\0") },
	{ "the length of nothing", &msg_type_stop, IMAGE("") },
	{ "another's format", &msg_type_note,
	    IMAGE("tpl\0\12\0\0\0i\0") },
};

static void
check_refusals(void)
{
	static const char	 good[] = "tpl\0\23\0\0\0cA(c)\0\1\0\0\0";
	struct flags		 out;
	size_t			 i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		ok(refused(refusals[i].type, refusals[i].image,
		    refusals[i].len), "refused: %s", refusals[i].name);
	is_int(read_copy(&msg_type_flags, good, sizeof(good), &out), 0,
	    "the hand-made image is right but for that");
}

static void
check_large(void)
{
	static int64_t		 xs[70000];
	static char		 bytes[1 << 20];
	struct all		 in = { .xs = MSG_ARRAY(xs),
				    .b = { sizeof(bytes), bytes } }, out;
	unsigned char		*image;
	size_t			 i, n;

	for (i = 0; i < sizeof(xs) / sizeof(xs[0]); i++)
		xs[i] = (int64_t)test_random();
	memset(bytes, 'x', sizeof(bytes));
	n = body_write(&msg_type_all, &in, NULL, 0);
	image = malloc(n);
	body_write(&msg_type_all, &in, image, n);
	is_int(body_read(&msg_type_all, image, n, &out), 0, "large: read");
	free(image);				/* nothing points into it */
	ok(memcmp(out.xs.v, xs, sizeof(xs)) == 0 && out.b.n == sizeof(bytes) &&
	    memcmp(out.b.v, bytes, sizeof(bytes)) == 0, "large: values");
	body_release(&msg_type_all, &out);
}

/* What is sent from where it lies makes the same image. */
static void
check_tail(void)
{
	static char		 bytes[BODY_TAIL + 100];
	struct pair		 in = { .a = { sizeof(bytes), bytes },
				    .b = { sizeof(bytes), bytes } };
	struct msg_blob		 tail;
	unsigned char		*whole, *front;
	size_t			 n;

	memset(bytes, 'y', sizeof(bytes));
	n = body_write(&msg_type_pair, &in, NULL, 0);
	whole = malloc(n);
	front = malloc(n);
	body_write(&msg_type_pair, &in, whole, n);
	ok(body_write_front(&msg_type_pair, &in, front, n - sizeof(bytes),
	    &tail) == n, "tail: counted, room for it not needed");
	ok(tail.n == sizeof(bytes) && tail.v == bytes, "tail: lent");
	memcpy(front + n - tail.n, tail.v, tail.n);
	ok(memcmp(whole, front, n) == 0,
	    "tail: the last blob alone, though the first is the same bytes");
	in.b.n = BODY_TAIL - 1;
	n = body_write(&msg_type_pair, &in, NULL, 0);
	ok(body_write_front(&msg_type_pair, &in, front, n, &tail) == n &&
	    tail.n == 0, "tail: not of a small blob");
	free(whole);
	free(front);
}

int
main(void)
{
	check_tail();
	check_random();
	check_empty();
	check_elements();
	check_senders_faults();
	check_refusals();
	check_large();
	return tap_done();
}
