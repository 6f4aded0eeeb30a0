/*
 * spawn.c - births: from a request to a live process or an error.
 *
 * Serial, name, link and monitor stand before the parent is asked, so they hold
 * before the child's first instruction; its fd 3 is not read until the answer
 * has been routed, so nothing of it overtakes the answer.  A spawn that fails
 * undoes all of it and is an error of the request, no death.
 *
 * Owns:    proc->birth.
 * Not here: which file a program is (the parent decides that by its name).
 * Errors:  DONE with errno and text, to who asked; a boot's are logged.
 */
#include "spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "buf.h"
#include "conf.h"
#include "death.h"
#include "errand.h"
#include "life.h"
#include "log.h"
#include "names.h"
#include "post.h"
#include "peer.h"
#include "proc.h"
#include "stream.h"
#include "watch.h"

/* A request, read from its frame. */
struct request {
	struct birth	 birth;
	char		 name[256], program[256], entry[256];	/* any str8 */
	unsigned int	 kind;		/* of the arguments, SPAWN_ARGS_* */
	struct ask_args	 args;
	struct peer	*peer;		/* asks for it; NULL: from here */
};

enum { SPAWN_ARGS_NONE, SPAWN_ARGS_MESSAGE, SPAWN_ARGS_WORDS };
#define MESSAGE_LEAST	10
#define WELCOME_REST	(WIRE_HEAD + 24 + NAME_SIZE)	/* beside arguments */

/* Words as they are passed on: counted, and each a whole string. */
static bool
words_good(const uint8_t *p, size_t n)
{
	struct rd	 r;
	unsigned int	 count;
	const uint8_t	*word;
	size_t		 len;

	rd_init(&r, p, n);
	for (count = rd_u16(&r); count > 0 && !r.bad; count--) {
		len = rd_u16(&r);
		word = rd_take(&r, len);
		if (word != NULL && memchr(word, '\0', len) != NULL)
			return false;
	}
	return rd_done(&r);
}

/* NULL, or why the frame is broken. */
static const char *
request_read(struct request *q, const struct frame *f)
{
	struct rd	r;

	memset(q, 0, sizeof(*q));
	q->birth.requester = f->h.from;
	q->birth.ref = f->h.ref;
	q->birth.flags = f->h.flags & (WIRE_F_LINK | WIRE_F_MONITOR);
	rd_init(&r, f->body, f->body_len);
	q->birth.monitor_ref = rd_u64(&r);
	rd_str8(&r, q->name, sizeof(q->name));
	rd_str8(&r, q->program, sizeof(q->program));
	rd_str8(&r, q->entry, sizeof(q->entry));
	q->kind = rd_u8(&r);
	if (r.bad)
		return "spawn: too short, or a name too long";
	q->args.n = r.left;
	q->args.p = rd_take(&r, r.left);
	switch (q->kind) {
	case SPAWN_ARGS_NONE:
		return q->args.n == 0 ? NULL : "spawn: bytes left over";
	case SPAWN_ARGS_MESSAGE:
		return q->args.n >= MESSAGE_LEAST ? NULL :
		    "spawn: arguments too short";
	case SPAWN_ARGS_WORDS:
		return words_good(q->args.p, q->args.n) ? NULL :
		    "spawn: broken words";
	}
	return "spawn: unknown kind of arguments";
}

/* ---- answers ---- */

/* In the lane of the requester: nothing of the child overtakes it. */
static void
answer_there(struct node *n, const struct birth *b, int err, struct pid pid,
    const char *text)
{
	struct wire_head	h = { .op = WIRE_DONE, .to = b->requester,
				    .ref = b->ref };
	uint8_t			body[20 + 512];
	size_t			len = text == NULL ? 0 : strnlen(text, 512);

	h.from = (struct pid){ n->id, 0 };
	put_u32(body, (uint32_t)err);
	put_u64(body + 4, pid.node);
	put_u64(body + 12, pid.serial);
	if (len != 0)
		memcpy(body + 20, text, len);
	(void)post_frame(n, &h, body, 20 + len, true);
}

static void
answer(struct node *n, const struct birth *b, int err, struct pid pid,
    const char *text)
{
	struct proc	*p = proc_by_pid(n, b->requester);
	struct stream	*s;

	if (b->requester.node != n->id && b->requester.node != 0)
		answer_there(n, b, err, pid, text);
	else if (p != NULL && (s = stream_of_ref(p, b->ref)) != NULL)
		stream_done(s, b->ref, err, pid, text);
}

/* One text for all failures: program, what was tried, why not; and for those of
   another node, where. */
