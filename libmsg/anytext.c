/*
 * anytext.c - a message of any type as a line for people.
 *
 * Owns:    msg_any_text(), in a file of its own: it needs libtpl, and only
 *          programs that print such messages shall.
 * Errors:  NULL and errno.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "rtformat.h"

static int
print_pid(void *ctx, struct msg_pid pid, char *text, size_t size)
{
	char	address[MSG_ADDRESS_MAX];
	size_t	n;

	(void)ctx;
	n = strlen(msg_pid_format(pid, address));
	if (n < size)
		memcpy(text, address, n + 1);
	return (int)n;
}

/* TYPE FORMAT WORD... */
static char *
join(const struct msg_any *any, const struct rtformat_words *words)
{
	char	*text = NULL;
	size_t	 i, size;
	FILE	*f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	(void)fputs(any->type, f);
	if (any->format[0] != '\0')
		(void)fprintf(f, " %s", any->format);
	for (i = 0; i < words->n; i++)
		(void)fprintf(f, " %s", words->v[i]);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

char *
msg_any_text(const struct msg_any *any)
{
	struct text_pids	 pids = { .print = print_pid };
	struct rtformat_words	 words;
	char			*text;

	if (rtformat_decode(any->format, any->image.v, any->image.n, &pids,
	    &words) == -1)
		return NULL;
	text = join(any, &words);
	rtformat_release(&words);
	return text;
}
