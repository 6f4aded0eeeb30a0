/*
 * conf_table.c - every setting there is: type, bounds, default, explanation.
 *
 * Owns:    the table.  A new setting is a field in settings.h and a row here.
 * Not here: how a type is read (conf_value.c), rules between settings
 *          (conf_check.c).
 * Errors:  none; that a row's type fits its field is checked by the compiler,
 *          that its default reads, by the unit test.
 */
#include "conf_table.h"

#include <string.h>

/* The size and the offset of a field; no such type there does not compile. */
#define FIELD(type, field)						\
	(offsetof(SECTION, field) *					\
	_Generic(((SECTION *)NULL)->field, type: (size_t)1))

#define NAME(f)		CONF_NAME, FIELD(char *, f), 0, 0
#define TOKEN(f)	CONF_TOKEN, FIELD(char *, f), 0, 0
#define PATH(f)		CONF_PATH, FIELD(char *, f), 0, 0
#define LOG(f)		CONF_LOG, FIELD(char *, f), 0, 0
#define LISTEN(f)	CONF_LISTEN, FIELD(char *, f), 0, 0
#define HOST(f)		CONF_HOST, FIELD(char *, f), 0, 0
#define NAMES(f)	CONF_NAMES, FIELD(char **, f), 0, 0
#define TOKENS(f)	CONF_TOKENS, FIELD(char **, f), 0, 0
#define HOSTS(f)	CONF_HOSTS, FIELD(char **, f), 0, 0
#define WORDS(f)	CONF_WORDS, FIELD(char **, f), 0, 0
#define ENVIRON(f)	CONF_ENVIRONMENT, FIELD(char **, f), 0, 0
#define BOOL(f)		CONF_BOOL, FIELD(bool, f), 0, 0
#define NUMBER(f, l, h)	CONF_NUMBER, FIELD(int, f), l, h
#define OCTAL(f, l, h)	CONF_OCTAL, FIELD(int, f), l, h
#define ENUM(f)		CONF_ENUM, FIELD(int, f), 0, 0
#define SET(f)		CONF_SET, FIELD(int, f), 0, 0
#define SIGNAL(f)	CONF_SIGNAL, FIELD(int, f), 0, 0
#define SIZE(f, l, h)	CONF_SIZE, FIELD(size_t, f), l, h
#define LIMIT(f, l, h)	CONF_LIMIT, FIELD(int64_t, f), l, h
#define TIME(f, l, h)	CONF_TIME, FIELD(int64_t, f), l, h
#define RATE(f, l, h)	CONF_RATE, FIELD(struct conf_rate, f), l, h

#define K		INT64_C(1024)
#define M		(1024 * K)
#define G		(1024 * M)
#define MS		INT64_C(1000)
#define S		(1000 * MS)
#define HOUR		(3600 * S)

#define BUILT		{ NULL, NULL }
#define SUPERVISION	{ "supervision", NULL }

/*	name, type (field, bounds), default, choices, when, explanation */

