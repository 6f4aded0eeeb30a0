/*
 * guest.c - the control socket: connections that are processes.
 *
 * Who may connect is a matter of the socket's mode.  At most NODE_GUESTS_MAX
 * guests, NODE_GUESTS_UID_MAX of one user; who is one too many is told so, and
 * the oldest that has not yet said HELLO goes in its place, so that a flood of
 * silent connections keeps nobody out.
 *
 * Owns:    the listener, the count of guests, the time for HELLO.
 * Errors:  without descriptors or memory a guest is refused, and counted.
 */
#include "guest.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "death.h"
#include "life.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "proc.h"
#include "stream.h"

#define ACCEPTS_A_TURN	32
#define ACCEPT_PAUSE_MS	100

static int
peer_uid(int fd, uint32_t *uid)
{
	struct ucred	u;
	socklen_t	len = sizeof(u);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) == -1)
		return -1;		/* unknown is nobody: refused */
	*uid = u.uid;
	return 0;
}

static void
on_silence(void *arg)
{
	struct proc	*p = arg;
	struct cause	 c;

	p->node->now = mono_now();
	if (p->hello)
		return;
	p->node->stats.guests_refused++;
	cause_set(&c, "error: no hello");
	life_order(p, &c, SIGKILL);
}

/* Room for one more of this user: a silent one makes it, if need be. */
static bool
make_room(struct world *w, uint32_t uid)
{
	struct proc	*p, *next, *silent = NULL;
	struct cause	 c;
	unsigned int	 mine = 0;

	if (w->nguests < NODE_GUESTS_UID_MAX)
		return true;
	NODE_EACH(w->node.procs, p, next) {	/* oldest first */
		if (p->kind != PROC_GUEST || p->state != PROC_LIVE)
			continue;
		mine += p->uid == uid;
		if (silent == NULL && !p->hello &&
		    (p->uid == uid || w->nguests >= NODE_GUESTS_MAX))
			silent = p;
	}
	if (mine < NODE_GUESTS_UID_MAX && w->nguests < NODE_GUESTS_MAX)
		return true;
	w->node.stats.guests_refused++;
	if (silent == NULL)
		return false;
	cause_set(&c, "error: no hello");
	life_order(silent, &c, SIGKILL);
	return true;
}

/* A word before the door is closed, for who can read it. */
static void
refuse(int fd, const char *text)
{
	struct wire_head	h = { .op = WIRE_DONE };
	uint8_t			frame[WIRE_HEAD + 20 + 64] = { 0 };
	size_t			n = strlen(text);

	h.len = (uint32_t)(WIRE_HEAD + 20 + n);
	wire_put(frame, &h);
	frame[WIRE_HEAD + 3] = EMFILE;
	memcpy(frame + WIRE_HEAD + 20, text, n);
	(void)send(fd, frame, h.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void
admit(struct world *w, int fd)
{
	struct proc	*p;
	uint32_t	 uid;

	if (peer_uid(fd, &uid) == -1) {
		close(fd);
		return;
	}
	if (!make_room(w, uid)) {
		refuse(fd, "too many guests");
		return;
	}
	if ((p = proc_new(&w->node, PROC_GUEST, "guest", "")) == NULL) {
		close(fd);
		return;
	}
	p->uid = uid;
	w->nguests++;
	w->node.stats.guests++;
	if (stream_new(p, STREAM_GUEST, fd) == NULL ||
	    link_bind(p->main) == -1 || (p->timer = loop_timer_new(
	    w->node.loop, on_silence, p)) == NULL) {
		death_stillborn(p);
		return;
	}
	loop_timer_set(p->timer,
	    mono_after(w->node.now, MONO_MS(NODE_HELLO_MS)));
}

static int
accept_guest(struct world *w)
{
	struct sockaddr_un	a;
	socklen_t		len = sizeof(a);

	return accept4(w->listener, (struct sockaddr *)&a, &len,
	    SOCK_CLOEXEC);
}

/* Out of descriptors: the spare one lets us turn the caller away. */
static void
turn_away(struct world *w)
{
	int	fd;

	w->node.stats.guests_refused++;
	if (w->spare != -1) {
		close(w->spare);
		fd = accept_guest(w);
		if (fd != -1)
			refuse(fd, "out of descriptors");
		w->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	(void)loop_io_want(w->listener_io, 0);
	loop_timer_set(w->listener_timer,
	    mono_after(w->node.now, MONO_MS(ACCEPT_PAUSE_MS)));
}

static void
on_pause_over(void *arg)
{
	struct world	*w = arg;

	if (w->listener_io != NULL)
		(void)loop_io_want(w->listener_io, LOOP_READ);
}

static void
on_listener(void *arg, int what)
{
	struct world	*w = arg;
	int		 fd, i;

	(void)what;
	w->node.now = mono_now();
	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		fd = accept_guest(w);
		if (fd != -1)
			admit(w, fd);
		else if (errno == EMFILE || errno == ENFILE ||
		    errno == ENOMEM || errno == ENOBUFS) {
			turn_away(w);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

int
guest_open(struct world *w, int fd)
{
	w->listener = fd;
	w->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	w->listener_io = loop_io_new(w->node.loop, fd, on_listener, w);
	w->listener_timer = loop_timer_new(w->node.loop, on_pause_over, w);
	if (w->listener_io == NULL || w->listener_timer == NULL ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return -1;
	return loop_io_want(w->listener_io, LOOP_READ);
}

void
guest_close(struct world *w)
{
	loop_io_free(w->listener_io);
	loop_timer_free(w->listener_timer);
	w->listener_io = NULL;
	w->listener_timer = NULL;
	if (w->listener != -1)
		close(w->listener);
	if (w->spare != -1)
		close(w->spare);
	w->listener = w->spare = -1;
}

bool
guest_waiting(struct world *w)
{
	struct proc	*p, *next;

	NODE_EACH(w->node.procs, p, next)
		if (p->kind == PROC_GUEST && p->state == PROC_LIVE &&
		    stream_waiting(p) > 0)
			return true;
	return false;
}

void
guest_close_all(struct world *w, const struct cause *c)
{
	struct proc	*p, *next;

	NODE_EACH(w->node.procs, p, next)
		if (p->kind == PROC_GUEST)
			life_order(p, c, SIGKILL);
}
