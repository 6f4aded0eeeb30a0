/*
 * others.h - all a relay knows of other nodes: peers, sessions, connections.
 *
 * As node.h, the data model on one page.  Who owns which part (and may write
 * it):
 *
 *	lane.c		lanes, the resend buffer, half frames
 *	peer.c		the table of peers, their states and names
 *	session.c	the session: numbers, lease, deadline
 *	trunk.c		connections and their handshake
 *	dial.c		targets
 *	mesh.c		questions for unknown ids, probes of clashing names
 *	errand.c	requests under way, births not acknowledged
 *	flow.c		chokes (peer->chokes)
 *
 * docs/sessions.md tells how it all works.
 */
#ifndef OTHERS_H
#define OTHERS_H
#include "keys.h"
#include "node.h"

#define OTHERS_GONE_MAX		4096	/* ids remembered without a session */
#define OTHERS_ASKING_MAX	1024	/* ids looked for at once */
#define OTHERS_TARGETS_MAX	4096	/* addresses */
#define HOST_SIZE		300	/* "host:port" as text, with NUL */
#define WHY_SIZE		160

/* A deadline that calls back; what makes it real is the world's. */
struct alarm {
	void			(*fn)(void *arg);	/* NULL: never set */
	void			*arg;
	struct node		*node;
	struct mono		 when;		/* MONO_NEVER: off */
	/* The world's: */
	struct loop_timer	*timer;
	LIST_ENTRY(alarm)	 entry;
	bool			 lost;		/* has no timer for now */
};

/* ---- what goes to one node ---- */

/* Whole frames in a row, to be written, or written and not acknowledged. */
struct chunk {
	STAILQ_ENTRY(chunk)	 next;
	uint64_t		 first;		/* number of its first frame */
	uint32_t		 frames;
	size_t			 len, cap;
	size_t			 data;		/* bytes of len that are data */
	uint8_t			 p[];
};
STAILQ_HEAD(chunks, chunk);

struct lane {				/* to one process, name, or the node */
	UT_hash_handle		 hh;		/* lanes->by_serial, by_name */
	TAILQ_ENTRY(lane)	 entry;		/* lanes->ring, waiting */
	struct peer		*peer;
	struct sink		 sink;
	struct chunks		 chunks;
	uint64_t		 serial;	/* 0: the node, or a name */
	uint64_t		 id;		/* in its pieces */
	int64_t			 deficit;
	size_t			 bytes;		/* that wait in chunks */
	bool			 begun;		/* the large frame in front has
						   its share of begun */
	size_t			 cut;		/* bytes of it that are sent */
	bool			 choked;	/* the other node said so */
	bool			 queued;	/* on ring or waiting */
	char			 name[];
};
TAILQ_HEAD(lane_list, lane);

static inline struct lane *
lane_of_sink(const struct sink *k)
{
	return (struct lane *)((char *)(uintptr_t)k -
	    offsetof(struct lane, sink));
}

struct half {				/* a large frame arriving in pieces */
	UT_hash_handle	 hh;			/* lanes->halves, by lane id */
	uint64_t	 id;
	size_t		 len, got;
	uint8_t		 p[];
};

struct lanes {
	struct lane		*by_serial, *by_name;
	struct lane_list	 ring;		/* have something to say */
	struct lane_list	 waiting;	/* for begun to shrink */
	struct chunks		 urgent;	/* chokes */
	struct chunks		 sent;		/* not acknowledged */
	struct chunk		*resend;	/* of sent, or NULL */
	uint64_t		 next;		/* number of the next frame */
	uint64_t		 acked;
	uint64_t		 ids;
	size_t			 data, signals;	/* bytes queued and unacked */
	size_t			 unacked;	/* bytes of sent */
	size_t			 window, reserve;
	bool			 over;		/* above window until drained */
	bool			 holding;	/* a lane may be over for it */
	size_t			 begun, begun_max; /* large frames, bytes */
	struct half		*halves;
	size_t			 halves_bytes, halves_max;
	struct conn_budget	*budget;
};

/* ---- the session ---- */

enum session_state {
	SESSION_NONE, SESSION_UP, SESSION_BROKEN, SESSION_FROZEN
};

struct session {
	enum session_state	 state;
	uint64_t		 number;	/* the newest, ended or not */
	uint32_t		 connection;	/* number of newest adopted */
	bool			 by_smaller;	/* who dialled that one */
	bool			 dialled;	/* by us */
	int64_t			 timeout;	/* T, in ns */
	struct mono		 echoed;	/* e */
	struct mono		 heard;		/* h */
	struct mono		 written;	/* last write */
	uint64_t		 newest_sent;	/* of the other's clock */
	uint64_t		 received;	/* frames taken */
	size_t			 untold;	/* bytes since the last beat */
	bool			 suspect;
	bool			 due;		/* a beat has to be written */
	bool			 answer;	/* the other asked for one */
	bool			 ask;		/* ask for one in the next */
	struct mono		 probed;	/* when that was; 0: answered */
	struct mono		 measured;	/* when it was last asked to
						   learn the round trip */
	int64_t			 rtt;		/* ns; 0: not known */
	struct alarm		 alarm;
};

/* ---- a peer ---- */

enum peer_state {
	PEER_GONE,		/* no session; remembered */
	PEER_ASKING,		/* an id nobody here knows yet */
	PEER_UP			/* session.state is not SESSION_NONE */
};

