/* spawn.h - new processes of this program, asked for. */
#ifndef SPAWN_H
#define SPAWN_H
#include "buf.h"
#include "msg.h"
#include "pid.h"

/* Adds a bare MESSAGE.  -1: EINVAL, EMSGSIZE, as body_write() says. */
int	 spawn_message(struct buf *, struct msg_body);

/* An entry of this program on a node; what it is given need not be of its own
   type.  *who is the child, or whoever has the name.  -1 and errno. */
int	 spawn_entry(struct msg_node, const char *entry, struct msg_body args,
	    const struct msg_spawn_options *, struct pid *who);

#endif /* SPAWN_H */
