/* conf_test.c - the configuration: files, structs, rules, print-out. */
#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "conf_check.h"
#include "conf_print.h"
#include "conf_table.h"
#include "conf_help.h"

/* --- what ends up in the structs --- */

static const char	 example[] =
    "[node]\nlisten = [::1]:1\nname = alpha\npeer-timeout = 250ms\n"
    "max-message = 1M\n"
    "discover = static dns\ndns-name = brood.example.org\n"
    "known-hosts = beta gamma:4000\nlog-level = debug\n"
    "relay-restarts = 3/10s\n"
    "[worker two]\nprogram = chat\nargs = 44444 \"a b\"\nafter = one\n"
    "group = front\nstop-signal = INT\n"
    "[worker one]\nprogram = ping\nstop-timeout = 1s\n"
    "[worker tpl@]\nprogram = chat\n"
    "[program chat]\nexec = /bin/chat\nstop-timeout = 9s\nnice = 5\n"
    "rlimit-core = unlimited\numask = 077\nenvironment = A=1 B='x y'\n"
    "[group front]\nparent = all\nstrategy = rest_for_one\n"
    "[group all]\n";

static void
test_node(const struct conf *c)
{
	is_str(c->node.name, "alpha", "struct: a name");
	is_int(c->node.peer_timeout, 250000, "struct: a time in microseconds");
	is_int((intmax_t)c->node.max_message, 1 << 20, "struct: a size");
	is_int(c->node.discover, CONF_DISCOVER_STATIC | CONF_DISCOVER_DNS,
	    "struct: a set");
	is_str(c->node.known_hosts[1], "gamma:4000", "struct: a list");
	ok(c->node.known_hosts[2] == NULL, "struct: a list ends");
	is_int(c->node.log_level, CONF_LEVEL_DEBUG, "struct: a choice");
	is_int(c->node.relay_restarts.count, 3, "struct: a rate's count");
	is_int(c->node.relay_restarts.period, 10000000, "and its time");
	is_str(c->node.worker_dir, "", "struct: a path not set is empty");
}

static void
test_sections(const struct conf *c)
{
	const struct conf_program	*p = conf_program(c, "chat");
	const struct conf_worker	*w;
	char				 names[64] = "";

	is_int(p->nice, 5, "struct: a number");
	is_int(p->oom_score_adjust, CONF_UNSET, "struct: a number not set");
	ok(p->rlimit_core == CONF_UNLIMITED && p->rlimit_as == CONF_UNSET,
	    "struct: limits");
	is_int(p->umask, 077, "struct: an octal number");
	is_str(p->environment[1], "B=x y", "struct: words");
	ok(p->no_new_privs && !p->cgroup, "struct: truths");
	CONF_FOREACH(w, c, CONF_WORKER)
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
		    "%s ", w->s.name);
	is_str(names, "two one tpl@ ", "workers are in the order of the file");
	w = conf_worker(c, "two");
	is_int(w->stop_signal, SIGINT, "struct: a signal");
	is_int(w->stop_timeout, 9000000, "a worker has its program's "
	    "stop-timeout");
	is_int(conf_worker(c, "one")->stop_timeout, 1000000,
	    "a worker's own stop-timeout wins");
	ok(conf_is_template(conf_worker(c, "tpl@")) && !conf_is_template(w),
	    "a name that ends in @ is a template");
	is_int(conf_group(c, "front")->strategy, CONF_REST_FOR_ONE,
	    "struct: a group");
	ok(conf_group(c, "back") == NULL, "a section that is not there");
}

static void
test_round_trip(const struct conf *c)
{
	struct told	 told;
	struct conf	*again;
	char		*one = printed(c), *two;
	struct conf_section *a, *b;

	again = parse(one, &told);
	ok(again != NULL, "the print-out is read: %s", told.text);
	two = again != NULL ? printed(again) : strdup("");
	is_str(two, one, "and prints the same again");
	if (again != NULL) {
		a = STAILQ_FIRST(&c->sections[CONF_WORKER]);
		b = STAILQ_FIRST(&again->sections[CONF_WORKER]);
		ok(conf_same(CONF_WORKER, a, b), "a section is the same");
		ok(!conf_same(CONF_WORKER, a, STAILQ_NEXT(b, next)),
		    "another is not");
	}
	conf_free(again);
	free(one);
	free(two);
}

