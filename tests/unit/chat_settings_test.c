/*
 * chat_settings_test.c - the words a chat server is started with.
 */
#include "../../worker/chat/settings.h"
#include "msg.h"
#include "tap.h"

#define WORDS(...)	{ sizeof((const char *[]){ __VA_ARGS__ }) /	\
	sizeof(char *), (const char *const []){ __VA_ARGS__ } }

static const struct {
	struct msg_strs	 words;
	const char	*why;			/* NULL: right */
	size_t		 port, line, queue, stall;
} table[] = {
	{ { 0, NULL }, NULL, 44444, 4096, 1 << 20, 5000 },
	{ WORDS("5000"), NULL, 5000, 4096, 1 << 20, 5000 },
	{ WORDS("0", "line=100"), NULL, 0, 100, 1 << 20, 5000 },
	{ WORDS("line=16"), NULL, 44444, 16, 1 << 20, 5000 },
	{ WORDS("queue=64K", "stall-time=1500ms"), NULL, 44444, 4096, 65536,
	    1500 },
	{ WORDS("7", "queue=2M", "stall-time=2"), NULL, 7, 4096, 2 << 20,
	    2000 },
	{ WORDS("stall-time=1m"), NULL, 44444, 4096, 1 << 20, 60000 },
	{ WORDS("65536"), "65536: out of range", 0, 0, 0, 0 },
	{ WORDS("x"), "x: not a number", 0, 0, 0, 0 },
	{ WORDS("12x"), "12x: not a number, or not its unit", 0, 0, 0, 0 },
	{ WORDS("-1"), "-1: not a number", 0, 0, 0, 0 },
	{ WORDS("1", "2"), "2: want KEY=VALUE", 0, 0, 0, 0 },
	{ WORDS("line=15"), "line=15: out of range", 0, 0, 0, 0 },
	{ WORDS("line="), "line=: not a number", 0, 0, 0, 0 },
	{ WORDS("line=1s"), "line=1s: not a number, or not its unit", 0, 0, 0,
	    0 },
	{ WORDS("lines=20"), "lines=20: unknown setting", 0, 0, 0, 0 },
	{ WORDS("=20"), "=20: unknown setting", 0, 0, 0, 0 },
	{ WORDS("queue=99999999999999999999"),
	    "queue=99999999999999999999: out of range", 0, 0, 0, 0 },
	{ WORDS("queue=17179869185G"), "queue=17179869185G: out of range", 0,
	    0, 0, 0 },
};

int
main(void)
{
	struct settings		 s;
	struct msg_strs		 words = WORDS("0", "address=::1");
	char			 why[SETTINGS_WHY];
	size_t			 i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (settings_read(&s, &table[i].words, why) == -1) {
			is_str(why, table[i].why, "row %zu is refused", i);
			continue;
		}
		ok(table[i].why == NULL && s.port == table[i].port &&
		    s.line == table[i].line && s.queue == table[i].queue &&
		    s.stall == table[i].stall && s.address == NULL,
		    "row %zu is right", i);
	}
	ok(settings_read(&s, &words, why) == 0 &&
	    strcmp(s.address, "::1") == 0, "an address");
	return tap_done();
}
