/*
 * burst.c - sends numbered notes at once, and is killed by its own hand.
 *
 *	burst COUNT PAD FILE MODE
 *
 * It begins when the first message comes, and sends to whoever sent that one.
 * FILE gets the number of notes the kernel has taken whole; then it dies by
 * SIGKILL.
 *
 *	kill	as soon as COUNT are written
 *	full	when the socket has been full for a while, or COUNT are written
 *	gated	as full, once FILE.go exists; FILE.ready says it waits for that
 *	half	having begun one more: part of its head
 *	torn	having begun one more: its head and part of its body
 *	group	while a child of its group floods on
 *	orphan	while a child that left the group floods on
 *	stay	as full, but it lives on and writes whenever it may
 */
#include <signal.h>

#include "raw.h"

#define STALLED_MS	400
#define CHILD_NOTES	200

struct burst {
	struct raw	 raw;
	struct buf	 frame;
	struct pid	 to;
	uint64_t	 count, n;
	size_t		 pad;
	const char	*file;
};

static void
died(const struct burst *b)
{
	char	text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)b->n);
	raw_line(b->file, text);
	(void)kill(getpid(), SIGKILL);
}

/* One note more; false: no room for all of it in this time. */
static bool
write_note(struct burst *b, int ms)
{
	struct pollfd	 pfd = { .fd = b->raw.conn.fd, .events = POLLOUT };
	size_t		 done = 0;
	ssize_t		 got;

	raw_note(&b->frame, &b->raw, b->to, b->n + 1, b->pad);
	while (done < b->frame.len) {
		got = send(b->raw.conn.fd, b->frame.p + done,
		    b->frame.len - done, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (got > 0)
			done += (size_t)got;
		else if (errno != EAGAIN)
			err(RAW_FAILED, "send");
		else if (poll(&pfd, 1, ms) == 0)
			return false;
	}
	b->n++;
	return true;
}

static void
wait_gate(const struct burst *b)
{
	char	path[512];

	(void)snprintf(path, sizeof(path), "%s.ready", b->file);
	raw_line(path, "ready");
	(void)snprintf(path, sizeof(path), "%s.go", b->file);
	while (access(path, F_OK) == -1)
		usleep(10000);
}

/* A child goes on where we stop, for ever, with our name on its frames. */
static void
leave_child(struct burst *b, bool own_group)
{
	int	pipes[2], i;
	char	byte;

	if (pipe(pipes) == -1)
		err(RAW_FAILED, "pipe");
	switch (fork()) {
	case -1:
		err(RAW_FAILED, "fork");
	case 0:
		if (own_group && setsid() == -1)
			err(RAW_FAILED, "setsid");
		for (i = 0; write_note(b, -1); i++)
			if (i == CHILD_NOTES)
				(void)!write(pipes[1], "", 1);
		_exit(0);
	}
	(void)!read(pipes[0], &byte, 1);
}

int
main(int argc, char **argv)
{
	struct burst	b = { .n = 0 };
	struct frame	f;
	const char	*mode;
	int		ms = -1;

	if (argc != 5)
		errx(RAW_FAILED, "burst COUNT PAD FILE MODE");
	b.count = raw_number(argv[1]);
	b.pad = raw_number(argv[2]);
	b.file = argv[3];
	mode = argv[4];
	buf_init(&b.frame, WIRE_MAX);
	raw_open(&b.raw, 3);
	raw_await(&b.raw, &f, WIRE_SEND);
	b.to = f.h.from;

	if (strcmp(mode, "full") == 0 || strcmp(mode, "gated") == 0)
		ms = STALLED_MS;
	if (strcmp(mode, "gated") == 0)
		wait_gate(&b);
	while (b.n < b.count && write_note(&b, ms))
		;
	if (strcmp(mode, "stay") == 0)
		for (;;)
			pause();
	raw_note(&b.frame, &b.raw, b.to, b.n + 1, b.pad);
	if (strcmp(mode, "half") == 0)
		raw_bytes(b.raw.conn.fd, b.frame.p, WIRE_HEAD / 2);
	else if (strcmp(mode, "torn") == 0)
		raw_bytes(b.raw.conn.fd, b.frame.p, b.frame.len - 1);
	else if (strcmp(mode, "group") == 0 || strcmp(mode, "orphan") == 0)
		leave_child(&b, strcmp(mode, "orphan") == 0);
	died(&b);
	return RAW_FAILED;
}
