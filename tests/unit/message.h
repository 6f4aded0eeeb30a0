/*
 * message.h - types and messages made at random, and messages as words: what
 * the tests and fuzzers of bodies share.
 */
#ifndef TEST_MESSAGE_H
#define TEST_MESSAGE_H
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtformat.h"
#include "type.h"

#define TEST_FN		static __attribute__((unused))

/* ---- addresses: SERIAL@HEX, the node being a number here ---- */

TEST_FN const char *
test_pid_parse(void *ctx, const char *text, struct msg_pid *pid)
{
	char	*end;

	(void)ctx;
	pid->serial = strtoull(text, &end, 10);
	if (end == text || *end != '@')
		return "not an address";
	text = end + 1;
	pid->node = strtoull(text, &end, 16);
	if (end == text || *end != '\0')
		return "not an address";
	if (pid->node == 0xdead) {
		errno = EHOSTUNREACH;
		return "no such node";
	}
	return NULL;
}

TEST_FN int
test_pid_print(void *ctx, struct msg_pid pid, char *text, size_t size)
{
	(void)ctx;
	return snprintf(text, size, "%" PRIu64 "@%" PRIx64, pid.serial,
	    pid.node);
}

static const struct text_pids	test_pids = {
	test_pid_parse, test_pid_print, NULL
};

/* ---- a message as words ---- */

TEST_FN void
test_words_add(struct rtformat_words *w, char *word)
{
	if (word == NULL ||
	    (w->v = realloc(w->v, (w->n + 2) * sizeof(*w->v))) == NULL)
		abort();
	w->v[w->n++] = word;
	w->v[w->n] = NULL;
}

TEST_FN void
test_words_value(struct rtformat_words *w, enum msg_kind kind, const void *at)
{
	union text_value	 v;

	memcpy(&v, at, type_kinds[kind].size);
	if (kind == MSG_KIND_str && v.str == NULL)
		v.str = "";
	test_words_add(w, text_print(kind, &v, &test_pids));
}

TEST_FN struct rtformat_words
test_words(const struct msg_type *t, const void *message)
{
	struct rtformat_words	 w = { 0, NULL };
	const struct msg_field	*f;
	const char		*at;
	struct msg_blob		 a;
	union text_value	 count;
	enum msg_kind		 kind;
	size_t			 i;

	for (f = t->fields; f->name != NULL; f++) {
		at = (const char *)message + f->offset;
		kind = f->kind % MSG_KIND_ARRAY;
		if (f->kind < MSG_KIND_ARRAY) {
			test_words_value(&w, kind, at);
			continue;
		}
		memcpy(&a, at, sizeof(a));
		count.u64 = a.n;
		test_words_add(&w, text_print(MSG_KIND_u64, &count, NULL));
		for (i = 0; i < a.n; i++)
			test_words_value(&w, kind, (const char *)a.v +
			    i * type_kinds[kind].size);
	}
	return w;
}

