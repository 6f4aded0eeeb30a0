/* verb.h - what a verb is, and the functions behind them. */
#ifndef VERB_H
#define VERB_H
#include <stddef.h>

struct cmd;

#define VERB_WORKER	0x01	/* only inside a worker */
#define VERB_VERBATIM	0x02	/* after the first argument no options */
#define VERB_OWN	0x04	/* its own failures are CMD_OWN */
#define VERB_ALONE	0x08	/* no option of every verb's but --help */
#define VERB_HERE	0x10	/* no -n: it is of this place */

struct verb_option {
	int		 key;		/* its letter, or OPT_... */
	const char	*name;		/* NULL: the letter alone */
	const char	*arg;		/* NULL: takes none */
	const char	*help;
};

struct verb {
	const char			*name, *args;
	const char			*summary;	/* for the list */
	const char			*text;		/* for --help */
	const struct verb_option	*options;	/* ends with key 0 */
	int				(*run)(struct cmd *);
	size_t				 least, most;	/* arguments */
	unsigned int			 flags;
};

#define VERB_ANY	((size_t)-1)

/* ---- the functions, by file; each returns the exit code ---- */

int	 cmd_message_send(struct cmd *);
int	 cmd_message_recv(struct cmd *);
int	 cmd_message_call(struct cmd *);

int	 cmd_watch_monitor(struct cmd *);
int	 cmd_watch_wait(struct cmd *);
int	 cmd_watch_watch(struct cmd *);
int	 cmd_watch_unwatch(struct cmd *);
int	 cmd_watch_link(struct cmd *);
int	 cmd_watch_unlink(struct cmd *);
int	 cmd_watch_trap(struct cmd *);

int	 cmd_process_spawn(struct cmd *);
int	 cmd_process_exit(struct cmd *);
int	 cmd_process_kill(struct cmd *);
int	 cmd_process_signal(struct cmd *);
int	 cmd_process_register(struct cmd *);
int	 cmd_process_unregister(struct cmd *);

int	 cmd_look_ps(struct cmd *);
int	 cmd_look_info(struct cmd *);
int	 cmd_look_names(struct cmd *);
int	 cmd_look_whereis(struct cmd *);
int	 cmd_look_self(struct cmd *);
int	 cmd_look_stats(struct cmd *);
int	 cmd_look_peers(struct cmd *);
int	 cmd_look_events(struct cmd *);
int	 cmd_look_log(struct cmd *);

int	 cmd_node_reload(struct cmd *);
int	 cmd_node_shutdown(struct cmd *);
int	 cmd_node_check(struct cmd *);
int	 cmd_node_ping(struct cmd *);

int	 cmd_run(struct cmd *);

#endif /* VERB_H */
