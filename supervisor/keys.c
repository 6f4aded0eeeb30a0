/*
 * keys.c - the keys of a cluster, and what is derived from them.
 *
 * Owns:    the form of a key file; SHA-256 (libmd's, which libbsd needs, too);
 *          that no copy of a key is left behind.
 * Not here: who opens the file (the parent); what TLS does with a key (tls.c).
 * Errors:  -1 and errno, and a reason for people that tells no key.
 */
#include "keys.h"

#include <sys/stat.h>
#include <errno.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS		(2 * KEY_SIZE)
#define ID_PREFIX	"brood-"
#define ID_BYTES	8		/* of the hash, in an id */
#define IPAD		0x36		/* RFC 2104 */
#define OPAD		0x5c

/* What a value is derived for; never to be changed. */
#define FOR_ID		"brood key id"
#define FOR_TLS		"brood tls"
#define FOR_TAG		"brood announce"

_Static_assert(sizeof(ID_PREFIX) + 2 * ID_BYTES == KEY_ID_SIZE, "room of id");
_Static_assert(KEY_SIZE == SHA256_DIGEST_LENGTH, "a derived key is a hash");

/* ---- deriving ---- */

/* HMAC-SHA-256 of what and text; a key of no bytes is allowed. */
static void
hmac(const uint8_t *key, size_t n, const char *what, const char *text,
    uint8_t out[SHA256_DIGEST_LENGTH])
{
	uint8_t		pad[SHA256_BLOCK_LENGTH];
	SHA2_CTX	ctx;
	size_t		i;

	memset(pad, IPAD, sizeof(pad));
	for (i = 0; i < n; i++)
		pad[i] ^= key[i];
	SHA256Init(&ctx);
	SHA256Update(&ctx, pad, sizeof(pad));
	SHA256Update(&ctx, (const uint8_t *)what, strlen(what));
	SHA256Update(&ctx, (const uint8_t *)text, strlen(text));
	SHA256Final(out, &ctx);

	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= IPAD ^ OPAD;
	SHA256Init(&ctx);
	SHA256Update(&ctx, pad, sizeof(pad));
	SHA256Update(&ctx, out, SHA256_DIGEST_LENGTH);
	SHA256Final(out, &ctx);
	explicit_bzero(pad, sizeof(pad));
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
key_derive(struct key *k)
{
	uint8_t		hash[SHA256_DIGEST_LENGTH];
	SHA2_CTX	ctx;
	size_t		i;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)FOR_ID, strlen(FOR_ID));
	SHA256Update(&ctx, k->secret, sizeof(k->secret));
	SHA256Final(hash, &ctx);
	memcpy(k->id, ID_PREFIX, sizeof(ID_PREFIX));
	for (i = 0; i < ID_BYTES; i++)
		(void)snprintf(k->id + strlen(ID_PREFIX) + 2 * i, 3, "%02x",
		    hash[i]);
	hmac(k->secret, sizeof(k->secret), FOR_TLS, "", k->psk);
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(&ctx, sizeof(ctx));
}

const struct key *
keys_find(const struct keys *keys, const void *id, size_t n)
{
	size_t	i;

	for (i = 0; i < keys->n; i++)
		if (n == KEY_ID_SIZE - 1 &&
		    memcmp(keys->key[i].id, id, n) == 0)
			return &keys->key[i];
	return NULL;
}

static void
tag_of(const struct key *k, const char *cluster, uint8_t tag[KEYS_TAG_SIZE])
{
	static const uint8_t	none[1];
	uint8_t			hash[SHA256_DIGEST_LENGTH];

	hmac(k != NULL ? k->secret : none, k != NULL ? KEY_SIZE : 0, FOR_TAG,
	    cluster, hash);
	memcpy(tag, hash, KEYS_TAG_SIZE);
}

void
keys_tag(const struct keys *keys, const char *cluster,
    uint8_t tag[KEYS_TAG_SIZE])
{
	tag_of(keys->n != 0 ? &keys->key[0] : NULL, cluster, tag);
}

bool
keys_tag_known(const struct keys *keys, const char *cluster,
    const uint8_t tag[KEYS_TAG_SIZE])
{
	uint8_t	own[KEYS_TAG_SIZE];
	bool	known = false;
	size_t	i = 0;

	do {				/* once also without any key */
		tag_of(i < keys->n ? &keys->key[i] : NULL, cluster, own);
		if (memcmp(own, tag, sizeof(own)) == 0)
			known = true;
	} while (++i < keys->n);
	return known;
}

/* ---- the text of a key file ---- */