#define SECTION struct conf_node
static const struct conf_key	 node_keys[] = {
	{ "name", NAME(name), "", NULL, BUILT,
	  "Name of this node. Empty: the host name up to the first dot." },
	{ "role", NAME(role), "NODE", NULL, BUILT,
	  "What this node is for, such as MASTER or WORKER. Workers and "
	  "programs may be limited to nodes of certain roles." },
	{ "cluster", NAME(cluster), "default", NULL, BUILT,
	  "Nodes of another cluster are refused." },
	{ "listen", LISTEN(listen), "none", NULL, BUILT,
	  "Address to accept other nodes on: host:port, [v6]:port or *:port "
	  "for all addresses of this machine; port 0 takes any free one. A "
	  "name is looked up when it is opened. With none there is no "
	  "network." },
	{ "advertise", HOST(advertise), "", NULL, BUILT,
	  "Address that other nodes dial, when it is not the one listened "
	  "on. Without a port it is the port listened on." },
	{ "key-file", PATH(key_file), "", NULL, BUILT,
	  "File of keys, 64 hex digits a line, which belongs to root or to who "
	  "runs broodd and has mode 0600; gen-key makes one. The first line is "
	  "used to dial, all are accepted, so keys can be changed one node "
	  "after the other. Needed to listen on any address that is not "
	  "loopback." },
	{ "discover", SET(discover), "static", "broadcast static dns", BUILT,
	  "Where to look for other nodes. static: known-hosts, dns: dns-name, "
	  "broadcast: announcements in the local network." },
	{ "known-hosts", HOSTS(known_hosts), "", NULL, BUILT,
	  "Hosts of other nodes, as host or host:port, separated by blanks. "
	  "Without a port it is 38813." },
	{ "discovery-port", NUMBER(discovery_port, 1, 65535), "38813", NULL,
	  BUILT,
	  "UDP port of the announcements, the same on all nodes." },
	{ "dns-name", TOKEN(dns_name), "", NULL, BUILT,
	  "Name whose A, AAAA or SRV records are the other nodes." },
	{ "dns-interval", TIME(dns_interval, S, 24 * HOUR), "30s", NULL, BUILT,
	  "How often dns-name is asked for." },
	{ "peer-timeout", TIME(peer_timeout, 100 * MS, HOUR), "5s", NULL, BUILT,
	  "A node that is silent for so long is down, and a broken connection "
	  "may be resumed for so long. Heartbeats are sent every fifth of "
	  "it." },
	{ "spin", TIME(spin, 0, 10 * MS), "0", NULL, BUILT,
	  "How long the relay waits busily before it sleeps: shorter delays "
	  "for a busy processor. Such as 50us." },
	{ "worker-dir", PATH(worker_dir), "", NULL, BUILT,
	  "Folder whose executables may be spawned by name without a "
	  "[program] section. Empty: the one of the installation." },
	{ "max-message", SIZE(max_message, 4 * K, 16 * M), "16M", NULL, BUILT,
	  "Largest message. To another node the smaller one counts." },
	{ "max-mailbox", SIZE(max_mailbox, 4 * K, 1024 * G), "256M", NULL,
	  BUILT,
	  "Most bytes a worker holds unread in its own memory; one that "
	  "exceeds it dies of 'mailbox full'." },
	{ "high-mark", SIZE(high_mark, 4 * K, G), "1M", NULL, BUILT,
	  "Bytes queued for a process above which its senders wait." },
	{ "low-mark", SIZE(low_mark, K, G), "256K", NULL, BUILT,
	  "Bytes queued for a process below which its senders go on." },
	{ "link-window", SIZE(link_window, 128 * K, G), "4M", NULL, BUILT,
	  "Bytes of messages under way to one node before senders wait." },
	{ "link-reserve", SIZE(link_reserve, 64 * K, G), "8M", NULL, BUILT,
	  "Bytes of signals under way to one node beyond link-window; when "
	  "full, the node counts as down." },
	{ "frame-memory", SIZE(frame_memory, M, 1024 * G), "256M", NULL, BUILT,
	  "Memory of the relay for large messages that have not arrived "
	  "whole." },
	{ "tail-memory", SIZE(tail_memory, M, 1024 * G), "64M", NULL, BUILT,
	  "Memory of the relay for the last messages of dead workers." },
	{ "log", LOG(log), "stderr", NULL, BUILT,
	  "Where the log goes: stderr, syslog or a file." },
	{ "log-level", ENUM(log_level), "info", "error warn info debug", BUILT,
	  "Events below this level are not logged." },
	{ "log-dir", PATH(log_dir), "", NULL, { "logs per worker", NULL },
	  "Folder for what workers print: log-dir/NAME/current. Empty: it "
	  "goes into the log, a line a line." },
	{ "log-size", SIZE(log_size, 4 * K, 64 * G), "1M", NULL,
	  { "logs per worker", NULL },
	  "Size at which a file in log-dir is put aside." },
	{ "log-files", NUMBER(log_files, 1, 1000), "5", NULL,
	  { "logs per worker", NULL },
	  "Files put aside that are kept, for each worker." },
	{ "user", TOKEN(user), "brood", NULL, BUILT,
	  "When broodd runs as root: the user of its relay. No worker may "
	  "have this user. Where it does not exist, it is daemon, with a "
	  "warning." },
	{ "worker-user", TOKEN(worker_user), "nobody", NULL, BUILT,
	  "When broodd runs as root: the user of workers whose [program] "
	  "names none." },
	{ "socket-group", TOKEN(socket_group), "", NULL, BUILT,
	  "Group that may use the control socket, which has mode 0660 then "
	  "and 0600 otherwise." },
	{ "pid-file", PATH(pid_file), "", NULL, BUILT,
	  "File that holds the process id of broodd." },
	{ "relay-restarts", RATE(relay_restarts, 0, 1000), "5/60s", NULL,
	  BUILT,
	  "How often the relay may die within a time before broodd gives "
	  "up." },
};
#undef SECTION

