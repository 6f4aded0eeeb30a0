/*
 * conf_table.h - every setting there is: type, bounds, default, explanation.
 *
 * The one list that parser, checks, print-out, the sample file and the manual
 * page are made from.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H
#include <stdbool.h>
#include <stddef.h>

#include "conf_value.h"
#include "settings.h"

struct conf_kind_info {
	const char		*name;		/* as in [name] */
	bool			 named;		/* [name NAME] */
	const struct conf_key	*keys;
	size_t			 nkeys;
	size_t			 size;		/* of its struct */
	const char		*help;
};

extern const struct conf_kind_info	 conf_kinds[CONF_NKINDS];

/* NULL: there is none of that name. */
const struct conf_key	*conf_table_find(enum conf_kind, const char *name);

/* The name nearest to a misspelt one, or NULL if none is near. */
const char		*conf_table_guess(enum conf_kind, const char *name);
const char		*conf_table_guess_kind(const char *name);

/* The field a key names, in a section of its kind. */
void			*conf_table_field(const struct conf_key *,
			    const struct conf_section *);

#endif /* CONF_TABLE_H */
