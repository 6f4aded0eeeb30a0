/*
 * must.h - what workers insist on.
 *
 * Errors:  the worker dies with the line that did not hold as its cause.
 */
#ifndef MUST_H
#define MUST_H
#include <errno.h>
#include <string.h>

#include "msg.h"

#define MUST(e)		do {						\
	if (!(e))							\
		msg_die("line %d: not: %s (%s; %s)", __LINE__, #e,	\
		    strerror(errno), msg_why());			\
} while (0)

static MSG_UNUSED struct msg_pid
born(struct msg_pid pid)
{
	if (pid.serial == 0)
		msg_die("spawn: %s", msg_why());
	return pid;
}

#endif /* MUST_H */
