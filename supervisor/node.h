/*
 * node.h - all state of a relay: one struct node and what hangs off it.
 *
 * The data model on one page.  Who owns which part (and may write it):
 *
 *	proc.c		the table of processes, their life from spawn to end
 *	names.c		names and reservations
 *	stream.c	connections and what is queued on them
 *	flow.c		chokes: who waits for whom
 *	ends.c		monitors, links
 *	spawn.c		births under way
 *	output.c	captured output
 *	query.c		subscriptions, the last deaths
 *
 * proc, names, stream, flow, watch, spawn and route decide; they make no clock
 * or random call and reach the world only through conn and struct node_acts, so
 * that a test or a simulator can be the world.
 */
#ifndef NODE_H
#define NODE_H
#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1		/* hh.tbl is NULL after a failed add */
#include <uthash.h>

#include "conn.h"
#include "mono.h"
#include "pid.h"

struct conf;
struct conf_program;
struct conf_worker;
struct log;
struct loop;
struct loop_io;
struct loop_timer;
struct alarm;
struct errand;
struct output;
struct peer;
struct proxy;
struct signal_frame;
struct target;
struct trunk;

/* ---- fixed bounds; those an administrator sets are in struct conf ---- */

#define NODE_QUEUE_LIMIT	(256u << 20)	/* bytes queued to all */
#define NODE_SELF_MAX		(64u << 20)	/* by a script to itself */
#define NODE_IGNORED_MAX	(256u << 10)	/* sent on after a CHOKE */
#define NODE_WATCHES_MAX	65536		/* monitors and links of one */
#define NODE_GUESTS_MAX		1024
#define NODE_GUESTS_UID_MAX	128
#define NODE_ATTACHED_MAX	256		/* streams of one worker */
#define NODE_HELLO_MS		5000		/* a guest's time to say it */
#define NODE_NAMES_MAX		1024		/* of one process */
#define NODE_ADDRESS_SIZE	300		/* "host:port" */

/* ---- a cause of death ---- */

struct cause {
	char	text[WIRE_CAUSE_SIZE];
	bool	normal;
};

/* All of a table, oldest first; the present one may be taken out of it. */
#define NODE_EACH(table, e, keep)					\
	for ((e) = (table); (e) != NULL && ((keep) = (e)->hh.next, true); \
	    (e) = (keep))

/* Bytes with their length; most processes and streams have none to keep. */
struct block {
	size_t	n;
	uint8_t	p[];
};

/* ---- a connection ---- */

enum stream_kind { STREAM_WORKER, STREAM_ATTACHED, STREAM_GUEST, STREAM_PROXY };

struct stream {
	struct conn		 conn;
	enum stream_kind	 kind;
	struct proc		*proc;
	uint64_t		 ref_base;
	size_t			 counted;	/* of conn.out_bytes, in node */
	uint32_t		 refused;	/* the max-message of a node to
						   which a frame was too large;
						   0: none was */
	LIST_ENTRY(stream)	 entry;		/* proc->attached */
	LIST_HEAD(, choke)	 chokes;	/* whom it waits for */
	struct loop_io		*io;		/* NULL: not bound */
	struct subscription	*sub;		/* a live query */
	union {
		uint64_t	 take_ref;	/* while taking */
		size_t		 tail;		/* bytes left by the dead */
	};
	struct block		*lent;		/* handed out by TAKE */
	STAILQ_ENTRY(stream)	 later;		/* node->dead_streams, or
						   world->resumed */
	bool			 hello, taking, bye;
	bool			 paused;	/* not read: a choke says so */
	bool			 broken;	/* not read any more */
	bool			 tailed;	/* tail is known */
	bool			 resuming;	/* on world->resumed */
	bool			 starved;	/* waits for frame-memory */
	bool			 closed;	/* on node->dead_streams */
};

/* Where messages go: a process of this node, or the lane to another's. */
struct sink {
	LIST_HEAD(, choke)	 chokes;	/* who waits for it */
	bool			 over;		/* above its mark */
	bool			 lane;		/* part of a struct lane; else
						   of a struct proc */
};

