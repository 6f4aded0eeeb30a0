/*
 * output.c - what workers print: captured line by line.
 *
 * Each line goes to the log with its pid, to the last lines that are kept, and
 * to whoever asked for output.  A worker that prints faster than it is read waits
 * in its pipe, as anywhere in Unix.
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
#include "proc.h"
#include "lines.h"
#include "live.h"

#define PIPES		2		/* joined, or one each */
#define LINE_MAX_BYTES	4000		/* longer ones are cut into such */
#define READ_SIZE	(16u << 10)
#define END_READS	64		/* at a death: what a pipe can hold */

struct pipe_end {
	struct output	*output;
	struct loop_io	*io;
	int		 fd;		/* -1: closed */
	char		*half;		/* a line without its newline, or NULL */
	size_t		 half_len;
};

struct output {
	struct proc	*proc;
	size_t		 n;
	struct pipe_end	 ends[];
};

/* ---- lines ---- */

static void
line_done(struct proc *p, const char *text, size_t len)
{
	struct world	*w = world_of(p->node);
	const char	*name = live_name(p);
	char		 pid[ADDRESS_SIZE];

	p->node->stats.lines++;
	log_line_raw(p->node->log, node_pid_text(p->node, proc_pid(p), pid),
	    name, text, len);
	lines_add(w, proc_pid(p), name, text, len);
	live_line(w, p, text, len);
}

/* Keeps what has no newline yet. */
static void
half_keep(struct pipe_end *e, const char *text, size_t len)
{
	char	*half;

	if (len == 0)
		return;
	if ((half = realloc(e->half, e->half_len + len)) == NULL)
		return;
	memcpy(half + e->half_len, text, len);
	e->half = half;
	e->half_len += len;
}

static void
half_done(struct pipe_end *e)
{
	if (e->half_len > 0)
		line_done(e->output->proc, e->half, e->half_len);
	free(e->half);
	e->half = NULL;
	e->half_len = 0;
}

/* text with its newline taken off is a line, or the rest of one. */
static void
take_line(struct pipe_end *e, const char *text, size_t len)
{
	if (e->half == NULL) {
		line_done(e->output->proc, text, len);
		return;
	}
	half_keep(e, text, len);
	half_done(e);
}

static void
take_text(struct pipe_end *e, const char *text, size_t len)
{
	const char	*nl;
	size_t		 n;

	while (len > 0) {
		nl = memchr(text, '\n', len);
		n = nl == NULL ? len : (size_t)(nl - text);
		if (n + e->half_len > LINE_MAX_BYTES) {
			n = LINE_MAX_BYTES - e->half_len;
			take_line(e, text, n);
		} else if (nl == NULL)
			half_keep(e, text, n);
		else {
			take_line(e, text, n);
			n++;		/* the newline itself */
		}
		text += n;
		len -= n;
	}
}

/* ---- pipes ---- */

static void
end_close(struct pipe_end *e)
{
	loop_io_free(e->io);
	e->io = NULL;
	if (e->fd != -1)
		close(e->fd);
	e->fd = -1;
}

/* false: nothing more now, or for ever. */
static bool
end_read(struct pipe_end *e)
{
	char	text[READ_SIZE];
	ssize_t	n;

	do
		n = read(e->fd, text, sizeof(text));
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		take_text(e, text, (size_t)n);
		return true;
	}
	if (n == 0 || errno != EAGAIN) {
		half_done(e);
		end_close(e);
	}
	return false;
}

static void
on_output(void *arg, int what)
{
	struct pipe_end	*e = arg;

	(void)what;
	e->output->proc->node->now = mono_now();
	(void)end_read(e);
}

int
output_open(struct proc *p, int *end)
{
	struct output	*o = p->output;
	struct pipe_end	*e;
	int		 fds[2];

	if (o == NULL) {
		o = calloc(1, sizeof(*o) + PIPES * sizeof(o->ends[0]));
		if (o == NULL)
			return -1;
		o->proc = p;
		p->output = o;
	}
	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	e = &o->ends[o->n];
	*e = (struct pipe_end){ .output = o, .fd = fds[0] };
	e->io = loop_io_new(p->node->loop, fds[0], on_output, e);
	/* Only the reading end: a worker expects its stdout to block. */
	if (e->io == NULL || fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1) {
		end_close(e);
		close(fds[1]);
		return -1;
	}
	o->n++;
	*end = fds[1];
	return 0;
}

void
output_start(struct proc *p)
{
	bool	held = world_of(p->node)->output_stopped;
	size_t	i;

	for (i = 0; p->output != NULL && i < p->output->n; i++)
		if (p->output->ends[i].io != NULL)
			(void)loop_io_want(p->output->ends[i].io,
			    held ? 0 : LOOP_READ);
}

void
output_end(struct proc *p)
{
	size_t	i, reads;

	for (i = 0; p->output != NULL && i < p->output->n; i++) {
		/* A descendant may hold the pipe and never stop. */
		for (reads = 0; reads < END_READS &&
		    p->output->ends[i].fd != -1; reads++)
			if (!end_read(&p->output->ends[i]))
				break;
		half_done(&p->output->ends[i]);
		end_close(&p->output->ends[i]);
	}
}

void
output_free(struct proc *p)
{
	size_t	i;

	for (i = 0; p->output != NULL && i < p->output->n; i++) {
		free(p->output->ends[i].half);
		end_close(&p->output->ends[i]);
	}
	free(p->output);
	p->output = NULL;
}

void
output_turn(struct world *w)
{
	struct proc	*p, *next;

	if (w->output_held == w->output_stopped)
		return;
	w->output_stopped = w->output_held;
	HASH_ITER(hh, w->node.procs, p, next)
		if (p->state == PROC_LIVE)
			output_start(p);
}