static int __attribute__((format(printf, 4, 5)))
fail(char *why, size_t size, int err, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, size, fmt, ap);
	va_end(ap);
	errno = err;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
key_from_hex(struct key *k, const char *s, size_t n)
{
	size_t	i;
	int	high, low;

	if (n != DIGITS)
		return false;
	for (i = 0; i < KEY_SIZE; i++) {
		high = digit(s[2 * i]);
		low = digit(s[2 * i + 1]);
		if (high == -1 || low == -1)
			return false;
		k->secret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Without blanks around it, and without a comment: one that begins the line
   or stands after a blank. */
static void
trim(const char **s, size_t *n)
{
	size_t	i;

	for (i = 0; i < *n; i++)
		if ((*s)[i] == '#' && (i == 0 || is_blank((*s)[i - 1])))
			*n = i;
	while (*n > 0 && is_blank((*s)[0])) {
		(*s)++;
		(*n)--;
	}
	while (*n > 0 && is_blank((*s)[*n - 1]))
		(*n)--;
}

static int
keys_line(struct keys *keys, size_t lines[KEYS_MOST], size_t line,
    const char *s, size_t n, char *why, size_t size)
{
	struct key	*k = &keys->key[keys->n];
	size_t		 i;

	trim(&s, &n);
	if (n == 0)
		return 0;
	if (keys->n == KEYS_MOST)
		return fail(why, size, EINVAL, "key file line %zu: more than "
		    "%d keys; remove old ones", line, KEYS_MOST);
	if (!key_from_hex(k, s, n))
		return fail(why, size, EINVAL, "key file line %zu: %d hex "
		    "digits expected; scripts/gen-key makes one", line, DIGITS);
	for (i = 0; i < keys->n; i++)
		if (memcmp(keys->key[i].secret, k->secret, KEY_SIZE) == 0)
			return fail(why, size, EINVAL, "key file line %zu: the "
			    "key of line %zu again; remove one of them", line,
			    lines[i]);
	key_derive(k);
	lines[keys->n++] = line;
	return 0;
}

int
keys_parse(struct keys *keys, const void *text, size_t len, char *why,
    size_t size)
{
	const char	*s = text, *end;
	size_t		 lines[KEYS_MOST], line, n;

	*keys = (struct keys){ .n = 0 };
	for (line = 1; len > 0; line++) {
		end = memchr(s, '\n', len);
		n = end != NULL ? (size_t)(end - s) : len;
		if (keys_line(keys, lines, line, s, n, why, size) == -1) {
			keys_release(keys);
			return -1;
		}
		if (end != NULL)
			n++;
		s += n;
		len -= n;
	}
	if (keys->n == 0)
		return fail(why, size, EINVAL, "key file: no key in it; "
		    "scripts/gen-key makes one");
	return 0;
}

/* ---- the file ---- */

/* A key that others can read is none; one that others can write is theirs. */
static int
check_file(int fd, char *why, size_t size)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return fail(why, size, errno, "key file: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, size, ENODEV, "key file: not a regular file");
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(why, size, EPERM, "key file: mode %03o gives "
		    "others access to it; chmod 600, and make a new key if "
		    "they may have read this one",
		    (unsigned int)(st.st_mode & 0777));
	return 0;
}

/*
 * The bytes read, KEYS_FILE_MOST + 1 if there are more than allowed, or -1.
 * From the start: the descriptor may have come from one who has read it, too.
 */
static ssize_t
read_all(int fd, char *text)
{
	size_t	len = 0;
	ssize_t	n;

	while (len < KEYS_FILE_MOST + 1) {
		n = pread(fd, text + len, KEYS_FILE_MOST + 1 - len, (off_t)len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int
keys_read(struct keys *keys, int fd, char *why, size_t size)
{
	char	*text;
	ssize_t	 n;
	int	 rc, err;

	*keys = (struct keys){ .n = 0 };
	if (check_file(fd, why, size) == -1)
		return -1;
	if ((text = calloc(1, KEYS_FILE_MOST + 1)) == NULL)
		return fail(why, size, ENOMEM, "key file: out of memory");
	if ((n = read_all(fd, text)) == -1)
		rc = fail(why, size, errno, "key file: %s", strerror(errno));
	else if ((size_t)n > KEYS_FILE_MOST)
		rc = fail(why, size, EFBIG, "key file: longer than %u KiB; is "
		    "it one?", KEYS_FILE_MOST >> 10);
	else
		rc = keys_parse(keys, text, (size_t)n, why, size);
	err = errno;
	freezero(text, KEYS_FILE_MOST + 1);
	errno = err;
	return rc;
}

void
keys_release(struct keys *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}
