/*
 * text.c - values as words of text: what shells and people type and read.
 *
 * Owns:    the text rules of interface and manual for each kind, and filling a
 *          message from words (the arguments of an entry).
 * Not here: whom an address means (the caller's text_pids), quoting for a
 *          shell, formats (type.c), images (body.c, rtformat.c).
 * Errors:  a reason, or NULL; else -1 and errno.  Words are input: nothing in
 *          them may end the program.
 */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "memory.h"
#include "bug.h"
#include "type.h"

static const char	not_number[] = "not a number";
static const char	out_of_range[] = "out of range";

/* ---- one word to a value ---- */

/* Digits and at most a minus: strtoll(3) would take blanks and more. */
static bool
is_decimal(const char *word)
{
	if (*word == '-')
		word++;
	return *word != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* As strtonum(3), which a musl build of the library would have to bring. */
static const char *
parse_signed(const char *word, long long least, long long most, long long *n)
{
	if (!is_decimal(word))
		return not_number;
	errno = 0;
	*n = strtoll(word, NULL, 10);
	if (errno == ERANGE || *n < least || *n > most)
		return out_of_range;
	return NULL;
}

static const char *
parse_u64(const char *word, uint64_t *n)
{
	unsigned long long	 v;

	if (!is_decimal(word))
		return not_number;
	errno = 0;
	v = strtoull(word, NULL, 10);
	if (word[0] == '-' || errno == ERANGE || v > UINT64_MAX)
		return out_of_range;
	*n = v;
	return NULL;
}

/* Infinities and NaN are words like others: they are printed, too. */
static const char *
parse_f64(const char *word, double *n)
{
	char	*end;

	if (isspace((unsigned char)word[0]))
		return not_number;
	errno = 0;
	*n = strtod(word, &end);
	if (end == word || *end != '\0')
		return not_number;
	if (errno == ERANGE && fabs(*n) > 1)
		return out_of_range;		/* too small becomes 0 */
	return NULL;
}

static const char *
parse_bool(const char *word, bool *b)
{
	*b = strcmp(word, "true") == 0;
	if (*b || strcmp(word, "false") == 0)
		return NULL;
	return "not true or false";
}

/* -1: not one. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *
parse_blob(const char *word, unsigned char *to, struct msg_blob *blob)
{
	size_t	 i, n = strlen(word);
	int	 high, low;

	for (i = 0; i < n; i += 2) {
		high = hex_digit(word[i]);
		low = hex_digit(word[i + 1]);	/* the NUL, if n is odd */
		if (high == -1)
			return "not hex digits";
		if (low == -1)
			return i + 1 == n ? "an odd number of hex digits" :
			    "not hex digits";
		to[i / 2] = (unsigned char)(high << 4 | low);
	}
	*blob = (struct msg_blob){ n / 2, to };
	return NULL;
}

static const char *
parse_pid(const char *word, const struct text_pids *pids, struct msg_pid *pid)
{
	errno = EINVAL;			/* unless it knows better */
	if (pids == NULL || pids->parse == NULL)
		return "no address can be used here";
	return pids->parse(pids->ctx, word, pid);
}

/* The address may hold a !, that of a ref, itself: the last one counts. */
static const char *
parse_port(const char *word, const struct text_pids *pids,
    struct msg_port *port)
{
	const char	*bang = strrchr(word, '!'), *reason;
	char		 address[TEXT_PID_MAX];
	size_t		 n;

	if (bang == NULL || (n = (size_t)(bang - word)) >= sizeof(address) ||
	    parse_u64(bang + 1, &port->id) != NULL) {
		errno = EINVAL;
		return "not a port (ADDRESS!ID)";
	}
	memcpy(address, word, n);
	address[n] = '\0';
	if ((reason = parse_pid(address, pids, &port->owner)) != NULL)
		return reason;
	return NULL;
}

const char *
text_parse(enum msg_kind kind, const char *word, const struct text_pids *pids,
    void *room, union text_value *v)
{
	const char	*reason = NULL;
	long long	 n = 0;

	if (kind == MSG_KIND_pid)		/* these set errno */
		return parse_pid(word, pids, &v->pid);
	if (kind == MSG_KIND_PORT)
		return parse_port(word, pids, &v->port);
	if (kind == MSG_KIND_bool) {
		reason = parse_bool(word, &v->b);
	} else if (kind == MSG_KIND_i32) {
		reason = parse_signed(word, INT32_MIN, INT32_MAX, &n);
		v->i32 = (int32_t)n;
	} else if (kind == MSG_KIND_u32) {
		reason = parse_signed(word, 0, UINT32_MAX, &n);
		v->u32 = (uint32_t)n;
	} else if (kind == MSG_KIND_i64) {
		reason = parse_signed(word, INT64_MIN, INT64_MAX, &n);
		v->i64 = n;
	} else if (kind == MSG_KIND_u64) {
		reason = parse_u64(word, &v->u64);
	} else if (kind == MSG_KIND_f64) {
		reason = parse_f64(word, &v->f64);
	} else if (kind == MSG_KIND_blob) {
		reason = parse_blob(word, room, &v->blob);
	} else {
		BUG_ON(kind != MSG_KIND_str);
		v->str = word;
	}
	if (reason != NULL)
		errno = EINVAL;
	return reason;
}

