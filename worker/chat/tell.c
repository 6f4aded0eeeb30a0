/*
 * tell.c - telling another server what happens here: now, or when it takes it.
 *
 * Owns:    the stream to each server: how it begins, what waits for it, the
 *          lines of a turn that travel together.
 * Not here: who the servers are, when one is given up (servers.c).
 * Errors:  without memory a server is given up as if it were stalled.
 */
#include "tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "protocol.h"
#include "room.h"

struct server *
server_find(struct servers *s, struct msg_pid pid)
{
	struct server	*e;

	LIST_FOREACH(e, &s->list, next)
		if (msg_pid_equal(e->pid, pid))
			return e;
	return NULL;
}

void
tell_drop(struct server *e)
{
	struct post	*p;

	while ((p = STAILQ_FIRST(&e->posts)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->posts, next);
		free(p);
	}
	e->size = 0;
}

static int
send_users(struct servers *s, struct server *e, bool want)
{
	size_t		  n = room_users(s->room, NULL, 0), i;
	struct user	 *users = calloc(n + 1, sizeof(*users));
	const char	**names = calloc(n + 1, sizeof(*names));
	uint64_t	 *numbers = calloc(n + 1, sizeof(*numbers));
	int		  r = -1;

	if (users != NULL && names != NULL && numbers != NULL) {
		(void)room_users(s->room, users, n);
		for (i = 0; i < n; i++) {
			names[i] = users[i].name;
			numbers[i] = users[i].number;
		}
		r = msg_try_send(e->pid, chat_users, .want = want,
		    .names = { n, names }, .numbers = { n, numbers });
	}
	free(users);
	free(names);
	free(numbers);
	return r;
}

static int
server_send(struct servers *s, struct server *e, const struct post *p)
{
	return p->kind == POST_USERS ? send_users(s, e, p->flag) :
	    post_send(e->pid, p);
}

/*
 * Now, or behind what waits already.  Nothing is given up here: that would
 * change the room, which may be what called; servers_turn looks.
 */
static void
server_put(struct servers *s, struct server *e, const struct post *p)
{
	struct post	*copy;

	if (STAILQ_EMPTY(&e->posts)) {
		if (server_send(s, e, p) == 0)
			return;
		e->since = loop_ms();
	}
	if ((copy = post_copy(p)) == NULL) {
		e->size = SIZE_MAX;
		return;
	}
	STAILQ_INSERT_TAIL(&e->posts, copy, next);
	if (e->size != SIZE_MAX)
		e->size += post_size(copy);
}

void
tell_users(struct servers *s, struct server *e, bool want)
{
	struct post	p = { .kind = POST_USERS, .flag = want };

	e->told = true;
	server_put(s, e, &p);
}

void
tell_flush(struct servers *s, struct server *e)
{
	struct post	*p;

	while ((p = STAILQ_FIRST(&e->posts)) != NULL &&
	    server_send(s, e, p) == 0) {
		STAILQ_REMOVE_HEAD(&e->posts, next);
		e->size -= e->size == SIZE_MAX ? 0 : post_size(p);
		e->since = loop_ms();
		free(p);
	}
}

static void
cast(struct servers *s, const struct post *p)
{
	struct server	*e;

	LIST_FOREACH(e, &s->list, next)
		if (e->told)
			server_put(s, e, p);
}

void
tell_lines(struct servers *s)
{
	struct post	p = { .kind = POST_LINES, .text = s->batch,
	    .n = s->batched };

	s->batched = 0;
	if (p.n > 0)
		cast(s, &p);
}

void
tell_said(void *ctx, const char *lines, size_t n)
{
	struct servers	*s = ctx;
	struct post	 p = { .kind = POST_LINES, .text = lines, .n = n };

	if (n > BATCH_SIZE - s->batched)
		tell_lines(s);
	if (n > BATCH_SIZE) {
		cast(s, &p);
		return;
	}
	memcpy(s->batch + s->batched, lines, n);
	s->batched += n;
}

void
tell_new(void *ctx, const struct user *u)
{
	struct post	p = { .kind = POST_NEW, .name = u->name,
	    .number = u->number };

	tell_lines(ctx);
	cast(ctx, &p);
}

void
tell_gone(void *ctx, const struct user *u)
{
	struct post	p = { .kind = POST_GONE, .name = u->name,
	    .number = u->number };

	tell_lines(ctx);
	cast(ctx, &p);
}

/* To one server; to one that is given up, nothing. */
static void
send_one(struct servers *s, struct msg_pid home, const struct post *p)
{
	struct server	*e = server_find(s, home);

	tell_lines(s);
	if (e != NULL && e->told)
		server_put(s, e, p);
}

void
tell_one(void *ctx, const struct user *u, const char *line, size_t n)
{
	struct post	p = { .kind = POST_TELL, .name = u->name,
	    .number = u->number, .text = line, .n = n };

	send_one(ctx, u->home, &p);
}

void
tell_kick(void *ctx, const struct user *u, const struct user *by)
{
	struct post	p = { .kind = POST_KICK, .name = u->name,
	    .number = u->number, .by = by->name, .by_number = by->number };

	send_one(ctx, u->home, &p);
}

void
tell_kicked(void *ctx, const struct user *by, const char *name, bool done)
{
	struct post	p = { .kind = POST_KICKED, .name = name, .flag = done,
	    .by = by->name, .by_number = by->number };

	send_one(ctx, by->home, &p);
}

