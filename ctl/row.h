/* row.h - rows of an answer: read, and shown to people and programs. */
#ifndef ROW_H
#define ROW_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* kind: s string, n number (empty: null), b true or false, l lines.  A value
   ends with a NUL, but what a worker wrote may have others inside. */
struct row_cell {
	const char	*key, *value;
	size_t		 len;			/* of the value */
	char		 kind;
};

struct row {
	size_t		 n;
	struct row_cell	*cells;
	char		*text;			/* what they point into */
};

int		 row_read(struct row *, const void *body, size_t len);
void		 row_release(struct row *);
const char	*row_get(const struct row *, const char *key);	/* or "" */
/* The value as it is, NULs and all. */
void		 row_write(const struct row *, const char *key, FILE *);

void		 row_json(const struct row *, FILE *);

/* key: value, a line each.  full: pids with their incarnation. */
void		 row_print(const struct row *, bool full, FILE *);

/* Text as it may stand on a terminal, in one line: control characters become
   \xHH, newlines blanks, and unless full, pids lose their incarnation. */
void		 row_visible(const char *, bool full, FILE *);

/* Seconds as people read them: 12s, 3m05s, 7h00m, 3d04h. */
void		 row_uptime(const char *seconds, char *text, size_t size);

/* A captured line as it was written; a piece of a longer one has no newline. */
void		 row_line(const struct row *, FILE *);

/* ---- a table: columns by key, widths as they come out ---- */

/* form: 0 as it is, 'u' seconds as 3d04h, 'm' microseconds as 213us, 'b' bytes
   as 12K. */
struct table_column { const char *title, *key; char form; };

struct table {
	const struct table_column	*columns;	/* ends in NULLs */
	size_t				 width;		/* columns */
	size_t				 rows;
	char				**cells;	/* rows * width */
	bool				 full;
};

int		 table_add(struct table *, const struct row *);
void		 table_print(const struct table *, FILE *);
void		 table_release(struct table *);

#endif /* ROW_H */
