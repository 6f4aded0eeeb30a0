/*
 * watch.c - monitors, links and exit signals, as this process asks for them.
 *
 * Owns:    which monitors are live: their refs.
 * Not here: who watches whom (the relay), taking notices (receive.c).
 * Errors:  -1 or 0, and errno.  A dead or unknown process is never one.
 */
#include <errno.h>
#include <string.h>

#include "msg.h"
#include "self.h"
#include "send.h"

uint64_t
msg_monitor(struct msg_pid pid)
{
	uint64_t	ref;

	if (self_open() == -1)
		return 0;
	ref = self_mint();
	if (self_ref_live(ref) == -1)
		return 0;
	if (send_frame(WIRE_MONITOR, 0, pid_of(pid), ref, NULL, 0) == 0)
		return ref;
	(void)self_ref_gone(ref);
	return 0;
}

/* A notice that is here goes, one that is on its way will be dropped. */
int
msg_demonitor(uint64_t ref)
{
	if (self_open() == -1)
		return -1;
	if (!self_ref_gone(ref))
		return 0;		/* it has fired, or never was */
	return send_frame(WIRE_DEMONITOR, 0, (struct pid){ 0, 0 }, ref,
	    NULL, 0);
}

/* It runs between the last statement of a block and whatever comes next, which
   may look at errno. */
void
msg_scope_leave_(struct msg_scope *s)
{
	int	error = errno;

	if (s->ref != 0)
		(void)msg_demonitor(s->ref);
	errno = error;
}

static int
signal_frame(enum wire_op op, unsigned int flags, struct pid to,
    const char *text)
{
	size_t	n = text == NULL ? 0 : strnlen(text, WIRE_TEXT_MAX);

	return self_open() == -1 ? -1 : send_frame(op, flags, to, 0, text, n);
}

int
msg_link(struct msg_pid pid)
{
	return signal_frame(WIRE_LINK, 0, pid_of(pid), NULL);
}

int
msg_unlink(struct msg_pid pid)
{
	return signal_frame(WIRE_UNLINK, 0, pid_of(pid), NULL);
}

int
msg_exit(struct msg_pid pid, const char *why)
{
	return signal_frame(WIRE_EXIT, 0, pid_of(pid), why);
}

int
msg_kill(struct msg_pid pid)
{
	return signal_frame(WIRE_KILL, 0, pid_of(pid), NULL);
}

int
msg_trap_exits(bool on)
{
	return signal_frame(WIRE_TRAP, on ? WIRE_F_ON : 0,
	    (struct pid){ 0, 0 }, NULL);
}

int
msg_ready(void)
{
	return signal_frame(WIRE_READY, 0, (struct pid){ 0, 0 }, NULL);
}
