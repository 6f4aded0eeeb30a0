/* names_test.c - names: taken, reserved, freed. */
#include "world.h"

static void
test_names(void)
{
	struct world	 w;
	struct proc	*a, *b, *owner;

	world_open(&w, "");
	a = world_worker(&w, "a");
	b = world_worker(&w, "b");
	is_int(names_add(a, "chat", &owner), 0, "a name");
	is_int(names_add(a, "chat", &owner), 0, "which it has already");
	is_int(names_add(a, "talk", &owner), 0, "a second one");
	is_int(a->nnames, 2, "it has two");
	ok(names_find(&w.n, "chat") == a, "it is found");
	is_int(names_add(b, "chat", &owner), -1, "another's");
	ok(errno == EEXIST && owner == a, "EEXIST, and who has it");
	is_int(names_drop(&w.n, "chat"), 0, "taken away");
	errno = 0;
	ok(names_find(&w.n, "chat") == NULL && errno == ESRCH, "not found");
	errno = 0;
	is_int(names_drop(&w.n, "chat"), -1, "taken away twice");
	is_int(errno, ESRCH, "ESRCH");
	is_int(names_add(b, "chat", &owner), 0, "free for the other");
	world_dies(a, 0, false);
	ok(names_find(&w.n, "talk") == NULL, "freed by a death");
	ok(names_find(&w.n, "chat") == b, "another's is not");
	world_close(&w);
}

static void
test_what_is_no_name(void)
{
	static const char *const bad[] = { "", "1", "-a", ".a", "_a", "a b",
	    "a@b", "a!1", "a#1", "a/b", "\xc3\xa4", "a\n" };
	struct world	 w;
	struct proc	*a, *owner;
	char		 longest[NAME_SIZE + 1];
	size_t		 i;

	world_open(&w, "");
	a = world_worker(&w, "a");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		ok(names_add(a, bad[i], &owner) == -1 && errno == EINVAL,
		    "no name: bad one %zu", i);
	}
	memset(longest, 'x', sizeof(longest));
	longest[NAME_SIZE] = '\0';
	is_int(names_add(a, longest, &owner), -1, "64 characters are many");
	longest[NAME_SIZE - 1] = '\0';
	is_int(names_add(a, longest, &owner), 0, "63 are not");
	ok(names_find(&w.n, longest) == a, "and are found");
	world_close(&w);
}

static void
test_limit(void)
{
	struct world	 w;
	struct proc	*a, *owner;
	char		 name[NAME_SIZE];
	int		 i;

	world_open(&w, "");
	a = world_worker(&w, "a");
	for (i = 0; i < NODE_NAMES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		if (names_add(a, name, &owner) == -1)
			break;
	}
	is_int(i, NODE_NAMES_MAX, "so many names");
	errno = 0;
	ok(names_add(a, "more", &owner) == -1 && errno == EMFILE &&
	    owner == NULL, "no more: EMFILE");
	is_int(names_add(a, "n0", &owner), 0, "one it has is no error");
	world_close(&w);
}

static void
test_reserved(void)
{
	struct world	 w;
	struct proc	*a, *p, *owner;

	world_open(&w, "[worker chat]\nprogram = x\n");
	a = world_worker(&w, "a");
	is_int(names_reserve(&w.n, "chat"), 0, "reserved");
	errno = 0;
	ok(names_add(a, "chat", &owner) == -1 && errno == EEXIST &&
	    owner == NULL, "a reserved name is taken, by nobody");
	ok(names_find(&w.n, "chat") == NULL, "and not found");
	is_int(spawn_section(&w.n, conf_worker(w.conf, "chat")), 0,
	    "its section starts");
	ok((p = names_find(&w.n, "chat")) != NULL, "and has it");
	world_spawned(p, 5);
	world_dies(p, 0, false);
	ok(names_find(&w.n, "chat") == NULL, "when it ended: nobody");
	ok(names_add(a, "chat", &owner) == -1, "but still reserved");
	names_unreserve(&w.n, "chat");
	is_int(names_add(a, "chat", &owner), 0, "until that is taken back");
	is_int(names_reserve(&w.n, "chat"), 0, "reserved while in use");
	ok(names_find(&w.n, "chat") == a, "is still its owner's");
	world_dies(a, 0, false);
	a = world_worker(&w, "a");
	ok(names_add(a, "chat", &owner) == -1, "and then nobody else's");
	names_unreserve(&w.n, "chat");
	names_unreserve(&w.n, "chat");
	names_unreserve(&w.n, "never");
	ok(w.n.names == NULL, "nothing is left");
	world_close(&w);
}

