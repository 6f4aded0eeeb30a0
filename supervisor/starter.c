/*
 * starter.c - the relay's life: it is started, and started again.
 *
 * Owns:    the relay's process, the link to it, the budget of its restarts.
 * Not here: what goes over the link (report.c, orders.c).
 * Errors:  every failure is a death of the relay: it counts in relay-restarts,
 *          and when these are used up the parent is done with 111.
 */
#include "starter.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "conf.h"
#include "daemonize.h"
#include "log.h"
#include "report.h"
#include "rundir.h"
#include "sweep.h"
#include "where.h"
#include "words.h"

#define SECOND_USER	"daemon"
#define QUICK_DEATH	MONO_MS(1000)
#define QUICK_DELAY	MONO_MS(200)	/* no busy loop of restarts */
#define SWEEP_LEAST	MONO_MS(5000)
#define RELAY_UMASK	077

/* ---- birth ---- */

/* Whom it runs as; NULL: whoever we are.  -1 and errno. */
static int
find_user(struct parent *p, const struct account **who)
{
	*who = NULL;
	if (geteuid() != 0)
		return 0;
	*who = account_find(&p->programs.accounts, p->conf->node.user);
	if (*who == NULL && errno == EINVAL) {
		if (!p->ever_ready)
			log_warnx(p->log, "user: there is no user %s; the "
			    "relay runs as " SECOND_USER, p->conf->node.user);
		*who = account_find(&p->programs.accounts, SECOND_USER);
	}
	if (*who == NULL)
		return -1;
	p->programs.relay = (*who)->uid;
	return 0;
}

/* Nothing of our environment but the time zone, which the log shows. */
static char **
environment(void)
{
	struct words	 w = { .v = NULL };
	const char	*zone = getenv("TZ");

	if (zone != NULL)
		words_set(&w, "TZ", zone);
	return words_give(&w);
}

static int
launch_relay(struct parent *p, int fd, const char **stage)
{
	char			*argv[] = { p->where->relay, NULL };
	struct child_plan	 plan = { .path = p->where->relay,
				    .argv = argv, .in = p->null, .fd3 = fd,
				    .directory = "/", .umask = RELAY_UMASK,
				    .no_new_privs = true };
	struct child_ids	 ids;
	const struct account	*who;
	char			**envp;
	int			 rc, error;

	*stage = "user";
	if (find_user(p, &who) == -1)
		return -1;
	if (who != NULL) {
		ids = (struct child_ids){ .uid = who->uid, .gid = who->gid };
		plan.ids = &ids;
	}
	*stage = "memory";
	if ((envp = environment()) == NULL)
		return -1;
	plan.envp = envp;
	rc = child_spawn(&plan, &p->relay.birth);
	error = errno;
	*stage = child_stage_name(p->relay.birth.stage);
	words_free(envp);
	errno = error;
	return rc;
}

/* Both ends above the descriptors that are kept for workers, as all is. */
static int
start(struct parent *p, const char **stage)
{
	int	sv[2], rc, error;

	*stage = "socket";
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	conn_init(&p->link, sv[0], WIRE_O, WIRE_MAX);
	p->link.takes_fds = true;
	rc = launch_relay(p, sv[1], stage);
	error = errno;
	close(sv[1]);
	errno = error;
	if (rc == -1)
		return -1;
	*stage = "orders";
	return report_init(p);
}

static void
give_up(struct parent *p)
{
	log_errorx(p->log, "relay died too often: deaths=%zu within=%llds, "
	    "giving up", p->relay.ndeaths,
	    (long long)(p->conf->node.relay_restarts.period / 1000000));
	p->code = PARENT_EXIT_SYSTEM;
	p->done = true;
}

/* One more death: within the budget? */
static bool
may_restart(struct parent *p, struct mono now)
{
	struct relay		*r = &p->relay;
	const struct conf_rate	*rate = &p->conf->node.relay_restarts;
	size_t			 most = (size_t)rate->count, i, n = 0;

	if (most >= PARENT_RESTARTS_MOST)
		most = PARENT_RESTARTS_MOST - 1;
	for (i = 0; i < r->ndeaths; i++)
		if (!mono_reached(mono_after(r->deaths[i],
		    rate->period * 1000), now))
			r->deaths[n++] = r->deaths[i];
	if (n < PARENT_RESTARTS_MOST)
		r->deaths[n++] = now;
	r->ndeaths = n;
	return n <= most;
}

