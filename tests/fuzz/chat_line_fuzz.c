/*
 * chat_line_fuzz.c - what clients of a chat server type: whatever the bytes,
 * everyone is shown whole lines without anything harmful in them, and nobody
 * is shown anything after the end.
 *
 * The first byte of each piece says whose it is and how long; a piece without
 * bytes is the end of that client, who comes again.
 */
#include <stdlib.h>

#include "../../worker/chat/input.h"
#include "../../worker/chat/room.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define TYPISTS	4
#define LIMIT	64

struct typist {
	struct input	 in;
	struct guest	*guest;
	struct room	*room;
	bool		 ended;
};

static uint64_t	now;

static void
show(void *arg, const char *lines, size_t n)
{
	const struct typist	*t = arg;

	if (t->ended || n < 1 || lines[n - 1] != '\n' ||
	    !input_is_clean(lines, n - 1))
		abort();
}

static void
end(void *arg)
{
	((struct typist *)arg)->ended = true;
}

static void
settled(void *arg)
{
	(void)arg;
}

static void
cast_user(void *ctx, const struct user *u)
{
	(void)ctx;
	if (*u->name == '\0')
		abort();
}

static void
cast_lines(void *ctx, const char *lines, size_t n)
{
	(void)ctx;
	if (n < 1 || lines[n - 1] != '\n' || !input_is_clean(lines, n - 1))
		abort();
}

static void
tell(void *ctx, const struct user *u, const char *lines, size_t n)
{
	(void)u;
	cast_lines(ctx, lines, n);
}

static void
kick(void *ctx, const struct user *u, const struct user *by)
{
	cast_user(ctx, u);
	cast_user(ctx, by);
}

static void
kicked(void *ctx, const struct user *by, const char *name, bool done)
{
	(void)ctx, (void)by, (void)name, (void)done;
}

static const struct room_acts	acts = {
	show, end, settled, cast_user, cast_user, cast_lines, tell, kick,
	kicked
};

static bool
on_line(void *arg, char *line, size_t n)
{
	struct typist	*t = arg;

	room_line(t->room, t->guest, line, n, now++);
	return !t->ended;
}

static void
leave(struct typist *t)
{
	if (!t->ended)
		input_end(&t->in, on_line, t);
	input_release(&t->in);
	room_leave(t->room, &t->guest);
}

static void
enter(struct typist *t, struct room *r)
{
	*t = (struct typist){ .in = { .limit = LIMIT }, .room = r };
	if ((t->guest = room_enter(r, t)) == NULL)
		abort();
}

/* In memory of its own, so that its end is an edge. */
static void
type(struct typist *t, const uint8_t *bytes, size_t n)
{
	char	*copy = malloc(n);

	if (copy == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		copy[i] = (char)bytes[i];
	if (!t->ended)
		(void)input_put(&t->in, copy, n, on_line, t);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct room	*r = room_new((struct msg_pid){ 1, 1 }, 16, LIMIT,
			    &acts, NULL);
	struct user	 far = { "far", { 2, 1 }, 5 };
	struct typist	 typists[TYPISTS], *t;
	size_t		 i, n;

	if (r == NULL)
		return 0;
	now = 1;
	room_on_new(r, &far);
	for (i = 0; i < TYPISTS; i++)
		enter(&typists[i], r);
	for (; size > 0; data += n, size -= n) {
		t = &typists[data[0] % TYPISTS];
		n = data[0] / TYPISTS;
		data++, size--;
		if (n > size)
			n = size;
		if (n == 0) {
			leave(t);
			enter(t, r);
		} else {
			type(t, data, n);
		}
	}
	for (i = 0; i < TYPISTS; i++)
		leave(&typists[i]);
	room_free(r);
	return 0;
}
