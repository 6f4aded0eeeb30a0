/*
 * ini.h - the form of a configuration text: sections, settings, comments.
 *
 *	[section name]
 *	key = value		# or ; at line start or after white space
 *	key = " # no comment"	inside double quotes \" and \\ stand for " and \
 */
#ifndef INI_H
#define INI_H
#include <stddef.h>

/* One line that says something; the strings are lent for the call. */
struct ini_entry {
	size_t		 line;
	const char	*section, *name;	/* NULL before the first [..] */
	const char	*key;			/* NULL: the section itself */
	const char	*value;			/* trimmed, quotes kept */
	const char	*error;			/* or why not; key: where */
};

typedef void	 ini_on_entry(void *ctx, const struct ini_entry *);

/* 0, or -1 where memory is short; faults of the text go to the callback. */
int		 ini_parse(const char *text, size_t len, ini_on_entry *,
		    void *ctx);

/* Takes one pair of double quotes off, in place; NULL, or why it cannot. */
const char	*ini_unquote(char *value);

#endif /* INI_H */
