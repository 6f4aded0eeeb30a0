/*
 * log.c - the log: one event, one line.
 *
 * Owns:    the form of a line, escaping, levels, and that a failing log costs
 *          lines, never time.
 * Not here: where a line goes (log_sink.c), what is worth one.
 * Errors:  none while logging; lost lines are counted and told of by the next
 *          line that gets through.
 */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#define LIBBSD_OPENBSD_VIS	1
#include <vis.h>

#include "log_sink.h"

#define LOG_TEXT_SIZE	(LOG_LINE_SIZE / 2)	/* of an event, unescaped */

struct log {
	struct log_sink	 sink;
	enum log_level	 level;
	uint64_t	 lost;
	uint64_t	 told;		/* lost lines already told of */
};

static const struct {
	const char	*name;
	int		 priority;	/* as syslog(3) has it */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARN] = { "warn", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

/* --- escaping --- */

/*
 * Bytes of the UTF-8 character at s if it is whole, in its shortest form and
 * no control character (U+0080 to U+009F are: terminals obey some of them).
 */
static size_t
utf8_length(const unsigned char *s, size_t len)
{
	static const unsigned char	 second_low[] = { [0xe0 - 0xe0] = 0xa0,
	    [0xf0 - 0xe0] = 0x90 };
	unsigned char			 c = s[0];
	size_t				 i, n;

	n = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 :
	    c >= 0xf0 && c <= 0xf4 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xc2 && s[1] < 0xa0) ||		/* control */
	    ((c == 0xe0 || c == 0xf0) && s[1] < second_low[c - 0xe0]) ||
	    (c == 0xed && s[1] >= 0xa0) ||		/* surrogate */
	    (c == 0xf4 && s[1] >= 0x90))		/* beyond Unicode */
		return 0;
	return n;
}

/* Bytes at s that stand as they are: a letter, or one of UTF-8. */
static size_t
plain_length(const unsigned char *s, size_t len)
{
	if (*s < 0x80)
		return (*s >= ' ' && *s != '\\' && *s != 0x7f) || *s == '\t';
	return utf8_length(s, len);
}

static size_t
log_vis(char one[16], char c, char next)
{
	char	*end = vis(one, (unsigned char)c,
		    VIS_CSTYLE | VIS_NL | VIS_NOLOCALE, (unsigned char)next);

	if (end != NULL)
		return (size_t)(end - one);
	one[0] = '?';			/* it allocates: memory is short */
	return 1;
}

size_t
log_escape(char *dst, size_t size, const char *src, size_t len)
{
	char	 one[16];
	size_t	 i = 0, out = 0, n, from;

	while (i < len) {
		from = plain_length((const unsigned char *)src + i, len - i);
		n = from;
		if (from == 0) {
			from = 1;
			n = log_vis(one, src[i], i + 1 < len ? src[i + 1] : 0);
		} else
			memcpy(one, src + i, n);
		if (out + n >= size)
			break;
		memcpy(dst + out, one, n);
		out += n;
		i += from;
	}
	dst[out] = '\0';
	return i;
}

/* --- lines --- */

/* Local time with its distance from UTC: 2026-11-22T15:05:01.123+01:00 */
static void
log_stamp(char *text, size_t size)
{
	struct timespec	 now;
	struct tm	 tm;
	char		 day[24] = "", zone[8] = "";

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm) != NULL) {
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		strftime(zone, sizeof(zone), "%z", &tm);
	}
	snprintf(text, size, "%s.%03ld%.3s:%s", day, now.tv_nsec / 1000000,
	    zone, strlen(zone) > 3 ? zone + 3 : "");
}

