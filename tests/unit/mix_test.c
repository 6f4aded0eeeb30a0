/*
 * mix_test.c - three nodes, six processes, and chance: messages of all sizes,
 * connections that break, networks and nodes that stand still.
 *
 *	mix_test [seeds [steps [first]]]
 *
 * Of each pair of processes the messages come in order and once.  In the gentle
 * half of the runs no session ends, and none is missing either.  Each spawn is
 * answered once, and no child lives that nobody knows; each monitor of a
 * process whose node is gone has told so, once.
 */
#include "nodes.h"

#define NBOX		3
#define NPROC		6		/* two in each box */
#define T		1000		/* ms */
#define LARGE		(300u << 10)
#define REST		(4 * T / 5)	/* between two troubles, where gentle */

#define REFS		4096

enum { BY_PID, BY_NAME, WAYS };

struct asked {				/* a monitor, or a spawn */
	int		 by, of;	/* process; process or box */
	bool		 spawn, off;
	unsigned int	 told;
	struct pid	 child;
};

struct mix {
	struct nodes	 w;
	struct box	*box[NBOX];
	struct proc	*proc[NPROC];
	uint32_t	 sent[NPROC][NPROC][WAYS], got[NPROC][NPROC][WAYS];
	uint64_t	 refs, lost;
	struct asked	 asked[REFS];	/* by ref */
	bool		 gentle;
	int64_t		 calm;		/* no trouble before */
	int64_t		 cut_until, stop_until, hold_until;
	int		 cut[2], stop;
	char		 text[LARGE + 64];
};

static unsigned int
chance(struct mix *m, unsigned int below)
{
	return (unsigned int)(nodes_random(&m->w) % below);
}

static void
mix_open(struct mix *m, uint64_t seed)
{
	static const char *const names[] = { "alpha", "beta", "gamma" };
	static const size_t	 rooms[] = { 16 << 10, 64 << 10, 1 << 20 };
	static const size_t	 pieces[] = { 0, 700, 64 << 10 };
	static const int64_t	 delays[] = { 100000, MONO_MS(1), MONO_MS(20) };
	char			 name[16];
	int			 i;

	memset(m, 0, sizeof(*m));
	memset(m->text, 'x', sizeof(m->text) - 1);
	nodes_open(&m->w);
	m->w.seed += seed * 0x9e3779b97f4a7c15u;
	(void)nodes_random(&m->w);
	m->gentle = seed % 2 == 0;
	m->stop = -1;
	m->w.room = rooms[chance(m, 3)];
	m->w.piece = pieces[chance(m, 3)];
	m->w.delay = delays[chance(m, 3)];
	m->w.alarms_first = chance(m, 2) == 0;
	for (i = 0; i < NBOX; i++)
		m->box[i] = nodes_box(&m->w, names[i], "peer-timeout = 1s\n"
		    "high-mark = 1M\nlow-mark = 256K\nlink-window = 1M\n");
	for (i = 0; i < NPROC; i++) {
		m->proc[i] = world_worker(&m->box[i % NBOX]->w, "p");
		(void)snprintf(name, sizeof(name), "p%d", i);
		SAYS(m->proc[i]->main, TRAP, .flags = WIRE_F_ON);
		SAYS(m->proc[i]->main, REGISTER, .ref = REFS,
		    .to = proc_pid(m->proc[i]), .text = name);
	}
	nodes_know(m->box[0], m->box[1]);
	nodes_know(m->box[2], m->box[1]);
	nodes_pass(&m->w, 300);
	m->calm = m->w.now;
}

/* ---- what is sent ---- */

static void
sends(struct mix *m, size_t size, bool routes)
{
	unsigned int	 from = chance(m, NPROC), to = chance(m, NPROC);
	int		 way = chance(m, 4) == 0 ? BY_NAME : BY_PID;
	struct stream	*s = m->proc[from]->main;
	char		 name[NAME_SIZE + 16];

	if (from % NBOX == to % NBOX)
		return;
	/* One that is not read has enough to say. */
	if (s->paused && s->conn.in_len > (4u << 20))
		return;
	(void)snprintf(m->text, sizeof(m->text), "%10u %d", ++m->sent[from][to]
	    [way], way);
	memset(m->text + strlen(m->text), ' ', 1);
	m->text[13 + size] = '\0';
	if (way == BY_NAME) {
		(void)snprintf(name, sizeof(name), "p%u@%s", to,
		    m->box[to % NBOX]->name);
		PUTS(s, SEND_NAME, .name = name, .text = m->text);
	} else
		PUTS(s, SEND, .to = proc_pid(m->proc[to]), .text = m->text);
	m->text[13 + size] = 'x';
	/* Who is stopped reads it later. */
	if (routes && !s->paused && !m->box[from % NBOX]->stopped)
		world_route(s);
}

