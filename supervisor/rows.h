/*
 * rows.h - answers to questions: rows of keys and values.
 */
#ifndef ROWS_H
#define ROWS_H
#include "buf.h"
#include "node.h"

/* A row under way.  Values are copied; a value too long for a row is cut. */
struct rows {
	struct buf	 buf;
	unsigned int	 n;
};

void	 rows_begin(struct rows *);
void	 rows_text(struct rows *, const char *key, const char *value);
void	 rows_bytes(struct rows *, const char *key, const char *, size_t);
void	 rows_list(struct rows *, const char *key, const char *lines);
void	 rows_number(struct rows *, const char *key, uint64_t);
void	 rows_null(struct rows *, const char *key);
void	 rows_bool(struct rows *, const char *key, bool);
void	 rows_pid(struct rows *, const char *key, const struct node *,
	    struct pid);		/* with its incarnation */

/* Sends it to the stream under ref, and releases it. */
void	 rows_send(struct rows *, struct stream *, uint64_t ref);

#endif /* ROWS_H */
