/*
 * conf_unit.h - values with a unit: times, sizes, limits, rates.
 *
 * For conf_value.c alone; each pair reads a text into a field, and prints it.
 */
#ifndef CONF_UNIT_H
#define CONF_UNIT_H
#include <stdio.h>

struct conf_key;

/* Writes a reason of CONF_WHY_SIZE; -1 and EINVAL, always. */
int	 conf_bad(char *why, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

int	 conf_unit_parse_time(const struct conf_key *, const char *, void *,
	    char *why);
int	 conf_unit_parse_size(const struct conf_key *, const char *, void *,
	    char *why);
int	 conf_unit_parse_limit(const struct conf_key *, const char *, void *,
	    char *why);
int	 conf_unit_parse_rate(const struct conf_key *, const char *, void *,
	    char *why);
void	 conf_unit_print_time(const struct conf_key *, const void *, FILE *);
void	 conf_unit_print_size(const struct conf_key *, const void *, FILE *);
void	 conf_unit_print_limit(const struct conf_key *, const void *, FILE *);
void	 conf_unit_print_rate(const struct conf_key *, const void *, FILE *);

#endif /* CONF_UNIT_H */