static void
refuse(struct node *n, const struct birth *b, const char *program,
    const char *stage, int err, struct pid pid)
{
	bool	far = b->requester.node != n->id && b->requester.node != 0;
	char	text[512];

	n->stats.spawns_failed++;
	(void)snprintf(text, sizeof(text), "program %s: %s%s%s%s: %s", program,
	    far ? "node " : "", far ? n->conf->node.name : "",
	    far ? ": " : "", stage, strerror(err));
	log_warnx(n->log, "spawn failed: %s", text);
	answer(n, b, err, pid, text);
}

/* ---- requests ---- */

static void
settle_program(struct proc *p)
{
	const struct conf_node		*conf = &p->node->conf->node;
	const struct conf_program	*program;
	const char			*user = conf->worker_user;

	program = conf_program(p->node->conf, p->program);
	if (program != NULL && program->user[0] != '\0')
		user = program->user;
	p->stop_timeout = 1000 * (p->worker != NULL ? p->worker->stop_timeout :
	    program != NULL ? program->stop_timeout : 5000000);
	/* Only root's supervisor switches users; then root alone is trusted. */
	p->trusted = p->node->owner_uid != 0 || strcmp(user, "root") == 0;
}

/* This end of them; who asked enters the other when the answer comes. */
static int
settle_there(struct proc *p, const struct birth *b)
{
	if ((b->flags & WIRE_F_MONITOR) != 0 &&
	    watch_watched(p, b->requester, b->monitor_ref) == -1)
		return -1;
	return (b->flags & WIRE_F_LINK) != 0 ?
	    watch_link_born(p, b->requester) : 0;
}

/* Name, monitor and link, before anything runs.  -1: errno, *owner. */
static int
settle_options(struct proc *p, const struct request *q, struct proc **owner)
{
	struct proc	*by = proc_by_pid(p->node, q->birth.requester);

	*owner = NULL;
	if (q->name[0] != '\0' && names_add(p, q->name, owner) == -1)
		return -1;
	if (q->peer != NULL)
		return settle_there(p, &q->birth);
	if (by == NULL)
		return 0;
	if ((q->birth.flags & WIRE_F_MONITOR) != 0 &&
	    watch_monitor(by, false, q->birth.monitor_ref, proc_pid(p),
	    0) == -1)
		return -1;
	if ((q->birth.flags & WIRE_F_LINK) != 0 &&
	    watch_link(by, proc_pid(p)) == -1)
		return -1;
	return 0;
}

static int
keep_arguments(struct proc *p, const struct request *q)
{
	if (q->kind != SPAWN_ARGS_MESSAGE)
		return 0;
	if (q->args.n > p->node->conf->node.max_message - WELCOME_REST) {
		errno = EMSGSIZE;	/* its WELCOME would be too large */
		return -1;
	}
	p->args = block_new(q->args.p, q->args.n);
	return p->args == NULL ? -1 : 0;
}

static int
ask_parent(struct proc *p, const struct request *q)
{
	static const struct ask_args	 none = { NULL, 0 };
	int				 fds[CONN_FDS];
	size_t				 nfds = 0;

	if (p->node->acts->sockets(p, fds, &nfds) == -1)
		return -1;
	return ask_spawn(p, p->worker == NULL ? "" : p->worker->s.name,
	    q->kind == SPAWN_ARGS_WORDS ? q->args : none, fds, nfds);
}

/* On failure everything is undone, and *stage and errno say what failed. */
static struct proc *
begin(struct node *n, const struct request *q, const struct conf_worker *w,
    const char **stage, struct proc **owner)
{
	struct proc	*p;
	int		 err;

	*owner = NULL;
	*stage = "memory";
	if ((p = proc_new(n, PROC_WORKER, q->program, q->entry)) == NULL)
		return NULL;
	p->worker = w;
	settle_program(p);
	if ((p->birth = malloc(sizeof(*p->birth))) == NULL)
		goto fail;
	*p->birth = q->birth;
	*stage = "arguments";
	if (keep_arguments(p, q) == -1)
		goto fail;
	*stage = "name";
	if (settle_options(p, q, owner) == -1)
		goto fail;
	*stage = "descriptors";
	if (ask_parent(p, q) == -1)
		goto fail;
	if (q->peer != NULL) {
		p->born_for = q->peer;
		LIST_INSERT_HEAD(&q->peer->births, p, born);
	}
	return p;
 fail:
	err = errno;
	death_stillborn(p);
	errno = err;
	return NULL;
}

/* From another node: only what is declared for its role. */
static bool
may_call(const struct node *n, const struct request *q)
{
	const struct conf_program	*program;
	size_t				 i;

	program = conf_program(n->conf, q->program);
	if (q->peer == NULL || program == NULL || program->callers[0] == NULL)
		return true;
	for (i = 0; program->callers[i] != NULL; i++)
		if (strcmp(program->callers[i], q->peer->role) == 0)
			return true;
	return false;
}

