/*
 * type.c - kinds, formats and tags of message types.
 *
 * Owns:    the table of kinds, both spellings of a format, the tag.
 * Not here: values in images (body.c, rtformat.c) and in words (text.c).
 * Errors:  -1 and EINVAL for a name or format that is none.
 */
#include "type.h"

#include <errno.h>
#include <string.h>

const struct type_kind type_kinds[MSG_KIND_ARRAY] = {
	[MSG_KIND_bool] = { 'b', "c",   1, 1, sizeof(bool) },
	[MSG_KIND_i32]  = { 'i', "i",   4, 1, sizeof(int32_t) },
	[MSG_KIND_u32]  = { 'u', "u",   4, 1, sizeof(uint32_t) },
	[MSG_KIND_i64]  = { 'I', "I",   8, 1, sizeof(int64_t) },
	[MSG_KIND_u64]  = { 'U', "U",   8, 1, sizeof(uint64_t) },
	[MSG_KIND_f64]  = { 'f', "f",   8, 1, sizeof(double) },
	[MSG_KIND_pid]  = { 'p', "UU",  8, 2, sizeof(struct msg_pid) },
	[MSG_KIND_PORT] = { 'o', "UUU", 8, 3, sizeof(struct msg_port) },
	[MSG_KIND_str]  = { 's', "s",   0, 0, sizeof(const char *) },
	[MSG_KIND_blob] = { 'B', "B",   0, 0, sizeof(struct msg_blob) },
};

/* What lets a scalar be copied as its words. */
_Static_assert(sizeof(bool) == 1 && sizeof(double) == 8, "scalars' sizes");
_Static_assert(sizeof(struct msg_pid) == 16 && sizeof(struct msg_port) == 24,
    "pids and ports are their words, without padding");

/* The tag is FNV-1a of 64 bits: part of the protocol, as are the letters. */
#define FNV_BASIS	0xcbf29ce484222325u
#define FNV_PRIME	0x100000001b3u

static uint64_t
fnv1a(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * FNV_PRIME;
	return h;
}

uint64_t
type_tag(const char *name, const char *format)
{
	return fnv1a(fnv1a(fnv1a(FNV_BASIS, name), " "), format);
}

/* Not isalpha(3): names do not depend on a locale. */
static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool
type_name_ok(const char *name)
{
	const char	*p = name;

	if (!is_letter(*p))
		return false;
	while (is_letter(*p) || (*p >= '0' && *p <= '9') || *p == '.' ||
	    *p == '-')
		p++;
	return *p == '\0' && p - name <= MSG_NAME_MAX;
}

/* The kind of one letter; false if there is none. */
static bool
format_letter(char letter, enum msg_kind *kind)
{
	unsigned int	 i;

	for (i = 0; i < MSG_KIND_ARRAY; i++)
		if (type_kinds[i].letter == letter && letter != '\0') {
			*kind = (enum msg_kind)i;
			return true;
		}
	return false;
}

/*
 * One field; returns what follows it, or NULL.  The letter A is no kind, so
 * nothing but an array begins with it, and arrays do not nest.
 */
static const char *
format_field(const char *text, enum msg_kind *kind)
{
	if (text[0] != 'A')
		return format_letter(text[0], kind) ? text + 1 : NULL;
	if (text[1] != '(' || !format_letter(text[2], kind) || text[3] != ')')
		return NULL;
	*kind += MSG_KIND_ARRAY;
	return text + 4;
}

int
format_parse(const char *text, enum msg_kind kinds[MSG_FIELDS_MAX], size_t *n)
{
	for (*n = 0; *text != '\0'; ++*n)
		if (*n == MSG_FIELDS_MAX ||
		    (text = format_field(text, &kinds[*n])) == NULL) {
			errno = EINVAL;
			return -1;
		}
	return 0;
}

/* Never too long: kinds are at most 16, and six letters are the most of one. */
void
format_image(const enum msg_kind *kinds, size_t n, char image[FORMAT_IMAGE_MAX])
{
	const char	*from;
	char		*to = image;
	size_t		 i;

	for (i = 0; i < n; i++) {
		if (kinds[i] >= MSG_KIND_ARRAY) {
			*to++ = 'A';
			*to++ = '(';
		}
		from = type_kinds[kinds[i] % MSG_KIND_ARRAY].image;
		while (*from != '\0')
			*to++ = *from++;
		if (kinds[i] >= MSG_KIND_ARRAY)
			*to++ = ')';
	}
	*to = '\0';
}

/* As people write it; format_parse() reads it back. */
static void
format_text(const enum msg_kind *kinds, size_t n, char text[MSG_FORMAT_MAX])
{
	char	*to = text;
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (kinds[i] >= MSG_KIND_ARRAY) {
			*to++ = 'A';
			*to++ = '(';
		}
		*to++ = type_kinds[kinds[i] % MSG_KIND_ARRAY].letter;
		if (kinds[i] >= MSG_KIND_ARRAY)
			*to++ = ')';
	}
	*to = '\0';
}

int
type_ready(struct msg_type *t)
{
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	size_t		 n;

	if (t->head_len != 0)
		return 0;
	/* C allows letters in names, and tables more fields, than we do. */
	t->apart = 0;
	for (n = 0; n < MSG_FIELDS_MAX && t->fields[n].name != NULL; n++) {
		kinds[n] = t->fields[n].kind;
		t->apart = (unsigned char)(t->apart + (kinds[n] >=
		    MSG_KIND_ARRAY || type_kinds[kinds[n]].width == 0));
		t->lists |= kinds[n] == MSG_KIND_strs ||
		    kinds[n] == MSG_KIND_blobs;
	}
	if (!type_name_ok(t->name) || t->fields[n].name != NULL) {
		errno = EINVAL;
		return -1;
	}
	format_text(kinds, n, t->format);
	memcpy(t->head, "tpl", IMAGE_FLAGS);
	format_image(kinds, n, t->head + IMAGE_FORMAT);
	if (strchr(t->head + IMAGE_FORMAT, 's') != NULL)
		t->head[IMAGE_FLAGS] = IMAGE_NULLS;
	t->tag = type_tag(t->name, t->format);
	t->head_len = IMAGE_FORMAT + strlen(t->head + IMAGE_FORMAT) + 1;
	return 0;
}
