/*
 * hail.c - what two nodes say before and beside a session, as bytes.
 *
 * These frames come from whoever reaches the port, so nothing is taken for what
 * it should be: each field has its range, and what is left over is a fault.
 *
 * Owns:    the bodies of N_HELLO, N_JOIN, N_BEAT, N_END and N_REFUSE.
 * Not here: whether what they say fits (trunk.c).
 * Errors:  in words, of frames that are broken; buf->error in writing.
 */
#include "hail.h"

#include <stdio.h>
#include <string.h>

#include "conf_host.h"

/* What [node] allows, of the values another node counts with. */
#define TIMEOUT_LEAST	100		/* ms */
#define TIMEOUT_MOST	3600000
#define MESSAGE_LEAST	4096

#define BEAT_ANSWER	0x01
#define BEAT_ANSWERING	0x02

static const char	malformed[] = "a field is missing, left over or out of "
    "its range";

/* ---- writing ---- */

static size_t
put_begin(struct buf *b)
{
	size_t	at = b->len;

	(void)buf_room(b, WIRE_HEAD);
	return at;
}

/* No half frame stays in the buffer. */
static void
put_end(struct buf *b, size_t at, enum wire_op op, uint64_t from_node)
{
	struct wire_head	h = { .op = (uint8_t)op };

	if (b->error != 0) {
		b->len = at;
		return;
	}
	h.len = (uint32_t)(b->len - at);
	h.from.node = from_node;
	wire_put(b->p + at, &h);
}

void
hail_put_hello(struct buf *b, uint64_t from_node, const struct hello *x)
{
	size_t	at = put_begin(b);

	buf_add_u16(b, x->version);
	buf_add_u16(b, x->capabilities);
	buf_add_u64(b, x->id);
	buf_add_u64(b, x->sent);
	buf_add_u64(b, x->echo);
	buf_add_u32(b, x->timeout_ms);
	buf_add_u32(b, x->max_message);
	buf_add_u8(b, x->established);
	buf_add_u64(b, x->session);
	buf_add_u8(b, x->open);
	buf_add_u32(b, x->connection);
	buf_add_u64(b, x->received);
	buf_add_str8(b, x->name);
	buf_add_str8(b, x->role);
	buf_add_str8(b, x->cluster);
	buf_add_str8(b, strlen(x->address) <= UINT8_MAX ? x->address : "");
	put_end(b, at, WIRE_N_HELLO, from_node);
}

void
hail_put_join(struct buf *b, uint64_t from_node, const struct join *x)
{
	size_t	at = put_begin(b);

	buf_add_u64(b, x->session);
	buf_add_u8(b, x->resumed);
	buf_add_u32(b, x->connection);
	buf_add_u64(b, x->received);
	buf_add_u64(b, x->sent);
	buf_add_u64(b, x->echo);
	put_end(b, at, WIRE_N_JOIN, from_node);
}

void
hail_put_beat(struct buf *b, uint64_t from_node, const struct beat *x)
{
	size_t	at = put_begin(b);

	buf_add_u64(b, x->sent);
	buf_add_u64(b, x->echo);
	buf_add_u64(b, x->received);
	buf_add_u64(b, x->next);
	buf_add_u8(b, (x->answer ? BEAT_ANSWER : 0u) |
	    (x->answering ? BEAT_ANSWERING : 0u));
	put_end(b, at, WIRE_N_BEAT, from_node);
}

void
hail_put_end(struct buf *b, uint64_t from_node, uint64_t session, bool goodbye)
{
	size_t	at = put_begin(b);

	buf_add_u64(b, session);
	buf_add_u8(b, goodbye);
	put_end(b, at, WIRE_N_END, from_node);
}

static bool
printable(char c)
{
	return c >= ' ' && c <= '~';
}

void
hail_put_refuse(struct buf *b, uint64_t from_node, enum hail_reason reason,
    const char *text)
{
	size_t	at = put_begin(b), i;
	char	cut[WHY_SIZE];

	(void)strlcpy(cut, text != NULL ? text : hail_reason_text(reason),
	    sizeof(cut));
	for (i = 0; cut[i] != '\0'; i++)
		if (!printable(cut[i]))
			cut[i] = '?';
	buf_add_u8(b, reason);
	buf_add_str8(b, cut);
	put_end(b, at, WIRE_N_REFUSE, from_node);
}

/* ---- reading ---- */