static void
asks(struct mix *m)
{
	unsigned int	 from = chance(m, NPROC), to = chance(m, NPROC);
	struct stream	*s = m->proc[from]->main;
	uint64_t	 old = 1 + nodes_random(&m->w) % (m->refs + 1);
	struct asked	*e = &m->asked[m->refs + 1];
	int		 what = (int)chance(m, 3);

	if (s->paused || m->box[from % NBOX]->stopped || from == to ||
	    m->refs == REFS - 1)
		return;
	if (what == 0) {
		if (m->asked[old].by == (int)from && !m->asked[old].spawn)
			m->asked[old].off = true;
		SAYS(s, DEMONITOR, .to = proc_pid(m->proc[to]), .ref = old);
		return;
	}
	*e = (struct asked){ .by = (int)from, .of = (int)to,
	    .spawn = what == 1 };
	if (what == 2)
		SAYS(s, MONITOR, .to = proc_pid(m->proc[to]),
		    .ref = ++m->refs);
	else if (to % NBOX != from % NBOX)
		SAYS(s, SPAWN, .to = { m->box[to % NBOX]->w.n.id, 0 },
		    .ref = ++m->refs, .flags = chance(m, 2) == 0 ?
		    WIRE_F_LINK : 0, .body = "\0\0\0\0\0\0\0\0\0\1c\0\0",
		    .n = 13);
}

/* What the parent of a box is asked for, it does. */
static void
parent(struct mix *m, struct box *b)
{
	struct proc	*p, *next;

	if (b->stopped)
		return;
	conn_out_clear(&b->w.n.parent);
	NODE_EACH(b->w.n.procs, p, next)
		if (p->state == PROC_SPAWNING && chance(m, 5) == 0)
			world_failed(p, ENOENT, "exec");
		else if (p->state == PROC_SPAWNING)
			world_spawned(p, 77);
		else if (p->ordered)
			world_dies(p, SIGKILL, true);
}

/* ---- what comes ---- */

static int
index_of(const struct mix *m, struct pid pid)
{
	int	i;

	for (i = 0; i < NPROC; i++)
		if (pid_equal(proc_pid(m->proc[i]), pid))
			return i;
	return -1;
}

static void
told(struct mix *m, const struct wire_head *h, const uint8_t *body)
{
	struct asked	*e = &m->asked[h->ref];

	if (e->spawn != (h->op == WIRE_DONE) || (e->told++ > 0))
		m->w.wrong = "told twice";
	if (h->op == WIRE_DONE && get_u32(body) == 0)
		e->child = (struct pid){ get_u64(body + 4),
		    get_u64(body + 12) };
}

static void
comes(struct mix *m, int to, const uint8_t *p, size_t n)
{
	struct wire_head	h;
	size_t			at = WIRE_HEAD;
	unsigned int		number;
	int			way, from;
	char			text[14];

	wire_get(&h, p);
	if ((h.op == WIRE_DOWN || h.op == WIRE_DONE) && h.ref <= m->refs)
		told(m, &h, p + WIRE_HEAD);
	if (h.op != WIRE_SEND && h.op != WIRE_SEND_NAME)
		return;
	if (h.op == WIRE_SEND_NAME)
		at += 1u + p[at];
	memcpy(text, p + at + 10, 13);
	text[13] = '\0';
	from = index_of(m, h.from);
	if (from == -1 || sscanf(text, "%u %d", &number, &way) != 2 ||
	    way != (h.op == WIRE_SEND_NAME)) {
		m->w.wrong = "a broken message";
		return;
	}
	if (number <= m->got[from][to][way])
		m->w.wrong = "a message twice, or late";
	m->lost += number - m->got[from][to][way] - 1;
	m->got[from][to][way] = number;
	if (n > 2 * WIRE_HEAD && p[n - 1] != 'x' && p[n - 1] != ' ')
		m->w.wrong = "a message that was cut";
}

