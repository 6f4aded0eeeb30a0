/* row_test.c - rows as bytes, good and bad, and as people see them. */
#include "../../ctl/row.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"

/* Two cells: pid s 12@a#0123456789abcdef, n n 5. */
static const char	good[] = "\0\2" "\3pids\0\25" "12@a#0123456789abcdef"
    "\1nn\0\1" "5";
#define GOOD_LEN	(sizeof(good) - 1)

static char *
shown(void (*show)(const struct row *, FILE *), const struct row *row)
{
	char	*text = NULL;
	size_t	 size;
	FILE	*f = open_memstream(&text, &size);

	show(row, f);
	fclose(f);
	return text;
}

static void
short_form(const struct row *row, FILE *f)
{
	row_print(row, false, f);
}

static void
full_form(const struct row *row, FILE *f)
{
	row_print(row, true, f);
}

static void
shows(const struct row *row, void (*show)(const struct row *, FILE *),
    const char *want, const char *name)
{
	char	*text = shown(show, row);

	is_str(text, want, "%s", name);
	free(text);
}

static void
test_bad(void)
{
	char		 bytes[GOOD_LEN + 1];
	struct row	 row;
	size_t		 n;

	for (n = 0; n < GOOD_LEN; n++)
		if (!ok(row_read(&row, good, n) == -1 && errno == EBADMSG &&
		    row.cells == NULL, "%zu bytes of it are no row", n))
			row_release(&row);
	memcpy(bytes, good, GOOD_LEN);
	bytes[GOOD_LEN] = 'x';
	ok(row_read(&row, bytes, GOOD_LEN + 1) == -1,
	    "a byte too many is no row");
	bytes[0] = bytes[1] = '\377';
	ok(row_read(&row, bytes, GOOD_LEN) == -1,
	    "a count larger than the frame is no row");
	ok(row_read(&row, "\0\0", 2) == 0 && row.n == 0, "no cells");
	row_release(&row);
}

static const struct {
	const char	*in, *want;
} uptimes[] = {
	{ "0", "0s" }, { "59", "59s" }, { "60", "1m00s" },
	{ "3599", "59m59s" }, { "3600", "1h00m" }, { "86399", "23h59m" },
	{ "86400", "1d00h" }, { "273600", "3d04h" },
};

static void
test_table(void)
{
	static const struct table_column	 columns[] = {
		{ "PID", "pid", 0 }, { "UP", "n", 'u' }, { "RTT", "n", 'm' },
		{ "NOTHING", "none", 0 }, { NULL, NULL, 0 },
	};
	struct table	 t = { .columns = columns };
	struct row	 row;
	char		*text = NULL;
	size_t		 size;
	FILE		*f;

	row_read(&row, good, GOOD_LEN);
	is_int(table_add(&t, &row), 0, "a line of a table");
	f = open_memstream(&text, &size);
	table_print(&t, f);
	fclose(f);
	is_str(text, "PID   UP  RTT  NOTHING\n12@a  5s  5us  -\n", "a table");
	free(text);
	table_release(&t);
	row_release(&row);
}

int
main(void)
{
	struct row	 row;
	char		 text[32];
	size_t		 i;

	ok(row_read(&row, good, GOOD_LEN) == 0, "a row");
	is_str(row_get(&row, "n"), "5", "a value");
	is_str(row_get(&row, "m"), "", "no such key");
	shows(&row, row_json, "{\"pid\":\"12@a#0123456789abcdef\",\"n\":5}\n",
	    "as JSON");
	shows(&row, short_form, "pid: 12@a\nn: 5\n", "for people");
	shows(&row, full_form, "pid: 12@a#0123456789abcdef\nn: 5\n",
	    "for people who want all of it");
	row_release(&row);
	ok(row_read(&row, "\0\1" "\1ks\0\6" "a\033\n\0#b", 13) == 0,
	    "a row with control characters");
	shows(&row, full_form, "k: a\\x1b \n", "none reaches a terminal");
	row_release(&row);
	test_bad();
	test_table();
	for (i = 0; i < sizeof(uptimes) / sizeof(uptimes[0]); i++) {
		row_uptime(uptimes[i].in, text, sizeof(text));
		is_str(text, uptimes[i].want, "%s seconds", uptimes[i].in);
	}
	return tap_done();
}