const char *
text_count(const char *word, size_t *n)
{
	const char	*reason;
	long long	 v = 0;

	if ((reason = parse_signed(word, 0, INT_MAX, &v)) != NULL)
		errno = EINVAL;
	*n = (size_t)v;
	return reason;
}

/* ---- one value to a word ---- */

static char *
print_u64(uint64_t n)
{
	char	*word;

	return asprintf(&word, "%" PRIu64, n) == -1 ? NULL : word;
}

static char *
print_i64(int64_t n)
{
	char	*word;

	return asprintf(&word, "%" PRId64, n) == -1 ? NULL : word;
}

/* As few digits as read back to the same value: 0.1 stays 0.1. */
static char *
print_f64(double v)
{
	char	 text[64];
	int	 digits = 15;

	do
		snprintf(text, sizeof(text), "%.*g", digits, v);
	while (++digits <= 17 && strtod(text, NULL) != v);
	return strdup(text);
}

static char *
print_blob(struct msg_blob b)
{
	static const char	 hex[] = "0123456789abcdef";
	const unsigned char	*from = b.v;
	char			*word;
	size_t			 i;

	if (b.n > (SIZE_MAX - 1) / 2) {
		errno = ENOMEM;
		return NULL;
	}
	if ((word = malloc(b.n * 2 + 1)) == NULL)
		return NULL;
	for (i = 0; i < b.n; i++) {
		word[i * 2] = hex[from[i] >> 4];
		word[i * 2 + 1] = hex[from[i] & 15];
	}
	word[b.n * 2] = '\0';
	return word;
}

static char *
print_pid(struct msg_pid pid, const struct text_pids *pids)
{
	char	 text[TEXT_PID_MAX];
	int	 n;

	errno = EINVAL;
	if (pids == NULL || pids->print == NULL)
		return NULL;
	n = pids->print(pids->ctx, pid, text, sizeof(text));
	if (n < 0)
		return NULL;
	if ((size_t)n >= sizeof(text)) {
		errno = EMSGSIZE;
		return NULL;
	}
	return strdup(text);
}

static char *
print_port(struct msg_port port, const struct text_pids *pids)
{
	char	*owner, *word;
	int	 n;

	if ((owner = print_pid(port.owner, pids)) == NULL)
		return NULL;
	n = asprintf(&word, "%s!%" PRIu64, owner, port.id);
	free(owner);
	return n == -1 ? NULL : word;
}

char *
text_print(enum msg_kind kind, const union text_value *v,
    const struct text_pids *pids)
{
	switch (kind) {
	case MSG_KIND_bool:
		return strdup(v->b ? "true" : "false");
	case MSG_KIND_i32:
		return print_i64(v->i32);
	case MSG_KIND_u32:
		return print_u64(v->u32);
	case MSG_KIND_i64:
		return print_i64(v->i64);
	case MSG_KIND_u64:
		return print_u64(v->u64);
	case MSG_KIND_f64:
		return print_f64(v->f64);
	case MSG_KIND_str:
		return strdup(v->str);
	case MSG_KIND_blob:
		return print_blob(v->blob);
	case MSG_KIND_pid:
		return print_pid(v->pid, pids);
	case MSG_KIND_PORT:
		return print_port(v->port, pids);
	default:
		BUG_ON(kind >= MSG_KIND_ARRAY);
		errno = EINVAL;
		return NULL;
	}
}

/* ---- all words of a message ---- */

#define COMPLAIN_BYTES	40			/* of a word, in a complaint */

void
text_complain(char *why, size_t size, size_t at, const char *word,
    const char *reason)
{
	bool	 cut = strlen(word) > COMPLAIN_BYTES;

	snprintf(why, size, "value %zu ('%.*s%s'): %s", at + 1,
	    cut ? COMPLAIN_BYTES - 3 : COMPLAIN_BYTES, word, cut ? "..." : "",
	    reason);
}