static size_t
reads(struct mix *m, int i)
{
	struct conn	*c = &m->proc[i]->main->conn;
	const uint8_t	*p;
	size_t		 n, frames = 0;

	if (m->box[i % NBOX]->stopped)
		return 0;
	for (; (p = conn_out_peek(c, &n)) != NULL; frames++) {
		comes(m, i, p, n);
		conn_out_drop(c);
	}
	stream_flush(m->proc[i]->main);
	flow_drained(m->proc[i]);
	return frames;
}

/* ---- troubles ---- */

/* How long one lasts: so short that no session ends, or not. */
static int64_t
lasts(struct mix *m)
{
	return m->w.now + MONO_MS(1 + chance(m, m->gentle ? T / 2 :
	    2 * T));
}

static void
trouble(struct mix *m)
{
	int	i = (int)chance(m, NBOX), j = (i + 1 + (int)chance(m, NBOX - 1))
		    % NBOX;

	if (m->gentle && m->w.now < m->calm)
		return;
	switch (chance(m, 5)) {
	case 0:
		nodes_break(m->box[i], m->box[j]);
		break;
	case 1:
		nodes_half(m->box[i], m->box[j]);
		break;
	case 2:
	case 3:
		if (m->cut_until != 0)
			return;
		m->cut[0] = i;
		m->cut[1] = j;
		m->cut_until = lasts(m);
		nodes_cut(m->box[i], m->box[j], true);
		if (chance(m, 2) == 0)
			nodes_cut(m->box[j], m->box[i], true);
		break;
	case 4:
		if (m->stop != -1)
			return;
		m->stop = i;
		m->stop_until = lasts(m);
		m->box[i]->stopped = true;
		break;
	}
	m->calm = m->w.now + MONO_MS(T / 2 + REST);
}

static void
trouble_ends(struct mix *m, bool all)
{
	if (m->cut_until != 0 && (all || m->w.now >= m->cut_until)) {
		nodes_cut_both(m->box[m->cut[0]], m->box[m->cut[1]], false);
		m->cut_until = 0;
	}
	if (m->stop != -1 && (all || m->w.now >= m->stop_until)) {
		m->box[m->stop]->stopped = false;
		m->stop = -1;
	}
}

/* ---- a run ---- */

static void
step(struct mix *m)
{
	unsigned int	dice = chance(m, 100), i;

	if (dice < 50)
		sends(m, chance(m, 200), true);
	else if (dice < 53)
		sends(m, chance(m, 2) == 0 ? chance(m, LARGE) :
		    (64u << 10) + chance(m, 8u << 10), true);
	else if (dice < 57)
		for (i = chance(m, 20); i > 0; i--)
			sends(m, chance(m, 2000), i == 1);
	else if (dice < 65)
		asks(m);
	else if (dice < 85)
		nodes_until(&m->w, m->w.now + 1 + chance(m, dice < 67 ?
		    300000000 : 5000000));
	else if (dice < 95)
		(void)reads(m, (int)chance(m, NPROC));
	else if (dice < 97)
		parent(m, m->box[chance(m, NBOX)]);
	else
		trouble(m);
	trouble_ends(m, false);
}

/* Everything that is under way comes. */
static void
settle(struct mix *m)
{
	size_t	n;
	int	i, idle, j;

	trouble_ends(m, true);
	for (idle = j = 0; idle < 20 && j < 3000; j++) {
		nodes_pass(&m->w, 100);
		for (i = 0; i < NBOX; i++)
			parent(m, m->box[i]);
		for (n = 0, i = 0; i < NPROC; i++)
			n += reads(m, i);
		idle = n == 0 ? idle + 1 : 0;
	}
	if (j == 3000)
		m->w.wrong = "it never settles";
}

