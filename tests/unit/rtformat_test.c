/* rtformat_test.c - words to images and back, and what is said of bad words. */
#include "tap.h"

#include "body.h"
#include "message.h"
#include "rtformat.h"
#include "text.h"

#define WORDS_MAX	12

MSG_TYPE(ping, (pid, from));
MSG_TYPE(stop);
MSG_TYPE(bytes, (blob, data));
MSG_TYPE(args, (i32, n), (str, word), (blob, data), (strs, rest), (i64s, xs),
    (port(ping), reply), (bools, flags));

/* Words as written in the tables: "a|b|c"; NULL: none at all. */
struct words {
	char	 text[128];
	char	*v[WORDS_MAX + 1];
	size_t	 n;
};

static void
split(struct words *w, const char *text)
{
	char	*rest = NULL;

	memset(w, 0, sizeof(*w));
	if (text != NULL)
		rest = memcpy(w->text, text, strlen(text) + 1);
	while (rest != NULL && w->n < WORDS_MAX)
		w->v[w->n++] = strsep(&rest, "|");
}

/* ---- words that come back as they are, or as the second list ---- */

static const struct {
	const char	*format;
	const char	*words, *back;
} good[] = {
	{ "", NULL, NULL },
	{ "bb", "true|false", NULL },
	{ "ii", "-2147483648|2147483647", NULL },
	{ "uu", "0|4294967295", NULL },
	{ "II", "-9223372036854775808|9223372036854775807", NULL },
	{ "UU", "0|18446744073709551615", NULL },
	{ "i", "007", "7" },
	{ "ffff", "0.1|-1.5|1e+300|3", NULL },
	{ "fff", "1e3|0x1p-1|1e-999", "1000|0.5|0" },
	{ "fff", "inf|-inf|nan", NULL },
	{ "f", "0.30000000000000004", NULL },
	{ "ss", "|a b\n\"'$", NULL },
	{ "BB", "|00ff10", NULL },
	{ "B", "ABcd", "abcd" },
	{ "p", "12@a1", NULL },
	{ "o", "12@a1!18446744073709551615", NULL },
	{ "A(s)", "0", NULL },
	{ "A(s)i", "3|a||c|5", NULL },
	{ "iA(B)s", "1|2||ff|x", NULL },
	{ "A(b)A(p)A(o)", "1|true|1|1@2|2|1@2!3|4@5!6",
	    NULL },
	{ "A(f)A(U)", "1|2.5|2|1|2", NULL },
};

static void
check_good(void)
{
	struct rtformat_words	 got;
	struct words		 w;
	char			 why[128];
	void			*image;
	size_t			 i, len;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		split(&w, good[i].words);
		if (!ok(rtformat_encode(good[i].format, w.v, w.n,
		    &test_pids, &image, &len, why, sizeof(why)) == 0,
		    "encode '%s'", good[i].format)) {
			note("%s", why);
			continue;
		}
		if (good[i].back != NULL)
			split(&w, good[i].back);
		ok(rtformat_decode(good[i].format, image, len, &test_pids,
		    &got) == 0 && test_words_same(&got,
		    &(struct rtformat_words){ w.n, w.v }) &&
		    (got.n == 0 || got.v[got.n] == NULL), "and back");
		rtformat_release(&got);
		free(image);
	}
}

/* ---- complaints ---- */

