/*
 * chat_input_test.c - a chat server's input: which bytes make which lines,
 * whichever way they are cut, and which lines are which commands.
 */
#include <stdlib.h>

#include "../../worker/chat/input.h"
#include "tap.h"

#define LIMIT	8

struct seen {
	char	 text[512];		/* each line in brackets; "long" */
	int	 stop_after;
};

static bool
on_line(void *ctx, char *line, size_t n)
{
	struct seen	*s = ctx;
	size_t		 at = strlen(s->text);

	if (line != NULL && strlen(line) != n)
		line = NULL;
	(void)snprintf(s->text + at, sizeof(s->text) - at, "[%s]",
	    line == NULL ? "too long" : line);
	return s->stop_after == 0 || --s->stop_after > 0;
}

/* In pieces of so many bytes, each in memory of its own size. */
static void
feed(struct seen *s, const char *bytes, size_t n, size_t piece, bool end)
{
	struct input	 in = { .limit = LIMIT };
	char		*copy;
	size_t		 i, part;

	for (i = 0; i < n; i += part) {
		part = n - i < piece ? n - i : piece;
		copy = malloc(part);
		if (copy == NULL)
			abort();
		memcpy(copy, bytes + i, part);
		if (input_put(&in, copy, part, on_line, s) == -1)
			abort();
		free(copy);
	}
	if (end)
		input_end(&in, on_line, s);
	input_release(&in);
}

#define BYTES(s)	s, sizeof(s) - 1

static const struct {
	const char	*name, *bytes;
	size_t		 n;
	const char	*want;
} lines[] = {
	{ "LF", BYTES("a\nbc\n"), "[a][bc]" },
	{ "CR LF", BYTES("a\r\nbc\r\n"), "[a][bc]" },
	{ "an empty line", BYTES("\n\r\n"), "[][]" },
	{ "a line without its end", BYTES("a\nbc"), "[a][bc]" },
	{ "a CR at the end of all", BYTES("a\r"), "[a]" },
	{ "a CR inside", BYTES("a\rb\n"), "[a?b]" },
	{ "two CR", BYTES("a\r\r\n"), "[a?]" },
	{ "blanks and tabs stay", BYTES(" a\t b \n"), "[ a\t b ]" },
	{ "as long as may be", BYTES("12345678\n"), "[12345678]" },
	{ "as long as may be, CR LF", BYTES("12345678\r\n"), "[12345678]" },
	{ "one too long", BYTES("123456789\n"), "[too long]" },
	{ "one too long, CR LF", BYTES("123456789\r\n"), "[too long]" },
	{ "much too long, then another",
	    BYTES("1234567890123456789012345678901234567890\nab\n"),
	    "[too long][ab]" },
	{ "too long and without end", BYTES("1234567890123"), "[too long]" },
	{ "NUL", BYTES("a\0b\n"), "[a?b]" },
	{ "escapes", BYTES("\033[2Jx\n"), "[?[2Jx]" },
	{ "backspace, bell, DEL", BYTES("\b\a\177\n"), "[???]" },
	{ "vertical tab, form feed", BYTES("\v\f\n"), "[??]" },
	{ "UTF-8", BYTES("\303\244\342\202\254\n"), "[\303\244\342\202\254]" },
	{ "four bytes of UTF-8", BYTES("\360\237\215\272\n"),
	    "[\360\237\215\272]" },
	{ "an orphan", BYTES("a\244b\n"), "[a?b]" },
	{ "a character cut short", BYTES("\342\202\n"), "[??]" },
	{ "overlong", BYTES("\300\212\n"), "[??]" },
	{ "overlong slash", BYTES("\340\200\257\n"), "[???]" },
	{ "a surrogate", BYTES("\355\240\200\n"), "[???]" },
	{ "above all characters", BYTES("\364\220\200\200\n"), "[????]" },
	{ "C1: next line, CSI", BYTES("\302\205\302\233\n"), "[??]" },
	{ "line and paragraph separators",
	    BYTES("\342\200\250\342\200\251\n"), "[??]" },
	{ "Latin-1", BYTES("gr\374n\n"), "[gr?n]" },
	{ "nothing", BYTES(""), "" },
};

