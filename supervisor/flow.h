/*
 * flow.h - back-pressure: a full receiver costs senders time, not us memory.
 */
#ifndef FLOW_H
#define FLOW_H
#include "node.h"

/* Bytes were given to p by s: choke s if p stands above its mark. */
void	 flow_sent(struct stream *s, struct proc *p, size_t bytes);

/*
 * Whether s may give p another frame now.  False: s is held (not read, the
 * frame stays in front) until p is below its mark.  Only streams of one short
 * errand are held; a worker is told, and goes on with others.
 */
bool	 flow_may_send(struct stream *s, struct proc *p);

/* p's queue may have become shorter: look at the low mark. */
void	 flow_drained(struct proc *p);
void	 flow_proc_gone(struct proc *);		/* everyone may go on */

/* The bound of all queues together, in bytes, for stats. */
size_t	 flow_bound(const struct node *);

#endif /* FLOW_H */
