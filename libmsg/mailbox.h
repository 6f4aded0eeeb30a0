/*
 * mailbox.h - messages that came before they were wanted.
 *
 * In order of arrival, and once more by what they are, a lane for each type,
 * so that whoever wants one type does not meet the others.
 */
#ifndef MAILBOX_H
#define MAILBOX_H
#include <sys/queue.h>

#include "letter.h"
#include "map.h"

#define MAILBOX_LANES	64	/* most that are kept while empty */

struct mail_lane;

struct mail {
	TAILQ_ENTRY(mail)	 all, same;	/* of the mailbox; of a lane,
						   or a port */
	struct mail_lane	*lane;
	uint64_t		 number;	/* grows with arrival */
	struct letter		 letter;	/* its text lies in bytes */
	uint8_t			 bytes[];
};
TAILQ_HEAD(mail_list, mail);

struct mail_lane {
	struct mail_list	 list;
	enum letter_kind	 kind;
	uint64_t		 tag;
};

struct mailbox {
	struct mail_list	 all;
	struct mail_lane	 notices[LETTER_KINDS];	/* all but USER */
	struct map		 tags;		/* to lanes */
	uint64_t		 last;		/* number given */
	size_t			 n, bytes, max;	/* bytes: memory, all told */
};

void	 mailbox_init(struct mailbox *, size_t max);

/* Copies.  NULL: ENOBUFS it would be fuller than max, ENOMEM. */
struct mail	*mailbox_put(struct mailbox *, const struct letter *);
void		 mailbox_drop(struct mailbox *, struct mail *);

/* The memory alone, for mail that lies elsewhere (port.c), and back. */
struct mail	*mailbox_keep(struct mailbox *, const struct letter *);
void		 mailbox_free(struct mailbox *, struct mail *);

/* The oldest of all, of a type, of a kind of notice; NULL: none. */
static inline struct mail *
mailbox_first(const struct mailbox *m)
{
	return TAILQ_FIRST(&m->all);
}
struct mail	*mailbox_first_of(const struct mailbox *, enum letter_kind,
		    uint64_t tag);

#endif /* MAILBOX_H */
