/*
 * chat_room_test.c - the rules of the chat: every text, one server and more.
 *
 * A row is something done, and what all clients are shown then, whole.
 */
#include "chat_scene.h"

enum act { END, ENTER, LINE, LEAVE, TOO_LONG };

/* Client numbers of one digit are written in front of what each is shown. */
struct step {
	enum act	 act;
	int		 client, room;
	const char	*line;
	const char	*shown[4];		/* by client; NULL: nothing */
};

#define PROMPT	"What is your name?\n"

static const struct step	texts[] = {
	{ ENTER, 0, 0, NULL, { PROMPT } },
	{ LINE, 0, 0, "", { PROMPT } },
	{ TOO_LONG, 0, 0, NULL,
	    { "The line is too long (at most 64 bytes)\n" PROMPT } },
	{ LINE, 0, 0, "123456789012345678901234567890123",
	    { "The name is too long (at most 32 bytes)\n" PROMPT } },
	{ LINE, 0, 0, "alice", { "*** alice has connected\n" } },
	{ ENTER, 1, 0, NULL, { NULL, PROMPT } },
	{ LINE, 0, 0, "nobody else sees", { "<alice>: nobody else sees\n" } },
	{ LINE, 1, 0, "alice", { NULL,
	    "The name alice is in use, please choose another\n" PROMPT } },
	{ LINE, 1, 0, "bob", { "*** bob has connected\n",
	    "*** bob has connected\n" } },
	{ LINE, 1, 0, "  two  blanks ", { "<bob>:   two  blanks \n",
	    "<bob>:   two  blanks \n" } },
	{ LINE, 1, 0, "", { "<bob>: \n", "<bob>: \n" } },
	{ TOO_LONG, 1, 0, NULL, { NULL,
	    "The line is too long (at most 64 bytes)\n" } },
	{ LINE, 0, 0, "/tell bob a  b", { NULL, "*alice*: a b\n" } },
	{ LINE, 0, 0, "/tell bob", { NULL, "*alice*: \n" } },
	{ LINE, 0, 0, "/tell alice me", { "*alice*: me\n" } },
	{ LINE, 0, 0, "/tell carol hi", { "carol is not connected.\n" } },
	{ LINE, 0, 0, "/tell", { "Unrecognised command: /tell\n" } },
	{ LINE, 0, 0, "/kick carol", { "*** carol is not connected\n" } },
	{ LINE, 0, 0, "/kick", { "Unrecognised command: /kick\n" } },
	{ LINE, 0, 0, "/kick bob x",
	    { "Unrecognised command: /kick bob x\n" } },
	{ LINE, 0, 0, "  /foo bar", { "Unrecognised command:   /foo bar\n" } },
	{ LINE, 0, 0, "/quit x", { "Unrecognised command: /quit x\n" } },
	{ LINE, 0, 0, "a / b", { "<alice>: a / b\n", "<alice>: a / b\n" } },
	{ ENTER, 2, 0, NULL, { NULL, NULL, PROMPT } },
	{ LINE, 2, 0, "Alice", { "*** Alice has connected\n",
	    "*** Alice has connected\n", "*** Alice has connected\n" } },
	{ LINE, 0, 0, "/kick bob",
	    { "*** you kicked bob\n*** bob has disconnected\n",
	    "You have been kicked: by alice\n",
	    "*** bob has disconnected\n" } },
	{ LINE, 1, 0, "is not heard any more", { NULL } },
	{ LINE, 0, 0, "/kick bob", { "*** bob is not connected\n" } },
	{ LINE, 0, 0, "/kick alice", { "You have been kicked: by alice\n",
	    NULL, "*** alice has disconnected\n" } },
	{ ENTER, 1, 0, NULL, { NULL, PROMPT } },
	{ LINE, 1, 0, "two words", { NULL, "*** two words has connected\n",
	    "*** two words has connected\n" } },
	{ LINE, 2, 0, "/tell two words", { NULL, NULL,
	    "two is not connected.\n" } },
	{ LINE, 1, 0, " /quit ", { NULL, NULL,
	    "*** two words has disconnected\n" } },
	{ LEAVE, 2, 0, NULL, { NULL } },
	{ ENTER, 0, 0, NULL, { PROMPT } },
	{ LEAVE, 0, 0, NULL, { NULL } },
	{ END, 0, 0, NULL, { NULL } }
};

/* alice has 0, bob 1, carol 2. */
static const struct step	servers[] = {
	{ ENTER, 0, 0, NULL, { PROMPT } },
	{ LINE, 0, 0, "alice", { "*** alice has connected\n" } },
	{ ENTER, 1, 1, NULL, { NULL, PROMPT } },
	{ LINE, 1, 1, "alice", { NULL,
	    "The name alice is in use, please choose another\n" PROMPT } },
	{ LINE, 1, 1, "bob", { "*** bob has connected\n",
	    "*** bob has connected\n" } },
	{ ENTER, 2, 2, NULL, { NULL, NULL, PROMPT } },
	{ LINE, 2, 2, "carol", { "*** carol has connected\n",
	    "*** carol has connected\n", "*** carol has connected\n" } },
	{ LINE, 2, 2, "hi", { "<carol>: hi\n", "<carol>: hi\n",
	    "<carol>: hi\n" } },
	{ LINE, 1, 1, "/tell alice a  b", { "*bob*: a b\n" } },
	{ LINE, 1, 1, "/tell alice", { "*bob*: \n" } },
	{ LINE, 1, 1, "/tell dave x", { NULL, "dave is not connected.\n" } },
	{ LINE, 2, 2, "/kick bob", { "*** bob has disconnected\n",
	    "You have been kicked: by carol\n",
	    "*** you kicked bob\n*** bob has disconnected\n" } },
	{ LINE, 2, 2, "/kick bob", { NULL, NULL,
	    "*** bob is not connected\n" } },
	{ LEAVE, 0, 0, NULL, { NULL, NULL, "*** alice has disconnected\n" } },
	{ END, 0, 0, NULL, { NULL } }
};

