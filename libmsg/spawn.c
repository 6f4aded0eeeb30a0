/*
 * spawn.c - new processes, asked for.
 *
 * Owns:    the body of SPAWN.
 * Not here: birth itself (the supervisor), running an entry (entry.c), results
 *          (closure.c).
 * Errors:  serial 0 and errno, msg_why() in words.
 */
#include "spawn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "msg.h"
#include "request.h"
#include "self.h"
#include "send.h"
#include "type.h"

#define ARGS_NONE	0
#define ARGS_MESSAGE	1
#define ARGS_WORDS	2
#define LOOKS_MAX	3		/* of msg_whereis_or_spawn() */

/* Everything up to the arguments. */
static void
put_start(struct buf *b, const char *program, const char *entry, uint64_t ref,
    const struct msg_spawn_options *o)
{
	buf_init(b, msg_process_.max_frame - WIRE_HEAD);
	buf_add_u64(b, ref);
	buf_add_str8(b, o->name == NULL ? "" : o->name);
	buf_add_str8(b, program);
	buf_add_str8(b, entry == NULL ? "" : entry);
}

int
spawn_message(struct buf *b, struct msg_body m)
{
	struct msg_type	*t = m.type;
	size_t		 n;
	uint8_t		*p;

	if ((n = body_write(t, m.message, NULL, 0)) == 0)
		return -1;
	buf_add_u64(b, t->tag);
	buf_add_u8(b, (unsigned int)strlen(t->name));
	buf_add_u8(b, (unsigned int)strlen(t->format));
	buf_add(b, t->name, strlen(t->name));
	buf_add(b, t->format, strlen(t->format));
	if ((p = buf_room(b, n)) != NULL)
		(void)body_write(t, m.message, p, n);
	return 0;
}

static void
put_words(struct buf *b, const char *const *words)
{
	size_t	i, n = 0;

	while (words != NULL && words[n] != NULL)
		n++;
	if (n > UINT16_MAX && b->error == 0)
		b->error = E2BIG;
	buf_add_u8(b, n == 0 ? ARGS_NONE : ARGS_WORDS);
	if (n == 0)
		return;
	buf_add_u16(b, (unsigned int)n);
	for (i = 0; i < n; i++)
		buf_add_str16(b, words[i]);
}

/*
 * The monitor is live before the answer is here, and gone if that is no.  *who
 * is the child, or whoever has the name.
 */
static int
spawn_request(struct msg_node node, uint64_t ref, struct buf *b,
    const struct msg_spawn_options *o, struct pid *who)
{
	unsigned int	flags = o->link ? WIRE_F_LINK : 0;
	int		error = b->error;

	*who = (struct pid){ 0, 0 };
	if (error == 0 && ref != 0 && self_ref_live(ref) == -1)
		error = errno;
	if (ref != 0)
		flags |= WIRE_F_MONITOR;
	if (error == 0 && request_make(WIRE_SPAWN, flags,
	    (struct pid){ node.id, 0 }, b->p, b->len, who) == -1)
		error = errno;
	buf_release(b);
	if (error == 0) {
		if (o->ref != NULL)
			*o->ref = ref;
		return 0;
	}
	if (ref != 0)
		(void)self_ref_gone(ref);
	errno = error;
	return -1;
}

static uint64_t
monitor_ref(const struct msg_spawn_options *o)
{
	if (o->ref != NULL)
		*o->ref = 0;
	return o->monitor || o->ref != NULL ? self_mint() : 0;
}

int
spawn_entry(struct msg_node node, const char *entry, struct msg_body args,
    const struct msg_spawn_options *o, struct pid *who)
{
	const char	*program = getenv("BROOD_PROGRAM");
	struct buf	 b;
	uint64_t	 ref;

	if (self_open() == -1 || type_ready(args.type) == -1)
		return -1;
	if (program == NULL) {
		errno = EINVAL;
		return -1;
	}
	ref = monitor_ref(o);
	put_start(&b, program, entry, ref, o);
	buf_add_u8(&b, ARGS_MESSAGE);
	if (spawn_message(&b, args) == -1) {
		buf_release(&b);
		return -1;
	}
	return spawn_request(node, ref, &b, o, who);
}

static int
spawn_closure(struct msg_node node, struct msg_closure c,
    const struct msg_spawn_options *o, struct pid *who)
{
	return spawn_entry(node, c.entry->type->name,
	    (struct msg_body){ c.entry->type, c.args }, o, who);
}

struct msg_pid
msg_spawn_(struct msg_node node, struct msg_closure c,
    const struct msg_spawn_options *o)
{
	struct pid	child;

	if (spawn_closure(node, c, o, &child) == -1)
		return (struct msg_pid){ 0, 0 };
	return msg_pid_of(child);
}

/* Nobody needs to be asked: every process is born with the same number. */
struct msg_pid
msg_spawn_channel_(struct msg_node node, struct msg_port *to,
    struct msg_closure c, const struct msg_spawn_options *o)
{
	struct msg_pid	child = msg_spawn_(node, c, o);

	*to = (struct msg_port){ child.serial == 0 ? 0 : PORT_BORN, child };
	return child;
}

struct msg_pid
msg_spawn_program_(struct msg_node node, const char *program,
    const char *entry, const char *const *words,
    const struct msg_spawn_options *o)
{
	struct pid	child;
	struct buf	b;
	uint64_t	ref;

	if (self_open() == -1)
		return (struct msg_pid){ 0, 0 };
	ref = monitor_ref(o);
	put_start(&b, program, entry, ref, o);
	put_words(&b, words);
	if (spawn_request(node, ref, &b, o, &child) == -1)
		return (struct msg_pid){ 0, 0 };
	return msg_pid_of(child);
}

/* Whoever has the name on that very node, not on one started anew under its
   name. */
static int
whereis_on(struct msg_node node, const char *name, struct msg_pid *found)
{
	char	address[ADDRESS_SIZE];

	if (node.id == 0)
		return msg_whereis(name, found);
	(void)snprintf(address, sizeof(address), "%s@#%016" PRIx64, name,
	    node.id);
	return msg_whereis(address, found);
}

/*
 * Between two who start it at once the name decides: the later is told the
 * owner, though that is only being born and whereis would not find it yet.  A
 * name that is taken and has no owner is one kept for a [worker], which may
 * come up between two looks.
 */
struct msg_pid
msg_whereis_or_spawn_(struct msg_node node, const char *name,
    struct msg_closure c)
{
	struct msg_spawn_options	o = { .name = name };
	struct msg_pid			found;
	struct pid			child;
	int				i;

	if (self_open() == -1)
		return (struct msg_pid){ 0, 0 };
	if (!name_valid(name)) {
		errno = EINVAL;
		return (struct msg_pid){ 0, 0 };
	}
	for (i = 0; i < LOOKS_MAX; i++) {
		if (whereis_on(node, name, &found) == 0)
			return found;
		/* A node not heard of yet is looked for by the spawn. */
		if (errno != ESRCH && errno != EHOSTUNREACH)
			break;
		if (spawn_closure(node, c, &o, &child) == 0 ||
		    (errno == EEXIST && !pid_none(child)))
			return msg_pid_of(child);
		if (errno != EEXIST)
			break;
	}
	return (struct msg_pid){ 0, 0 };
}
