/*
 * verbs.c - the table of verbs.
 *
 * Owns:    names, arguments, options and help texts; all else is made of them.
 * Not here: what the verbs do (cmd_*.c), how help is laid out (help.c).
 * Errors:  none.
 */
#include "verbs.h"

#include "cmd.h"

const struct verb_option	verbs_options[] = {
	{ 's', NULL, "SOCKET", "the supervisor's control socket; default "
	    "$BROOD_SOCKET, else sock in broodd's run directory" },
	{ 'n', NULL, "NODE", "ask that node, through the local one; what has "
	    "no @NODE is meant there" },
	{ OPT_JSON, "json", NULL, "one JSON object a line" },
	{ 'q', NULL, NULL, "say less" },
	{ 'v', NULL, NULL, "say more; pids with their incarnation" },
	{ 'h', "help", NULL, "this text" },
	{ OPT_VERSION, "version", NULL, "the version" },
	{ 0, NULL, NULL, NULL }
};

#define DEADLINE	{ 't', NULL, "SECONDS", "give up after that time, " \
			    "with exit code 7" }

static const struct verb_option	none[] = { { 0, NULL, NULL, NULL } };

static const struct verb_option	run_options[] = {
	{ 'N', NULL, "NODES", "how many nodes, 1 to 64; default 1" },
	{ 'o', NULL, "KEY=VALUE", "a [node] setting of each, as broodd -o; "
	    "may be given again" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	spawn_options[] = {
	{ OPT_NAME, "name", "NAME", "register it under that name before its "
	    "first instruction" },
	{ OPT_LINK, "link", NULL, "linked to the worker this is called in" },
	{ OPT_MONITOR, "monitor", NULL, "stay and print its end; exit code "
	    "0 if that is normal, else 1" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	send_options[] = {
	{ OPT_STDIN, "stdin", NULL, "the value of the last field, which is s "
	    "or B, is standard input" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	recv_options[] = {
	DEADLINE,
	{ OPT_COUNT, "count", "N", "take N messages; default 1" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	call_options[] = {
	DEADLINE,
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	monitor_options[] = {
	{ '1', NULL, NULL, "end with the first death; exit code 0 if that is "
	    "normal, else 1" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	wait_options[] = {
	{ OPT_READY, "ready", "WORKER", "until it is ready" },
	{ OPT_DOWN, "down", "WORKER", "until it is stopped or parked" },
	{ 't', NULL, "SECONDS", "give up after that time, with exit code 7, "
	    "or 125 for a DEST" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	watch_options[] = {
	{ OPT_NODES, "nodes", NULL, "nodes, too: those that come and go" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	ping_options[] = {
	DEADLINE,
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	log_options[] = {
	{ 'f', NULL, NULL, "go on with what is written from now on" },
	{ OPT_LINES, "lines", "N", "the last N lines; default 10" },
	{ OPT_DEATHS, "deaths", NULL, "the last deaths instead: when, who, "
	    "after how long, the cause, the last lines" },
	{ 0, NULL, NULL, NULL }
};

static const struct verb_option	reload_options[] = {
	{ OPT_DRY_RUN, "dry-run", NULL, "only say what would change" },
	{ 0, NULL, NULL, NULL }
};

#define DEST_TEXT "DEST is 12@alpha, 12, name@alpha or name; without @NODE " \
	"it is of the local node, or of that of -n."
#define FORMAT_TEXT "FORMAT has a letter for each value: b bool, i u 32 " \
	"bits, I U 64 bits, f float, s string, B blob (hex digits), p pid, " \
	"o port; A(s) is an array: its count, then its elements."

const struct verb	verbs[] = {
	{ "run", "[-N NODES] [-o KEY=VALUE]... PROGRAM[:ENTRY] [ARG...]",
	    "private supervisors, a process in one, all in one command",
	    "Starts a supervisor of its own in a temporary directory, a "
	    "process of PROGRAM in it, passes the output of all processes "
	    "through, and stops everything when that one ends. With -N there "
	    "are as many supervisors: the node master with the role MASTER, "
	    "where the process runs, and worker1, worker2 ... with the role "
	    "WORKER; they see each other before it starts. PROGRAM is a "
	    "program of the worker directory, or a path: then its folder is "
	    "the worker directory. Without ENTRY it is the program's first. "
	    "No file under /etc is read and no user is switched.\n"
	    "\nThe exit code is the process's; 128+N when signal N ended it, "
	    "1 for any other cause; brood's own failures are 125.",
	    run_options, cmd_run, 1, VERB_ANY, VERB_VERBATIM | VERB_OWN |
	    VERB_HERE },
	{ "spawn", "[--name NAME] [--link] [--monitor] PROGRAM[:ENTRY] "
	    "[ARG...]", "start a process, print its pid",
	    "Starts a process of PROGRAM, which is declared in brood.conf or "
	    "lies in the worker directory, and prints its pid. Without ENTRY "
	    "it is the program's first. With -n it is a program of that node, "
	    "and a process there.",
	    spawn_options, cmd_process_spawn, 1, VERB_ANY, VERB_VERBATIM },
	{ "send", "[--stdin] DEST TYPE [FORMAT VALUE...]", "send a message",
	    "Ends when the node has taken the message, also when nobody is "
	    "there. Sent to the PID!REF of a call that recv printed, it is "
	    "the answer.\n\n" DEST_TEXT "\n\n" FORMAT_TEXT,
	    send_options, cmd_message_send, 2, VERB_ANY, VERB_VERBATIM },
	{ "recv", "[-t SECONDS] [--count N]", "in a worker: take the next "
	    "message",
	    "Prints one line, FROM TYPE FORMAT VALUE..., quoted so that\n"
	    "\n\teval \"set -- $line\"\n\n"
	    "gives these words in any shell. The FROM of a call carries its "
	    "ref (4@alpha!17): send to that is the answer. A death that is "
	    "watched is PID down s CAUSE, a trapped exit PID exit s CAUSE, a "
	    "node that comes or goes 0@NODE nodeup s ROLE, 0@NODE nodedown s "
	    "ROLE. A message is taken only when it has been printed.",
	    recv_options, cmd_message_recv, 0, 0, VERB_WORKER | VERB_HERE },
	{ "call", "[-t SECONDS] DEST TYPE [FORMAT VALUE...]",
	    "send a message and print the answer",
	    "Prints TYPE FORMAT VALUE... of the answer, quoted as by recv. "
	    "Exit code 4: there is no such process; 1: it ended before it "
	    "answered; 7: no answer in time.\n\n" DEST_TEXT "\n\n" FORMAT_TEXT,
	    call_options, cmd_message_call, 2, VERB_ANY, VERB_VERBATIM },
	{ "monitor", "[-1] DEST...", "print a line when one of them ends",
	    "Says 'watching 12@alpha' on standard error once that is in "
	    "force, then prints a line per death, 'down 12@alpha signal 9 "
	    "(KILL)', until all have ended.",
	    monitor_options, cmd_watch_monitor, 1, VERB_ANY, 0 },
	{ "wait", "[-t SECONDS] DEST | --ready WORKER | --down WORKER",
	    "until a process ends, with its exit code",
	    "Waits until the process ends. The exit code is its own; 128+N "
	    "when signal N ended it, 1 for any other cause; brood's own "
	    "failures are 125. With --ready or --down until the worker is "
	    "ready, or is not running any more: exit code 0.",
	    wait_options, cmd_watch_wait, 0, 1, VERB_OWN },
	{ "watch", "[--nodes] [DEST...]", "in a worker: be told of deaths by "
	    "recv",
	    "Returns at once. When one of them ends, recv in this worker "
	    "prints PID down s CAUSE.",
	    watch_options, cmd_watch_watch, 0, VERB_ANY, VERB_WORKER },
	{ "unwatch", "[--nodes] [DEST...]", "in a worker: take watch back",
	    "No death of these is told by recv any more.",
	    watch_options, cmd_watch_unwatch, 0, VERB_ANY, VERB_WORKER },
	{ "link", "DEST", "in a worker: end together",
	    "When one of the two ends abnormally, so does the other, unless "
	    "it traps exits.",
	    none, cmd_watch_link, 1, 1, VERB_WORKER },
	{ "unlink", "DEST", "in a worker: take link back",
	    "The end of one does not touch the other any more.",
	    none, cmd_watch_unlink, 1, 1, VERB_WORKER },
	{ "trap", "on | off", "in a worker: exits come by recv",
	    "With on, exit signals do not end this worker but are messages: "
	    "recv prints PID exit s CAUSE.",
	    none, cmd_watch_trap, 1, 1, VERB_WORKER | VERB_HERE },
	{ "exit", "DEST [TEXT]", "ask a process to end",
	    "Sends an exit signal, which a process may trap. TEXT is the "
	    "cause that its watchers are told; without it that is 'killed by "
	    "PID'. The text 'normal' is ignored by who does not trap.",
	    none, cmd_process_exit, 1, 2, VERB_VERBATIM },
	{ "kill", "DEST", "end a process and its group, untrappably",
	    "Its process group gets SIGKILL; the cause is 'killed by PID'.",
	    none, cmd_process_kill, 1, 1, 0 },
	{ "signal", "SIGNAL PATTERN...", "send an OS signal",
	    "SIGNAL is a name or a number: HUP, SIGHUP, 1. PATTERN is an "
	    "address, or matches names or programs as files are matched "
	    "(web*, web*@beta). With -v or --json it tells whom it reached.",
	    none, cmd_process_signal, 2, VERB_ANY, VERB_VERBATIM },
	{ "ps", "[PATTERN...]", "the processes",
	    "A line per process. PATTERN is an address, or matches names or "
	    "programs as files are matched (web*); with @NODE behind it, of "
	    "that node.",
	    none, cmd_look_ps, 0, VERB_ANY, 0 },
	{ "info", "[DEST]", "everything about a process, or the node",
	    "Prints 'key: value', with the keys that --json has.",
	    none, cmd_look_info, 0, 1, 0 },
	{ "names", "", "the registered names",
	    "A line per name.", none, cmd_look_names, 0, 0, 0 },
	{ "register", "NAME DEST", "give a process a name",
	    "A process may have many names; a name has one process. A name "
	    "ends with its process, and is one of its node.",
	    none, cmd_process_register, 2, 2, 0 },
	{ "unregister", "NAME", "take a name away",
	    "The process stays.", none, cmd_process_unregister, 1, 1, 0 },
	{ "whereis", "NAME", "the pid behind a name",
	    "Exit code 4 when nobody has it.",
	    none, cmd_look_whereis, 1, 1, 0 },
	{ "stats", "", "counters and bounds of the supervisor",
	    "A line per figure, with its meaning.",
	    none, cmd_look_stats, 0, 0, 0 },
	{ "peers", "", "the other nodes",
	    "A line per node that is known or expected: its state is up, "
	    "suspect (silent for a while), down or conflict (its name is "
	    "another's); RTT is the last round trip, HEARD how long ago it "
	    "was heard. With -v also its incarnation, and why it is missing.",
	    none, cmd_look_peers, 0, 0, 0 },
	{ "ping", "[-t SECONDS] NODE", "the round trip to another node",
	    "Asks the supervisor of that node for an answer and prints how "
	    "long that took: 'beta 213 us'. Exit code 4: it is not up; 7: no "
	    "answer in time.",
	    ping_options, cmd_node_ping, 1, 1, VERB_HERE },
	{ "events", "", "what happens, as it happens",
	    "A line per event until interrupted: time, event, pid, worker, "
	    "node, cause; - for what an event does not have. Events are "
	    "start ready death restart park nodeup nodedown.",
	    none, cmd_look_events, 0, 0, 0 },
	{ "log", "[-f] [--lines N] [--deaths] WORKER",
	    "what a worker wrote",
	    "Prints the last captured lines as they were written; with -v each "
	    "after the pid and the worker it came from. WORKER@NODE is one of "
	    "another node.",
	    log_options, cmd_look_log, 1, 1, 0 },
	{ "self", "", "the pid of the worker this is called in",
	    "Outside a worker it is the pid of this very command.",
	    none, cmd_look_self, 0, 0, VERB_HERE },
	{ "reload", "[--dry-run]", "read the configuration again",
	    "Prints + for what was added, - removed, ~ changed, = kept. A "
	    "configuration with an error changes nothing.",
	    reload_options, cmd_node_reload, 0, 0, 0 },
	{ "shutdown", "", "stop the supervisor and everything in it",
	    "Stops the workers in reverse order and returns when the "
	    "supervisor is gone; with -n that of another node.",
	    none, cmd_node_shutdown, 0, 0, 0 },
	{ "check", "[FILE]", "check a configuration",
	    "As broodd -n: prints problems as FILE:LINE: KEY: REASON. Exit "
	    "code 0, or 100. With -v it prints the configuration in full.",
	    none, cmd_node_check, 0, 1, VERB_HERE },
	{ .name = NULL }
};
