/*
 * conf_fuzz.c - configuration texts of any content.
 *
 * What is accepted must print as a text that is accepted too and prints the
 * same; problems must be one printable line each, and not more than are told.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "conf.h"
#include "conf_check.h"
#include "conf_print.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
say(void *ctx, const char *text)
{
	unsigned	*told = ctx;

	BUG_ON(++*told > CONF_SINK_MOST + 1);
	for (; *text != '\0'; text++)
		BUG_ON(!isprint((unsigned char)*text) && *text != '\t');
}

static char *
printed(const struct conf *conf, size_t *len)
{
	char	*text = NULL;
	FILE	*f = open_memstream(&text, len);

	BUG_ON(f == NULL || conf_print(conf, f) == -1);
	fclose(f);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned		 told = 0;
	struct conf_sink	 sink = { .say = say, .ctx = &told };
	struct conf		*conf, *again;
	char			*one, *two;
	size_t			 n, m;

	if (conf_parse_text(&conf, (const char *)data, size, &sink) == -1) {
		BUG_ON(told == 0);
		return 0;
	}
	BUG_ON(told != 0);
	one = printed(conf, &n);
	BUG_ON(conf_parse_text(&again, one, n, &sink) == -1);
	two = printed(again, &m);
	BUG_ON(n != m || memcmp(one, two, n) != 0);
	conf_unsupported(again, &sink);
	told = sink.count = 0;
	conf_check_users(again, &sink);
	free(one);
	free(two);
	conf_free(conf);
	conf_free(again);
	return 0;
}
