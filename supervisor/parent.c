/*
 * parent.c - the process that forks, execs and waits.
 *
 * Owns:    its loop: signals, deaths, the orderly end, every deadline.
 * Not here: the relay's life (starter.c), its orders (orders.c).
 * Errors:  what cannot start says why on the log and ends with 111; later
 *          nothing ends the parent but a signal, its guard's death, or a relay
 *          that dies too often.
 */
#include "parent.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "conf_check.h"
#include "log.h"
#include "orders.h"
#include "parent_state.h"
#include "reload.h"
#include "report.h"
#include "rundir.h"
#include "starter.h"
#include "sweep.h"
#include "where.h"

#define STOP_EXTRA	MONO_MS(5000)	/* beyond the longest stop-timeout */

enum { SLOT_SIGNALS, SLOT_GUARD, SLOT_LINK, SLOT_RELAY, SLOT_BIRTHS };

struct slots {
	struct pollfd	 p[SLOT_BIRTHS + KIDS_BIRTHS_MOST];
	struct kid	*kid[KIDS_BIRTHS_MOST];
	nfds_t		 n;
};

/* ---- the end ---- */

/* Everything below, at once. */
static void
kill_all(struct parent *p)
{
	size_t	left;

	kids_release(&p->kids);
	left = sweep_below(mono_after(mono_now(), SWEEP_TIME));
	if (left > 0)
		log_errorx(p->log, "processes not killed: left=%zu", left);
}

/* What was spawned is stopped together, sections one after another. */
static struct mono
longest_stop(const struct parent *p)
{
	const struct conf_program	*g;
	const struct conf_worker	*w;
	int64_t				 most, all = 0;

	most = conf_program(p->programs.plain, "plain")->stop_timeout;
	CONF_FOREACH(g, p->conf, CONF_PROGRAM)
		if (g->stop_timeout > most)
			most = g->stop_timeout;
	CONF_FOREACH(w, p->conf, CONF_WORKER)
		all += w->stop_timeout;
	return mono_after(mono_now(), (most + all) * 1000 + STOP_EXTRA);
}

static void
stop(struct parent *p, const char *why)
{
	if (p->stopping)
		return;
	log_info(p->log, "stopping: %s", why);
	p->stopping = true;
	p->stop_by = longest_stop(p);
	(void)notify_send(&p->notify, "STOPPING=1");
	if (p->link.fd == -1 || report_stop(p) == -1)
		p->done = true;		/* nobody there who could stop them */
}

/*
 * A second request ends everything at once.  An init that signals all processes
 * reaches us twice with one request, directly and through the guard: so each
 * way has its own count.
 */
static void
on_stop(struct parent *p, const struct sigs_event *e)
{
	unsigned int	*count = e->from != 0 && e->from == p->known_pid ?
			    &p->stops_passed : &p->stops_direct;

	if (++*count > 1 && p->stopping) {
		log_warnx(p->log, "stopping at once: second signal");
		p->done = true;
		return;
	}
	stop(p, e->sig == SIGINT ? "SIGINT" : "SIGTERM");
}

static void
on_guard(struct parent *p)
{
	log_errorx(p->log, "guard died: everything is killed");
	p->code = PARENT_EXIT_SYSTEM;
	p->done = true;
}

/* ---- deaths ---- */

/*
 * One SIGCHLD may stand for many deaths: go on until there is none.  Strangers
 * are orphans of workers, which we have adopted.
 */
static void
reap(struct parent *p)
{
	struct kid	*k;
	pid_t		 pid;
	int		 status;

	while (!p->done && (pid = child_dead()) > 0) {
		/* Its last word may have come with its end. */
		while (p->stopping && pid == p->relay.birth.pid &&
		    orders_read(p))
			continue;
		k = kids_by_pid(&p->kids, pid);
		if (child_reap(pid, k != NULL, &status) == -1)
			break;
		if (k != NULL)
			orders_exited(p, k, status);
		else if (pid == p->relay.birth.pid)
			starter_died(p, status);
	}
}

static void
reopen_logs(struct parent *p)
{
	if (log_reopen(p->log) == -1)
		log_error(p->log, "log %s not opened again",
		    p->conf->node.log);
	else if (p->link.fd != -1 && report_reopened(p) == -1)
		log_warn(p->log, "log: relay not told");
}

