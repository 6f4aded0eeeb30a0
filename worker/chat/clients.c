/*
 * clients.c - the connections of this server.
 *
 *	open	is read; when its end is read, it is
 *	half	no more comes; it waits for answers of other servers, then it
 *		leaves, and is
 *	ending	what waits is written, then its end is
 *	shut	our end is said; whatever comes is thrown away until its own
 *
 * The last state is for the client: a socket that is closed with bytes unread
 * resets the connection, and may take with it what was written last.
 *
 * Owns:    descriptors, what is read and written, deadlines.
 * Not here: what a line does (room.c), who is let in (listener.c).
 * Errors:  a client that cannot be served is closed.
 */
#include "clients.h"

#include <sys/queue.h>
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "listener.h"
#include "loop.h"
#include "queue.h"
#include "room.h"
#include "settings.h"

#define READ_SIZE	32768
#define READ_PRESSED	4096	/* and then not before the next tick */
#define TOO_SLOW	"You have been disconnected: too slow\n"
#define GOING_DOWN	"You have been disconnected: the server is going down\n"

enum state { OPEN, HALF, ENDING, SHUT };

struct client {
	LIST_ENTRY(client)	 next;
	TAILQ_ENTRY(client)	 due;
	struct clients		*in;
	int			 fd;
	struct watch		*watch;
	struct input		 input;
	struct queue		 queue;
	struct guest		*guest;
	enum state		 state;
	bool			 is_due;	/* to be looked at */
	bool			 slow, broken;
	bool			 all_read;	/* up to its end */
	bool			 waits;		/* is read again at a tick */
	bool			 behind;	/* its queue is half full */
	uint64_t		 deadline;	/* of any state but open */
};

struct clients {
	LIST_HEAD(, client)	 all;
	TAILQ_HEAD(, client)	 due;
	struct loop		*loop;
	struct room		*room;
	const struct settings	*settings;
	size_t			 n, nbehind;
	size_t			 nclosing;	/* not open any more */
	size_t			 nwaits;
	uint64_t		 ticked;
	bool			 pressed;
	char			 bytes[READ_SIZE];
};

static void
look_at(struct client *c)
{
	if (c->is_due)
		return;
	c->is_due = true;
	TAILQ_INSERT_TAIL(&c->in->due, c, due);
}

static void
weigh(struct client *c)
{
	bool	behind = c->queue.end - c->queue.start > c->queue.limit / 2;

	if (behind != c->behind)
		c->in->nbehind += behind ? 1 : (size_t)-1;
	c->behind = behind;
}

static void
set_state(struct client *c, enum state state)
{
	if (c->state == OPEN)
		c->in->nclosing++;
	c->state = state;
	c->deadline = loop_ms() + c->in->settings->linger;
}

static void
client_free(struct client *c)
{
	struct clients	*in = c->in;

	if (c->is_due)
		TAILQ_REMOVE(&in->due, c, due);
	LIST_REMOVE(c, next);
	in->n--;
	if (c->state != OPEN)
		in->nclosing--;
	if (c->waits)
		in->nwaits--;
	if (c->behind)
		in->nbehind--;
	loop_unwatch(&c->watch);
	close(c->fd);
	input_release(&c->input);
	queue_release(&c->queue);
	/* Last, for it shows something to the others. */
	room_leave(in->room, &c->guest);
	free(c);
}

/* ---- writing ---- */

static void
want(struct client *c)
{
	unsigned int	what = 0;

	if ((c->state == OPEN && !c->waits) || (c->state == SHUT))
		what |= LOOP_READ;
	if (c->queue.end > c->queue.start)
		what |= LOOP_WRITE;
	loop_want(c->watch, what);
}

static void
write_some(struct client *c)
{
	const char	*bytes;
	size_t		 n;
	ssize_t		 r;

	while (!c->broken && (n = queue_peek(&c->queue, &bytes)) > 0) {
		r = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r > 0) {
			queue_sent(&c->queue, (size_t)r);
			if (c->state != OPEN)
				c->deadline = loop_ms() +
				    c->in->settings->linger;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			break;
		} else if (errno != EINTR) {
			c->broken = true;
		}
	}
	weigh(c);
}

/* The room is in the middle of something: what follows is for the turn. */
void
client_show(void *arg, const char *lines, size_t n)
{
	struct client	*c = arg;

	if (c->state > HALF || c->slow || c->broken)
		return;
	look_at(c);
	if (queue_put(&c->queue, lines, n) == 0)
		return;
	write_some(c);
	if (queue_put(&c->queue, lines, n) == -1)
		c->slow = true;
}

void
client_end(void *arg)
{
	set_state(arg, ENDING);
	look_at(arg);
}

void
client_settled(void *arg)
{
	struct client	*c = arg;

	if (c->state == HALF)
		look_at(c);
}

/* ---- reading ---- */

static bool
on_line(void *arg, char *line, size_t n)
{
	struct client	*c = arg;

	room_line(c->in->room, c->guest, line, n, loop_calendar());
	return c->state <= HALF && !c->slow && !c->broken;
}