/* The next one: at once, unless the last one hardly lived. */
static void
schedule(struct parent *p)
{
	struct mono	now = mono_now();
	bool		quick;

	if (!may_restart(p, now)) {
		give_up(p);
		return;
	}
	quick = p->relay.ndeaths > 1 &&
	    !mono_reached(mono_after(p->relay.started, QUICK_DEATH), now);
	p->relay.again = mono_after(now, quick ? QUICK_DELAY : 0);
}

static void
forget_relay(struct parent *p)
{
	child_forget(&p->relay.birth);
	p->relay.birth = (struct child_birth){ .verdict = -1 };
	p->relay.ready = p->relay.stopped = false;
	conn_release(&p->link);
	p->held = false;
}

void
starter_start(struct parent *p)
{
	const char	*stage;

	p->relay.again = MONO_NEVER;
	p->relay.started = mono_now();
	if (start(p, &stage) == 0) {
		p->relay.deadline = mono_after(p->relay.started,
		    PARENT_VERDICT_TIME);
		return;
	}
	log_error(p->log, "relay not started: %s: %s", p->where->relay, stage);
	if (p->relay.birth.pid != 0) {
		starter_broken(p, NULL);	/* reaped like any other */
		return;
	}
	forget_relay(p);
	schedule(p);
}

void
starter_verdict(struct parent *p)
{
	struct relay	*r = &p->relay;
	int		 rc = child_verdict(&r->birth);

	if (rc == 1 || (rc == 0 && !mono_reached(r->deadline, mono_now())))
		return;
	if (rc == 0)
		errno = ETIMEDOUT;
	log_error(p->log, "relay not started: %s: %s", p->where->relay,
	    child_stage_name(rc == 0 ? CHILD_TIME : r->birth.stage));
	child_forget(&r->birth);
	starter_broken(p, NULL);
}

void
starter_ready(struct parent *p)
{
	const char	*pid_file = p->conf->node.pid_file;

	if (p->relay.ready)
		return;
	p->relay.ready = true;
	log_info(p->log, "relay ready: os_pid=%ld", (long)p->relay.birth.pid);
	if (p->ever_ready)
		return;
	p->ever_ready = true;
	if (*pid_file != '\0' && rundir_write_pid(pid_file,
	    p->known_pid) == -1)
		log_error(p->log, "pid-file %s", pid_file);
	if (rundir_show(p->run) == -1) {
		log_error(p->log, "control socket %s", p->run->socket);
		p->code = PARENT_EXIT_SYSTEM;
		p->done = true;
		return;
	}
	(void)notify_send(&p->notify, "READY=1");
	daemonize_ready(p->daemon);
}

void
starter_broken(struct parent *p, const char *why)
{
	if (why != NULL)
		log_errorx(p->log, "relay broke the order link: %s", why);
	/* One that has said its last word is on its way to its exit. */
	if (p->relay.birth.pid != 0 && !p->relay.stopped)
		(void)child_kill(p->relay.birth.pid, SIGKILL);
	conn_release(&p->link);		/* it will say nothing more */
	p->held = false;
}

/* ---- death ---- */

static void
log_death(struct parent *p, int status)
{
	if (WIFSIGNALED(status))
		log_errorx(p->log, "relay died: signal=%d", WTERMSIG(status));
	else
		log_errorx(p->log, "relay died: exit=%d",
		    WEXITSTATUS(status));
}

/*
 * The workers' only contact is gone, so they go too: all descendants, whatever
 * they have become.  Nobody is left to hear of it.
 */
static void
kill_workers(struct parent *p)
{
	size_t	left;

	kids_release(&p->kids);
	left = sweep_below(mono_after(mono_now(), SWEEP_LEAST));
	if (left > 0)
		log_errorx(p->log, "processes not killed: left=%zu", left);
}

void
starter_died(struct parent *p, int status)
{
	bool	stopped = p->relay.stopped;

	forget_relay(p);
	if (p->stopping) {
		if (!stopped) {
			log_death(p, status);
			p->code = PARENT_EXIT_SYSTEM;
		}
		p->done = true;
		return;
	}
	log_death(p, status);
	kill_workers(p);
	schedule(p);
}
