/* keys_test.c - the key file, and what is derived from a key. */
#include "tap.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "keys.h"

#define TEXT(s)	(s), sizeof(s) - 1

#define EIGHT(s) s s s s s s s s
#define A	EIGHT("a1a1a1a1")
#define B	EIGHT("b2b2b2b2")
#define UPPER_A	EIGHT("A1A1A1A1")
#define BAD(n)	"key file line " n ": 64 hex digits expected; " \
		"scripts/gen-key makes one"

/* n keys, of which the first is a; or why not. */
static const struct {
	const char	*name, *in;
	size_t		 len, n;
	uint8_t		 first;
	const char	*why;
} cases[] = {
	{ "one key", TEXT(A "\n"), 1, 0xa1, NULL },
	{ "no newline at the end", TEXT(A), 1, 0xa1, NULL },
	{ "upper case", TEXT(UPPER_A "\n"), 1, 0xa1, NULL },
	{ "two keys", TEXT(B "\n" A "\n"), 2, 0xb2, NULL },
	{ "blanks around", TEXT(" \t" A " \t\n"), 1, 0xa1, NULL },
	{ "carriage returns", TEXT("\r\n" A "\r\n"), 1, 0xa1, NULL },
	{ "comments and blank lines",
	    TEXT("# new\n\n  # more\n" A "\n#" B "\n   \n"), 1, 0xa1, NULL },
	{ "a comment behind the key", TEXT(A "\t# since May\n"), 1, 0xa1,
	    NULL },
	{ "nothing", TEXT(""), 0, 0,
	    "key file: no key in it; scripts/gen-key makes one" },
	{ "comments only", TEXT("# none\n\n"), 0, 0,
	    "key file: no key in it; scripts/gen-key makes one" },
	{ "a digit too few", TEXT("#\n" A "\n\n12" A "\n"), 0, 0, BAD("4") },
	{ "half a key", TEXT("a1a1\n"), 0, 0, BAD("1") },
	{ "a digit too many", TEXT(A "0\n"), 0, 0, BAD("1") },
	{ "two on a line", TEXT(A " " B "\n"), 0, 0, BAD("1") },
	{ "a comment without a blank before it", TEXT(A "#x\n"), 0, 0,
	    BAD("1") },
	{ "no hex digit", TEXT("g" A "\n" A), 0, 0, BAD("1") },
	{ "no hex digit at the end", TEXT(B "\n"
	    "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1ag"),
	    0, 0, BAD("2") },
	{ "a NUL", TEXT(A "\0\n"), 0, 0, BAD("1") },
	{ "the same twice", TEXT(A "\n" B "\n\n" UPPER_A "\n"), 0, 0,
	    "key file line 4: the key of line 1 again; remove one of them" },
};

static bool
all_zero(const struct keys *keys)
{
	static const struct keys	zero;

	return memcmp(keys, &zero, sizeof(zero)) == 0;
}

/* No digits of a key: neither the text itself nor what it stands for. */
static bool
tells_nothing(const char *why)
{
	return strstr(why, "a1a1") == NULL && strstr(why, "b2b2") == NULL &&
	    strstr(why, "A1A1") == NULL;
}

static void
test_cases(void)
{
	struct keys	keys;
	char		why[KEYS_WHY_SIZE], *copy;
	size_t		i;
	int		rc;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Of exactly that size, so that who reads on is caught. */
		copy = malloc(cases[i].len != 0 ? cases[i].len : 1);
		if (copy == NULL)
			continue;
		memcpy(copy, cases[i].in, cases[i].len);
		memset(&keys, 0xff, sizeof(keys));
		why[0] = '\0';
		errno = 0;
		rc = keys_parse(&keys, copy, cases[i].len, why, sizeof(why));
		if (cases[i].why == NULL)
			ok(rc == 0 && keys.n == cases[i].n &&
			    keys.key[0].secret[0] == cases[i].first &&
			    keys.key[0].secret[KEY_SIZE - 1] == cases[i].first,
			    "%s: taken", cases[i].name);
		else {
			ok(rc == -1 && errno == EINVAL && all_zero(&keys) &&
			    tells_nothing(why), "%s: refused, nothing kept, "
			    "nothing told", cases[i].name);
			is_str(why, cases[i].why, "%s: why", cases[i].name);
		}
		keys_release(&keys);
		free(copy);
	}
}

static void
test_many(void)
{
	char		text[17 * (2 * KEY_SIZE + 1)], why[KEYS_WHY_SIZE];
	struct keys	keys;
	size_t		i, line = 2 * KEY_SIZE + 1;

	for (i = 0; i < 17; i++) {
		memset(text + i * line, '0', line - 1);
		text[i * line] = "0123456789abcdef"[i % 16];
		text[i * line + 1] = i < 16 ? '0' : '1';
		text[(i + 1) * line - 1] = '\n';
	}
	ok(keys_parse(&keys, text, 16 * line, why, sizeof(why)) == 0 &&
	    keys.n == 16 && keys.key[15].secret[0] == 0xf0, "16 keys: taken");
	ok(keys_parse(&keys, text, sizeof(text), why, sizeof(why)) == -1,
	    "17 keys: refused");
	is_str(why, "key file line 17: more than 16 keys; remove old ones",
	    "17 keys: why");
	ok(all_zero(&keys), "17 keys: nothing kept");
}

/* ---- derived values; worked out elsewhere, and not to change ---- */

