/* text.h - values as words of text: what shells and people type and read. */
#ifndef TEXT_H
#define TEXT_H
#include "msg.h"

/*
 *	bool		true or false
 *	integers	decimal
 *	f64		as strtod(3) takes it; printed so that it reads back
 *	str		itself
 *	blob		hex digits
 *	pid		an address: 12@alpha; only the caller knows nodes
 *	port		an address, ! and its id: 12@alpha!3
 *	array		its count, then its elements, a word each
 */

/* One value in C: every kind's lies at the beginning. */
union text_value {
	bool		 b;
	int32_t		 i32;
	uint32_t	 u32;
	int64_t		 i64;
	uint64_t	 u64;
	double		 f64;
	const char	*str;
	struct msg_blob	 blob;
	struct msg_pid	 pid;
	struct msg_port	 port;
};

/* Addresses of processes.  A missing function refuses all. */
struct text_pids {
	/* NULL, or why not (a literal) and errno. */
	const char	*(*parse)(void *ctx, const char *text,
			    struct msg_pid *);
	/* As snprintf(3); -1 and errno. */
	int		 (*print)(void *ctx, struct msg_pid, char *text,
			    size_t size);
	void		*ctx;
};
#define TEXT_PID_MAX	256		/* of an address as text, with NUL */

/*
 * The value of one word, not of an array.  A str lends the word; a blob is
 * put into room, strlen(word) / 2 bytes.  NULL, or why not, and errno.
 */
const char	*text_parse(enum msg_kind, const char *word,
		    const struct text_pids *, void *room, union text_value *);

/* Allocated; NULL and errno. */
char		*text_print(enum msg_kind, const union text_value *,
		    const struct text_pids *);

/* The count of an array, at most INT_MAX. */
const char	*text_count(const char *word, size_t *n);

/* "value 2 ('abc'): not a number"; at counts from 0. */
void		 text_complain(char *why, size_t size, size_t at,
		    const char *word, const char *reason);

/*
 * 0 if these are as many words as the fields need, each array's count well
 * formed; else -1, EINVAL and why: "needs 3 values, has 2".
 */
int		 text_check(const enum msg_kind *kinds, size_t n,
		    char *const *words, size_t nwords, char *why,
		    size_t size);

/*
 * A whole message of the type from words, as body_read() makes one from an
 * image: one block, msg.memory; body_release() frees it; all zero on failure.
 * -1: EINVAL, or what text_pids set, and why; ENOMEM.
 */
int		 text_read(struct msg_type *, char *const *words,
		    size_t nwords, const struct text_pids *, void *message,
		    char *why, size_t size);

#endif /* TEXT_H */
