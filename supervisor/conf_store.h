/*
 * conf_store.h - the sections of a configuration: made, found, compared.
 */
#ifndef CONF_STORE_H
#define CONF_STORE_H
#include <stdbool.h>

#include "settings.h"

/* Every setting at its default; NULL: ENOMEM. */
struct conf	*conf_new(void);
void		 conf_free(struct conf *);	/* NULL is allowed */

/* A section by name, or NULL. */
const struct conf_program *conf_program(const struct conf *, const char *);
const struct conf_worker  *conf_worker(const struct conf *, const char *);
const struct conf_group	  *conf_group(const struct conf *, const char *);

/* A worker named NAME@ is a template and is not started itself. */
bool		 conf_is_template(const struct conf_worker *);

/* Whether two sections of a kind say the same, wherever they stand. */
bool		 conf_same(enum conf_kind, const struct conf_section *,
		    const struct conf_section *);

/* For the reader: one more at the end, at its defaults; NULL: ENOMEM. */
struct conf_section	*conf_section_new(struct conf *, enum conf_kind,
			    const char *name);
struct conf_section	*conf_section_find(const struct conf *,
			    enum conf_kind, const char *name);

#endif /* CONF_STORE_H */
