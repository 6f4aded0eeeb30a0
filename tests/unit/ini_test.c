/* ini_test.c - the form of a configuration text. */
#include "tap.h"

#include <stdlib.h>

#include "ini.h"

#define TEXT(s)	(s), sizeof(s) - 1

/* What is read, one entry a line: "LINE section|name|key|value!error". */
static const struct {
	const char	*name, *in;
	size_t		 len;
	const char	*want;
} cases[] = {
	{ "nothing", TEXT(""), "" },
	{ "blank lines and comments", TEXT("\n  \n# a\n ; b = c\n\t#\n"), "" },
	{ "a section", TEXT("[node]\n"), "1 node|||\n" },
	{ "a named section", TEXT("[worker chat]\n"), "1 worker|chat||\n" },
	{ "blanks in and around a section", TEXT("  [ worker \t chat ]  # x\n"),
	    "1 worker|chat||\n" },
	{ "a setting", TEXT("[a]\nkey = value\n"),
	    "1 a|||\n2 a||key|value\n" },
	{ "a setting without blanks", TEXT("[a]\nk=v"),
	    "1 a|||\n2 a||k|v\n" },
	{ "an empty value", TEXT("[a]\nk =\n"), "1 a|||\n2 a||k|\n" },
	{ "a value with =", TEXT("[a]\nk = A=1 B=2\n"),
	    "1 a|||\n2 a||k|A=1 B=2\n" },
	{ "carriage returns", TEXT("[a]\r\nk = v\r\n"),
	    "1 a|||\n2 a||k|v\n" },
	{ "blanks at the end", TEXT("[a] \t\nk = v \t\n"),
	    "1 a|||\n2 a||k|v\n" },
	{ "a comment after the value", TEXT("[a]\nk = v # c\nl = w\t; c\n"),
	    "1 a|||\n2 a||k|v\n3 a||l|w\n" },
	{ "a comment sign inside a word", TEXT("[a]\nk = v#c;d\n"),
	    "1 a|||\n2 a||k|v#c;d\n" },
	{ "a comment sign in double quotes", TEXT("[a]\nk = \"v # c\" # d\n"),
	    "1 a|||\n2 a||k|\"v # c\"\n" },
	{ "a quote escaped in quotes", TEXT("[a]\nk = \"v\\\" # c\" # d\n"),
	    "1 a|||\n2 a||k|\"v\\\" # c\"\n" },
	{ "a single quote hides nothing", TEXT("[a]\nk = it's # c\n"),
	    "1 a|||\n2 a||k|it's\n" },
	{ "a backslash before a blank", TEXT("[a]\nk = v\\ # c\n"),
	    "1 a|||\n2 a||k|v\\ # c\n" },
	{ "no continuation lines", TEXT("[a]\nk = v\\\nl = w\n"),
	    "1 a|||\n2 a||k|v\\\n3 a||l|w\n" },
	{ "lines are counted", TEXT("\n\n[a]\n\n\nk = v\n"),
	    "3 a|||\n6 a||k|v\n" },
	{ "a setting before any section", TEXT("k = v\n"),
	    "1 (null)|(null)|k|v\n" },
	{ "no =", TEXT("[a]\nk v\n"), "1 a|||\n"
	    "2 a||k v|!neither 'key = value' nor '[section]'\n" },
	{ "no key", TEXT("[a]\n= v\n"), "1 a|||\n"
	    "2 a|||v!a key is missing before the =\n" },
	{ "no ]", TEXT("[a\n"), "1 (null)|(null)|[a|!"
	    "a ] is missing at the end\n" },
	{ "only [", TEXT("[\n"), "1 (null)|(null)|[|!"
	    "a ] is missing at the end\n" },
	{ "text after ]", TEXT("[a] b\n"), "1 (null)|(null)|[a] b|!"
	    "a ] is missing at the end\n" },
	{ "an empty section", TEXT("[]\n"), "1 |||\n" },
	{ "an open quote", TEXT("[a]\nk = \"v\nl = w\n"), "1 a|||\n"
	    "2 a||k|\"v!a double quote is missing at the end\n"
	    "3 a||l|w\n" },
	{ "a NUL byte", TEXT("[a]\nk = v\0w\nl = w\n"), "1 a|||\n"
	    "2 a||k|v!the line has a NUL byte\n3 a||l|w\n" },
	{ "only a NUL byte", TEXT("\0"), "1 (null)|(null)||!"
	    "the line has a NUL byte\n" },
};

static const struct {
	const char	*in, *want, *why;
} quoted[] = {
	{ "plain", "plain", NULL },
	{ "", "", NULL },
	{ "\"\"", "", NULL },
	{ "\"a # b\"", "a # b", NULL },
	{ "\" a \"", " a ", NULL },
	{ "\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d", NULL },
	{ "a \"b\"", "a \"b\"", NULL },
	{ "\"a", NULL, "a double quote is missing at the end" },
	{ "\"a\\", NULL, "a double quote is missing at the end" },
	{ "\"a\\\"", NULL, "a double quote is missing at the end" },
	{ "\"a\" b", NULL, "text after the closing double quote" },
};

static void
on_entry(void *ctx, const struct ini_entry *e)
{
	fprintf(ctx, "%zu %s|%s|%s|%s%s%s\n", e->line,
	    e->section != NULL ? e->section : "(null)",
	    e->name != NULL ? e->name : "(null)", e->key != NULL ? e->key : "",
	    e->value != NULL ? e->value : "", e->error != NULL ? "!" : "",
	    e->error != NULL ? e->error : "");
}

static void
test_parse(void)
{
	size_t	 i, n;
	char	*text;
	FILE	*f;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = NULL;
		f = open_memstream(&text, &n);
		is_int(ini_parse(cases[i].in, cases[i].len, on_entry, f), 0,
		    "%s: is read", cases[i].name);
		fclose(f);
		is_str(text, cases[i].want, "%s", cases[i].name);
		free(text);
	}
}

static void
test_unquote(void)
{
	size_t		 i;
	char		 text[64];
	const char	*why;

	for (i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
		snprintf(text, sizeof(text), "%s", quoted[i].in);
		why = ini_unquote(text);
		is_str(why, quoted[i].why, "unquote %s: verdict", quoted[i].in);
		if (quoted[i].want != NULL)
			is_str(text, quoted[i].want, "unquote %s",
			    quoted[i].in);
	}
}

int
main(void)
{
	test_parse();
	test_unquote();
	return tap_done();
}
