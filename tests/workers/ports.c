/*
 * ports.c - channels between processes, one entry a matter.
 *
 *	brood spawn --monitor ports:ENTRY	normal, or what did not hold
 *
 * Who sends is on other nodes, where there are some.
 */
#include "ports.h"

MSG_REMOTABLE(life);
MSG_REMOTABLE(many_senders);
MSG_REMOTABLE(one_order);
MSG_REMOTABLE(timeouts);
MSG_REMOTABLE(merges);
MSG_REMOTABLE(thousand);
MSG_REMOTABLE(sends, (port(item), to), (i32, n), (i32, first));
MSG_REMOTABLE(interleaves, (port(item), to), (i32, n));
MSG_REMOTABLE(spells, (ports(item), to), (str, letters));
MSG_REMOTABLE(sends_to_all, (ports(item), to));

/* ---- the others ---- */

static void
sends(const struct sends *a)
{
	int32_t	i;

	for (i = 0; i < a->n; i++)
		MUST(msg_channel_send(a->to, item, .n = a->first + i,
		    .text = "x") == 0);
}

/* Port, owner, port, owner ... */
static void
interleaves(const struct interleaves *a)
{
	int32_t	i;

	for (i = 0; i < a->n; i++) {
		MUST(msg_channel_send(a->to, item, .n = i) == 0);
		MUST(msg_send(a->to.port.owner, mark, .n = i) == 0);
	}
}

static void
spells(const struct spells *a)
{
	const char	*c;

	for (c = a->letters; *c != '\0'; c++)
		MUST(msg_channel_send(a->to.v[*c - 'a'], item, .n = *c) == 0);
	MUST(msg_send(a->to.v[0].port.owner, stop) == 0);
}

static void
sends_to_all(const struct sends_to_all *a)
{
	size_t	i;

	msg_cork();
	for (i = a->to.n; i-- > 0;)
		MUST(msg_channel_send(a->to.v[i], item, .n = (int32_t)i) == 0);
	MUST(msg_uncork() == 0);
}

/* ---- the matters ---- */

static void
life(void)
{
	struct item_sendport	to, again;
	struct item_recvport	from, next;
	struct item		item;

	MUST(msg_channel(item, &to, &from) == 0);
	MUST(msg_channel_send(to, item, .n = 1, .text = "mine") == 0);
	MUST(msg_channel_receive(item, &from, &item) == 0);
	MUST(item.n == 1 && strcmp(item.text, "mine") == 0);
	MUST(msg_pid_equal(item.msg.sender, msg_self()) && item.msg.ref == 0);
	msg_release(item, &item);
	(void)born(msg_spawn(there(0), MSG_CLOSURE(sends, .to = to, .n = 3)));
	MUST(next_item(&from) == 0 && next_item(&from) == 1);
	MUST(msg_channel_close(item, &from) == 0);
	MUST(msg_channel_send(to, item, .n = 2) == 0);
	MUST(msg_channel_receive(item, &from, &item) == -1 && errno == ESRCH);
	MUST(msg_channel(item, &again, &next) == 0);
	MUST(again.port.id != to.port.id);
	MUST(msg_channel_send(to, item, .n = 3) == 0);
	MUST(msg_channel_send(again, item, .n = 4) == 0);
	MUST(next_item(&next) == 4);
}

#define SENDERS	10
#define EACH	300

static void
many_senders(void)
{
	struct item_sendport	to;
	struct item_recvport	from;
	struct item		item;
	int32_t			next[SENDERS] = { 0 };
	int			i;

	MUST(msg_channel(item, &to, &from) == 0);
	for (i = 0; i < SENDERS; i++)
		(void)born(msg_spawn(there((size_t)i), MSG_CLOSURE(sends,
		    .to = to, .n = EACH, .first = i * 1000)));
	for (i = 0; i < SENDERS * EACH; i++) {
		MUST(msg_channel_receive_for(item, &from, &item, LONG_TIME)
		    == 0);
		MUST(item.n % 1000 == next[item.n / 1000]++);
		msg_release(item, &item);
	}
	MUST(msg_channel_receive_for(item, &from, &item, 100) == -1);
}

