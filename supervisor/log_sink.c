/*
 * log_sink.c - where the lines of a log go: descriptor, file or syslog.
 *
 * Owns:    the descriptors, and that a write to them never waits.
 * Not here: what a line looks like (log.c).
 * Errors:  -1 and errno while opening; false where a line was not written.
 *
 * syslog(3) is not used: it waits when syslogd does, and it keeps one state for
 * the whole process.
 */
#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static int
sink_open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOCTTY | O_NONBLOCK, 0640);
}

/*
 * O_NONBLOCK belongs to all who share the terminal or pipe behind stderr, so
 * it is opened once more, and the flag is ours alone.  Where that fails a poll
 * before each write has to do.  A regular file is shared: so is its offset.
 */
static int
sink_open_stderr(void)
{
	struct stat	 st;
	int		 fd;

	if (fstat(STDERR_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) &&
	    (fd = open("/proc/self/fd/2", O_WRONLY | O_CLOEXEC | O_NOCTTY |
	    O_NONBLOCK)) != -1)
		return fd;
	return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

static void
sink_set_fd(struct log_sink *sink, int fd)
{
	struct stat	 st;

	sink->fd = fd;
	sink->socket = fd != -1 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
	sink->torn = false;
}

void
log_sink_init_fd(struct log_sink *sink, int fd)
{
	*sink = (struct log_sink){ .syslog_fd = -1 };
	sink_set_fd(sink, fd);
}

int
log_sink_open(struct log_sink *sink, const char *target, const char *ident)
{
	bool	 syslog = strcmp(target, "syslog") == 0;

	log_sink_init_fd(sink, -1);
	if ((sink->ident = strdup(ident)) == NULL)
		return -1;
	if (syslog && (sink->syslog = strdup(_PATH_LOG)) == NULL)
		goto fail;
	if (syslog || strcmp(target, "stderr") == 0) {
		sink_set_fd(sink, sink_open_stderr());	/* -1: a closed one */
		return 0;
	}
	if ((sink->path = strdup(target)) == NULL)
		goto fail;
	sink_set_fd(sink, sink_open_file(target));
	if (sink->fd != -1)
		return 0;
 fail:
	log_sink_release(sink);
	return -1;
}

void
log_sink_close_fd(int fd)
{
	int	 saved = errno;

	if (fd != -1)
		close(fd);
	errno = saved;
}

void
log_sink_release(struct log_sink *sink)
{
	log_sink_close_fd(sink->fd);
	log_sink_close_fd(sink->syslog_fd);
	free(sink->path);
	free(sink->syslog);
	free(sink->ident);
	*sink = (struct log_sink){ .fd = -1, .syslog_fd = -1 };
}

int
log_sink_reopen(struct log_sink *sink)
{
	int	 fd;

	if (sink->path == NULL)
		return 0;
	if ((fd = sink_open_file(sink->path)) == -1)
		return -1;
	return log_sink_replace_fd(sink, fd);
}

int
log_sink_replace_fd(struct log_sink *sink, int fd)
{
	if (fd == -1) {
		errno = EBADF;
		return -1;
	}
	log_sink_close_fd(sink->fd);
	sink_set_fd(sink, fd);
	return 0;
}

int
log_sink_fd(const struct log_sink *sink)
{
	return sink->syslog == NULL ? sink->fd : -1;
}

/* --- writing --- */

/*
 * A pipe that polls as writable takes PIPE_BUF bytes without waiting, and one
 * without a reader polls as broken: no SIGPIPE but in a race.
 */
static ssize_t
sink_write(struct log_sink *sink, const char *line, size_t len)
{
	struct pollfd	 p = { .fd = sink->fd, .events = POLLOUT };
	ssize_t		 n;

	if (poll(&p, 1, 0) != 1 || p.revents != POLLOUT)
		return -1;
	do {
		if (sink->socket)
			n = send(sink->fd, line, len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(sink->fd, line, len);
	} while (n == -1 && errno == EINTR);
	return n;
}

bool
log_sink_write(struct log_sink *sink, const char *line, size_t len)
{
	ssize_t	 n;

	if (sink->fd == -1)
		return false;
	if (sink->torn && sink_write(sink, "\n", 1) != 1)
		return false;
	sink->torn = false;
	n = sink_write(sink, line, len);
	sink->torn = n > 0 && (size_t)n < len;
	return n == (ssize_t)len;
}

bool
log_sink_is_syslog(const struct log_sink *sink)
{
	return sink->syslog != NULL;
}

static int
syslog_connect(const char *path)
{
	struct sockaddr_un	 to = { .sun_family = AF_UNIX };
	int			 fd;

	if (strlcpy(to.sun_path, path, sizeof(to.sun_path)) >=
	    sizeof(to.sun_path))
		return -1;
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The form of RFC 3164, which every syslogd takes; the month is English. */
static int
syslog_format(char *line, size_t size, const char *ident, int priority,
    const char *text)
{
	static const char	 months[] = "JanFebMarAprMayJunJulAugSep"
	    "OctNovDec";
	time_t			 now = time(NULL);
	struct tm		 tm = { 0 };

	localtime_r(&now, &tm);
	return snprintf(line, size, "<%d>%.3s %2d %02d:%02d:%02d %s[%ld]: %s",
	    LOG_DAEMON | priority, months + tm.tm_mon * 3, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, ident, (long)getpid(), text);
}

/* A syslogd that was started anew refuses its old connections: try twice. */
bool
log_sink_syslog(struct log_sink *sink, int priority, const char *text)
{
	char	 line[4096 + 128];
	int	 n, tries;

	n = syslog_format(line, sizeof(line), sink->ident, priority, text);
	if (n < 0)
		return false;
	if (n >= (int)sizeof(line))
		n = (int)sizeof(line) - 1;
	for (tries = 0; tries < 2; tries++) {
		if (sink->syslog_fd == -1)
			sink->syslog_fd = syslog_connect(sink->syslog);
		if (sink->syslog_fd == -1)
			return false;
		if (send(sink->syslog_fd, line, (size_t)n,
		    MSG_DONTWAIT | MSG_NOSIGNAL) == n)
			return true;
		if (errno == EAGAIN)
			return false;		/* it is there, but slow */
		log_sink_close_fd(sink->syslog_fd);
		sink->syslog_fd = -1;
	}
	return false;
}
