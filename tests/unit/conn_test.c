/* conn_test.c - frames over a socketpair: in pieces, in queues, in order. */
#include "conn_frames.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A conn and the other end of its socket. */
static void
open_pair(struct conn *c, int *other)
{
	int	sv[2];

	BUG_ON(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1);
	conn_init(c, sv[0], WIRE_W, MAX);
	*other = sv[1];
}

static void
push(int fd, const void *p, size_t n)
{
	BUG_ON(send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n);
}

/* Receives once; how many good frames came, counted from *ref on, or -1. */
static int
turn(struct conn *c, uint64_t *ref, const size_t *lens)
{
	struct frame	f;
	int		got, n = 0;

	if (conn_fill(c, &room, 0) <= 0)
		return -1;
	while ((got = conn_next(c, &f)) == 1) {
		if (!good_frame(&f, *ref, lens[*ref]))
			return -1;
		++*ref;
		n++;
	}
	if (got == -1 || conn_settle(c) == -1)
		return -1;
	memset(room_bytes, 0xee, sizeof(room_bytes));	/* the next one's */
	return n;
}

static void
test_splits(void)
{
	static const size_t	 lens[] = { 58, 61, 300 };
	struct conn		 c;
	uint8_t			 all[58 + 61 + 300], *p;
	size_t			 i, n = 0, at;
	uint64_t		 ref;
	int			 other;
	bool			 good = true;

	for (i = 0; i < 3; i++) {
		p = make_frame(i, lens[i]);
		memcpy(all + n, p, lens[i]);
		n += lens[i];
		free(p);
	}
	open_pair(&c, &other);
	for (at = 1; at < n; at++) {
		ref = 0;
		push(other, all, at);
		good = good && turn(&c, &ref, lens) >= 0;
		push(other, all + at, n - at);
		good = good && turn(&c, &ref, lens) >= 0 && ref == 3 &&
		    c.in_len == 0 && c.own == NULL;
	}
	ok(good, "frames come whole, wherever they are cut in two");
	for (at = 0, ref = 0; at < n && good; at++) {
		push(other, all + at, 1);
		good = turn(&c, &ref, lens) >= 0;
	}
	ok(good && ref == 3, "or come byte by byte");
	conn_release(&c);
	close(other);
}

/* Sends in pieces of whatever the socket takes, reading in between. */
static bool
stream(struct conn *c, int other, const size_t *lens, uint64_t count)
{
	uint64_t	 ref = 0, i;
	uint8_t		*p;
	size_t		 at;
	ssize_t		 n;

	for (i = 0; i < count; i++) {
		p = make_frame(i, lens[i]);
		for (at = 0; at < lens[i];) {
			n = send(other, p + at, lens[i] - at,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n > 0)
				at += (size_t)n;
			else if (turn(c, &ref, lens) == -1) {
				free(p);
				return false;
			}
		}
		free(p);
	}
	while (ref < count)
		if (turn(c, &ref, lens) == -1)
			return false;
	return c->in_len == 0;
}

static void
test_large(void)
{
	static const size_t	lens[] = { 60, ROOM - 1, ROOM, ROOM + 1, 58,
	    1 << 20, 100, 3 * ROOM, 3 * ROOM + 1, 70, MAX, 58, 1000 };
	struct conn		c;
	struct conn_budget	budget = { 0, 8 << 20 };
	int			other;

	open_pair(&c, &other);
	c.budget = &budget;
	ok(stream(&c, other, lens, sizeof(lens) / sizeof(lens[0])),
	    "frames larger than the room, between small ones");
	is_int((intmax_t)budget.used, 0, "and their memory is given back");
	ok(c.own == NULL, "an idle conn holds none");
	conn_release(&c);
	close(other);
}

