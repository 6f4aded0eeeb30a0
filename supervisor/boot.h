/*
 * boot.h - [worker] sections: started with the node, stopped with it.
 */
#ifndef BOOT_H
#define BOOT_H
#include "world.h"

/* Reserves their names and starts them, in file order. */
void	 boot_start(struct world *);

/* A new configuration holds: what was added is started, what was taken away is
   stopped; the rest is left alone.  Takes conf. */
void	 boot_reload(struct world *, struct conf *);

/* An orderly end: what was spawned goes first, together, then the sections one
   by one, last first.  boot_turn() goes on with it as they die. */
void	 boot_stop(struct world *);
void	 boot_turn(struct world *);

#endif /* BOOT_H */
