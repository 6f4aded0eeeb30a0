/*
 * kids.h - the table of children: by serial, and by the kernel's number.
 */
#ifndef KIDS_H
#define KIDS_H
#include <sys/types.h>
#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "mono.h"

#define KIDS_BIRTHS_MOST	256	/* whose verdict is awaited at a time */

/* What the relay has to hear of a child, in this order. */
struct kid {
	uint64_t		 serial;
	struct child_birth	 birth;
	struct mono		 deadline;	/* of the verdict */
	const char		*stage;		/* not NULL: the birth failed */
	int			 error;
	int			 status;	/* raw */
	bool			 awaited;	/* on births */
	bool			 told;		/* of the birth */
	bool			 exited;
	bool			 ordered;	/* an order reached it alive */
	bool			 owed;		/* on owed */
	TAILQ_ENTRY(kid)	 entry;		/* births or owed, never both */
};

TAILQ_HEAD(kid_list, kid);

struct kid_slot;

struct kids {
	struct kid_slot	*by_serial, *by_pid;
	struct kid_list	 births;	/* not decided, oldest first */
	struct kid_list	 owed;		/* could not be told yet */
	size_t		 nbirths;
};

void		 kids_init(struct kids *);
void		 kids_release(struct kids *);	/* empty, ready for use again */

/* NULL: EEXIST or ENOMEM. */
struct kid	*kids_add(struct kids *, uint64_t serial);
void		 kids_drop(struct kids *, struct kid *);

/* From now on it is found by birth.pid.  -1: ENOMEM. */
int		 kids_born(struct kids *, struct kid *);
void		 kids_forget_pid(struct kids *, struct kid *);

struct kid	*kids_by_serial(const struct kids *, uint64_t);
struct kid	*kids_by_pid(const struct kids *, pid_t);
struct kid	*kids_next(const struct kids *, const struct kid *);

void		 kids_await(struct kids *, struct kid *);
void		 kids_decided(struct kids *, struct kid *); /* not awaited */
void		 kids_owe(struct kids *, struct kid *);
void		 kids_paid(struct kids *, struct kid *);

#endif /* KIDS_H */
