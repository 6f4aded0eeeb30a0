/*
 * servers.c - the other chat servers: finding them, telling them, losing them.
 *
 * To each other server there is a stream of what happens here, begun by all
 * our users (told) and one from it, begun by all of its (heard).  Messages
 * between two processes keep their order and none is missing, but where we
 * are told so by a death, or where we ourselves gave up a server that took
 * nothing any more; after either, both streams are begun anew.
 *
 * Owns:    the list of servers, who is believed, how long one may be stalled.
 * Not here: what waits for one (tell.c), what messages mean (room_others.c).
 * Errors:  a server for which there is no memory is not known.
 */
#include "servers.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "protocol.h"
#include "room.h"
#include "settings.h"
#include "tell.h"

#define NAME		"chat"
#define MEET_MS		3000

/* ---- one server ---- */

/* Whoever speaks to us as a server is one, and is watched from then on. */
static struct server *
server_get(struct servers *s, struct msg_pid pid)
{
	struct server	*e = server_find(s, pid);

	if (e != NULL || msg_pid_equal(pid, s->self))
		return e;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->pid = pid;
	STAILQ_INIT(&e->posts);
	if ((e->ref = msg_monitor(pid)) == 0) {
		free(e);
		return NULL;
	}
	LIST_INSERT_HEAD(&s->list, e, next);
	return e;
}

static void
server_free(struct server *e)
{
	tell_drop(e);
	LIST_REMOVE(e, next);
	free(e);
}

/* It took nothing for too long, or too much waits for it.  For our users it is
   gone; it is asked to begin anew as soon as it takes something. */
static void
server_give_up(struct servers *s, struct server *e)
{
	msg_say("server on %s is stalled", msg_pid_text(e->pid));
	tell_drop(e);
	e->told = e->heard = false;
	e->lost = true;
	room_on_lost(s->room, e->pid);
}

/* ---- what they say ---- */

/* A server whose stream has not begun, or was broken off, says nothing. */
static bool
heard(struct servers *s, struct msg_pid pid)
{
	struct server	*e = server_find(s, pid);

	return e != NULL && e->heard;
}

static void
on_hello(const struct chat_hello *m, void *arg)
{
	struct servers	*s = arg;
	struct server	*e = server_get(s, m->msg.sender);

	if (e == NULL)
		return;
	e->lost = false;
	tell_users(s, e, true);
}

static void
on_users(const struct chat_users *m, void *arg)
{
	struct servers	*s = arg;
	struct server	*e = server_get(s, m->msg.sender);

	if (e == NULL || m->names.n != m->numbers.n)
		return;
	if (!e->heard)
		printf("%s received server info from %s\n",
		    msg_pid_text(s->self), msg_pid_text(e->pid));
	e->heard = true;
	/* It runs, so it is not lost; but it must hear of us from the start. */
	if (m->want || e->lost || !e->told)
		tell_users(s, e, e->lost);
	e->lost = false;
	room_on_users(s->room, e->pid, m->names.v, m->numbers.v, m->names.n);
}

static void
on_new(const struct chat_new *m, void *arg)
{
	struct servers	*s = arg;
	struct user	 u = { m->name, m->msg.sender, m->number };

	if (heard(s, m->msg.sender))
		room_on_new(s->room, &u);
}

static void
on_gone(const struct chat_gone *m, void *arg)
{
	struct servers	*s = arg;
	struct user	 u = { m->name, m->msg.sender, m->number };

	if (heard(s, m->msg.sender))
		room_on_gone(s->room, &u);
}

static void
on_lines(const struct chat_lines *m, void *arg)
{
	struct servers	*s = arg;

	if (heard(s, m->msg.sender))
		room_on_lines(s->room, m->text.v, m->text.n);
}

static void
on_tell(const struct chat_tell *m, void *arg)
{
	struct servers	*s = arg;

	if (heard(s, m->msg.sender))
		room_on_tell(s->room, m->name, m->number, m->text.v,
		    m->text.n);
}

static void
on_kick(const struct chat_kick *m, void *arg)
{
	struct servers	*s = arg;
	struct user	 by = { m->by, m->msg.sender, m->by_number };

	if (heard(s, m->msg.sender))
		room_on_kick(s->room, m->name, m->number, &by);
}

static void
on_kicked(const struct chat_kicked *m, void *arg)
{
	struct servers	*s = arg;

	if (heard(s, m->msg.sender))
		room_on_kicked(s->room, m->name, m->done, m->by, m->by_number);
}

static void
on_down(struct servers *s, const struct msg_down *down)
{
	struct server	*e = server_find(s, down->pid);

	if (e == NULL || e->ref != down->ref)
		return;
	msg_say("server on %s has died", msg_pid_text(down->pid));
	server_free(e);
	room_on_lost(s->room, down->pid);
}

