/*
 * link.c - streams on sockets: what the node decides, done.
 *
 * One receive a stream and turn, into a room that all share: nobody starves the
 * rest, and an idle worker costs no buffer.
 *
 * Owns:    stream->io, proc->timer, the resumed list, the room.
 * Not here: what is in the frames (route.c), the control socket (guest.c).
 * Errors:  a socket that fails is a socket that ended.
 */
#include "link.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "conf_store.h"
#include "death.h"
#include "flow.h"
#include "life.h"
#include "live.h"
#include "loop.h"
#include "output.h"
#include "proxy.h"
#include "route.h"
#include "settings.h"
#include "stream.h"

#define SEND_BUFFER	(212 << 10)	/* kernel memory towards a worker */

/* ---- reading ---- */

/* The other end is closed: what that means is the kind's. */
static void
link_ended(struct stream *s)
{
	s->conn.eof = true;
	if (s->kind == STREAM_ATTACHED)
		death_attached(s);
	else if (s->kind == STREAM_GUEST)
		death_guest(s->proc);
	else
		link_update(s);		/* a worker's death is the parent's */
}

static void
link_starve(struct stream *s)
{
	struct node	*n = s->proc->node;

	s->starved = true;
	n->starved++;
	n->starved_at = n->frame_memory.used;
	link_update(s);
}

/* One receive.  > 0: bytes were read and routed. */
static ssize_t
link_read(struct stream *s, size_t limit)
{
	struct world	*w = world_of(s->proc->node);
	ssize_t		 n = conn_fill(&s->conn, &w->room, limit);

	if (n > 0) {
		route_frames(s);
		/* Without memory for its half frame it cannot go on. */
		if (!s->closed && conn_settle(&s->conn) == -1)
			death_bad_frame(s, "no memory for it");
	}
	return n;
}

static void
link_readable(struct stream *s)
{
	ssize_t	n = link_read(s, 0);

	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)))
		return;
	if (n == -1 && (errno == ENOBUFS || errno == ENOMEM))
		link_starve(s);
	else
		link_ended(s);
}

static void
on_stream(void *arg, int what)
{
	struct stream	*s = arg;

	s->proc->node->now = mono_now();
	if ((what & LOOP_WRITE) != 0) {
		stream_flush(s);
		if (s == s->proc->main)
			flow_drained(s->proc);
		if (s->sub != NULL)
			live_drained(s);
	}
	if (s->closed)
		return;
	if ((what & LOOP_READ) != 0)
		link_readable(s);
	else if ((what & LOOP_CLOSED) != 0)
		link_ended(s);
}

/* How much the dead left; asked once, when its exit is told. */
static void
tail_measure(struct stream *s)
{
	int	n = 0;

	if (s->tailed)
		return;
	s->tailed = true;
	if (ioctl(s->conn.fd, SIOCINQ, &n) == -1 || n < 0)
		n = 0;
	s->tail = (size_t)n;
}

static void
resume_later(struct stream *s)
{
	if (s->resuming)
		return;
	s->resuming = true;
	STAILQ_INSERT_TAIL(&world_of(s->proc->node)->resumed, s, later);
}

static int
wanted(const struct stream *s)
{
	int	what = 0;

	if (s->conn.out_bytes > 0 && s->hello)
		what |= LOOP_WRITE;
	if (s->proc->state != PROC_LIVE || s->broken || s->conn.eof)
		return what;
	if (!s->paused && !s->starved)
		return what | LOOP_READ;
	return s->kind == STREAM_WORKER ? what : what | LOOP_CLOSED;
}

void
link_update(struct stream *s)
{
	if (s->kind == STREAM_PROXY) {
		if (s->closed)
			live_stream_closed(s);
		else if (s->sub != NULL)
			live_drained(s);
		proxy_update(s);
		return;
	}
	if (s->io == NULL)
		return;
	if (s->closed) {
		live_stream_closed(s);
		if (s->resuming)
			STAILQ_REMOVE(&world_of(s->proc->node)->resumed, s,
			    stream, later);
		if (s->starved)
			s->proc->node->starved--;
		s->resuming = s->starved = false;
		loop_io_free(s->io);
		s->io = NULL;
		return;
	}
	if (s->proc->state == PROC_EXITED)
		tail_measure(s);
	/* What lies in its own memory no poll tells of. */
	if (!s->paused && s->conn.in_len >= WIRE_HEAD && s->conn.own != NULL)
		resume_later(s);
	(void)loop_io_want(s->io, wanted(s));
}