/* Who sent to a sink above its mark, and was told: a stream, or a peer. */
struct choke {
	LIST_ENTRY(choke)	 by_sender, by_sink;
	struct stream		*stream;	/* NULL: peer */
	struct peer		*peer;
	struct sink		*sink;
	size_t			 after, largest; /* bytes sent on since */
	bool			 pausing;
	char			 name[];	/* peer: it sends by name */
};

/* ---- a process ---- */

enum proc_kind { PROC_WORKER, PROC_GUEST };
enum proc_state {
	PROC_SPAWNING,		/* the parent was asked */
	PROC_LIVE,
	PROC_EXITED,		/* waitpid saw it; its tail is being read */
	PROC_GONE		/* all told; freed between turns */
};

/* What a spawn asked for, until its answer. */
struct birth {
	struct pid	 requester;	/* serial 0: the boot */
	uint64_t	 ref;
	uint64_t	 monitor_ref;
	uint8_t		 flags;		/* WIRE_F_LINK, WIRE_F_MONITOR */
};

struct proc {
	UT_hash_handle		 hh;		/* node->procs, by serial */
	struct node		*node;
	uint64_t		 serial;
	enum proc_kind		 kind;
	enum proc_state		 state;
	bool			 hello, ready, trap;
	bool			 nodes;		/* is told of nodes */
	bool			 ordered;	/* order holds its cause */
	bool			 trusted;	/* may CONTROL */
	uint8_t			 owed;		/* a signal the parent could not
						   be asked for yet, or 0 */
	uint32_t		 os_pid, uid;
	uint32_t		 attaches;	/* ever: for ref bases */
	uint32_t		 nattached, nwatches, nnames;
	const char		*program, *entry; /* interned, never NULL */
	const struct conf_worker *worker;	/* its section, or NULL */
	int64_t			 stop_timeout;	/* ns */
	struct mono		 since;

	struct stream		*main;		/* fd 3, or the guest */
	LIST_HEAD(, stream)	 attached;
	struct sink		 sink;
	TAILQ_HEAD(, name)	 names;
	LIST_HEAD(, watch)	 watches;	/* its monitors */
	LIST_HEAD(, watched)	 watched;	/* monitors on it */
	LIST_HEAD(, link)	 links;
	LIST_HEAD(, errand)	 errands;	/* it waits for */

	struct birth		*birth;		/* while PROC_SPAWNING */
	struct block		*args;		/* MESSAGE for WELCOME */
	struct cause		*order;		/* the first order's cause */
	char			*die;		/* text of DIE */
	int			 status;	/* raw, once PROC_EXITED */
	bool			 obeyed;	/* an order reached it alive */
	struct loop_timer	*timer;		/* TERM to KILL; guests:
						   to HELLO */
	struct output		*output;
	LIST_ENTRY(proc)	 born;		/* peer->births, if born_for */
	struct peer		*born_for;	/* has not acknowledged it */
	STAILQ_ENTRY(proc)	 waiting;	/* node->drains, node->gone */
};

static inline struct proc *
proc_of_sink(const struct sink *k)
{
	return (struct proc *)((char *)(uintptr_t)k -
	    offsetof(struct proc, sink));
}

/* ---- names ---- */

struct name {
	UT_hash_handle		 hh;		/* node->names */
	TAILQ_ENTRY(name)	 entry;		/* proc->names */
	struct proc		*proc;		/* NULL: only reserved */
	bool			 reserved;	/* for [worker NAME] */
	char			 text[NAME_SIZE];
};

/* ---- monitors: one entry at each end, as between two nodes ---- */

struct watch_key { uint64_t serial, ref; };	/* the watcher's */

struct watch {				/* at the watcher */
	UT_hash_handle		 hh;		/* node->watches */
	LIST_ENTRY(watch)	 entry;		/* proc->watches */
	struct watch_key	 key;
	struct proc		*proc;
	struct pid		 target;
	bool			 mailbox;	/* else to who minted the ref */
	bool			 call;		/* a REPLY ends it */
};

