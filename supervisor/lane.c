/*
 * lane.c - what goes to one other node: FIFOs, resend buffer, pieces.
 *
 * Longer than most: chunks are counted where they change hands, and those
 * places read together.
 *
 * A frame is copied once, into a chunk of its lane.  Chunks are written in
 * turn, get their numbers then, and stay in lanes->sent until the other node
 * has acknowledged all of their frames.
 *
 * Owns:    struct lanes and all in it but the chokes of sinks and the halves
 *          (lane_half.c).
 * Not here: who is choked (flow.c), when to write (session.c).
 * Errors:  -1 and errno, as lane.h says.
 */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "bug.h"

#define CHUNK_FIRST	512		/* bytes; most lanes hold a frame */
#define CHUNK_MAX	LANE_PIECE
#define QUANTUM		((int64_t)LANE_PIECE)
#define SHARE		(64u << 10)	/* of a full window for each lane */
#define FULL		4		/* windows: nobody has a share then */
#define PIECE_HEAD	(WIRE_HEAD + 4)

void
lanes_init(struct lanes *l, size_t window, size_t reserve,
    struct conn_budget *budget)
{
	*l = (struct lanes){ .window = window, .reserve = reserve,
	    .budget = budget, .next = 1 };
	TAILQ_INIT(&l->ring);
	TAILQ_INIT(&l->waiting);
	STAILQ_INIT(&l->urgent);
	STAILQ_INIT(&l->sent);
}

/* ---- chunks ---- */

