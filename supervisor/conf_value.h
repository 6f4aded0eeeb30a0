/*
 * conf_value.h - one value of the configuration: its types, read and printed.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H
#include "conf_key.h"

/*
 * Reads text into the field; what the field held is freed.  0, or -1 with the
 * reason in why and the field as it was.  errno is ENOMEM or EINVAL then.
 */
int	 conf_value_parse(const struct conf_key *, const char *text,
	    void *field, char why[CONF_WHY_SIZE]);

/* The text that reads as this value, in the shortest form; NULL: ENOMEM. */
char	*conf_value_text(const struct conf_key *, const void *field);

/* Gives back what the field owns; safe for a field of zeroes. */
void	 conf_value_release(const struct conf_key *, void *field);

#endif /* CONF_VALUE_H */
