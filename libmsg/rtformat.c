/*
 * rtformat.c - messages whose format is known at run time only, as words.
 *
 * Owns:    libtpl: the only file that sees it.  Of its ways in only tpl_load
 *          from memory is used, behind guard_check(), with a map built from
 *          our own format and never from an image's.
 * Not here: the text of a value (text.c), types with a struct (body.c).
 * Errors:  -1, errno and, when encoding, a sentence.  libtpl itself cannot
 *          fail after the checks but for want of memory, which it does not
 *          survive: that ends the process by bug().
 */
#include "rtformat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "guard.h"
#include "type.h"

#ifndef MSG_NO_TPL
#include <tpl.h>

#define WORDS_MAX	(MSG_FIELDS_MAX * 3)	/* of ports */

extern tpl_hook_t	tpl_hook;		/* tpl.h does not declare it */

/* Where libtpl finds and puts the value of a field, or of its elements. */
struct slot {
	union text_value	 value;
	tpl_bin			 bin;		/* a blob, as libtpl has it */
	char			*str;		/* a str, as libtpl has it */
};

struct map {
	tpl_node	*node;
	size_t		 n;
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	struct slot	 slots[MSG_FIELDS_MAX];
	char		 format[FORMAT_IMAGE_MAX];	/* tpl's letters */
};

_Noreturn static void
map_fatal(const char *fmt, ...)
{
	bug(__FILE__, __LINE__, "libtpl", fmt);
}

static int
map_oops(const char *fmt, ...)
{
	(void)fmt;				/* we return -1; enough said */
	return 0;
}

/* Addresses for each word of the format, in its order. */
static void
map_places(struct map *m, void *places[WORDS_MAX])
{
	enum msg_kind	 kind;
	struct slot	*s;
	size_t		 i, j, at = 0;

	for (i = 0; i < m->n; i++) {
		kind = m->kinds[i] % MSG_KIND_ARRAY;
		s = &m->slots[i];
		if (kind == MSG_KIND_str)
			places[at++] = &s->str;
		else if (kind == MSG_KIND_blob)
			places[at++] = &s->bin;
		else
			for (j = 0; j < type_kinds[kind].words; j++)
				places[at++] = (char *)&s->value +
				    j * type_kinds[kind].width;
	}
}

/* The slots' addresses are taken: the map must not move. */
static int
map_open(struct map *m, const char *format)
{
	void	*p[WORDS_MAX] = { NULL };

	memset(m, 0, sizeof(*m));
	if (format_parse(format, m->kinds, &m->n) == -1)
		return -1;
	format_image(m->kinds, m->n, m->format);
	map_places(m, p);
	tpl_hook.oops = map_oops;
	tpl_hook.fatal = map_fatal;
	/* It takes as many as the format has words, and ignores the rest. */
	m->node = tpl_map(m->format,
	    p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7],
	    p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15],
	    p[16], p[17], p[18], p[19], p[20], p[21], p[22], p[23],
	    p[24], p[25], p[26], p[27], p[28], p[29], p[30], p[31],
	    p[32], p[33], p[34], p[35], p[36], p[37], p[38], p[39],
	    p[40], p[41], p[42], p[43], p[44], p[45], p[46], p[47]);
	BUG_ON(m->node == NULL);		/* it was ours */
	return 0;
}

/* What the slot owns: blobs either way, strings that libtpl unpacked. */
static void
slot_release(struct slot *s)
{
	free(s->bin.addr);
	s->bin.addr = NULL;
	free(s->str);
	s->str = NULL;
}

static void
map_close(struct map *m)
{
	size_t	 i;

	for (i = 0; i < m->n; i++)
		slot_release(&m->slots[i]);
	tpl_free(m->node);
}

/* ---- words to an image ---- */

struct encoding {
	struct map		 map;
	char *const		*words;
	size_t			 at;
	const struct text_pids	*pids;
	char			*why;
	size_t			 size;
};