static void
check(struct mix *m)
{
	const struct peer	*p, *next;
	int			 i, j, way;
	uint64_t		 ended = 0;

	for (i = 0; i < NBOX; i++) {
		ended += m->box[i]->w.n.stats.sessions_ended;
		if (m->box[i]->w.n.stats.bad_frames != 0)
			m->w.wrong = "somebody is called broken";
		if (m->box[i]->w.n.frame_memory.used != 0)
			m->w.wrong = "half frames are left";
		NODE_EACH(m->box[i]->w.n.peers, p, next)
			if (p->lanes.data != 0 || p->lanes.by_serial != NULL ||
			    p->lanes.by_name != NULL || p->lanes.over)
				m->w.wrong = "lanes are not empty";
	}
	if (m->gentle && ended != 0)
		m->w.wrong = "a session has ended";
	for (i = 0; i < NPROC; i++)
		for (j = 0; j < NPROC; j++)
			for (way = 0; way < WAYS; way++)
				m->lost += m->sent[i][j][way] -
				    m->got[i][j][way];
	if (ended == 0 && m->lost != 0)
		m->w.wrong = "messages are lost";
}

static bool
is_known(const struct mix *m, struct pid child)
{
	uint64_t	i;

	for (i = 1; i <= m->refs; i++)
		if (pid_equal(m->asked[i].child, child))
			return true;
	return false;
}

/* Births and requests are settled. */
static void
check_births(struct mix *m)
{
	const struct peer	*e, *nexte;
	struct proc		*p, *next;
	uint64_t		 ref;
	int			 i;

	for (i = 0; i < NBOX; i++) {
		if (m->box[i]->w.n.errands != NULL)
			m->w.wrong = "a request is left";
		NODE_EACH(m->box[i]->w.n.peers, e, nexte)
			if (!LIST_EMPTY(&e->births))
				m->w.wrong = "a birth is left";
		NODE_EACH(m->box[i]->w.n.procs, p, next)
			if (p->serial > 2 && !is_known(m, proc_pid(p)))
				m->w.wrong = "a child that nobody knows";
	}
	for (ref = 1; ref <= m->refs; ref++)
		if (m->asked[ref].spawn && m->asked[ref].told != 1)
			m->w.wrong = "a spawn was not answered";
}

/* Two nodes are gone: who is left has been told of all that died. */
static void
check_deaths(struct mix *m)
{
	const struct asked	*e;
	uint64_t		 ref;
	int			 i;

	box_dies(m->box[1], true);
	box_dies(m->box[2], false);
	nodes_pass(&m->w, 3 * T);
	for (i = 0; i < NPROC; i += NBOX)
		(void)reads(m, i);
	for (ref = 1; ref <= m->refs; ref++) {
		e = &m->asked[ref];
		if (!e->spawn && !e->off && e->by % NBOX == 0 &&
		    e->of % NBOX != 0 && e->told != 1)
			m->w.wrong = "a death was not told";
	}
}

static bool
run(uint64_t seed, int steps, uint64_t sum[3])
{
	static struct mix	m;
	int			i;

	mix_open(&m, seed);
	for (i = 0; i < steps && m.w.wrong == NULL; i++)
		step(&m);
	if (m.w.wrong == NULL)
		settle(&m);
	if (m.w.wrong == NULL)
		check(&m);
	if (m.w.wrong == NULL)
		check_births(&m);
	for (i = 0; i < NBOX; i++) {
		sum[0] += m.box[i]->w.n.stats.frames_received;
		sum[1] += m.box[i]->w.n.stats.resumes;
		sum[2] += m.box[i]->w.n.stats.sessions_ended;
	}
	if (m.w.wrong == NULL)
		check_deaths(&m);
	nodes_close_quietly(&m.w);
	if (m.w.wrong == NULL)
		return true;
	note("seed %llu%s: %s", (unsigned long long)seed, m.gentle ?
	    ", gentle" : "", m.w.wrong);
	return false;
}

int
main(int argc, char **argv)
{
	uint64_t	seeds = 30, first = 0, seed, sum[3] = { 0 };
	int		steps = 1000;
	bool		good = true;

	if (argc > 1)
		seeds = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		steps = (int)strtol(argv[2], NULL, 10);
	if (argc > 3)
		first = strtoull(argv[3], NULL, 10);
	for (seed = first; seed < first + seeds; seed++)
		good = run(seed, steps, sum) && good;
	ok(good, "order holds, whatever happens: %llu frames, %llu resumes, "
	    "%llu ends of sessions", (unsigned long long)sum[0],
	    (unsigned long long)sum[1], (unsigned long long)sum[2]);
	return tap_done();
}
