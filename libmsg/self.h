/*
 * self.h - this process: its line, who it is, its mailbox, what it waits for.
 *
 * The one place with state.  A worker is one process, so there is one of each.
 */
#ifndef SELF_H
#define SELF_H
#include "letter.h"
#include "limit.h"
#include "line.h"
#include "mailbox.h"
#include "port.h"

struct self {
	bool		 open, in_main, dying;
	struct line	 line;
	struct pid	 pid;
	char		 node[NAME_SIZE];
	uint32_t	 max_frame;
	uint32_t	 sure_frame;	/* what every node takes */
	struct limits	 limits;	/* what those take who take less */
	uint64_t	 last_ref;
	uint64_t	 awaited;	/* the request under way, or 0 */
	uint8_t		*early;		/* its answer, if that came while the
					   request was still being written */
	struct mailbox	 mailbox;
	struct ports	 ports;
	struct map	 refs;		/* live: to the mail that is its DOWN,
					   or to a mark while none came */
	struct pid	*choked;
	size_t		 nchoked, choked_cap;
	uint8_t		*args;		/* MESSAGE that came with WELCOME */
	size_t		 args_len;
	size_t		 spoilt;	/* messages that were not what they
					   said */
	bool		 nodes;		/* it wants to be told of nodes */
	bool		 choosing;	/* a frame is lent to a predicate:
					   nothing may be received */
	struct self_rows {
		uint64_t	 ref;		/* of the question, or 0 */
		void		 (*fn)(void *ctx, const struct frame *);
		void		*ctx;
	}		 rows;
	/* Of a process that msg_call_closure() spawned (closure.c). */
	struct pid	 caller;
	uint64_t	 called_tag;	/* of the call that wants its result */
	uint64_t	 called;	/* that call's ref, once it came */
	int		 failed;	/* errno of opening: it stays so */
};
extern struct self	msg_process_;	/* exported, so named like that */

/* Opens the line at the first call.  -1: ENOTCONN no worker, EPIPE, EPROTO,
   ENOMEM.  The rest of this page is for those who have called it. */
int		 self_start(void);

static inline int
self_open(void)
{
	return msg_process_.open ? 0 : self_start();
}

static inline struct line *
self_line(void)
{
	return &msg_process_.line;
}

static inline struct mailbox *
self_mailbox(void)
{
	return &msg_process_.mailbox;
}

/* From now on the supervisor's end is ours: exit 111. */
void		 self_main(void);

static inline struct ports *
self_ports(void)
{
	return &msg_process_.ports;
}

/* ---- refs: a DOWN of one that is not live is dropped ---- */

uint64_t	 self_mint(void);
int		 self_ref_live(uint64_t ref);		/* -1: ENOMEM */
bool		 self_ref_gone(uint64_t ref);		/* its DOWN, too */
const struct letter *self_ref_down(uint64_t ref);	/* NULL: none came */

/* ---- who is choked ---- */

bool		 self_search_choked(struct pid);

static inline bool
self_choked(struct pid pid)
{
	return msg_process_.nchoked != 0 && self_search_choked(pid);
}

/* ---- frames that came ---- */

/* 1: a letter, taken apart; 0: it was for the library, or is dropped. */
int		 self_sort(const struct frame *, struct letter *);
void		 self_keep(const struct frame *);	/* into the mailbox */
void		 self_put(const struct letter *);

/*
 * Those who asked after ports that are not there are told: now if need be by
 * waiting, else if the kernel takes it.  To be called where nothing is being
 * written or read: it may read on into the mailbox.
 */
void		 self_tell_closed(bool wait);

/* For whoever goes back into the program: as good as nothing to do. */
static inline void
self_leave(void)
{
	if (msg_process_.ports.nabsent != 0)
		self_tell_closed(false);
}

/* The answer to ref may come before self_await() is called for it: while the
   request is written the line is looked at.  To be said before that. */
void		 self_expect(uint64_t ref);

/* From now on fn is given the rows that answer ref, until this is called with
   ref 0.  It must neither send nor receive. */
void		 self_expect_rows(uint64_t ref,
		    void (*fn)(void *ctx, const struct frame *), void *ctx);

/*
 * Waits for what answers ref: REPLY, DONE or DOWN; the rest is kept.  1: *f is
 * it, in place; -1: ETIMEDOUT, EPIPE.
 */
int		 self_await(uint64_t ref, struct mono deadline,
		    struct frame *f);

/* The end: DIE with the text, whatever else is on the way, and exit. */
_Noreturn void	 self_die(const char *text, int status);

#endif /* SELF_H */
