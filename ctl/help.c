/*
 * help.c - the table of verbs, shown and searched.
 *
 * Owns:    the layout of --help, which name was meant.
 * Not here: the texts (verbs.c).
 * Errors:  none.
 */
#include "help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

const struct verb *
help_find(const char *name)
{
	const struct verb	*v;

	for (v = verbs; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/* ---- what was meant ---- */

#define NAME_MAX_LEN	15		/* longer is not compared */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to add, drop, change or swap with a neighbour to make b of a. */
static size_t
distance(const char *a, const char *b)
{
	size_t	 d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];
	size_t	 i, j, n = strlen(a), m = strlen(b);

	if (n > NAME_MAX_LEN || m > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

const char *
help_suggest(const char *name)
{
	const struct verb	*v;
	const char		*best = NULL;
	size_t			 d, near = strlen(name) < 4 ? 2 : 3;

	for (v = verbs; v->name != NULL; v++) {
		/* What was only cut short is as near as can be. */
		d = strlen(name) > 1 && strncmp(v->name, name, strlen(name))
		    == 0 ? 0 : distance(name, v->name);
		if (d < near) {
			near = d;
			best = v->name;
		}
	}
	return best;
}

/* ---- layout ---- */

#define HELP_WIDTH	76

/* Text in lines of that width, each after as many blanks. */
static void
put_wrapped(const char *text, int indent, int at)
{
	int	 n;

	while (*text != '\0') {
		n = (int)strcspn(text, " \n");
		if (at > indent && at + 1 + n > HELP_WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
		} else if (at > indent) {
			putchar(' ');
			at++;
		}
		printf("%.*s", n, text);
		at += n;
		text += n;
		if (*text == '\n') {		/* a line of its own follows */
			printf("\n%*s", indent, "");
			at = indent;
		}
		if (*text != '\0')
			text++;
	}
	putchar('\n');
}

/* -t SECONDS, -h, --help, or --name NAME below the long ones. */
static void
option_text(const struct verb_option *o, char *text, size_t size)
{
	const char	*space = o->arg != NULL ? " " : "";
	const char	*arg = o->arg != NULL ? o->arg : "";

	if (o->key >= 256)
		(void)snprintf(text, size, "      --%s%s%s", o->name, space,
		    arg);
	else if (o->name != NULL)
		(void)snprintf(text, size, "  -%c, --%s%s%s", o->key, o->name,
		    space, arg);
	else
		(void)snprintf(text, size, "  -%c%s%s", o->key, space, arg);
}

static void
put_options(const struct verb_option *o)
{
	char	 left[64];

	for (; o->key != 0; o++) {
		option_text(o, left, sizeof(left));
		printf("%-21s ", left);
		put_wrapped(o->help, 22, 22);
	}
}

void
help_verb(const struct verb *v)
{
	printf("usage: brood %s", v->name);
	if (v->args[0] != '\0') {
		putchar(' ');
		put_wrapped(v->args, (int)strlen(v->name) + 14,
		    (int)strlen(v->name) + 14);
	} else {
		putchar('\n');
	}
	putchar('\n');
	put_wrapped(v->text, 0, 0);
	if (v->options[0].key != 0) {
		printf("\nOptions:\n");
		put_options(v->options);
	}
	if ((v->flags & VERB_ALONE) == 0) {
		printf("\nOptions of every verb:\n");
		put_options(verbs_options);
	}
}

void
help_list(void)
{
	const struct verb	*v;

	printf("usage: brood [-s SOCKET] [-n NODE] [--json] [-q] [-v] VERB "
	    "...\n\n");
	for (v = verbs; v->name != NULL; v++)
		printf("  %-11s %s\n", v->name, v->summary);
	printf("\nOptions of every verb:\n");
	put_options(verbs_options);
	printf("\nbrood VERB --help tells more of each.\n");
}
