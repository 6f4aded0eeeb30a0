/*
 * private.c - supervisors of our own, for the time of one command.
 *
 * Owns:    the temporary directory, our signals, the order in which it all
 *          begins and ends.
 * Not here: one supervisor (member.c), how they meet (meet.c), what is run in
 *          them (cmd_run.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include "private.h"

#include <sys/signalfd.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "row.h"

#define TURN_FRAMES	64		/* of one member, before the next */

static const struct mono	at_once;

const char *
private_prefix(const struct private *p, const struct member *m,
    char text[32])
{
	(void)snprintf(text, 32, "%s%s", p->n > 1 ? m->name : "",
	    p->n > 1 ? ": " : "");
	return text;
}

/* ---- the directory ---- */

static int
remove_entry(const char *path, const struct stat *st, int what,
    struct FTW *ftw)
{
	(void)st, (void)what, (void)ftw;
	(void)remove(path);			/* what stays is only litter */
	return 0;
}

/* Short: the path of a socket in it must fit in 107 bytes. */
static int
make_directory(struct private *p)
{
	const char	*tmp = getenv("TMPDIR");
	int		 n;

	if (tmp == NULL || tmp[0] != '/' || !member_quotable(tmp))
		tmp = "/tmp";
	n = snprintf(p->dir, sizeof(p->dir), "%s/brood-run-XXXXXX", tmp);
	if (n < 0 || (size_t)n >= sizeof(p->dir))
		(void)snprintf(p->dir, sizeof(p->dir),
		    "/tmp/brood-run-XXXXXX");
	if (mkdtemp(p->dir) != NULL)
		return 0;
	n = cmd_fail(p->cmd, CMD_FAILED, "%s: %s", p->dir, strerror(errno));
	p->dir[0] = '\0';
	return n;
}

/* 64 hex digits that nobody else has. */
static int
make_key(struct private *p, char path[80])
{
	unsigned char	 key[32];
	FILE		*f = NULL;
	size_t		 i;
	int		 fd;

	(void)snprintf(path, 80, "%s/key", p->dir);
	arc4random_buf(key, sizeof(key));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1 && (f = fdopen(fd, "w")) != NULL) {
		for (i = 0; i < sizeof(key); i++)
			fprintf(f, "%02x", key[i]);
		putc('\n', f);
		if (fclose(f) == 0)
			return 0;
	} else if (fd != -1) {
		close(fd);
	}
	return cmd_fail(p->cmd, CMD_FAILED, "%s: %s", path, strerror(errno));
}

static int
make_members(struct private *p)
{
	size_t	 i;

	p->members = calloc(p->n, sizeof(p->members[0]));
	p->fds = calloc(2 * p->n + 1, sizeof(p->fds[0]));
	if (p->members == NULL || p->fds == NULL) {
		free(p->members);
		p->members = NULL;
		p->n = 0;
		return cmd_fail(p->cmd, CMD_FAILED, "out of memory");
	}
	for (i = 0; i < p->n; i++) {
		p->members[i].cmd = p->cmd;
		p->members[i].ready = -1;
		(void)snprintf(p->members[i].name,
		    sizeof(p->members[i].name), i == 0 ? "master" :
		    "worker%zu", i);
	}
	return 0;
}

/* ---- signals ---- */

/* An end by ^C or a hang-up may have been switched off, as by nohup(1). */
static bool
ignored(int sig)
{
	struct sigaction	 sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

/* They come by descriptor, so that every wait can end by them. */
static int
take_signals(struct private *p)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	if (!ignored(SIGINT))
		sigaddset(&set, SIGINT);
	if (!ignored(SIGHUP))
		sigaddset(&set, SIGHUP);
	(void)signal(SIGCHLD, SIG_DFL);		/* an ignored one never comes */
	(void)signal(SIGPIPE, SIG_IGN);		/* there is to be tidied up */
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) ==
	    -1)
		return cmd_fail(p->cmd, CMD_FAILED, "signalfd: %s",
		    strerror(errno));
	return 0;
}

