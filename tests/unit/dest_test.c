/* dest_test.c - whom an address means, with and without -n, and what a process
 * is called. */
#include "../../ctl/dest.h"

#include <errno.h>

#include "scripted.h"
#include "../../ctl/verb.h"

#define BETA	UINT64_C(0xbe7a)
#define GAMMA	UINT64_C(0x9a33a)

static const struct verb	verb = { .name = "test", .args = "DEST" };
static const struct pid		nobody;

static void
begin(struct script *s, struct cmd *cmd, const char *node)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->verb = &verb;
	cmd->node = node;
	script_open(s, &cmd->client);
	if (node != NULL)
		cmd->at.node = BETA;
}

/* ---- what is asked for ---- */

static const struct reading {
	const char	*node;		/* of -n */
	const char	*text;
	uint64_t	 at, pid_node, serial;
	const char	*name;		/* as it is sent */
	const char	*asked;		/* WHEREIS, answered with BETA */
	uint64_t	 ref;
} readings[] = {
	{ NULL, "12", 0, SCRIPT_ALPHA, 12, "", NULL, 0 },
	{ NULL, "12@alpha", 0, SCRIPT_ALPHA, 12, "", NULL, 0 },
	{ NULL, "chat", 0, 0, 0, "chat", NULL, 0 },
	{ NULL, "chat@alpha", 0, 0, 0, "chat", NULL, 0 },
	{ NULL, "12@beta", BETA, BETA, 12, "", "@beta", 0 },
	{ NULL, "chat@beta", BETA, 0, 0, "chat@beta", "@beta", 0 },
	{ NULL, "4@beta!17", BETA, BETA, 4, "", "@beta", 17 },
	{ NULL, "12@beta#be7a", BETA, BETA, 12, "", NULL, 0 },
	{ NULL, "12@#be7a", BETA, BETA, 12, "", NULL, 0 },
	{ NULL, "12@gone#77", 0x77, 0x77, 12, "", NULL, 0 },
	{ NULL, "12@alpha#a1", 0, SCRIPT_ALPHA, 12, "", NULL, 0 },
	{ NULL, "chat@beta#be7a", BETA, 0, 0, "chat@beta", "@beta", 0 },
	{ "beta", "12", BETA, BETA, 12, "", NULL, 0 },
	{ "beta", "chat", BETA, 0, 0, "chat@beta", NULL, 0 },
	{ "beta", "chat@alpha", 0, 0, 0, "chat", NULL, 0 },
	{ "beta", "12@alpha", 0, SCRIPT_ALPHA, 12, "", NULL, 0 },
	{ "gamma", "12@beta", BETA, BETA, 12, "", "@beta", 0 },
};

static bool
asked_is(struct script *s, const char *want)
{
	struct frame	 f;
	bool		 was = script_asked(s, &f);

	if (want == NULL)
		return !was;
	return was && f.h.op == WIRE_WHEREIS && f.h.to.node == 0 &&
	    f.body_len == strlen(want) &&
	    memcmp(f.body, want, f.body_len) == 0 && !script_asked(s, &f);
}

static void
test_read(void)
{
	const struct reading	*r;
	struct script		 s;
	struct cmd		 cmd;
	struct dest		 d;
	bool			 held;

	for (r = readings; r < readings + sizeof(readings) /
	    sizeof(readings[0]); r++) {
		begin(&s, &cmd, r->node);
		if (r->asked != NULL)
			script_done(&s, 1, 0, (struct pid){ BETA, 0 }, "");
		held = dest_read(&cmd, r->text, &d) == 0 &&
		    d.at.node == r->at && d.at.serial == 0 &&
		    d.pid.node == r->pid_node && d.pid.serial == r->serial &&
		    d.ref == r->ref && strcmp(d.text, r->name) == 0;
		ok(held && asked_is(&s, r->asked), "%s%s%s%s", r->text,
		    r->node != NULL ? ", -n " : "",
		    r->node != NULL ? r->node : "",
		    r->asked != NULL ? ", asked for" : "");
		script_close(&s, &cmd.client);
	}
}

/* ---- what is refused ---- */

