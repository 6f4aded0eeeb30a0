/* json_test.c - objects as jq and people will see them. */
#include "../../ctl/json.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
	const char	*name, *in, *want;
} strings[] = {
	{ "plain",		"abc",			"\"abc\"" },
	{ "empty",		"",			"\"\"" },
	{ "quote, backslash",	"a\"b\\c/",		"\"a\\\"b\\\\c/\"" },
	{ "letters for controls", "\b\t\n\f\r",	"\"\\b\\t\\n\\f\\r\"" },
	{ "other controls",	"\x01\x0b\x1f\x7f",
	    "\"\\u0001\\u000b\\u001f\\u007f\"" },
	{ "UTF-8",	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa3",
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa3\"" },
	{ "a stray byte",	"a\xff" "b",		"\"a\\ufffdb\"" },
	{ "a lone continuation", "\x80",		"\"\\ufffd\"" },
	{ "cut short",		"\xe2\x82",	"\"\\ufffd\\ufffd\"" },
	{ "cut short, then text", "\xc3" "a",		"\"\\ufffda\"" },
	{ "overlong",		"\xc0\xaf",	"\"\\ufffd\\ufffd\"" },
	{ "overlong of three",	"\xe0\x9f\xbf",
	    "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "a surrogate",	"\xed\xa0\x80",
	    "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "the last character",	"\xf4\x8f\xbf\xbf",
	    "\"\xf4\x8f\xbf\xbf\"" },
	{ "beyond the last",	"\xf4\x90\x80\x80",
	    "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
}, numbers[] = {
	{ "a number",		"12",			"12" },
	{ "zero",		"0",			"0" },
	{ "a large one",	"18446744073709551615",
	    "18446744073709551615" },
	{ "negative",		"-3",			"-3" },
	{ "with a fraction",	"0.25",			"0.25" },
	{ "none",		"",			"null" },
	{ "text",		"nobody",		"\"nobody\"" },
	{ "leading zero",	"007",			"\"007\"" },
	{ "half a fraction",	"1.",			"\"1.\"" },
	{ "injection",		"1,\"x\":2",	"\"1,\\\"x\\\":2\"" },
}, lists[] = {
	{ "no lines",		"",			"[]" },
	{ "one line",		"a",			"[\"a\"]" },
	{ "two lines",		"a\nb \"c\"",	"[\"a\",\"b \\\"c\\\"\"]" },
	{ "an empty line",	"a\n\nb",	"[\"a\",\"\",\"b\"]" },
};

static char	*text;
static size_t	 size;

static void
begin(struct json *j)
{
	json_open(j, open_memstream(&text, &size));
}

static void
check(struct json *j, const char *want, const char *name)
{
	char	 line[256];

	json_close(j);
	fclose(j->out);
	(void)snprintf(line, sizeof(line), "{%s}\n", want);
	is_str(text, line, "%s", name);
	free(text);
}

#define EACH(table, put)						\
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {	\
		begin(&j);						\
		put(&j, "k", table[i].in);				\
		(void)snprintf(want, sizeof(want), "\"k\":%s",		\
		    table[i].want);					\
		check(&j, want, table[i].name);				\
	}

int
main(void)
{
	static const char *const	 words[] = { "a", "b\n" };
	struct json			 j;
	char				 want[256];
	size_t				 i;

	EACH(strings, json_str)
	EACH(numbers, json_num)
	EACH(lists, json_lines)
	begin(&j);
	check(&j, "", "nothing in it");
	begin(&j);
	json_str(&j, "a", NULL);
	json_u64(&j, "b", 18446744073709551615u);
	json_bool(&j, "c", true);
	json_words(&j, "d", words, 2);
	json_words(&j, "e", NULL, 0);
	json_bytes(&j, "f", "x\0y", 3);
	json_bytes(&j, "g", "\xc3\xa4", 1);	/* half a character */
	check(&j, "\"a\":null,\"b\":18446744073709551615,\"c\":true,"
	    "\"d\":[\"a\",\"b\\n\"],\"e\":[],\"f\":\"x\\u0000y\","
	    "\"g\":\"\\ufffd\"",
	    "all kinds in one");
	return tap_done();
}
