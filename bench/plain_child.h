/*
 * plain_child.h - what a worker's binary does when it is started without brood.
 */
#ifndef PLAIN_CHILD_H
#define PLAIN_CHILD_H
#include <stdbool.h>

/* True: argv named a mode, it is done, main should return 0. */
bool	 plain_child(int argc, char **argv);

#endif /* PLAIN_CHILD_H */
