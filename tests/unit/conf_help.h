/*
 * conf_help.h - what the tests of the configuration share.
 */
#ifndef CONF_HELP_H
#define CONF_HELP_H
#include <stdlib.h>

#include "conf.h"
#include "conf_print.h"
#include "tap.h"

struct told {
	char	 text[8192];
	size_t	 lines;
};

TAP_FN void
told_say(void *ctx, const char *text)
{
	struct told	*told = ctx;
	size_t		 n = strlen(told->text);

	snprintf(told->text + n, sizeof(told->text) - n, "%s\n", text);
	told->lines++;
}

TAP_FN struct conf *
parse(const char *text, struct told *told)
{
	struct conf_sink	 sink = { .say = told_say, .ctx = told };
	struct conf		*conf;

	memset(told, 0, sizeof(*told));
	conf_parse_text(&conf, text, strlen(text), &sink);
	return conf;
}

TAP_FN char *
printed(const struct conf *conf)
{
	char	*text = NULL;
	size_t	 n;
	FILE	*f = open_memstream(&text, &n);

	conf_print(conf, f);
	fclose(f);
	return text;
}

#endif /* CONF_HELP_H */
