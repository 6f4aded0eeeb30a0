/*
 * fate.c - processes that end in every way there is, each when it is told to
 * (by any message), or by what another does to it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "msg.h"

MSG_TYPE(ready);
MSG_REMOTABLE(waits);				/* until a message: normal */
MSG_REMOTABLE(exits, (i32, code));
MSG_REMOTABLE(dies, (str, text));
MSG_REMOTABLE(raises, (i32, signal));
MSG_REMOTABLE(raises_dying, (i32, signal), (str, text));
MSG_REMOTABLE(term_exits, (i32, code));		/* what it does on SIGTERM */
MSG_REMOTABLE(term_raises, (i32, signal));
MSG_REMOTABLE(term_dies, (str, text));
MSG_REMOTABLE(deaf);				/* to SIGTERM */
MSG_REMOTABLE(links, (pid, to));
MSG_REMOTABLE(traps, (pid, to), (str, file));
MSG_REMOTABLE(chain, (i32, left), (i32, deaf_at), (pids, on));
MSG_REMOTABLE(watches, (pid, on), (str, file));	/* monitors by all rules */

static volatile sig_atomic_t	status, termed;

/* A sanitizer lets signals be what they are. */
const char	*__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "handle_segv=0:handle_abort=0:detect_leaks=0";
}

static void
wait_message(void)
{
	struct msg_any	any;

	while (msg_receive(MSG_FOREVER, MSG_MATCH_ANY(&any)) != 0)
		;
	msg_release_any(&any);
}

static void
on_term_exit(int sig)
{
	(void)sig;
	_exit(status);
}

static void
on_term_raise(int sig)
{
	(void)sig;
	(void)signal((int)status, SIG_DFL);
	(void)kill(getpid(), (int)status);
}

static void
on_term_note(int sig)
{
	termed = sig;
}

static void
on_term(void (*handler)(int))
{
	struct sigaction	sa = { .sa_handler = handler };

	(void)sigaction(SIGTERM, &sa, NULL);
	(void)msg_register("set");		/* the test sees it */
	(void)msg_unregister("set");
	(void)msg_ready();
}

static void
waits(void)
{
	wait_message();
}

static void
exits(const struct exits *a)
{
	wait_message();
	exit(a->code);
}

static void
dies(const struct dies *a)
{
	wait_message();
	msg_die("%s", a->text);
}

static void
raises(const struct raises *a)
{
	wait_message();
	(void)kill(getpid(), a->signal);
}

static void
raise_at_exit(void)
{
	(void)kill(getpid(), (int)status);
}

/* It says its text, and then does not end by itself. */
static void
raises_dying(const struct raises_dying *a)
{
	status = a->signal;
	(void)atexit(raise_at_exit);
	wait_message();
	msg_die("%s", a->text);
}

static void
term_exits(const struct term_exits *a)
{
	status = a->code;
	on_term(on_term_exit);
	wait_message();
}

static void
term_raises(const struct term_raises *a)
{
	status = a->signal;
	on_term(on_term_raise);
	wait_message();
}

static void
term_dies(const struct term_dies *a)
{
	struct msg_any	any;

	on_term(on_term_note);
	while (!termed)
		(void)msg_receive(50, MSG_MATCH_ANY(&any));
	msg_die("%s", a->text);
}

static void
deaf(void)
{
	on_term(SIG_IGN);
	wait_message();
}

static void
links(const struct links *a)
{
	(void)msg_link(a->to);
	(void)msg_ready();
	wait_message();
}

static void
say(const char *file, const char *what, const struct msg_down *d)
{
	FILE	*f;

	if ((f = fopen(file, "a")) == NULL)
		msg_die("%s", file);
	fprintf(f, "%s %llu %s%s\n", what, (unsigned long long)d->pid.serial,
	    d->cause, d->normal ? " (a normal end)" : "");
	fclose(f);
}

static void
traps(const struct traps *a)
{
	struct msg_down	 down;
	struct ready	 end;

	(void)msg_trap_exits(true);
	(void)msg_link(a->to);
	(void)msg_ready();
	while (msg_receive(MSG_FOREVER, MSG_MATCH_EXIT(&down),
	    MSG_MATCH(ready, &end)) == 0)
		say(a->file, "exit", &down);
}

/* Each spawns the next, on the nodes of those processes in turn, and is linked
   to it. */
static void
chain(const struct chain *a)
{
	struct msg_node	node = { a->on.v[(size_t)a->left % a->on.n].node };
	struct msg_pid	next;

	if (a->left == a->deaf_at)
		(void)signal(SIGTERM, SIG_IGN);
	if (a->left > 1) {
		next = msg_spawn(node, MSG_CLOSURE(chain, .left = a->left - 1,
		    .deaf_at = a->deaf_at, .on = a->on), .link = true);
		if (next.serial == 0)
			msg_die("%s", msg_why());
	} else
		(void)msg_register("last");
	wait_message();
}

/* What comes of a monitor within that time. */
static void
told(const char *file, const char *what, struct msg_pid pid, int ms)
{
	struct msg_down	down = { .cause = "nothing" };

	if (msg_monitor(pid) == 0)
		msg_die("%s: monitor", what);
	(void)msg_receive(ms, MSG_MATCH_DOWN_OF(pid, &down));
	if (down.cause[0] == '\0')
		(void)snprintf(down.cause, sizeof(down.cause), "nothing");
	say(file, what, &down);
}

static void
watches(const struct watches *a)
{
	struct msg_node	node = { a->on.node };
	struct msg_pid	never = { node.id, 999999 };
	struct msg_pid	other = { node.id ^ 1, 1 }, dead;
	struct msg_down	down;

	told(a->file, "self", msg_self(), 500);
	told(a->file, "never", never, 5000);
	told(a->file, "other", other, 5000);
	dead = msg_spawn(node, MSG_CLOSURE(waits), .monitor = true);
	(void)msg_monitor(dead);
	(void)msg_kill(dead);
	(void)msg_receive(5000, MSG_MATCH_DOWN_OF(dead, &down));
	say(a->file, "first", &down);
	(void)msg_receive(5000, MSG_MATCH_DOWN_OF(dead, &down));
	say(a->file, "second", &down);
	told(a->file, "dead", dead, 5000);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(waits, exits, dies, raises,
	    raises_dying, term_exits, term_raises, term_dies, deaf, links,
	    traps, chain, watches));
}
