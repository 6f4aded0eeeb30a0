/*
 * watch.c - monitors, links, exit signals.
 *
 * Links follow OTP's present protocol.  An end that unlinks keeps its entry,
 * inactive under an id, until the other end has acknowledged that id; what a
 * dying peer sends meanwhile is ignored.  A LINK that meets an inactive entry
 * is older than the peer's knowledge of the unlink, and is ignored as well: a
 * newer one would come after the acknowledgement.
 *
 * Owns:    node->watches, watched and links.
 * Not here: when a process is dead (death.c), how it is ended (life.c).
 * Errors:  -1 and errno for what one process asks too much of.
 */
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"
#include "proc.h"
#include "stream.h"

static const struct cause	noproc = { "noproc", false };
static const struct cause	noconnection = { "noconnection", false };

/* ---- between the ends ---- */

static void	no_such_peer(struct node *, const struct signal_frame *,
		    const struct cause *);

static void
signal_send(struct node *n, const struct signal_frame *g)
{
	if (g->to.node == n->id)
		watch_receive(n, g);
	else if (n->acts->remote != NULL)
		n->acts->remote(n, g);
	else	/* no other node can be meant: an earlier incarnation */
		no_such_peer(n, g, &noproc);
}

/* What the sender of g gets when there is nobody to receive it. */
static void
no_such_peer(struct node *n, const struct signal_frame *g,
    const struct cause *why)
{
	struct signal_frame	back = { .from = g->to, .to = g->from,
				    .ref = g->ref, .cause = *why };

	if (g->kind == SIGNAL_MONITOR)
		back.kind = SIGNAL_DOWN;
	else if (g->kind == SIGNAL_LINK)
		back.kind = SIGNAL_LINK_EXIT;
	else if (g->kind == SIGNAL_UNLINK)
		back.kind = SIGNAL_UNLINK_ACK;
	else
		return;			/* the rest needs no answer */
	signal_send(n, &back);
}

/* ---- monitors ---- */

struct watch *
watch_find(struct proc *p, uint64_t ref)
{
	struct watch_key	 key = { p->serial, ref };
	struct watch		*w;

	HASH_FIND(hh, p->node->watches, &key, sizeof(key), w);
	return w;
}

static void
watch_free(struct watch *w)
{
	HASH_DEL(w->proc->node->watches, w);
	LIST_REMOVE(w, entry);
	w->proc->nwatches--;
	free(w);
}

static void
watched_free(struct watched *w)
{
	HASH_DEL(w->proc->node->watched, w);
	LIST_REMOVE(w, entry);
	free(w);
}

int
watch_monitor(struct proc *p, bool mailbox, uint64_t ref, struct pid target)
{
	struct signal_frame	 g = { .kind = SIGNAL_MONITOR, .ref = ref };
	struct watch		*w;

	if (watch_find(p, ref) != NULL) {
		errno = EEXIST;
		return -1;
	}
	if (p->nwatches >= NODE_WATCHES_MAX) {
		errno = EMFILE;
		return -1;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return -1;
	w->key = (struct watch_key){ p->serial, ref };
	w->proc = p;
	w->target = target;
	w->mailbox = mailbox || (ref & WIRE_REF_ATTACHED) == 0;
	HASH_ADD(hh, p->node->watches, key, sizeof(w->key), w);
	if (w->hh.tbl == NULL) {
		free(w);
		errno = ENOMEM;
		return -1;
	}
	LIST_INSERT_HEAD(&p->watches, w, entry);
	p->nwatches++;
	g.from = proc_pid(p);
	g.to = target;
	if (!pid_equal(g.from, target))		/* of oneself: never fires */
		signal_send(p->node, &g);
	return 0;
}

void
watch_demonitor(struct proc *p, uint64_t ref)
{
	struct signal_frame	 g = { .kind = SIGNAL_DEMONITOR, .ref = ref };
	struct watch		*w;

	if ((w = watch_find(p, ref)) == NULL)
		return;
	g.from = proc_pid(p);
	g.to = w->target;
	watch_free(w);
	signal_send(p->node, &g);
}

void
watch_demonitor_mailbox(struct proc *p, struct pid target)
{
	struct watch	*w, *next;

	for (w = LIST_FIRST(&p->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, entry);
		if (w->mailbox && pid_equal(w->target, target))
			watch_demonitor(p, w->key.ref);
	}
}

static void
watched_add(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);
	struct watched	*w;

	if (p == NULL) {
		no_such_peer(n, g, &noproc);
		return;
	}
	if ((w = calloc(1, sizeof(*w))) != NULL) {
		w->key.watcher = g->from;
		w->key.ref = g->ref;
		w->proc = p;
		HASH_ADD(hh, n->watched, key, sizeof(w->key), w);
		if (w->hh.tbl != NULL) {
			LIST_INSERT_HEAD(&p->watched, w, entry);
			return;
		}
		free(w);
	}
	no_such_peer(n, g, &noconnection);	/* out of memory: say so now */
}

