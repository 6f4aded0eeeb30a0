/*
 * relay.c - the relay's main program: puts node and system together.
 *
 * Started by the parent with one descriptor, the order link on fd 3.  The first
 * frame there brings the configuration and what else must be opened with
 * privileges; from then on this process has none.
 *
 * Owns:    struct world, the order link's reading, turns.
 * Not here: decisions.  This file alone knows everyone.
 * Errors:  before it is ready: a line on stderr and exit 111.  Afterwards only
 *          the loss of the parent ends it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ask.h"
#include "boot.h"
#include "buf.h"
#include "conf.h"
#include "death.h"
#include "guest.h"
#include "life.h"
#include "lines.h"
#include "link.h"
#include "live.h"
#include "log.h"
#include "loop.h"
#include "mesh.h"
#include "names.h"
#include "net.h"
#include "output.h"
#include "peer.h"
#include "proc.h"
#include "proxy.h"
#include "query.h"
#include "remote.h"
#include "session.h"
#include "spawn.h"
#include "stream.h"
#include "tcp.h"
#include "tcp_dial.h"

#define ORDER_FD	3
#define EXIT_SYSTEM	111
#define DEBT_MS		100
#define HEAP_KEPT	(1 << 20)	/* free bytes not given back */

/* ---- what the parent opened ---- */

static void
put_fd(int *slot, int fd)
{
	if (*slot != -1)
		close(*slot);
	*slot = fd;
}

/* -1: it was lost on the way, and what was there stays: to go on without a key
   would open the door. */
static int
on_keys(struct world *w, struct conn *c)
{
	int	fd = conn_take_fd(c);

	if (fd == -1)
		return -1;
	put_fd(&w->key_fd, fd);
	return 0;
}

/* It says all there is now: what it does not bring is closed.  -1: a part of it
   was lost on the way. */
static int
on_net(struct world *w, struct conn *c, const struct frame *f)
{
	bool	tcp = f->body[0] != 0, udp = f->body[1] != 0;
	size_t	n = f->body_len - 3;

	if (n > f->body[2])
		n = f->body[2];
	put_fd(&w->net_listener, tcp ? conn_take_fd(c) : -1);
	put_fd(&w->net_udp, udp ? conn_take_fd(c) : -1);
	memcpy(w->net_address, f->body + 3, n);
	w->net_address[n] = '\0';
	return tcp == (w->net_listener != -1) && udp == (w->net_udp != -1) ?
	    0 : -1;
}

/* ---- the order link ---- */

static void
on_order_writable(struct world *w)
{
	if (conn_flush(&w->node.parent) == 0)
		return;
	w->order_writing = false;
	(void)loop_io_want(w->order_io, LOOP_READ);
}

/* acts->order: sent at once when it can be, as most can. */
static void
order_waits(struct node *n)
{
	struct world	*w = world_of(n);

	if (w->order_writing || conn_flush(&n->parent) != 0)
		return;
	w->order_writing = true;
	(void)loop_io_want(w->order_io, LOOP_READ | LOOP_WRITE);
}

static struct conf *
read_conf(struct world *w, const char *text, size_t len)
{
	struct conf_sink	 none = { 0 };
	struct conf		*conf;

	if (conf_parse_text(&conf, text, len, &none) == 0)
		return conf;
	log_error(w->node.log, "configuration from the parent");
	return NULL;
}

/* The answer to a reload that a command asked for comes first; one that was
   good is followed by the configuration, also after a dry run. */
static void
on_conf(struct world *w, const struct frame *f)
{
	struct reload	*r = w->reload_good ? TAILQ_FIRST(&w->reloads) : NULL;
	bool		 dry_run = r != NULL && r->dry_run;
	struct conf	*now;

	now = read_conf(w, (const char *)f->body, f->body_len);
	if (w->reload_good)
		query_reloaded(w, now == NULL ? EINVAL : 0, "", now);
	w->reload_good = false;
	if (now != NULL && !dry_run) {
		if (*now->node.key_file == '\0')
			put_fd(&w->key_fd, -1);
		boot_reload(w, now);
		(void)net_open(w);
	} else
		conf_free(now);
}

static void
on_answer(struct world *w, const struct frame *f)
{
	int	 err = (int)get_u32(f->body);
	char	*text;

	if (err == 0) {
		w->reload_good = true;
		return;
	}
	text = strndup((const char *)f->body + 4, f->body_len - 4);
	query_reloaded(w, err, text, NULL);
	free(text);
}