struct watched_key { struct pid watcher; uint64_t ref; };

struct watched {			/* at the target */
	UT_hash_handle		 hh;		/* node->watched */
	LIST_ENTRY(watched)	 entry;		/* proc->watched */
	LIST_ENTRY(watched)	 same;		/* port->watched */
	struct watched_key	 key;
	struct proc		*proc;
	struct port		*port;		/* only of that; or NULL */
};

struct port_key { uint64_t serial, id; };	/* the owner's */

struct port {				/* of a channel, while monitored */
	UT_hash_handle		 hh;		/* node->ports */
	struct port_key		 key;
	LIST_HEAD(, watched)	 watched;	/* never empty */
};

/* ---- links: an entry at each end ---- */

struct link_key { uint64_t serial; struct pid peer; };

struct link {
	UT_hash_handle		 hh;		/* node->links */
	LIST_ENTRY(link)	 entry;		/* proc->links */
	struct link_key		 key;
	struct proc		*proc;
	uint64_t		 unlinking;	/* 0: active; else the id */
};

/* ---- what the deciding modules ask of the world ---- */

struct node_acts {
	/* Reading or writing of this stream has to start or stop. */
	void	(*update)(struct stream *);
	/* Frames wait on the parent's link. */
	void	(*order)(struct node *);
	/* life_deadline(p) at this time; MONO_NEVER: not any more. */
	void	(*deadline)(struct proc *, struct mono);
	/* The child's ends of fd 3 and output, made now; the relay's ends are
	   bound to p.  -1 and errno. */
	int	(*sockets)(struct proc *, int fds[CONN_FDS], size_t *nfds);
	/* What is left in the dead one's sockets: read and route it. */
	void	(*drain)(struct proc *);
	/* A new stream is to be read.  -1 and errno. */
	int	(*bind)(struct stream *);
	/* QUERY and CONTROL. */
	void	(*query)(struct stream *, const struct frame *);
	/* For another node.  NULL: sent; else what its sender is told: nobody
	   is there. */
	const struct cause *(*remote)(struct node *,
		    const struct signal_frame *);
	/* An event for those who watch: start, ready, death ... */
	void	(*event)(struct node *, const char *event, const struct proc *,
		    const struct cause *);
	void	(*node_event)(struct node *, const char *event,
		    const struct peer *, const char *why);
	/* p is gone: forget what is bound to it. */
	void	(*gone)(struct proc *);

	/* The time now, read anew: for a lease. */
	struct mono (*clock)(struct node *);
	uint64_t (*random)(struct node *);
	void	(*alarm)(struct alarm *, struct mono);	/* MONO_NEVER: off */
	/* trunk_output() has something, or it is to be closed. */
	void	(*push)(struct trunk *);
	/* Ends in dial_opened() or dial_failed(). */
	void	(*connect)(struct target *);
	/* Ends it without either. */
	void	(*connect_stop)(struct target *);

	/* Modules above those that have to tell them. */
	struct peer *(*ask)(struct node *, uint64_t id);	/* mesh */
	void	(*begun)(struct peer *);
	void	(*ended)(struct peer *);
};

STAILQ_HEAD(proc_list, proc);