static bool
rd_bool(struct rd *r)
{
	unsigned int	v = rd_u8(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

static void
rd_within(struct rd *r, uint32_t v, uint32_t least, uint32_t most)
{
	if (v < least || v > most)
		r->bad = true;
}

static void
rd_name(struct rd *r, char text[NAME_SIZE])
{
	rd_str8(r, text, NAME_SIZE);
	if (!name_valid(text))
		r->bad = true;
}

bool
hail_address_valid(const char *text)
{
	char	host[CONF_HOST_SIZE];
	int	port;

	return strlen(text) <= UINT8_MAX &&
	    conf_host_parse(text, host, &port) == NULL && port > 0 &&
	    strcmp(host, "*") != 0;
}

static bool
own_port_valid(const char *text)
{
	char	whole[HOST_SIZE + 2];

	(void)snprintf(whole, sizeof(whole), "h%s", text);
	return text[0] == ':' && hail_address_valid(whole);
}

/* They come from a node, go to whoever is at the other end, and answer
   nothing. */
static bool
head_good(const struct frame *f)
{
	return f->h.flags == 0 && f->h.ref == 0 && f->h.to.node == 0 &&
	    f->h.to.serial == 0 && f->h.from.node != 0 &&
	    f->h.from.serial == 0;
}

static void
get_session(struct hello *x, struct rd *r)
{
	x->established = rd_bool(r);
	x->session = rd_u64(r);
	x->open = rd_bool(r);
	x->connection = rd_u32(r);
	x->received = rd_u64(r);
	if (x->session == 0 && (x->open || x->connection != 0 ||
	    x->received != 0))
		r->bad = true;
}

static const char *
get_hello(struct hello *x, struct rd *r)
{
	x->sent = rd_u64(r);
	x->echo = rd_u64(r);
	x->timeout_ms = rd_u32(r);
	rd_within(r, x->timeout_ms, TIMEOUT_LEAST, TIMEOUT_MOST);
	x->max_message = rd_u32(r);
	rd_within(r, x->max_message, MESSAGE_LEAST, UINT32_MAX);
	get_session(x, r);
	rd_name(r, x->name);
	rd_name(r, x->role);
	rd_name(r, x->cluster);
	rd_str8(r, x->address, sizeof(x->address));
	if (!rd_done(r))
		return malformed;
	/* ":PORT" is the host that the connection comes from. */
	if (x->address[0] != '\0' && !hail_address_valid(x->address) &&
	    !own_port_valid(x->address))
		return "the address cannot be dialled";
	return NULL;
}

const char *
hail_get_hello(struct hello *x, const struct frame *f)
{
	const char	*why = NULL;
	struct rd	 r;

	memset(x, 0, sizeof(*x));
	rd_init(&r, f->body, f->body_len);
	x->version = (uint16_t)rd_u16(&r);
	x->capabilities = (uint16_t)rd_u16(&r);
	x->id = rd_u64(&r);
	if (r.bad || !head_good(f))
		why = malformed;
	else if (x->id != f->h.from.node)
		why = "its id is not the sender's";
	else if (x->version == WIRE_VERSION)
		why = get_hello(x, &r);
	if (why != NULL)
		memset(x, 0, sizeof(*x));
	return why;
}

const char *
hail_get_join(struct join *x, const struct frame *f)
{
	struct rd	r;

	memset(x, 0, sizeof(*x));
	rd_init(&r, f->body, f->body_len);
	x->session = rd_u64(&r);
	x->resumed = rd_bool(&r);
	x->connection = rd_u32(&r);
	x->received = rd_u64(&r);
	x->sent = rd_u64(&r);
	x->echo = rd_u64(&r);
	if (rd_done(&r) && head_good(f) && x->session != 0 &&
	    x->connection != 0 && (x->resumed || x->received == 0))
		return NULL;
	memset(x, 0, sizeof(*x));
	return malformed;
}

const char *
hail_get_beat(struct beat *x, const struct frame *f)
{
	unsigned int	flags;
	struct rd	r;

	memset(x, 0, sizeof(*x));
	rd_init(&r, f->body, f->body_len);
	x->sent = rd_u64(&r);
	x->echo = rd_u64(&r);
	x->received = rd_u64(&r);
	x->next = rd_u64(&r);
	flags = rd_u8(&r);
	x->answer = (flags & BEAT_ANSWER) != 0;
	x->answering = (flags & BEAT_ANSWERING) != 0;
	if (rd_done(&r) && head_good(f) && x->next != 0 &&
	    (flags & ~(unsigned int)(BEAT_ANSWER | BEAT_ANSWERING)) == 0)
		return NULL;
	memset(x, 0, sizeof(*x));
	return malformed;
}

const char *
hail_get_end(uint64_t *session, bool *goodbye, const struct frame *f)
{
	struct rd	r;

	rd_init(&r, f->body, f->body_len);
	*session = rd_u64(&r);
	*goodbye = rd_bool(&r);
	if (rd_done(&r) && head_good(f) && *session != 0)
		return NULL;
	*session = 0;
	*goodbye = false;
	return malformed;
}

const char *
hail_get_refuse(struct refusal *x, const struct frame *f)
{
	unsigned int	reason;
	struct rd	r;
	size_t		i;

	memset(x, 0, sizeof(*x));
	rd_init(&r, f->body, f->body_len);
	reason = rd_u8(&r);
	rd_within(&r, reason, HAIL_AGAIN, HAIL_FULL);
	rd_str8(&r, x->text, sizeof(x->text));
	for (i = 0; x->text[i] != '\0'; i++)
		if (!printable(x->text[i]))
			r.bad = true;
	if (rd_done(&r) && head_good(f)) {
		x->reason = (enum hail_reason)reason;
		return NULL;
	}
	memset(x, 0, sizeof(*x));
	return malformed;
}

const char *
hail_reason_text(enum hail_reason reason)
{
	switch (reason) {
	case HAIL_AGAIN:
		return "try again";
	case HAIL_VERSION:
		return "another version of the protocol";
	case HAIL_CLUSTER:
		return "another cluster";
	case HAIL_SELF:
		return "this is the node that dialled";
	case HAIL_NAME:
		return "a node of this name is there";
	case HAIL_WAIT:
		return "a node of this name may still be there";
	case HAIL_TIMEOUT:
		return "too slow";
	case HAIL_FULL:
		return "too many connections";
	}
	return "refused";
}
