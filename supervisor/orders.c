/*
 * orders.c - what the relay asks, and what becomes of it.
 *
 * Owns:    the life of a child in the table, from O_SPAWN to its report.
 * Not here: what a program is (programs.c), how it is born (child.c), the form
 *          of answers (report.c).
 * Errors:  a birth that fails is an answer.  The relay is believed nothing but
 *          names, signals and serials: where it breaks the protocol it is
 *          killed, and a new one starts.
 */
#include "orders.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "reload.h"
#include "report.h"
#include "starter.h"
#include "words.h"

#define TEXT_SIZE	256		/* of a str8 */
#define FDS_LEAST	2		/* of O_SPAWN: fd 3 and output */
#define RETRY_TIME	MONO_MS(100)

struct order {
	char		 program[TEXT_SIZE], entry[TEXT_SIZE];
	char		 worker[TEXT_SIZE];
	struct words	 args;
	int		 fds[CONN_FDS];
	size_t		 nfds;
	int		 lost;		/* errno of a descriptor that was */
};

/* ---- O_SPAWN as it is read ---- */

/* A str16 as a string; NULL: rd->bad, or without memory. */
static char *
take_str16(struct rd *rd)
{
	size_t		 n = rd_u16(rd);
	const uint8_t	*p = rd_take(rd, n);

	if (p == NULL || memchr(p, '\0', n) != NULL) {
		rd->bad = true;
		return NULL;
	}
	return strndup((const char *)p, n);
}

/* Descriptors come with their frame: none of another frame is here. */
static void
take_fds(struct conn *link, struct order *o)
{
	int	fd;

	for (;;) {
		if ((fd = conn_take_fd(link)) != -1) {
			if (o->nfds < CONN_FDS)
				o->fds[o->nfds++] = fd;
			else
				close(fd);
		} else if (errno == ENOENT)
			break;
		else
			o->lost = errno;
	}
}

static bool
read_order(struct conn *link, const struct frame *f, struct order *o)
{
	struct rd	 rd;
	unsigned int	 n;
	char		*arg;

	take_fds(link, o);
	rd_init(&rd, f->body, f->body_len);
	rd_str8(&rd, o->program, sizeof(o->program));
	rd_str8(&rd, o->entry, sizeof(o->entry));
	rd_str8(&rd, o->worker, sizeof(o->worker));
	for (n = rd_u16(&rd); n > 0 && !rd.bad; n--)
		if ((arg = take_str16(&rd)) != NULL || !rd.bad)
			words_take(&o->args, arg);
	return rd_done(&rd) && f->h.to.serial != 0;
}

static void
order_release(struct order *o)
{
	while (o->nfds > 0)
		close(o->fds[--o->nfds]);
	words_release(&o->args);
}

/* ---- birth ---- */

static void
failed(struct parent *p, struct kid *k, const char *stage, int error)
{
	k->stage = stage;
	k->error = error;
	kids_decided(&p->kids, k);
	/* From here on its number is a stranger's. */
	kids_forget_pid(&p->kids, k);
	report_kid(p, k);
}

/* As nobody: a pipe of root's could not be opened by its /dev/stderr. */
static int
give_pipes(const struct launch *l, const struct order *o)
{
	size_t	i;

	if (l->plan.ids == NULL)
		return 0;
	for (i = 1; i < o->nfds; i++)
		if (fchown(o->fds[i], l->ids.uid, (gid_t)-1) == -1)
			return -1;
	return 0;
}

static void
born(struct parent *p, struct kid *k)
{
	int	error;

	if (kids_born(&p->kids, k) == 0) {
		if (k->birth.verdict == -1)
			report_kid(p, k);
		else {
			k->deadline = mono_after(mono_now(),
			    PARENT_VERDICT_TIME);
			kids_await(&p->kids, k);
		}
		return;
	}
	error = errno;			/* nobody could ever find it again */
	(void)child_kill_group(k->birth.pid, SIGKILL);
	(void)child_kill(k->birth.pid, SIGKILL);
	failed(p, k, "memory", error);
}

static void
launch(struct parent *p, struct kid *k, const struct order *o,
    struct launch *l)
{
	l->plan.in = p->null;
	l->plan.fd3 = o->fds[0];
	l->plan.out = o->fds[1];
	l->plan.err = o->fds[o->nfds - 1];
	if (give_pipes(l, o) == -1)
		failed(p, k, "descriptors", errno);
	else if (child_spawn(&l->plan, &k->birth) == -1)
		failed(p, k, child_stage_name(k->birth.stage), errno);
	else
		born(p, k);
}

static void
spawn(struct parent *p, struct kid *k, const struct order *o)
{
	struct launch_request	 q = { k->serial, o->program, o->entry,
				    o->args.v };
	struct launch		 l;
	const char		*stage;

	if (o->args.failed)
		failed(p, k, "memory", ENOMEM);
	else if (o->lost != 0 || o->nfds < FDS_LEAST)
		failed(p, k, "descriptors", o->lost != 0 ? o->lost : EBADF);
	else {
		if (programs_launch(&p->programs, &q, &l, &stage) == -1)
			failed(p, k, stage, errno);
		else
			launch(p, k, o, &l);
		launch_release(&l);
	}
}

