/* message_test.c - the MESSAGE of a frame: there and back, and what is none. */
#include "../../ctl/message.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"
#include "type.h"

static const char *
pid_parse(void *ctx, const char *text, struct msg_pid *pid)
{
	(void)ctx;
	*pid = (struct msg_pid){ 1, strtoull(text, NULL, 10) };
	return NULL;
}

static int
pid_print_(void *ctx, struct msg_pid pid, char *text, size_t size)
{
	(void)ctx;
	return snprintf(text, size, "%llu@a", (unsigned long long)pid.serial);
}

static const struct text_pids	pids = { pid_parse, pid_print_, NULL };

static char	why[256];

/* A message of three fields, with an array. */
static int
make(struct buf *b, const char *name, const char *format)
{
	static char	 a[] = "12", n[] = "2", x[] = "x y", y[] = "", i[] =
			    "-7";
	char		*values[] = { a, n, x, y, i };

	buf_init(b, 4096);
	return message_add(b, name, format, values, 5, &pids, why,
	    sizeof(why));
}

static int
read_bytes(struct message *m, const void *p, size_t n)
{
	struct rd	 r;

	rd_init(&r, p, n);
	return message_read(m, &r, &pids);
}

static void
test_round_trip(void)
{
	static const char *const	 want[] = { "12@a", "2", "x y", "",
	    "-7" };
	struct buf			 b;
	struct message			 m;
	size_t				 i;

	is_int(make(&b, "note", "pA(s)i"), 0, "a message is made");
	is_int(read_bytes(&m, b.p, b.len), 0, "and read");
	is_str(m.name, "note", "the type");
	is_str(m.format, "pA(s)i", "the format");
	if (is_int((intmax_t)m.words.n, 5, "the values"))
		for (i = 0; i < 5; i++)
			is_str(m.words.v[i], want[i], "value %zu", i + 1);
	message_release(&m);
	buf_release(&b);
}

static void
test_bad_bytes(void)
{
	struct buf	 b;
	struct message	 m;
	size_t		 n;
	int		 rc, cut = 0, tag = 0;
	uint8_t		*copy;

	make(&b, "note", "pA(s)i");
	for (n = 0; n < b.len; n++) {
		copy = malloc(n + 1);		/* so that overruns show */
		memcpy(copy, b.p, n);
		rc = read_bytes(&m, copy, n);
		if (rc == 0)
			message_release(&m);
		else if (errno == EBADMSG)
			cut++;
		free(copy);
	}
	is_int(cut, (intmax_t)b.len, "cut anywhere it is none");
	for (n = 0; n < 8; n++) {
		b.p[n] ^= 1;
		rc = read_bytes(&m, b.p, b.len);
		tag += rc == -1 && errno == EBADMSG;
		b.p[n] ^= 1;
	}
	is_int(tag, 8, "with another tag it is none");
	b.p[8] = 255;
	ok(read_bytes(&m, b.p, b.len) == -1 && errno == EBADMSG,
	    "a name longer than all is none");
	buf_release(&b);
}

/* Name and format that the tag fits, but that are none. */
static void
test_bad_names(void)
{
	static const struct {
		const char	*name, *format;
	} cases[] = {
		{ "no te", "i" }, { "", "i" }, { "note", "Z" },
		{ "note", "A(A(i))" }, { "\033[31m", "i" },
	};
	struct buf	 b;
	struct message	 m;
	size_t		 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_init(&b, 4096);
		buf_add_u64(&b, type_tag(cases[i].name, cases[i].format));
		buf_add_u8(&b, (unsigned int)strlen(cases[i].name));
		buf_add_u8(&b, (unsigned int)strlen(cases[i].format));
		buf_add(&b, cases[i].name, strlen(cases[i].name));
		buf_add(&b, cases[i].format, strlen(cases[i].format));
		buf_add(&b, "tpl", 3);
		ok(read_bytes(&m, b.p, b.len) == -1 && errno == EBADMSG,
		    "name %zu and its format are none", i + 1);
		buf_release(&b);
	}
}

static void
test_refused(void)
{
	struct buf	 b;

	ok(make(&b, "no te", "pA(s)i") == -1 && errno == EINVAL,
	    "a bad name is refused");
	is_str(why, "'no te' is no name of a type", "and said");
	ok(make(&b, "note", "pA(q)i") == -1 && errno == EINVAL,
	    "a bad format is refused");
	ok(make(&b, "note", "iA(s)") == -1 && errno == EINVAL,
	    "too many values are refused");
	ok(strstr(why, "needs 4 values, has 5") != NULL, "and said");
	is_int((intmax_t)b.len, 0, "nothing is written then");
	buf_release(&b);
}

int
main(void)
{
	test_round_trip();
	test_bad_bytes();
	test_bad_names();
	test_refused();
	return tap_done();
}
