/*
 * settings.c - the limits of a chat server, from the words of its arguments.
 *
 * Owns:    their names, bounds, defaults and units: one table.
 * Not here: what they limit.
 * Errors:  -1 and a reason in words.
 */
#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

#define OFFSET(field)	offsetof(struct settings, field)

enum kind { COUNT, SIZE, TIME };

static const struct setting {
	const char	*key;
	size_t		 offset;
	enum kind	 kind;
	size_t		 least, most, otherwise;
} table[] = {
	{ "line",	OFFSET(line),	SIZE,	16, 65536, 4096 },
	{ "name",	OFFSET(name),	SIZE,	1, 1024, 64 },
	{ "queue",	OFFSET(queue),	SIZE,	1024, 1 << 30, 1 << 20 },
	{ "clients",	OFFSET(clients), COUNT,	1, 1000000, 1000 },
	{ "stall-size",	OFFSET(stall_bytes), SIZE, 0, 1 << 30, 4 << 20 },
	{ "stall-time",	OFFSET(stall),	TIME,	0, 3600000, 5000 },
	{ "linger",	OFFSET(linger),	TIME,	0, 3600000, 1000 },
};

#define NTABLE	(sizeof(table) / sizeof(table[0]))

static size_t *
place(struct settings *s, const struct setting *t)
{
	return (size_t *)(void *)((char *)s + t->offset);
}

/* What one of this unit is; 0: there is none of that name. */
static size_t
unit(enum kind kind, const char *name)
{
	static const struct {
		enum kind	 kind;
		const char	*name;
		size_t		 factor;
	} units[] = {
		{ SIZE, "K", 1 << 10 }, { SIZE, "M", 1 << 20 },
		{ SIZE, "G", 1 << 30 }, { TIME, "ms", 1 },
		{ TIME, "s", 1000 }, { TIME, "m", 60000 },
		{ TIME, "h", 3600000 },
	};
	size_t	i;

	if (*name == '\0')
		return kind == TIME ? 1000 : 1;		/* seconds, bytes */
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].kind == kind && strcmp(units[i].name, name) == 0)
			return units[i].factor;
	return 0;
}

/* NULL, or why not. */
static const char *
number(const char *word, enum kind kind, size_t least, size_t most, size_t *out)
{
	unsigned long long	 n;
	size_t			 factor;
	char			*end;

	if (!isdigit((unsigned char)*word))
		return "not a number";
	errno = 0;
	n = strtoull(word, &end, 10);
	if ((factor = unit(kind, end)) == 0)
		return "not a number, or not its unit";
	if (errno == ERANGE || n > most / factor || n * factor < least)
		return "out of range";
	*out = (size_t)n * factor;
	return NULL;
}

static const char *
assign(struct settings *s, const char *word)
{
	const char	*equals = strchr(word, '=');
	size_t		 i, n = (size_t)(equals - word);

	if (n == strlen("address") && strncmp(word, "address", n) == 0) {
		s->address = equals[1] == '\0' ? NULL : equals + 1;
		return NULL;
	}
	for (i = 0; i < NTABLE; i++)
		if (strlen(table[i].key) == n &&
		    strncmp(table[i].key, word, n) == 0)
			return number(equals + 1, table[i].kind,
			    table[i].least, table[i].most,
			    place(s, &table[i]));
	return "unknown setting";
}

int
settings_read(struct settings *s, const struct msg_strs *words,
    char why[SETTINGS_WHY])
{
	const char	*fault;
	size_t		 i;

	memset(s, 0, sizeof(*s));
	s->port = SETTINGS_PORT;
	for (i = 0; i < NTABLE; i++)
		*place(s, &table[i]) = table[i].otherwise;
	for (i = 0; i < words->n; i++) {
		if (strchr(words->v[i], '=') != NULL)
			fault = assign(s, words->v[i]);
		else if (i == 0)
			fault = number(words->v[i], COUNT, 0, 65535, &s->port);
		else
			fault = "want KEY=VALUE";
		if (fault != NULL) {
			(void)snprintf(why, SETTINGS_WHY, "%s: %s",
			    words->v[i], fault);
			return -1;
		}
	}
	return 0;
}