/* One line with all that stands before the text; false: it is lost. */
static bool
log_put(struct log *log, int priority, const char *word, const char *text)
{
	char	 line[LOG_LINE_SIZE], stamp[80];
	int	 n;

	if (log_sink_is_syslog(&log->sink) &&
	    log_sink_syslog(&log->sink, priority, text))
		return true;
	log_stamp(stamp, sizeof(stamp));
	n = snprintf(line, sizeof(line), "%s %s %s\n", stamp, word, text);
	if (n >= (int)sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	return n > 0 && log_sink_write(&log->sink, line, (size_t)n);
}

static void
log_line(struct log *log, int priority, const char *word, const char *text)
{
	char		 lost[64];
	uint64_t	 n = log->lost - log->told;

	if (n > 0) {
		snprintf(lost, sizeof(lost), "log resumed: lost=%" PRIu64, n);
		if (!log_put(log, LOG_WARNING, "warn", lost)) {
			log->lost++;
			return;
		}
		log->told += n;
	}
	if (!log_put(log, priority, word, text))
		log->lost++;
}

/* err is 0, or the errno whose text stands at the end. */
static void __attribute__((format(printf, 4, 0)))
log_event(struct log *log, enum log_level level, int err, const char *fmt,
    va_list ap)
{
	char	 text[LOG_TEXT_SIZE], safe[LOG_LINE_SIZE - 64];
	int	 saved = errno, n;
	size_t	 len;

	if (log == NULL || level > log->level)
		return;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		text[0] = '\0';
	len = strlen(text);
	if (err != 0)
		snprintf(text + len, sizeof(text) - len, ": %s",
		    strerror(err));
	len = strlen(text);
	if (n >= (int)sizeof(text))		/* show that it was cut */
		memcpy(text + len - 3, "...", 3);
	if (log_escape(safe, sizeof(safe), text, len) < len)
		memcpy(safe + strlen(safe) - 3, "...", 3);
	log_line(log, levels[level].priority, levels[level].name, safe);
	errno = saved;
}

#define LOG_EVENT(level, err) do {					\
	va_list	 ap;							\
	va_start(ap, fmt);						\
	log_event(log, level, err, fmt, ap);				\
	va_end(ap);							\
} while (0)

void
log_error(struct log *log, const char *fmt, ...)
{
	LOG_EVENT(LOG_LEVEL_ERROR, errno);
}

void
log_errorx(struct log *log, const char *fmt, ...)
{
	LOG_EVENT(LOG_LEVEL_ERROR, 0);
}

void
log_warn(struct log *log, const char *fmt, ...)
{
	LOG_EVENT(LOG_LEVEL_WARN, errno);
}

void
log_warnx(struct log *log, const char *fmt, ...)
{
	LOG_EVENT(LOG_LEVEL_WARN, 0);
}

void
log_info(struct log *log, const char *fmt, ...)
{
	LOG_EVENT(LOG_LEVEL_INFO, 0);
}

void
log_debug(struct log *log, const char *fmt, ...)
{
	LOG_EVENT(LOG_LEVEL_DEBUG, 0);
}

void
log_line_raw(struct log *log, const char *pid, const char *name,
    const char *text, size_t len)
{
	char	 line[LOG_LINE_SIZE - 64], head[512];
	int	 saved = errno;
	size_t	 n, used;

	if (log == NULL)
		return;
	snprintf(head, sizeof(head), "%s %s: ", pid, name);
	do {
		log_escape(line, sizeof(head), head, strlen(head));
		used = strlen(line);
		n = log_escape(line + used, sizeof(line) - used, text, len);
		log_line(log, LOG_INFO, "out", line);
		text += n;
		len -= n;
	} while (len > 0);
	errno = saved;
}

/* --- opened and closed --- */

struct log *
log_open(const char *target, enum log_level level, const char *ident)
{
	struct log	*log;

	if ((log = calloc(1, sizeof(*log))) == NULL)
		return NULL;
	log->level = level;
	if (log_sink_open(&log->sink, target, ident) == 0)
		return log;
	free(log);
	return NULL;
}

struct log *
log_open_fd(int fd, enum log_level level)
{
	struct log	*log;

	if ((log = calloc(1, sizeof(*log))) == NULL) {
		log_sink_close_fd(fd);
		return NULL;
	}
	log->level = level;
	log_sink_init_fd(&log->sink, fd);
	return log;
}

void
log_close(struct log *log)
{
	if (log == NULL)
		return;
	log_sink_release(&log->sink);
	free(log);
}

int
log_reopen(struct log *log)
{
	return log_sink_reopen(&log->sink);
}

int
log_replace_fd(struct log *log, int fd)
{
	return log_sink_replace_fd(&log->sink, fd);
}

int
log_fd(const struct log *log)
{
	return log_sink_fd(&log->sink);
}

void
log_set_level(struct log *log, enum log_level level)
{
	log->level = level;
}

uint64_t
log_lost(const struct log *log)
{
	return log->lost;
}