TEST_FN bool
test_words_same(const struct rtformat_words *a, const struct rtformat_words *b)
{
	size_t	 i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

/* ---- at random ---- */

static uint64_t	test_seed = 88172645463325252u;

TEST_FN uint64_t
test_random(void)
{
	test_seed ^= test_seed << 13;
	test_seed ^= test_seed >> 7;
	test_seed ^= test_seed << 17;
	return test_seed;
}

TEST_FN size_t
test_random_len(void)
{
	return test_random() % 64 == 0 ? test_random() % 2000 :
	    test_random() % 6;
}

/* A type, a message of it, and where its strings and arrays lie. */
#define TEST_SLOT	24			/* of the largest value */
#define TEST_OFFSET(i)	(sizeof(struct msg_meta) + (i) * TEST_SLOT)
#define TEST_SIZE	TEST_OFFSET(MSG_FIELDS_MAX)
#define TEST_POOL	(32u << 20)

struct test_message {
	struct msg_type	 type;
	struct msg_field fields[MSG_FIELDS_MAX + 1];
	_Alignas(8) char message[TEST_SIZE];
	char		*pool;
	size_t		 used;
};

TEST_FN void *
test_room(struct test_message *m, size_t n)
{
	size_t	 at = (m->used + 7) & ~(size_t)7;

	if ((m->pool == NULL && (m->pool = malloc(TEST_POOL)) == NULL) ||
	    n > TEST_POOL - at)
		abort();
	m->used = at + n;
	return m->pool + at;
}

TEST_FN void
test_random_bytes(void *to, size_t n)
{
	unsigned char	*p = to;

	while (n-- > 0)
		*p++ = (unsigned char)test_random();
}

TEST_FN void
test_random_value(struct test_message *m, enum msg_kind kind, char *to)
{
	union text_value	 v;
	char			*s;
	size_t			 n, i;

	memset(&v, 0, sizeof(v));
	if (kind == MSG_KIND_str) {
		n = test_random_len();
		v.str = s = test_room(m, n + 1);
		for (i = 0; i < n; i++)
			s[i] = (char)(1 + test_random() % 255);
		s[n] = '\0';
	} else if (kind == MSG_KIND_blob) {
		v.blob.n = test_random_len();
		v.blob.v = s = test_room(m, v.blob.n);
		test_random_bytes(s, v.blob.n);
	} else if (kind == MSG_KIND_bool) {
		v.b = test_random() & 1;
	} else {
		do				/* a NaN's bits are no text */
			test_random_bytes(&v, type_kinds[kind].size);
		while (kind == MSG_KIND_f64 && isnan(v.f64));
	}
	memcpy(to, &v, type_kinds[kind].size);
}

/* Reuses the pool; m begins as zero. */
TEST_FN void
test_random_message(struct test_message *m)
{
	size_t		 n = test_random() % (MSG_FIELDS_MAX + 1), i, j, size;
	struct msg_blob	 a;
	unsigned int	 kind;
	bool		 array;
	char		*v;

	memset(m->fields, 0, sizeof(m->fields));
	memset(m->message, 0, sizeof(m->message));
	m->type = (struct msg_type){ .name = "random", .fields = m->fields,
	    .size = TEST_SIZE };
	m->used = 0;
	for (i = 0; i < n; i++) {
		kind = (unsigned int)(test_random() % (MSG_KIND_blob + 1));
		array = test_random() % 3 == 0;
		m->fields[i] = (struct msg_field){ "f", (enum msg_kind)(kind +
		    (array ? MSG_KIND_ARRAY : 0)), TEST_OFFSET(i) };
		if (!array) {
			test_random_value(m, (enum msg_kind)kind,
			    m->message + TEST_OFFSET(i));
			continue;
		}
		size = type_kinds[kind].size;
		a.n = test_random_len();
		a.v = v = a.n == 0 ? NULL : test_room(m, a.n * size);
		for (j = 0; j < a.n; j++)
			test_random_value(m, (enum msg_kind)kind, v + j * size);
		memcpy(m->message + TEST_OFFSET(i), &a, sizeof(a));
	}
}

/* ---- an image turned to big endian, by its own letters ---- */

TEST_FN uint32_t
test_turn(unsigned char **p, size_t width)
{
	unsigned char	 c;
	uint32_t	 v = 0;
	size_t		 i;

	if (width == 4)
		v = (uint32_t)(*p)[0] | (uint32_t)(*p)[1] << 8 |
		    (uint32_t)(*p)[2] << 16 | (uint32_t)(*p)[3] << 24;
	for (i = 0; i < width / 2; i++) {
		c = (*p)[i];
		(*p)[i] = (*p)[width - 1 - i];
		(*p)[width - 1 - i] = c;
	}
	*p += width;
	return v;
}

TEST_FN void
test_turn_values(unsigned char **p, const char *f, const char *end)
{
	const char	*close;
	uint32_t	 n;

	for (; f < end; f++) {
		if (*f == 'c') {
			++*p;
		} else if (*f == 'i' || *f == 'u') {
			test_turn(p, 4);
		} else if (*f == 's') {
			n = test_turn(p, 4);
			*p += n > 0 ? n - 1 : 0;
		} else if (*f == 'B') {
			n = test_turn(p, 4);
			*p += n;
		} else if (*f == 'A') {
			close = strchr(f, ')');
			for (n = test_turn(p, 4); n > 0; n--)
				test_turn_values(p, f + 2, close);
			f = close;
		} else {
			test_turn(p, 8);
		}
	}
}

TEST_FN void
test_image_turn(unsigned char *image)
{
	const char	*format = (const char *)image + IMAGE_FORMAT;
	unsigned char	*p = image + IMAGE_LENGTH;

	image[IMAGE_FLAGS] |= IMAGE_BIG;
	test_turn(&p, 4);
	p = image + IMAGE_FORMAT + strlen(format) + 1;
	test_turn_values(&p, format, format + strlen(format));
}

#endif /* TEST_MESSAGE_H */