struct peer {
	UT_hash_handle		 hh;		/* node->peers, by id */
	struct node		*node;
	uint64_t		 id;
	enum peer_state		 state;
	bool			 dead;		/* GONE: never comes back */
	char			 name[NAME_SIZE];	/* "" while asking */
	char			 role[NAME_SIZE];
	char			 address[HOST_SIZE];	/* to dial, or "" */
	bool			 loopback;	/* it was reached there */
	uint32_t		 max_message;
	bool			 limited;	/* that is below our own */
	char			 key[KEY_ID_SIZE];	/* its connection's,
						   "" without TLS */
	struct mono		 until;		/* GONE: a negative answer */
	int			 unanswered;	/* ASKING: by so many */
	const char		*doomed;	/* why it ends with this turn */

	struct session		 session;
	struct lanes		 lanes;
	struct trunk		*trunk;		/* adopted, or NULL */
	struct target		*target;	/* that leads to it, or NULL */
	struct alarm		 asking;
	LIST_HEAD(, choke)	 chokes;	/* on our processes */
	TAILQ_HEAD(, errand)	 errands;	/* asked there */
	LIST_HEAD(, proxy)	 proxies;	/* asked here */
	LIST_HEAD(, proc)	 births;	/* not acknowledged */
	TAILQ_ENTRY(peer)	 gone;		/* node->gone_peers */
	LIST_ENTRY(peer)	 up;		/* node->up_peers */
};

/* ---- a connection ---- */

enum trunk_state {
	TRUNK_HELLO,		/* the other has to say who it is */
	TRUNK_CLASH,		/* it did; its name is being probed */
	TRUNK_JOIN,		/* accepted: its N_JOIN has to come */
	TRUNK_BEAT,		/* dialled: its first N_BEAT has to come */
	TRUNK_UP,		/* adopted */
	TRUNK_CLOSED
};

/* What the other end said of itself. */
struct hello {
	uint16_t	 version, capabilities;
	uint64_t	 id, sent, echo;
	uint32_t	 timeout_ms, max_message;
	bool		 established;		/* it has sessions */
	uint64_t	 session;		/* with us; newest number */
	bool		 open;
	uint32_t	 connection;
	uint64_t	 received;
	char		 name[NAME_SIZE], role[NAME_SIZE], cluster[NAME_SIZE];
	char		 address[HOST_SIZE];	/* "": is not dialled; ":PORT"
						   where it comes from */
};

struct join {
	uint64_t	 session;
	bool		 resumed;
	uint32_t	 connection;
	uint64_t	 received, sent, echo;
};

struct trunk {
	LIST_ENTRY(trunk)	 entry;		/* node->trunks */
	STAILQ_ENTRY(trunk)	 dead;		/* node->dead_trunks */
	struct node		*node;
	struct conn		 conn;		/* for reading; fd is tcp's */
	enum trunk_state	 state;
	bool			 dialled;	/* by us */
	bool			 closing;	/* after what is in out */
	bool			 loopback;
	char			 from[NAME_SIZE];	/* the other's host */
	char			 key[KEY_ID_SIZE];	/* in use, or "" */
	struct target		*target;	/* dialled */
	struct peer		*peer;		/* once it is known */
	struct hello		 hello;
	struct join		 join;		/* sent, when dialled */
	uint64_t		 next;		/* number of the next frame */
	struct buf		 ctl;		/* frames of the trunk's own */
	struct mono		 asked;		/* TRUNK_CLASH: since when */
	struct alarm		 alarm;		/* handshake, clash, end */
	void			*io;		/* the world's */
};

/* ---- an address worth dialling ---- */

enum target_source {
	TARGET_STATIC = 1, TARGET_DNS = 2, TARGET_BROADCAST = 4,
	TARGET_LEARNED = 8, TARGET_SESSION = 16
};

struct target {
	UT_hash_handle		 hh;		/* node->targets, by address */
	TAILQ_ENTRY(target)	 spare;		/* node->spare_targets */
	TAILQ_ENTRY(target)	 turn;		/* node->dial_queue */
	struct node		*node;
	unsigned int		 sources;	/* SESSION: peer is set */
	bool			 self;		/* it is this node */
	bool			 barred;	/* for want of a key */
	bool			 dialling;
	bool			 sparable;	/* on spare_targets */
	bool			 queued;	/* on dial_queue */
	bool			 conflict;	/* refused for its name */
	unsigned int		 failures;
	unsigned int		 again;		/* DIAL_AGAIN in a row */
	unsigned int		 brief;		/* short sessions in a row */
	uint64_t		 id;		/* found there last; 0: never */
	char			 name[NAME_SIZE];	/* likewise */
	char			 why[WHY_SIZE];	/* of the last failure */
	struct mono		 reported;	/* LEARNED: last time */
	struct mono		 reached;	/* last success */
	struct peer		*peer;		/* whose it is, or NULL */
	struct trunk		*trunk;		/* while dialling */
	struct alarm		 alarm;
	void			*io;		/* the world's */
	char			 address[];	/* host:port */
};

/* ---- requests of our processes, under way there ---- */

struct errand_key { uint64_t serial, ref; };

struct errand {
	UT_hash_handle		 hh;		/* node->errands */
	TAILQ_ENTRY(errand)	 entry;		/* peer->errands */
	LIST_ENTRY(errand)	 by_proc;	/* proc->errands; no orphans */
	struct errand_key	 key;
	struct peer		*peer;
	uint8_t			 op;		/* WIRE_SPAWN ... */
	struct birth		 birth;		/* of a spawn */
	struct cause		*orphan;	/* its requester died of this */
	char			 what[NAME_SIZE];	/* program, for texts */
};

#endif /* OTHERS_H */
