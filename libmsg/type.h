/* type.h - kinds, formats and tags of message types. */
#ifndef TYPE_H
#define TYPE_H
#include "msg.h"

/*
 * What a kind is in memory and in an image.  In both a scalar is `words` words
 * of `width` bytes; strings and blobs have no width, but a length in front.
 * The row of an array's element: kind % MSG_KIND_ARRAY.
 */
struct type_kind {
	char		 letter;	/* for people and frames; 0: no kind */
	const char	*image;		/* tpl's letters */
	size_t		 width, words;
	size_t		 size;		/* of the value in C */
};
extern const struct type_kind type_kinds[MSG_KIND_ARRAY];

/* Fills tag, format and head, once.  -1 EINVAL: not a type MSG_TYPE makes. */
int	 type_ready(struct msg_type *);

/* A letter or _, then [A-Za-z0-9_.-], at most MSG_NAME_MAX bytes. */
bool	 type_name_ok(const char *name);
uint64_t type_tag(const char *name, const char *format);

/* A format is what people write: "pA(s)".  -1 EINVAL; *n is at most 16. */
int	 format_parse(const char *text, enum msg_kind kinds[MSG_FIELDS_MAX],
	    size_t *n);

/* The same fields in tpl's letters, as they stand in an image: "UUA(s)". */
#define FORMAT_IMAGE_MAX	(MSG_FIELDS_MAX * 6 + 1)
void	 format_image(const enum msg_kind *kinds, size_t n,
	    char image[FORMAT_IMAGE_MAX]);

/*
 * An image: "tpl", flags, a u32 of its whole length, the format in tpl's
 * letters and a NUL, then the values without padding, little endian unless a
 * flag says otherwise.
 */
#define IMAGE_FLAGS	3		/* offsets */
#define IMAGE_LENGTH	4
#define IMAGE_FORMAT	8
#define IMAGE_BIG	0x01		/* flags: big endian */
#define IMAGE_NULLS	0x02		/* a string's length is one more */

#endif /* TYPE_H */
