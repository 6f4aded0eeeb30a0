/*
 * tap.h - the few lines of TAP that a unit test needs.
 *
 *	ok(x == 3, "x is %d", 3);
 *	is_int(got, 3, "the sum");
 *	is_str(got, "abc", "the name");
 *	return tap_done();		the plan comes last; 0 if all were ok
 *
 * Each says whether it held, so a loop may stop at the first failure.
 */
#ifndef TAP_H
#define TAP_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TAP_FN		static __attribute__((unused))
#define TAP_PRINTF(a)	__attribute__((format(printf, a, a + 1)))

static struct {
	int	 run, failed;
} tap;

TAP_FN TAP_PRINTF(2) bool
ok(bool held, const char *fmt, ...)
{
	va_list	 ap;

	tap.run++;
	if (!held)
		tap.failed++;
	printf("%sok %d - ", held ? "" : "not ", tap.run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);			/* a crash must not swallow lines */
	return held;
}

/* A line for whoever reads a failure; harnesses pass it on. */
TAP_FN TAP_PRINTF(1) void
note(const char *fmt, ...)
{
	va_list	 ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

TAP_FN TAP_PRINTF(3) bool
is_int(intmax_t got, intmax_t want, const char *fmt, ...)
{
	char	 name[256];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (!ok(got == want, "%s", name))
		note("got %jd, want %jd", got, want);
	return got == want;
}

TAP_FN TAP_PRINTF(3) bool
is_str(const char *got, const char *want, const char *fmt, ...)
{
	char	 name[256];
	va_list	 ap;
	bool	 held;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	held = got == want ||
	    (got != NULL && want != NULL && strcmp(got, want) == 0);
	if (!ok(held, "%s", name))
		note("got '%s', want '%s'", got != NULL ? got : "(null)",
		    want != NULL ? want : "(null)");
	return held;
}

TAP_FN int
tap_done(void)
{
	printf("1..%d\n", tap.run);
	return tap.failed != 0;
}

#endif /* TAP_H */