/* Who writes much waits for the next tick, and others are not drowned. */
static void
read_slowly(struct client *c)
{
	if (!c->in->pressed || c->waits)
		return;
	c->waits = true;
	c->in->nwaits++;
	want(c);
}

static void
read_some(struct client *c)
{
	struct clients	*in = c->in;
	ssize_t		 r;

	r = recv(c->fd, in->bytes, in->pressed ? READ_PRESSED : READ_SIZE,
	    MSG_DONTWAIT);
	if (r == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK &&
		    errno != EINTR) {
			c->broken = true;
			look_at(c);
		}
		return;
	}
	if (r == 0) {
		c->all_read = true;
		if (c->state == OPEN) {
			set_state(c, HALF);
			input_end(&c->input, on_line, c);
		}
		look_at(c);
		return;
	}
	if (c->state != OPEN)
		return;
	if (input_put(&c->input, in->bytes, (size_t)r, on_line, c) == -1) {
		c->broken = true;
		look_at(c);
	}
	read_slowly(c);
}

static void
on_ready(void *arg, unsigned int what)
{
	struct client	*c = arg;

	if (what & LOOP_READ)
		read_some(c);
	if (what & LOOP_WRITE)
		look_at(c);
}

/* ---- turns ---- */

static void
leave_slow(struct client *c)
{
	c->slow = false;
	queue_cut(&c->queue);
	room_leave(c->in->room, &c->guest);
	(void)queue_put_last(&c->queue, TOO_SLOW, sizeof(TOO_SLOW) - 1);
	set_state(c, ENDING);
}

/* As far as it goes without waiting.  Who leaves shows that to others, who are
   due then. */
static void
advance(struct client *c)
{
	bool	late = c->state != OPEN && loop_ms() >= c->deadline;

	if (c->slow)
		leave_slow(c);
	if (c->state == HALF && (late || !room_owes(c->guest))) {
		room_leave(c->in->room, &c->guest);
		set_state(c, ENDING);
		late = false;
	}
	write_some(c);
	if (c->state == ENDING && c->queue.start == c->queue.end &&
	    !c->broken) {
		(void)shutdown(c->fd, SHUT_WR);
		set_state(c, SHUT);
		late = false;
	}
	if (c->broken || late || (c->state == SHUT && c->all_read))
		client_free(c);
	else
		want(c);
}

static void
advance_due(struct clients *in)
{
	struct client	*c;

	while ((c = TAILQ_FIRST(&in->due)) != NULL) {
		TAILQ_REMOVE(&in->due, c, due);
		c->is_due = false;
		advance(c);
	}
}

/* Those whose time is up; those who may be read again. */
static void
tick(struct clients *in)
{
	struct client	*c;
	uint64_t	 now = loop_ms();

	if (now - in->ticked < LOOP_TICK || in->nclosing + in->nwaits == 0)
		return;
	in->ticked = now;
	in->nwaits = 0;
	LIST_FOREACH(c, &in->all, next) {
		if (c->state != OPEN && now >= c->deadline)
			look_at(c);
		if (c->waits) {
			c->waits = false;
			want(c);
		}
	}
}

bool
clients_turn(struct clients *in, bool pressed)
{
	tick(in);
	advance_due(in);
	in->pressed = pressed || in->nbehind > 0;
	return in->nclosing + in->nwaits > 0;
}

/* ---- all of them ---- */

struct clients *
clients_new(const struct settings *settings, struct loop *loop)
{
	struct clients	*in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return NULL;
	LIST_INIT(&in->all);
	TAILQ_INIT(&in->due);
	in->settings = settings;
	in->loop = loop;
	return in;
}

void
clients_free(struct clients *in)
{
	while (!LIST_EMPTY(&in->all))
		client_free(LIST_FIRST(&in->all));
	free(in);
}

void
clients_room(struct clients *in, struct room *room)
{
	in->room = room;
}

static void
refuse(int fd)
{
	(void)send(fd, LISTENER_FULL, sizeof(LISTENER_FULL) - 1,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

void
clients_add(void *arg, int fd)
{
	struct clients	*in = arg;
	struct client	*c;

	if (in->n >= in->settings->clients ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		refuse(fd);
		return;
	}
	c->in = in;
	c->fd = fd;
	c->input.limit = in->settings->line;
	c->queue.limit = in->settings->queue;
	if ((c->watch = loop_watch(in->loop, fd, on_ready, c)) == NULL) {
		free(c);
		refuse(fd);
		return;
	}
	LIST_INSERT_HEAD(&in->all, c, next);
	in->n++;
	if ((c->guest = room_enter(in->room, c)) == NULL)
		c->broken = true;
	look_at(c);
}

/* Nobody is told of anybody's leaving: all do. */
void
clients_end(struct clients *in)
{
	struct client	*c;

	LIST_FOREACH(c, &in->all, next) {
		if (c->state > HALF)
			continue;
		(void)queue_put_last(&c->queue, GOING_DOWN,
		    sizeof(GOING_DOWN) - 1);
		set_state(c, ENDING);
		look_at(c);
	}
}

bool
clients_none(const struct clients *in)
{
	return LIST_EMPTY(&in->all);
}
