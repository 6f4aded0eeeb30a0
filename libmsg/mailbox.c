/*
 * mailbox.c - messages that came before they were wanted.
 *
 * Owns:    their memory, one block each, and both orders.
 * Not here: which one somebody wants (receive.c), what is dropped (self.c).
 * Errors:  NULL and errno when one more does not fit.
 */
#include "mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
mailbox_init(struct mailbox *m, size_t max)
{
	size_t	 i;

	*m = (struct mailbox){ .max = max };
	TAILQ_INIT(&m->all);
	for (i = 0; i < LETTER_KINDS; i++) {
		TAILQ_INIT(&m->notices[i].list);
		m->notices[i].kind = (enum letter_kind)i;
	}
}

/* The lane of a letter, made if it is the first of its type; NULL: ENOMEM. */
static struct mail_lane *
lane_for(struct mailbox *m, const struct letter *l)
{
	struct mail_lane	*lane;

	if (l->kind != LETTER_USER)
		return &m->notices[l->kind];
	if ((lane = map_get(&m->tags, l->tag)) != NULL)
		return lane;
	if ((lane = malloc(sizeof(*lane))) == NULL)
		return NULL;
	*lane = (struct mail_lane){ .kind = LETTER_USER, .tag = l->tag };
	TAILQ_INIT(&lane->list);
	if (map_put(&m->tags, l->tag, lane) == 0)
		return lane;
	free(lane);
	return NULL;
}

/* An empty lane is kept for the next of its type; but senders choose the tags,
   so not any number of them. */
static void
lane_leave(struct mailbox *m, struct mail_lane *lane)
{
	if (lane->kind != LETTER_USER || !TAILQ_EMPTY(&lane->list) ||
	    m->tags.n <= MAILBOX_LANES)
		return;
	(void)map_take(&m->tags, lane->tag);
	free(lane);
}

struct mail *
mailbox_keep(struct mailbox *m, const struct letter *l)
{
	size_t		 left = m->max - m->bytes, size;
	struct mail	*mail;

	if (left < sizeof(*mail) || l->len > left - sizeof(*mail)) {
		errno = ENOBUFS;
		return NULL;
	}
	size = sizeof(*mail) + l->len;
	if ((mail = malloc(size)) == NULL)
		return NULL;
	mail->number = ++m->last;
	mail->letter = *l;
	mail->letter.text = mail->bytes;
	if (l->len != 0)
		memcpy(mail->bytes, l->text, l->len);
	m->bytes += size;
	return mail;
}

void
mailbox_free(struct mailbox *m, struct mail *mail)
{
	m->bytes -= sizeof(*mail) + mail->letter.len;
	free(mail);
}

struct mail *
mailbox_put(struct mailbox *m, const struct letter *l)
{
	struct mail	*mail;

	if ((mail = mailbox_keep(m, l)) == NULL)
		return NULL;
	if ((mail->lane = lane_for(m, l)) == NULL) {
		mailbox_free(m, mail);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&m->all, mail, all);
	TAILQ_INSERT_TAIL(&mail->lane->list, mail, same);
	m->n++;
	return mail;
}

void
mailbox_drop(struct mailbox *m, struct mail *mail)
{
	TAILQ_REMOVE(&m->all, mail, all);
	TAILQ_REMOVE(&mail->lane->list, mail, same);
	lane_leave(m, mail->lane);
	m->n--;
	mailbox_free(m, mail);
}

struct mail *
mailbox_first_of(const struct mailbox *m, enum letter_kind kind, uint64_t tag)
{
	const struct mail_lane	*lane;

	lane = kind == LETTER_USER ? map_get(&m->tags, tag) :
	    &m->notices[kind];
	return lane == NULL ? NULL : TAILQ_FIRST(&lane->list);
}
