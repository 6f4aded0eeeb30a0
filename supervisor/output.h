/*
 * output.h - what workers print: captured line by line.
 */
#ifndef OUTPUT_H
#define OUTPUT_H
#include "world.h"

/* A further pipe of p; *end is its writing end, for the child.  -1: errno. */
int	 output_open(struct proc *p, int *end);

/* p is alive: its output is read from now on. */
void	 output_start(struct proc *p);

/* p is dead: what is in its pipes, the last line even without its newline. */
void	 output_end(struct proc *p);
void	 output_free(struct proc *p);

/* At the end of a turn: whether workers wait for a reader has changed. */
void	 output_turn(struct world *);

#endif /* OUTPUT_H */