#define NODE_STATS(X)							\
X(frames_routed,	"frames given to a local process")		\
X(frames_dropped,	"frames to a process that is not there")	\
X(bytes_routed,		"bytes of frames given to a local process")	\
X(spawns,		"processes started")				\
X(spawns_failed,	"spawns answered with an error")		\
X(deaths,		"processes that ended")				\
X(deaths_abnormal,	"processes that did not end normally")		\
X(downs,		"DOWN notices sent")				\
X(exits,		"exit signals acted on")			\
X(bad_frames,		"connections closed for a broken frame")	\
X(chokes,		"CHOKE told to senders")			\
X(ignored_chokes,	"senders no longer read for ignoring CHOKE")	\
X(attaches,		"streams attached by commands of workers")	\
X(attach_lost,		"attached streams lost for want of descriptors") \
X(guests,		"guests that connected")			\
X(guests_refused,	"guests refused or cut off")			\
X(events_lost,		"event rows not sent to a slow reader")		\
X(lines,		"captured lines of output")			\
X(drains_waited,	"dead processes whose tail had to wait")	\
X(announcements_sent,	"announcements sent to the local networks")	\
X(announcements_seen,	"announcements of this cluster's nodes")	\
X(announcements_foreign, "announcements of other clusters or versions")	\
X(announcements_forged,	"announcements under this node's id, not its own") \
X(announcements_oversize, "datagrams too long for an announcement")	\
X(announcements_bad,	"datagrams that are no announcement")		\
X(announcements_over,	"announcements beyond the bounds of a flood")	\
X(targets_dropped,	"addresses of nodes dropped for want of room")	\
X(sessions,		"sessions with other nodes begun")		\
X(sessions_ended,	"sessions with other nodes ended")		\
X(resumes,		"connections that went on with a session")	\
X(connections_refused,	"connections of other nodes refused")		\
X(frames_sent,		"frames written to other nodes")		\
X(frames_resent,	"frames written again after a break")		\
X(frames_received,	"frames taken from other nodes")		\
X(frames_twice,		"frames received twice, and dropped")		\
X(frames_lost,		"frames to nodes that are not there")		\
X(frames_too_large,	"messages above the other node's max-message")

struct node_stats {
#define X(name, help) uint64_t name;
	NODE_STATS(X)
#undef X
};

struct node {
	uint64_t		 id;		/* this incarnation */
	const struct conf	*conf;
	struct log		*log;
	struct loop		*loop;
	struct mono		 now, born;
	const struct node_acts	*acts;
	void			*world;		/* of the acts */
	uint32_t		 owner_uid;	/* broodd's */

	struct conn		 parent;	/* the order link */
	struct conn_budget	 frame_memory;
	size_t			 queued;	/* on all streams */
	unsigned int		 starved;	/* streams that are */
	size_t			 starved_at;	/* frame_memory.used, then */
	uint64_t		 serial, unlink_id;
	struct node_stats	 stats;

	struct proc		*procs;
	struct name		*names;
	struct watch		*watches;
	struct watched		*watched;
	struct port		*ports;
	struct link		*links;
	struct intern		*interned;
	struct proc_list	 drains;	/* dead, their tails unread */
	struct proc_list	 gone;		/* to be buried */
	STAILQ_HEAD(, stream)	 dead_streams;
	bool			 stopping;
	bool			 owing;		/* some proc->owed is set */

	/* Of other nodes: see others.h. */
	bool			 network;	/* there may be some */
	bool			 keyed;		/* connections are encrypted */
	char			 address[NODE_ADDRESS_SIZE]; /* to dial us */
	struct peer		*peers;
	TAILQ_HEAD(, peer)	 gone_peers;	/* oldest first */
	LIST_HEAD(, peer)	 up_peers;
	unsigned int		 ngone, nup, nasking;
	bool			 unsettled;	/* session_turn() has work */
	struct errand		*errands;
	struct target		*targets;
	TAILQ_HEAD(, target)	 spare_targets;	/* may go, oldest first */
	TAILQ_HEAD(, target)	 dial_queue;	/* their turn has not come */
	unsigned int		 dials;		/* under way */
	bool			 dials_over;	/* dial_stop() was called */
	LIST_HEAD(, trunk)	 trunks;
	STAILQ_HEAD(, trunk)	 dead_trunks;
	TAILQ_HEAD(, proxy)	 proxies;	/* have something to say */
};

void		 node_init(struct node *, const struct conf *, struct log *,
		    const struct node_acts *, uint64_t id, struct mono now);
void		 node_release(struct node *);

/* A copy of bytes, to be freed; NULL: ENOMEM. */
struct block	*block_new(const void *, size_t);

/* One copy of a string for all who hold it: names of programs and entries.
   Each intern is given back by unintern.  NULL: ENOMEM. */
const char	*node_intern(struct node *, const char *);
void		 node_unintern(struct node *, const char *);  /* NULL allowed */

#endif /* NODE_H */