static const struct {
	const char	*format;
	const char	*words, *why;
	int		 error;
} bad[] = {
	{ "x", NULL, "'x' is not a format", EINVAL },
	{ "A(A(i))", NULL, "'A(A(i))' is not a format", EINVAL },
	{ "i", NULL, "needs 1 value, has 0", EINVAL },
	{ "isb", "1|a", "needs 3 values, has 2", EINVAL },
	{ "i", "1|2", "needs 1 value, has 2", EINVAL },
	{ "", "1", "needs 0 values, has 1", EINVAL },
	{ "A(s)", "5|a|b", "needs 6 values, has 3", EINVAL },
	{ "A(s)i", "1|a", "needs 3 values, has 2", EINVAL },
	{ "A(s)", "2147483647|a", "needs 2147483648 values, has 2",
	    EINVAL },
	{ "A(s)", "2147483648", "value 1 ('2147483648'): out of range",
	    EINVAL },
	{ "sA(s)", "a|-1", "value 2 ('-1'): out of range", EINVAL },
	{ "sA(s)", "a|b", "value 2 ('b'): not a number", EINVAL },
	{ "si", "a|abc", "value 2 ('abc'): not a number", EINVAL },
	{ "i", "", "value 1 (''): not a number", EINVAL },
	{ "i", " 1", "value 1 (' 1'): not a number", EINVAL },
	{ "i", "+1", "value 1 ('+1'): not a number", EINVAL },
	{ "i", "1.0", "value 1 ('1.0'): not a number", EINVAL },
	{ "i", "0x1", "value 1 ('0x1'): not a number", EINVAL },
	{ "i", "-", "value 1 ('-'): not a number", EINVAL },
	{ "i", "2147483648", "value 1 ('2147483648'): out of range",
	    EINVAL },
	{ "i", "-2147483649", "value 1 ('-2147483649'): out of range",
	    EINVAL },
	{ "u", "-1", "value 1 ('-1'): out of range", EINVAL },
	{ "u", "4294967296", "value 1 ('4294967296'): out of range",
	    EINVAL },
	{ "I", "9223372036854775808",
	    "value 1 ('9223372036854775808'): out of range", EINVAL },
	{ "I", "-9223372036854775809",
	    "value 1 ('-9223372036854775809'): out of range", EINVAL },
	{ "U", "18446744073709551616",
	    "value 1 ('18446744073709551616'): out of range", EINVAL },
	{ "U", "-1", "value 1 ('-1'): out of range", EINVAL },
	{ "f", "1,5", "value 1 ('1,5'): not a number", EINVAL },
	{ "f", "", "value 1 (''): not a number", EINVAL },
	{ "f", " 1", "value 1 (' 1'): not a number", EINVAL },
	{ "f", "1e999", "value 1 ('1e999'): out of range", EINVAL },
	{ "b", "yes", "value 1 ('yes'): not true or false", EINVAL },
	{ "b", "1", "value 1 ('1'): not true or false", EINVAL },
	{ "B", "abc", "value 1 ('abc'): an odd number of hex digits",
	    EINVAL },
	{ "B", "0g", "value 1 ('0g'): not hex digits", EINVAL },
	{ "B", "g0", "value 1 ('g0'): not hex digits", EINVAL },
	{ "ip", "1|alpha", "value 2 ('alpha'): not an address",
	    EINVAL },
	{ "p", "1@dead", "value 1 ('1@dead'): no such node",
	    EHOSTUNREACH },
	{ "o", "1@2", "value 1 ('1@2'): not a port (ADDRESS!ID)", EINVAL },
	{ "o", "1@2!x", "value 1 ('1@2!x'): not a port (ADDRESS!ID)",
	    EINVAL },
	{ "o", "x!1", "value 1 ('x!1'): not an address", EINVAL },
	{ "o", "1@dead!1", "value 1 ('1@dead!1'): no such node",
	    EHOSTUNREACH },
	{ "A(i)A(B)", "1|1|2|ff|f",
	    "value 5 ('f'): an odd number of hex digits", EINVAL },
	{ "BA(s)si", "ff|1|a|b|c",
	    "value 5 ('c'): not a number", EINVAL },
	{ "i", "a234567890123456789012345678901234567890",
	    "value 1 ('a234567890123456789012345678901234567890'): "
	    "not a number", EINVAL },
	{ "i", "a2345678901234567890123456789012345678901",
	    "value 1 ('a234567890123456789012345678901234567...'): "
	    "not a number", EINVAL },
};

static void
check_bad(void)
{
	struct words	 w;
	char		 why[128];
	void		*image = &image;
	size_t		 i, len;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		split(&w, bad[i].words);
		why[0] = '\0';
		errno = 0;
		ok(rtformat_encode(bad[i].format, w.v, w.n, &test_pids, &image,
		    &len, why, sizeof(why)) == -1 && image == NULL && len == 0,
		    "refused: '%s'", bad[i].format);
		is_int(errno, bad[i].error, "errno");
		is_str(why, bad[i].why, "why");
	}
	split(&w, "1@2");
	errno = 0;
	ok(rtformat_encode("p", w.v, w.n, NULL, &image,
	    &len, why, sizeof(why)) == -1 && errno == EINVAL,
	    "without a resolver no address is taken");
}

