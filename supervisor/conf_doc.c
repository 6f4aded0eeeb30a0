/*
 * conf_doc.c - writes the documents made of the table of settings.
 *
 *	conf_doc sample > etc/brood.conf
 *	conf_doc man < man/brood.conf.5 > new	replaces the list in the page
 *
 * Owns:    where in the page the list stands.  A tool of the build, not
 *          installed.
 * Not here: the documents themselves (conf_print.c).
 * Errors:  a line on stderr and exit 1.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_print.h"

/* Copies the page; what stood between the marks gives way to the list. */
static int
doc_man(FILE *in, FILE *out)
{
	char	*line = NULL;
	size_t	 size = 0;
	bool	 inside = false, done = false;
	int	 rc = 0;

	while (rc == 0 && getline(&line, &size, in) != -1) {
		if (strcmp(line, CONF_MAN_END) == 0)
			inside = false;
		if (!inside)
			fputs(line, out);
		if (strcmp(line, CONF_MAN_BEGIN) == 0) {
			inside = done = true;
			rc = conf_man(out);
		}
	}
	free(line);
	return rc == 0 && done && !inside && fflush(out) == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	const char	*what = argc == 2 ? argv[1] : "";
	int		 rc;

	if (strcmp(what, "sample") == 0)
		rc = conf_sample(stdout);
	else if (strcmp(what, "man") == 0)
		rc = doc_man(stdin, stdout);
	else
		errx(100, "usage: conf_doc sample | conf_doc man < PAGE");
	if (rc == -1)
		errx(1, "%s: not written", what);
	return 0;
}