static void
on_signals(struct parent *p)
{
	struct sigs_event	e;

	while (!p->done && sigs_read(&p->signals, &e) == 1) {
		switch (e.sig) {
		case SIGCHLD:
			break;		/* below, once for all of them */
		case SIGTERM:
		case SIGINT:
			on_stop(p, &e);
			break;
		case SIGHUP:
			reload_now(p);
			break;
		case SIGUSR1:
			reopen_logs(p);
			break;
		}
	}
	reap(p);
}

/* ---- the loop ---- */

static void
slot(struct slots *s, int fd, short events)
{
	s->p[s->n++] = (struct pollfd){ .fd = fd, .events = events };
}

/* A relay that does not read what it is told is asked nothing either. */
static short
link_events(const struct parent *p)
{
	short	events = 0;

	if (!p->held && p->link.out_bytes <= PARENT_LINK_HIGH &&
	    p->kids.nbirths < KIDS_BIRTHS_MOST)
		events |= POLLIN;
	if (p->link.out_bytes > 0)
		events |= POLLOUT;
	return events;
}

static void
fill_slots(const struct parent *p, struct slots *s)
{
	struct kid	*k;
	short		 events = link_events(p);

	s->n = 0;
	slot(s, p->signals.fd, POLLIN);
	slot(s, p->guard, POLLIN);
	/* Without a wish not even for its end: that is told by waitpid. */
	slot(s, events == 0 ? -1 : p->link.fd, events);
	slot(s, p->relay.birth.verdict, POLLIN);
	for (k = TAILQ_FIRST(&p->kids.births); k != NULL &&
	    s->n < sizeof(s->p) / sizeof(s->p[0]);
	    k = TAILQ_NEXT(k, entry)) {
		s->kid[s->n - SLOT_BIRTHS] = k;
		slot(s, k->birth.verdict, POLLIN);
	}
}

static void
earlier(struct mono *a, struct mono b)
{
	if (b.ns < a->ns)
		*a = b;
}

static struct mono
next_deadline(const struct parent *p)
{
	const struct kid	*k = TAILQ_FIRST(&p->kids.births);
	struct mono		 d = p->retry;

	earlier(&d, p->beat);
	earlier(&d, p->stop_by);
	earlier(&d, p->relay.again);
	if (k != NULL)
		earlier(&d, k->deadline);	/* the oldest is the first */
	if (p->relay.birth.verdict != -1)
		earlier(&d, p->relay.deadline);
	return d;
}

static void
beat(struct parent *p, struct mono now)
{
	(void)notify_send(&p->notify, "WATCHDOG=1");
	p->beat = mono_after(now, notify_interval(&p->notify) * 1000);
}

static void
on_time(struct parent *p)
{
	struct mono	now = mono_now();

	if (mono_reached(p->beat, now))
		beat(p, now);
	if (mono_reached(p->stop_by, now)) {
		log_warnx(p->log, "not stopped in time: everything is killed");
		p->done = true;
		return;
	}
	if (mono_reached(p->relay.again, now))
		starter_start(p);
	if (mono_reached(p->retry, now)) {
		p->retry = MONO_NEVER;
		report_owed(p);
		if (p->held)
			orders_go_on(p);
	}
}

/* Births that were decided, and those whose time is over. */
static void
on_births(struct parent *p, const struct slots *s)
{
	struct mono	 now = mono_now();
	nfds_t		 i;

	for (i = SLOT_BIRTHS; i < s->n; i++)
		if (s->p[i].revents != 0 ||
		    mono_reached(s->kid[i - SLOT_BIRTHS]->deadline, now))
			orders_verdict(p, s->kid[i - SLOT_BIRTHS]);
	if (p->relay.birth.verdict != -1 && (s->p[SLOT_RELAY].revents != 0 ||
	    mono_reached(p->relay.deadline, now)))
		starter_verdict(p);
}

static void
on_link(struct parent *p, short revents)
{
	if (p->link.fd == -1)
		return;
	if ((revents & POLLOUT) != 0) {
		(void)conn_flush(&p->link);
		report_owed(p);
	}
	if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		(void)orders_read(p);
}

/*
 * Births before the link and before deaths: nothing that these do may take a
 * kid away that a slot still points to.
 */
static void
turn(struct parent *p, struct slots *s)
{
	int	n;

	fill_slots(p, s);
	n = poll(s->p, s->n, mono_poll_ms(next_deadline(p), mono_now()));
	if (n == -1)
		return;			/* EINTR, or memory: again */
	on_births(p, s);
	if (s->p[SLOT_LINK].revents != 0)
		on_link(p, s->p[SLOT_LINK].revents);
	if (s->p[SLOT_GUARD].revents != 0)
		on_guard(p);
	if (s->p[SLOT_SIGNALS].revents != 0)
		on_signals(p);
	if (p->shutdown)
		stop(p, "ordered");
	if (!p->done)
		on_time(p);
}