static void
chunks_free(struct chunks *list)
{
	struct chunk	*k;

	while ((k = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		free(k);
	}
}

/* At the end of list, with room for n bytes more. */
static struct chunk *
chunk_for(struct chunks *list, size_t n)
{
	struct chunk	*k = STAILQ_LAST(list, chunk, next);
	size_t		 cap = CHUNK_FIRST;

	if (k != NULL) {
		if (k->cap - k->len >= n)
			return k;
		/* The longer the queue, the larger what is allocated. */
		cap = k->cap * 4 < CHUNK_MAX ? k->cap * 4 : CHUNK_MAX;
	}
	if (cap < n)
		cap = n;
	if ((k = malloc(sizeof(*k) + cap)) == NULL)
		return NULL;
	*k = (struct chunk){ .cap = cap };
	STAILQ_INSERT_TAIL(list, k, next);
	return k;
}

static int
chunk_add(struct chunks *list, const void *p, size_t n, uint32_t frames,
    size_t data)
{
	struct chunk	*k = chunk_for(list, n);

	if (k == NULL)
		return -1;
	memcpy(k->p + k->len, p, n);
	k->len += n;
	k->frames += frames;
	k->data += data;
	return 0;
}

/* ---- lanes ---- */

static struct lane *
lane_new(struct peer *peer, uint64_t serial, const char *name)
{
	struct lane	*e;
	size_t		 n = strlen(name);

	if ((e = calloc(1, sizeof(*e) + n + 1)) == NULL)
		return NULL;
	e->peer = peer;
	e->serial = serial;
	e->id = ++peer->lanes.ids;
	memcpy(e->name, name, n + 1);
	STAILQ_INIT(&e->chunks);
	LIST_INIT(&e->sink.chokes);
	e->sink.lane = true;
	if (n != 0)
		HASH_ADD_KEYPTR(hh, peer->lanes.by_name, e->name, n, e);
	else
		HASH_ADD(hh, peer->lanes.by_serial, serial, sizeof(e->serial),
		    e);
	if (e->hh.tbl == NULL) {
		free(e);
		errno = ENOMEM;
		return NULL;
	}
	return e;
}

struct lane *
lane_find(struct peer *peer, uint64_t serial, const char *name)
{
	struct lane	*e;

	if (name[0] != '\0')
		HASH_FIND(hh, peer->lanes.by_name, name, strlen(name), e);
	else
		HASH_FIND(hh, peer->lanes.by_serial, &serial, sizeof(serial),
		    e);
	return e;
}

struct lane *
lane_of(struct peer *peer, uint64_t serial)
{
	struct lane	*e = lane_find(peer, serial, "");

	return e != NULL ? e : lane_new(peer, serial, "");
}

struct lane *
lane_of_name(struct peer *peer, const char *name)
{
	struct lane	*e = lane_find(peer, 0, name);

	return e != NULL ? e : lane_new(peer, 0, name);
}

static void
lane_free(struct lane *e)
{
	struct lanes	*l = &e->peer->lanes;

	BUG_ON(!LIST_EMPTY(&e->sink.chokes));
	if (e->name[0] != '\0')
		HASH_DEL(l->by_name, e);
	else
		HASH_DEL(l->by_serial, e);
	chunks_free(&e->chunks);
	free(e);
}

void
lane_idle(struct lane *e)
{
	if (!e->queued && !e->choked && LIST_EMPTY(&e->sink.chokes))
		lane_free(e);
}

void
lanes_release(struct lanes *l)
{
	struct lanes	 kept;
	struct lane	*e, *next;
	struct half	*h;

	NODE_EACH(l->by_serial, e, next)
		lane_free(e);
	NODE_EACH(l->by_name, e, next)
		lane_free(e);
	chunks_free(&l->urgent);
	chunks_free(&l->sent);
	while ((h = l->halves) != NULL)
		lane_half_free(l, h);
	kept = *l;
	lanes_init(l, kept.window, kept.reserve, kept.budget);
	l->begun_max = kept.begun_max;
	l->halves_max = kept.halves_max;
	l->halves_bytes = kept.halves_bytes;	/* of one that is lent */
}

/* ---- in ---- */

static void
count(struct lanes *l, size_t n, size_t data)
{
	l->data += data;
	l->signals += n - data;
}

static void
uncount(struct lanes *l, size_t n, size_t data)
{
	l->data -= data;
	l->signals -= n - data;
	if (l->data < l->window / 4)
		l->over = false;
}

static int
keep(struct lanes *l, struct chunks *list, const void *p, size_t n,
    uint32_t frames, bool data)
{
	if (!data && l->signals + n > l->reserve) {
		errno = ENOBUFS;
		return -1;
	}
	if (chunk_add(list, p, n, frames, data ? n : 0) == -1)
		return -1;
	count(l, n, data ? n : 0);
	return 0;
}

/* Frames at p that go into one chunk: as many as make a turn, one at least. */
static size_t
some_frames(const uint8_t *p, size_t n, uint32_t *frames)
{
	size_t	at = get_u32(p);

	for (*frames = 1; at < n && at + get_u32(p + at) <= LANE_PIECE;
	    (*frames)++)
		at += get_u32(p + at);
	return at;
}

int
lane_put(struct lane *e, const void *bytes, size_t n, bool data)
{
	struct lanes	*l = &e->peer->lanes;
	const uint8_t	*p = bytes;
	uint32_t	 frames;
	size_t		 some, bytes_put = n;

	for (; n > 0; p += some, n -= some) {
		some = some_frames(p, n, &frames);
		if (keep(l, &e->chunks, p, some, frames, data) == -1)
			return -1;
	}
	if (!e->queued) {
		e->queued = true;
		e->deficit = QUANTUM;
		TAILQ_INSERT_TAIL(&l->ring, e, entry);
	}
	e->bytes += bytes_put;
	if (l->data > l->window)
		l->over = true;
	if (l->over && (e->bytes > SHARE || lanes_full(l)))
		e->sink.over = l->holding = true;
	return 0;
}

int
lane_urgent(struct lanes *l, const void *p, size_t n)
{
	return keep(l, &l->urgent, p, n, 1, false);
}

bool
lanes_full(const struct lanes *l)
{
	return l->data > FULL * l->window;
}

/* Two marks, so that nobody flaps. */
bool
lane_may_go_on(const struct lane *e)
{
	const struct lanes	*l = &e->peer->lanes;

	return !e->choked && (!l->over || (e->bytes < SHARE / 2 &&
	    !lanes_full(l)));
}

/* ---- out ---- */

uint64_t
lane_number(const struct lanes *l)
{
	if (l->resend == NULL)
		return l->next;
	return l->resend->first > l->acked ? l->resend->first : l->acked + 1;
}

/* It is written: its frames have numbers, and wait to be acknowledged. */
static void
sent(struct lanes *l, struct chunk *k, struct buf *out)
{
	k->first = l->next;
	l->next += k->frames;
	l->unacked += k->len;
	STAILQ_INSERT_TAIL(&l->sent, k, next);
	buf_add(out, k->p, k->len);
}

/* The bytes of a chunk that still have to be written again. */
static uint32_t
take_again(struct lanes *l, struct buf *out)
{
	struct chunk	*k = l->resend;
	uint64_t	 skip = lane_number(l) - k->first, i;
	size_t		 at = 0;

	for (i = 0; i < skip; i++)
		at += get_u32(k->p + at);
	buf_add(out, k->p + at, k->len - at);
	if (out->error == 0)
		l->resend = STAILQ_NEXT(k, next);
	return k->frames - (uint32_t)skip;
}

static void
lane_unqueue(struct lane *e)
{
	struct lanes	*l = &e->peer->lanes;

	TAILQ_REMOVE(&l->ring, e, entry);
	e->queued = false;
	lane_idle(e);
}

/* Whether there is room for the large frame in front of e; it has it then. */
static bool
begin(struct lanes *l, struct lane *e)
{
	size_t	n = STAILQ_FIRST(&e->chunks)->len;

	if (l->begun > 0 && l->begun + n > l->begun_max)
		return false;
	l->begun += n;
	e->begun = true;
	return true;
}

/* Its last piece is cut: those that have waited longest may begin. */
static void
large_done(struct lanes *l, struct lane *e, struct chunk *k)
{
	l->begun -= k->len;
	e->begun = false;
	e->cut = 0;
	STAILQ_REMOVE_HEAD(&e->chunks, next);
	free(k);
	while ((e = TAILQ_FIRST(&l->waiting)) != NULL && begin(l, e)) {
		TAILQ_REMOVE(&l->waiting, e, entry);
		TAILQ_INSERT_TAIL(&l->ring, e, entry);
	}
}

/* The next piece of a large frame, as a chunk of its own; NULL: ENOMEM. */
static struct chunk *
cut_piece(struct lanes *l, struct lane *e, struct chunk *k)
{
	size_t			 n = k->len - e->cut;
	struct wire_head	 h;
	struct chunk		*piece;

	if (n > LANE_PIECE)
		n = LANE_PIECE;
	if ((piece = malloc(sizeof(*piece) + PIECE_HEAD + n)) == NULL)
		return NULL;
	*piece = (struct chunk){ .frames = 1, .len = PIECE_HEAD + n,
	    .cap = PIECE_HEAD + n };
	wire_get(&h, k->p);
	h.op = WIRE_N_PIECE;
	h.len = (uint32_t)piece->len;
	h.ref = e->id;
	wire_put(piece->p, &h);
	put_u32(piece->p + WIRE_HEAD, (uint32_t)k->len);
	memcpy(piece->p + PIECE_HEAD, k->p + e->cut, n);
	piece->data = k->data != 0 ? piece->len : 0;
	uncount(l, n, k->data != 0 ? n : 0);
	count(l, piece->len, piece->data);
	e->cut += n;
	e->bytes -= n;
	if (e->cut == k->len)
		large_done(l, e, k);
	return piece;
}

/* The other could never put it together: it came before that was known. */
static void
drop(struct lanes *l, struct lane *e, struct chunk *k)
{
	e->peer->node->stats.frames_too_large++;
	uncount(l, k->len, k->data);
	e->bytes -= k->len;
	STAILQ_REMOVE_HEAD(&e->chunks, next);
	free(k);
	if (STAILQ_EMPTY(&e->chunks))
		lane_unqueue(e);
}

/*
 * The lane whose turn it is; NULL: none may begin.  While any waits to begin a
 * large frame, no other begins one before it: else those with small ones would
 * take what becomes free, for ever.
 */
static struct lane *
turn(struct lanes *l)
{
	struct lane	*e;
	struct chunk	*k;

	while ((e = TAILQ_FIRST(&l->ring)) != NULL) {
		k = STAILQ_FIRST(&e->chunks);
		if (k->len > LANE_WHOLE && k->len > l->begun_max) {
			drop(l, e, k);
			continue;
		}
		if (k->len > LANE_WHOLE && !e->begun &&
		    (!TAILQ_EMPTY(&l->waiting) || !begin(l, e))) {
			TAILQ_REMOVE(&l->ring, e, entry);
			TAILQ_INSERT_TAIL(&l->waiting, e, entry);
			continue;
		}
		if (e->deficit > 0)
			return e;
		e->deficit += QUANTUM;
		TAILQ_REMOVE(&l->ring, e, entry);
		TAILQ_INSERT_TAIL(&l->ring, e, entry);
	}
	return NULL;
}

/* What is written next; NULL: nothing, or -- *error says so -- no memory. */
static struct chunk *
take_new(struct lanes *l, int *error)
{
	struct lane	*e;
	struct chunk	*k;

	if ((k = STAILQ_FIRST(&l->urgent)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->urgent, next);
		return k;
	}
	if (l->unacked >= l->window + l->reserve || (e = turn(l)) == NULL)
		return NULL;
	k = STAILQ_FIRST(&e->chunks);
	if (k->len > LANE_WHOLE)
		k = cut_piece(l, e, k);
	else {
		STAILQ_REMOVE_HEAD(&e->chunks, next);
		e->bytes -= k->len;
	}
	if (k == NULL) {
		*error = ENOMEM;
		return NULL;
	}
	e->deficit -= (int64_t)k->len;
	if (STAILQ_EMPTY(&e->chunks))
		lane_unqueue(e);
	return k;
}

bool
lane_take(struct lanes *l, struct buf *out, uint32_t *frames)
{
	struct chunk	*k;

	if (l->resend != NULL) {
		*frames = take_again(l, out);
		return out->error == 0;
	}
	/* Before anything is numbered there is room for it. */
	if (buf_room(out, LANE_WHOLE) == NULL)
		return false;
	out->len -= LANE_WHOLE;
	if ((k = take_new(l, &out->error)) == NULL)
		return false;
	sent(l, k, out);
	*frames = k->frames;
	return true;
}

bool
lane_ready(const struct lanes *l)
{
	return l->resend != NULL || !STAILQ_EMPTY(&l->urgent) ||
	    (!TAILQ_EMPTY(&l->ring) && l->unacked < l->window + l->reserve);
}

int
lane_acked(struct lanes *l, uint64_t received)
{
	struct chunk	*k;

	if (received < l->acked)
		return 0;		/* older news, of another connection */
	if (received >= l->next) {
		errno = EPROTO;
		return -1;
	}
	l->acked = received;
	while ((k = STAILQ_FIRST(&l->sent)) != NULL &&
	    k->first + k->frames - 1 <= received) {
		if (l->resend == k)
			l->resend = STAILQ_NEXT(k, next);
		STAILQ_REMOVE_HEAD(&l->sent, next);
		l->unacked -= k->len;
		uncount(l, k->len, k->data);
		free(k);
	}
	return 0;
}

void
lane_rewind(struct lanes *l)
{
	l->resend = STAILQ_FIRST(&l->sent);
}