static void
perform(const struct step *s)
{
	struct scene_client	*c = &scene.client[s->client];

	switch (s->act) {
	case ENTER:
		scene_leave(s->client);
		scene_enter(s->client, s->room, NULL);
		break;
	case LINE:
		scene_line(s->client, s->line);
		break;
	case TOO_LONG:
		room_line(scene.room[c->room], c->guest, NULL, 0, 1);
		break;
	case LEAVE:
		scene_leave(s->client);
		break;
	case END:
		break;
	}
	scene_settle();
}

static void
play(const char *title, const struct step *s, int rooms)
{
	const char	*want;
	int		 i, k;

	scene_up(rooms);
	for (i = 0; s->act != END; s++, i++) {
		perform(s);
		for (k = 0; k < 4; k++) {
			want = s->shown[k] == NULL ? "" : s->shown[k];
			is_str(scene_shown(k), want, "%s %d: client %d", title,
			    i, k);
		}
	}
	scene_down();
}

/* ---- what is on its way may be late ---- */

static void
test_late_kick(void)
{
	scene_up(2);
	scene_enter(0, 0, "alice");
	scene_enter(1, 1, "bob");
	scene_settle();
	scene_line(0, "/kick bob");
	ok(room_owes(scene.client[0].guest), "an answer is owed");
	/* Before it comes another one has the name. */
	scene_leave(1);
	scene_enter(2, 1, "bob");
	(void)scene_shown(2);
	(void)scene_shown(0);
	scene_settle();
	is_str(scene_shown(2), "", "a late kick does not hit who has the name");
	is_str(scene_shown(0), "*** bob has disconnected\n"
	    "*** bob has connected\n*** bob is not connected\n",
	    "and its sender is told so");
	ok(scene.client[0].settled && !room_owes(scene.client[0].guest),
	    "nothing is owed any more");
	scene_down();
}

/* A clock that stands still, or goes back, makes no two users one. */
static void
test_clock(void)
{
	scene.now = 1000;
	scene_up(2);
	scene_enter(0, 0, "alice");
	scene_enter(1, 1, "bob");
	scene_settle();
	scene_line(0, "/kick bob");
	scene_leave(1);
	scene.now = 500;
	scene_enter(2, 1, "bob");
	(void)scene_shown(2);
	scene_settle();
	is_str(scene_shown(2), "", "nor when the clock has gone back");
	scene_leave(2);
	scene.now = 1001;
	scene_enter(1, 1, "bob");
	scene_settle();
	scene_line(0, "/kick bob");
	scene_leave(1);
	scene.now = 1001;
	scene_enter(2, 1, "bob");
	(void)scene_shown(2);
	scene_settle();
	is_str(scene_shown(2), "", "nor when it stands still");
	scene_down();
}

static void
test_late_tell(void)
{
	scene_up(2);
	scene_enter(0, 0, "alice");
	scene_enter(1, 1, "bob");
	scene_settle();
	scene_line(0, "/tell bob secret");
	scene_leave(1);
	scene_enter(2, 1, "bob");
	(void)scene_shown(2);
	scene_settle();
	is_str(scene_shown(2), "", "a late tell is for nobody else");
	scene_down();
}

static void
test_answer_to_nobody(void)
{
	scene_up(2);
	scene_enter(0, 0, "alice");
	scene_enter(1, 1, "bob");
	scene_settle();
	scene_line(0, "/kick bob");
	scene_leave(0);
	scene_enter(2, 0, "alice");
	(void)scene_shown(2);
	scene_settle();
	is_str(scene_shown(2), "*** bob has disconnected\n",
	    "an answer is not for another one of that name");
	scene_down();
}

static void
test_kick_each_other(void)
{
	scene_up(2);
	scene_enter(0, 0, "alice");
	scene_enter(1, 1, "bob");
	scene_settle();
	(void)scene_shown(0), (void)scene_shown(1);
	scene_line(0, "/kick bob");
	scene_line(1, "/kick alice");
	scene_settle();
	is_str(scene_shown(0), "You have been kicked: by bob\n", "one goes");
	is_str(scene_shown(1), "You have been kicked: by alice\n",
	    "and the other");
	scene_down();
}

/* ---- strangers ---- */

static void
test_strange_names(void)
{
	const char	*names[] = { "", "a\nb", "ok", "\033[2J", "ok" };
	uint64_t	 numbers[] = { 1, 2, 3, 4, 3 };
	char		 large[2000];
	struct user	 u = { large, scene_pid(1), 9 };

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	scene_up(1);
	scene_enter(0, 0, "alice");
	(void)scene_shown(0);
	room_on_users(scene.room[0], scene_pid(1), names, numbers, 5);
	is_str(scene_shown(0), "*** ok has connected\n",
	    "a name that is none is no user, one named twice is one");
	room_on_new(scene.room[0], &u);
	is_str(scene_shown(0), "", "nor is one too long");
	room_on_lines(scene.room[0], "<x>: no end", 11);
	room_on_lines(scene.room[0], "", 0);
	is_str(scene_shown(0), "", "what is no line is not shown");
	room_on_lost(scene.room[0], scene_pid(1));
	is_str(scene_shown(0), "*** ok has disconnected\n", "it is lost");
	scene_down();
}

int
main(void)
{
	play("texts", texts, 1);
	play("servers", servers, 3);
	test_late_kick();
	test_clock();
	test_late_tell();
	test_answer_to_nobody();
	test_kick_each_other();
	test_strange_names();
	return tap_done();
}