static void
refused(const char *text, int error, const char *why, int code,
    const char *said)
{
	struct script	 s;
	struct cmd	 cmd;
	struct pid	 pid;
	FILE		*file;
	char		 heard[512];
	int		 old, rc;

	begin(&s, &cmd, NULL);
	if (error != 0)
		script_done(&s, 1, error, nobody, why);
	else
		script_done(&s, 1, 0, (struct pid){ BETA, 0 }, "");
	old = script_mute(&file);
	rc = dest_resolve(&cmd, text, &pid);
	script_unmute(old, file, heard, sizeof(heard));
	is_int(rc, code, "%s: exit code %d", text, code);
	is_str(heard, said, "%s: the text", text);
	script_close(&s, &cmd.client);
}

static void
test_refused(void)
{
	refused("x@delta", ESRCH, "", CMD_NOBODY, "brood: test: no node delta "
	    "is up; brood peers -v tells more\n");
	refused("12@delta", EHOSTUNREACH, "", CMD_NOBODY, "brood: test: no "
	    "node delta is up; brood peers -v tells more\n");
	refused("nobody", ESRCH, "", CMD_NOBODY,
	    "brood: test: nobody: nobody there\n");
	refused("x@beta#1", 0, "", CMD_NOBODY,
	    "brood: test: x@beta#1: that incarnation of the node is gone\n");
	refused("a b", 0, "", CMD_USAGE, "brood: test: 'a b' is no address: "
	    "12@alpha, 12, name@alpha or name\n");
}

/* A name of another node is asked for there, and its node is known then. */
static void
test_resolve(void)
{
	struct script	 s;
	struct cmd	 cmd;
	struct pid	 pid;
	struct frame	 f;
	char		 text[ADDRESS_SIZE];

	begin(&s, &cmd, NULL);
	script_done(&s, 1, 0, (struct pid){ BETA, 0 }, "");
	script_done(&s, 2, 0, (struct pid){ BETA, 31 }, "");
	ok(dest_resolve(&cmd, "chat@beta", &pid) == 0 && pid.node == BETA &&
	    pid.serial == 31, "chat@beta is its process");
	ok(script_asked(&s, &f) && script_asked(&s, &f) &&
	    f.body_len == 9 && memcmp(f.body, "chat@beta", 9) == 0,
	    "asked for by its whole address");
	is_str(dest_print(&cmd, text, pid, false, 0), "31@beta",
	    "and called by its node's name");
	ok(!script_asked(&s, &f), "without a question");
	ok(dest_resolve(&cmd, "5@beta", &pid) == 0 && pid.serial == 5 &&
	    !script_asked(&s, &f), "a node is asked for once");
	script_close(&s, &cmd.client);
}

/* ---- names of nodes ---- */

static void
say_down(struct script *s, struct pid from, const char *cause)
{
	struct buf	 b;

	buf_init(&b, 64);
	buf_add(&b, cause, strlen(cause));
	script_say(s, WIRE_DOWN, from, 9, &b);
}

static void
test_print(void)
{
	struct script	 s;
	struct cmd	 cmd;
	struct frame	 f, kept;
	char		 text[ADDRESS_SIZE];

	begin(&s, &cmd, NULL);
	say_down(&s, (struct pid){ BETA, 3 }, "first");
	say_down(&s, (struct pid){ GAMMA, 4 }, "second");
	SCRIPT_ROW(&s, 1, "node", "beta", "state", "up");
	script_done(&s, 1, 0, nobody, "");
	SCRIPT_ROW(&s, 2, "node", "gamma", "state", "down");
	script_done(&s, 2, 0, nobody, "");
	script_done(&s, 3, ESRCH, nobody, "");

	ok(client_read(&cmd.client, &f, MONO_NEVER) == 0, "a frame is read");
	is_str(dest_print(&cmd, text, f.h.from, false, 17), "3@beta!17",
	    "the name of a node that is up");
	ok(f.body_len == 5 && memcmp(f.body, "first", 5) == 0,
	    "the frame is still there");
	ok(client_read(&cmd.client, &kept, MONO_NEVER) == 0 &&
	    kept.body_len == 6, "so is what came meanwhile");
	is_str(dest_print(&cmd, text, kept.h.from, false, 0),
	    "4@gamma#000000000009a33a",
	    "of one that is down the incarnation, too");
	is_str(dest_print(&cmd, text, (struct pid){ 0x55, 6 }, false, 0),
	    "6@#0000000000000055", "of an unknown one that alone");
	is_str(dest_print(&cmd, text, (struct pid){ BETA, 3 }, true, 0),
	    "3@beta#000000000000be7a", "in full if wanted");
	is_str(dest_print(&cmd, text, (struct pid){ SCRIPT_ALPHA, 3 }, false,
	    0), "3@alpha", "our own");
	ok(script_asked(&s, &f) && f.h.op == WIRE_QUERY &&
	    memcmp(f.body, "\4node\0\1\0\20" "000000000000be7a", 25) == 0,
	    "the question is QUERY node, the id");
	script_close(&s, &cmd.client);
}

