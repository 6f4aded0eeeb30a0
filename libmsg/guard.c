/*
 * guard.c - checks an image before libtpl sees it.
 *
 * libtpl 1.6.1 checks an image by other rules than those by which it unpacks
 * it, so a crafted one makes it read outside or end the process: array counts
 * over INT_MAX, a wrong flag for NULL strings, counts that disagree with the
 * size.  Here every byte is accounted for, by the format we expect; what the
 * image says of its format is only compared.
 *
 * Owns:    the walk over an untrusted image by the letters of a format.  It
 *          shares no code with body.c, so that each can be tested by the other.
 * Not here: values; nothing is copied or allocated.
 * Errors:  -1 and EBADMSG.
 */
#include "guard.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bug.h"

#define HEAD_FLAGS	3
#define HEAD_LENGTH	4
#define FLAG_BIG	1
#define FLAG_NULLS	2

struct walk {
	const unsigned char	*p;
	size_t			 left;
	bool			 big, bad;
};

static const unsigned char *
walk_take(struct walk *w, size_t n)
{
	if (w->bad || n > w->left) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	w->left -= n;
	return w->p - n;
}

static uint32_t
walk_u32(struct walk *w)
{
	const unsigned char	*p = walk_take(w, 4);

	if (p == NULL)
		return 0;
	if (w->big)
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

/* One value.  Each takes at least one byte, or fails: see walk_array(). */
static void
walk_value(struct walk *w, char letter)
{
	const unsigned char	*p;
	uint32_t		 n;

	switch (letter) {
	case 'c':				/* our only use of it: a bool */
		if ((p = walk_take(w, 1)) != NULL && *p > 1)
			w->bad = true;
		break;
	case 'i':
	case 'u':
		walk_take(w, 4);
		break;
	case 'I':
	case 'U':
	case 'f':
		walk_take(w, 8);
		break;
	case 's':
		if ((n = walk_u32(w)) <= 1)
			break;			/* NULL or "" */
		p = walk_take(w, n - 1);
		if (p != NULL && memchr(p, '\0', n - 1) != NULL)
			w->bad = true;
		break;
	case 'B':
		walk_take(w, walk_u32(w));
		break;
	default:
		BUG_ON(letter != '\0');
	}
}

/* The array whose letters begin here; returns what follows it. */
static const char *
walk_array(struct walk *w, const char *letters)
{
	const char	*end = strchr(letters, ')'), *f;
	uint32_t	 n = walk_u32(w);

	BUG_ON(end == NULL || end == letters);
	if (n > INT_MAX)
		w->bad = true;			/* libtpl counts in an int */
	/* As long as the count says, and no longer than there are bytes. */
	for (; n > 0 && !w->bad; n--)
		for (f = letters; f < end; f++)
			walk_value(w, *f);
	return end + 1;
}

static void
walk_head(struct walk *w, const char *format)
{
	size_t			 len = w->left, size = strlen(format) + 1;
	unsigned char		 flags = 0;
	const unsigned char	*p;

	if (strchr(format, 's') != NULL)
		flags = FLAG_NULLS;
	if ((p = walk_take(w, HEAD_LENGTH)) == NULL)
		return;
	w->big = (p[HEAD_FLAGS] & FLAG_BIG) != 0;
	if (memcmp(p, "tpl", HEAD_FLAGS) != 0 ||
	    (p[HEAD_FLAGS] & ~FLAG_BIG) != flags || walk_u32(w) != len)
		w->bad = true;
	p = walk_take(w, size);
	if (p != NULL && memcmp(p, format, size) != 0)
		w->bad = true;
}

int
guard_check(const void *image, size_t len, const char *format)
{
	struct walk	 w = { .p = image, .left = len };
	const char	*f = format;

	walk_head(&w, format);
	while (*f != '\0' && !w.bad)
		if (f[0] == 'A' && f[1] == '(')
			f = walk_array(&w, f + 2);
		else
			walk_value(&w, *f++);
	if (!w.bad && w.left == 0)
		return 0;
	errno = EBADMSG;
	return -1;
}