/* By frames: who may name whom, and what the answers say. */
static void
test_frames(void)
{
	static const struct {
		const char	*name, *text;
		enum wire_op	 op;
		struct pid	 to;
		const char	*want;
	} rows[] = {
		{ "another process", "chat", WIRE_REGISTER, { WORLD_ID, 2 },
		    "DONE #1 0 2" },
		{ "taken: the owner is told", "chat", WIRE_REGISTER,
		    { WORLD_ID, 1 }, "DONE #1 EEXIST 2" },
		{ "nobody", "x", WIRE_REGISTER, { WORLD_ID, 99 },
		    "DONE #1 ESRCH 99" },
		{ "of another node", "x", WIRE_REGISTER, { 5, 2 },
		    "DONE #1 EHOSTUNREACH node unknown: "
		    "No route to host" },
		{ "no name", "1x", WIRE_REGISTER, { WORLD_ID, 1 },
		    "DONE #1 EINVAL" },
		{ "whereis", "chat", WIRE_WHEREIS, { 0, 0 }, "DONE #1 0 2" },
		{ "whereis with its node", "chat@alpha", WIRE_WHEREIS,
		    { 0, 0 }, "DONE #1 0 2" },
		{ "whereis of another node", "chat@beta", WIRE_WHEREIS,
		    { 0, 0 }, "DONE #1 EHOSTUNREACH" },
		{ "whereis nobody", "nobody", WIRE_WHEREIS, { 0, 0 },
		    "DONE #1 ESRCH" },
		{ "whereis a pid", "2@alpha", WIRE_WHEREIS, { 0, 0 },
		    "DONE #1 0 2" },
		{ "whereis a pid, short", "2", WIRE_WHEREIS, { 0, 0 },
		    "DONE #1 0 2" },
		{ "whereis a pid in full", "2@alpha#4d", WIRE_WHEREIS,
		    { 0, 0 }, "DONE #1 0 2" },
		{ "whereis a pid of an earlier life", "2@alpha#4e",
		    WIRE_WHEREIS, { 0, 0 }, "DONE #1 ESRCH 2" },
		{ "whereis a dead pid", "99@alpha", WIRE_WHEREIS, { 0, 0 },
		    "DONE #1 ESRCH 99" },
		{ "whereis no address", "a b", WIRE_WHEREIS, { 0, 0 },
		    "DONE #1 EINVAL" },
		{ "unregister", "chat", WIRE_UNREGISTER, { 0, 0 },
		    "DONE #1 0" },
		{ "unregister nobody's", "chat", WIRE_UNREGISTER, { 0, 0 },
		    "DONE #1 ESRCH" },
	};
	struct world	 w;
	struct proc	*a;
	size_t		 i;

	world_open(&w, "");
	a = world_worker(&w, "a");
	(void)world_worker(&w, "b");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_says(a->main, (struct say){ .op = rows[i].op,
		    .to = rows[i].to, .ref = 1, .text = rows[i].text });
		is_str(world_heard(a->main), rows[i].want, "%s",
		    rows[i].name);
	}
	is_int((int)w.n.stats.bad_frames, 0, "none of it is a bad frame");
	world_close(&w);
}

int
main(void)
{
	test_names();
	test_what_is_no_name();
	test_limit();
	test_reserved();
	test_frames();
	return tap_done();
}