#define SECTION struct conf_program
static const struct conf_key	 program_keys[] = {
	{ "exec", PATH(exec), "", NULL, BUILT,
	  "The executable. Empty: the one of this name in worker-dir." },
	{ "args", WORDS(args), "", NULL, BUILT,
	  "Arguments that come before those of a spawn." },
	{ "callers", NAMES(callers), "", NULL, BUILT,
	  "Only nodes of these roles may spawn it from outside. Empty: any "
	  "node of the cluster." },
	{ "user", TOKEN(user), "", NULL, BUILT,
	  "When broodd runs as root: its user. Empty: worker-user. root must "
	  "be written out." },
	{ "unix-group", TOKEN(unix_group), "", NULL, BUILT,
	  "Its group of users. Empty: the user's." },
	{ "directory", PATH(directory), "/", NULL, BUILT,
	  "Its working directory." },
	{ "umask", OCTAL(umask, 0, 0777), "022", NULL, BUILT,
	  "Its umask, octal." },
	{ "environment", ENVIRON(environment), "", NULL, BUILT,
	  "Variables added to its environment, as in A=1 B=\"x y\"." },
	{ "environment-file", PATH(environment_file), "", NULL, BUILT,
	  "File of such variables, one a line, read when it is started." },
	{ "supplementary-groups", TOKENS(supplementary_groups), "", NULL,
	  BUILT,
	  "When broodd runs as root: further groups. Empty: none." },
	{ "rlimit-nofile", NUMBER(rlimit_nofile, 16, 1 << 30), "", NULL, BUILT,
	  "Most open descriptors. Empty: as broodd was started with." },
	{ "rlimit-core", LIMIT(rlimit_core, 0, 1024 * 1024 * G), "", NULL,
	  BUILT,
	  "Largest core file; may be unlimited." },
	{ "rlimit-as", LIMIT(rlimit_as, M, 1024 * 1024 * G), "", NULL, BUILT,
	  "Most address space; may be unlimited." },
	{ "nice", NUMBER(nice, -20, 19), "", NULL, BUILT,
	  "Its nice value." },
	{ "oom-score-adjust", NUMBER(oom_score_adjust, -1000, 1000), "", NULL,
	  BUILT,
	  "How likely the kernel kills it when memory is short." },
	{ "no-new-privs", BOOL(no_new_privs), "yes", NULL, BUILT,
	  "Set-user-id programs give it no rights." },
	{ "private-tmp", BOOL(private_tmp), "no", NULL,
	  { "private /tmp", NULL },
	  "It sees a /tmp of its own." },
	{ "cgroup", BOOL(cgroup), "no", NULL, { "control groups", NULL },
	  "It has a control group, and what leaves its process group is "
	  "killed with it." },
	{ "stderr", ENUM(stderr_mode), "joined", "joined separate", BUILT,
	  "Whether stdout and stderr are one pipe, or two." },
	{ "stop-timeout", TIME(stop_timeout, 0, 24 * HOUR), "5s", NULL, BUILT,
	  "Time between the signal to stop and SIGKILL." },
};
#undef SECTION

#define SECTION struct conf_worker
static const struct conf_key	 worker_keys[] = {
	{ "program", NAME(program), "", NULL, BUILT,
	  "The program to start: a [program] section or an executable in "
	  "worker-dir. Must be given." },
	{ "entry", TOKEN(entry), "", NULL, BUILT,
	  "The entry of the program. Empty: its first." },
	{ "args", WORDS(args), "", NULL, BUILT,
	  "Arguments of the entry." },
	{ "restart", ENUM(restart), "permanent",
	  "permanent transient temporary",
	  { "restarting", "temporary" },
	  "When to start it again: always, after an abnormal end, or never." },
	{ "roles", NAMES(roles), "", NULL, BUILT,
	  "Start it only on nodes of these roles. Empty: on any." },
	{ "group", NAME(group), "", NULL, SUPERVISION,
	  "Its [group]. Without one it is restarted with back-off for ever "
	  "and counts in no budget." },
	{ "after", NAMES(after), "", NULL, SUPERVISION,
	  "Workers that must be ready before it starts, and again after they "
	  "come back." },
	{ "stop-signal", SIGNAL(stop_signal), "TERM", NULL, BUILT,
	  "Signal that asks it to stop." },
	{ "stop-timeout", TIME(stop_timeout, 0, 24 * HOUR), "5s", NULL, BUILT,
	  "Time between stop-signal and SIGKILL. Without this line: that of "
	  "its [program]." },
	{ "watchdog", TIME(watchdog, 0, 24 * HOUR), "", NULL, SUPERVISION,
	  "It is killed when it gives no sign of life for so long. Empty: "
	  "never." },
	{ "ready", ENUM(ready), "none", "none msg notify fd", SUPERVISION,
	  "How it says that it is ready. none: it is, once started; msg: "
	  "msg_ready; notify: READY=1 to NOTIFY_SOCKET; fd: a newline on "
	  "notification-fd." },
	{ "ready-timeout", TIME(ready_timeout, MS, 24 * HOUR), "30s", NULL,
	  SUPERVISION,
	  "A worker not ready after so long is stopped, as one that failed." },
	{ "notification-fd", NUMBER(notification_fd, 4, 9), "", NULL,
	  SUPERVISION,
	  "Descriptor for ready = fd." },
	{ "backoff-first", TIME(backoff_first, MS, HOUR), "100ms", NULL,
	  SUPERVISION,
	  "Delay of the second restart; the first is at once, each further "
	  "one takes twice as long." },
	{ "backoff-max", TIME(backoff_max, MS, 24 * HOUR), "30s", NULL,
	  SUPERVISION,
	  "Longest delay of a restart." },
	{ "stable-after", TIME(stable_after, 0, 24 * HOUR), "10s", NULL,
	  SUPERVISION,
	  "After so long a run the delays begin anew." },
};
#undef SECTION

