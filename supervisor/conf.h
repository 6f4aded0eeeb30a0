/*
 * conf.h - the configuration is read.
 *
 * What it says is in settings.h; conf_store.h finds sections and gives it back,
 * conf_print.h prints it.  A struct conf does not change once read: a reload
 * reads a new one, and whoever has both compares.
 */
#ifndef CONF_H
#define CONF_H
#include <stddef.h>

#include "conf_sink.h"
#include "conf_store.h"

#define CONF_FILE		"brood.conf"	/* in SYSCONFDIR/brood */
#define CONF_DROPINS		"workers.d"	/* beside the file */
#define CONF_FILE_MOST		(1 << 20)	/* bytes of one file */

/*
 * Reads a file (NULL: none, the defaults), then workers.d/?*.conf beside it in
 * name order, then overrides of [node], a vector of "KEY=VALUE" that ends with
 * NULL (or NULL).  0; or -1, *out NULL and errno: EINVAL with every problem
 * told to the sink, which begins anew, or ENOMEM.
 */
int		 conf_load(struct conf **out, const char *file,
		    char *const *overrides, struct conf_sink *);

/* The same of a text, such as conf_print writes. */
int		 conf_parse_text(struct conf **out, const char *text,
		    size_t len, struct conf_sink *);

#endif /* CONF_H */
