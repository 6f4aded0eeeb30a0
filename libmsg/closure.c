/*
 * closure.c - a function called on a node, in a process of its own.
 *
 *	caller				the process it runs in
 *	SPAWN, monitored	->	msg_called: whose call, its arguments
 *	CALL msg_wanted		->	kept for msg_return()
 *				<-	REPLY, and it ends
 *
 * So the answer is one of a call, which the relay and call.c know: the first of
 * answer, death and time wins, and what is late is dropped.  The two are not
 * linked, since a link would end the caller where the call is to fail.
 *
 * Owns:    both ends of that.
 * Not here: spawning (spawn.c), calling (call.c).
 * Errors:  -1 and errno, msg_why() in words.
 */
#include "closure.h"

#include <errno.h>
#include <string.h>

#include "body.h"
#include "call.h"
#include "request.h"
#include "self.h"
#include "send.h"
#include "spawn.h"
#include "type.h"

MSG_TYPE(msg_wanted);

/* ---- the caller ---- */

/* The entry's MESSAGE, as it would go without a call, within ours. */
static int
spawn_called(struct msg_node node, struct msg_closure c,
    const struct msg_spawn_options *o, struct pid *child)
{
	struct msg_type	*t = c.entry->type;
	struct buf	 b;
	int		 r = -1;

	if (type_ready(t) == -1)
		return -1;
	buf_init(&b, msg_process_.max_frame);
	if (spawn_message(&b, (struct msg_body){ t, c.args }) == 0) {
		if (b.error == 0)
			r = spawn_entry(node, t->name, MSG(msg_called,
			    .caller = msg_self(), .args = { b.len, b.p }), o,
			    child);
		else
			errno = b.error;
	}
	buf_release(&b);
	return r;
}

/* Why it ended without an answer.  One that was gone before the call reached it
   is "noproc" to the call; the spawn's monitor has seen the end itself. */
static void
settle_death(uint64_t ref)
{
	const struct letter	*l = self_ref_down(ref);

	if (l != NULL)
		(void)call_death(l->text, l->len);
}

int
msg_call_closure_(struct msg_node node, struct msg_closure c,
    struct msg_type *t, void *out, int ms)
{
	struct mono	deadline = ms < 0 ? MONO_NEVER :
	    mono_after(mono_now(), MONO_MS(ms));
	uint64_t	ref;
	struct pid	child;
	int		error;

	memset(out, 0, t->size);
	if (self_open() == -1 || type_ready(t) == -1 ||
	    spawn_called(node, c, &(struct msg_spawn_options){ .ref = &ref },
	    &child) == -1)
		return -1;
	if (msg_call_(msg_pid_of(child), MSG(msg_wanted), t, out,
	    mono_poll_ms(deadline, mono_now())) == 0) {
		(void)msg_demonitor(ref);
		return 0;
	}
	if (errno == ESRCH || errno == EHOSTUNREACH)
		settle_death(ref);
	error = errno;
	if (error != ESRCH && error != EHOSTUNREACH)
		(void)msg_kill(msg_pid_of(child));
	(void)msg_demonitor(ref);
	errno = error;
	return -1;
}

/* ---- the process that was called ---- */

int
closure_open(struct letter *l, struct msg_called *outer)
{
	struct msg_type	*t = &msg_type_msg_called;
	const uint8_t	*image;
	size_t		 len;

	memset(outer, 0, sizeof(*outer));
	if (type_ready(t) == -1 || type_ready(&msg_type_msg_wanted) == -1)
		return -1;
	if (l->tag != t->tag)
		return 0;
	image = letter_image(l, &len);
	if (body_read(t, image, len, outer) == -1)
		return -1;
	if (letter_message(l, outer->args.v, outer->args.n) == -1) {
		body_release(t, outer);
		return -1;
	}
	msg_process_.caller = pid_of(outer->caller);
	msg_process_.called_tag = msg_type_msg_wanted.tag;
	return 1;
}

/* Waits for the call.  False: the caller has ended, or the supervisor. */
static bool
await_call(void)
{
	struct line	*l = self_line();
	uint64_t	 ref = 0;

	for (;;) {
		line_look(l);
		if (msg_process_.called != 0)
			return true;
		/* Nearly always it is here by now.  If not, the caller may have
		   ended before it could call. */
		if (ref == 0 && ((ref = msg_monitor(msg_pid_of(
		    msg_process_.caller))) == 0 || line_flush(l) == -1))
			return false;
		if (self_ref_down(ref) != NULL || (line_wait(l, MONO_NEVER,
		    false) == -1 && errno != EINTR))
			return false;
	}
}

_Noreturn void
msg_return_(struct msg_body b)
{
	struct msg_meta	request;

	if (self_open() == -1 || pid_none(msg_process_.caller) ||
	    !await_call())
		msg_terminate();
	request = (struct msg_meta){ msg_pid_of(msg_process_.caller),
	    msg_process_.called, NULL };
	if (msg_reply_(&request, b) == -1 && errno != EPIPE)
		msg_die("msg_return: %s: %s", b.type->name, strerror(errno));
	msg_terminate();
}
