/*
 * log_sink.h - where the lines of a log go: descriptor, file or syslog.
 */
#ifndef LOG_SINK_H
#define LOG_SINK_H
#include <stdbool.h>
#include <stddef.h>

struct log_sink {
	int	 fd;			/* -1: nowhere */
	bool	 socket;		/* fd is one */
	bool	 torn;			/* the last line is not whole */
	char	*path;			/* of a file; NULL: not ours to open */
	char	*syslog;		/* socket of syslogd; NULL: no syslog */
	char	*ident;
	int	 syslog_fd;		/* -1: not connected at present */
};

/* target is "stderr", "syslog" or a path; -1 and errno. */
int	 log_sink_open(struct log_sink *, const char *target,
	    const char *ident);
void	 log_sink_init_fd(struct log_sink *, int fd);		/* takes fd */
void	 log_sink_release(struct log_sink *);

int	 log_sink_reopen(struct log_sink *);
int	 log_sink_replace_fd(struct log_sink *, int fd);	/* takes fd */
int	 log_sink_fd(const struct log_sink *);
void	 log_sink_close_fd(int fd);

/* Both never wait; false: not written.  line has its newline. */
bool	 log_sink_write(struct log_sink *, const char *line, size_t len);
bool	 log_sink_is_syslog(const struct log_sink *);
bool	 log_sink_syslog(struct log_sink *, int priority, const char *text);

#endif /* LOG_SINK_H */
