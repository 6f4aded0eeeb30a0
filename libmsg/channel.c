/*
 * channel.c - typed channels: made, sent to, merged, closed, watched.
 *
 * Owns:    the calls about ports; a send port and its receive port are the same
 *          two numbers, and only the map of their owner makes one receive.
 * Not here: the ports themselves (port.c), receiving (receive.c), the frame
 *          (send.c).
 * Errors:  -1 or 0, and errno.  That a port is closed is none to those who
 *          send.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "msg.h"
#include "self.h"
#include "send.h"
#include "type.h"

static struct msg_port
name_of(const struct port *p)
{
	return (struct msg_port){ p->id, msg_pid_of(msg_process_.pid) };
}

int
msg_channel_(struct msg_type *t, struct msg_port *send,
    struct msg_port *receive)
{
	struct port	*p;

	memset(send, 0, sizeof(*send));
	memset(receive, 0, sizeof(*receive));
	if (self_open() == -1 || type_ready(t) == -1 ||
	    (p = port_new(self_ports(), t)) == NULL)
		return -1;
	*send = *receive = name_of(p);
	return 0;
}

int
msg_channel_send_(struct msg_port to, struct msg_body b)
{
	return send_port(to, b, false);
}

int
msg_channel_try_send_(struct msg_port to, struct msg_body b)
{
	return send_port(to, b, true);
}

/* The port of these numbers, if it is ours to receive from. */
static struct port *
port_here(const struct msg_port *at)
{
	struct port	*p = port_find(self_ports(), at->id);

	if (p != NULL && pid_equal(pid_of(at->owner), msg_process_.pid))
		return p;
	errno = ESRCH;
	return NULL;
}

static struct port *
merge(struct msg_type *t, bool rotates, const struct msg_port *from, size_t n)
{
	struct port	*p = NULL;
	uint64_t	*ids;
	size_t		 i;

	if (n > PORT_WEIGHT_MAX) {
		errno = E2BIG;
		return NULL;
	}
	if ((ids = calloc(n, sizeof(*ids))) == NULL)
		return NULL;
	for (i = 0; i < n && port_here(&from[i]) != NULL; i++)
		ids[i] = from[i].id;
	if (i == n)
		p = port_merge(self_ports(), t, rotates, ids, n);
	free(ids);
	return p;
}

int
msg_channel_merge_(struct msg_type *t, struct msg_port *out, int how,
    const void *ports, size_t n)
{
	struct port	*p;

	if (self_open() == -1 || type_ready(t) == -1)
		return -1;
	if (n == 0 || (how != MSG_BIASED && how != MSG_ROUND_ROBIN)) {
		errno = EINVAL;
		return -1;
	}
	/* Structs of one struct msg_port each: MSG_TYPE makes them so. */
	if ((p = merge(t, how == MSG_ROUND_ROBIN, ports, n)) == NULL)
		return -1;
	*out = name_of(p);
	return 0;
}

int
msg_channel_close_(const struct msg_port *at)
{
	static const struct pid	nobody;
	struct port		*p;
	bool			 watched;

	if (self_open() == -1 || (p = port_here(at)) == NULL)
		return -1;
	watched = p->watched;
	port_close(self_ports(), self_mailbox(), p);
	return watched ? send_frame(WIRE_PORT_CLOSED, 0, nobody, at->id,
	    NULL, 0) : 0;
}

uint64_t
msg_monitor_port_(struct msg_port to)
{
	uint8_t		body[8];
	uint64_t	ref;

	if (to.id == 0) {
		errno = EINVAL;
		return 0;
	}
	if (self_open() == -1)
		return 0;
	ref = self_mint();
	if (self_ref_live(ref) == -1)
		return 0;
	put_u64(body, to.id);
	if (send_frame(WIRE_MONITOR, 0, pid_of(to.owner), ref, body,
	    sizeof(body)) == 0)
		return ref;
	(void)self_ref_gone(ref);
	return 0;
}
