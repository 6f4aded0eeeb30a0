/* orders_test.c - what the relay asks, broken or not, and what it hears. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "conf.h"
#include "orders.h"
#include "report.h"

#define HIGH	20		/* below it is for children */

static struct parent	 p;
static int		 relay;		/* its end of the link */

/* ---- the relay's side ---- */

static void
order(enum wire_op op, uint64_t serial, struct buf *body, const int *fds,
    size_t nfds)
{
	struct wire_head	h = { .op = (uint8_t)op };
	uint8_t			bytes[4096];
	struct conn		c;
	int			copies[CONN_FDS];
	size_t			i, n = body == NULL ? 0 : body->len;

	h.to.serial = serial;
	h.len = (uint32_t)(WIRE_HEAD + n);
	wire_put(bytes, &h);
	if (n > 0)
		memcpy(bytes + WIRE_HEAD, body->p, n);
	for (i = 0; i < nfds; i++)
		copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH);
	conn_init(&c, fcntl(relay, F_DUPFD_CLOEXEC, HIGH), WIRE_P, WIRE_MAX);
	(void)conn_put_fds(&c, bytes, h.len, copies, nfds);
	(void)conn_flush(&c);
	conn_release(&c);
	if (body != NULL)
		buf_release(body);
}

/* A shell that runs a script; fd 3 and a pipe for its output. */
static void
ask_spawn(uint64_t serial, const char *program, const char *script,
    size_t nfds, int *fd3)
{
	struct buf	b;
	int		sv[2], fds[2], out[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1 ||
	    pipe2(out, O_CLOEXEC) == -1)
		abort();
	fds[0] = sv[1];
	fds[1] = out[1];
	buf_init(&b, 4096);
	buf_add_str8(&b, program);
	buf_add_str8(&b, "main");
	buf_add_str8(&b, "");
	buf_add_u16(&b, 2);
	buf_add_str16(&b, "-c");
	buf_add_str16(&b, script);
	order(WIRE_O_SPAWN, serial, &b, fds, nfds);
	close(sv[1]);
	close(out[0]);
	close(out[1]);
	if (fd3 != NULL)
		*fd3 = sv[0];
	else
		close(sv[0]);
}

static void
ask_kill(uint64_t serial, int sig, bool is_order)
{
	struct buf	b;

	buf_init(&b, 16);
	buf_add_u32(&b, (uint32_t)sig);
	buf_add_u8(&b, is_order);
	order(WIRE_O_KILL, serial, &b, NULL, 0);
}

/* The next report; op 0 when there is none. */
static struct wire_head
hear(uint8_t body[64])
{
	struct wire_head	h = { .op = 0 };
	uint8_t			head[WIRE_HEAD];

	if (recv(relay, head, sizeof(head), MSG_DONTWAIT) !=
	    (ssize_t)sizeof(head))
		return h;
	wire_get(&h, head);
	if (h.len - WIRE_HEAD > 64 || recv(relay, body, h.len - WIRE_HEAD,
	    MSG_DONTWAIT) == -1)
		h.op = 0;
	return h;
}

static bool
heard(enum wire_op op, uint64_t serial, uint8_t body[64])
{
	struct wire_head	h = hear(body);

	if (h.op == op && h.to.serial == serial)
		return true;
	note("heard %s of %llu", h.op == 0 ? "nothing" :
	    wire_rule(h.op)->name, (unsigned long long)h.to.serial);
	return false;
}

/* ---- the parent's side ---- */

static void
begin(void)
{
	static const char	text[] = "[node]\nname = alpha\nrole = A\n"
				    "[program sh]\nexec = /bin/sh\n"
				    "user = root\n[program none]\n"
				    "exec = /none\nuser = root\n";
	static const char	plain[] = "[node]\nname = alpha\n"
				    "[program sh]\nexec = /bin/sh\n"
				    "[program none]\nexec = /none\n";
	bool			root = geteuid() == 0;
	int			sv[2];

	memset(&p, 0, sizeof(p));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1 ||
	    conf_parse_text(&p.conf, root ? text : plain,
	    strlen(root ? text : plain), &(struct conf_sink){ 0 }) == -1 ||
	    programs_init(&p.programs) == -1 ||
	    (p.room.p = malloc(CONN_SMALL)) == NULL)
		abort();
	relay = sv[1];
	conn_init(&p.link, sv[0], WIRE_O, WIRE_MAX);
	p.link.takes_fds = true;
	p.room.cap = CONN_SMALL;
	p.programs.conf = p.conf;
	p.programs.run_dir = p.programs.socket = p.programs.bin = "/none";
	p.programs.nofile = (struct rlimit){ 256, 256 };
	p.programs.relay = (uid_t)-1;
	p.null = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, HIGH);
	p.relay.birth.verdict = -1;
	p.retry = MONO_NEVER;
	kids_init(&p.kids);
	/* Somebody to be killed for a broken order. */
	if ((p.relay.birth.pid = fork()) == 0)
		for (;;)
			pause();
}

