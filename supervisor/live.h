/*
 * live.h - who reads events and output as they come; the last deaths.
 */
#ifndef LIVE_H
#define LIVE_H
#include "world.h"

/* A stream becomes a live reader.  -1: EBUSY, ENOMEM. */
int	 live_subscribe(struct stream *, uint64_t ref, bool output, bool wait,
	    char *const *patterns, size_t npatterns);

/* acts->event: told to readers; a death is remembered. */
void	 live_event(struct node *, const char *event, const struct proc *,
	    const struct cause *);

/* A captured line; more: a piece of one, whose rest follows. */
void	 live_line(struct world *, const struct proc *, const char *, size_t,
	    bool more);

/* A reader's queue has become shorter; its stream is closed. */
void	 live_drained(struct stream *);
void	 live_stream_closed(struct stream *);

/* Whether a process is meant: by program, by one of its names, as 12, 12@node
   or 12@node#incarnation.  Programs and names are shell patterns. */
bool	 live_matches(const struct proc *, const char *pattern);

/* What a process is called where one word must do: its first name. */
const char	*live_name(const struct proc *);

void	 live_release(struct world *);

/* acts->node_event(): nodeup, nodedown, suspect. */
void		 live_node_event(struct node *, const char *event,
		    const struct peer *, const char *why);

#endif /* LIVE_H */
