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
#include "names.h"
#include "output.h"
#include "proc.h"
#include "query.h"
#include "spawn.h"
#include "stream.h"

#define ORDER_FD	3
#define EXIT_SYSTEM	111
#define DEBT_MS		100
#define HEAP_KEPT	(1 << 20)	/* free bytes not given back */

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
	if (now != NULL && !dry_run)
		boot_reload(w, now);
	else
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

	link_turn(w);
	death_turn(&w->node);
	if (w->node.owing)
		pay_debts(w);
	output_turn(w);
	boot_turn(w);
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
	.event = live_event,
	.gone = link_gone,
};

/* ---- beginning and end ---- */

/* Blocks until the parent's first frame is whole. */
static void
read_init(struct conn *c, const struct conn_room *room, struct frame *f)
{
	ssize_t	n;
	int	got = 0;

	while (got == 0) {
		n = conn_fill(c, room, 0);
		if (n == 0)
			exit(EXIT_SYSTEM);	/* the parent knows why */
		if (n == -1 && errno != EAGAIN)
			err(EXIT_SYSTEM, "order link");
		if (n == -1)
			(void)poll(&(struct pollfd){ c->fd, POLLIN, 0 }, 1, -1);
		else
			got = conn_next(c, f);
	}
	if (got == -1 || f->h.op != WIRE_O_INIT)
		errx(EXIT_SYSTEM, "order link: no beginning");
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
	int		 listener, fd;

	w->room.cap = WORLD_ROOM;
	if ((w->room.p = malloc(w->room.cap)) == NULL)
		err(EXIT_SYSTEM, "memory");
	conn_init(&c, ORDER_FD, WIRE_P, WIRE_MAX);
	c.takes_fds = true;
	read_init(&c, &w->room, &f);
	if (conf_parse_text(&w->conf, (const char *)f.body, f.body_len,
	    &none) == -1)
		err(EXIT_SYSTEM, "configuration");
	if ((listener = conn_take_fd(&c)) == -1)
		err(EXIT_SYSTEM, "control socket");
	fd = conn_take_fd(&c);
	log = fd != -1 ? log_open_fd(fd,
	    (enum log_level)w->conf->node.log_level) :
	    log_open(w->conf->node.log, (enum log_level)w->conf->node.log_level,
	    "brood");
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
	owner_name(w, (uint32_t)f.h.ref);
	(void)conn_settle(&w->node.parent);
}

static void
end(struct world *w)
{
	struct proc	*p, *next;

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
