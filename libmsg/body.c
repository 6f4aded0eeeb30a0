/*
 * body.c - a message struct to and from the bytes of an image.
 *
 * Writer and reader in one file: each is the other's specification.
 *
 * Owns:    the direct writer and reader of tpl images, driven by a type's
 *          table of fields.  The bytes are those libtpl would write.
 * Not here: what may stand in a format (type.c); formats known only at run
 *          time (rtformat.c).
 * Errors:  -1 or 0 and errno.  A bad image is EBADMSG, whatever is wrong.
 */
#include "body.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "memory.h"
#include "type.h"

/* A blob and every array is a count and a pointer, so one struct does. */
_Static_assert(sizeof(struct msg_strs) == sizeof(struct msg_blob) &&
    offsetof(struct msg_strs, v) == offsetof(struct msg_blob, v),
    "arrays look like blobs");

#define HOST_BIG	(BYTE_ORDER == BIG_ENDIAN)

/* The bytes of each word in reverse. */
static void
words_turn(unsigned char *to, const unsigned char *from, size_t width, size_t n)
{
	size_t	 i;

	for (; n > 0; n--, to += width, from += width)
		for (i = 0; i < width; i++)
			to[i] = from[width - 1 - i];
}

/*
 * Copies n words between the order of the host and that of an image.  The
 * usual sizes have cases of their own: a copy of known size is one instruction.
 */
static inline void
words_copy(void *to, const void *from, size_t width, size_t n, bool swap)
{
	size_t	 size = width * n;

	if (swap && width > 1)
		words_turn(to, from, width, n);
	else if (size == 16)
		memcpy(to, from, 16);
	else if (size == 8)
		memcpy(to, from, 8);
	else if (size == 4)
		memcpy(to, from, 4);
	else
		memcpy(to, from, size);
}

/* ---- writing: what does not fit is counted and not written ---- */

struct out {
	unsigned char	*p;
	size_t		 cap, len;
	const struct msg_blob *left_out;	/* a field, or NULL */
	size_t		 skipped;		/* its bytes */
	int		 error;			/* sticks; asked once */
};

/* len goes on counting beyond cap: so one call measures what another writes. */
static inline void
put(struct out *o, const void *p, size_t width, size_t n)
{
	size_t	 size = width * n;

	if (size == 0)
		return;
	if (p == NULL) {
		o->error = EINVAL;		/* a count without an array */
		return;
	}
	if (o->len <= o->cap && size <= o->cap - o->len)
		words_copy(o->p + o->len, p, width, n, HOST_BIG);
	o->len += size;
}

static inline void
put_u32(struct out *o, size_t n)
{
	uint32_t	 v = (uint32_t)n;

	if (n > UINT32_MAX)
		o->error = EMSGSIZE;
	put(o, &v, sizeof(v), 1);
}

/* The length of an image's string counts a NUL that is not there. */
static void
put_str(struct out *o, const char *s)
{
	size_t	 len;

	if (s == NULL) {
		put_u32(o, 0);
		return;
	}
	len = strlen(s);
	put_u32(o, len + 1);			/* 0 is taken by NULL */
	put(o, s, 1, len);
}

/* A field alone is as an array of one, without the count. */
static void
put_values(struct out *o, enum msg_kind kind, const void *v, size_t n)
{
	const struct type_kind	*k = &type_kinds[kind];
	const char *const	*s = v;
	const struct msg_blob	*b = v;
	size_t			 i;

	if (k->width != 0) {
		put(o, v, k->width, k->words * n);
		return;
	}
	if (n != 0 && v == NULL) {
		o->error = EINVAL;
		return;
	}
	for (i = 0; i < n; i++)
		if (kind == MSG_KIND_str) {
			put_str(o, s[i]);
		} else {
			put_u32(o, b[i].n);
			if (b + i == o->left_out)
				o->skipped = b[i].n;
			else
				put(o, b[i].v, 1, b[i].n);
		}
}

static void
put_fields(struct out *o, const struct msg_type *t, const char *message)
{
	const struct msg_field	*f;
	struct msg_blob		 array;		/* of whatever kind */

	for (f = t->fields; f->name != NULL; f++) {
		if (f->kind < MSG_KIND_ARRAY) {
			put_values(o, f->kind, message + f->offset, 1);
			continue;
		}
		memcpy(&array, message + f->offset, sizeof(array));
		put_u32(o, array.n);
		put_values(o, f->kind % MSG_KIND_ARRAY, array.v, array.n);
	}
}

/* The field of a large blob at the end of a message, or NULL. */
static const struct msg_blob *
last_blob(const struct msg_type *t, const char *message)
{
	const struct msg_field	*f = t->fields;
	const struct msg_blob	*b;

	while (f->name != NULL && f[1].name != NULL)
		f++;
	if (f->name == NULL || f->kind != MSG_KIND_blob)
		return NULL;
	b = (const void *)(message + f->offset);
	return b->n >= BODY_TAIL && b->v != NULL ? b : NULL;
}