/* A full pid that was typed is printed as it was. */
static void
test_typed(void)
{
	struct script	 s;
	struct cmd	 cmd;
	struct pid	 pid;
	char		 text[ADDRESS_SIZE];

	begin(&s, &cmd, NULL);
	ok(dest_resolve(&cmd, "12@old#0000000000000077", &pid) == 0,
	    "a pid with its incarnation");
	is_str(dest_print(&cmd, text, pid, false, 0),
	    "12@old#0000000000000077", "is printed as it was typed");
	script_close(&s, &cmd.client);
}

/* ---- patterns ---- */

static int
note_each(void *ctx, struct pid at, const char *const *words, size_t n)
{
	FILE	*out = ctx;
	size_t	 i;

	fprintf(out, "[%llx", (unsigned long long)at.node);
	for (i = 0; i < n; i++)
		fprintf(out, " %s", words[i]);
	putc(']', out);
	return 0;
}

static void
each(const char *node, const char *const *words, size_t n, const char *want)
{
	struct script	 s;
	struct cmd	 cmd;
	char		 text[512] = "";
	FILE		*out = fmemopen(text, sizeof(text), "w");

	begin(&s, &cmd, node);
	script_done(&s, 1, 0, (struct pid){ BETA, 0 }, "");
	ok(dest_each(&cmd, words, n, note_each, out) == 0, "patterns");
	fclose(out);
	is_str(text, want, "%s", want);
	script_close(&s, &cmd.client);
}
#define EACH(node, want, ...) each(node,				\
	(const char *const []){ __VA_ARGS__ },				\
	sizeof((const char *const []){ __VA_ARGS__ }) / sizeof(char *), want)

static void
test_each(void)
{
	each(NULL, NULL, 0, "[0]");
	each("beta", NULL, 0, "[be7a]");
	EACH(NULL, "[0 web* 12]", "web*", "12");
	EACH(NULL, "[be7a web* 12@beta chat][0 x tom]", "web*@beta", "x",
	    "12@beta", "tom@alpha", "chat@beta");
	EACH("beta", "[be7a web* 12][0 x 9@alpha]", "web*", "x@alpha", "12",
	    "9@alpha");
	EACH(NULL, "[77 12@old#77]", "12@old#77");
	EACH(NULL, "[0 a@b* @x]", "a@b*", "@x");
}

/* ---- a process there ---- */

static void
test_check(void)
{
	struct script	 s;
	struct cmd	 cmd;
	FILE		*file;
	char		 heard[512];
	int		 old;

	begin(&s, &cmd, NULL);
	ok(dest_check(&cmd, "3", (struct pid){ SCRIPT_ALPHA, 3 }) == 0,
	    "of our own processes nothing is asked");
	SCRIPT_ROW(&s, 1, "node", "beta", "state", "up");
	script_done(&s, 1, 0, nobody, "");
	script_done(&s, 2, 0, (struct pid){ BETA, 3 }, "");
	script_done(&s, 3, ESRCH, nobody, "");
	script_done(&s, 4, EHOSTUNREACH, nobody, "");
	ok(dest_check(&cmd, "3@beta", (struct pid){ BETA, 3 }) == 0,
	    "one of another node is there");
	old = script_mute(&file);
	is_int(dest_check(&cmd, "4@beta", (struct pid){ BETA, 4 }),
	    CMD_NOBODY, "or not");
	is_int(dest_check(&cmd, "5@beta", (struct pid){ BETA, 5 }),
	    CMD_NOBODY, "or its node is not");
	script_unmute(old, file, heard, sizeof(heard));
	is_str(heard, "brood: test: 4@beta: no such process\n"
	    "brood: test: 5@beta: its node is not reachable\n",
	    "which is said");
	script_close(&s, &cmd.client);
}

int
main(void)
{
	test_read();
	test_refused();
	test_resolve();
	test_print();
	test_typed();
	test_each();
	test_check();
	return tap_done();
}