/*
 * One word into its slot.  Strings are copied there as well: libtpl takes
 * them as char *, and both kinds are then released alike.
 */
static int
encode_value(struct encoding *e, enum msg_kind kind, struct slot *s)
{
	const char	*word = e->words[e->at++], *reason;
	size_t		 len = strlen(word);
	void		*room = NULL;

	if (len >= UINT32_MAX) {		/* libtpl would cut it */
		errno = EMSGSIZE;
		snprintf(e->why, e->size, "value %zu: too long", e->at);
		return -1;
	}
	if (kind == MSG_KIND_blob || kind == MSG_KIND_str) {
		if ((room = malloc(len + 1)) == NULL) {
			snprintf(e->why, e->size, "%s", strerror(errno));
			return -1;
		}
	}
	reason = text_parse(kind, word, e->pids, room, &s->value);
	if (kind == MSG_KIND_blob) {
		s->bin.addr = room;
		s->bin.sz = reason == NULL ? (uint32_t)s->value.blob.n : 0;
	} else if (kind == MSG_KIND_str) {
		s->str = memcpy(room, word, len + 1);
	}
	if (reason == NULL)
		return 0;
	text_complain(e->why, e->size, e->at - 1, word, reason);
	return -1;
}

/* libtpl numbers the arrays of a map from 1; packing copies an element. */
static int
encode_array(struct encoding *e, size_t field, int index)
{
	enum msg_kind	 kind = e->map.kinds[field] % MSG_KIND_ARRAY;
	struct slot	*s = &e->map.slots[field];
	size_t		 n;

	if (text_count(e->words[e->at++], &n) != NULL)
		return -1;			/* not after text_check() */
	for (; n > 0; n--) {
		if (encode_value(e, kind, s) == -1)
			return -1;
		BUG_ON(tpl_pack(e->map.node, index) != 0);
		slot_release(s);
	}
	return 0;
}

static int
encode_fields(struct encoding *e)
{
	struct map	*m = &e->map;
	int		 arrays = 0, rc;
	size_t		 i;

	for (i = 0; i < m->n; i++) {
		if (m->kinds[i] >= MSG_KIND_ARRAY)
			rc = encode_array(e, i, ++arrays);
		else
			rc = encode_value(e, m->kinds[i], &m->slots[i]);
		if (rc == -1)
			return -1;
	}
	BUG_ON(tpl_pack(m->node, 0) != 0);	/* what is not in an array */
	return 0;
}

static int
encode_dump(struct encoding *e, void **image, size_t *len)
{
	size_t	 n = 0;

	BUG_ON(tpl_dump(e->map.node, TPL_GETSIZE, &n) != 0);
	if (n > UINT32_MAX) {
		errno = EMSGSIZE;
		snprintf(e->why, e->size, "more than 4 GiB");
		return -1;
	}
	if ((*image = malloc(n)) == NULL) {
		snprintf(e->why, e->size, "%s", strerror(errno));
		return -1;
	}
	BUG_ON(tpl_dump(e->map.node, TPL_MEM | TPL_PREALLOCD, *image, n) != 0);
	*len = n;
	return 0;
}

int
rtformat_encode(const char *format, char *const *words, size_t nwords,
    const struct text_pids *pids, void **image, size_t *len, char *why,
    size_t size)
{
	struct encoding	 e = { .words = words, .pids = pids, .why = why,
			    .size = size };
	int		 rc = -1, saved;

	*image = NULL;
	*len = 0;
	if (map_open(&e.map, format) == -1) {
		snprintf(why, size, "'%.40s' is not a format", format);
		return -1;
	}
	if (text_check(e.map.kinds, e.map.n, words, nwords, why, size) == 0 &&
	    encode_fields(&e) == 0)
		rc = encode_dump(&e, image, len);
	saved = errno;
	map_close(&e.map);
	errno = saved;
	return rc;
}

/* ---- an image to words ---- */

