/*
 * source.h - where the configuration comes from, again at each reload.
 */
#ifndef SOURCE_H
#define SOURCE_H
#include <stdbool.h>

struct conf;
struct conf_sink;
struct where;

struct source {
	char			*file;		/* absolute; NULL: none */
	char			**overrides;	/* of -o, ends with NULL */
	const struct where	*where;
	bool			 daemonized;
};

/* As conf_load; what it leaves open and this machine knows is filled in: the
   node's name, the worker directory, a log for who has no terminal. */
int	 source_load(const struct source *, struct conf **,
	    struct conf_sink *);

#endif /* SOURCE_H */
