/* type_test.c - kinds, formats, names and tags. */
#include "tap.h"

#include <errno.h>

#include "type.h"

#define NAME_63	a23456789012345678901234567890123456789012345678901234567890123

MSG_TYPE(stop);
MSG_TYPE(ping, (pid, from));
MSG_TYPE(pong, (pid, from), (str, note), (strs, names), (port(ping), reply));
MSG_TYPE(single, (bool, a), (i32, b), (u32, c), (i64, d), (u64, e), (f64, f),
    (str, g), (blob, h), (pid, i), (port(ping), j));
MSG_TYPE(arrays, (bools, a), (i32s, b), (u32s, c), (i64s, d), (u64s, e),
    (f64s, f), (strs, g), (blobs, h), (pids, i), (ports(ping), j));
MSG_TYPE(most, (ports(ping), a), (ports(ping), b), (ports(ping), c),
    (ports(ping), d), (ports(ping), e), (ports(ping), f), (ports(ping), g),
    (ports(ping), h), (ports(ping), i), (ports(ping), j), (ports(ping), k),
    (ports(ping), l), (ports(ping), m), (ports(ping), n), (ports(ping), o),
    (ports(ping), p));
MSG_TYPE(NAME_63, (i32, n));

#define ELEVEN	"0123456789a"
#define FIFTY	"a" ELEVEN ELEVEN ELEVEN ELEVEN "01234"

static const struct {
	struct msg_type	*type;
	const char	*format, *image;
	uint64_t	 tag;			/* 0: not written down */
} types[] = {
	{ &msg_type_stop,	"", "",		0x44f565ad76b6f91f },
	{ &msg_type_ping,	"p", "UU",	0x21372876e3ec94c1 },
	{ &msg_type_pong,	"psA(s)o", "UUsA(s)UUU", 0x211f49e871d0fe8a },
	{ &msg_type_single,	"biuIUfsBpo", "ciuIUfsBUUUUU", 0 },
	{ &msg_type_arrays,
	    "A(b)A(i)A(u)A(I)A(U)A(f)A(s)A(B)A(p)A(o)",
	    "A(c)A(i)A(u)A(I)A(U)A(f)A(s)A(B)A(UU)A(UUU)", 0 },
	{ &msg_type_most,
	    "A(o)A(o)A(o)A(o)A(o)A(o)A(o)A(o)"
	    "A(o)A(o)A(o)A(o)A(o)A(o)A(o)A(o)",
	    "A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)"
	    "A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)A(UUU)", 0 },
};

static const struct {
	const char	*format;
	int		 n;			/* fields; -1: refused */
} formats[] = {
	{ "", 0 }, { "b", 1 }, { "biuIUfsBpo", 10 }, { "A(s)", 1 },
	{ "A(o)iA(b)", 3 }, { "iiiiiiiiiiiiiiii", 16 },
	{ "iiiiiiiiiiiiiiiii", -1 }, { "c", -1 }, { "x", -1 }, { " i", -1 },
	{ "i ", -1 }, { "A", -1 }, { "A(", -1 }, { "A(i", -1 }, { "A()", -1 },
	{ "A(ii)", -1 }, { "A(A(i))", -1 }, { "A i)", -1 }, { "(i)", -1 },
	{ "i)", -1 }, { "i#", -1 }, { "S(i)", -1 }, { "$(i)", -1 },
	{ "j", -1 }, { "v", -1 }, { "a", -1 }, { "\xc3\xa4", -1 },
};

static const struct {
	const char	*name;
	bool		 good;
} names[] = {
	{ "a", true }, { "ping", true }, { "Ping2", true }, { "_x", true },
	{ "chat.line", true }, { "chat-line", true }, { "x" FIFTY, true },
	{ FIFTY ELEVEN "01", true }, { FIFTY ELEVEN "012", false },
	{ "", false }, { "2a", false }, { "-a", false }, { ".a", false },
	{ "a b", false }, { "a\n", false }, { "a/b", false },
	{ "gr\xc3\xb6\xc3\x9f" "e", false },
};

static void
check_types(void)
{
	struct msg_type	*t;
	size_t		 i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		t = types[i].type;
		is_int(type_ready(t), 0, "%s: ready", t->name);
		is_int(type_ready(t), 0, "%s: ready twice", t->name);
		is_str(t->format, types[i].format, "%s: format", t->name);
		is_str(t->head + IMAGE_FORMAT, types[i].image,
		    "%s: the image's format", t->name);
		is_int((intmax_t)t->head_len, (intmax_t)
		    strlen(types[i].image) + 9, "%s: head_len", t->name);
		ok(memcmp(t->head, "tpl", 3) == 0 && t->head[IMAGE_FLAGS] ==
		    (strchr(types[i].image, 's') ? IMAGE_NULLS : 0),
		    "%s: magic and flags", t->name);
		ok(types[i].tag == 0 || t->tag == types[i].tag, "%s: tag",
		    t->name);
		ok(t->tag == type_tag(t->name, t->format), "%s: type_tag",
		    t->name);
	}
	is_int(type_ready(&MSG_CAT(msg_type_, NAME_63)), 0, "63 bytes of name");
	ok(sizeof(struct stop) == sizeof(struct msg_meta), "no fields");
}

/* What MSG_TYPE cannot make, or C allows and we do not. */
static void
check_bad_types(void)
{
	struct msg_field	 many[18] = { { NULL, MSG_KIND_bool, 0 } };
	struct msg_type		 t = { .name = "gr\xc3\xb6\xc3\x9f" "e",
				    .fields = many, .size = 32 };
	size_t			 i;

	errno = 0;
	is_int(type_ready(&t), -1, "a name with other letters is refused");
	is_int(errno, EINVAL, "with EINVAL");
	for (i = 0; i < 17; i++)
		many[i] = (struct msg_field){ "f", MSG_KIND_PORTS, 0 };
	t.name = "many";
	is_int(type_ready(&t), -1, "17 fields are refused");
	many[16].name = NULL;
	is_int(type_ready(&t), 0, "16 are not");
}

static void
check_formats(void)
{
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	size_t		 i, n;
	int		 rc;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		errno = 0;
		rc = format_parse(formats[i].format, kinds, &n);
		is_int(rc == 0 ? (intmax_t)n : rc, formats[i].n, "format '%s'",
		    formats[i].format);
		if (rc == -1)
			is_int(errno, EINVAL, "with EINVAL");
	}
	format_parse("sA(o)", kinds, &n);
	ok(kinds[0] == MSG_KIND_str && kinds[1] == MSG_KIND_PORTS,
	    "kinds of a format");
}

int
main(void)
{
	size_t	 i;

	check_types();
	check_bad_types();
	check_formats();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		is_int(type_name_ok(names[i].name), names[i].good,
		    "name '%.*s'", (int)strcspn(names[i].name, "\n"),
		    names[i].name);
	return tap_done();
}
