/*
 * conf_print.c - the configuration as text, and the documents made of its
 * table.
 *
 * Owns:    the layout of the print-out, the sample file and the manual's list.
 * Not here: how a value prints (conf_value.c), the words of the explanations
 *          (conf_table.c).
 * Errors:  -1 and errno, from writing or where memory is short.
 */
#include "conf_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"

#define WIDTH		78	/* of an explanation in the sample file */

static int
print_done(FILE *f)
{
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}

static void
print_header(const char *before, const struct conf_kind_info *info,
    const char *name, FILE *f)
{
	fprintf(f, info->named ? "%s[%s %s]\n" : "%s[%s]\n", before,
	    info->name, name);
}

static void
print_setting(const char *before, const struct conf_key *k, const char *value,
    FILE *f)
{
	fprintf(f, *value != '\0' ? "%s%s = %s\n" : "%s%s =\n", before,
	    k->name, value);
}

static int
print_section(enum conf_kind kind, const struct conf_section *s, FILE *f)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	const struct conf_key		*k;
	char				*text;
	size_t				 i;

	if (kind != CONF_NODE)
		putc('\n', f);
	print_header("", info, s->name, f);
	for (i = 0; i < info->nkeys; i++) {
		k = &info->keys[i];
		text = conf_value_text(k, conf_table_field(k, s));
		if (text == NULL)
			return -1;
		print_setting("", k, text, f);
		free(text);
	}
	return 0;
}

int
conf_print(const struct conf *conf, FILE *f)
{
	const struct conf_section	*s;
	enum conf_kind			 kind;

	for (kind = 0; kind < CONF_NKINDS; kind++)
		STAILQ_FOREACH(s, &conf->sections[kind], next)
			if (print_section(kind, s, f) == -1)
				return -1;
	return print_done(f);
}

/* --- the sample file --- */

/* Comment lines of whole words. */
static void
sample_text(const char *text, FILE *f)
{
	size_t	 n, column = 0;

	while (*text != '\0') {
		n = strcspn(text, " ");
		if (column == 0 || column + 1 + n > WIDTH) {
			fprintf(f, "%s# ", column == 0 ? "" : "\n");
			column = 2;
		} else {
			putc(' ', f);
			column++;
		}
		fwrite(text, 1, n, f);
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	putc('\n', f);
}

static void
sample_choices(const struct conf_key *k, FILE *f)
{
	if (k->choices != NULL)
		fprintf(f, "# %s: %s\n",
		    k->type == CONF_SET ? "Any of" : "One of", k->choices);
}

int
conf_sample(FILE *f)
{
	const struct conf_kind_info	*info;
	size_t				 i;

	fputs("# brood.conf - what broodd does; brood.conf(5) tells more.\n"
	    "#\n"
	    "# Every setting is here, with its default commented out. Times "
	    "have a unit of\n"
	    "# us, ms, s, m or h, sizes one of K, M or G. Sections of "
	    "programs, workers and\n"
	    "# groups may as well stand in files of their own, in workers.d "
	    "beside this file.\n"
	    "# 'broodd -n' checks, 'broodd -nv' shows what is in force.\n",
	    f);
	for (info = conf_kinds; info < conf_kinds + CONF_NKINDS; info++) {
		putc('\n', f);
		sample_text(info->help, f);
		print_header(info->named ? "#" : "", info, "NAME", f);
		for (i = 0; i < info->nkeys; i++) {
			putc('\n', f);
			sample_text(info->keys[i].help, f);
			sample_choices(&info->keys[i], f);
			print_setting("#", &info->keys[i],
			    info->keys[i].initial, f);
		}
	}
	return print_done(f);
}

/* --- the manual page --- */

/* A line a sentence, and no letter that means something to mdoc. */
static void
man_text(const char *text, FILE *f)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", f);
		else if (*text == '-')
			fputs("\\-", f);
		else
			putc(*text, f);
		if ((*text == '.' || *text == ';') && text[1] == ' ') {
			putc('\n', f);
			text++;
		}
	}
	putc('\n', f);
}

static const char *
man_type(enum conf_type type)
{
#define X(type, field, name)	[CONF_##type] = (name),
	static const char *const	 names[] = { CONF_TYPES(X) };
#undef X

	return names[type];
}

static void
man_setting(const struct conf_key *k, FILE *f)
{
	fprintf(f, ".It Cm %s\n", k->name);
	man_text(k->help, f);
	fprintf(f, "Type: %s", man_type(k->type));
	if (k->choices != NULL)
		fprintf(f, " %s", k->choices);
	if (*k->initial != '\0')
		fprintf(f, "; default: %s", k->initial);
	fputs(".\n", f);
	if (k->later.part != NULL)
		fprintf(f, "Without effect in this version (%s).\n",
		    k->later.part);
}

int
conf_man(FILE *f)
{
	const struct conf_kind_info	*info;
	size_t				 i;

	for (info = conf_kinds; info < conf_kinds + CONF_NKINDS; info++) {
		fprintf(f, info->named ? ".Ss Section [%s NAME]\n" :
		    ".Ss Section [%s]\n", info->name);
		man_text(info->help, f);
		fputs(".Bl -tag -width Ds\n", f);
		for (i = 0; i < info->nkeys; i++)
			man_setting(&info->keys[i], f);
		fputs(".El\n", f);
	}
	return print_done(f);
}
