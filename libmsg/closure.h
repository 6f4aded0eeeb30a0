/* closure.h - a function that is called: what goes there beside its own
   arguments. */
#ifndef CLOSURE_H
#define CLOSURE_H
#include "letter.h"
#include "msg.h"

/* The arguments of such a process: a MESSAGE, in one of this library's. */
MSG_TYPE(msg_called, (pid, caller), (blob, args));

/* l is the MESSAGE that came with WELCOME.  1: it was one, *l is that within
   from now on, and its memory is *outer's; 0: it is the entry's own; -1:
   EBADMSG, ENOMEM. */
int	 closure_open(struct letter *l, struct msg_called *outer);

#endif /* CLOSURE_H */
