/*
 * output.c - what workers print: captured line by line.
 *
 * Each line goes to the log with its pid, to the last lines that are kept, and
 * to whoever asked for output.  A worker that prints faster than it is read
 * waits in its pipe, as anywhere in Unix.
 *
 * Owns:    the reading ends of output pipes, half lines.
 * Not here: who reads lines live (query.c).
 * Errors:  without memory a line is lost, never a worker.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "peer.h"
#include "proc.h"
#include "lines.h"
#include "live.h"

#define LINE_MAX_BYTES	4000		/* longer ones are cut into such */
#define READ_SIZE	(16u << 10)
#define END_READS	64		/* at a death: what a pipe can hold */

/* One pipe of a process; most have one, with stderr apart there are two. */
struct output {
	struct proc	*proc;
	struct output	*next;
	struct loop_io	*io;
	struct block	*half;		/* a line without its end, or NULL */
	int		 fd;		/* -1: closed */
};

/* ---- lines ---- */

static void
line_done(struct proc *p, const char *text, size_t len, bool more)
{
	struct world	*w = world_of(p->node);
	const char	*name = live_name(p);
	char		 pid[ADDRESS_SIZE];

	p->node->stats.lines++;
	log_line_raw(p->node->log, peer_pid_text(p->node, proc_pid(p), pid),
	    name, text, len);
	lines_add(w, proc_pid(p), name, text, len);
	live_line(w, p, text, len, more);
}

/* Keeps what has no newline yet. */
static void
half_keep(struct output *o, const char *text, size_t len)
{
	size_t		 had = o->half == NULL ? 0 : o->half->n;
	struct block	*half;

	if (len == 0)
		return;
	if ((half = realloc(o->half, sizeof(*half) + had + len)) == NULL)
		return;
	memcpy(half->p + had, text, len);
	half->n = had + len;
	o->half = half;
}

static void
half_done(struct output *o, bool more)
{
	struct block	*half = o->half;

	o->half = NULL;
	if (half != NULL)
		line_done(o->proc, (const char *)half->p, half->n, more);
	free(half);
}

/* text with its newline taken off is a line, or the rest of one. */
static void
take_line(struct output *o, const char *text, size_t len, bool more)
{
	if (o->half == NULL) {
		line_done(o->proc, text, len, more);
		return;
	}
	half_keep(o, text, len);
	half_done(o, more);
}

static void
take_text(struct output *o, const char *text, size_t len)
{
	const char	*nl;
	size_t		 n, had;

	while (len > 0) {
		had = o->half == NULL ? 0 : o->half->n;
		nl = memchr(text, '\n', len);
		n = nl == NULL ? len : (size_t)(nl - text);
		if (n + had > LINE_MAX_BYTES) {
			n = LINE_MAX_BYTES - had;
			take_line(o, text, n, true);
		} else if (nl == NULL)
			half_keep(o, text, n);
		else {
			take_line(o, text, n, false);
			n++;		/* the newline itself */
		}
		text += n;
		len -= n;
	}
}

/* ---- pipes ---- */

static void
end_close(struct output *o)
{
	loop_io_free(o->io);
	o->io = NULL;
	if (o->fd != -1)
		close(o->fd);
	o->fd = -1;
}

/* false: nothing more now, or for ever. */
static bool
end_read(struct output *o)
{
	char	text[READ_SIZE];
	ssize_t	n;

	do
		n = read(o->fd, text, sizeof(text));
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		take_text(o, text, (size_t)n);
		return true;
	}
	if (n == 0 || errno != EAGAIN) {
		half_done(o, false);
		end_close(o);
	}
	return false;
}

static void
on_output(void *arg, int what)
{
	struct output	*o = arg;

	(void)what;
	o->proc->node->now = mono_now();
	(void)end_read(o);
}

int
output_open(struct proc *p, int *end)
{
	struct output	*o;
	int		 fds[2];

	if ((o = calloc(1, sizeof(*o))) == NULL)
		return -1;
	if (pipe2(fds, O_CLOEXEC) == -1) {
		free(o);
		return -1;
	}
	o->proc = p;
	o->fd = fds[0];
	o->next = p->output;
	p->output = o;			/* freed with the others */
	o->io = loop_io_new(p->node->loop, fds[0], on_output, o);
	/* Only the reading end: a worker expects its stdout to block. */
	if (o->io == NULL || fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1) {
		close(fds[1]);
		return -1;
	}
	*end = fds[1];
	return 0;
}

void
output_start(struct proc *p)
{
	bool		 held = world_of(p->node)->output_stopped;
	struct output	*o;

	for (o = p->output; o != NULL; o = o->next)
		if (o->io != NULL)
			(void)loop_io_want(o->io, held ? 0 : LOOP_READ);
}

void
output_end(struct proc *p)
{
	struct output	*o;
	size_t		 reads;

	for (o = p->output; o != NULL; o = o->next) {
		/* A descendant may hold the pipe and never stop. */
		for (reads = 0; reads < END_READS && o->fd != -1; reads++)
			if (!end_read(o))
				break;
		half_done(o, false);
		end_close(o);
	}
}

void
output_free(struct proc *p)
{
	struct output	*o;

	while ((o = p->output) != NULL) {
		p->output = o->next;
		free(o->half);
		end_close(o);
		free(o);
	}
}

void
output_turn(struct world *w)
{
	struct proc	*p, *next;

	if (w->output_held == w->output_stopped)
		return;
	w->output_stopped = w->output_held;
	NODE_EACH(w->node.procs, p, next)
		if (p->state == PROC_LIVE)
			output_start(p);
}
