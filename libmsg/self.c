/*
 * self.c - this process: its line, who it is, its mailbox, what it waits for.
 *
 * Owns:    the state of the library, the hand-shake, refs, who is choked,
 *          where a frame goes that nobody was waiting for, and telling of ports
 *          that are not there.
 * Not here: bytes (line.c), choosing among messages (receive.c).
 * Errors:  -1 and errno.  A mailbox that cannot take one more ends the process:
 *          nobody could be told, and nothing may be lost in silence.
 */
#include "self.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

#define SELF_FD_VAR	"BROOD_FD"

struct self	msg_process_;
#define self	msg_process_

static char	no_mail;	/* a live ref, and no DOWN yet */

/* ---- the end ---- */

void
self_main(void)
{
	self.in_main = true;
}

/* A worker in msg_main without a supervisor can do nothing for anybody, and
   must not go round for ever in a loop that ignores errors. */
static void
self_lost(void)
{
	if (self.in_main && !self.dying)
		exit(111);
}

_Noreturn void
self_die(const char *text, int status)
{
	struct wire_head	 h = { .op = WIRE_DIE, .from = self.pid };
	size_t			 n = strnlen(text, WIRE_TEXT_MAX), space;
	uint8_t			*p;

	self.dying = true;		/* what still comes is dropped */
	self.line.corks = 0;
	h.len = (uint32_t)(WIRE_HEAD + n);
	if (line_flush(&self.line) == 0 &&
	    (p = line_room(&self.line, h.len, &space)) != NULL) {
		wire_put(p, &h);
		memcpy(p + WIRE_HEAD, text, n);
		(void)line_send(&self.line, h.len);
	}
	exit(self.line.lost && self.in_main ? 111 : status);
}

/* ---- refs ---- */

uint64_t
self_mint(void)
{
	return ++self.last_ref;
}

int
self_ref_live(uint64_t ref)
{
	return map_put(&self.refs, ref, &no_mail);
}

bool
self_ref_gone(uint64_t ref)
{
	void	*mail = map_take(&self.refs, ref);

	if (mail != NULL && mail != &no_mail)
		mailbox_drop(&self.mailbox, mail);
	return mail != NULL;
}

const struct letter *
self_ref_down(uint64_t ref)
{
	void		*value = map_get(&self.refs, ref);
	struct mail	*mail = value;

	return value == NULL || value == &no_mail ? NULL : &mail->letter;
}

/* ---- who is choked ---- */

bool
self_search_choked(struct pid pid)
{
	size_t	i;

	for (i = 0; i < self.nchoked; i++)
		if (pid_equal(self.choked[i], pid))
			return true;
	return false;
}

static void
choke(struct pid pid)
{
	struct pid	*more;
	size_t		 cap = self.choked_cap == 0 ? 8 : self.choked_cap * 2;

	if (self_choked(pid))
		return;
	if (self.nchoked == self.choked_cap) {
		more = realloc(self.choked, cap * sizeof(*more));
		if (more == NULL)
			return;		/* the relay stops reading us instead */
		self.choked = more;
		self.choked_cap = cap;
	}
	self.choked[self.nchoked++] = pid;
}

static void
unchoke(struct pid pid)
{
	size_t	i;

	for (i = 0; i < self.nchoked; i++)
		if (pid_equal(self.choked[i], pid)) {
			self.choked[i] = self.choked[--self.nchoked];
			return;
		}
}

static void
learn_limit(const struct frame *f)
{
	limit_learn(&self.limits, f);
	self.sure_frame = limit_least(&self.limits, self.max_frame);
}

/* ---- frames that came ---- */

/* The call of msg_call_closure() is no message: msg_return() waits for it. */
static bool
wants_result(const struct frame *f)
{
	if (!pid_equal(f->h.from, self.caller) || f->body_len < 8 ||
	    get_u64(f->body) != self.called_tag)
		return false;
	self.called = f->h.ref;
	return true;
}

_Noreturn static void
no_room(void)
{
	self_die(errno == ENOBUFS ? "mailbox full" : "mailbox: out of memory",
	    1);
}