static void
test_budget(void)
{
	struct conn		 a, b;
	struct conn_budget	 budget = { 0, 300 << 10 };
	struct frame		 f;
	uint8_t			*p = make_frame(1, 200 << 10);
	int			 to_a, to_b;

	open_pair(&a, &to_a);
	open_pair(&b, &to_b);
	a.budget = b.budget = &budget;
	push(to_a, p, 100);
	push(to_b, p, 100);
	BUG_ON(conn_fill(&a, &room, 0) != 100 || conn_next(&a, &f) != 0);
	BUG_ON(conn_settle(&a) == -1);
	BUG_ON(conn_fill(&b, &room, 0) != 100 || conn_next(&b, &f) != 0);
	BUG_ON(conn_settle(&b) == -1);
	push(to_a, p + 100, 1000);
	push(to_b, p + 100, 1000);
	is_int(conn_fill(&a, &room, 0), 1000, "a large frame begins");
	is_int((intmax_t)budget.used, 200 << 10, "its memory is reserved");
	errno = 0;
	is_int(conn_fill(&b, &room, 0), -1, "a second is more than there is");
	is_int(errno, ENOBUFS, "ENOBUFS");
	is_int((intmax_t)b.in_len, 100, "nothing of it is lost");
	conn_release(&a);
	is_int((intmax_t)budget.used, 0, "given back");
	is_int(conn_fill(&b, &room, 0), 1000, "it goes on");
	conn_unbudget(&b);
	is_int((intmax_t)budget.used, 0, "or goes on without budget");
	budget.limit = 0;
	push(to_b, p + 1100, 100 << 10);
	BUG_ON(conn_fill(&b, &room, 0) <= 0 || conn_next(&b, &f) != 0);
	while (b.in_len < 1100 + (100 << 10) && conn_fill(&b, &room, 0) > 0)
		continue;
	push(to_b, p + 1100 + (100 << 10), (100 << 10) - 1100);
	while (b.in_len < 200 << 10 && conn_fill(&b, &room, 0) > 0)
		continue;
	ok(conn_next(&b, &f) == 1 && good_frame(&f, 1, 200 << 10),
	    "to its end");
	conn_release(&b);
	is_int((intmax_t)budget.used, 0, "which costs the budget nothing");
	close(to_a);
	close(to_b);
	free(p);
}

static void
test_bad(void)
{
	static const struct {
		const char	*name;
		uint32_t	 len;
		uint8_t		 op;
		const char	*why;
	} rows[] = {
		{ "a length beyond all", UINT32_MAX, WIRE_SEND,
		    "longer than max-message" },
		{ "one byte too long", MAX + 1, WIRE_SEND,
		    "longer than max-message" },
		{ "no length", 0, WIRE_SEND, "shorter than its header" },
		{ "no operation", 58, 0, "unknown operation" },
		{ "another's", 58, WIRE_O_INIT,
		    "not an operation for this sender" },
	};
	struct wire_head	 h = { .op = 0 };
	struct conn		 c;
	struct frame		 f;
	uint8_t			 p[WIRE_HEAD];
	size_t			 i, cut;
	int			 other, early;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		h.len = rows[i].len;
		h.op = rows[i].op;
		wire_put(p, &h);
		early = 0;
		for (cut = 1; cut < WIRE_HEAD; cut++) {
			open_pair(&c, &other);
			push(other, p, cut);
			BUG_ON(conn_fill(&c, &room, 0) <= 0);
			early += conn_next(&c, &f);
			BUG_ON(conn_settle(&c) == -1);
			push(other, p + cut, WIRE_HEAD - cut);
			BUG_ON(conn_fill(&c, &room, 0) <= 0);
			early += c.own_cap > ROOM;	/* believed it */
			errno = 0;
			early += conn_next(&c, &f) != -1 || errno != EBADMSG;
			conn_release(&c);
			close(other);
		}
		is_int(early, 0, "%s: refused with the header",
		    rows[i].name);
		is_str(c.why, rows[i].why, "and why");
	}
}

static void
test_unget(void)
{
	struct conn	 c;
	struct frame	 f;
	uint8_t		*p = make_frame(1, 60), *q = make_frame(2, 70);
	int		 other;

	open_pair(&c, &other);
	push(other, p, 60);
	push(other, q, 70);
	BUG_ON(conn_fill(&c, &room, 0) != 130);
	ok(conn_next(&c, &f) == 1 && f.h.ref == 1, "a frame");
	conn_unget(&c, &f);
	BUG_ON(conn_settle(&c) == -1);
	memset(room_bytes, 0, sizeof(room_bytes));
	errno = 0;
	ok(conn_fill(&c, &room, 0) == -1 && errno == EAGAIN, "no more comes");
	memset(room_bytes, 0, sizeof(room_bytes));
	ok(conn_next(&c, &f) == 1 && good_frame(&f, 1, 60),
	    "put back, it comes again, after others had the room");
	ok(conn_next(&c, &f) == 1 && good_frame(&f, 2, 70), "then the next");
	is_int(conn_next(&c, &f), 0, "and no more");
	close(other);
	is_int(conn_fill(&c, &room, 0), 0, "the end");
	ok(c.eof, "is known");
	conn_release(&c);
	free(p);
	free(q);
}

