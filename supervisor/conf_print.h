/*
 * conf_print.h - the configuration as text, and the documents made of its
 * table.
 */
#ifndef CONF_PRINT_H
#define CONF_PRINT_H
#include <stdio.h>

#include "settings.h"

/*
 * All of it, defaults too, in one form: it reads as the same configuration and
 * prints the same again.  0, or -1 and errno.
 */
int	 conf_print(const struct conf *, FILE *);

/* etc/brood.conf: every setting explained, its default commented out. */
int	 conf_sample(FILE *);

/* The list of settings in brood.conf(5), as mdoc; it stands between marks. */
#define CONF_MAN_BEGIN	".\\\" settings: begin (made by conf_doc)\n"
#define CONF_MAN_END	".\\\" settings: end\n"
int	 conf_man(FILE *);

#endif /* CONF_PRINT_H */