/* By name: whoever it is there.  That of a node without one hears nothing. */
static void
on_node(const struct msg_node_event *node)
{
	char	address[sizeof(NAME "@") + sizeof(node->name)];

	if (!node->up)
		return;
	(void)snprintf(address, sizeof(address), NAME "@%s", node->name);
	(void)msg_send_name(address, chat_hello);
}

bool
servers_message(struct servers *s)
{
	struct msg_down		down;
	struct msg_node_event	node;
	struct msg_any		any;

	switch (msg_receive(0,
	    MSG_HANDLE(chat_lines, on_lines, s),
	    MSG_HANDLE(chat_new, on_new, s),
	    MSG_HANDLE(chat_gone, on_gone, s),
	    MSG_HANDLE(chat_tell, on_tell, s),
	    MSG_HANDLE(chat_kick, on_kick, s),
	    MSG_HANDLE(chat_kicked, on_kicked, s),
	    MSG_HANDLE(chat_users, on_users, s),
	    MSG_HANDLE(chat_hello, on_hello, s),
	    MSG_MATCH_DOWN(&down),
	    MSG_MATCH_NODE(&node),
	    MSG_MATCH_ANY(&any))) {
	case MSG_ERROR:
	case MSG_TIMEOUT:
		return false;
	case 8:
		on_down(s, &down);
		break;
	case 9:
		on_node(&node);
		break;
	case 10:
		msg_release_any(&any);		/* not for us */
		break;
	}
	return true;
}

/* ---- those that take nothing ---- */

static bool
takes(const struct server *e)
{
	return msg_receive(0, MSG_MATCH_WRITABLE(e->pid)) == 0;
}

bool
servers_turn(struct servers *s)
{
	struct server	*e, *next;
	bool		 stalled = false;

	tell_lines(s);
	for (e = LIST_FIRST(&s->list); e != NULL; e = next) {
		next = LIST_NEXT(e, next);
		if (e->lost && takes(e)) {
			e->lost = false;
			tell_users(s, e, true);
		}
		if (STAILQ_EMPTY(&e->posts))
			continue;
		if (takes(e))
			tell_flush(s, e);
		if (e->size > s->settings->stall_bytes ||
		    (!STAILQ_EMPTY(&e->posts) &&
		    loop_ms() - e->since > s->settings->stall))
			server_give_up(s, e);
		stalled = stalled || !STAILQ_EMPTY(&e->posts);
	}
	return stalled;
}

/* ---- the beginning and the end ---- */

struct servers *
servers_new(const struct settings *settings)
{
	struct servers	*s;
	struct msg_pid	 owner;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		msg_say("chat: %s", strerror(errno));
		return NULL;
	}
	LIST_INIT(&s->list);
	s->settings = settings;
	s->self = msg_self();
	/* Under supervision, or spawned by that name, we have it already. */
	if (msg_register(NAME) == 0)
		return s;
	if (errno == EEXIST && msg_whereis(NAME, &owner) == 0 &&
	    msg_pid_equal(owner, s->self))
		return s;
	msg_say("chat: the name " NAME " is not to be had on this node: %s",
	    errno == EEXIST ? "another process has it" : strerror(errno));
	free(s);
	return NULL;
}

void
servers_free(struct servers *s)
{
	while (!LIST_EMPTY(&s->list))
		server_free(LIST_FIRST(&s->list));
	free(s);
}

void
servers_room(struct servers *s, struct room *room)
{
	s->room = room;
}

static bool
met(const struct servers *s)
{
	const struct server	*e;

	LIST_FOREACH(e, &s->list, next)
		if (!e->heard)
			return false;
	return true;
}

/* A server that comes after our name is registered finds us, not we it; so
   each pair meets, and some twice, which is harmless. */
void
servers_meet(struct servers *s)
{
	struct pollfd		mail = { .fd = msg_fd(), .events = POLLIN };
	struct msg_nodes	nodes;
	struct msg_pid		pid;
	struct server		*e;
	uint64_t		until;
	size_t			i;
	char			address[MSG_ADDRESS_MAX + sizeof(NAME "@")];

	if (msg_monitor_nodes(true) == -1 || (nodes = msg_peers()).v == NULL)
		return;
	for (i = 0; i < nodes.n; i++) {
		(void)snprintf(address, sizeof(address), NAME "@%s",
		    msg_node_text(nodes.v[i]));
		if (nodes.v[i].id != s->self.node &&
		    msg_whereis(address, &pid) == 0 &&
		    (e = server_get(s, pid)) != NULL && !e->told)
			tell_users(s, e, true);
	}
	for (until = loop_ms() + MEET_MS; !met(s) && loop_ms() < until;)
		if (!servers_message(s) && msg_pump() == 0)
			(void)poll(&mail, 1, MEET_MS);
}