/* ---- images that are not of the format ---- */

static void
check_images(void)
{
	static const char	 huge[] =
	    "tpl\0\21\0\0\0A(i)\0\377\377\377\377";
	static const char	 noflag[] = "tpl\0\16\0\0\0s\0\1\0\0";
	struct rtformat_words	 got;
	struct words		 w;
	char			 why[128];
	void			*image;
	size_t			 len;

	errno = 0;
	ok(rtformat_decode("A(i)", huge, sizeof(huge) - 1, NULL, &got) == -1 &&
	    errno == EBADMSG && got.n == 0 && got.v == NULL,
	    "a count of 2^32-1 never reaches libtpl");
	errno = 0;
	ok(rtformat_decode("s", noflag, sizeof(noflag), NULL, &got) == -1 &&
	    errno == EBADMSG, "nor does a string without its flag");
	errno = 0;
	ok(rtformat_decode("y", huge, sizeof(huge), NULL, &got) == -1 &&
	    errno == EINVAL, "not a format");
	errno = 0;
	ok(rtformat_decode("", NULL, 0, NULL, &got) == -1 && errno == EBADMSG,
	    "no image");
	split(&w, "x|1@2");
	rtformat_encode("sp", w.v, w.n, &test_pids, &image, &len, why,
	    sizeof(why));
	errno = 0;
	ok(rtformat_decode("sp", image, len, NULL, &got) == -1 &&
	    errno == EINVAL && got.v == NULL,
	    "without a printer no pid is printed");
	free(image);
}

/* ---- words into a struct ---- */

static void
check_struct(void)
{
	struct words	 w;
	struct args	 args;
	char		 why[128];

	split(&w, "-5|hello|00ff|2|a||1|9|3@4!5|0");
	is_int(text_read(&msg_type_args, w.v, w.n, &test_pids, &args, why,
	    sizeof(why)), 0, "arguments");
	ok(args.n == -5 && args.data.n == 2 &&
	    memcmp(args.data.v, "\0\377", 2) == 0, "scalars and blob");
	is_str(args.word, "hello", "str");
	ok(args.word != w.v[1], "its own copy");
	ok(args.rest.n == 2 && args.xs.n == 1 && args.xs.v[0] == 9, "arrays");
	is_str(args.rest.v[1], "", "str in an array");
	ok(args.reply.port.id == 5 && args.reply.port.owner.node == 4 &&
	    args.reply.port.owner.serial == 3, "port");
	ok(args.flags.n == 0 && args.flags.v != NULL, "an empty array");
	body_release(&msg_type_args, &args);

	is_int(text_read(&msg_type_args, w.v, 9, &test_pids, &args, why,
	    sizeof(why)), -1, "one too few");
	is_str(why, "needs 10 values, has 9", "why");
	split(&w, "-5|hello|00f|1|a|0|3@4!5|0");
	errno = 0;
	is_int(text_read(&msg_type_args, w.v, w.n, &test_pids, &args, why,
	    sizeof(why)), -1, "a wrong argument");
	is_int(errno, EINVAL, "errno");
	is_str(why, "value 3 ('00f'): an odd number of hex digits", "why");
	ok(args.word == NULL && args.msg.memory == NULL, "all zero then");
}

static void
check_empty_struct(void)
{
	struct words	 w;
	struct bytes	 bytes;
	struct stop	 stop;
	char		 why[128];

	split(&w, "");
	is_int(text_read(&msg_type_bytes, w.v, w.n, &test_pids, &bytes, why,
	    sizeof(why)), 0, "an empty blob");
	ok(bytes.data.n == 0 && bytes.data.v != NULL, "is somewhere");
	body_release(&msg_type_bytes, &bytes);
	is_int(text_read(&msg_type_stop, w.v, 0, &test_pids, &stop, why,
	    sizeof(why)), 0, "no arguments");
	ok(stop.msg.memory == NULL, "nothing allocated");
}

int
main(void)
{
	check_good();
	check_bad();
	check_images();
	check_struct();
	check_empty_struct();
	return tap_done();
}