static void
request_begin(struct node *n, struct request *q)
{
	static const struct pid	 nobody = { 0, 0 };
	struct proc		*owner = NULL;
	const char		*stage;
	int			 err;

	if (!name_valid(q->program) ||
	    (q->entry[0] != '\0' && !name_valid(q->entry))) {
		stage = "program";
		err = EINVAL;
	} else if (!may_call(n, q)) {
		stage = "callers";
		err = EACCES;
	} else if (n->stopping) {
		stage = "stopping";
		err = ESHUTDOWN;
	} else if (begin(n, q, NULL, &stage, &owner) != NULL)
		return;
	else
		err = errno;
	refuse(n, &q->birth, q->program, stage, err,
	    owner == NULL ? nobody : proc_pid(owner));
}

const char *
spawn_request(struct stream *s, const struct frame *f)
{
	struct node	*n = s->proc->node;
	struct request	 q;
	const char	*why;

	if ((why = request_read(&q, f)) != NULL)
		return why;
	if (f->h.to.node != 0 && f->h.to.node != n->id)
		return errand_ask(s, f, &q.birth, q.program);
	request_begin(n, &q);
	return NULL;
}

const char *
spawn_remote(struct peer *peer, const struct frame *f)
{
	struct request	 q;
	const char	*why;

	if ((why = request_read(&q, f)) != NULL)
		return why;
	q.peer = peer;
	request_begin(peer->node, &q);
	return NULL;
}

int
spawn_section(struct node *n, const struct conf_worker *w)
{
	struct request	 q = { .kind = SPAWN_ARGS_WORDS };
	struct proc	*owner;
	struct buf	 words;
	const char	*stage = "arguments";
	struct proc	*p = NULL;
	size_t		 i, count = 0;

	(void)strlcpy(q.name, w->s.name, sizeof(q.name));
	(void)strlcpy(q.program, w->program, sizeof(q.program));
	(void)strlcpy(q.entry, w->entry, sizeof(q.entry));
	while (w->args[count] != NULL)
		count++;
	buf_init(&words, WIRE_MAX / 2);
	buf_add_u16(&words, (unsigned int)count);
	for (i = 0; i < count; i++)
		buf_add_str16(&words, w->args[i]);
	q.args = (struct ask_args){ words.p, words.len };
	errno = words.error;
	if (count <= UINT16_MAX && words.error == 0)
		p = begin(n, &q, w, &stage, &owner);
	if (p == NULL)
		log_error(n->log, "worker %s: cannot start: %s",
		    w->s.name, stage);
	buf_release(&words);
	return p == NULL ? -1 : 0;
}

/* ---- what the parent says ---- */

static struct proc *
unborn(struct node *n, const struct frame *f)
{
	struct proc	*p = proc_by_serial(n, f->h.to.serial);

	if (p != NULL && p->state == PROC_SPAWNING)
		return p;
	log_warnx(n->log, "answer to no spawn: serial=%llu",
	    (unsigned long long)f->h.to.serial);
	return NULL;
}

void
spawn_done(struct node *n, const struct frame *f)
{
	struct proc	*p = unborn(n, f);
	char		 text[ADDRESS_SIZE];

	if (p == NULL)
		return;
	p->state = PROC_LIVE;
	p->os_pid = get_u32(f->body);
	p->since = n->now;
	n->stats.spawns++;
	log_debug(n->log, "proc %s started: program=%s entry=%s os_pid=%u",
	    peer_pid_text(n, proc_pid(p), text), p->program, p->entry,
	    p->os_pid);
	answer(n, p->birth, 0, proc_pid(p), NULL);
	free(p->birth);
	p->birth = NULL;
	n->acts->event(n, "start", p, NULL);
	if (p->main != NULL)
		n->acts->update(p->main);	/* from now on it is read */
}

void
spawn_failed(struct node *n, const struct frame *f)
{
	static const struct pid	 nobody = { 0, 0 };
	struct proc		*p = unborn(n, f);
	struct birth		 birth;
	struct rd		 r;
	char			 stage[128];
	char			 program[NAME_SIZE];
	int			 err;

	if (p == NULL)
		return;
	rd_init(&r, f->body, f->body_len);
	err = (int)rd_u32(&r);
	rd_str8(&r, stage, sizeof(stage));
	birth = *p->birth;
	(void)strlcpy(program, p->program, sizeof(program));
	death_stillborn(p);
	refuse(n, &birth, program, stage, err, nobody);
}