/*
 * Done before any value is looked at, so that a missing word is not reported
 * as a bad one, and an array's count is known to be honest afterwards.
 */
int
text_check(const enum msg_kind *kinds, size_t n, char *const *words,
    size_t nwords, char *why, size_t size)
{
	uint64_t	 need = 0;	/* 16 counts fit, not in 32 bits */
	const char	*reason;
	size_t		 i, count;

	for (i = 0; i < n; i++) {
		need++;
		/* Where a count is missing we name the least that will do. */
		if (kinds[i] < MSG_KIND_ARRAY || need > nwords)
			continue;
		reason = text_count(words[need - 1], &count);
		if (reason != NULL) {
			text_complain(why, size, (size_t)need - 1,
			    words[need - 1], reason);
			return -1;
		}
		need += count;
	}
	if (need == nwords)
		return 0;
	snprintf(why, size, "needs %" PRIu64 " value%s, has %zu", need,
	    need == 1 ? "" : "s", nwords);
	errno = EINVAL;
	return -1;
}

/*
 * As in body.c: the same walk twice, to measure a block and to fill it.
 * Values are parsed in the second only, since blobs need their room.
 */
struct fill {
	char *const		*words;
	size_t			 at;
	const struct text_pids	*pids;
	char			*block;		/* NULL: measure only */
	size_t			 used;
	char			*why;
	size_t			 size;
};

static void *
fill_room(struct fill *f, size_t align, size_t n)
{
	size_t	 at = (f->used + align - 1) & ~(align - 1);

	f->used = at + (n > 0 ? n : 1);		/* not NULL when empty, too */
	return f->block != NULL ? f->block + at : NULL;
}

static int
fill_value(struct fill *f, enum msg_kind kind, void *to)
{
	const char		*word = f->words[f->at], *reason;
	union text_value	 v;
	char			*room = NULL;
	size_t			 len = strlen(word);

	if (kind == MSG_KIND_str)
		room = fill_room(f, 1, len + 1);
	else if (kind == MSG_KIND_blob)
		room = fill_room(f, 8, len / 2);
	f->at++;
	if (to == NULL)
		return 0;
	reason = text_parse(kind, word, f->pids, room, &v);
	if (reason != NULL) {
		text_complain(f->why, f->size, f->at - 1, word, reason);
		return -1;
	}
	if (kind == MSG_KIND_str)
		v.str = memcpy(room, word, len + 1);
	memcpy(to, &v, type_kinds[kind].size);
	return 0;
}

/* to NULL: measure. */
static int
fill_array(struct fill *f, enum msg_kind kind, void *to)
{
	size_t		 i, size = type_kinds[kind].size;
	struct msg_blob	 array;
	char		*v;

	if (text_count(f->words[f->at++], &array.n) != NULL)
		return -1;			/* not after text_check() */
	array.v = v = fill_room(f, 8, array.n * size);
	for (i = 0; i < array.n; i++)
		if (fill_value(f, kind, v != NULL ? v + i * size : NULL) == -1)
			return -1;
	if (to != NULL)
		memcpy(to, &array, sizeof(array));
	return 0;
}

/* message NULL: measure. */
static int
fill_fields(struct fill *f, const struct msg_type *t, char *message)
{
	const struct msg_field	*field;
	char			*to = NULL;
	int			 rc;

	for (field = t->fields; field->name != NULL; field++) {
		if (message != NULL)
			to = message + field->offset;
		if (field->kind < MSG_KIND_ARRAY)
			rc = fill_value(f, field->kind, to);
		else
			rc = fill_array(f, field->kind % MSG_KIND_ARRAY, to);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
text_read(struct msg_type *t, char *const *words, size_t nwords,
    const struct text_pids *pids, void *message, char *why, size_t size)
{
	struct fill	 f = { .words = words, .pids = pids, .why = why,
			    .size = size };
	struct msg_meta	 meta = { .ref = 0 };
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	size_t		 n;
	int		 saved;

	memset(message, 0, t->size);
	if (type_ready(t) == -1 || format_parse(t->format, kinds, &n) == -1) {
		snprintf(why, size, "'%s' is not a type", t->name);
		return -1;
	}
	if (text_check(kinds, n, words, nwords, why, size) == -1 ||
	    fill_fields(&f, t, NULL) == -1)
		return -1;
	if (f.used != 0 && (meta.memory = memory_new(f.used)) == NULL) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	f.block = meta.memory;
	f.used = f.at = 0;
	memcpy(message, &meta, sizeof(meta));
	if (fill_fields(&f, t, message) == 0)
		return 0;
	saved = errno;				/* free(3) may change it */
	body_release(t, message);
	errno = saved;
	return -1;
}