int
link_bind(struct stream *s)
{
	s->io = loop_io_new(s->proc->node->loop, s->conn.fd, on_stream, s);
	if (s->io == NULL)
		return -1;
	link_update(s);
	return 0;
}

/* ---- the end of a process ---- */

static void
drain_stream(struct stream *s)
{
	ssize_t	n;

	s->paused = false;	/* the dead wait for nobody */
	conn_unbudget(&s->conn);
	route_frames(s);
	while (s->tail > 0 && !s->closed && !s->broken) {
		if ((n = link_read(s, s->tail)) <= 0)
			break;
		s->tail -= (size_t)n;
	}
}

void
link_drain(struct proc *p)
{
	struct stream	*s, *next;

	if (p->kind == PROC_GUEST)
		return;			/* read to its end already */
	if (p->main != NULL)
		drain_stream(p->main);
	/* With those that came by an ATTACH in the tail. */
	for (s = LIST_FIRST(&p->attached); s != NULL; s = next) {
		next = LIST_NEXT(s, entry);
		drain_stream(s);
	}
	output_end(p);
}

static void
on_deadline(void *arg)
{
	struct proc	*p = arg;

	p->node->now = mono_now();
	life_deadline(p);
}

void
link_deadline(struct proc *p, struct mono when)
{
	if (when.ns == MONO_NEVER.ns) {
		loop_timer_free(p->timer);
		p->timer = NULL;
		return;
	}
	if (p->timer == NULL)
		p->timer = loop_timer_new(p->node->loop, on_deadline, p);
	if (p->timer == NULL)
		life_deadline(p);	/* no memory to be patient with */
	else
		loop_timer_set(p->timer, when);
}

void
link_gone(struct proc *p)
{
	output_free(p);
	if (p->kind == PROC_GUEST)
		world_of(p->node)->nguests--;
}

/* ---- the beginning of a worker ---- */

int
link_sockets(struct proc *p, int fds[CONN_FDS], size_t *nfds)
{
	const struct conf_program	*program;
	int				 sv[2], size = SEND_BUFFER / 2;

	*nfds = 0;
	program = conf_program(p->node->conf, p->program);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	/* The kernel doubles it.  Without it the bound is the default's. */
	(void)setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (stream_new(p, STREAM_WORKER, sv[0]) == NULL ||
	    link_bind(p->main) == -1)
		goto fail;
	fds[(*nfds)++] = sv[1];
	if (output_open(p, &fds[(*nfds)++]) == -1)
		goto fail_output;
	if (program != NULL && program->stderr_mode == CONF_STDERR_SEPARATE &&
	    output_open(p, &fds[(*nfds)++]) == -1) {
		close(fds[1]);
		goto fail_output;
	}
	return 0;
 fail_output:
	*nfds = 0;
 fail:
	close(sv[1]);
	return -1;
}

/* ---- turns ---- */

/* Memory for large frames was given back: everyone who waited may try. */
static void
feed_the_starved(struct node *n)
{
	struct proc	*p, *next;
	struct stream	*s;

	if (n->starved == 0 || n->frame_memory.used >= n->starved_at)
		return;
	n->starved = 0;
	NODE_EACH(n->procs, p, next) {
		if (p->main != NULL && p->main->starved) {
			p->main->starved = false;
			link_update(p->main);
		}
		LIST_FOREACH(s, &p->attached, entry)
			if (s->starved) {
				s->starved = false;
				link_update(s);
			}
	}
}

void
link_turn(struct world *w)
{
	struct stream	*s;

	while ((s = STAILQ_FIRST(&w->resumed)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->resumed, later);
		s->resuming = false;
		if (s->proc->state == PROC_LIVE)
			route_frames(s);
	}
	feed_the_starved(&w->node);
}
