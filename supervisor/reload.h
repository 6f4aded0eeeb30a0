/*
 * reload.h - the configuration, again: SIGHUP, or `brood reload`.
 */
#ifndef RELOAD_H
#define RELOAD_H
#include "parent_state.h"

/* By signal: problems go to the log. */
void	 reload_now(struct parent *);

/* By the relay: problems go to it.  A dry run changes nothing here; either way
   a good configuration follows its answer. */
void	 reload_asked(struct parent *, bool dry_run);

#endif /* RELOAD_H */
