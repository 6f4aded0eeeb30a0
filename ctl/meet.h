/* meet.h - until all private supervisors see each other. */
#ifndef MEET_H
#define MEET_H
#include "private.h"

/* 0, or the exit code: the deadline came, one has gone, a signal stops us. */
int	 meet_all(struct private *);

#endif /* MEET_H */