static void
on_order(struct world *w, struct frame *f)
{
	struct node	*n = &w->node;
	struct proc	*p;

	switch (f->h.op) {
	case WIRE_O_SPAWNED:
		spawn_done(n, f);
		if ((p = proc_by_serial(n, f->h.to.serial)) != NULL)
			output_start(p);
		break;
	case WIRE_O_FAILED:
		spawn_failed(n, f);
		break;
	case WIRE_O_EXITED:
		death_exited(n, f);
		break;
	case WIRE_O_STOP:
		boot_stop(w);
		break;
	case WIRE_O_CONF:
		on_conf(w, f);
		break;
	case WIRE_O_ANSWER:
		on_answer(w, f);
		break;
	case WIRE_O_REOPENED:
		(void)log_replace_fd(n->log, conn_take_fd(&n->parent));
		break;
	case WIRE_O_KEYS:
		if (on_keys(w, &n->parent) == -1)
			log_error(n->log, "key file from the parent");
		break;
	case WIRE_O_NET:
		net_unwatch(w);
		if (on_net(w, &n->parent, f) == -1)
			log_error(n->log, "sockets from the parent");
		break;
	}
}

static void
on_parent(void *arg, int what)
{
	struct world	*w = arg;
	struct conn	*c = &w->node.parent;
	struct frame	 f;
	ssize_t		 got;
	int		 more;

	w->node.now = mono_now();
	if ((what & LOOP_WRITE) != 0)
		on_order_writable(w);
	if ((what & LOOP_READ) == 0)
		return;
	got = conn_fill(c, &w->room, 0);
	if (got == -1 && (errno == EAGAIN || errno == ENOMEM))
		return;
	while (got > 0 && (more = conn_next(c, &f)) != 0) {
		if (more == -1)
			errx(EXIT_SYSTEM, "order link: %s", c->why);
		on_order(w, &f);
	}
	if (got <= 0 || conn_settle(c) == -1) {
		/* Without the parent nobody can be started or buried. */
		w->stopped = true;
		loop_stop(w->node.loop);
	}
}

/* ---- turns ---- */

static void
on_debt(void *arg)
{
	(void)arg;			/* the turn that follows pays */
}

/* Now, or in a moment: without events there would be no turn. */
static void
pay_debts(struct world *w)
{
	life_owed(&w->node);
	if (!w->node.owing)
		return;
	if (w->debt == NULL)
		w->debt = loop_timer_new(w->node.loop, on_debt, w);
	if (w->debt != NULL)
		loop_timer_set(w->debt,
		    mono_after(mono_now(), MONO_MS(DEBT_MS)));
}

static void
turn(void *arg)
{
	struct world	*w = arg;

	/* Writing may find out that a connection is broken, and what that
	   means must not wait for the next event. */
	do {
		session_turn(&w->node);
		link_turn(w);
		death_turn(&w->node);
		if (w->node.owing)
			pay_debts(w);
		output_turn(w);
		boot_turn(w);
		proxy_turn(&w->node);
		tcp_turn(w);
	} while (w->node.unsettled);
	peer_bury(&w->node);
	if (w->stopped) {
		death_turn(&w->node);	/* the guests */
		if (w->node.parent.out_bytes == 0 ||
		    conn_flush(&w->node.parent) != 0)
			loop_stop(w->node.loop);
	}
}

static const struct node_acts acts = {
	.update = link_update,
	.order = order_waits,
	.deadline = link_deadline,
	.sockets = link_sockets,
	.drain = link_drain,
	.bind = link_bind,
	.query = query_frame,
	.remote = remote_signal,
	.event = live_event,
	.node_event = live_node_event,
	.gone = link_gone,
	.clock = net_clock,
	.random = net_random,
	.alarm = net_alarm,
	.push = tcp_push,
	.connect = tcp_dial,
	.connect_stop = tcp_dial_stop,
	.ask = mesh_ask,
	.begun = mesh_begun,
	.ended = mesh_ended,
};

/* ---- beginning and end ---- */

/* Bytes to the end of the frame that has begun, or of its header. */
static size_t
frame_rest(const struct conn *c)
{
	struct wire_head	 h;
	const uint8_t		*bytes;
	size_t			 n;

	if (conn_begun(c, &h, &bytes, &n))
		return h.len - n;
	return WIRE_HEAD - c->in_len;
}

/* Blocks until the parent's next frame is whole.  Not a byte beyond it is
   received: so no more descriptors wait than are its own. */
static void
read_frame(struct conn *c, const struct conn_room *room, struct frame *f)
{
	ssize_t	n;
	int	got;

	while ((got = conn_next(c, f)) == 0) {
		n = conn_fill(c, room, frame_rest(c));
		if (n == 0)
			exit(EXIT_SYSTEM);	/* the parent knows why */
		if (n == -1 && errno != EAGAIN)
			err(EXIT_SYSTEM, "order link");
		if (n == -1)
			(void)poll(&(struct pollfd){ c->fd, POLLIN, 0 }, 1, -1);
	}
	if (got == -1)
		errx(EXIT_SYSTEM, "order link: %s", c->why);
}

