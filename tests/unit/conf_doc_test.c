/* conf_doc_test.c - the sample file and the manual page are the table's. */
#include "tap.h"

#include <stdlib.h>

#include "conf.h"
#include "conf_print.h"
#include "conf_help.h"

static char *
whole_file(const char *path)
{
	static char	 text[1 << 17];
	FILE		*f = fopen(path, "r");
	size_t		 n = 0;

	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

/* Every default, taken out of its comment, and the names put in. */
static char *
uncommented(const char *sample)
{
	char		*text = NULL, *line;
	const char	*s, *end;
	size_t		 n;
	FILE		*f = open_memstream(&text, &n);

	for (s = sample; *s != '\0'; s = end) {
		end = s + strcspn(s, "\n");
		end += *end == '\n';
		line = strndup(s, (size_t)(end - s));
		if (strcmp(line, "#program =\n") == 0)
			fputs("program = p\n", f);
		else
			fputs(line[0] == '#' && line[1] != ' ' ? line + 1 :
			    line, f);
		free(line);
	}
	fclose(f);
	return text;
}

static void
test_sample(void)
{
	struct told	 told;
	char		*text = NULL, *all, *one, *two;
	size_t		 n;
	FILE		*f = open_memstream(&text, &n);
	struct conf	*c, *plain = conf_new();

	conf_sample(f);
	fclose(f);
	is_str(whole_file("etc/brood.conf"), text, "etc/brood.conf is what "
	    "the table prints");
	c = parse(text, &told);
	ok(c != NULL, "the sample is read: %s", told.text);
	one = c != NULL ? printed(c) : strdup("");
	two = printed(plain);
	is_str(one, two, "and says what the defaults say");
	free(one);
	conf_free(c);
	all = uncommented(text);
	c = parse(all, &told);
	ok(c != NULL && c->count[CONF_PROGRAM] == 1 &&
	    c->count[CONF_WORKER] == 1 && c->count[CONF_GROUP] == 1,
	    "its comments, taken away, are settings: %s", told.text);
	one = c != NULL ? printed(c) : strdup("");
	ok(strncmp(one, two, strlen(two)) == 0, "and they are the defaults");
	free(one);
	free(two);
	free(all);
	free(text);
	conf_free(c);
	conf_free(plain);
}

static void
test_man(void)
{
	const char	*page = whole_file("man/brood.conf.5"), *begin, *end;
	char		*text = NULL;
	size_t		 n;
	FILE		*f = open_memstream(&text, &n);

	conf_man(f);
	fclose(f);
	begin = strstr(page, CONF_MAN_BEGIN);
	end = strstr(page, CONF_MAN_END);
	if (ok(begin != NULL && end != NULL, "brood.conf(5) has its marks")) {
		begin += strlen(CONF_MAN_BEGIN);
		ok((size_t)(end - begin) == n && memcmp(begin, text, n) == 0,
		    "its list is what the table prints");
	}
	free(text);
}

static void
test_dropin_example(void)
{
	struct told	 told;
	struct conf	*c = parse(whole_file("etc/workers.d/example.conf"),
			    &told);
	char		*all;

	ok(c != NULL && c->count[CONF_WORKER] == 0,
	    "the example of workers.d does nothing");
	conf_free(c);
	all = uncommented(whole_file("etc/workers.d/example.conf"));
	c = parse(all, &told);
	ok(c != NULL && c->count[CONF_WORKER] > 0,
	    "without its comments it is good: %s", told.text);
	conf_free(c);
	free(all);
}

int
main(void)
{
	test_sample();
	test_man();
	test_dropin_example();
	return tap_done();
}