struct decoding {
	struct map		 map;
	const struct text_pids	*pids;
	struct rtformat_words	*out;
	size_t			 room;
};

/* Takes the word; a NULL one is a failure that happened before. */
static int
decode_add(struct decoding *d, char *word)
{
	struct rtformat_words	*out = d->out;
	char			**v;
	size_t			 room;

	if (word == NULL)
		return -1;
	if (out->n + 1 >= d->room) {
		room = d->room + d->room / 2 + 16;
		if ((v = reallocarray(out->v, room, sizeof(*v))) == NULL) {
			free(word);
			return -1;
		}
		out->v = v;
		d->room = room;
	}
	out->v[out->n++] = word;
	out->v[out->n] = NULL;
	return 0;
}

static int
decode_value(struct decoding *d, enum msg_kind kind, struct slot *s)
{
	if (kind == MSG_KIND_str)
		s->value.str = s->str != NULL ? s->str : "";
	else if (kind == MSG_KIND_blob)
		s->value.blob = (struct msg_blob){ s->bin.sz, s->bin.addr };
	return decode_add(d, text_print(kind, &s->value, d->pids));
}

/* libtpl unpacks elements in order, each into the same slot. */
static int
decode_array(struct decoding *d, size_t field, int index)
{
	enum msg_kind		 kind = d->map.kinds[field] % MSG_KIND_ARRAY;
	struct slot		*s = &d->map.slots[field];
	union text_value	 count;
	int			 n = tpl_Alen(d->map.node, index);

	BUG_ON(n < 0);				/* the guard refuses these */
	count.i32 = n;
	if (decode_add(d, text_print(MSG_KIND_i32, &count, NULL)) == -1)
		return -1;
	for (; n > 0; n--) {
		BUG_ON(tpl_unpack(d->map.node, index) <= 0);
		if (decode_value(d, kind, s) == -1)
			return -1;
		slot_release(s);
	}
	return 0;
}

static int
decode_fields(struct decoding *d)
{
	struct map	*m = &d->map;
	int		 arrays = 0, rc;
	size_t		 i;

	for (i = 0; i < m->n; i++) {
		if (m->kinds[i] >= MSG_KIND_ARRAY)
			rc = decode_array(d, i, ++arrays);
		else
			rc = decode_value(d, m->kinds[i], &m->slots[i]);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
rtformat_decode(const char *format, const void *image, size_t len,
    const struct text_pids *pids, struct rtformat_words *out)
{
	struct decoding	 d = { .pids = pids, .out = out };
	int		 rc = -1, saved;

	*out = (struct rtformat_words){ 0, NULL };
	if (map_open(&d.map, format) == -1)
		return -1;
	if (guard_check(image, len, d.map.format) == 0) {
		BUG_ON(tpl_load(d.map.node, TPL_MEM, image, len) != 0);
		BUG_ON(tpl_unpack(d.map.node, 0) < 0);
		rc = decode_fields(&d);
	}
	saved = errno;
	map_close(&d.map);
	if (rc == -1)
		rtformat_release(out);
	errno = saved;
	return rc;
}

#else /* MSG_NO_TPL */

int
rtformat_encode(const char *format, char *const *words, size_t nwords,
    const struct text_pids *pids, void **image, size_t *len, char *why,
    size_t size)
{
	(void)format, (void)words, (void)nwords, (void)pids;
	*image = NULL;
	*len = 0;
	snprintf(why, size, "built without run-time formats");
	errno = ENOTSUP;
	return -1;
}

int
rtformat_decode(const char *format, const void *image, size_t len,
    const struct text_pids *pids, struct rtformat_words *out)
{
	(void)format, (void)image, (void)len, (void)pids;
	*out = (struct rtformat_words){ 0, NULL };
	errno = ENOTSUP;
	return -1;
}
#endif

void
rtformat_release(struct rtformat_words *w)
{
	size_t	 i;

	for (i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	*w = (struct rtformat_words){ 0, NULL };
}
