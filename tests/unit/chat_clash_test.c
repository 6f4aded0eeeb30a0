/*
 * chat_clash_test.c - one name on several servers of the chat: exactly one
 * keeps it, the same one everywhere, in whatever order they hear of it.
 */
#include "chat_scene.h"

#define SYSTEM	"You have been kicked: by SYSTEM\n"

/* ---- by hand ---- */

/* Clients 0 and 1 take the name in this order, 2 looks on from a third. */
static void
two(int first, int second, bool third_hears_second_first)
{
	scene_up(3);
	scene_enter(2, 2, "carol");
	scene_settle();
	scene_enter(0, first, "bob");
	scene_enter(1, second, "bob");
	(void)scene_shown(0), (void)scene_shown(1), (void)scene_shown(2);
	(void)scene_deliver(third_hears_second_first ? second : first, 2);
	scene_settle();
	is_str(scene_shown(0), "", "who was first keeps the name");
	is_str(scene_shown(1), SYSTEM, "the other reads why");
	ok(scene.client[1].ended && !scene.client[0].ended, "and goes");
	is_str(scene_shown(2), third_hears_second_first ?
	    "*** bob has connected\n*** bob has disconnected\n"
	    "*** bob has connected\n" : "*** bob has connected\n",
	    "a third server shows what it heard");
	scene_line(2, "/tell bob x");
	scene_settle();
	is_str(scene_shown(0), "*carol*: x\n", "the name is that of the first");
	scene_down();
}

static void
test_heal(void)
{
	int	i;

	scene_up(2);
	scene.cut[0][1] = scene.cut[1][0] = true;
	scene_enter(0, 0, "bob");
	scene_enter(1, 1, "bob");
	scene_enter(2, 0, "alice");
	scene_enter(3, 1, "carol");
	for (i = 0; i < 4; i++)
		(void)scene_shown(i);
	scene.cut[0][1] = scene.cut[1][0] = false;
	scene_introduce(0, 1);
	scene_introduce(1, 0);
	scene_settle();
	is_str(scene_shown(1), SYSTEM, "healing: the later one goes");
	is_str(scene_shown(2), "*** carol has connected\n",
	    "healing: where the earlier one is nothing happens to the name");
	is_str(scene_shown(3), "*** bob has disconnected\n"
	    "*** bob has connected\n*** alice has connected\n",
	    "healing: where the later one was it changes hands");
	scene_down();
}

/* Equal numbers: a home decides, and both sides decide alike. */
static void
test_equal(void)
{
	scene_up(2);
	scene_enter(0, 0, "bob");
	scene.now--;
	scene_enter(1, 1, "bob");
	scene_settle();
	ok(scene.client[0].ended != scene.client[1].ended,
	    "in the same microsecond: one goes, one stays");
	scene_down();
}

/* The third server never hears of the first's user but from itself. */
static void
test_shadow(void)
{
	scene_up(3);
	scene.cut[0][1] = scene.cut[1][0] = true;
	scene_enter(2, 2, "carol");
	scene_settle();
	scene_enter(0, 0, "bob");
	scene_enter(1, 1, "bob");
	(void)scene_shown(2);
	scene_settle();
	is_str(scene_shown(2), "*** bob has connected\n",
	    "two that cannot hear each other: the earlier one is shown");
	scene_leave(0);
	scene_settle();
	is_str(scene_shown(2), "*** bob has disconnected\n"
	    "*** bob has connected\n",
	    "when it leaves, the other has the name");
	scene_line(2, "/kick bob");
	scene_settle();
	ok(strstr(scene.client[1].text, "by carol") != NULL,
	    "and is who is meant");
	scene_down();
}

