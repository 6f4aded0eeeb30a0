/*
 * nodes.c - other nodes: their names, who is up, being told of them.
 *
 * Owns:    the names already learned, the list that msg_peers() lends.
 * Not here: notices on their way (self.c, receive.c); who is up (the relay).
 * Errors:  -1, or a list without pointer, and errno.
 */
#include "nodes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "question.h"
#include "request.h"
#include "self.h"
#include "send.h"

#define NAMES_MAX	1024		/* then the oldest is forgotten */
#define ID_SIZE		17		/* 16 hex digits, NUL */

/* ---- names ---- */

struct known {
	uint64_t	 id;
	char		 name[NAME_SIZE];
};

static struct map	 names;		/* id to struct known */
static struct known	*order[NAMES_MAX];	/* as learned, in a ring */
static size_t		 learned;

/* Without memory it is asked for again. */
void
nodes_learn(uint64_t id, const char *name)
{
	struct known	**place = &order[learned % NAMES_MAX], *k = *place;
	size_t		  n = strlen(name);

	if (n >= NAME_SIZE || map_get(&names, id) != NULL)
		return;
	if (k != NULL)
		(void)map_take(&names, k->id);
	else if ((k = *place = malloc(sizeof(*k))) == NULL)
		return;
	k->id = id;
	memcpy(k->name, name, n + 1);
	(void)map_put(&names, id, k);	/* else it only takes a place */
	learned++;
}

static void
on_node(void *ctx, const struct frame *row)
{
	(void)question_cell(row, "node", ctx, NAME_SIZE);
}

/* A name that is none would make an address that is none. */
static bool
ask_name(uint64_t id, char name[NAME_SIZE])
{
	char	word[ID_SIZE];
	int	error = errno, r;

	/* The frame that a predicate is looking at must stay where it is. */
	if (msg_process_.choosing)
		return false;
	(void)snprintf(word, sizeof(word), "%016" PRIx64, id);
	name[0] = '\0';
	r = question_ask("node", word, on_node, name);
	errno = error;
	if (r == -1 || !name_valid(name))
		return false;
	nodes_learn(id, name);
	return true;
}

bool
nodes_name(uint64_t id, char name[NAME_SIZE])
{
	const struct known	*k;

	if (self_open() == -1)
		return false;
	if (id == msg_process_.pid.node) {
		memcpy(name, msg_process_.node, NAME_SIZE);
		return true;
	}
	if ((k = map_get(&names, id)) == NULL)
		return ask_name(id, name);
	memcpy(name, k->name, NAME_SIZE);
	return true;
}

/* ---- ids ---- */

/* As it is written: 16 digits, no more and no less. */
static bool
read_id(const char *text, uint64_t *id)
{
	if (strlen(text) != ID_SIZE - 1 ||
	    strspn(text, "0123456789abcdef") != ID_SIZE - 1)
		return false;
	*id = strtoull(text, NULL, 16);
	return *id != 0;
}

int
msg_node_parse(const char *name, struct msg_node *out)
{
	char		address[NAME_SIZE + 1];
	struct pid	pid;

	out->id = 0;
	if (self_open() == -1)
		return -1;
	if (name[0] == '#' && read_id(name + 1, &out->id))
		return 0;
	if (!name_valid(name)) {
		errno = EINVAL;
		return -1;
	}
	if (strcmp(name, msg_process_.node) == 0) {
		out->id = msg_process_.pid.node;
		return 0;
	}
	(void)snprintf(address, sizeof(address), "@%s", name);
	if (request_make(WIRE_WHEREIS, 0, (struct pid){ 0, 0 }, address,
	    strlen(address), &pid) == -1)
		return -1;
	nodes_learn(pid.node, name);
	out->id = pid.node;
	return 0;
}

/* ---- who is up ---- */

struct list {
	const char	*role;		/* NULL: any */
	struct msg_node	*v;
	size_t		 n, cap;
	int		 error;
};

static struct list	peers;		/* lent to the program */

static void
list_add(struct list *l, uint64_t id)
{
	struct msg_node	*more;
	size_t		 cap = l->cap == 0 ? 16 : l->cap * 2;

	if (l->n == l->cap) {
		more = realloc(l->v, cap * sizeof(*more));
		if (more == NULL) {
			l->error = ENOMEM;
			return;
		}
		l->v = more;
		l->cap = cap;
	}
	l->v[l->n++].id = id;
}

/* One that is suspect has a session still: nobody was told that it is gone. */
static void
on_peer(void *ctx, const struct frame *row)
{
	char		state[16], text[ID_SIZE], name[NAME_SIZE],
			role[NAME_SIZE];
	struct list	*l = ctx;
	uint64_t	 id;

	if (!question_cell(row, "state", state, sizeof(state)) ||
	    (strcmp(state, "up") != 0 && strcmp(state, "suspect") != 0) ||
	    !question_cell(row, "id", text, sizeof(text)) ||
	    !read_id(text, &id))
		return;
	if (question_cell(row, "node", name, sizeof(name)) &&
	    name_valid(name))
		nodes_learn(id, name);
	if (l->role == NULL || (question_cell(row, "role", role,
	    sizeof(role)) && strcmp(role, l->role) == 0))
		list_add(l, id);
}

static struct msg_nodes
list_nodes(const char *role)
{
	static const struct msg_nodes	 none;
	const char			*mine = getenv("BROOD_ROLE");

	if (self_open() == -1)
		return none;
	peers.role = role;
	peers.n = 0;
	peers.error = 0;
	if (role == NULL || (mine != NULL && strcmp(role, mine) == 0))
		list_add(&peers, msg_process_.pid.node);
	if (question_ask("peers", NULL, on_peer, &peers) == -1)
		return none;
	if (peers.n == 0 && peers.v == NULL) {
		list_add(&peers, 0);	/* no pointer is NULL but a failure's */
		peers.n = 0;
	}
	if (peers.error == 0)
		return (struct msg_nodes){ peers.n, peers.v };
	errno = peers.error;
	return none;
}

struct msg_nodes
msg_peers(void)
{
	return list_nodes(NULL);
}

struct msg_nodes
msg_peers_by_role(const char *role)
{
	return list_nodes(role);
}

/* ---- being told ---- */

static void
drop_notices(void)
{
	struct mail	*mail;

	while ((mail = mailbox_first_of(self_mailbox(), LETTER_NODE, 0)) !=
	    NULL)
		mailbox_drop(self_mailbox(), mail);
}

int
msg_monitor_nodes(bool on)
{
	static const struct pid	nobody;

	if (self_open() == -1)
		return -1;
	if (on == msg_process_.nodes)
		return 0;
	msg_process_.nodes = on;
	if (send_frame(WIRE_NODES, on ? WIRE_F_ON : 0, nobody, 0, NULL, 0)
	    == -1)
		return -1;
	if (on)
		return 0;
	/* What is under way comes before the answer, and is dropped: switched
	   on again, the first notice is of that time. */
	drop_notices();
	return request_quietly(WIRE_SYNC, self_mint(), NULL, 0);
}