static struct keys
parse(const char *text)
{
	struct keys	keys;
	char		why[KEYS_WHY_SIZE];

	if (keys_parse(&keys, text, strlen(text), why, sizeof(why)) == -1)
		ok(false, "%s", why);
	return keys;
}

static const char *
hex(const uint8_t *p, size_t n)
{
	static char	text[2 * KEY_SIZE + 1];
	size_t		i;

	for (i = 0; i < n; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", p[i]);
	return text;
}

static void
test_derived(void)
{
	struct keys	a = parse(A), b = parse(B), both = parse(B "\n" A);
	struct keys	none = { .n = 0 };
	uint8_t		tag[KEYS_TAG_SIZE];

	is_str(a.key[0].id, "brood-566f1ed152d93a27", "the id of a key");
	is_str(hex(a.key[0].psk, KEY_SIZE), "3e51a073ff47f4c3e14b0084d4830f60"
	    "0f345489adc4c62a89cc284114bf84b3", "what TLS is given");
	keys_tag(&a, "default", tag);
	is_str(hex(tag, sizeof(tag)), "5b4c9c9c8f7caec0cf44a8e35a00ed70",
	    "the tag of a cluster with a key");
	ok(keys_tag_known(&a, "default", tag), "its own key knows it");
	ok(keys_tag_known(&both, "default", tag), "a second key does, too");
	ok(!keys_tag_known(&b, "default", tag), "another key does not");
	ok(!keys_tag_known(&none, "default", tag), "nor does no key");
	ok(!keys_tag_known(&a, "other", tag), "another cluster does not");

	keys_tag(&both, "default", tag);
	is_str(hex(tag, sizeof(tag)), "c3dfa24a0aefe29588a20460495fba8b",
	    "of two keys the first makes the tag");
	keys_tag(&none, "default", tag);
	is_str(hex(tag, sizeof(tag)), "468e2c3ba148f680b44df8e350d19e28",
	    "the tag of a cluster without a key");
	ok(keys_tag_known(&none, "default", tag), "no key knows it");
	ok(!keys_tag_known(&a, "default", tag), "a node with a key does not");
	ok(!keys_tag_known(&none, "other", tag), "nor another cluster");

	ok(keys_find(&both, a.key[0].id, KEY_ID_SIZE - 1) == &both.key[1],
	    "a key is found by its id");
	ok(keys_find(&b, a.key[0].id, KEY_ID_SIZE - 1) == NULL &&
	    keys_find(&a, "", 0) == NULL &&
	    keys_find(&a, a.key[0].id, KEY_ID_SIZE - 2) == NULL &&
	    keys_find(&a, "brood-566f1ed152d93a27", KEY_ID_SIZE) == NULL,
	    "another id, none, half of it, one more byte: not found");

	keys_release(&both);
	ok(all_zero(&both), "released: wiped");
}

/* ---- the file ---- */

static int
file_of(const void *text, size_t n, mode_t mode)
{
	int	fd = memfd_create("key", MFD_CLOEXEC);

	if (fd == -1 || fchmod(fd, mode) == -1 ||
	    write(fd, text, n) != (ssize_t)n)
		ok(false, "a file to read from");
	return fd;		/* at its end; it is read from its start */
}

static void
reads(int fd, int error, const char *said, const char *name)
{
	struct keys	keys;
	char		why[KEYS_WHY_SIZE] = "";
	int		rc = keys_read(&keys, fd, why, sizeof(why));

	if (error == 0)
		ok(rc == 0 && keys.n == 1, "%s: read", name);
	else {
		ok(rc == -1 && errno == error && all_zero(&keys),
		    "%s: refused", name);
		is_str(why, said, "%s: why", name);
	}
	keys_release(&keys);
	if (fd != -1)
		close(fd);
}

#define MODE(m)	"key file: mode " m " gives others access to it; " \
		"chmod 600, and make a new key if they may have read this one"

static void
test_files(void)
{
	static char	large[KEYS_FILE_MOST + 1];
	int		ends[2];

	reads(file_of(TEXT(A "\n"), 0600), 0, NULL, "a file");
	reads(file_of(TEXT(A "\n"), 0400), 0, NULL, "mode 400");
	reads(file_of(TEXT(A "\n"), 0640), EPERM, MODE("640"), "mode 640");
	reads(file_of(TEXT(A "\n"), 0604), EPERM, MODE("604"), "mode 604");
	reads(file_of(TEXT(A "\n"), 0602), EPERM, MODE("602"), "mode 602");
	reads(file_of(TEXT("x\n"), 0600), EINVAL, BAD("1"), "no key");

	memset(large, ' ', sizeof(large));
	memcpy(large, A "\n", sizeof(A));
	reads(file_of(large, sizeof(large) - 1, 0600), 0, NULL, "64 KiB");
	reads(file_of(large, sizeof(large), 0600), EFBIG,
	    "key file: longer than 64 KiB; is it one?", "a byte more");

	if (pipe(ends) == 0) {
		close(ends[1]);
		reads(ends[0], ENODEV, "key file: not a regular file",
		    "a pipe");
	}
	reads(open("/", O_RDONLY | O_CLOEXEC), ENODEV,
	    "key file: not a regular file", "a folder");
	reads(-1, EBADF, "key file: Bad file descriptor", "no descriptor");
}

int
main(void)
{
	test_cases();
	test_many();
	test_derived();
	test_files();
	return tap_done();
}