static void
test_replaced(void)
{
	const char	*names[] = { "dave", "erin" };
	uint64_t	 numbers[] = { 7, 8 };

	scene_up(1);
	scene_enter(0, 0, "alice");
	(void)scene_shown(0);
	room_on_users(scene.room[0], scene_pid(1), names, numbers, 2);
	is_str(scene_shown(0), "*** dave has connected\n"
	    "*** erin has connected\n", "users are told");
	room_on_users(scene.room[0], scene_pid(1), names, numbers, 2);
	is_str(scene_shown(0), "", "told again, nothing is doubled");
	numbers[1] = 9;
	room_on_users(scene.room[0], scene_pid(1), names + 1, numbers + 1, 1);
	is_str(scene_shown(0), "*** dave has disconnected\n"
	    "*** erin has disconnected\n*** erin has connected\n",
	    "who is not among them is gone, who came again is new");
	scene_down();
}

/* ---- at random ---- */

static uint64_t	seed;

static int
chance(int n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int)((seed >> 33) % (uint64_t)n);
}

static void
partition(int a, int b)
{
	bool	cut = !scene.cut[a][b];

	scene.cut[a][b] = scene.cut[b][a] = cut;
	if (cut) {
		scene_lose(a, b);
		scene_lose(b, a);
	} else {
		scene_introduce(a, b);
		scene_introduce(b, a);
	}
}

static void
step(void)
{
	static const char *const	names[] = { "a", "b", "c", "d" };
	int				c = chance(CLIENTS), a = chance(ROOMS);
	char				kick[16];

	switch (chance(8)) {
	case 0:
	case 1:
		if (scene.client[c].guest == NULL || scene.client[c].ended) {
			scene_leave(c);
			scene_enter(c, a, names[chance(4)]);
		}
		break;
	case 2:
		scene_leave(c);
		break;
	case 3:
		(void)snprintf(kick, sizeof(kick), "/kick %s",
		    names[chance(4)]);
		/* Without a name it would be one. */
		if (scene.client[c].guest != NULL &&
		    *room_name(scene.client[c].guest) != '\0')
			scene_line(c, kick);
		break;
	case 4:
		if (chance(20) == 0)
			partition(a, (a + 1) % ROOMS);
		break;
	default:
		(void)scene_deliver(a, (a + 1 + chance(2)) % ROOMS);
	}
	scene.now -= (uint64_t)chance(2);	/* equal numbers, too */
}

/* All rooms know the same users, and no name has two. */
static bool
agreed(void)
{
	struct user	 users[CLIENTS];
	int		 home[128], i;
	size_t		 n, k;
	char		 tell[32];

	memset(home, -1, sizeof(home));
	for (i = 0; i < ROOMS; i++) {
		n = room_users(scene.room[i], users, CLIENTS);
		for (k = 0; k < n; k++) {
			if (home[(int)users[k].name[0]] != -1)
				return false;
			home[(int)users[k].name[0]] = i;
		}
	}
	/* What each thinks of each name shows in where a tell goes. */
	for (i = 0; i < ROOMS; i++) {
		scene_enter(0, i, "probe");
		scene_settle();
		for (k = 'a'; k <= 'd'; k++) {
			scene.client[0].text[0] = '\0';
			(void)snprintf(tell, sizeof(tell), "/tell %c x",
			    (int)k);
			scene_line(0, tell);
			if ((home[k] == -1) != (strstr(scene.client[0].text,
			    "not connected.") != NULL))
				return false;
		}
		scene_settle();
		scene_leave(0);
		scene_settle();
	}
	return true;
}

static bool
round_of(uint64_t s)
{
	int	i, a;
	bool	good;

	seed = s;
	scene.now = 1000;
	scene_up(3);
	for (i = 0; i < 3000; i++)
		step();
	for (a = 0; a < ROOMS; a++)
		if (scene.cut[a][(a + 1) % ROOMS])
			partition(a, (a + 1) % ROOMS);
	scene_settle();
	scene_leave(0);
	scene_settle();
	good = agreed();
	scene_down();
	return good;
}

int
main(void)
{
	uint64_t	s;

	two(0, 1, false);
	two(1, 0, false);
	two(0, 1, true);
	two(1, 0, true);
	test_heal();
	test_equal();
	test_shadow();
	test_replaced();
	for (s = 1; s <= 200 && round_of(s); s++)
		continue;
	ok(s > 200, "200 random histories: all agree at the end (seed %d)",
	    (int)s);
	return tap_done();
}