static void
finish(void)
{
	const struct kid	*k;
	int			 status;

	for (k = kids_next(&p.kids, NULL); k != NULL;
	    k = kids_next(&p.kids, k))
		(void)child_kill_group(k->birth.pid, SIGKILL);
	(void)child_kill(p.relay.birth.pid, SIGKILL);
	while (waitpid(-1, &status, 0) > 0)
		continue;
	kids_release(&p.kids);
	conn_release(&p.link);
	programs_release(&p.programs);
	conf_free(p.conf);
	free(p.room.p);
	close(p.null);
	close(relay);
}

static void
read_orders(void)
{
	while (orders_read(&p))
		continue;
}

/* The end of a child, as the parent's loop sees it. */
static void
bury(uint64_t serial)
{
	struct kid	*k = kids_by_serial(&p.kids, serial);
	int		 status = 0;

	while (!child_is_dead(k->birth.pid))
		(void)poll(NULL, 0, 1);
	(void)child_reap(k->birth.pid, true, &status);
	orders_exited(&p, k, status);
}

static void
test_life(void)
{
	uint8_t	body[64];

	begin();
	ask_spawn(7, "sh", "exit 5", 2, NULL);
	read_orders();
	ok(heard(WIRE_O_SPAWNED, 7, body) &&
	    get_u32(body) == (uint32_t)kids_by_serial(&p.kids, 7)->birth.pid,
	    "life: born, and told");
	bury(7);
	ok(heard(WIRE_O_EXITED, 7, body) && get_u32(body) == 5 << 8 &&
	    body[4] == 0, "life: its end, by no order");
	ok(kids_by_serial(&p.kids, 7) == NULL, "life: out of the table");
	finish();
}

static const struct {
	const char	*name, *program;
	uint64_t	 serial;
	size_t		 nfds;
	int		 error;
	const char	*stage;
} failures[] = {
	{ "no program",		"lost",		1, 2, ENOENT, "program" },
	{ "a path",		"/bin/sh",	2, 2, ENOENT, "program" },
	{ "no executable",	"none",		3, 2, ENOENT, "exec" },
	{ "no output",		"sh",		4, 1, EBADF, "descriptors" },
	{ "no descriptors",	"sh",		5, 0, EBADF, "descriptors" },
};

static void
test_failures(void)
{
	uint8_t	body[64];
	size_t	i, n;
	int	fd;

	begin();
	fd = open("/dev/null", O_RDONLY);
	close(fd);
	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		ask_spawn(failures[i].serial, failures[i].program, "exit 0",
		    failures[i].nfds, NULL);
		read_orders();
		memset(body, 0, sizeof(body));
		n = strlen(failures[i].stage);
		ok(heard(WIRE_O_FAILED, failures[i].serial, body) &&
		    get_u32(body) == (uint32_t)failures[i].error &&
		    body[4] == n && memcmp(body + 5, failures[i].stage, n) ==
		    0, "failure: %s", failures[i].name);
		ok(kids_by_serial(&p.kids, failures[i].serial) == NULL,
		    "failure: %s leaves nothing", failures[i].name);
	}
	is_int(open("/dev/null", O_RDONLY), fd,
	    "failure: no descriptor is left open");
	close(fd);
	finish();
}

static void
test_kill(void)
{
	uint8_t	body[64];
	int	fd3;

	begin();
	ask_spawn(1, "sh", "exec sleep 1000", 2, NULL);
	ask_kill(1, SIGUSR1, false);
	read_orders();
	(void)heard(WIRE_O_SPAWNED, 1, body);
	bury(1);
	ok(heard(WIRE_O_EXITED, 1, body) && get_u32(body) == SIGUSR1 &&
	    body[4] == 0, "kill: a signal is no order");

	ask_spawn(2, "sh", "exec sleep 1000", 2, NULL);
	ask_kill(2, SIGTERM, true);
	ask_kill(99, SIGTERM, true);		/* nobody: no matter */
	read_orders();
	(void)heard(WIRE_O_SPAWNED, 2, body);
	bury(2);
	ok(heard(WIRE_O_EXITED, 2, body) && get_u32(body) == SIGTERM &&
	    body[4] == 1, "kill: an order that reached it alive");

	ask_spawn(3, "sh", "read x <&3; exit 3", 2, &fd3);
	read_orders();
	(void)heard(WIRE_O_SPAWNED, 3, body);
	close(fd3);
	while (!child_is_dead(kids_by_serial(&p.kids, 3)->birth.pid))
		(void)poll(NULL, 0, 1);
	ask_kill(3, SIGKILL, true);
	read_orders();
	bury(3);
	ok(heard(WIRE_O_EXITED, 3, body) && get_u32(body) == 3 << 8 &&
	    body[4] == 0, "kill: one that came too late is not the cause");
	finish();
}