static void
to_port(const struct frame *f, struct letter *l)
{
	if (!self.dying && letter_read(l, f) == 0 &&
	    port_put(&self.ports, &self.mailbox, l) == -1)
		no_room();
}

int
self_sort(const struct frame *f, struct letter *l)
{
	switch (f->h.op) {
	case WIRE_CALL:
		if (!pid_none(self.caller) && wants_result(f))
			return 0;
		break;
	case WIRE_NODE:
		if (!self.nodes)
			return 0;	/* of before it was switched off */
		break;
	case WIRE_SEND:
	case WIRE_SEND_NAME:
	case WIRE_FORWARD:
	case WIRE_EXITED:
		break;
	case WIRE_DOWN:
		if (map_get(&self.refs, f->h.ref) != &no_mail)
			return 0;	/* of a monitor taken away */
		break;
	case WIRE_CHANNEL:
		to_port(f, l);
		return 0;
	case WIRE_PORT_WATCHED:
		if (!self.dying && port_asked(&self.ports, f->h.ref) == -1)
			self_die("out of memory", 1);
		return 0;
	case WIRE_CHOKE:
		choke(f->h.from);
		return 0;
	case WIRE_UNCHOKE:
		unchoke(f->h.from);
		return 0;
	case WIRE_LIMIT:
		learn_limit(f);
		return 0;
	default:
		return 0;		/* REPLY, DONE: came too late */
	}
	if (letter_read(l, f) == 0)
		return 1;
	self.spoilt++;
	return 0;
}

void
self_put(const struct letter *l)
{
	struct mail	*mail;

	if (self.dying)
		return;
	if ((mail = mailbox_put(&self.mailbox, l)) == NULL)
		no_room();
	if (l->kind == LETTER_DOWN)
		(void)map_put(&self.refs, l->ref, mail);  /* it is in there */
}

/* What writing reads may add to them. */
void
self_tell_closed(bool wait)
{
	struct ports		*ps = &self.ports;
	struct wire_head	 h = { .len = WIRE_HEAD, .from = self.pid,
				    .op = WIRE_PORT_CLOSED };
	size_t			 i, space;
	uint8_t			*p;
	int			 r = 0, error = errno;

	for (i = 0; i < ps->nabsent && r == 0; i++) {
		if ((p = line_room(&self.line, h.len, &space)) == NULL)
			self_die("out of memory", 1);
		h.ref = ps->absent[i];
		wire_put(p, &h);
		r = wait ? line_send(&self.line, h.len) :
		    line_try_send(&self.line, h.len);
	}
	if (r == 0 && wait)
		r = line_flush(&self.line);	/* corked, it would stay */
	if (r == -1)
		i = errno == EAGAIN ? i - 1 : ps->nabsent;
	ps->nabsent -= i;
	memmove(ps->absent, ps->absent + i,
	    ps->nabsent * sizeof(ps->absent[0]));
	errno = error;
}

static bool
answers(const struct frame *f, uint64_t ref)
{
	return f->h.ref == ref && (f->h.op == WIRE_DONE ||
	    f->h.op == WIRE_REPLY || f->h.op == WIRE_DOWN);
}

void
self_expect(uint64_t ref)
{
	self.awaited = ref;
	free(self.early);
	self.early = NULL;
}

void
self_expect_rows(uint64_t ref, void (*fn)(void *ctx, const struct frame *),
    void *ctx)
{
	self.rows = (struct self_rows){ ref, fn, ctx };
}

void
self_keep(const struct frame *f)
{
	struct letter	l;

	if (f->h.op == WIRE_ROW && self.rows.ref != 0 &&
	    f->h.ref == self.rows.ref) {
		self.rows.fn(self.rows.ctx, f);
		return;
	}
	if (self.awaited != 0 && self.early == NULL &&
	    answers(f, self.awaited)) {
		if ((self.early = malloc(f->h.len)) == NULL)
			self_die("out of memory", 1);
		memcpy(self.early, f->bytes, f->h.len);
		return;
	}
	if (self_sort(f, &l) == 1)
		self_put(&l);
}