static void
test_example(void)
{
	struct told	 told;
	struct conf	*c = parse(example, &told);

	if (!ok(c != NULL, "an example is read: %s", told.text))
		return;
	test_node(c);
	test_sections(c);
	test_round_trip(c);
	conf_free(c);
}

static void
test_same(void)
{
	struct told	 told;
	struct conf	*one = parse("[group g]\n", &told);
	struct conf	*two = parse("# moved\n\n[group g]\nintensity = 5\n"
			    "[group h]\n", &told);
	struct conf	*three = parse("[group g]\nintensity = 6\n", &told);

	ok(conf_same(CONF_GROUP, &conf_group(one, "g")->s,
	    &conf_group(two, "g")->s), "a section that only moved is the same");
	ok(!conf_same(CONF_GROUP, &conf_group(two, "h")->s,
	    &conf_group(two, "g")->s), "one of another name is not");
	ok(!conf_same(CONF_GROUP, &conf_group(one, "g")->s,
	    &conf_group(three, "g")->s), "nor one that says something else");
	conf_free(one);
	conf_free(two);
	conf_free(three);
}

/* --- many problems --- */

static void
test_cap(void)
{
	char		 text[4096] = "[node]\n";
	struct told	 told;
	int		 i;

	for (i = 0; i < 70; i++)
		snprintf(text + strlen(text), 32, "zzzzzzzz%d = 1\n", i);
	ok(parse(text, &told) == NULL, "70 problems: refused");
	is_int((intmax_t)told.lines, CONF_SINK_MOST + 1, "50 are told");
	ok(strstr(told.text, "\nand 20 more\n") != NULL, "the rest counted");
}

static void
test_escapes(void)
{
	struct told	 told;

	ok(parse("[node]\nna\033[31mme = 1\n", &told) == NULL &&
	    strchr(told.text, '\033') == NULL,
	    "an escape sequence of the file is made visible");
}

/* A chain as long as there may be workers: the search must not recurse. */
static void
test_long_chain(void)
{
	struct told	 told;
	char		*text = NULL;
	size_t		 n;
	FILE		*f = open_memstream(&text, &n);
	struct conf	*c;
	int		 i;

	for (i = 0; i < CONF_SECTIONS_MOST; i++)
		fprintf(f, "[worker w%d]\nprogram = x\nafter = w%d\n", i,
		    (i + 1) % CONF_SECTIONS_MOST);
	fputs("[worker more]\n", f);
	fclose(f);
	c = parse(text, &told);
	ok(c == NULL && strstr(told.text, "[worker more]: too many sections"),
	    "one section more than may be");
	ok(strstr(told.text, "goes in a circle: ... -> ") != NULL &&
	    told.lines == 2, "a circle of %d is found", CONF_SECTIONS_MOST);
	free(text);
}

/* --- files --- */

static void
write_file(const char *dir, const char *name, const char *text)
{
	char	 path[1024];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "w")) == NULL)
		return;
	fputs(text, f);
	fclose(f);
}

static void
remove_file(const char *dir, const char *name)
{
	char	 path[1024];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	remove(path);
}

