/*
 * scripted.h - a client whose supervisor has said everything beforehand.
 *
 *	script_open(&s, &client);	we are 7 of alpha
 *	script_done(&s, 1, 0, pid, "");	the answer to the first question
 *	...				the code under test
 *	script_asked(&s, &f)		what it has written, frame by frame
 *
 * Refs count from 1, so answers can be given before they are asked for.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H
#include "tap.h"

#include <sys/socket.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../ctl/client.h"

#define SCRIPT_ALPHA	UINT64_C(0xa1)		/* our node */
#define SCRIPT_SELF	UINT64_C(7)

struct script {
	struct conn	 conn;			/* the supervisor's end */
	struct conn_room room;
	uint8_t		 bytes[CONN_SMALL];
};

static __attribute__((unused)) void
script_open(struct script *s, struct client *c)
{
	int	 ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		abort();
	*c = (struct client){ .wake = -1, .max_message = 1u << 20,
	    .self = { SCRIPT_ALPHA, SCRIPT_SELF }, .node = "alpha" };
	conn_init(&c->conn, ends[0], WIRE_R, 1u << 20);
	STAILQ_INIT(&c->later);
	c->room.cap = CONN_SMALL;
	if ((c->room.p = malloc(c->room.cap)) == NULL)
		abort();
	conn_init(&s->conn, ends[1], WIRE_G, 1u << 20);
	s->room = (struct conn_room){ s->bytes, sizeof(s->bytes) };
}

static __attribute__((unused)) void
script_close(struct script *s, struct client *c)
{
	client_release(c);
	conn_release(&s->conn);
}

/* A frame to the client, whose body is in b. */
static __attribute__((unused)) void
script_say(struct script *s, unsigned int op, struct pid from, uint64_t ref,
    struct buf *b)
{
	struct wire_head h = { .len = (uint32_t)(WIRE_HEAD + b->len),
	    .op = (uint8_t)op, .from = from, .ref = ref };
	uint8_t		 head[WIRE_HEAD];

	wire_put(head, &h);
	if (conn_put(&s->conn, head, sizeof(head)) == -1 ||
	    (b->len > 0 && conn_put(&s->conn, b->p, b->len) == -1) ||
	    conn_flush(&s->conn) != 1)
		abort();
	buf_release(b);
}

static __attribute__((unused)) void
script_done(struct script *s, uint64_t ref, int error, struct pid pid,
    const char *text)
{
	struct buf	 b;

	buf_init(&b, 4096);
	buf_add_u32(&b, (uint32_t)error);
	buf_add_u64(&b, pid.node);
	buf_add_u64(&b, pid.serial);
	buf_add(&b, text, strlen(text));
	script_say(s, WIRE_DONE, (struct pid){ 0, 0 }, ref, &b);
}

/* Keys and values, ending with a NULL. */
static __attribute__((unused)) void
script_row(struct script *s, uint64_t ref, const char *const *words)
{
	struct buf	 b;
	unsigned int	 n = 0;

	while (words[2 * n] != NULL)
		n++;
	buf_init(&b, 4096);
	buf_add_u16(&b, n);
	for (; words[0] != NULL; words += 2) {
		buf_add_str8(&b, words[0]);
		buf_add_u8(&b, 's');
		buf_add_str16(&b, words[1]);
	}
	script_say(s, WIRE_ROW, (struct pid){ 0, 0 }, ref, &b);
}
#define SCRIPT_ROW(s, ref, ...)	script_row(s, ref,			\
	(const char *const []){ __VA_ARGS__, NULL })

/* The next frame the client has written; false: no more. */
static __attribute__((unused)) bool
script_asked(struct script *s, struct frame *f)
{
	int	 got;

	while ((got = conn_next(&s->conn, f)) == 0)
		if (conn_fill(&s->conn, &s->room, 0) <= 0)
			return false;
	return got == 1;
}

/* What our own standard error is in between, in memory of its own. */
static __attribute__((unused)) int
script_mute(FILE **file)
{
	int	 old = dup(STDERR_FILENO);

	fflush(stderr);
	if (old == -1 || (*file = tmpfile()) == NULL ||
	    dup2(fileno(*file), STDERR_FILENO) == -1)
		abort();
	return old;
}

static __attribute__((unused)) char *
script_unmute(int old, FILE *file, char *text, size_t size)
{
	size_t	 n;

	fflush(stderr);
	if (dup2(old, STDERR_FILENO) == -1)
		abort();
	close(old);
	rewind(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

#endif /* SCRIPTED_H */
