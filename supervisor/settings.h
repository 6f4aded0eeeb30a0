/*
 * settings.h - what the configuration says, as structs.
 *
 * Strings and vectors are never NULL: "" and an empty vector say "not set".
 * Numbers that may be left open are CONF_UNSET then.  What each setting means
 * stands in conf_table.c, and in brood.conf(5) which is made from it.
 */
#ifndef SETTINGS_H
#define SETTINGS_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define CONF_UNSET		INT_MIN		/* also in an int64_t */
#define CONF_UNLIMITED		INT64_MAX	/* of an rlimit */
#define CONF_KEYS_MOST		40		/* settings a section has */
#define CONF_SECTIONS_MOST	10000		/* sections of one kind */
#define CONF_LINE_OVERRIDE	SIZE_MAX	/* given by -o, not in a file */

enum conf_kind {
	CONF_NODE, CONF_PROGRAM, CONF_WORKER, CONF_GROUP, CONF_NKINDS
};

enum { CONF_DISCOVER_BROADCAST = 1, CONF_DISCOVER_STATIC = 2,
    CONF_DISCOVER_DNS = 4 };				/* may be joined */
enum conf_level { CONF_LEVEL_ERROR, CONF_LEVEL_WARN, CONF_LEVEL_INFO,
    CONF_LEVEL_DEBUG };
enum conf_stderr { CONF_STDERR_JOINED, CONF_STDERR_SEPARATE };
enum conf_restart { CONF_PERMANENT, CONF_TRANSIENT, CONF_TEMPORARY };
enum conf_ready { CONF_READY_NONE, CONF_READY_MSG, CONF_READY_NOTIFY,
    CONF_READY_FD };
enum conf_strategy { CONF_ONE_FOR_ONE, CONF_ONE_FOR_ALL, CONF_REST_FOR_ONE };

/* What every section begins with; name is "" for [node]. */
struct conf_section {
	STAILQ_ENTRY(conf_section)	 next;		/* in file order */
	char				*name;
	const char			*file;		/* "" where built in */
	size_t				 line;
	size_t				 lines[CONF_KEYS_MOST];	/* 0: default */
};

STAILQ_HEAD(conf_list, conf_section);

struct conf_rate {
	int		 count;
	int64_t		 period;	/* microseconds, as all times here */
};

struct conf_node {
	struct conf_section	 s;
	char	*name, *role, *cluster;
	char	*listen, *advertise;	/* listen "none": no network */
	char	*key_file;
	int	 discover;		/* CONF_DISCOVER_... */
	char	**known_hosts;
	int	 discovery_port;
	char	*dns_name;
	int64_t	 dns_interval, peer_timeout, spin;
	char	*worker_dir;
	size_t	 max_message, max_mailbox, high_mark, low_mark;
	size_t	 link_window, link_reserve, frame_memory, tail_memory;
	char	*log;			/* stderr, syslog or a path */
	int	 log_level;		/* enum conf_level */
	char	*log_dir;
	size_t	 log_size;
	int	 log_files;
	char	*user, *worker_user, *socket_group, *pid_file;
	struct conf_rate	 relay_restarts;
};

struct conf_program {
	struct conf_section	 s;
	char	*exec, **args;
	char	**callers;		/* roles; none: all */
	char	*user, *unix_group, *directory;
	int	 umask;
	char	**environment, *environment_file;
	char	**supplementary_groups;
	int64_t	 rlimit_core, rlimit_as;
	int	 rlimit_nofile, nice, oom_score_adjust;
	bool	 no_new_privs, private_tmp, cgroup;
	int	 stderr_mode;		/* enum conf_stderr */
	int64_t	 stop_timeout;
};

struct conf_worker {
	struct conf_section	 s;	/* a name that ends in @: a template */
	char	*program, *entry, **args;
	int	 restart;		/* enum conf_restart */
	char	**roles;
	char	*group;			/* [group], not a group of users */
	char	**after;
	int	 stop_signal;
	int64_t	 stop_timeout;		/* its program's if not its own */
	int64_t	 watchdog;		/* 0: none */
	int	 ready;			/* enum conf_ready */
	int64_t	 ready_timeout;
	int	 notification_fd;
	int64_t	 backoff_first, backoff_max, stable_after;
};

struct conf_group {
	struct conf_section	 s;
	int	 strategy;		/* enum conf_strategy */
	int	 intensity;
	int64_t	 period;
	char	*parent;
};

struct conf {
	struct conf_node	 node;
	struct conf_list	 sections[CONF_NKINDS];	/* node's has one */
	size_t			 count[CONF_NKINDS];
	char			**files;	/* read, in order; for .file */
	size_t			 nfiles;
};

/*
 * for (each section of a kind), var being a pointer to the struct of that kind:
 *	const struct conf_worker *w;
 *	CONF_FOREACH(w, conf, CONF_WORKER)
 */
#define CONF_FOREACH(var, conf, kind)					\
	for ((var) = (void *)STAILQ_FIRST(&(conf)->sections[kind]);	\
	    (var) != NULL; (var) = (void *)STAILQ_NEXT(&(var)->s, next))

#endif /* SETTINGS_H */
