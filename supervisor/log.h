/*
 * log.h - the log: one event, one line.
 *
 *	log_info(log, "worker %s died: pid=%s cause=%s", name, pid, cause);
 *
 * A line is "subject verb: key=value ...", never a body of a message, never a
 * key.  Every text is escaped as a whole, so strings of strangers need no care.
 * Nothing here blocks or ends a process: what cannot be written at once is
 * counted as lost.  SIGPIPE must be ignored by whoever runs.  Functions keep
 * errno, so a line may stand before it is looked at.
 */
#ifndef LOG_H
#define LOG_H
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG };

#define LOG_LINE_SIZE	4096	/* longest line: a pipe takes it whole */
#define LOG_FORMAT(a)	__attribute__((format(printf, a, a + 1)))

struct log;

/*
 * To "stderr", "syslog" or a path; ident is the name syslog shows.  NULL and
 * errno where a file cannot be opened.  A syslog that does not answer is no
 * failure: until it does, lines go to stderr.
 */
struct log	*log_open(const char *target, enum log_level,
		    const char *ident);

/* To a descriptor from elsewhere, which it owns from now on. */
struct log	*log_open_fd(int fd, enum log_level);

void		 log_close(struct log *);	/* NULL is allowed */

/* Opens a file anew, after it was moved; -1: the old one stays in use. */
int		 log_reopen(struct log *);

/* The same for a log of log_open_fd; takes fd in any case. */
int		 log_replace_fd(struct log *, int fd);

/* A descriptor to hand to log_open_fd in another process; lent, -1: none. */
int		 log_fd(const struct log *);

void		 log_set_level(struct log *, enum log_level);
uint64_t	 log_lost(const struct log *);	/* lines, since it was opened */

/*
 * A log that is NULL drops everything.  log_error and log_warn end with ": "
 * and the text of errno; with an x they do not.
 */
void	 log_error(struct log *, const char *fmt, ...) LOG_FORMAT(2);
void	 log_errorx(struct log *, const char *fmt, ...) LOG_FORMAT(2);
void	 log_warn(struct log *, const char *fmt, ...) LOG_FORMAT(2);
void	 log_warnx(struct log *, const char *fmt, ...) LOG_FORMAT(2);
void	 log_info(struct log *, const char *fmt, ...) LOG_FORMAT(2);
void	 log_debug(struct log *, const char *fmt, ...) LOG_FORMAT(2);

/*
 * A line a worker has printed, as "PID NAME: text", at any level.  A long one
 * becomes several; the text may hold any bytes, of which UTF-8 stays readable.
 */
void	 log_line_raw(struct log *, const char *pid, const char *name,
	    const char *text, size_t len);

/*
 * Escapes as the log does: dst gets as much as fits, NUL-terminated; returns
 * how many bytes of src that was.
 */
size_t	 log_escape(char *dst, size_t size, const char *src, size_t len);

#endif /* LOG_H */