/* ---- descriptors ---- */

static int
open_descriptors(void)
{
	int	fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
test_descriptors(void)
{
	struct conn	 to, from;
	struct frame	 f;
	uint8_t		*p = make_frame(1, 60);
	int		 sv[2], fds[CONN_FDS], fd, before, i;
	struct rlimit	 l, low;

	before = open_descriptors();
	BUG_ON(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1);
	conn_init(&to, sv[0], WIRE_R, MAX);
	conn_init(&from, sv[1], WIRE_W, MAX);
	from.takes_fds = true;
	for (i = 0; i < CONN_FDS; i++)
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	BUG_ON(conn_put_fds(&to, p, 60, fds, CONN_FDS) == -1);
	BUG_ON(conn_put(&to, p, 60) == -1);
	is_int(conn_flush(&to), 1, "frames with descriptors and without");
	is_int(open_descriptors(), before + 2, "the sender's are closed");
	BUG_ON(conn_fill(&from, &room, 0) <= 0);
	ok(conn_next(&from, &f) == 1 && from.nfds == CONN_FDS, "all came");
	fd = conn_take_fd(&from);
	ok(fd != -1 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
	    "close-on-exec");
	close(fd);

	/* Two wait; of three more only one is kept. */
	for (i = 0; i < CONN_FDS; i++)
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	BUG_ON(conn_put_fds(&to, p, 60, fds, CONN_FDS) == -1);
	BUG_ON(conn_flush(&to) != 1);
	while (conn_fill(&from, &room, 0) > 0)
		while (conn_next(&from, &f) == 1)
			continue;
	is_int(from.nfds, CONN_FDS, "too many are not kept");
	is_int(open_descriptors(), before + 2 + CONN_FDS, "but closed");
	while (from.nfds > 0)
		close(conn_take_fd(&from));
	errno = 0;
	ok(conn_take_fd(&from) == -1 && errno == ENOENT, "none is left");

	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	BUG_ON(conn_put_fds(&to, p, 60, fds, 1) == -1 || conn_flush(&to) != 1);
	getrlimit(RLIMIT_NOFILE, &l);
	low = l;
	low.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &low);
	fd = conn_fill(&from, &room, 0) == 60 ? conn_take_fd(&from) : 0;
	i = errno;
	setrlimit(RLIMIT_NOFILE, &l);
	ok(fd == -1 && i == EMFILE, "one that found no place is told of");
	is_int(conn_next(&from, &f), 1, "its frame came all the same");

	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	BUG_ON(conn_put_fds(&to, p, 60, fds, 1) == -1 || conn_flush(&to) != 1);
	BUG_ON(conn_fill(&from, &room, 0) != 60);
	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	BUG_ON(conn_put_fds(&to, p, 60, fds, 1) == -1);
	conn_release(&from);
	conn_release(&to);
	is_int(open_descriptors(), before, "who ends closes what waits");
	free(p);
}

/* ---- writing ---- */

static void
test_queue(void)
{
	struct conn	 c, from;
	struct frame	 f;
	int		 sv[2];
	uint64_t	 ref, got = 0;
	uint8_t		*p;
	size_t		 len, sum = 0;
	bool		 good = true;

	BUG_ON(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1);
	conn_init(&c, sv[0], WIRE_W, MAX);
	conn_init(&from, sv[1], WIRE_W, MAX);
	for (ref = 0; ref < 3000; ref++) {
		len = 58 + ref * 37 % 2000;
		p = make_frame(ref, len);
		good = good && conn_write(&c, p, len) == 0;
		sum += len;
		free(p);
	}
	ok(good && c.out_bytes > 0 && c.out_bytes < sum,
	    "what the kernel does not take is queued");
	while (good && got < ref) {
		if (conn_fill(&from, &room, 0) <= 0)
			break;
		for (; conn_next(&from, &f) == 1; got++)
			good = good && good_frame(&f, got,
			    58 + got * 37 % 2000);
		BUG_ON(conn_settle(&from) == -1);
		BUG_ON(conn_flush(&c) == -1);
	}
	is_int((intmax_t)got, 3000, "and comes in order");
	is_int((intmax_t)c.out_bytes, 0, "none is left");
	is_int(conn_flush(&c), 1, "all gone");

	p = make_frame(1, 1 << 20);
	BUG_ON(conn_write(&c, p, 1 << 20) == -1);
	is_int(conn_flush(&c), 0, "more waits than goes");
	conn_release(&from);
	is_int(conn_flush(&c), -1, "until the other end is gone");
	ok(c.out_bytes == 0 && c.eof, "then it vanishes");
	is_int(conn_write(&c, p, 1 << 20), 0, "and so does what comes then");
	is_int((intmax_t)c.out_bytes, 0, "it is not kept");
	free(p);
	conn_release(&c);
}