static struct watched *
watched_find(struct node *n, const struct signal_frame *g)
{
	struct watched_key	 key = { g->from, g->ref };
	struct watched		*w;

	HASH_FIND(hh, n->watched, &key, sizeof(key), w);
	return w;
}

static void
send_down(struct proc *p, bool mailbox, uint64_t ref, struct pid dead,
    const struct cause *c)
{
	struct wire_head	 h = { .op = WIRE_DOWN, .ref = ref,
				    .from = dead };
	struct stream		*s;

	p->node->stats.downs++;
	h.flags = c->normal ? WIRE_F_NORMAL : 0;
	if (mailbox)
		stream_frame_to_proc(p, &h, c->text, strlen(c->text));
	else if ((s = stream_of_ref(p, ref)) != NULL)
		stream_frame(s, &h, c->text, strlen(c->text));
}

void
watch_refuse(struct proc *p, bool mailbox, uint64_t ref, struct pid target)
{
	send_down(p, mailbox || (ref & WIRE_REF_ATTACHED) == 0, ref, target,
	    &noconnection);
}

/* DOWN at the watcher: once, and only while it still watches. */
static void
down(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);
	struct watch	*w;
	bool		 mailbox;

	if (p == NULL || (w = watch_find(p, g->ref)) == NULL)
		return;
	mailbox = w->mailbox;
	watch_free(w);
	send_down(p, mailbox, g->ref, g->from, &g->cause);
}

/* ---- links ---- */

static struct link *
link_find(struct proc *p, struct pid peer)
{
	struct link_key	 key = { p->serial, peer };
	struct link	*l;

	HASH_FIND(hh, p->node->links, &key, sizeof(key), l);
	return l;
}

static struct link *
link_new(struct proc *p, struct pid peer)
{
	struct link	*l;

	if (p->nwatches >= NODE_WATCHES_MAX) {
		errno = EMFILE;
		return NULL;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->key = (struct link_key){ p->serial, peer };
	l->proc = p;
	HASH_ADD(hh, p->node->links, key, sizeof(l->key), l);
	if (l->hh.tbl == NULL) {
		free(l);
		errno = ENOMEM;
		return NULL;
	}
	LIST_INSERT_HEAD(&p->links, l, entry);
	p->nwatches++;
	return l;
}

static void
link_free(struct link *l)
{
	HASH_DEL(l->proc->node->links, l);
	LIST_REMOVE(l, entry);
	l->proc->nwatches--;
	free(l);
}

int
watch_link(struct proc *p, struct pid peer)
{
	struct signal_frame	 g = { .kind = SIGNAL_LINK, .to = peer };
	struct link		*l = link_find(p, peer);

	g.from = proc_pid(p);
	if (pid_equal(g.from, peer) || (l != NULL && l->unlinking == 0))
		return 0;
	if (l == NULL && link_new(p, peer) == NULL)
		return -1;
	if (l != NULL)
		l->unlinking = 0;	/* active again; the ack finds no id */
	signal_send(p->node, &g);
	return 0;
}

void
watch_unlink(struct proc *p, struct pid peer)
{
	struct signal_frame	 g = { .kind = SIGNAL_UNLINK, .to = peer };
	struct link		*l = link_find(p, peer);

	if (l == NULL || l->unlinking != 0)
		return;
	l->unlinking = g.ref = ++p->node->unlink_id;
	g.from = proc_pid(p);
	signal_send(p->node, &g);
}

static void
link_arrives(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);

	if (p == NULL)
		no_such_peer(n, g, &noproc);
	else if (link_find(p, g->from) == NULL && link_new(p, g->from) == NULL)
		no_such_peer(n, g, &noconnection);
}