/* Behind the configuration, and before anybody is told that we are ready. */
static void
read_network(struct world *w, struct conn *c)
{
	struct frame	f;

	read_frame(c, &w->room, &f);
	if (f.h.op == WIRE_O_KEYS) {
		if (on_keys(w, c) == -1)
			err(EXIT_SYSTEM, "key file");
		read_frame(c, &w->room, &f);
	}
	if (f.h.op != WIRE_O_NET)
		errx(EXIT_SYSTEM, "order link: no network");
	if (on_net(w, c, &f) == -1)
		err(EXIT_SYSTEM, "sockets of the network");
}

/* fd: the file the parent has opened, if it is one. */
static struct log *
open_log(const struct conf_node *n, int fd)
{
	enum log_level	level = (enum log_level)n->log_level;

	return fd != -1 ? log_open_fd(fd, level) :
	    log_open(n->log, level, "brood");
}

static void
owner_name(struct world *w, uint32_t uid)
{
	const struct passwd	*pw = getpwuid(uid);

	w->node.owner_uid = uid;
	if (pw != NULL)
		(void)strlcpy(w->owner, pw->pw_name, sizeof(w->owner));
	else
		(void)snprintf(w->owner, sizeof(w->owner), "%u", uid);
}

static void
begin(struct world *w)
{
	struct conn	 c;
	struct frame	 f;
	struct conf_sink none = { 0 };
	struct log	*log;
	uint64_t	 id;
	uint32_t	 uid;
	int		 listener;

	w->room.cap = WORLD_ROOM;
	if ((w->room.p = malloc(w->room.cap)) == NULL)
		err(EXIT_SYSTEM, "memory");
	conn_init(&c, ORDER_FD, WIRE_P, WIRE_MAX);
	c.takes_fds = true;
	read_frame(&c, &w->room, &f);
	if (f.h.op != WIRE_O_INIT)
		errx(EXIT_SYSTEM, "order link: no beginning");
	uid = (uint32_t)f.h.ref;
	if (conf_parse_text(&w->conf, (const char *)f.body, f.body_len,
	    &none) == -1)
		err(EXIT_SYSTEM, "configuration");
	if ((listener = conn_take_fd(&c)) == -1)
		err(EXIT_SYSTEM, "control socket");
	log = open_log(&w->conf->node, conn_take_fd(&c));
	read_network(w, &c);
	arc4random_buf(&id, sizeof(id));
	node_init(&w->node, w->conf, log, &acts, id | 1, mono_now());
	w->node.world = w;
	w->node.parent = c;		/* its queue is still empty ... */
	TAILQ_INIT(&w->node.parent.out);	/* ... and points to itself */
	if ((w->node.loop = loop_new()) == NULL ||
	    guest_open(w, listener) == -1 || (w->order_io = loop_io_new(
	    w->node.loop, ORDER_FD, on_parent, w)) == NULL ||
	    loop_io_want(w->order_io, LOOP_READ) == -1)
		err(EXIT_SYSTEM, "loop");
	owner_name(w, uid);
	if (net_open(w) == -1)
		err(EXIT_SYSTEM, "network");
	(void)conn_settle(&w->node.parent);
}

static void
end(struct world *w)
{
	struct proc	*p, *next;

	net_close(w);
	NODE_EACH(w->node.procs, p, next)
		death_stillborn(p);
	stream_bury(&w->node);
	proc_bury(&w->node);
	guest_close(w);
	names_release(&w->node);
	query_release(w);
	live_release(w);
	lines_release(w);
	loop_io_free(w->order_io);
	loop_timer_free(w->debt);
	loop_free(w->node.loop);
	put_fd(&w->net_listener, -1);
	put_fd(&w->net_udp, -1);
	put_fd(&w->key_fd, -1);
	log_close(w->node.log);
	node_release(&w->node);
	conf_free(w->conf);
	free(w->room.p);
}

int
main(void)
{
	struct world	w;
	struct rlimit	l;

	memset(&w, 0, sizeof(w));
	w.listener = w.spare = -1;
	w.net_listener = w.net_udp = w.key_fd = -1;
	STAILQ_INIT(&w.resumed);
	TAILQ_INIT(&w.lines);
	TAILQ_INIT(&w.deaths);
	TAILQ_INIT(&w.reloads);
	LIST_INIT(&w.subs);
	/* Signals are the parent's: it stops us over the order link. */
#ifdef M_TRIM_THRESHOLD
	/* Queues come and go: a heap that shrinks and grows with each of them
	   costs a page fault every 4 KiB. */
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
#endif
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
	begin(&w);
	ask_plain(&w.node, WIRE_O_READY);
	boot_start(&w);
	if (loop_run(w.node.loop, turn, &w) == -1)
		err(EXIT_SYSTEM, "loop");
	end(&w);
	return 0;
}
