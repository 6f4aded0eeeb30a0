/*
 * ini.c - the form of a configuration text: sections, settings, comments.
 *
 * Owns:    what is a comment, a section, a setting, a quoted value.
 * Not here: which settings exist and what they mean (conf_table.c, conf.c).
 * Errors:  faults of the text go to the callback, line by line, and reading
 *          goes on; -1 and errno only where memory is short.
 */
#include "ini.h"

#include <ctype.h>
#include <errno.h>
#include <libutil.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ini {
	ini_on_entry	*on_entry;
	void		*ctx;
	char		*section;
	const char	*name;		/* inside section */
};

static char *
ini_trim(char *s)
{
	char	*end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s + strspn(s, " \t\r\v\f");
}

/* Double quotes and backslashes hide a comment sign, as they do in args. */
static const char *
ini_cut_comment(char *s)
{
	bool	 quoted = false, blank = true;

	for (; *s != '\0'; s++) {
		if (!quoted && blank && (*s == '#' || *s == ';')) {
			*s = '\0';
			break;
		}
		blank = isspace((unsigned char)*s);
		if (*s == '\\' && s[1] != '\0') {
			s++;
			blank = false;
		} else if (*s == '"')
			quoted = !quoted;
	}
	return quoted ? "a double quote is missing at the end" : NULL;
}

const char *
ini_unquote(char *value)
{
	char	*from, *to = value;

	if (*value != '"')
		return NULL;
	for (from = value + 1; *from != '"'; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		if (*from == '\0')
			return "a double quote is missing at the end";
		*to++ = *from;
	}
	*to = '\0';
	return from[1] == '\0' ? NULL : "text after the closing double quote";
}

static const char *
ini_section(struct ini *ini, struct ini_entry *e, char *text)
{
	char	*copy, *end = text + strlen(text) - 1;

	if (*end != ']')
		return "a ] is missing at the end";
	*end = '\0';
	if ((copy = strdup(ini_trim(text + 1))) == NULL)
		return "out of memory";
	free(ini->section);
	ini->section = strsep(&copy, " \t");
	ini->name = copy != NULL ? ini_trim(copy) : "";
	e->section = ini->section;
	e->name = ini->name;
	return NULL;
}

static const char *
ini_setting(struct ini_entry *e, char *text)
{
	char	*equals = strchr(text, '=');

	if (equals == NULL)
		return "neither 'key = value' nor '[section]'";
	*equals = '\0';
	e->key = ini_trim(text);
	e->value = ini_trim(equals + 1);
	return *e->key == '\0' ? "a key is missing before the =" : NULL;
}

static void
ini_line(struct ini *ini, char *text, size_t len, size_t line)
{
	struct ini_entry	 e = { .line = line, .section = ini->section,
				    .name = ini->name };
	const char		*why;

	e.error = strlen(text) != len ? "the line has a NUL byte" :
	    ini_cut_comment(text);
	e.key = text = ini_trim(text);
	if (*text == '\0' && e.error == NULL)
		return;
	if (*text == '[' && e.error == NULL) {
		if ((e.error = ini_section(ini, &e, text)) == NULL)
			e.key = NULL;
	} else {
		why = ini_setting(&e, text);	/* its key tells where */
		e.error = e.error != NULL ? e.error : why;
	}
	ini->on_entry(ini->ctx, &e);
}

int
ini_parse(const char *text, size_t len, ini_on_entry *on_entry, void *ctx)
{
	static const char	 plain[3];	/* no \ or # of its own */
	struct ini		 ini = { .on_entry = on_entry, .ctx = ctx };
	size_t			 n, line = 0;
	bool			 failed;
	FILE			*f;
	char			*s;

	if (len == 0)			/* fmemopen may refuse it */
		return 0;
	if ((f = fmemopen((char *)text, len, "r")) == NULL)
		return -1;
	while (errno = 0, (s = fparseln(f, &n, &line, plain, 0)) != NULL) {
		ini_line(&ini, s, n, line);
		free(s);
	}
	failed = errno == ENOMEM;	/* the mere end leaves errno alone */
	fclose(f);
	free(ini.section);
	return failed ? -1 : 0;
}