static void
unlink_arrives(struct node *n, const struct signal_frame *g)
{
	struct signal_frame	 ack = { .kind = SIGNAL_UNLINK_ACK,
				    .from = g->to, .to = g->from,
				    .ref = g->ref };
	struct proc		*p = proc_by_pid(n, g->to);
	struct link		*l;

	if (p != NULL && (l = link_find(p, g->from)) != NULL &&
	    l->unlinking == 0)
		link_free(l);
	signal_send(n, &ack);
}

static void
unlink_acked(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);
	struct link	*l;

	if (p != NULL && (l = link_find(p, g->from)) != NULL &&
	    l->unlinking == g->ref)
		link_free(l);
}

/* ---- exit signals ---- */

/* Through a chain of links the cause names the first that broke. */
static void
cause_of_link(struct node *n, const struct signal_frame *g, struct cause *c)
{
	char	text[ADDRESS_SIZE];

	if (strncmp(g->cause.text, "linked ", 7) == 0)
		*c = g->cause;
	else
		cause_set(c, "linked %s: %s", node_pid_text(n, g->from, text),
		    g->cause.text);
}

static void
exit_arrives(struct node *n, const struct signal_frame *g, struct proc *p)
{
	struct wire_head	h = { .op = WIRE_EXITED };
	struct cause		c;

	if (p->trap) {
		h.from = g->from;
		h.flags = g->cause.normal ? WIRE_F_NORMAL : 0;
		stream_frame_to_proc(p, &h, g->cause.text,
		    strlen(g->cause.text));
		return;
	}
	if (g->cause.normal)
		return;
	n->stats.exits++;
	if (g->kind == SIGNAL_LINK_EXIT)
		cause_of_link(n, g, &c);
	else
		c = g->cause;
	life_order(p, &c, SIGTERM);
}

/* The peer of a link is dead; an entry that is not active ignores it. */
static void
link_exit_arrives(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);
	struct link	*l;

	if (p == NULL || (l = link_find(p, g->from)) == NULL)
		return;
	if (l->unlinking != 0)
		return;			/* its ack will come and free it */
	link_free(l);
	exit_arrives(n, g, p);
}

void
watch_refuse_link(struct proc *p, struct pid peer)
{
	struct signal_frame	g = { .kind = SIGNAL_LINK_EXIT, .from = peer,
				    .cause = noconnection };

	exit_arrives(p->node, &g, p);
}

void
watch_exit(struct proc *p, struct pid to, const char *text)
{
	struct signal_frame	g = { .kind = SIGNAL_EXIT, .to = to };
	char			by[ADDRESS_SIZE];

	g.from = proc_pid(p);
	node_pid_text(p->node, g.from, by);
	if (strcmp(text, "normal") == 0)
		cause_set(&g.cause, "normal");
	else if (text[0] == '\0')
		cause_set(&g.cause, "killed by %s", by);
	else
		cause_set(&g.cause, "killed by %s: %s", by, text);
	signal_send(p->node, &g);
}

void
watch_kill(struct proc *p, struct pid to)
{
	struct signal_frame	g = { .kind = SIGNAL_KILL, .to = to };
	char			by[ADDRESS_SIZE];

	g.from = proc_pid(p);
	cause_set(&g.cause, "killed by %s",
	    node_pid_text(p->node, g.from, by));
	signal_send(p->node, &g);
}