static void
test_lines(void)
{
	struct seen	 s;
	size_t		 i, piece;
	bool		 all;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		all = true;
		for (piece = 1; piece <= lines[i].n + 1; piece++) {
			s = (struct seen){ .stop_after = 0 };
			feed(&s, lines[i].bytes, lines[i].n, piece, true);
			if (strcmp(s.text, lines[i].want) != 0) {
				all = false;
				note("in pieces of %zu: %s", piece, s.text);
			}
		}
		ok(all, "%s, however it is cut", lines[i].name);
	}
	s = (struct seen){ .stop_after = 2 };
	feed(&s, BYTES("a\nb\nc\n"), 6, false);
	is_str(s.text, "[a][b]", "who wants no more gets no more");
	s = (struct seen){ .stop_after = 0 };
	feed(&s, BYTES("a\nb"), 3, false);
	is_str(s.text, "[a]", "a line that has not ended waits");
}

static void
test_clean(void)
{
	char	text[] = "a\302\205b\n";

	ok(!input_is_clean(text, 5), "it is not clean");
	is_int((intmax_t)input_clean(text, 5), 4, "it is shorter then");
	ok(memcmp(text, "a?b?", 4) == 0 && input_is_clean(text, 4),
	    "and clean");
	ok(input_is_clean("", 0), "nothing is clean");
	ok(!input_is_clean("a\nb", 3), "a line's end is not");
}

static const struct {
	const char		*line;
	enum command_kind	 kind;
	const char		*who, *rest;
} commands[] = {
	{ "", COMMAND_SAY, NULL, NULL },
	{ "  ", COMMAND_SAY, NULL, NULL },
	{ "hello", COMMAND_SAY, NULL, NULL },
	{ "a /quit", COMMAND_SAY, NULL, NULL },
	{ "/quit", COMMAND_QUIT, NULL, NULL },
	{ "  /quit\t", COMMAND_QUIT, NULL, NULL },
	{ "/quit x", COMMAND_UNKNOWN, NULL, NULL },
	{ "/quits", COMMAND_UNKNOWN, NULL, NULL },
	{ "/QUIT", COMMAND_UNKNOWN, NULL, NULL },
	{ "/tell bob hi", COMMAND_TELL, "bob", "hi" },
	{ " /tell  bob   hi \t there  ", COMMAND_TELL, "bob", "hi there" },
	{ "/tell bob", COMMAND_TELL, "bob", "" },
	{ "/tell bob /quit", COMMAND_TELL, "bob", "/quit" },
	{ "/tell", COMMAND_UNKNOWN, NULL, NULL },
	{ "/kick bob", COMMAND_KICK, "bob", NULL },
	{ "\t/kick\tbob ", COMMAND_KICK, "bob", NULL },
	{ "/kick", COMMAND_UNKNOWN, NULL, NULL },
	{ "/kick a b", COMMAND_UNKNOWN, NULL, NULL },
	{ "/", COMMAND_UNKNOWN, NULL, NULL },
	{ " /foo", COMMAND_UNKNOWN, NULL, NULL },
};

static void
test_commands(void)
{
	struct command	 c;
	char		*copy;
	size_t		 i;
	bool		 same;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if ((copy = strdup(commands[i].line)) == NULL)
			abort();
		command_parse(&c, copy);
		same = c.kind == commands[i].kind;
		if (same && commands[i].who != NULL)
			same = strcmp(c.who, commands[i].who) == 0;
		if (same && commands[i].rest != NULL)
			same = strcmp(c.rest, commands[i].rest) == 0;
		ok(same, "'%s'", commands[i].line);
		free(copy);
	}
}

int
main(void)
{
	test_lines();
	test_clean();
	test_commands();
	return tap_done();
}
