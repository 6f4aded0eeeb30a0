/*
 * chat_scene.h - several rooms of the chat server, and what is on its way
 * between them: one queue from each to each, as messages between processes.
 */
#ifndef CHAT_SCENE_H
#define CHAT_SCENE_H
#include <stdlib.h>

#include "../../worker/chat/room.h"
#include "tap.h"

#define ROOMS		3
#define CLIENTS		24
#define TEXT_SIZE	4096

enum { NEW, GONE, LINES, TELL, KICK, KICKED };

struct letter {
	struct letter	*next;
	int		 kind;
	char		 name[40], by[40], text[200];
	uint64_t	 number, by_number;
	bool		 done;
};

struct scene_client {
	struct guest	*guest;
	int		 room;
	char		 text[TEXT_SIZE];	/* all it was shown */
	bool		 ended, settled;
};

static struct {
	struct room		*room[ROOMS];
	int			 at[ROOMS];	/* its own number, for acts */
	struct letter		*way[ROOMS][ROOMS];
	bool			 cut[ROOMS][ROOMS];
	struct scene_client	 client[CLIENTS];
	uint64_t		 now;
} scene;

static struct msg_pid
scene_pid(int room)
{
	return (struct msg_pid){ 100 - (uint64_t)room, 3 };
}

static int
scene_room(struct msg_pid pid)
{
	return 100 - (int)pid.node;
}

/* ---- acts ---- */

static void
scene_show(void *arg, const char *lines, size_t n)
{
	struct scene_client	*c = arg;
	size_t			 at = strlen(c->text);

	if (c->ended)
		return;
	if (at + n >= sizeof(c->text)) {	/* long runs keep the end */
		memmove(c->text, c->text + at / 2, at - at / 2 + 1);
		at = strlen(c->text);
	}
	memcpy(c->text + at, lines, n);
	c->text[at + n] = '\0';
}

static void
scene_end(void *arg)
{
	((struct scene_client *)arg)->ended = true;
}

static void
scene_settled(void *arg)
{
	((struct scene_client *)arg)->settled = true;
}

static void
scene_post(int from, int to, const struct letter *l)
{
	struct letter	*copy, **end = &scene.way[from][to];

	if (scene.cut[from][to])
		return;
	if ((copy = malloc(sizeof(*copy))) == NULL)
		abort();
	*copy = *l;
	copy->next = NULL;
	while (*end != NULL)
		end = &(*end)->next;
	*end = copy;
}

static void
scene_cast(void *ctx, const struct letter *l)
{
	int	from = *(int *)ctx, to;

	for (to = 0; to < ROOMS; to++)
		if (to != from && scene.room[to] != NULL)
			scene_post(from, to, l);
}

static void
scene_set(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size)
		abort();
	memcpy(to, from, n);
	to[n] = '\0';
}

#define SET(l, field, text)						\
	scene_set((l).field, sizeof((l).field), text, strlen(text))

static void
scene_new(void *ctx, const struct user *u)
{
	struct letter	l = { .kind = NEW, .number = u->number };

	SET(l, name, u->name);
	scene_cast(ctx, &l);
}

static void
scene_gone(void *ctx, const struct user *u)
{
	struct letter	l = { .kind = GONE, .number = u->number };

	SET(l, name, u->name);
	scene_cast(ctx, &l);
}

static void
scene_lines(void *ctx, const char *lines, size_t n)
{
	struct letter	l = { .kind = LINES };

	scene_set(l.text, sizeof(l.text), lines, n);
	scene_cast(ctx, &l);
}

static void
scene_tell(void *ctx, const struct user *u, const char *line, size_t n)
{
	struct letter	l = { .kind = TELL, .number = u->number };

	SET(l, name, u->name);
	scene_set(l.text, sizeof(l.text), line, n);
	scene_post(*(int *)ctx, scene_room(u->home), &l);
}

static void
scene_kick(void *ctx, const struct user *u, const struct user *by)
{
	struct letter	l = { .kind = KICK, .number = u->number,
	    .by_number = by->number };

	SET(l, name, u->name);
	SET(l, by, by->name);
	scene_post(*(int *)ctx, scene_room(u->home), &l);
}

static void
scene_kicked(void *ctx, const struct user *by, const char *name, bool done)
{
	struct letter	l = { .kind = KICKED, .by_number = by->number,
	    .done = done };

	SET(l, name, name);
	SET(l, by, by->name);
	scene_post(*(int *)ctx, scene_room(by->home), &l);
}