void
watch_receive(struct node *n, const struct signal_frame *g)
{
	struct watched	*w;
	struct proc	*p;

	switch (g->kind) {
	case SIGNAL_MONITOR:
		watched_add(n, g);
		break;
	case SIGNAL_DEMONITOR:
		if ((w = watched_find(n, g)) != NULL)
			watched_free(w);
		break;
	case SIGNAL_DOWN:
		down(n, g);
		break;
	case SIGNAL_LINK:
		link_arrives(n, g);
		break;
	case SIGNAL_UNLINK:
		unlink_arrives(n, g);
		break;
	case SIGNAL_UNLINK_ACK:
		unlink_acked(n, g);
		break;
	case SIGNAL_LINK_EXIT:
		link_exit_arrives(n, g);
		break;
	case SIGNAL_EXIT:
		if ((p = proc_by_pid(n, g->to)) != NULL)
			exit_arrives(n, g, p);
		break;
	case SIGNAL_KILL:
		if ((p = proc_by_pid(n, g->to)) != NULL)
			life_order(p, &g->cause, SIGKILL);
		break;
	}
}

/* ---- ends ---- */

/* What p watched: the other ends need not know of it any more. */
static void
watches_drop(struct proc *p)
{
	while (!LIST_EMPTY(&p->watches))
		watch_demonitor(p, LIST_FIRST(&p->watches)->key.ref);
}

void
watch_died(struct proc *p, const struct cause *c)
{
	struct signal_frame	 g = { .from = proc_pid(p), .cause = *c };
	struct watched		*w;
	struct link		*l;
	bool			 active;

	watches_drop(p);
	while ((w = LIST_FIRST(&p->watched)) != NULL) {
		g.kind = SIGNAL_DOWN;
		g.to = w->key.watcher;
		g.ref = w->key.ref;
		watched_free(w);
		signal_send(p->node, &g);
	}
	while ((l = LIST_FIRST(&p->links)) != NULL) {
		active = l->unlinking == 0;
		g.kind = SIGNAL_LINK_EXIT;
		g.to = l->key.peer;
		link_free(l);
		if (active)
			signal_send(p->node, &g);
	}
}

/* Who asked for p learns from the answer that it never was. */
static bool
knows_of(const struct proc *p, struct pid peer)
{
	return p->birth == NULL || pid_equal(p->birth->requester, peer);
}

static void
undo_watched(struct proc *p, struct watched *w)
{
	struct signal_frame	 g = { .kind = SIGNAL_DOWN,
				    .from = proc_pid(p), .to = w->key.watcher,
				    .ref = w->key.ref, .cause = noproc };
	struct proc		*peer = proc_by_pid(p->node, g.to);
	struct watch		*at;

	watched_free(w);
	if (!knows_of(p, g.to))
		signal_send(p->node, &g);
	else if (peer != NULL && (at = watch_find(peer, g.ref)) != NULL)
		watch_free(at);
}

static void
undo_link(struct proc *p, struct link *l)
{
	struct signal_frame	 g = { .kind = SIGNAL_LINK_EXIT,
				    .from = proc_pid(p), .to = l->key.peer,
				    .cause = noproc };
	struct proc		*peer = proc_by_pid(p->node, g.to);
	struct link		*at;

	link_free(l);
	if (!knows_of(p, g.to))
		signal_send(p->node, &g);
	else if (peer != NULL && (at = link_find(peer, g.from)) != NULL)
		link_free(at);
}

void
watch_undo(struct proc *p)
{
	struct watched	*w;
	struct link	*l;

	watches_drop(p);
	while ((w = LIST_FIRST(&p->watched)) != NULL)
		undo_watched(p, w);
	while ((l = LIST_FIRST(&p->links)) != NULL)
		undo_link(p, l);
}

void
watch_stream_closed(struct stream *s)
{
	struct watch	*w, *next;

	for (w = LIST_FIRST(&s->proc->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, entry);
		if (!w->mailbox && (w->key.ref & STREAM_BASE) == s->ref_base)
			watch_demonitor(s->proc, w->key.ref);
	}
}