static void
test_files(void)
{
	char			 dir[] = "/tmp/conf_test.XXXXXX";
	static const char *const names[] = { "10.conf", "20.conf", "30.conf~",
	    ".conf", ".hidden.conf" };
	char			 path[512], sub[512];
	char			 first[] = "role=MASTER";
	char			 last[] = "role=WORKER";
	char			 blank[] = "role = WORKER";
	char			*over[] = { first, blank, NULL };
	struct told		 told = { .lines = 0 };
	struct conf_sink	 sink = { .say = told_say, .ctx = &told };
	const struct conf_worker *w;
	struct conf		*c;
	size_t			 i;

	if (!ok(mkdtemp(dir) != NULL, "a folder"))
		return;
	snprintf(path, sizeof(path), "%s/brood.conf", dir);
	snprintf(sub, sizeof(sub), "%s/workers.d", dir);
	mkdir(sub, 0700);
	write_file(dir, "brood.conf", "[node]\nrole = NODE\n[worker m]\n"
	    "program = p\n");
	write_file(sub, "20.conf", "[worker z]\nprogram = p\n");
	write_file(sub, "10.conf", "[worker a]\nprogram = p\n");
	write_file(sub, ".hidden.conf", "nonsense\n");
	write_file(sub, "30.conf~", "nonsense\n");
	write_file(sub, ".conf", "nonsense\n");
	is_int(conf_load(&c, path, over, &sink), -1, "an override with blanks");
	over[1] = last;
	memset(&told, 0, sizeof(told));
	if (ok(conf_load(&c, path, over, &sink) == 0, "files: %s",
	    told.text)) {
		is_str(c->node.role, "WORKER", "the last override wins");
		w = (void *)STAILQ_FIRST(&c->sections[CONF_WORKER]);
		is_str(w->s.name, "m", "the main file comes first");
		w = (void *)STAILQ_NEXT(&w->s, next);
		is_str(w->s.name, "a", "then workers.d by name");
		conf_free(c);
	}
	write_file(sub, "20.conf", "[worker m]\nprogram = q\n");
	is_int(conf_load(&c, path, NULL, &sink), -1, "a section twice");
	ok(c == NULL && strstr(told.text, "20.conf:1: [worker m]: stands "
	    "twice, already at /tmp/conf_test.") != NULL &&
	    strstr(told.text, "brood.conf:3\n") != NULL,
	    "names both places: %s", told.text);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_file(sub, names[i]);
	remove_file(dir, "workers.d");
	remove_file(dir, "brood.conf");
	rmdir(dir);
}

static void
test_no_file(void)
{
	struct told		 told = { .lines = 0 };
	struct conf_sink	 sink = { .say = told_say, .ctx = &told };
	struct conf		*c;

	is_int(conf_load(&c, NULL, NULL, &sink), 0, "no file: the defaults");
	conf_free(c);
	is_int(conf_load(&c, "/nonexistent/brood.conf", NULL, &sink), -1,
	    "a file that is not there");
	is_str(told.text, "/nonexistent/brood.conf: No such file or "
	    "directory\n", "is told of");
	memset(&told, 0, sizeof(told));
	is_int(conf_load(&c, "/dev/zero", NULL, &sink), -1,
	    "a file without end");
	is_str(told.text, "/dev/zero: File too large\n", "is told of");
	memset(&told, 0, sizeof(told));
	is_int(conf_load(&c, "/tmp", NULL, &sink), -1, "a folder");
	is_str(told.text, "/tmp: Is a directory\n", "is told of");
}

/* --- users, and what is not built --- */

static void
test_users(void)
{
	struct told		 told;
	struct conf_sink	 sink = { .say = told_say, .ctx = &told };
	struct conf		*c = parse("[node]\nworker-user = brood\n"
				    "[program p]\nuser = brood\n"
				    "[program q]\nuser = root\n", &told);

	conf_check_users(c, &sink);
	is_str(told.text,
	    "text:2: worker-user: must not be the relay's user (brood)\n"
	    "text:4: user: must not be the relay's user (brood)\n",
	    "nobody has the relay's user");
	conf_free(c);
	memset(&told, 0, sizeof(told));
	c = conf_new();
	conf_check_users(c, &sink);
	is_str(told.text, "", "the defaults are fine");
	conf_free(c);
}

/* The column decides, so the rows that are not built are taken from it. */
static void
test_unsupported(void)
{
	const struct conf_kind_info	*info = &conf_kinds[CONF_NODE];
	struct told			 told;
	struct conf_sink		 sink = { .say = told_say,
					    .ctx = &told };
	struct conf			*c = conf_new();
	size_t				 i;
	const char			*name;

	memset(&told, 0, sizeof(told));
	conf_unsupported(c, &sink);
	is_str(told.text, "", "the defaults ask for nothing that is missing");
	conf_free(c);
	for (i = 0; i < info->nkeys; i++)
		if (strcmp(info->keys[i].name, "spin") == 0)
			break;
	c = parse("[node]\n\nspin = 50us\n", &told);
	conf_unsupported(c, &sink);
	name = "text:3: spin: '50us' has no effect: ";
	is_int(strncmp(told.text, name, strlen(name)) == 0,
	    info->keys[i].later.part != NULL, "a setting not built is told of");
	conf_free(c);
}

int
main(void)
{
	test_example();
	test_same();
	test_cap();
	test_escapes();
	test_long_chain();
	test_files();
	test_no_file();
	test_users();
	test_unsupported();
	return tap_done();
}