/* A mark never comes before the item sent before it, nor the next item before
   the mark. */
static void
one_order(void)
{
	struct item_sendport	to;
	struct item_recvport	from;
	struct item		item;
	struct mark		mark;
	int32_t			i;

	MUST(msg_channel(item, &to, &from) == 0);
	(void)born(msg_spawn(there(0), MSG_CLOSURE(interleaves, .to = to,
	    .n = 1000)));
	for (i = 0; i < 1000; i += 2) {
		MUST(msg_expect_for(mark, &mark, LONG_TIME) == 0);
		MUST(mark.n == i);
		MUST(msg_channel_receive_for(item, &from, &item, 0) == 0);
		MUST(item.n == i);
		msg_release(item, &item);
		MUST(next_item(&from) == i + 1);
		MUST(msg_expect_for(mark, &mark, LONG_TIME) == 0);
		MUST(mark.n == i + 1);
	}
}

static void
timeouts(void)
{
	struct item_sendport	to;
	struct item_recvport	from;
	struct item		item;
	struct mark		mark;
	int			r;

	MUST(msg_channel(item, &to, &from) == 0);
	MUST(msg_channel_receive_for(item, &from, &item, 0) == -1);
	MUST(errno == ETIMEDOUT);
	MUST(msg_channel_receive_for(item, &from, &item, 50) == -1);
	MUST(errno == ETIMEDOUT && item.text == NULL);
	(void)born(msg_spawn(there(0), MSG_CLOSURE(sends, .to = to, .n = 1)));
	MUST(next_item(&from) == 0);
	r = msg_receive(50, MSG_MATCH(mark, &mark),
	    MSG_MATCH_PORT(item, &from, &item));
	MUST(r == MSG_TIMEOUT);
}

/* One sender, and the receiver reads when all is there. */
static void
merges(void)
{
	static const struct { int how; const char *letters, *order; } rows[] = {
		{ MSG_BIASED, "abcabcabc", "aaabbbccc" },
		{ MSG_ROUND_ROBIN, "aaabbbccc", "abcabcabc" },
	};
	struct item_sendport	to[3];
	struct item_recvport	from[3], all;
	struct stop		stop;
	const char		*c;
	size_t			i;

	for (i = 0; i < 3; i++)
		MUST(msg_channel(item, &to[i], &from[i]) == 0);
	for (i = 0; i < 2; i++) {
		MUST(msg_channel_merge(item, &all, rows[i].how, from, 3) == 0);
		(void)born(msg_spawn(there(i), MSG_CLOSURE(spells,
		    .to = MSG_ARRAY(to), .letters = rows[i].letters)));
		MUST(msg_expect_for(stop, &stop, LONG_TIME) == 0);
		for (c = rows[i].order; *c != '\0'; c++)
			MUST(next_item(&all) == *c);
		MUST(msg_channel_close(item, &all) == 0);
	}
}

#define THOUSAND	1000

static void
thousand(void)
{
	static struct item_sendport	to[THOUSAND];
	static struct item_recvport	from[THOUSAND];
	struct item_recvport		all;
	int32_t				i, n;

	for (i = 0; i < THOUSAND; i++)
		MUST(msg_channel(item, &to[i], &from[i]) == 0);
	(void)born(msg_spawn(there(0), MSG_CLOSURE(sends_to_all,
	    .to = MSG_ARRAY(to))));
	for (i = 0; i < THOUSAND; i++)
		MUST(next_item(&from[i]) == i);
	MUST(msg_channel_merge(item, &all, MSG_ROUND_ROBIN, from, THOUSAND)
	    == 0);
	(void)born(msg_spawn(there(1), MSG_CLOSURE(sends_to_all,
	    .to = MSG_ARRAY(to))));
	for (i = n = 0; i < THOUSAND; i++)
		n += next_item(&all);
	MUST(n == THOUSAND * (THOUSAND - 1) / 2);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(life, many_senders, one_order,
	    timeouts, merges, thousand, sends, interleaves, spells,
	    sends_to_all));
}
