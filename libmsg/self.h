/*
 * self.h - this process: its line, who it is, its mailbox, what it waits for.
 *
 * The one place with state.  A worker is one process, so there is one of each.
 */
#ifndef SELF_H
#define SELF_H
#include "letter.h"
#include "line.h"
#include "mailbox.h"

/* Opens the line at the first call.  -1: ENOTCONN no worker, EPIPE, EPROTO,
   ENOMEM.  What follows is for those who have called it. */
int		 self_open(void);
void		 self_main(void);	/* from now on the supervisor's end is
					   ours: exit 111 */
struct pid	 self_pid(void);
const char	*self_node(void);
uint32_t	 self_max_frame(void);
struct line	*self_line(void);
struct mailbox	*self_mailbox(void);

/* The arguments that came with the answer to HELLO, once: the caller's to
   free, or NULL. */
uint8_t		*self_take_args(size_t *len);

/* ---- refs: a DOWN of one that is not live is dropped ---- */

uint64_t	 self_mint(void);
int		 self_ref_live(uint64_t ref);		/* -1: ENOMEM */
bool		 self_ref_gone(uint64_t ref);		/* its DOWN, too */

/* ---- who is choked ---- */

bool		 self_choked(struct pid);

/* ---- frames that came ---- */

/* 1: a letter, taken apart; 0: it was for the library, or is dropped. */
int		 self_sort(const struct frame *, struct letter *);
void		 self_keep(const struct frame *);	/* into the mailbox */
void		 self_put(const struct letter *);

/* A message that said it was of a type and was not. */
void		 self_spoilt(void);
size_t		 self_spoilt_count(void);

/*
 * Waits for what answers ref: REPLY, DONE or DOWN; the rest is kept.  1: *f is
 * it, in place; -1: ETIMEDOUT, EPIPE.
 */
int		 self_await(uint64_t ref, struct mono deadline,
		    struct frame *f);

/* The end: DIE with the text, whatever else is on the way, and exit. */
_Noreturn void	 self_die(const char *text, int status);

#endif /* SELF_H */
