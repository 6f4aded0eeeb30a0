/*
 * life.c - orders that end a process, and the cause it ended of.
 *
 * The rule (design 5.4): the first order that reached a live process is its
 * cause, whatever exit status or TERM or KILL follows; another signal is
 * reported as itself; what a process said with msg_die counts if it then ended
 * by itself.  Whether the order came in time the parent knows, and says.
 *
 * Owns:    proc->order, the texts of causes.
 * Not here: who gives orders (watch.c, stop.c), who is told (watch.c).
 * Errors:  an order whose text finds no memory is still an order.
 */
#include "life.h"

#include <sys/wait.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

void
cause_set(struct cause *c, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	c->normal = strcmp(c->text, "normal") == 0;
}

static void
guest_end(struct proc *p)
{
	p->state = PROC_EXITED;
	STAILQ_INSERT_TAIL(&p->node->drains, p, waiting);
}

/* Never lost: p might not be read any more, and then nothing else ends it. */
static void
order_signal(struct proc *p, int sig)
{
	if (ask_kill(p, sig, true) == 0) {
		p->owed = 0;
		return;
	}
	p->owed = (uint8_t)sig;
	p->node->owing = true;
}

void
life_owed(struct node *n)
{
	struct proc	*p, *next;

	n->owing = false;
	NODE_EACH(n->procs, p, next)
		if (p->owed != 0 && (p->state == PROC_SPAWNING ||
		    p->state == PROC_LIVE))
			order_signal(p, p->owed);
}

void
life_order(struct proc *p, const struct cause *c, int sig)
{
	if (p->state != PROC_SPAWNING && p->state != PROC_LIVE)
		return;
	if (!p->ordered) {
		p->ordered = true;
		if ((p->order = malloc(sizeof(*p->order))) != NULL)
			*p->order = *c;
	}
	if (p->kind == PROC_GUEST) {
		guest_end(p);
		return;
	}
	order_signal(p, sig);
	if (sig != SIGKILL && p->timer == NULL)
		p->node->acts->deadline(p,
		    mono_after(p->node->now, p->stop_timeout));
}

void
life_deadline(struct proc *p)
{
	if (p->state == PROC_SPAWNING || p->state == PROC_LIVE)
		order_signal(p, SIGKILL);
}

static void
cause_of_signal(int status, struct cause *c)
{
	int		 sig = WTERMSIG(status);
	const char	*name = sigabbrev_np(sig);
	const char	*core = "";

#ifdef WCOREDUMP
	if (WCOREDUMP(status))
		core = ", core";
#endif
	if (name == NULL)
		name = sig >= SIGRTMIN && sig <= SIGRTMAX ? "RT" : "unknown";
	cause_set(c, "signal %d (%s%s)", sig, name, core);
}

static void
cause_of_order(const struct proc *p, struct cause *c)
{
	if (p->order != NULL)
		*c = *p->order;
	else
		cause_set(c, "stopped");
}

static void
cause_of_guest(const struct proc *p, struct cause *c)
{
	if (p->ordered)
		cause_of_order(p, c);
	else if (p->main != NULL && p->main->bye)
		cause_set(c, "normal");
	else if (p->die != NULL)
		cause_set(c, "error: %s", p->die);
	else
		cause_set(c, "error: connection closed");
}

void
life_cause(const struct proc *p, struct cause *c)
{
	int	status = p->status;

	if (p->kind == PROC_GUEST) {
		cause_of_guest(p, c);
		return;
	}
	if (p->obeyed && p->ordered && (!WIFSIGNALED(status) ||
	    WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGKILL))
		cause_of_order(p, c);
	else if (WIFSIGNALED(status))
		cause_of_signal(status, c);
	else if (p->die != NULL)
		cause_set(c, "error: %s", p->die);
	else if (WEXITSTATUS(status) == 0)
		cause_set(c, "normal");
	else
		cause_set(c, "exit %d", WEXITSTATUS(status));
}
