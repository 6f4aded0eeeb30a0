/*
 * lines.c - the last captured lines, of all workers together.
 *
 * Owns:    world->lines, at most WORLD_LINES_MAX bytes of them.
 * Errors:  without memory a line is not kept.
 */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

static void
lines_drop_oldest(struct world *w)
{
	struct line	*l = TAILQ_FIRST(&w->lines);

	w->lines_bytes -= sizeof(*l) + l->len;
	TAILQ_REMOVE(&w->lines, l, entry);
	free(l);
}

void
lines_add(struct world *w, struct pid pid, const char *name,
    const char *text, size_t len)
{
	struct line	*l;

	if ((l = malloc(sizeof(*l) + len + 1)) == NULL)
		return;
	l->pid = pid;
	(void)strlcpy(l->name, name, sizeof(l->name));
	l->len = len;
	memcpy(l->text, text, len);
	l->text[len] = '\0';
	TAILQ_INSERT_TAIL(&w->lines, l, entry);
	w->lines_bytes += sizeof(*l) + len;
	while (w->lines_bytes > WORLD_LINES_MAX)
		lines_drop_oldest(w);
}

char *
lines_last(struct world *w, struct pid pid, size_t n)
{
	struct line	*l, *first = NULL;
	size_t		 size = 1, used = 0;
	char		*text;

	TAILQ_FOREACH_REVERSE(l, &w->lines, lines, entry) {
		if (!pid_equal(l->pid, pid))
			continue;
		if (n-- == 0)
			break;
		first = l;
		size += l->len + 1;
	}
	if (first == NULL || (text = malloc(size)) == NULL)
		return NULL;
	for (l = first; l != NULL; l = TAILQ_NEXT(l, entry))
		if (pid_equal(l->pid, pid)) {
			memcpy(text + used, l->text, l->len);
			used += l->len;
			text[used++] = '\n';
		}
	text[used - 1] = '\0';
	return text;
}

void
lines_release(struct world *w)
{
	while (!TAILQ_EMPTY(&w->lines))
		lines_drop_oldest(w);
}
