/*
 * watch.h - monitors, links, exit signals.
 *
 * Each monitor and each link has an entry at both ends, and the ends speak by
 * struct signal_frame, as two nodes do: between processes of one node it is
 * handed over at once, between nodes it travels.
 */
#ifndef WATCH_H
#define WATCH_H
#include "node.h"

enum signal_kind {
	SIGNAL_MONITOR, SIGNAL_DEMONITOR, SIGNAL_DOWN,
	SIGNAL_LINK, SIGNAL_UNLINK, SIGNAL_UNLINK_ACK, SIGNAL_LINK_EXIT,
	SIGNAL_EXIT, SIGNAL_KILL
};

struct signal_frame {
	enum signal_kind	 kind;
	struct pid		 from, to;
	uint64_t		 ref;	/* of the monitor; id of the unlink */
	struct cause		 cause;	/* DOWN, LINK_EXIT, EXIT */
	uint64_t		 port;	/* MONITOR: only that of it; or 0 */
};

/*
 * p monitors target, or that port of it, under ref.  The DOWN goes to the
 * stream that minted the ref, or to p's mailbox.  -1: EEXIST (the ref is in
 * use), EMFILE (too many), ENOMEM.
 */
int	 watch_monitor(struct proc *p, bool mailbox, uint64_t ref,
	    struct pid target, uint64_t port);
void	 watch_demonitor(struct proc *p, uint64_t ref);

/* Instead of a monitor that finds no memory: DOWN noconnection, at once. */
void	 watch_refuse(struct proc *p, bool mailbox, uint64_t ref,
	    struct pid target);

/* All monitors of target whose DOWN goes to p's mailbox. */
void	 watch_demonitor_mailbox(struct proc *p, struct pid target);

/* Where the answer to its call under ref goes; NULL: it waits for none. */
struct stream	*watch_caller(struct proc *p, uint64_t ref);

/* -1: EMFILE, ENOMEM. */
int	 watch_link(struct proc *p, struct pid peer);
void	 watch_unlink(struct proc *p, struct pid peer);

/* Instead of a link that finds no memory: exit signal noconnection. */
void	 watch_refuse_link(struct proc *p, struct pid peer);

/* An exit signal of p's own making; text "" is none, "normal" a normal one. */
void	 watch_exit(struct proc *p, struct pid to, const char *text);
void	 watch_kill(struct proc *p, struct pid to);

/* A signal arrives at this node. */
void	 watch_receive(struct node *, const struct signal_frame *);

/* p has closed that port of its own, or never had it: who watched it is told,
   once. */
void	 watch_port_closed(struct proc *p, uint64_t id);

/* p is dead: everyone who watched it or was linked is told, once. */
void	 watch_died(struct proc *p, const struct cause *);

/* p never came to be.  Who asked for it is not told here; who learned its pid
   in another way gets noproc. */
void	 watch_undo(struct proc *p);

/*
 * A node can be heard no more: whoever here watched or was linked to a process
 * of it is told; what those watched here is forgotten.
 */
void	 watch_node_down(struct node *, uint64_t id, const struct cause *);

/*
 * A child that p asked another node for: it is there, and has its end of the
 * monitor or link already.  -1: EEXIST, EMFILE, ENOMEM, as above.
 */
int	 watch_monitor_born(struct proc *p, bool mailbox, uint64_t ref,
	    struct pid child);
int	 watch_link_born(struct proc *p, struct pid child);

/* The other ends of these, at the child: before it runs.  The link's is the
   same call, from the child to who asked for it.  -1: ENOMEM. */
int	 watch_watched(struct proc *child, struct pid watcher, uint64_t ref);

/* The monitors that belonged to an attached stream. */
void	 watch_stream_closed(struct stream *);

#endif /* WATCH_H */