#define SECTION struct conf_group
static const struct conf_key	 group_keys[] = {
	{ "strategy", ENUM(strategy), "one_for_one",
	  "one_for_one one_for_all rest_for_one", SUPERVISION,
	  "Who is restarted when one dies: that one, all, or that one and "
	  "those started after it." },
	{ "intensity", NUMBER(intensity, 0, 1000), "5", NULL, SUPERVISION,
	  "Restarts allowed within period; one more ends the group." },
	{ "period", TIME(period, 100 * MS, 24 * HOUR), "60s", NULL,
	  SUPERVISION,
	  "Time that intensity counts in." },
	{ "parent", NAME(parent), "", NULL, SUPERVISION,
	  "The group above, which is told when this one is over its budget. "
	  "Empty: the root; there broodd ends with 111." },
};
#undef SECTION

#define ROWS(keys)	(keys), sizeof(keys) / sizeof((keys)[0])
#define FITS(keys)							\
	_Static_assert(sizeof(keys) / sizeof((keys)[0]) <= CONF_KEYS_MOST, \
	    "CONF_KEYS_MOST is too small")
FITS(node_keys);
FITS(program_keys);
FITS(worker_keys);

const struct conf_kind_info	 conf_kinds[CONF_NKINDS] = {
	[CONF_NODE] = { "node", false, ROWS(node_keys),
	    sizeof(struct conf_node),
	    "This node." },
	[CONF_PROGRAM] = { "program", true, ROWS(program_keys),
	    sizeof(struct conf_program),
	    "What may be spawned by this name, from here or from another "
	    "node. An executable in worker-dir needs no section." },
	[CONF_WORKER] = { "worker", true, ROWS(worker_keys),
	    sizeof(struct conf_worker),
	    "What is started at boot, in the order of the file, and "
	    "supervised. NAME@ is a template: 'brood start NAME@INSTANCE' "
	    "makes the worker NAME.INSTANCE of it." },
	[CONF_GROUP] = { "group", true, ROWS(group_keys),
	    sizeof(struct conf_group),
	    "Workers and groups that are restarted together, within a "
	    "budget." },
};

const struct conf_key *
conf_table_find(enum conf_kind kind, const char *name)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	size_t				 i;

	for (i = 0; i < info->nkeys; i++)
		if (strcmp(info->keys[i].name, name) == 0)
			return &info->keys[i];
	return NULL;
}

void *
conf_table_field(const struct conf_key *k, const struct conf_section *s)
{
	return (char *)(uintptr_t)s + k->offset;
}

/* --- the nearest name, for whoever mistyped one --- */

#define GUESS_SIZE	32	/* longer words are not guessed at */

/* How many letters must be added, dropped or changed. */
static size_t
guess_distance(const char *a, const char *b)
{
	size_t	 row[GUESS_SIZE + 1], i, j, left, above, change;
	size_t	 n = strlen(b);

	if (n > GUESS_SIZE || strlen(a) > GUESS_SIZE)
		return SIZE_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		left = row[0];			/* is above left of row[1] */
		row[0] = i + 1;
		for (j = 1; j <= n; j++) {
			above = row[j];
			change = left + (a[i] != b[j - 1]);
			left = above;
			row[j] = (above < row[j - 1] ? above : row[j - 1]) + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[n];
}

/* About a quarter of the letters may be wrong. */
static void
guess(const char *name, const char *candidate, const char **best,
    size_t *distance)
{
	size_t	 d = guess_distance(name, candidate);

	if (d <= 1 + strlen(candidate) / 4 && d < *distance) {
		*best = candidate;
		*distance = d;
	}
}

const char *
conf_table_guess(enum conf_kind kind, const char *name)
{
	const struct conf_kind_info	*info = &conf_kinds[kind];
	const char			*best = NULL;
	size_t				 i, distance = SIZE_MAX;

	for (i = 0; i < info->nkeys; i++)
		guess(name, info->keys[i].name, &best, &distance);
	return best;
}

const char *
conf_table_guess_kind(const char *name)
{
	const char	*best = NULL;
	size_t		 i, distance = SIZE_MAX;

	for (i = 0; i < CONF_NKINDS; i++)
		guess(name, conf_kinds[i].name, &best, &distance);
	return best;
}
