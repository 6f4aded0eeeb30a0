/* kids_test.c - a child is found by both numbers while each is its own. */
#include "tap.h"

#include <errno.h>

#include "kids.h"

static void
test_table(void)
{
	struct kids	 t;
	struct kid	*a, *b;

	kids_init(&t);
	a = kids_add(&t, 7);
	b = kids_add(&t, UINT64_MAX);
	ok(a != NULL && b != NULL && a->birth.verdict == -1, "two are added");
	ok(kids_add(&t, 7) == NULL && errno == EEXIST,
	    "a serial is taken once");
	a->birth.pid = 100;
	b->birth.pid = 200;
	ok(kids_by_pid(&t, 100) == NULL, "not born: not found by pid");
	is_int(kids_born(&t, a), 0, "born");
	is_int(kids_born(&t, b), 0, "both");
	ok(kids_by_pid(&t, 100) == a && kids_by_pid(&t, 200) == b,
	    "found by pid");
	ok(kids_by_serial(&t, 7) == a && kids_by_serial(&t, UINT64_MAX) == b,
	    "found by serial");
	ok(kids_by_serial(&t, 8) == NULL && kids_by_pid(&t, 300) == NULL,
	    "others are not");
	kids_forget_pid(&t, a);
	kids_forget_pid(&t, a);
	ok(kids_by_pid(&t, 100) == NULL && kids_by_serial(&t, 7) == a,
	    "reaped: the number is free, the serial is not");
	b->birth.pid = 200;
	kids_drop(&t, a);
	ok(kids_by_serial(&t, 7) == NULL && kids_by_pid(&t, 200) == b,
	    "dropped");
	kids_release(&t);
	ok(kids_by_serial(&t, UINT64_MAX) == NULL && kids_add(&t, 1) != NULL,
	    "released, and of use again");
	kids_release(&t);
}

static void
test_lists(void)
{
	struct kids	 t;
	struct kid	*a, *b;

	kids_init(&t);
	a = kids_add(&t, 1);
	b = kids_add(&t, 2);
	kids_await(&t, a);
	kids_await(&t, b);
	kids_await(&t, a);
	ok(t.nbirths == 2 && TAILQ_FIRST(&t.births) == a,
	    "awaited once each, the oldest first");
	kids_decided(&t, a);
	kids_decided(&t, a);
	ok(t.nbirths == 1 && TAILQ_FIRST(&t.births) == b, "decided");
	kids_owe(&t, a);
	kids_owe(&t, a);
	ok(TAILQ_FIRST(&t.owed) == a && TAILQ_NEXT(a, entry) == NULL,
	    "owed once");
	kids_drop(&t, a);
	kids_drop(&t, b);
	ok(TAILQ_EMPTY(&t.owed) && TAILQ_EMPTY(&t.births) && t.nbirths == 0,
	    "dropped from their lists, too");
	kids_release(&t);
}

int
main(void)
{
	test_table();
	test_lists();
	return tap_done();
}
