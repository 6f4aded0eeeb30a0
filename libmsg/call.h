/* call.h - how a call ends without an answer. */
#ifndef CALL_H
#define CALL_H
#include <stddef.h>

/* The callee has ended of this cause, which msg_why() says from now on.  -1 and
   ESRCH, or EHOSTUNREACH. */
int	 call_death(const void *cause, size_t n);

#endif /* CALL_H */
