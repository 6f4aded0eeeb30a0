/*
 * report.h - what the relay is told.
 *
 * Nothing here blocks: what the link does not take is queued, and deaths wait
 * in the table of children while the relay does not read.
 */
#ifndef REPORT_H
#define REPORT_H
#include "parent_state.h"

/* -1: ENOMEM, nothing was sent. */
int	 report_init(struct parent *);		/* O_INIT, O_KEYS, O_NET */
int	 report_keys(struct parent *);		/* if there is a key file */
int	 report_net(struct parent *);
int	 report_conf(struct parent *, const struct conf *);
int	 report_stop(struct parent *);
int	 report_reopened(struct parent *);
int	 report_answer(struct parent *, int error, const char *text);

/* A spawn that never was in the table. */
int	 report_failed(struct parent *, uint64_t serial, const char *stage,
	    int error);

/* What is due of a child: its birth, its death.  Once all is told it leaves the
   table; what cannot be told now is owed. */
void	 report_kid(struct parent *, struct kid *);
void	 report_owed(struct parent *);

#endif /* REPORT_H */
