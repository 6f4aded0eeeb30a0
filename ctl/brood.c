/*
 * brood.c - the command line: main, and which words are options.
 *
 * Owns:    reading the command line by the table of verbs.
 * Not here: the verbs (cmd_*.c), their table (verbs.c), help (help.c).
 * Errors:  an exit code, when the reason has been printed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "help.h"
#include "verbs.h"

#ifndef BROOD_VERSION
#define BROOD_VERSION	"unknown"
#endif

#define OPTIONS_MOST	32		/* of one verb and all together */

/* What getopt_long(3) wants to be told. */
struct grammar {
	char		 letters[OPTIONS_MOST * 2 + 3];
	struct option	 words[OPTIONS_MOST + 1];
	size_t		 nletters, nwords;
};

static void
grammar_add(struct grammar *g, const struct verb_option *o)
{
	for (; o->key != 0; o++) {
		if (o->key < 256) {
			g->letters[g->nletters++] = (char)o->key;
			if (o->arg != NULL)
				g->letters[g->nletters++] = ':';
		}
		if (o->name != NULL)
			g->words[g->nwords++] = (struct option){ o->name,
			    o->arg != NULL, NULL, o->key };
	}
}

/* A leading + stops at the first argument, where the rest is not ours. */
static void
grammar_init(struct grammar *g, const struct verb_option *own, bool stop)
{
	memset(g, 0, sizeof(*g));
	if (stop)
		g->letters[g->nletters++] = '+';
	g->letters[g->nletters++] = ':';	/* errors are told by us */
	if (own != NULL)
		grammar_add(g, own);
	grammar_add(g, verbs_options);
}

/* An option of every verb.  False: it is none. */
static bool
take_common(struct cmd *cmd, int key)
{
	switch (key) {
	case 's':
		cmd->socket = optarg;
		return true;
	case 'n':
		cmd->node = optarg;
		return true;
	case 'q':
		cmd->quiet = true;
		return true;
	case 'v':
		cmd->verbose = true;
		return true;
	case OPT_JSON:
		cmd->json = true;
		return true;
	default:
		return false;
	}
}

/* word is where it stands; of several letters in one only one is wrong. */
static int
bad_option(const struct cmd *cmd, int key, const char *word)
{
	char		 letter[] = { '-', (char)optopt, '\0' };
	const char	*name = optopt > 0 && optopt < 256 ? letter : word;

	if (key == ':')
		return cmd_misused(cmd, "%s wants a value", name);
	return cmd_misused(cmd, "%s is no option here", name);
}

/* -1: go on; else the exit code. */
static int
read_options(struct cmd *cmd, const struct grammar *g, int argc, char **argv)
{
	int	 key;

	while ((key = getopt_long(argc, argv, g->letters, g->words, NULL)) !=
	    -1) {
		if (key == '?' || key == ':')
			return bad_option(cmd, key, argv[optind - 1]);
		if (key == OPT_HELP || key == 'h') {
			if (cmd->verb != NULL)
				help_verb(cmd->verb);
			else
				help_list();
			return cmd_flush(cmd);
		}
		if (key == OPT_VERSION) {
			puts("brood " BROOD_VERSION);
			return cmd_flush(cmd);
		}
		if (!take_common(cmd, key))
			cmd->options[cmd->noptions++] = (struct cmd_option){
			    key, optarg != NULL ? optarg : "" };
	}
	return -1;
}

static int
find_verb(struct cmd *cmd, const char *name)
{
	const char	*meant;

	if ((cmd->verb = help_find(name)) != NULL)
		return 0;
	if ((meant = help_suggest(name)) != NULL)
		return cmd_fail(cmd, CMD_USAGE, "no verb '%s'; did you mean "
		    "%s?", name, meant);
	return cmd_fail(cmd, CMD_USAGE, "no verb '%s'; see brood --help",
	    name);
}

/* brood help, brood help VERB */
static int
help(struct cmd *cmd, const char *name)
{
	int	 rc;

	if (name == NULL) {
		help_list();
		return cmd_flush(cmd);
	}
	if ((rc = find_verb(cmd, name)) != 0)
		return rc;
	help_verb(cmd->verb);
	return cmd_flush(cmd);
}

static int
run_verb(struct cmd *cmd, int argc, char **argv)
{
	struct grammar	 g;
	int		 rc, i;

	cmd->own = (cmd->verb->flags & VERB_OWN) != 0 ? CMD_OWN : 0;
	grammar_init(&g, cmd->verb->options,
	    (cmd->verb->flags & VERB_VERBATIM) != 0);
	/* 0, not 1: glibc and musl begin afresh, with the new letters. */
	optind = 0;
	if ((rc = read_options(cmd, &g, argc, argv)) != -1)
		return rc;
	for (i = optind; i < argc; i++)
		cmd->args[cmd->nargs++] = argv[i];
	if (cmd->nargs < cmd->verb->least)
		return cmd_misused(cmd, "too few arguments");
	if (cmd->nargs > cmd->verb->most)
		return cmd_misused(cmd, "too many arguments");
	if (cmd->node != NULL && (cmd->verb->flags & VERB_HERE) != 0)
		return cmd_misused(cmd, "takes no -n");
	if (cmd->node != NULL && !name_valid(cmd->node))
		return cmd_misused(cmd, "'%s' is no name of a node",
		    cmd->node);
	rc = cmd->verb->run(cmd);
	client_release(&cmd->client);
	return rc;
}

static int
run(struct cmd *cmd, int argc, char **argv)
{
	struct grammar	 g;
	int		 rc;

	grammar_init(&g, NULL, true);
	if ((rc = read_options(cmd, &g, argc, argv)) != -1)
		return rc;
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		help_list();
		return CMD_USAGE;
	}
	if (strcmp(argv[0], "help") == 0)
		return help(cmd, argv[1]);
	if ((rc = find_verb(cmd, argv[0])) != 0)
		return rc;
	return run_verb(cmd, argc, argv);
}

int
main(int argc, char **argv)
{
	struct cmd	 cmd = { .verb = NULL };
	size_t		 letters = 0;
	int		 i, rc;

	/* -fff is three options: no more of them than there are letters. */
	for (i = 0; i < argc; i++)
		letters += strlen(argv[i]);
	cmd.options = calloc(letters + 1, sizeof(cmd.options[0]));
	cmd.args = calloc((size_t)argc + 1, sizeof(cmd.args[0]));
	if (cmd.options == NULL || cmd.args == NULL)
		rc = cmd_fail(&cmd, CMD_FAILED, "out of memory");
	else
		rc = run(&cmd, argc, argv);
	free(cmd.options);
	free(cmd.args);
	return rc;
}
