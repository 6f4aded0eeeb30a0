/* quote_test.c - words through the shells that are here, and back. */
#include "../../ctl/quote.h"

#include <sys/wait.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static const char *const	shells[] = { "sh", "dash", "bash", "busybox",
    "ksh", "mksh", "zsh" };

#define WORDS_MAX	12

static const struct {
	const char	*name;
	const char	*words[WORDS_MAX];
	const char	*line;		/* NULL: whatever gives them back */
} cases[] = {
	{ "plain words", { "4@alpha", "note", "si", "hello", "7" },
	    "4@alpha note si hello 7\n" },
	{ "a call's address", { "4@alpha#5f3a9c0177e2b410!17", "add", "II" },
	    "4@alpha#5f3a9c0177e2b410!17 add II\n" },
	{ "blanks", { "a b", " ", "\t", "" }, "'a b' ' ' '\t' ''\n" },
	{ "a quote", { "it's", "'", "''", "'a" }, NULL },
	{ "what shells expand", { "$HOME", "`id`", "$(id)", "*", "~", "~root",
	    "{a,b}", "[a-z]*", "\\", "\\n", "\"", "!" }, NULL },
	{ "what ends commands", { ";", "&", "|", "<", ">", "(", ")", "#x",
	    "x#", "a=b", "&&", ";;" }, NULL },
	{ "options", { "-n", "--", "-", "-e\nx" }, NULL },
	{ "one newline", { "a", "\n", "b" }, NULL },
	{ "newlines at the end", { "a\n", "b\n\n\n", "\n\n", "c" }, NULL },
	{ "newlines with all else", { "%s\\n\n%", "'\n'", "\"\n$x`id`",
	    "\\\n\\", "-\n-", "a\n.", "%%\n\\0" }, NULL },
	{ "ten words and more", { "1", "2", "3", "4", "5", "6", "7", "8", "9",
	    "ten\n", "11", "\n" }, NULL },
	{ "bytes that are no text", { "\x01\x02\x1b[31m\x7f", "\xff\xfe",
	    "\xc3\xa4\xe2\x82\xac", "\r", "\r\n" }, NULL },
};

static size_t
count(const char *const *words)
{
	size_t	 n = 0;

	while (n < WORDS_MAX && words[n] != NULL)
		n++;
	return n;
}

static char *
quoted(const char *const *words, size_t n)
{
	char	*line = NULL;
	size_t	 size;
	FILE	*f = open_memstream(&line, &size);

	quote_line(f, words, n);
	fclose(f);
	return line;
}

/* What the shell makes of the line: each word and a NUL; -1: no such shell. */
static ssize_t
through(const char *shell, const char *line, char *out, size_t size)
{
	static const char	 script[] =
	    "eval \"set -- $1\"; for w do printf '%s\\0' \"$w\"; done";
	int	 fds[2], status;
	size_t	 len = 0;
	ssize_t	 n;
	pid_t	 pid;

	if (pipe(fds) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		if (strcmp(shell, "busybox") == 0)
			execlp(shell, shell, "sh", "-c", script, "sh", line,
			    (char *)NULL);
		else
			execlp(shell, shell, "-c", script, "sh", line,
			    (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	while ((n = read(fds[0], out + len, size - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -1 :
	    (ssize_t)len;
}

static bool
same(const char *const *words, size_t n, const char *out, size_t len)
{
	size_t	 i, size;

	for (i = 0; i < n; i++) {
		size = strlen(words[i]) + 1;
		if (size > len || memcmp(words[i], out, size) != 0)
			return false;
		out += size;
		len -= size;
	}
	return len == 0;
}

static void
round_trip(const char *shell)
{
	static char	 out[1 << 16];
	char		*line;
	size_t		 i, n;
	ssize_t		 len;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = count(cases[i].words);
		line = quoted(cases[i].words, n);
		len = through(shell, line, out, sizeof(out));
		if (len == -1) {
			note("%s is not here", shell);
			free(line);
			return;
		}
		if (!ok(same(cases[i].words, n, out, (size_t)len),
		    "%s: %s", shell, cases[i].name))
			note("%s", line);
		free(line);
	}
}

/* Every byte there is, alone and beside others. */
static void
all_bytes(const char *shell)
{
	static char	 word[3][256 * 4], out[1 << 16];
	const char	*words[] = { word[0], word[1], word[2] };
	char		*line;
	size_t		 i;
	ssize_t		 len;

	for (i = 1; i < 256; i++) {
		word[0][i - 1] = (char)i;
		word[1][255 - i] = (char)i;
		word[2][2 * i - 2] = (char)i;
		word[2][2 * i - 1] = '\n';
	}
	line = quoted(words, 3);
	len = through(shell, line, out, sizeof(out));
	ok(len != -1 && same(words, 3, out, (size_t)len), "%s: all bytes",
	    shell);
	ok(strchr(line, '\n') == line + strlen(line) - 1,
	    "all bytes are one line");
	free(line);
}

int
main(void)
{
	size_t	 i, n;
	char	*line;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = count(cases[i].words);
		line = quoted(cases[i].words, n);
		if (cases[i].line != NULL)
			is_str(line, cases[i].line, "%s: as written",
			    cases[i].name);
		ok(strchr(line, '\n') == line + strlen(line) - 1,
		    "%s: one line", cases[i].name);
		free(line);
	}
	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		round_trip(shells[i]);
	all_bytes("sh");
	all_bytes("bash");
	return tap_done();
}