size_t
body_write_front(struct msg_type *t, const void *message, void *image,
    size_t cap, struct msg_blob *tail)
{
	struct out	 o = { .p = image, .cap = cap };
	uint32_t	 len;

	if (type_ready(t) == -1)
		return 0;
	if (tail != NULL) {
		o.left_out = last_blob(t, message);
		*tail = o.left_out == NULL ? (struct msg_blob){ 0, NULL } :
		    *o.left_out;
	}
	put(&o, t->head, 1, t->head_len);
	put_fields(&o, t, message);
	if (o.len + o.skipped > UINT32_MAX)
		o.error = EMSGSIZE;
	if (o.error != 0) {
		errno = o.error;
		return 0;
	}
	if (o.len <= cap) {
		len = htole32((uint32_t)(o.len + o.skipped));
		memcpy(o.p + IMAGE_LENGTH, &len, sizeof(len));
	}
	return o.len + o.skipped;
}

size_t
body_write(struct msg_type *t, const void *message, void *image, size_t cap)
{
	return body_write_front(t, message, image, cap, NULL);
}

/* ---- reading: every take checks, failure sticks, asked once ---- */

/*
 * Of most types an image bounds what its strings and arrays need, and one walk
 * checks and fills a block of that size.  Arrays of strings or blobs may need
 * several times their image: these are walked twice by the same functions,
 * first without a block, all fields, to check and to measure; then those that
 * need it once more, to fill the block.
 */
struct in {
	const unsigned char	*p, *end;
	size_t			 left;
	bool			 swap, bad;
	bool			 checked;	/* the second walk */
	unsigned char		*block;		/* NULL: only measured */
	size_t			 used, size;	/* of the block */
};

#define ALIGN		8		/* of whatever lies in a block */

static const uint64_t nothing[1];		/* what empty arrays point to */

/* Lengths are compared with what is left, never added to a pointer first. */
static inline const unsigned char *
take(struct in *in, size_t n)
{
	if (in->bad || n > in->left) {
		in->bad = true;
		return NULL;
	}
	in->p += n;
	in->left -= n;
	return in->p - n;
}

static inline uint32_t
take_u32(struct in *in)
{
	const unsigned char	*p = take(in, 4);
	uint32_t		 v = 0;

	if (p != NULL)
		words_copy(&v, p, 4, 1, in->swap);
	return v;
}

/*
 * Room in the block for n of that size; NULL in the first walk, which only
 * counts, and when the count does not fit in a size_t.
 */
static void *
room(struct in *in, size_t align, size_t n, size_t size)
{
	size_t	 at = (in->used + align - 1) & ~(align - 1);

	if (n > (SIZE_MAX / 2 - at) / size) {
		in->bad = true;			/* a small size_t */
		return NULL;
	}
	in->used = at + n * size;
	if (in->block == NULL)
		return NULL;
	BUG_ON(in->used > in->size);		/* the bound is wrong */
	return in->block + at;
}

static const char *
take_str(struct in *in)
{
	size_t			 n = take_u32(in);
	const unsigned char	*p;
	char			*s;

	if (n <= 1)
		return "";			/* NULL, too */
	if ((p = take(in, n - 1)) == NULL)
		return "";
	if (!in->checked && memchr(p, '\0', n - 1) != NULL) {
		in->bad = true;
		return "";
	}
	if ((s = room(in, 1, n, 1)) == NULL)
		return "";
	memcpy(s, p, n - 1);
	s[n - 1] = '\0';
	return s;
}

static struct msg_blob
take_blob(struct in *in)
{
	struct msg_blob		 b = { take_u32(in), nothing };
	const unsigned char	*p = take(in, b.n);
	void			*copy;

	if (p == NULL || b.n == 0)
		return (struct msg_blob){ 0, nothing };
	/* Aligned, so that an array of anything may be sent as a blob. */
	if ((copy = room(in, ALIGN, b.n, 1)) != NULL) {
		memcpy(copy, p, b.n);
		b.v = copy;
	}
	return b;
}

/* v NULL: where the values will lie is not known yet. */
static void
take_scalars(struct in *in, const struct type_kind *k, void *v, size_t n)
{
	size_t			 i, words = k->words * n;
	const unsigned char	*p = take(in, k->width * words);

	if (p == NULL)
		return;
	if (k->width == 1)
		for (i = 0; i < n; i++)
			if (p[i] > 1) {
				in->bad = true;	/* a bool is 0 or 1 */
				return;
			}
	if (v != NULL)
		words_copy(v, p, k->width, words, in->swap);
}

static void
take_values(struct in *in, enum msg_kind kind, void *v, size_t n)
{
	struct msg_blob	 b;
	const char	*s;
	size_t		 i;

	if (type_kinds[kind].width != 0) {
		take_scalars(in, &type_kinds[kind], v, n);
		return;
	}
	for (i = 0; i < n && !in->bad; i++)
		if (kind == MSG_KIND_str) {
			s = take_str(in);
			if (v != NULL)
				((const char **)v)[i] = s;
		} else {
			b = take_blob(in);
			if (v != NULL)
				((struct msg_blob *)v)[i] = b;
		}
}

/*
 * A count is believed only when the bytes left could hold so many of the
 * least size: so the room for an array is never much larger than the image.
 */