/* A birth whose child somebody has stopped before its exec. */
static void
test_no_verdict(void)
{
	struct kid	*k;
	uint8_t		 body[64];
	int		 fds[2], status;
	pid_t		 pid;

	begin();
	k = kids_add(&p.kids, 1);
	if (k == NULL || pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		abort();
	if ((pid = fork()) == 0)
		for (;;)
			pause();
	k->birth = (struct child_birth){ .pid = pid, .verdict = fds[0] };
	k->deadline = mono_after(mono_now(), MONO_MS(60000));
	if (kids_born(&p.kids, k) == -1)
		abort();
	kids_await(&p.kids, k);
	report_kid(&p, k);
	orders_verdict(&p, k);
	is_int(hear(body).op, 0, "no verdict: nothing is said as yet");
	k->deadline = mono_now();
	orders_verdict(&p, k);
	ok(heard(WIRE_O_FAILED, 1, body) && get_u32(body) == ETIMEDOUT,
	    "no verdict: a failure when its time is over");
	ok(kids_by_serial(&p.kids, 1) == NULL && kids_by_pid(&p.kids, pid) ==
	    NULL && p.kids.nbirths == 0, "no verdict: out of the table");
	(void)waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	    "no verdict: it is killed");
	close(fds[1]);
	finish();
}

/* A relay that does not read: deaths wait in the table, and none is lost. */
static void
test_owed(void)
{
	static uint8_t	 junk[PARENT_LINK_HIGH + 1];
	uint8_t		 body[64], sink[65536];
	size_t		 n;

	begin();
	ask_spawn(1, "sh", "exit 0", 2, NULL);
	read_orders();
	(void)heard(WIRE_O_SPAWNED, 1, body);
	while (p.link.out_bytes == 0)		/* the socket is full */
		(void)conn_write(&p.link, junk, 4096);
	n = p.link.out_bytes;
	(void)conn_write(&p.link, junk, sizeof(junk));
	bury(1);
	ok(kids_by_serial(&p.kids, 1) != NULL &&
	    p.link.out_bytes == n + sizeof(junk),
	    "owed: nothing more is queued");
	ok(!TAILQ_EMPTY(&p.kids.owed), "owed: but it is not forgotten");
	report_owed(&p);
	ok(!TAILQ_EMPTY(&p.kids.owed), "owed: not while it waits");
	while (p.link.out_bytes > 0 || recv(relay, sink, 1,
	    MSG_DONTWAIT | MSG_PEEK) > 0) {
		while (recv(relay, sink, sizeof(sink), MSG_DONTWAIT) > 0)
			continue;
		(void)conn_flush(&p.link);
	}
	report_owed(&p);
	ok(heard(WIRE_O_EXITED, 1, body), "owed: told in the end");
	ok(kids_by_serial(&p.kids, 1) == NULL && TAILQ_EMPTY(&p.kids.owed),
	    "owed: and paid");
	finish();
}

/* ---- orders that no relay of ours would send ---- */

static void
spoil_body(void)
{
	struct buf	b;

	buf_init(&b, 64);
	buf_add(&b, "\377\377\377\377\377\377", 6);
	order(WIRE_O_SPAWN, 1, &b, NULL, 0);
}

static void
spoil_rest(void)
{
	struct buf	b;

	buf_init(&b, 64);
	buf_add_str8(&b, "sh");
	buf_add_str8(&b, "");
	buf_add_str8(&b, "");
	buf_add_u16(&b, 0);
	buf_add_u8(&b, 0);
	order(WIRE_O_SPAWN, 1, &b, NULL, 0);
}

static void
spoil_zero(void)
{
	ask_spawn(0, "sh", "exit 0", 2, NULL);
}

static void
spoil_twice(void)
{
	ask_spawn(1, "sh", "exec sleep 1000", 2, NULL);
	ask_spawn(1, "sh", "exec sleep 1000", 2, NULL);
}

static void
spoil_signal(void)
{
	ask_kill(1, 4711, true);
}

static void
spoil_op(void)
{
	order(WIRE_O_INIT, 0, NULL, NULL, 0);
}

static void
spoil_length(void)
{
	static const uint8_t	bytes[WIRE_HEAD] = { 0xff, 0xff, 0xff, 0xff,
				    WIRE_O_SPAWN };

	(void)send(relay, bytes, sizeof(bytes), 0);
}

static void
spoil_end(void)
{
	(void)shutdown(relay, SHUT_WR);
}

static const struct {
	const char	*name;
	void		(*send)(void);
} broken[] = {
	{ "a body of nonsense", spoil_body },
	{ "bytes left over", spoil_rest },
	{ "serial 0", spoil_zero },
	{ "a serial twice", spoil_twice },
	{ "no such signal", spoil_signal },
	{ "the parent's own operation", spoil_op },
	{ "a length beyond all", spoil_length },
	{ "the end of the link", spoil_end },
};

static void
test_broken(void)
{
	size_t	i;
	int	tries;

	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		begin();
		broken[i].send();
		read_orders();
		is_int(p.link.fd, -1, "broken: %s, the link is closed",
		    broken[i].name);
		for (tries = 0; tries < 2000 &&
		    !child_is_dead(p.relay.birth.pid); tries++)
			(void)poll(NULL, 0, 1);
		ok(child_is_dead(p.relay.birth.pid),
		    "broken: %s, the relay is killed", broken[i].name);
		finish();
	}
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	test_life();
	test_failures();
	test_kill();
	test_no_verdict();
	test_owed();
	test_broken();
	return tap_done();
}
