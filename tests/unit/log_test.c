/* log_test.c - lines of the log, and that a failing one costs only lines. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "log_sink.h"

static char	 dir[] = "/tmp/log_test.XXXXXX";

static void
path_in_dir(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", dir, name);
}

/* What stands in a file or waits in a pipe. */
static const char *
contents(int fd)
{
	static char	 text[1 << 16];
	ssize_t		 n;
	size_t		 len = 0;

	while (len < sizeof(text) - 1 &&
	    (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static const char *
file_contents(const char *path)
{
	int		 fd = open(path, O_RDONLY);
	const char	*text = fd != -1 ? contents(fd) : "";

	if (fd != -1)
		close(fd);
	return text;
}

static int
count(const char *text, const char *part)
{
	int	 n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

/* --- escaping --- */

static const struct {
	const char	*name, *in, *want;
} escapes[] = {
	{ "letters", "hello, world 42", "hello, world 42" },
	{ "a tab stays", "a\tb", "a\tb" },
	{ "a newline", "a\nb", "a\\nb" },
	{ "a carriage return", "a\rb", "a\\rb" },
	{ "an escape sequence", "\033[31m", "\\^[[31m" },
	{ "a bell", "\a", "\\a" },
	{ "a backslash", "a\\nb", "a\\\\nb" },
	{ "delete", "\177", "\\^?" },
	{ "UTF-8 of two, three and four bytes", "\xc3\xa9\xe2\x82\xac"
	    "\xf0\x9f\x90\x9d", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d" },
	{ "a control character in UTF-8", "\xc2\x9b""31m", "\\M-B\\M^[31m" },
	{ "a lone byte", "\xe9", "\\M-i" },
	{ "UTF-8 cut short", "\xe2\x82", "\\M-b\\M^B" },
	{ "UTF-8 that is too long", "\xc0\xaf\xe0\x80\xaf",
	    "\\M-@\\M-/\\M-`\\M^@\\M-/" },
	{ "a surrogate", "\xed\xa0\x80", "\\M-m\\240\\M^@" },
	{ "beyond Unicode", "\xf4\x90\x80\x80", "\\M-t\\M^P\\M^@\\M^@" },
};

static void
test_escapes(void)
{
	char	 out[64];
	size_t	 i, n;

	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		n = log_escape(out, sizeof(out), escapes[i].in,
		    strlen(escapes[i].in));
		is_str(out, escapes[i].want, "escape: %s", escapes[i].name);
		is_int((intmax_t)n, (intmax_t)strlen(escapes[i].in),
		    "escape: all of it");
	}
	is_int((intmax_t)log_escape(out, 5, "abcdef", 6), 4,
	    "escape: as much as fits");
	is_str(out, "abcd", "and no more");
	is_int((intmax_t)log_escape(out, 5, "abc\n", 4), 3,
	    "escape: never half of one");
	is_int((intmax_t)log_escape(out, 8, "a\0b", 3), 3, "escape: a NUL");
	is_str(out, "a\\0b", "is visible");
}

/* --- lines in a file --- */

/* 2026-11-22T15:05:01.123+01:00 */
static bool
stamped(const char *line)
{
	const char	*form = "dddd-dd-ddTdd:dd:dd.ddd?dd:dd ";

	for (; *form != '\0'; form++, line++) {
		if (*form == 'd' ? *line < '0' || *line > '9' :
		    *form == '?' ? *line != '+' && *line != '-' :
		    *line != *form)
			return false;
	}
	return true;
}

static void
test_file(void)
{
	char		 path[128], moved[128];
	const char	*text;
	struct log	*log, *other;
	struct stat	 st;

	path_in_dir(path, "log");
	path_in_dir(moved, "log.0");
	log = log_open(path, LOG_LEVEL_INFO, "broodd");
	if (!ok(log != NULL, "file: is opened"))
		return;
	log_info(log, "worker %s died: cause=%s", "ping", "exit\n3");
	log_debug(log, "not this one");
	errno = ENOENT;
	log_warn(log, "conf %s unreadable", "x");
	is_int(errno, ENOENT, "file: errno is kept");
	log_warnx(log, "five");
	log_error(log, "six");
	log_errorx(log, "seven");
	text = file_contents(path);
	ok(stamped(text), "file: a line begins with the time");
	ok(strstr(text, " info worker ping died: cause=exit\\n3\n") != NULL,
	    "file: level and text, a newline in it escaped");
	ok(strstr(text, " warn conf x unreadable: No such file or directory\n"
	    ) != NULL && strstr(text, " warn five\n") != NULL,
	    "file: with errno, and without");
	log_close(log);

	stat(path, &st);
	is_int(st.st_mode & 0777, 0640 & ~umask(022), "file: its mode");
	log = log_open(path, LOG_LEVEL_DEBUG, "broodd");
	log_debug(log, "again");
	other = log_open(path, LOG_LEVEL_DEBUG, "relay");
	log_debug(log, "by one");
	log_debug(other, "by another");
	log_close(other);
	is_int(count(file_contents(path), "\n"), 8,
	    "file: is added to, also by two");
	rename(path, moved);
	log_info(log, "still in the old one");
	is_int(log_reopen(log), 0, "file: opened anew");
	log_info(log, "in the new one");
	ok(strstr(file_contents(moved), " still in the old one\n") != NULL,
	    "file: before that, the old one is written");
	ok(strstr(file_contents(path), " in the new one\n") != NULL &&
	    count(file_contents(path), "\n") == 1,
	    "file: after that, the new one");
	chmod(dir, 0);
	if (geteuid() != 0) {
		is_int(log_reopen(log), -1, "file: cannot be opened anew");
		chmod(dir, 0700);
		log_info(log, "goes on");
		ok(strstr(file_contents(path), "goes on") != NULL,
		    "file: the old one stays");
	}
	chmod(dir, 0700);
	is_int((intmax_t)log_lost(log), 0, "file: nothing was lost");
	log_close(log);
	errno = 0;
	ok(log_open("/nonexistent/log", LOG_LEVEL_INFO, "x") == NULL &&
	    errno == ENOENT, "file: one that cannot be made is refused");
	unlink(path);
	unlink(moved);
}

static void
test_long(void)
{
	char		 path[128], big[3 * LOG_LINE_SIZE];
	const char	*text;
	struct log	*log;

	path_in_dir(path, "long");
	memset(big, '\001', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log = log_open(path, LOG_LEVEL_INFO, "x");
	log_info(log, "big %s", big);
	text = file_contents(path);
	ok(strlen(text) <= LOG_LINE_SIZE && strstr(text, "...\n") != NULL,
	    "a line too long is cut, and shows it");
	memset(big, 'x', sizeof(big) - 1);
	log_info(log, "big %s", big);
	is_int(count(file_contents(path), "...\n"), 2,
	    "also one without escapes");
	unlink(path);
	log_reopen(log);
	log_line_raw(log, "12@alpha", "chat", big, sizeof(big) - 1);
	text = file_contents(path);
	is_int(count(text, " out 12@alpha chat: xxx"), 4,
	    "a worker's long line becomes several");
	is_int(count(text, "x"), (int)sizeof(big) - 1,
	    "and nothing of it is missing");
	unlink(path);
	log_reopen(log);
	log_set_level(log, LOG_LEVEL_ERROR);
	log_line_raw(log, "7@alpha", "ev\nil", "a\0\033b", 4);
	log_line_raw(log, "7@alpha", "x", "", 0);
	text = file_contents(path);
	ok(strstr(text, " out 7@alpha ev\\nil: a\\0\\^[b\n") != NULL,
	    "a worker's line is escaped, and not filtered");
	ok(strstr(text, " out 7@alpha x: \n") != NULL, "an empty one too");
	log_close(log);
	unlink(path);
	log_info(NULL, "nothing");
	log_line_raw(NULL, "1", "x", "y", 1);
	ok(true, "a log that is NULL drops all");
}

/* --- what fails --- */

static void
test_full_pipe(void)
{
	int		 fds[2], i;
	struct log	*log;
	uint64_t	 lost;
	const char	*text;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return;
	log = log_open_fd(fds[1], LOG_LEVEL_INFO);	/* a blocking one */
	for (i = 0; i < 5000; i++)
		log_info(log, "line %d of many, to fill the pipe", i);
	lost = log_lost(log);
	ok(lost > 0 && lost < 5000, "full pipe: lines are lost, not time");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	text = contents(fds[0]);
	is_int(count(text, "\n"), 5000 - (int)lost, "full pipe: the others "
	    "are whole");
	log_info(log, "after");
	text = contents(fds[0]);
	ok(strstr(text, "warn log resumed: lost=") != NULL &&
	    strstr(text, " info after\n") != NULL,
	    "full pipe: the next line tells how many");
	log_info(log, "later");
	ok(strstr(contents(fds[0]), "lost=") == NULL, "and tells it once");
	close(fds[0]);
	log_info(log, "nobody reads");
	is_int((intmax_t)(log_lost(log) - lost), 1,
	    "closed pipe: a line is lost, no signal");
	log_close(log);
}

static void
test_full_socket(void)
{
	int		 fds[2], i;
	struct log	*log;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		return;
	log = log_open_fd(fds[1], LOG_LEVEL_INFO);
	for (i = 0; i < 20000; i++)
		log_info(log, "line %d of many, to fill the socket", i);
	ok(log_lost(log) > 0, "full socket: lines are lost, not time");
	close(fds[0]);
	log_info(log, "nobody reads");
	ok(true, "closed socket: no signal");
	log_close(log);
}

static void
test_full_disk(void)
{
	char		 path[128];
	const char	*text;
	struct rlimit	 was, small;
	struct log	*log = log_open("/dev/full", LOG_LEVEL_INFO, "x");

	errno = ENOENT;
	log_info(log, "no room");
	is_int(errno, ENOENT, "full disk: errno is kept");
	is_int((intmax_t)log_lost(log), 1, "full disk: the line is lost");
	log_close(log);

	/* A limit cuts a line in the middle, as the end of a disk does. */
	path_in_dir(path, "cut");
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 100;
	signal(SIGXFSZ, SIG_IGN);
	log = log_open(path, LOG_LEVEL_INFO, "x");
	setrlimit(RLIMIT_FSIZE, &small);
	log_info(log, "first");
	log_info(log, "second, that is longer than what there is room for");
	log_info(log, "third");
	setrlimit(RLIMIT_FSIZE, &was);
	is_int((intmax_t)log_lost(log), 2, "full disk: lost lines are counted");
	log_info(log, "fourth");
	text = file_contents(path);
	ok(count(text, "\n") == 4 && strstr(text, " info fourth\n") != NULL,
	    "full disk: what comes later begins a line of its own");
	is_int(count(text, "lost=2\n"), 1, "full disk: and tells the loss");
	log_close(log);
	unlink(path);
}

/* --- stderr and descriptors --- */

static void
test_stderr(void)
{
	int		 fds[2], old = dup(STDERR_FILENO);
	struct log	*log, *other;

	if (pipe(fds) == -1)
		return;
	dup2(fds[1], STDERR_FILENO);
	log = log_open("stderr", LOG_LEVEL_INFO, "x");
	is_int(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0,
	    "stderr: those who share it still wait");
	ok(log_fd(log) > STDERR_FILENO &&
	    (fcntl(log_fd(log), F_GETFD) & FD_CLOEXEC) != 0,
	    "stderr: our descriptor is not inherited");
	log_info(log, "one");
	other = log_open_fd(dup(log_fd(log)), LOG_LEVEL_INFO);
	log_info(other, "two");
	is_int(log_replace_fd(other, -1), -1, "a descriptor that is none");
	log_info(other, "three");
	dup2(old, STDERR_FILENO);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	is_int(count(contents(fds[0]), "\n"), 3, "stderr: all lines arrive");
	log_close(log);
	log_close(other);
	close(fds[0]);
	close(fds[1]);

	close(STDERR_FILENO);
	log = log_open("stderr", LOG_LEVEL_INFO, "x");
	dup2(old, STDERR_FILENO);
	ok(log != NULL, "stderr: may be closed");
	log_info(log, "nowhere");
	is_int((intmax_t)log_lost(log), 1, "stderr: the line is lost");
	log_close(log);
	close(old);
}

/* --- syslog --- */

static int
syslogd(const char *path)
{
	struct sockaddr_un	 at = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_DGRAM |
				    SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		return -1;
	return fd;
}

static void
test_syslog(void)
{
	char		 path[128], pid[32];
	const char	*text;
	struct log_sink	 sink;
	int		 fd, i;

	path_in_dir(path, "syslog");
	log_sink_open(&sink, "syslog", "broodd");
	free(sink.syslog);
	sink.syslog = strdup(path);
	ok(!log_sink_syslog(&sink, 6, "x"), "syslog: nobody there");
	is_int(log_sink_fd(&sink), -1, "syslog: no descriptor to hand over");
	fd = syslogd(path);
	ok(log_sink_syslog(&sink, 3, "node up: name=alpha"),
	    "syslog: once it is there, it is told");
	text = contents(fd);
	snprintf(pid, sizeof(pid), "broodd[%ld]: ", (long)getpid());
	ok(strncmp(text, "<27>", 4) == 0 && strstr(text, pid) != NULL &&
	    strstr(text, ": node up: name=alpha") != NULL,
	    "syslog: priority, program and text: %s", text);
	close(fd);
	fd = syslogd(path);
	ok(log_sink_syslog(&sink, 6, "again"), "syslog: it was started anew");
	for (i = 0; i < 5000; i++)
		if (!log_sink_syslog(&sink, 6, "many"))
			break;
	ok(i < 5000, "syslog: one that does not read is not waited for");
	close(fd);
	log_sink_release(&sink);
	unlink(path);
}

int
main(void)
{
	/* No SIG_IGN for SIGPIPE: what is tested here must do without. */
	if (mkdtemp(dir) == NULL)
		return 1;
	alarm(20);			/* waiting is the fault looked for */
	test_escapes();
	test_file();
	test_long();
	test_full_pipe();
	test_full_socket();
	test_full_disk();
	test_stderr();
	test_syslog();
	rmdir(dir);
	return tap_done();
}