static struct msg_blob
take_array(struct in *in, enum msg_kind kind)
{
	const struct type_kind	*k = &type_kinds[kind];
	struct msg_blob		 array = { take_u32(in), nothing };
	size_t			 least = k->width * k->words;
	void			*v;

	if (least == 0)
		least = 4;			/* of a string: its length */
	if (array.n > in->left / least)
		in->bad = true;
	if (in->bad || array.n == 0)
		return (struct msg_blob){ 0, nothing };
	v = room(in, ALIGN, array.n, k->size);
	take_values(in, kind, v, array.n);
	array.v = v;
	return array;
}

static void
take_field(struct in *in, enum msg_kind kind, char *to)
{
	struct msg_blob	 array;
	const char	*s;

	if (kind == MSG_KIND_str) {
		s = take_str(in);
		memcpy(to, &s, sizeof(s));
	} else if (kind < MSG_KIND_ARRAY) {
		take_values(in, kind, to, 1);
	} else {
		array = take_array(in, kind % MSG_KIND_ARRAY);
		memcpy(to, &array, sizeof(array));
	}
}

/* The first walk; notes where in the image each field begins. */
static void
take_fields(struct in *in, const struct msg_type *t, char *message,
    const unsigned char *at[MSG_FIELDS_MAX])
{
	const struct msg_field	*f;

	for (f = t->fields; f->name != NULL && !in->bad; f++) {
		*at++ = in->p;
		take_field(in, f->kind, message + f->offset);
	}
	if (in->left != 0)
		in->bad = true;
}

/* The second: what lies in the message itself is there already. */
static void
fill_fields(struct in *in, const struct msg_type *t, char *message,
    const unsigned char *const at[MSG_FIELDS_MAX])
{
	const struct msg_field	*f;

	for (f = t->fields; f->name != NULL; f++, at++) {
		if (f->kind < MSG_KIND_ARRAY && type_kinds[f->kind].width != 0)
			continue;
		in->p = *at;
		in->left = (size_t)(in->end - *at);
		take_field(in, f->kind, message + f->offset);
	}
	BUG_ON(in->bad || in->used != in->size);
}

/* Magic, flags, length and format must be ours to the byte. */
static void
take_head(struct in *in, const struct msg_type *t)
{
	size_t			 len = in->left, rest;
	const unsigned char	*p = take(in, IMAGE_LENGTH);

	if (p == NULL)
		return;
	in->swap = ((p[IMAGE_FLAGS] & IMAGE_BIG) != 0) != HOST_BIG;
	if (memcmp(p, t->head, IMAGE_FLAGS) != 0 ||
	    (p[IMAGE_FLAGS] & ~IMAGE_BIG) != t->head[IMAGE_FLAGS] ||
	    take_u32(in) != len)
		in->bad = true;
	rest = t->head_len - IMAGE_FORMAT;
	p = take(in, rest);
	if (p != NULL && memcmp(p, t->head + IMAGE_FORMAT, rest) != 0)
		in->bad = true;
}

/* Two walks.  -1: errno. */
static int
read_lists(struct in *in, const struct msg_type *t, char *message)
{
	const unsigned char	*at[MSG_FIELDS_MAX];

	take_fields(in, t, message, at);
	if (in->bad) {
		errno = EBADMSG;
		return -1;
	}
	if (in->used == 0)
		return 0;
	if ((in->block = memory_new(in->used)) == NULL)
		return -1;
	in->end = in->p;			/* it was read to its end */
	in->size = in->used;
	in->used = 0;
	in->checked = true;
	fill_fields(in, t, message, at);
	return 0;
}

/*
 * One walk.  A string needs a byte for its NUL and saves four for its length;
 * whatever else lies apart needs its bytes and may have to be aligned.
 */
static int
read_flat(struct in *in, const struct msg_type *t, char *message)
{
	const unsigned char	*at[MSG_FIELDS_MAX];

	if (t->apart != 0 && !in->bad) {
		in->size = in->left + t->apart * (size_t)ALIGN;
		if ((in->block = memory_new(in->size)) == NULL)
			return -1;
	}
	take_fields(in, t, message, at);
	if (!in->bad && in->used != 0)
		return 0;
	memory_free(in->block);
	in->block = NULL;
	errno = EBADMSG;
	return in->bad ? -1 : 0;
}

int
body_read(struct msg_type *t, const void *image, size_t len, void *message)
{
	struct in	 in = { .p = image, .left = len };
	struct msg_meta	 meta = { .ref = 0 };

	memset(message, 0, t->size);
	if (type_ready(t) == -1)
		return -1;
	take_head(&in, t);
	if ((t->lists ? read_lists(&in, t, message) :
	    read_flat(&in, t, message)) == -1) {
		memset(message, 0, t->size);
		return -1;
	}
	if (in.block != NULL) {
		meta.memory = in.block;
		memcpy(message, &meta, sizeof(meta));
	}
	return 0;
}

void
body_release(const struct msg_type *t, void *message)
{
	struct msg_meta	 meta;

	memcpy(&meta, message, sizeof(meta));
	memory_free(meta.memory);
	memset(message, 0, t->size);
}
