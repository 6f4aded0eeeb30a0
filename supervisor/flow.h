/*
 * flow.h - back-pressure: a full receiver costs senders time, not us memory.
 */
#ifndef FLOW_H
#define FLOW_H
#include "node.h"

struct lane;

/* Bytes were given to p, or to a lane, by s: choke s if that one stands above
   its mark. */
void	 flow_sent(struct stream *s, struct proc *p, size_t bytes);
void	 flow_sent_lane(struct stream *s, struct lane *, size_t bytes);

/* p was given frames of another node, that sent by this name or by pid (""). */
void	 flow_received(struct peer *, struct proc *p, const char *name);

/*
 * Whether s may give the sink another frame now.  False: s is held (not read,
 * the frame stays in front) until the sink is below its mark.  Only streams of
 * one short errand are held; a worker is told, and goes on with others.
 */
bool	 flow_may_send(struct stream *s, struct sink *);

/* p's queue may have become shorter: look at the low mark. */
void	 flow_drained(struct proc *p);
void	 flow_proc_gone(struct proc *);		/* everyone may go on */

/* N_CHOKE, N_UNCHOKE: about its process, or what is sent by this name. */
void	 flow_peer_says(struct peer *, uint64_t serial, const char *name,
	    bool choke);

/* Its acknowledgements may have emptied the window. */
void	 flow_peer_drained(struct peer *);

/* Its session ends: everyone who waited for its lanes goes on, and it waits for
   nobody. */
void	 flow_peer_gone(struct peer *);

/* The bound of all queues together, in bytes, for stats. */
size_t	 flow_bound(const struct node *);

#endif /* FLOW_H */