/* False: there was not even the memory to say that there is none. */
static bool
on_spawn(struct parent *p, const struct frame *f)
{
	struct order	 o = { .nfds = 0 };
	struct kid	*k = kids_add(&p->kids, f->h.to.serial);
	bool		 twice = k == NULL && errno == EEXIST;

	if (k == NULL && !twice &&
	    report_failed(p, f->h.to.serial, "memory", ENOMEM) == -1)
		return false;		/* with its descriptors, for later */
	if (!read_order(&p->link, f, &o) || twice) {
		if (k != NULL)
			kids_drop(&p->kids, k);
		starter_broken(p, "O_SPAWN");
	} else if (k != NULL)
		spawn(p, k, &o);
	order_release(&o);
	return true;
}

void
orders_verdict(struct parent *p, struct kid *k)
{
	int	rc = child_verdict(&k->birth);

	if (rc == 0 && !mono_reached(k->deadline, mono_now()))
		return;
	if (rc == 1) {
		kids_decided(&p->kids, k);
		report_kid(p, k);
	} else if (rc == -1)
		failed(p, k, child_stage_name(k->birth.stage),
		    k->birth.error);
	else {
		(void)child_kill(k->birth.pid, SIGKILL);
		child_forget(&k->birth);
		failed(p, k, child_stage_name(CHILD_TIME), ETIMEDOUT);
	}
}

/* ---- death ---- */

void
orders_exited(struct parent *p, struct kid *k, int status)
{
	k->status = status;
	k->exited = true;
	if (k->awaited && child_verdict(&k->birth) == -1) {
		failed(p, k, child_stage_name(k->birth.stage),
		    k->birth.error);
		return;
	}
	kids_decided(&p->kids, k);
	kids_forget_pid(&p->kids, k);
	report_kid(p, k);
}

/* A group that is not there yet: the child is about to make it. */
static int
signal_kid(const struct kid *k, int sig, bool group)
{
	if (!group)
		return child_kill(k->birth.pid, sig);
	if (child_kill_group(k->birth.pid, sig) == 0)
		return 0;
	return errno == ESRCH ? child_kill(k->birth.pid, sig) : -1;
}

static void
on_kill(struct parent *p, const struct frame *f)
{
	struct kid	*k = kids_by_serial(&p->kids, f->h.to.serial);
	struct rd	 rd;
	uint32_t	 sig;
	bool		 order;

	rd_init(&rd, f->body, f->body_len);
	sig = rd_u32(&rd);
	order = rd_u8(&rd) != 0;
	if (!rd_done(&rd) || sig == 0 || sig >= NSIG) {
		starter_broken(p, "O_KILL");
		return;
	}
	/* Dead already: then this is not what it died of. */
	if (k == NULL || k->exited || k->stage != NULL ||
	    child_is_dead(k->birth.pid))
		return;
	if (signal_kid(k, (int)sig, sig == SIGKILL ||
	    (order && sig == SIGTERM)) == 0 && order)
		k->ordered = true;
}

/* ---- all of them ---- */

static bool
dispatch(struct parent *p, const struct frame *f)
{
	switch (f->h.op) {
	case WIRE_O_READY:
		starter_ready(p);
		break;
	case WIRE_O_SPAWN:
		return on_spawn(p, f);
	case WIRE_O_KILL:
		on_kill(p, f);
		break;
	case WIRE_O_RELOAD:
		reload_asked(p, f->body[0] != 0);
		break;
	case WIRE_O_SHUTDOWN:
		p->shutdown = true;
		break;
	case WIRE_O_STOPPED:
		p->relay.stopped = true;
		break;
	default:
		starter_broken(p, "unknown order");
	}
	return true;
}

/*
 * All that is whole, so that descriptors never wait beside later frames.  A
 * frame there is no memory for stays, and holds up the rest.
 */
void
orders_go_on(struct parent *p)
{
	struct frame	f;
	int		rc = 0;

	while (p->link.fd != -1 && (rc = conn_next(&p->link, &f)) == 1)
		if (!dispatch(p, &f)) {
			conn_unget(&p->link, &f);
			p->held = true;
			p->retry = mono_after(mono_now(), RETRY_TIME);
			return;
		}
	p->held = false;
	if (rc == -1)
		starter_broken(p, p->link.why);
}

/* To the end of a frame that has begun: what follows may have descriptors of
   its own. */
static size_t
fill_limit(const struct conn *link)
{
	size_t	need = WIRE_HEAD;

	if (link->in_len == 0)
		return 0;
	if (link->in_len >= WIRE_HEAD)
		need = get_u32(link->in);
	return need - link->in_len;
}

bool
orders_read(struct parent *p)
{
	ssize_t	n;

	if (p->held || p->link.fd == -1)
		return false;
	n = conn_fill(&p->link, &p->room, fill_limit(&p->link));
	if (n > 0)
		orders_go_on(p);
	else if (n == -1 && errno == ENOMEM)
		p->retry = mono_after(mono_now(), RETRY_TIME);
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		starter_broken(p, n == 0 ? NULL : "link");
	return n > 0;
}
