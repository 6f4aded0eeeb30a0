/*
 * name.c - names of processes.
 *
 * Owns:    asking the relay, which has them.
 * Errors:  -1 and errno, as the relay answers.
 */
#include <errno.h>
#include <string.h>

#include "request.h"
#include "msg.h"
#include "self.h"
#include "send.h"

static int
name_check(const char *name)
{
	if (name_valid(name))
		return 0;
	errno = EINVAL;
	return -1;
}

int
msg_register(const char *name)
{
	if (self_open() == -1 || name_check(name) == -1)
		return -1;
	return request_make(WIRE_REGISTER, 0, msg_process_.pid, name,
	    strlen(name), NULL);
}

int
msg_unregister(const char *name)
{
	if (self_open() == -1 || name_check(name) == -1)
		return -1;
	return request_make(WIRE_UNREGISTER, 0, msg_process_.pid, name,
	    strlen(name), NULL);
}

int
msg_whereis(const char *address, struct msg_pid *out)
{
	struct address	a;
	struct pid	pid;

	*out = (struct msg_pid){ 0, 0 };
	if (self_open() == -1 || address_parse(address, &a) == -1 ||
	    request_make(WIRE_WHEREIS, 0, (struct pid){ 0, 0 }, address,
	    strlen(address), &pid) == -1)
		return -1;
	*out = msg_pid_of(pid);
	return 0;
}
