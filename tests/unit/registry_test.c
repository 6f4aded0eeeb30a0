/* registry_test.c - addresses of people, names of this node and of others. */
#include "peers.h"

/*
 * Process 1 is a worker named srv, 2 is being spawned as soon, 3 has exited.
 * beta has a session, gone had one.
 */
static struct peer *
open_three(struct world *w)
{
	struct proc	*p, *owner;
	struct peer	*beta;

	peers_open(w, "");
	p = world_worker(w, "a");
	BUG_ON(names_add(p, "srv", &owner) == -1);
	p = proc_new(&w->n, PROC_WORKER, "b", "");
	BUG_ON(p == NULL || names_add(p, "soon", &owner) == -1);
	p->birth = calloc(1, sizeof(*p->birth));
	p = world_worker(w, "c");
	BUG_ON(names_add(p, "late", &owner) == -1);
	world_exits(p, 0, false);
	beta = peers_add(w, BETA, "beta");
	peers_end(peers_add(w, BETA + 1, "gone"));
	return beta;
}

static void
close_three(struct world *w)
{
	world_turn(w);
	peers_close(w);
}

#define HEX_ALPHA	"000000000000004d"	/* WORLD_ID */
#define HEX_BETA	"0000000000000058"

static const struct {
	const char		*text;
	enum registry_where	 where;
	int			 err;		/* of registry_where */
	int			 found;		/* registry_find: 0 or errno */
	struct pid		 pid;
} rows[] = {
	{ "srv", REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "srv@alpha", REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "1", REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "1@alpha", REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "1@alpha#" HEX_ALPHA, REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "1@#" HEX_ALPHA, REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "1@other#" HEX_ALPHA, REGISTRY_HERE, 0, 0, { WORLD_ID, 1 } },
	{ "soon", REGISTRY_HERE, 0, ESRCH, { 0, 0 } },
	{ "2", REGISTRY_HERE, 0, ESRCH, { WORLD_ID, 2 } },
	{ "late", REGISTRY_HERE, 0, ESRCH, { 0, 0 } },
	{ "3", REGISTRY_HERE, 0, ESRCH, { WORLD_ID, 3 } },
	{ "none", REGISTRY_HERE, 0, ESRCH, { 0, 0 } },
	{ "99", REGISTRY_HERE, 0, ESRCH, { WORLD_ID, 99 } },
	{ "srv@beta", REGISTRY_THERE, 0, EHOSTUNREACH, { 0, 0 } },
	{ "7@beta", REGISTRY_THERE, 0, EHOSTUNREACH, { 0, 0 } },
	{ "7@#" HEX_BETA, REGISTRY_THERE, 0, EHOSTUNREACH, { 0, 0 } },
	{ "7@alpha#" HEX_BETA, REGISTRY_THERE, 0, EHOSTUNREACH, { 0, 0 } },
	{ "srv@gone", REGISTRY_NOWHERE, EHOSTUNREACH, EHOSTUNREACH,
	    { 0, 0 } },
	{ "7@#0000000000000059", REGISTRY_NOWHERE, EHOSTUNREACH, EHOSTUNREACH,
	    { 0, 0 } },
	{ "7@nobody", REGISTRY_NOWHERE, EHOSTUNREACH, EHOSTUNREACH,
	    { 0, 0 } },
	{ "7@beta#5", REGISTRY_NOWHERE, EHOSTUNREACH, EHOSTUNREACH,
	    { 0, 0 } },
	/* Of an incarnation of this node that is no more. */
	{ "7@alpha#5", REGISTRY_NOWHERE, EHOSTUNREACH, ESRCH, { 5, 7 } },
	{ "", REGISTRY_NOWHERE, EINVAL, EINVAL, { 0, 0 } },
	{ "a b", REGISTRY_NOWHERE, EINVAL, EINVAL, { 0, 0 } },
	{ "srv@", REGISTRY_NOWHERE, EINVAL, EINVAL, { 0, 0 } },
};

static void
test_addresses(void)
{
	struct world		 w;
	struct peer		*beta, *peer;
	struct address		 a;
	struct pid		 pid;
	enum registry_where	 where;
	size_t			 i;

	beta = open_three(&w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		errno = 0;
		where = registry_where(&w.n, rows[i].text, &a, &peer);
		ok(where == rows[i].where && (where != REGISTRY_NOWHERE ||
		    errno == rows[i].err) && (where == REGISTRY_THERE) ==
		    (peer == beta), "'%s': where it points", rows[i].text);
		is_int(registry_find(&w.n, rows[i].text, &pid), rows[i].found,
		    "'%s': found, or why not", rows[i].text);
		ok(pid_equal(pid, rows[i].pid), "'%s': its pid",
		    rows[i].text);
	}
	close_three(&w);
}

static const struct {
	const char	*text;
	int		 found;
	struct pid	 pid;
} nodes[] = {
	{ "@alpha", 0, { WORLD_ID, 0 } },
	{ "@beta", 0, { BETA, 0 } },
	{ "@gone", ESRCH, { 0, 0 } },
	{ "@nobody", ESRCH, { 0, 0 } },
	{ "@", ESRCH, { 0, 0 } },
};

static void
test_nodes(void)
{
	struct world	w;
	struct pid	pid;
	size_t		i;

	(void)open_three(&w);
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		is_int(registry_find(&w.n, nodes[i].text, &pid),
		    nodes[i].found, "'%s'", nodes[i].text);
		ok(pid_equal(pid, nodes[i].pid), "'%s': its id",
		    nodes[i].text);
	}
	close_three(&w);
}

static const struct {
	const char	*what, *name;
	struct pid	 pid;
	int		 err;
	uint64_t	 out;		/* serial of the pid that is told */
} adds[] = {
	{ "a name", "new", { WORLD_ID, 1 }, 0, 1 },
	{ "it has it already", "new", { WORLD_ID, 1 }, 0, 1 },
	{ "another's", "srv", { WORLD_ID, 2 }, EEXIST, 1 },
	{ "one that is being spawned", "spare", { WORLD_ID, 2 }, 0, 2 },
	{ "one that has exited", "spare2", { WORLD_ID, 3 }, ESRCH, 3 },
	{ "nobody", "spare2", { WORLD_ID, 99 }, ESRCH, 99 },
	{ "one of another node", "spare2", { BETA, 1 }, ESRCH, 1 },
	{ "no name", "1", { WORLD_ID, 1 }, EINVAL, 0 },
};

static void
test_add(void)
{
	struct world	w;
	struct pid	pid;
	struct address	a;
	size_t		i;

	(void)open_three(&w);
	for (i = 0; i < sizeof(adds) / sizeof(adds[0]); i++) {
		is_int(registry_add(&w.n, adds[i].pid, adds[i].name, &pid),
		    adds[i].err, "add: %s", adds[i].what);
		is_int((intmax_t)pid.serial, (intmax_t)adds[i].out,
		    "add: %s: the pid that is told", adds[i].what);
	}
	BUG_ON(address_parse("soon", &a) == -1);
	ok(registry_by_name(&w.n, &a) != NULL, "by name: being spawned");
	BUG_ON(address_parse("soon@alpha", &a) == -1);
	ok(registry_by_name(&w.n, &a) != NULL, "by name: with the node");
	BUG_ON(address_parse("soon@beta", &a) == -1);
	ok(registry_by_name(&w.n, &a) == NULL, "by name: of another node");
	close_three(&w);
}

int
main(void)
{
	test_addresses();
	test_nodes();
	test_add();
	return tap_done();
}