/* self.early, as a frame; it is freed when the next request begins. */
static int
take_early(struct frame *f)
{
	self.awaited = 0;
	wire_get(&f->h, self.early);
	f->bytes = self.early;
	f->body = self.early + WIRE_HEAD;
	f->body_len = f->h.len - WIRE_HEAD;
	return 1;
}

int
self_await(uint64_t ref, struct mono deadline, struct frame *f)
{
	int	r;

	for (;;) {
		if (self.early != NULL)
			return take_early(f);
		self.awaited = 0;
		while ((r = line_next(&self.line, f)) == 1) {
			if (answers(f, ref))
				return 1;
			self_keep(f);
		}
		if (r == -1)
			return -1;
		if (self.ports.nabsent != 0) {
			/* What telling reads may be the answer. */
			self.awaited = ref;
			self_tell_closed(true);
		} else if (line_wait(&self.line, deadline, false) == -1 &&
		    errno != EINTR)
			return -1;
	}
}

/* ---- the hand-shake ---- */

/* The descriptor that the supervisor gave us, made ours alone. */
static int
self_fd(void)
{
	const char	*text = getenv(SELF_FD_VAR);
	char		*end;
	long		 n;
	int		 flags;

	if (text == NULL || *text == '\0')
		return -1;
	n = strtol(text, &end, 10);
	if (*end != '\0' || n < 0 || n > INT_MAX ||
	    (flags = fcntl((int)n, F_GETFD)) == -1 ||
	    fcntl((int)n, F_SETFD, flags | FD_CLOEXEC) == -1)
		return -1;
	return (int)n;
}

static int
welcome(const struct frame *f)
{
	struct rd	 r;
	uint64_t	 mailbox;
	unsigned int	 version, args;

	rd_init(&r, f->body, f->body_len);
	version = rd_u16(&r);
	self.last_ref = rd_u64(&r);
	mailbox = rd_u64(&r);
	self.max_frame = rd_u32(&r);
	rd_str8(&r, self.node, sizeof(self.node));
	args = rd_u8(&r);
	if (r.bad || version != WIRE_VERSION || args > 1 ||
	    self.max_frame < WIRE_HEAD || self.max_frame > WIRE_MAX) {
		errno = EPROTO;
		return -1;
	}
	if (args == 1) {
		if ((self.args = malloc(r.left + 1)) == NULL)
			return -1;
		memcpy(self.args, r.p, r.left);
		self.args_len = r.left;
	}
	self.pid = f->h.to;
	self.sure_frame = limit_least(&self.limits, self.max_frame);
	mailbox_init(&self.mailbox, mailbox > SIZE_MAX ? SIZE_MAX :
	    (size_t)mailbox);
	return 0;
}

/* Before the answer comes only what limits there are. */
static int
greet(void)
{
	struct wire_head	 h = { .len = WIRE_HEAD + 4, .op = WIRE_HELLO };
	struct frame		 f;
	size_t			 space;
	uint8_t			*p = line_room(&self.line, h.len, &space);
	int			 r;

	if (p == NULL)
		return -1;
	wire_put(p, &h);
	put_u32(p + WIRE_HEAD, (uint32_t)WIRE_VERSION << 16);
	if (line_send(&self.line, h.len) == -1)
		return -1;
	for (;;) {
		r = line_next(&self.line, &f);
		if (r == 1 && f.h.op == WIRE_LIMIT)
			learn_limit(&f);
		else if (r != 0)
			break;
		else if (line_wait(&self.line, MONO_NEVER, false) == -1 &&
		    errno != EINTR)
			return -1;
	}
	if (r == 1 && f.h.op == WIRE_WELCOME)
		return welcome(&f);
	errno = EPROTO;
	return -1;
}

int
self_start(void)
{
	int	fd;

	if (self.failed != 0) {
		errno = self.failed;
		return -1;
	}
	if ((fd = self_fd()) == -1) {
		errno = ENOTCONN;
		return -1;
	}
	if (line_init(&self.line, fd) == -1)
		return -1;
	self.line.on_frame = self_keep;
	self.line.on_lost = self_lost;
	mailbox_init(&self.mailbox, SIZE_MAX);
	if (greet() == -1) {
		self.failed = errno;
		return -1;
	}
	self.open = true;
	return 0;
}