static const struct room_acts	scene_acts = {
	.show = scene_show, .end = scene_end, .settled = scene_settled,
	.cast_new = scene_new, .cast_gone = scene_gone,
	.cast_lines = scene_lines, .tell = scene_tell, .kick = scene_kick,
	.kicked = scene_kicked
};

/* ---- what tests do ---- */

/* Takes the next letter of that way.  False: there is none. */
TAP_FN bool
scene_deliver(int from, int to)
{
	struct letter	*l = scene.way[from][to];
	struct room	*r = scene.room[to];
	struct user	 u;

	if (l == NULL)
		return false;
	u = (struct user){ l->name, scene_pid(from), l->number };
	scene.way[from][to] = l->next;
	switch (l->kind) {
	case NEW:
		room_on_new(r, &u);
		break;
	case GONE:
		room_on_gone(r, &u);
		break;
	case LINES:
		room_on_lines(r, l->text, strlen(l->text));
		break;
	case TELL:
		room_on_tell(r, l->name, l->number, l->text, strlen(l->text));
		break;
	case KICK:
		u = (struct user){ l->by, scene_pid(from), l->by_number };
		room_on_kick(r, l->name, l->number, &u);
		break;
	case KICKED:
		room_on_kicked(r, l->name, l->done, l->by, l->by_number);
		break;
	}
	free(l);
	return true;
}

TAP_FN void
scene_settle(void)
{
	int	from, to;
	bool	any;

	do {
		any = false;
		for (from = 0; from < ROOMS; from++)
			for (to = 0; to < ROOMS; to++)
				while (scene_deliver(from, to))
					any = true;
	} while (any);
}

TAP_FN void
scene_up(int rooms)
{
	int	i;

	for (i = 0; i < rooms; i++) {
		scene.at[i] = i;
		scene.room[i] = room_new(scene_pid(i), 32, 64, &scene_acts,
		    &scene.at[i]);
		if (scene.room[i] == NULL)
			abort();
	}
}

TAP_FN void
scene_line(int client, const char *line)
{
	struct scene_client	*c = &scene.client[client];
	char			*copy = strdup(line);

	if (copy == NULL)
		abort();
	scene.now++;
	room_line(scene.room[c->room], c->guest, copy, strlen(copy),
	    scene.now);
	free(copy);
}

/* It connects, and gives its name, if there is one. */
TAP_FN void
scene_enter(int client, int room, const char *name)
{
	struct scene_client	*c = &scene.client[client];

	*c = (struct scene_client){ .room = room };
	if ((c->guest = room_enter(scene.room[room], c)) == NULL)
		abort();
	if (name != NULL)
		scene_line(client, name);
}

TAP_FN void
scene_leave(int client)
{
	struct scene_client	*c = &scene.client[client];

	if (c->guest != NULL)
		room_leave(scene.room[c->room], &c->guest);
}

/* What it was shown since the last time. */
TAP_FN const char *
scene_shown(int client)
{
	static char	text[TEXT_SIZE];

	memcpy(text, scene.client[client].text, sizeof(text));
	scene.client[client].text[0] = '\0';
	return text;
}

/* Whatever is on its way from one is lost, and it is told so. */
TAP_FN void
scene_lose(int room, int of)
{
	struct letter	*l;

	while ((l = scene.way[of][room]) != NULL) {
		scene.way[of][room] = l->next;
		free(l);
	}
	room_on_lost(scene.room[room], scene_pid(of));
}

/* All users of one are told to another. */
TAP_FN void
scene_introduce(int room, int to)
{
	struct user	 users[CLIENTS];
	const char	*names[CLIENTS];
	uint64_t	 numbers[CLIENTS];
	size_t		 n = room_users(scene.room[room], users, CLIENTS), i;

	for (i = 0; i < n; i++) {
		names[i] = users[i].name;
		numbers[i] = users[i].number;
	}
	room_on_users(scene.room[to], scene_pid(room), names, numbers, n);
}

TAP_FN void
scene_down(void)
{
	int	i, k;

	for (i = 0; i < CLIENTS; i++)
		scene_leave(i);
	for (i = 0; i < ROOMS; i++) {
		for (k = 0; k < ROOMS; k++) {
			scene.cut[i][k] = false;
			if (scene.room[i] != NULL && scene.room[k] != NULL)
				scene_lose(k, i);
		}
	}
	for (i = 0; i < ROOMS; i++)
		if (scene.room[i] != NULL) {
			room_free(scene.room[i]);
			scene.room[i] = NULL;
		}
}

#endif /* CHAT_SCENE_H */
