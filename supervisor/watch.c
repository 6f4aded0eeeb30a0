/*
 * watch.c - monitors, links, exit signals.
 *
 * Links follow OTP's present protocol.  An end that unlinks keeps its entry,
 * inactive under an id, until the other end has acknowledged that id; what a
 * dying peer sends meanwhile is ignored.  A LINK that meets an inactive entry
 * is older than the peer's knowledge of the unlink, and is ignored as well: a
 * newer one would come after the acknowledgement.
 *
 * Both ends of monitors and links in one file: each half is wrong or right only
 * beside the other.
 *
 * Owns:    the protocol between the ends.
 * Not here: the entries (ends.c), when a process is dead (death.c), how it is
 *          ended (life.c).
 * Errors:  -1 and errno for what one process asks too much of.
 */
#include "watch.h"

#include <signal.h>
#include <string.h>

#include "ends.h"
#include "life.h"
#include "peer.h"
#include "proc.h"
#include "stream.h"

static const struct cause	noproc = { "noproc", false };
static const struct cause	noconnection = { "noconnection", false };
static const struct cause	closed = { "closed", true };

/* ---- between the ends ---- */

static void	no_such_peer(struct node *, const struct signal_frame *,
		    const struct cause *);

static void
signal_send(struct node *n, const struct signal_frame *g)
{
	const struct cause	*why;

	if (g->to.node == n->id)
		watch_receive(n, g);
	else if ((why = n->acts->remote(n, g)) != NULL)
		no_such_peer(n, g, why);
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

struct stream *
watch_caller(struct proc *p, uint64_t ref)
{
	struct watch	*w = ends_watch(p, ref);

	return w != NULL && w->call ? stream_of_ref(p, ref) : NULL;
}

int
watch_monitor_born(struct proc *p, bool mailbox, uint64_t ref,
    struct pid target)
{
	mailbox = mailbox || (ref & WIRE_REF_ATTACHED) == 0;
	return ends_watch_new(p, ref, target, mailbox) == NULL ? -1 : 0;
}

int
watch_monitor(struct proc *p, bool mailbox, uint64_t ref, struct pid target,
    uint64_t port)
{
	struct signal_frame	g = { .kind = SIGNAL_MONITOR, .ref = ref,
				    .to = target, .port = port };

	if (watch_monitor_born(p, mailbox, ref, target) == -1)
		return -1;
	g.from = proc_pid(p);
	/* Of oneself it never fires; a port of one's own may be closed. */
	if (port != 0 || !pid_equal(g.from, target))
		signal_send(p->node, &g);
	return 0;
}

void
watch_demonitor(struct proc *p, uint64_t ref)
{
	struct signal_frame	 g = { .kind = SIGNAL_DEMONITOR, .ref = ref };
	struct watch		*w;

	if ((w = ends_watch(p, ref)) == NULL)
		return;
	g.from = proc_pid(p);
	g.to = w->target;
	ends_watch_free(w);
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

int
watch_watched(struct proc *p, struct pid watcher, uint64_t ref)
{
	/* Twice the same is one. */
	return ends_watched(p->node, watcher, ref) == NULL &&
	    ends_watched_new(p, watcher, ref) == NULL ? -1 : 0;
}

/*
 * Only the owner knows whether there is such a port; while somebody watches it
 * has been asked, and will say when it is closed.
 */
static int
port_watched(struct proc *p, const struct signal_frame *g)
{
	struct wire_head	 h = { .op = WIRE_PORT_WATCHED,
				    .ref = g->port };
	struct watched		*w = ends_watched(p->node, g->from, g->ref);
	bool			 asked = ends_port(p, g->port) != NULL;

	if (w->port != NULL)
		return 0;
	if (ends_port_add(w, g->port) == -1) {
		ends_watched_free(w);
		return -1;
	}
	if (!asked && p->state != PROC_EXITED)
		stream_frame_to_proc(p, &h, NULL, 0);
	return 0;
}

static void
monitor_arrives(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);

	if (p == NULL)
		no_such_peer(n, g, &noproc);
	else if (watch_watched(p, g->from, g->ref) == -1 ||
	    (g->port != 0 && port_watched(p, g) == -1))
		no_such_peer(n, g, &noconnection);	/* no memory */
}

/* Entry by entry: what one of them sets off may take away others. */
void
watch_port_closed(struct proc *p, uint64_t id)
{
	struct signal_frame	 g = { .kind = SIGNAL_DOWN,
				    .from = proc_pid(p), .cause = closed };
	struct port		*port;
	struct watched		*w;

	while ((port = ends_port(p, id)) != NULL) {
		w = LIST_FIRST(&port->watched);
		g.to = w->key.watcher;
		g.ref = w->key.ref;
		ends_watched_free(w);
		signal_send(p->node, &g);
	}
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

	if (p == NULL || (w = ends_watch(p, g->ref)) == NULL)
		return;
	mailbox = w->mailbox;
	ends_watch_free(w);
	send_down(p, mailbox, g->ref, g->from, &g->cause);
}

/* ---- links ---- */

int
watch_link(struct proc *p, struct pid peer)
{
	struct signal_frame	 g = { .kind = SIGNAL_LINK, .to = peer };
	struct link		*l = ends_link(p, peer);

	g.from = proc_pid(p);
	if (pid_equal(g.from, peer) || (l != NULL && l->unlinking == 0))
		return 0;
	if (l == NULL && ends_link_new(p, peer) == NULL)
		return -1;
	if (l != NULL)
		l->unlinking = 0;	/* active again; the ack finds no id */
	signal_send(p->node, &g);
	return 0;
}

int
watch_link_born(struct proc *p, struct pid child)
{
	return ends_link(p, child) != NULL || ends_link_new(p, child) != NULL ?
	    0 : -1;
}

void
watch_unlink(struct proc *p, struct pid peer)
{
	struct signal_frame	 g = { .kind = SIGNAL_UNLINK, .to = peer };
	struct link		*l = ends_link(p, peer);

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
	else if (watch_link_born(p, g->from) == -1)
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

	if (p != NULL && (l = ends_link(p, g->from)) != NULL &&
	    l->unlinking == 0)
		ends_link_free(l);
	signal_send(n, &ack);
}

static void
unlink_acked(struct node *n, const struct signal_frame *g)
{
	struct proc	*p = proc_by_pid(n, g->to);
	struct link	*l;

	if (p != NULL && (l = ends_link(p, g->from)) != NULL &&
	    l->unlinking == g->ref)
		ends_link_free(l);
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
		cause_set(c, "linked %s: %s", peer_pid_text(n, g->from, text),
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

	if (p == NULL || (l = ends_link(p, g->from)) == NULL)
		return;
	if (l->unlinking != 0)
		return;			/* its ack will come and free it */
	ends_link_free(l);
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
	peer_pid_text(p->node, g.from, by);
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
	    peer_pid_text(p->node, g.from, by));
	signal_send(p->node, &g);
}

void
watch_receive(struct node *n, const struct signal_frame *g)
{
	struct watched	*w;
	struct proc	*p;

	switch (g->kind) {
	case SIGNAL_MONITOR:
		monitor_arrives(n, g);
		break;
	case SIGNAL_DEMONITOR:
		if ((w = ends_watched(n, g->from, g->ref)) != NULL)
			ends_watched_free(w);
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
		ends_watched_free(w);
		signal_send(p->node, &g);
	}
	while ((l = LIST_FIRST(&p->links)) != NULL) {
		active = l->unlinking == 0;
		g.kind = SIGNAL_LINK_EXIT;
		g.to = l->key.peer;
		ends_link_free(l);
		if (active)
			signal_send(p->node, &g);
	}
}

/* In place of what the other node would have sent. */
static void
lost(struct node *n, enum signal_kind kind, struct pid from, struct proc *to,
    uint64_t ref, const struct cause *c)
{
	struct signal_frame	g = { .kind = kind, .from = from, .ref = ref,
				    .cause = *c };

	g.to = proc_pid(to);
	watch_receive(n, &g);
}

void
watch_node_down(struct node *n, uint64_t id, const struct cause *c)
{
	struct watch	*w, *nextw;
	struct watched	*d, *nextd;
	struct link	*l, *nextl;

	NODE_EACH(n->watches, w, nextw)
		if (w->target.node == id)
			lost(n, SIGNAL_DOWN, w->target, w->proc, w->key.ref,
			    c);
	NODE_EACH(n->watched, d, nextd)
		if (d->key.watcher.node == id)
			ends_watched_free(d);
	NODE_EACH(n->links, l, nextl) {
		if (l->key.peer.node != id)
			continue;
		if (l->unlinking != 0)
			ends_link_free(l);	/* its ack is lost */
		else
			lost(n, SIGNAL_LINK_EXIT, l->key.peer, l->proc, 0, c);
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

	ends_watched_free(w);
	if (!knows_of(p, g.to))
		signal_send(p->node, &g);
	else if (peer != NULL && (at = ends_watch(peer, g.ref)) != NULL)
		ends_watch_free(at);
}

static void
undo_link(struct proc *p, struct link *l)
{
	struct signal_frame	 g = { .kind = SIGNAL_LINK_EXIT,
				    .from = proc_pid(p), .to = l->key.peer,
				    .cause = noproc };
	struct proc		*peer = proc_by_pid(p->node, g.to);
	struct link		*at;

	ends_link_free(l);
	if (!knows_of(p, g.to))
		signal_send(p->node, &g);
	else if (peer != NULL && (at = ends_link(peer, g.from)) != NULL)
		ends_link_free(at);
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
