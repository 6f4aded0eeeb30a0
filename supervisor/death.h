/*
 * death.h - a process is dead: its last words, its watchers, its remains.
 */
#ifndef DEATH_H
#define DEATH_H
#include "node.h"

/* O_EXITED from the parent. */
void	 death_exited(struct node *, const struct frame *);

/* A guest's connection has ended. */
void	 death_guest(struct proc *);

/* What a stream sent is no protocol: the end of that connection. */
void	 death_bad_frame(struct stream *, const char *why);

/* An attached stream has ended; its worker lives on. */
void	 death_attached(struct stream *);

/* Buries what died in this turn, as far as memory for tails allows. */
void	 death_turn(struct node *);

/* p, asked of the parent, never came to be: nothing of it is left. */
void	 death_stillborn(struct proc *);

#endif /* DEATH_H */
