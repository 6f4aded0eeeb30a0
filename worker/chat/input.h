/*
 * input.h - bytes of strangers made into lines, lines into commands.
 */
#ifndef CHAT_INPUT_H
#define CHAT_INPUT_H
#include <stdbool.h>
#include <stddef.h>

/*
 * What a client has sent of a line that has not ended yet.  A line ends in LF
 * or CR LF; one of more than the limit is dropped up to its end.
 */
struct input {
	char	*line;			/* limit + 2 bytes, from the first */
	size_t	 n, limit;
	bool	 skipping;
};

/* A line, cleaned, of n bytes and a NUL; NULL: it was too long (told when
   that is known).  False: no more of what was read is to be looked at. */
typedef bool input_line(void *ctx, char *line, size_t n);

/* Exactly these bytes.  -1: no memory. */
int	 input_put(struct input *, const char *bytes, size_t n, input_line *,
	    void *ctx);
/* No more will come: what has no end is a line as well. */
void	 input_end(struct input *, input_line *, void *ctx);
void	 input_release(struct input *);

/*
 * In place: whatever could move a cursor, begin a line or is no UTF-8 becomes
 * a question mark.  Tabs stay.  Returns the new length, not larger.
 */
size_t	 input_clean(char *, size_t n);
bool	 input_is_clean(const char *, size_t n);

/* ---- commands ---- */

enum command_kind {
	COMMAND_SAY, COMMAND_TELL, COMMAND_KICK, COMMAND_QUIT, COMMAND_UNKNOWN
};

struct command {
	enum command_kind	 kind;
	char			*who;	/* TELL, KICK */
	char			*rest;	/* TELL: its words, one blank between */
};

/* Takes the copy of a line apart, in place. */
void	 command_parse(struct command *, char *copy);

#endif /* CHAT_INPUT_H */
