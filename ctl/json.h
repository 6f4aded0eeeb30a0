/* json.h - one JSON object a line. */
#ifndef JSON_H
#define JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json {
	FILE	*out;
	bool	 more;			/* a key has been written */
};

void	 json_open(struct json *, FILE *);	/* { */
void	 json_close(struct json *);		/* } and the end of the line */

/* Bytes that are no UTF-8 become U+FFFD.  NULL is null. */
void	 json_str(struct json *, const char *key, const char *);
void	 json_bytes(struct json *, const char *key, const char *, size_t);
/* A number as it stands; null when empty, a string when it is none. */
void	 json_num(struct json *, const char *key, const char *);
void	 json_u64(struct json *, const char *key, unsigned long long);
void	 json_bool(struct json *, const char *key, bool);
/* An array of strings: of words, or of the lines of a text. */
void	 json_words(struct json *, const char *key, const char *const *,
	    size_t n);
void	 json_lines(struct json *, const char *key, const char *);

#endif /* JSON_H */
