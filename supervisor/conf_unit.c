/*
 * conf_unit.c - values with a unit: times, sizes, limits, rates.
 *
 * Owns:    the units, how far a number may go, and which unit it prints in.
 * Not here: the other types (conf_value.c).
 * Errors:  -1, errno EINVAL and a reason that says what would be right.
 */
#include "conf_unit.h"

#include <errno.h>
#include <inttypes.h>
#include <libutil.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf_key.h"
#include "settings.h"

#define UNIT_TEXT_SIZE	32

struct unit {
	const char	*name;
	int64_t		 factor;
};

/* Largest first: the first that divides a value is the one it prints in. */
static const struct unit	 times[] = {
	{ "h", INT64_C(3600000000) }, { "m", 60000000 }, { "s", 1000000 },
	{ "ms", 1000 }, { "us", 1 }, { NULL, 0 }
};
static const struct unit	 sizes[] = {
	{ "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 },
	{ NULL, 0 }
};

int
conf_bad(char *why, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(why, CONF_WHY_SIZE, fmt, ap);
	va_end(ap);
	errno = EINVAL;
	return -1;
}

static const char *
unit_text(char text[UNIT_TEXT_SIZE], const struct unit *u, int64_t n)
{
	if (n == 0)
		return "0";
	while (n % u->factor != 0)
		u++;
	snprintf(text, UNIT_TEXT_SIZE, "%" PRId64 "%s", n / u->factor,
	    u->name);
	return text;
}

static int
unit_bounds(const struct conf_key *k, const struct unit *u, int64_t n,
    char *why)
{
	char	 text[UNIT_TEXT_SIZE];

	if (n < k->low)
		return conf_bad(why, "too small, at least %s",
		    unit_text(text, u, k->low));
	if (n > k->high)
		return conf_bad(why, "too large, at most %s",
		    unit_text(text, u, k->high));
	return 0;
}

static int
time_number(const char *text, int64_t *us, char *why)
{
	const struct unit	*u;
	const char		*wrong;
	char			 digits[UNIT_TEXT_SIZE];
	size_t			 n = strspn(text, "0123456789");

	if (n == 0 || n >= sizeof(digits))
		return conf_bad(why, "not a time such as 500ms, 5s or 2m");
	memcpy(digits, text, n);
	digits[n] = '\0';
	for (u = times; u->name != NULL; u++)
		if (strcmp(text + n, u->name) == 0)
			break;
	if (u->name == NULL && text[n] != '\0')
		return conf_bad(why, "unknown unit '%.16s' (us, ms, s, m or "
		    "h)", text + n);
	*us = strtonum(digits, 0, INT64_MAX / (u->factor + 1), &wrong);
	if (wrong != NULL)
		return conf_bad(why, "too large");
	if (u->name == NULL && *us != 0)
		return conf_bad(why, "the unit is missing (us, ms, s, m or "
		    "h)");
	*us *= u->factor;
	return 0;
}

int
conf_unit_parse_time(const struct conf_key *k, const char *text, void *field,
    char *why)
{
	int64_t	 us = 0;

	if (*text != '\0' && (time_number(text, &us, why) == -1 ||
	    unit_bounds(k, times, us, why) == -1))
		return -1;
	*(int64_t *)field = us;
	return 0;
}

/* Where the default says 60s, that is how a minute prints there. */
void
conf_unit_print_time(const struct conf_key *k, const void *field, FILE *f)
{
	char	 text[UNIT_TEXT_SIZE], why[CONF_WHY_SIZE];
	int64_t	 us = *(const int64_t *)field, initial;

	if (time_number(k->initial, &initial, why) == 0 && initial == us)
		fputs(k->initial, f);
	else if (us != 0 || *k->initial != '\0')
		fputs(unit_text(text, times, us), f);
}

static int
size_number(const struct conf_key *k, const char *text, int64_t *bytes,
    char *why)
{
	const char	*unit = text + strspn(text, "0123456789");
	uint64_t	 n;

	if (unit == text)
		return conf_bad(why, "not a size such as 65536, 64K or 16M");
	if (*unit != '\0' && (strchr("KMG", *unit) == NULL || unit[1] != '\0'))
		return conf_bad(why, "unknown unit '%.16s' (K, M or G)",
		    unit);
	if (expand_number(text, &n) == -1 || n > INT64_MAX)
		n = INT64_MAX;
	*bytes = (int64_t)n;
	return unit_bounds(k, sizes, *bytes, why);
}

int
conf_unit_parse_size(const struct conf_key *k, const char *text, void *field,
    char *why)
{
	int64_t	 n;

	if (size_number(k, text, &n, why) == -1)
		return -1;
	if ((uint64_t)n > SIZE_MAX)
		return conf_bad(why, "too large for this machine");
	*(size_t *)field = (size_t)n;
	return 0;
}

void
conf_unit_print_size(const struct conf_key *k, const void *field, FILE *f)
{
	char	 text[UNIT_TEXT_SIZE];

	(void)k;
	fputs(unit_text(text, sizes, (int64_t)*(const size_t *)field), f);
}

int
conf_unit_parse_limit(const struct conf_key *k, const char *text, void *field,
    char *why)
{
	int64_t	 n = CONF_UNSET;

	if (strcmp(text, "unlimited") == 0)
		n = CONF_UNLIMITED;
	else if (*text != '\0' && size_number(k, text, &n, why) == -1)
		return -1;
	*(int64_t *)field = n;
	return 0;
}

void
conf_unit_print_limit(const struct conf_key *k, const void *field, FILE *f)
{
	char	 text[UNIT_TEXT_SIZE];
	int64_t	 n = *(const int64_t *)field;

	(void)k;
	if (n == CONF_UNLIMITED)
		fputs("unlimited", f);
	else if (n != CONF_UNSET)
		fputs(unit_text(text, sizes, n), f);
}

int
conf_unit_parse_rate(const struct conf_key *k, const char *text, void *field,
    char *why)
{
	struct conf_rate	 rate;
	const char		*slash = strchr(text, '/'), *wrong;
	char			 count[UNIT_TEXT_SIZE];
	size_t			 n = strspn(text, "0123456789");

	if (n == 0 || text + n != slash || n >= sizeof(count))
		return conf_bad(why, "not a count and a time such as 5/60s");
	memcpy(count, text, n);
	count[n] = '\0';
	rate.count = (int)strtonum(count, k->low, k->high, &wrong);
	if (wrong != NULL)
		return conf_bad(why, "the count is %s (%" PRId64 " to %"
		    PRId64 ")", wrong, k->low, k->high);
	if (time_number(slash + 1, &rate.period, why) == -1)
		return -1;
	if (rate.period < 1000 || rate.period > times[0].factor * 24)
		return conf_bad(why, "the time is not within 1ms and 24h");
	*(struct conf_rate *)field = rate;
	return 0;
}

void
conf_unit_print_rate(const struct conf_key *k, const void *field, FILE *f)
{
	const struct conf_rate	*rate = field;
	const char		*slash = strchr(k->initial, '/');
	struct conf_key		 period = { .initial = slash + 1 };

	fprintf(f, "%d/", rate->count);
	conf_unit_print_time(&period, &rate->period, f);
}