/* Empties the descriptor: who is to stop us, and who has ended? */
int
private_heard(struct private *p)
{
	struct signalfd_siginfo	 info;
	bool			 again = false;
	size_t			 i;

	while (read(p->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			again = p->stopped_by != 0;
			p->stopped_by = (int)info.ssi_signo;
		}
	for (i = 0; i < p->n; i++) {
		/* The second time there is no patience left. */
		if (again)
			member_kill(&p->members[i], SIGKILL);
		member_bury(&p->members[i]);
	}
	return p->stopped_by;
}

/* ---- waiting for any of them ---- */

/* Until something is there to be heard or read, or the deadline.  -1: errno,
   EINTR for a signal. */
static int
await(struct private *p, struct mono deadline)
{
	size_t		 i;
	struct member	*m;

	p->fds[0] = (struct pollfd){ .fd = p->signals, .events = POLLIN };
	for (i = 0; i < p->n; i++) {
		m = &p->members[i];
		p->fds[1 + 2 * i] = (struct pollfd){ .fd = m->up ? -1 :
		    m->ready, .events = POLLIN };
		p->fds[2 + 2 * i] = (struct pollfd){ .fd =
		    member_connected(m) ? m->client->conn.fd : -1,
		    .events = POLLIN };
	}
	if (poll(p->fds, (nfds_t)(2 * p->n + 1), mono_poll_ms(deadline,
	    mono_now())) == -1)
		return -1;
	for (i = 0; i < p->n; i++)
		if (p->fds[2 + 2 * i].revents != 0)
			p->members[i].readable = true;
	if (p->fds[0].revents == 0)
		return 0;
	errno = EINTR;
	return -1;
}

/* One that is worth reading, the present one first; NULL: none. */
static struct member *
next_readable(struct private *p)
{
	struct member	*m;
	size_t		 i;

	if (p->frames >= TURN_FRAMES) {
		p->frames = 0;
		p->turn++;
	}
	for (i = 0; i < p->n; i++) {
		m = &p->members[(p->turn + i) % p->n];
		if (m->readable && member_connected(m)) {
			p->turn = (p->turn + i) % p->n;
			return m;
		}
	}
	return NULL;
}

/* What a failure to wait is: nobody's stream, but somebody must say so. */
static int
read_failed(struct private *p, struct member **from)
{
	int	 error = errno;

	*from = p->members;
	if (error != EINTR)
		(void)snprintf((*from)->client->why,
		    sizeof((*from)->client->why), "poll: %s",
		    strerror(error));
	errno = error;
	return -1;
}

int
private_read(struct private *p, struct member **from, struct frame *f,
    struct mono deadline)
{
	struct member	*m;

	for (;;) {
		/* So that one who never pauses hides neither the others nor
		   a signal. */
		if (p->frames >= TURN_FRAMES && await(p, at_once) == -1)
			return read_failed(p, from);
		if ((m = next_readable(p)) == NULL) {
			if (mono_reached(deadline, mono_now())) {
				errno = ETIMEDOUT;
				return -1;
			}
			if (await(p, deadline) == -1)
				return read_failed(p, from);
			continue;
		}
		*from = m;
		p->frames++;
		if (client_read(m->client, f, at_once) == 0)
			return 0;
		if (errno != ETIMEDOUT)
			return -1;
		m->readable = false;
		p->frames = 0;
	}
}

int
private_lost(struct private *p, struct member *m)
{
	char	 prefix[32];

	m->blame = true;
	return cmd_fail(p->cmd, CMD_UNREACHABLE, "%s%s",
	    private_prefix(p, m, prefix), m->client->why);
}

/* ---- the beginning ---- */

static int
not_up(struct private *p, struct member *m, const char *when)
{
	char	 prefix[32];

	m->blame = true;
	return cmd_fail(p->cmd, CMD_FAILED, "%sthe supervisor did not start%s",
	    private_prefix(p, m, prefix), when);
}

/* Until those that were started are ready. */
static int
await_up(struct private *p, struct mono deadline)
{
	struct member	*m, *waiting;
	char		 when[32];

	(void)snprintf(when, sizeof(when), " within %d s", PRIVATE_SECONDS);
	for (;;) {
		if (private_heard(p) != 0)
			return CMD_OWN;
		waiting = NULL;
		for (m = p->members; m < p->members + p->n; m++) {
			if (m->ready == -1 || m->up)
				continue;
			member_hear(m);
			if (!m->up && m->broodd == 0)
				return not_up(p, m, "");
			if (!m->up)
				waiting = m;
		}
		if (waiting == NULL)
			return 0;
		if (mono_reached(deadline, mono_now()))
			return not_up(p, waiting, when);
		if (await(p, deadline) == -1 && errno != EINTR)
			return cmd_fail(p->cmd, CMD_FAILED, "poll: %s",
			    strerror(errno));
	}
}

static int
connect_to(struct private *p, struct member *m)
{
	while (member_connect(m, p->signals, m == p->members) == -1) {
		if (errno != EINTR)
			return private_lost(p, m);
		if (private_heard(p) != 0)
			return CMD_OWN;
		if (m->broodd == 0)
			return not_up(p, m, "");
	}
	return 0;
}

int
private_reconnect(struct private *p)
{
	size_t	 i;
	int	 rc = 0;

	for (i = 0; i < p->n && rc == 0; i++)
		rc = connect_to(p, &p->members[i]);
	return rc;
}

struct address_of { char text[320]; };

static void
on_info(void *ctx, const struct frame *f)
{
	struct address_of	*a = ctx;
	struct row		 row;

	if (f->h.op != WIRE_ROW || row_read(&row, f->body, f->body_len) == -1)
		return;
	(void)snprintf(a->text, sizeof(a->text), "%s", row_get(&row,
	    "listen"));
	row_release(&row);
}

/* The others look for the first, which knows its port now. */
static int
start_others(struct private *p, struct member_conf *conf)
{
	static const struct pid	 here;
	struct address_of	 a = { "" };
	size_t			 i;
	int			 rc;

	p->deadline = mono_after(mono_now(), MONO_MS(PRIVATE_SECONDS * 1000));
	if ((rc = cmd_ask(p->cmd, here, WIRE_QUERY, "info", NULL, 0, on_info,
	    &a, "master")) != 0)
		return rc;
	conf->role = "WORKER";
	conf->known = a.text;
	for (i = 1; i < p->n && rc == 0; i++)
		rc = member_start(&p->members[i], p->dir, conf);
	if (rc == 0)
		rc = await_up(p, p->deadline);
	for (i = 1; i < p->n && rc == 0; i++)
		rc = connect_to(p, &p->members[i]);
	return rc;
}

int
private_open(struct private *p, struct cmd *cmd, const char *worker_dir,
    size_t n)
{
	struct member_conf	 conf = { "MASTER", worker_dir, NULL, NULL };
	char			 key[80];
	int			 rc;

	*p = (struct private){ .cmd = cmd, .signals = -1, .n = n };
	if ((rc = make_members(p)) != 0 || (rc = take_signals(p)) != 0 ||
	    (rc = make_directory(p)) != 0)
		return rc;
	if (n > 1) {
		if ((rc = make_key(p, key)) != 0)
			return rc;
		conf.key = key;
	}
	if ((rc = member_start(p->members, p->dir, &conf)) != 0 ||
	    (rc = await_up(p, MONO_NEVER)) != 0 ||
	    (rc = connect_to(p, p->members)) != 0)
		return rc;
	return n > 1 ? start_others(p, &conf) : 0;
}

/* ---- the end ---- */

static bool
any_connected(const struct private *p)
{
	size_t	 i;

	for (i = 0; i < p->n; i++)
		if (member_connected(&p->members[i]))
			return true;
	return false;
}

static bool
any_alive(const struct private *p)
{
	size_t	 i;

	for (i = 0; i < p->n; i++)
		if (p->members[i].broodd != 0)
			return true;
	return false;
}

/*
 * TERM, then what the processes still say: a stream ends when its relay does,
 * and until then every line is passed on.
 */
static void
stop_all(struct private *p, client_frame_fn *fn, void *ctx)
{
	struct pollfd	 fds = { .fd = p->signals, .events = POLLIN };
	struct member	*m;
	struct frame	 f;
	size_t		 i;

	(void)private_heard(p);
	for (i = 0; i < p->n; i++)
		member_kill(&p->members[i], SIGTERM);
	while (any_connected(p)) {
		if (private_read(p, &m, &f, MONO_NEVER) == 0)
			fn(ctx, &f);
		else if (errno == EINTR)
			(void)private_heard(p);
		else
			client_release(m->client);
	}
	while (any_alive(p)) {
		(void)poll(&fds, 1, -1);
		(void)private_heard(p);
	}
}

/* We end as who stopped us wanted, now that all is tidy. */
static void
die_by(int sig)
{
	sigset_t	 set;

	(void)signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	(void)raise(sig);			/* waits, if still blocked */
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void
private_close(struct private *p, client_frame_fn *fn, void *ctx)
{
	struct member	*m;
	char		 prefix[32];

	if (p->signals != -1)
		stop_all(p, fn, ctx);
	for (m = p->members; m < p->members + p->n; m++) {
		if (m->blame || p->cmd->verbose)
			member_log(m, private_prefix(p, m, prefix));
		member_release(m);
	}
	if (p->dir[0] != '\0')
		(void)nftw(p->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (p->signals != -1)
		close(p->signals);
	free(p->members);
	free(p->fds);
	if (p->stopped_by != 0)
		die_by(p->stopped_by);
}
