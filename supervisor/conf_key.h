/*
 * conf_key.h - what the table of settings says of one: a row of it.
 */
#ifndef CONF_KEY_H
#define CONF_KEY_H
#include <stddef.h>
#include <stdint.h>

/*	type		 field		 name for people	*/
#define CONF_TYPES(X)						\
	X(NAME,		 char *,	 "name")		\
	X(TOKEN,	 char *,	 "word")		\
	X(PATH,		 char *,	 "absolute path")	\
	X(LOG,		 char *,	 "stderr, syslog or absolute path") \
	X(LISTEN,	 char *,	 "none or host:port")	\
	X(HOST,		 char *,	 "host or host:port")	\
	X(NAMES,	 char **,	 "names")		\
	X(TOKENS,	 char **,	 "words")		\
	X(HOSTS,	 char **,	 "hosts")		\
	X(WORDS,	 char **,	 "words as in sh")	\
	X(ENVIRONMENT,	 char **,	 "NAME=VALUE words as in sh") \
	X(BOOL,		 bool,		 "yes or no")		\
	X(NUMBER,	 int,		 "number")		\
	X(OCTAL,	 int,		 "octal number")	\
	X(ENUM,		 int,		 "one of")		\
	X(SET,		 int,		 "any of")		\
	X(SIGNAL,	 int,		 "signal")		\
	X(SIZE,		 size_t,	 "size")		\
	X(LIMIT,	 int64_t,	 "limit")		\
	X(TIME,		 int64_t,	 "time")		\
	X(RATE,		 struct conf_rate, "count/time")

#define X(type, field, name)	CONF_##type,
enum conf_type { CONF_TYPES(X) CONF_NTYPES };
#undef X

/* What is not built yet, and what is done meanwhile. */
struct conf_later {
	const char	*part;		/* NULL: built */
	const char	*meanwhile;	/* the value in force; NULL: default */
};

struct conf_key {
	const char	*name;
	enum conf_type	 type;
	size_t		 offset;	/* of the field in its section */
	int64_t		 low, high;	/* bounds, both allowed */
	const char	*initial;	/* the default as it prints */
	const char	*choices;	/* of ENUM, SET; blanks between */
	struct conf_later later;
	const char	*help;
};

#define CONF_WHY_SIZE	256	/* of the reason why a value is refused */

#endif /* CONF_KEY_H */