static void
test_list(void)
{
	struct conn	 c;
	uint8_t		*p;
	const uint8_t	*q;
	uint64_t	 ref;
	size_t		 len, sum = 0;
	bool		 good = true;

	conn_init(&c, -1, WIRE_W, MAX);
	ok(conn_out_peek(&c, &len) == NULL && conn_out_count(&c) == 0,
	    "nothing is queued");
	for (ref = 0; ref < 500; ref++) {
		len = 58 + ref * 101 % 3000;
		p = make_frame(ref, len);
		BUG_ON(conn_write(&c, p, len) == -1);
		sum += len;
		free(p);
	}
	is_int((intmax_t)c.out_bytes, (intmax_t)sum,
	    "without a descriptor all queues");
	is_int(conn_flush(&c), 0, "and stays");
	is_int((intmax_t)conn_out_count(&c), 500, "each is counted");
	for (ref = 0; (q = conn_out_peek(&c, &len)) != NULL; ref++) {
		good = good && len == 58 + ref * 101 % 3000 &&
		    get_u64(q + 40) == ref;
		conn_out_drop(&c);
		sum -= len;
		good = good && c.out_bytes == sum;
	}
	ok(good && ref == 500, "they come out one by one");
	p = make_frame(7, 100);
	BUG_ON(conn_put(&c, p, 100) == -1 || conn_put(&c, p, 100) == -1);
	put_u64(p + 40, 8);
	BUG_ON(conn_out_unget(&c, p, 100) == -1);
	q = conn_out_peek(&c, &len);
	ok(q != NULL && get_u64(q + 40) == 8 && c.out_bytes == 300,
	    "one given back comes first");
	conn_out_clear(&c);
	ok(c.out_bytes == 0 && conn_out_count(&c) == 0, "cleared");
	BUG_ON(conn_put(&c, p, 100) == -1);
	conn_release(&c);
	free(p);
}

/* Filled again and again while nobody takes a frame, or when nothing came. */
static void
test_untaken(void)
{
	struct conn	 c;
	struct frame	 f;
	uint64_t	 n, count = 3 * ROOM / 4096;
	uint8_t		*p;
	int		 other, size = 8 * ROOM;

	open_pair(&c, &other);
	(void)setsockopt(other, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (n = 0; n < count; n++) {
		p = make_frame(n, 4096);
		push(other, p, 4096);
		free(p);
	}
	ok(conn_fill(&c, &room, 0) == ROOM && conn_fill(&c, &room, 0) > 0,
	    "a full room is not the end");
	for (n = 0; conn_next(&c, &f) == 1; n++)
		BUG_ON(!good_frame(&f, n, 4096));
	ok(n > ROOM / 4096, "and nothing in it is lost");
	conn_release(&c);
	close(other);

	open_pair(&c, &other);
	p = make_frame(1, 128);
	push(other, p, 100);
	ok(conn_fill(&c, &room, 0) == 100 && conn_next(&c, &f) == 0 &&
	    conn_settle(&c) == 0 && conn_fill(&c, &room, 0) == -1,
	    "half a frame, and nothing more");
	memset(room_bytes, 0xff, sizeof(room_bytes));	/* the next one's */
	push(other, p + 100, 28);
	ok(conn_fill(&c, &room, 0) == 28 && conn_next(&c, &f) == 1 &&
	    good_frame(&f, 1, 128), "it was not left in the room");
	free(p);
	conn_release(&c);
	close(other);
}

int
main(void)
{
	test_untaken();
	test_splits();
	test_large();
	test_budget();
	test_bad();
	test_unget();
	test_descriptors();
	test_queue();
	test_list();
	return tap_done();
}
