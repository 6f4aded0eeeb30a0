/*
 * remote.h - frames between this node and others: what each does.
 */
#ifndef REMOTE_H
#define REMOTE_H
#include "others.h"

/* A numbered frame of a peer.  NULL, or why it is broken. */
const char	*remote_frame(struct peer *, struct frame *);

/* A signal to another node (acts->remote).  NULL: sent; else why not. */
const struct cause *remote_signal(struct node *, const struct signal_frame *);

#endif /* REMOTE_H */
