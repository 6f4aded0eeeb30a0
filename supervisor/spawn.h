/*
 * spawn.h - births: from a request to a live process or an error.
 */
#ifndef SPAWN_H
#define SPAWN_H
#include "node.h"

/* SPAWN on a stream.  Answered by DONE, now or when the parent has spoken.
   NULL, or what is wrong with the frame. */
const char	*spawn_request(struct stream *, const struct frame *);

/* SPAWN of another node's process.  NULL, or what is wrong with the frame. */
const char	*spawn_remote(struct peer *, const struct frame *);

/* A [worker] section is started.  -1 and errno, logged. */
int		 spawn_section(struct node *, const struct conf_worker *);

/* O_SPAWNED, O_FAILED. */
void		 spawn_done(struct node *, const struct frame *);
void		 spawn_failed(struct node *, const struct frame *);

#endif /* SPAWN_H */
