/*
 * entry.c - the main of a worker: which function runs, with what.
 *
 * Owns:    choosing the entry and making its arguments, from a message or from
 *          words; every way to end a worker that cannot start.
 * Not here: spawning (spawn.c), words as values (text.c).
 * Errors:  ends the process: 100 what trying again will not mend, 111 else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "closure.h"
#include "msg.h"
#include "self.h"
#include "text.h"
#include "type.h"

#define EXIT_WRONG	100
#define EXIT_SYSTEM	111
#define TEXT_SIZE	512

static const char *
base_name(const char *path)
{
	const char	*slash;

	if (path == NULL || *path == '\0')
		return "worker";
	return (slash = strrchr(path, '/')) == NULL ? path : slash + 1;
}

static const char *
env_or(const char *name, const char *otherwise)
{
	const char	*value = getenv(name);

	return value == NULL || *value == '\0' ? otherwise : value;
}

/* ---- which ---- */

/* "no entry X in PROGRAM (has: A, B)": the cause of this worker's death. */
_Noreturn static void
no_entry(const char *entry, const char *program, struct msg_entry *const *table)
{
	char	text[TEXT_SIZE];
	size_t	n, i;

	n = (size_t)snprintf(text, sizeof(text),
	    "no entry %.63s in %.63s (has:", entry, program);
	for (i = 0; table[i] != NULL && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s",
		    i == 0 ? "" : ",", table[i]->type->name);
	if (n < sizeof(text))
		(void)snprintf(text + n, sizeof(text) - n, ")");
	self_die(text, EXIT_WRONG);
}

static struct msg_entry *
find_entry(const char *program, struct msg_entry *const *table)
{
	const char	*name = env_or("BROOD_ENTRY", "");
	size_t		 i;

	if (*name == '\0' && table[0] != NULL)
		return table[0];
	for (i = 0; table[i] != NULL; i++)
		if (strcmp(table[i]->type->name, name) == 0)
			return table[i];
	no_entry(name, program, table);
}

/* ---- with what ---- */

_Noreturn static void
bad_arguments(const struct msg_type *t, const char *why)
{
	char	text[TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%s: %s", t->name, why);
	self_die(text, EXIT_WRONG);
}

static const char *
parse_pid(void *ctx, const char *text, struct msg_pid *pid)
{
	(void)ctx;
	if (msg_pid_parse(text, pid) == 0)
		return NULL;
	return errno == EINVAL ? "not an address" :
	    errno == ESRCH ? "no such name" :
	    errno == EHOSTUNREACH ? "its node is out of reach" :
	    "cannot be looked up";
}

/* NULL, or why not. */
static const char *
read_message(struct msg_type *t, const uint8_t *p, size_t n, void *args)
{
	struct msg_called	 outer;
	struct letter		 l;
	const uint8_t		*image;
	const char		*why = NULL;
	size_t			 len;

	if (letter_message(&l, p, n) == -1 || closure_open(&l, &outer) == -1)
		return "arguments of another version of it";
	image = letter_image(&l, &len);
	if (l.tag != t->tag)
		why = "arguments of another version of it";
	else if (body_read(t, image, len, args) == -1)
		why = strerror(errno);
	msg_release(msg_called, &outer);
	return why;
}

/* The same; the reason is put into text. */
static const char *
read_words(struct msg_type *t, int argc, char **argv, void *args,
    char text[TEXT_SIZE])
{
	struct text_pids	pids = { .parse = parse_pid };

	return text_read(t, argv + 1, argc > 1 ? (size_t)argc - 1 : 0, &pids,
	    args, text, TEXT_SIZE - MSG_NAME_MAX - 2) == 0 ? NULL : text;
}

/* ---- both ---- */

static void
run(const struct msg_entry *e, int argc, char **argv)
{
	struct msg_port	 port = { PORT_BORN, msg_self() };
	char		 text[TEXT_SIZE];
	struct msg_type	*t = e->type;
	const char	*why;
	void		*args;

	/* First: looking up an argument may read what is sent there. */
	if (e->port != NULL && (type_ready(e->port) == -1 ||
	    port_born(self_ports(), e->port) == NULL))
		bad_arguments(t, strerror(errno));
	if (type_ready(t) == -1 || (args = calloc(1, t->size)) == NULL)
		bad_arguments(t, strerror(errno));
	if (msg_process_.args != NULL)
		why = read_message(t, msg_process_.args, msg_process_.args_len,
		    args);
	else
		why = read_words(t, argc, argv, args, text);
	free(msg_process_.args);
	msg_process_.args = NULL;
	if (why == NULL) {
		e->run(args, &port);
		body_release(t, args);
	}
	free(args);
	if (why != NULL)
		bad_arguments(t, why);
}

int
msg_main(int argc, char **argv, struct msg_entry *const *table)
{
	const char	*file = base_name(argc > 0 ? argv[0] : NULL);
	const char	*program = env_or("BROOD_PROGRAM", file);

	if (self_open() == -1) {
		if (errno != ENOTCONN) {
			(void)fprintf(stderr, "%s: supervisor: %s\n", file,
			    strerror(errno));
			exit(EXIT_SYSTEM);
		}
		(void)fprintf(stderr, "%s: a worker is started by a supervisor:"
		    " brood run %s\n", file, file);
		exit(EXIT_WRONG);
	}
	self_main();
	run(find_entry(program, table), argc, argv);
	(void)msg_flush();
	return 0;
}
