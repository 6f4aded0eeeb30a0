/*
 * conf_value.c - one value of the configuration: its types, read and printed.
 *
 * Owns:    what each type allows, and its canonical text.
 * Not here: which setting has which type (conf_table.c); units (conf_unit.c),
 *          words (conf_words.c), addresses (conf_host.c).
 * Errors:  -1, errno and a reason that says what would be right.
 */
#include "conf_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "conf_host.h"
#include "conf_unit.h"
#include "conf_words.h"
#include "ini.h"
#include "pid.h"
#include "settings.h"

/* The signals that may stop a worker: TERM and what daemons use beside it. */
static const struct {
	const char	*name;
	int		 number;
} signals[] = {
	{ "TERM", SIGTERM }, { "HUP", SIGHUP }, { "INT", SIGINT },
	{ "QUIT", SIGQUIT }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }, { "ALRM", SIGALRM }, { "ABRT", SIGABRT },
	{ "WINCH", SIGWINCH }, { "PIPE", SIGPIPE }, { "CONT", SIGCONT },
};

static int
value_no_memory(char *why)
{
	conf_bad(why, "out of memory");
	errno = ENOMEM;
	return -1;
}

/* --- plain numbers and choices --- */

static int
parse_number(const struct conf_key *k, const char *text, void *field, char *why)
{
	long long	 n = CONF_UNSET;
	const char	*wrong = NULL;

	if (*text != '\0')
		n = strtonum(text, k->low, k->high, &wrong);
	if (wrong != NULL)
		return conf_bad(why, "%s, a number from %" PRId64 " to %"
		    PRId64 " is wanted", wrong, k->low, k->high);
	*(int *)field = (int)n;
	return 0;
}

static void
print_number(const struct conf_key *k, const void *field, FILE *f)
{
	(void)k;
	if (*(const int *)field != CONF_UNSET)
		fprintf(f, "%d", *(const int *)field);
}

static int
parse_octal(const struct conf_key *k, const char *text, void *field, char *why)
{
	size_t	 n = strlen(text);

	if (n > 4 || strspn(text, "01234567") != n ||
	    strtol(text, NULL, 8) > k->high)
		return conf_bad(why, "not an octal number up to 0%" PRIo64,
		    (uint64_t)k->high);
	*(int *)field = (int)strtol(text, NULL, 8);
	return 0;
}

static void
print_octal(const struct conf_key *k, const void *field, FILE *f)
{
	(void)k;
	fprintf(f, "%03o", (unsigned)*(const int *)field);
}

static int
parse_bool(const struct conf_key *k, const char *text, void *field, char *why)
{
	static const char *const	 word[] = { "no", "yes", "false",
	    "true", "off", "on" };
	size_t				 i;

	(void)k;
	for (i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		if (strcmp(text, word[i]) == 0) {
			*(bool *)field = i % 2 == 1;
			return 0;
		}
	return conf_bad(why, "neither yes nor no");
}

static void
print_bool(const struct conf_key *k, const void *field, FILE *f)
{
	(void)k;
	fputs(*(const bool *)field ? "yes" : "no", f);
}

/* The place of a word among the choices, or -1. */
static int
choice_find(const char *choices, const char *word, size_t len)
{
	size_t	 n;
	int	 i;

	for (i = 0; *choices != '\0'; i++) {
		n = strcspn(choices, " ");
		if (n == len && memcmp(choices, word, n) == 0)
			return i;
		choices += n;
		choices += strspn(choices, " ");
	}
	return -1;
}

static void
choice_print(const char *choices, int i, FILE *f)
{
	while (i-- > 0)
		choices += strcspn(choices, " ") + 1;
	fprintf(f, "%.*s", (int)strcspn(choices, " "), choices);
}

static int
parse_enum(const struct conf_key *k, const char *text, void *field, char *why)
{
	int	 i = choice_find(k->choices, text, strlen(text));

	if (i == -1)
		return conf_bad(why, "not one of: %s", k->choices);
	*(int *)field = i;
	return 0;
}

static void
print_enum(const struct conf_key *k, const void *field, FILE *f)
{
	choice_print(k->choices, *(const int *)field, f);
}

static int
parse_set(const struct conf_key *k, const char *text, void *field, char *why)
{
	size_t	 n;
	int	 i, set = 0;

	for (text += strspn(text, " \t"); *text != '\0';
	    text += n, text += strspn(text, " \t")) {
		n = strcspn(text, " \t");
		if ((i = choice_find(k->choices, text, n)) == -1)
			return conf_bad(why, "'%.*s' is not one of: %s",
			    n > 32 ? 32 : (int)n, text, k->choices);
		set |= 1 << i;
	}
	*(int *)field = set;
	return 0;
}

static void
print_set(const struct conf_key *k, const void *field, FILE *f)
{
	int	 i, set = *(const int *)field;

	for (i = 0; set >> i != 0; i++)
		if (set >> i & 1) {
			choice_print(k->choices, i, f);
			if (set >> i != 1)
				putc(' ', f);
		}
}

static int
parse_signal(const struct conf_key *k, const char *text, void *field, char *why)
{
	size_t	 i;

	(void)k;
	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcmp(text, signals[i].name) == 0) {
			*(int *)field = signals[i].number;
			return 0;
		}
	return conf_bad(why, "not a signal that can stop a worker, such as "
	    "TERM, INT or QUIT");
}