/* ---- from the beginning to the end ---- */

static void
warn_unsupported(void *ctx, const char *text)
{
	struct parent	*p = ctx;

	log_warnx(p->log, "%s", text);
}

/* Who waits for us to start sees the reason, wherever the log goes. */
static int
open_network(struct parent *p)
{
	char	why[LISTEN_WHY_SIZE];

	if (listen_open(&p->net, &p->conf->node, NULL, NULL, why) == 0) {
		if (p->net.tcp != -1)
			log_info(p->log, "listening: address=%s",
			    p->net.address);
		return 0;
	}
	p->code = errno == EINVAL ? PARENT_EXIT_USAGE : PARENT_EXIT_SYSTEM;
	log_errorx(p->log, "%s", why);
	if (strcmp(p->conf->node.log, "stderr") != 0)
		fprintf(stderr, "broodd: %s\n", why);
	return -1;
}

static int
open_all(struct parent *p)
{
	static const int	which[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP,
				    SIGUSR1 };
	struct conf_sink	sink = { .say = warn_unsupported, .ctx = p };
	char			why[RUNDIR_WHY_SIZE];

	conf_unsupported(p->conf, &sink);
	if (sigs_open(&p->signals, which, sizeof(which) / sizeof(which[0]))
	    == -1 || (p->null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    (p->room.p = malloc(CONN_SMALL)) == NULL) {
		log_error(p->log, "parent not started");
		return -1;
	}
	p->room.cap = CONN_SMALL;
	if (programs_init(&p->programs) == -1) {
		log_error(p->log, "parent not started: programs");
		return -1;
	}
	if (rundir_listen(p->run, p->conf->node.socket_group, why) == -1) {
		log_errorx(p->log, "%s", why);
		return -1;
	}
	if (open_network(p) == -1)
		return -1;
	if (notify_init(&p->notify, p->known_pid) == -1)
		log_warn(p->log, "NOTIFY_SOCKET");
	if (notify_interval(&p->notify) > 0)
		beat(p, mono_now());
	return 0;
}

static void
close_all(struct parent *p)
{
	if (p->ever_ready && *p->conf->node.pid_file != '\0')
		(void)unlink(p->conf->node.pid_file);
	listen_close(&p->net);
	rundir_close(p->run);
	conn_release(&p->link);
	child_forget(&p->relay.birth);
	kids_release(&p->kids);
	programs_release(&p->programs);
	notify_release(&p->notify);
	sigs_close(&p->signals);
	conf_free(p->conf);
	free(p->room.p);
	if (p->null != -1)
		close(p->null);
}

static void
parent_init(struct parent *p, const struct parent_setup *s, int guard)
{
	*p = (struct parent){ .source = s->source, .where = s->where,
	    .run = s->run, .log = s->log, .daemon = s->daemon,
	    .known_pid = s->known_pid, .guard = guard, .conf = s->conf,
	    .null = -1, .signals = { -1, -1 }, .notify = { .fd = -1 } };
	p->programs = (struct programs){ .conf = s->conf, .log = s->log,
	    .run_dir = s->run->path, .socket = s->run->socket,
	    .bin = s->where->bin, .nofile = s->nofile, .relay = (uid_t)-1 };
	p->retry = p->beat = p->stop_by = p->relay.again = MONO_NEVER;
	p->relay.birth.verdict = -1;
	conn_init(&p->link, -1, WIRE_O, WIRE_MAX);
	listen_init(&p->net);
	kids_init(&p->kids);
	p->code = PARENT_EXIT_SYSTEM;		/* until all is open */
}

int
parent_run(const struct parent_setup *setup, int guard)
{
	struct parent	*p;
	struct slots	*s;
	int		 code;

	if ((p = malloc(sizeof(*p))) == NULL ||
	    (s = malloc(sizeof(*s))) == NULL) {
		free(p);
		log_error(setup->log, "parent not started");
		return PARENT_EXIT_SYSTEM;
	}
	parent_init(p, setup, guard);
	(void)sweep_adopt();
	if (open_all(p) == 0) {
		p->code = 0;
		starter_start(p);
		while (!p->done)
			turn(p, s);
		kill_all(p);
	}
	code = p->code;
	close_all(p);
	free(p);
	free(s);
	return code;
}
