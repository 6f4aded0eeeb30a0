/*
 * chat.c - the lecture's distributed chat server.
 *
 *	brood run -N 3 chat:master [PORT] [KEY=VALUE]...
 *	[worker chat]  program = chat, entry = chat_server, args = PORT ...
 *	nc localhost PORT
 *
 * Each server has its clients, and tells all others what they do.  Everything
 * happens in one thread around one loop (chat/loop.c says what of the lecture
 * that replaces); docs/chat.md says who tells whom what, and the rules.
 */
#include <sys/resource.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/clients.h"
#include "chat/listener.h"
#include "chat/loop.h"
#include "chat/room.h"
#include "chat/servers.h"
#include "chat/settings.h"
#include "chat/tell.h"
#include "msg.h"

#define EXIT_WRONG	100
#define EXIT_SYSTEM	111
#define LAST_MS		1000	/* for clients to hear that we end */

MSG_REMOTABLE(chat_server, (strs, words));
MSG_REMOTABLE(master, (strs, words));

struct chat {
	struct loop	*loop;
	struct listener	*listener;
	struct clients	*clients;
	struct servers	*servers;
	struct room	*room;
	uint64_t	 end;		/* at the latest; 0: not ending */
};

/* ---- a server ---- */

static bool
on_message(void *ctx)
{
	struct chat	*chat = ctx;

	return servers_message(chat->servers);
}

/* Clients first: what they lead to is told to servers in the same turn. */
static bool
on_turn(void *ctx)
{
	struct chat	*chat = ctx;
	bool		 stalled, again;

	if (loop_signalled(chat->loop) && chat->end == 0) {
		chat->end = loop_ms() + LAST_MS;
		listener_free(chat->listener);
		chat->listener = NULL;
		clients_end(chat->clients);
	}
	stalled = servers_turn(chat->servers);
	again = clients_turn(chat->clients, stalled);
	if (servers_turn(chat->servers))
		again = true;
	if (chat->listener != NULL && listener_turn(chat->listener))
		again = true;
	if (chat->end != 0 && (clients_none(chat->clients) ||
	    loop_ms() >= chat->end))
		loop_end(chat->loop);
	return again || chat->end != 0;
}

_Noreturn static void
out_of(const char *what)
{
	msg_say("chat: %s", what);
	exit(EXIT_SYSTEM);
}

/* As many connections as the system lets one have. */
static void
raise_descriptors(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static const struct loop_acts	loop_acts = { on_message, on_turn };
static const struct room_acts	room_acts = {
	.show = client_show, .end = client_end, .settled = client_settled,
	.cast_new = tell_new, .cast_gone = tell_gone,
	.cast_lines = tell_said, .tell = tell_one,
	.kick = tell_kick, .kicked = tell_kicked
};

static void
serve(const struct settings *settings)
{
	struct chat	 chat = { .end = 0 };
	char		 why[LISTENER_WHY];

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	raise_descriptors();
	chat.listener = listener_new(settings->address, settings->port, why);
	if (chat.listener == NULL)
		out_of(why);
	if ((chat.servers = servers_new(settings)) == NULL)
		exit(EXIT_SYSTEM);
	if ((chat.loop = loop_new(&loop_acts, &chat)) == NULL ||
	    (chat.clients = clients_new(settings, chat.loop)) == NULL ||
	    (chat.room = room_new(msg_self(), settings->name, settings->line,
	    &room_acts, chat.servers)) == NULL)
		out_of("out of memory");
	servers_room(chat.servers, chat.room);
	clients_room(chat.clients, chat.room);

	servers_meet(chat.servers);
	if (!listener_open(chat.listener, chat.loop, clients_add,
	    chat.clients))
		exit(EXIT_SYSTEM);
	(void)msg_ready();
	loop_run(chat.loop);

	clients_free(chat.clients);
	if (chat.listener != NULL)
		listener_free(chat.listener);
	room_free(chat.room);
	servers_free(chat.servers);
	loop_free(chat.loop);
}

static void
read_settings(struct settings *settings, const struct msg_strs *words)
{
	char	why[SETTINGS_WHY];

	if (settings_read(settings, words, why) == 0)
		return;
	msg_say("chat: %s", why);
	exit(EXIT_WRONG);
}

static void
chat_server(const struct chat_server *args)
{
	struct settings	settings;

	read_settings(&settings, &args->words);
	serve(&settings);
}

/* ---- the first of them ---- */

/* The same words with another port in front; port 0 is any, for all. */
static void
spawn_server(struct msg_node node, const struct msg_strs *words, size_t port)
{
	const char	**all;
	char		  text[16];
	size_t		  i, n = 0;
	struct msg_pid	  pid;

	if ((all = calloc(words->n + 1, sizeof(*all))) == NULL)
		out_of("out of memory");
	(void)snprintf(text, sizeof(text), "%zu", port);
	all[n++] = text;
	for (i = 0; i < words->n; i++)
		if (i > 0 || strchr(words->v[i], '=') != NULL)
			all[n++] = words->v[i];
	printf("spawning on %s\n", msg_node_text(node));
	pid = msg_spawn(node, MSG_CLOSURE(chat_server, .words = { n, all }));
	free(all);
	if (pid.serial == 0)
		msg_die("%s", msg_why());
}

static void
master(const struct master *args)
{
	struct settings		 settings;
	struct msg_nodes	 peers;
	size_t			 i;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	read_settings(&settings, &args->words);
	peers = msg_peers();
	if (settings.port != 0 && settings.port + peers.n > 65536)
		out_of("not enough ports above that one");
	/* The list begins with this node. */
	for (i = 1; i < peers.n; i++)
		spawn_server(peers.v[i], &args->words,
		    settings.port == 0 ? 0 : settings.port + i);
	serve(&settings);
}

/*
 * Both entries take any number of words, and an array's first word is their
 * count: it is put in front of them, so that nobody has to type it.
 */
int
main(int argc, char **argv)
{
	char	**words = calloc((size_t)argc + 2, sizeof(*words));
	char	  count[16];
	int	  i;

	if (words == NULL)
		return EXIT_SYSTEM;
	(void)snprintf(count, sizeof(count), "%d", argc > 1 ? argc - 1 : 0);
	words[0] = argv[0];
	words[1] = count;
	for (i = 1; i < argc; i++)
		words[i + 1] = argv[i];
	i = msg_main(argc + 1, words, MSG_TABLE(master, chat_server));
	free(words);
	return i;
}