static void
print_signal(const struct conf_key *k, const void *field, FILE *f)
{
	size_t	 i;

	(void)k;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i].number == *(const int *)field)
			fputs(signals[i].name, f);
}

/* --- strings and lists: each type has a check of one word --- */

static int
check_name(const char *text, char *why)
{
	if (!name_valid(text))
		return conf_bad(why, "'%.64s' is no name: a letter, then "
		    "letters, digits, '_', '.' or '-', at most %d", text,
		    NAME_SIZE - 1);
	return 0;
}

static int
check_token(const char *text, char *why)
{
	const char	*p;

	for (p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_.@$-", *p) == NULL)
			return conf_bad(why, "'%.64s' is not a word of "
			    "letters, digits, '_', '.', '@', '$' or '-'",
			    text);
	return 0;
}

static int
check_path(const char *text, char *why)
{
	if (*text != '/')
		return conf_bad(why, "not an absolute path (one that begins "
		    "with /)");
	if (strlen(text) >= PATH_MAX)
		return conf_bad(why, "too long for a path");
	return 0;
}

static int
check_log(const char *text, char *why)
{
	if (strcmp(text, "stderr") == 0 || strcmp(text, "syslog") == 0)
		return 0;
	if (*text == '/')
		return check_path(text, why);
	return conf_bad(why, "neither stderr nor syslog nor an absolute path");
}

static int
check_listen(const char *text, char *why)
{
	char		 host[CONF_HOST_SIZE];
	const char	*wrong;
	int		 port = 0;

	if (strcmp(text, "none") == 0)
		return 0;
	if ((wrong = conf_host_parse(text, host, &port)) == NULL && port == -1)
		wrong = "the port is missing, such as in 127.0.0.1:38813 "
		    "(0: any free one)";
	return wrong == NULL ? 0 : conf_bad(why, "%s", wrong);
}

static int
check_host(const char *text, char *why)
{
	char		 host[CONF_HOST_SIZE];
	const char	*wrong;
	int		 port;

	wrong = conf_host_parse(text, host, &port);
	if (wrong == NULL && port == 0)
		wrong = "port 0 cannot be dialled";
	if (wrong == NULL && (strcmp(host, "*") == 0 ||
	    strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0))
		wrong = "all addresses are none that can be dialled";
	return wrong == NULL ? 0 : conf_bad(why, "%.64s: %s", text, wrong);
}

/* BROOD_ is ours: a worker that could set it would speak as another. */
static int
check_environment(const char *text, char *why)
{
	const char	*p = text;

	while (isalpha((unsigned char)*p) || *p == '_' ||
	    (p > text && isdigit((unsigned char)*p)))
		p++;
	if (p == text || *p != '=')
		return conf_bad(why, "'%.64s' is not NAME=VALUE", text);
	if (strncmp(text, "BROOD_", 6) == 0)
		return conf_bad(why, "'%.64s': names that begin with BROOD_ "
		    "are set by broodd", text);
	return 0;
}

static int (*const	 checks[CONF_NTYPES])(const char *, char *) = {
	[CONF_NAME] = check_name,	[CONF_NAMES] = check_name,
	[CONF_TOKEN] = check_token,	[CONF_TOKENS] = check_token,
	[CONF_PATH] = check_path,	[CONF_LOG] = check_log,
	[CONF_LISTEN] = check_listen,	[CONF_HOST] = check_host,
	[CONF_HOSTS] = check_host,
	[CONF_ENVIRONMENT] = check_environment,
};

static int
parse_string(const struct conf_key *k, const char *text, void *field, char *why)
{
	char	*copy;

	if (*text != '\0' && checks[k->type](text, why) == -1)
		return -1;
	if ((copy = strdup(text)) == NULL)
		return value_no_memory(why);
	free(*(char **)field);
	*(char **)field = copy;
	return 0;
}

static void
print_string(const struct conf_key *k, const void *field, FILE *f)
{
	const char	*text = *(char *const *)field;

	(void)k;
	if (*text != '\0')
		conf_words_quote(f, text);
}

static int
parse_list(const struct conf_key *k, const char *text, void *field, char *why)
{
	bool		 sh = k->type == CONF_WORDS ||
			    k->type == CONF_ENVIRONMENT;
	const char	*wrong = "out of memory";
	char		**word;
	size_t		 i;

	word = sh ? conf_words_sh(text, &wrong) : conf_words_blank(text);
	if (word == NULL)
		return errno == ENOMEM ? value_no_memory(why) :
		    conf_bad(why, "%s", wrong);
	for (i = 0; word[i] != NULL && checks[k->type] != NULL; i++)
		if (checks[k->type](word[i], why) == -1) {
			conf_words_free(word);
			errno = EINVAL;
			return -1;
		}
	conf_words_free(*(char ***)field);
	*(char ***)field = word;
	return 0;
}

static void
print_list(const struct conf_key *k, const void *field, FILE *f)
{
	char *const	*word = *(char **const *)field;
	size_t		 i;

	(void)k;
	for (i = 0; word[i] != NULL; i++) {
		if (i > 0)
			putc(' ', f);
		conf_words_quote(f, word[i]);
	}
}

/* --- all types --- */

static const struct {
	int	 (*parse)(const struct conf_key *, const char *, void *,
		    char *);
	void	 (*print)(const struct conf_key *, const void *, FILE *);
} types[CONF_NTYPES] = {
	[CONF_NAME] = { parse_string, print_string },
	[CONF_TOKEN] = { parse_string, print_string },
	[CONF_PATH] = { parse_string, print_string },
	[CONF_LOG] = { parse_string, print_string },
	[CONF_LISTEN] = { parse_string, print_string },
	[CONF_HOST] = { parse_string, print_string },
	[CONF_NAMES] = { parse_list, print_list },
	[CONF_TOKENS] = { parse_list, print_list },
	[CONF_HOSTS] = { parse_list, print_list },
	[CONF_WORDS] = { parse_list, print_list },
	[CONF_ENVIRONMENT] = { parse_list, print_list },
	[CONF_BOOL] = { parse_bool, print_bool },
	[CONF_NUMBER] = { parse_number, print_number },
	[CONF_OCTAL] = { parse_octal, print_octal },
	[CONF_ENUM] = { parse_enum, print_enum },
	[CONF_SET] = { parse_set, print_set },
	[CONF_SIGNAL] = { parse_signal, print_signal },
	[CONF_SIZE] = { conf_unit_parse_size, conf_unit_print_size },
	[CONF_LIMIT] = { conf_unit_parse_limit, conf_unit_print_limit },
	[CONF_TIME] = { conf_unit_parse_time, conf_unit_print_time },
	[CONF_RATE] = { conf_unit_parse_rate, conf_unit_print_rate },
};

/* A newline, from the command line, would be a line of the canonical text. */
static bool
value_has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text) && *text != '\t')
			return true;
	return false;
}

int
conf_value_parse(const struct conf_key *k, const char *text, void *field,
    char why[CONF_WHY_SIZE])
{
	const char	*wrong = NULL;
	char		*copy;
	int		 rc;

	if (value_has_control(text))
		return conf_bad(why, "a control character in the value");
	if ((copy = strdup(text)) == NULL)
		return value_no_memory(why);
	if (k->type != CONF_WORDS && k->type != CONF_ENVIRONMENT)
		wrong = ini_unquote(copy);
	if (wrong != NULL)
		rc = conf_bad(why, "%s", wrong);
	else if (*copy == '\0' && *k->initial != '\0')
		rc = conf_bad(why, "no value (without the line it is %s)",
		    k->initial);
	else
		rc = types[k->type].parse(k, copy, field, why);
	free(copy);
	return rc;
}

char *
conf_value_text(const struct conf_key *k, const void *field)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*f;

	if ((f = open_memstream(&text, &len)) == NULL)
		return NULL;
	types[k->type].print(k, field, f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

void
conf_value_release(const struct conf_key *k, void *field)
{
	if (types[k->type].parse == parse_string) {
		free(*(char **)field);
		*(char **)field = NULL;
	} else if (types[k->type].parse == parse_list) {
		conf_words_free(*(char ***)field);
		*(char ***)field = NULL;
	}
}
