/*
 * watcher.c - monitors a range of processes and keeps account of all it hears.
 *
 *	watcher FILE FIRST LAST [GATE [go]]
 *
 * FIRST and LAST are pids of one node, this or another.
 * FILE.OSPID gets the line "watching" once the monitors stand, "all" when the
 * last notice came; with a GATE nothing is read before that file exists ("":
 * at once); with "go" each of them is sent a note, to begin.  A message from
 * outside the range asks for the account, a line a process:
 *
 *	SERIAL NOTICES LAST-NOTE FAULTS CAUSE
 *
 * where a fault is a note out of its order, or anything after the notice.
 * It speaks raw frames, for libmsg would hide a second notice.
 */
#include "raw.h"

struct seen {
	uint64_t	 last;
	unsigned int	 notices, faults;
	char		 cause[WIRE_CAUSE_SIZE];
};

struct watcher {
	struct raw	 raw;
	char		 file[512];
	struct pid	 first;
	uint64_t	 count, left, base;
	struct seen	*seen;
};

/* The one so many after the first. */
static struct pid
nth(const struct watcher *w, uint64_t n)
{
	return (struct pid){ w->first.node, w->first.serial + n };
}

/* What is known of a process of the range; NULL: it is not of it. */
static struct seen *
seen_of(const struct watcher *w, struct pid pid)
{
	if (pid.node != w->first.node ||
	    pid.serial - w->first.serial >= w->count)
		return NULL;
	return &w->seen[pid.serial - w->first.serial];
}

static void
monitor_all(struct watcher *w)
{
	struct wire_head	h;
	struct frame		f;
	uint64_t		i;

	w->base = w->raw.ref;
	for (i = 0; i < w->count; i++) {
		h = (struct wire_head){ .op = WIRE_MONITOR,
		    .to = nth(w, i),
		    .ref = ++w->raw.ref };
		raw_frame(&w->raw, &h, "", 0);
	}
	h = (struct wire_head){ .op = WIRE_SYNC, .ref = ++w->raw.ref };
	raw_frame(&w->raw, &h, "", 0);
	raw_await(&w->raw, &f, WIRE_DONE);
	raw_line(w->file, "watching");
}

static void
go(struct watcher *w)
{
	struct buf	b;
	uint64_t	i;

	buf_init(&b, WIRE_MAX);
	for (i = 0; i < w->count; i++) {
		raw_note(&b, &w->raw, nth(w, i), 1, 0);
		raw_bytes(w->raw.conn.fd, b.p, b.len);
	}
	buf_release(&b);
}

static void
on_note(struct seen *s, const struct frame *f)
{
	uint64_t	 n = raw_note_number(f);

	if (s->notices > 0 || n != s->last + 1)
		s->faults++;
	s->last = n;
}

static void
on_down(struct watcher *w, const struct frame *f)
{
	struct seen	*s;

	if (f->h.ref <= w->base || f->h.ref - w->base > w->count)
		errx(RAW_FAILED, "a notice of no monitor");
	s = &w->seen[f->h.ref - w->base - 1];
	if (seen_of(w, f->h.from) != s)
		s->faults++;
	memcpy(s->cause, f->body, f->body_len);
	if (s->notices++ == 0 && --w->left == 0)
		raw_line(w->file, "all");
}

static void
report(const struct watcher *w)
{
	char		 file[600];
	const struct seen *s;
	FILE		*out;
	uint64_t	 i;

	(void)snprintf(file, sizeof(file), "%s.tmp", w->file);
	if ((out = fopen(file, "w")) == NULL)
		err(RAW_FAILED, "%s", file);
	for (i = 0; i < w->count; i++) {
		s = &w->seen[i];
		fprintf(out, "%llu %u %llu %u %s\n",
		    (unsigned long long)nth(w, i).serial, s->notices,
		    (unsigned long long)s->last, s->faults, s->cause);
	}
	if (fclose(out) != 0 || rename(file, w->file) != 0)
		err(RAW_FAILED, "%s", w->file);
}

int
main(int argc, char **argv)
{
	struct watcher	w = { .left = 0 };
	struct frame	f;
	struct seen	*s;

	if (argc < 4)
		errx(RAW_FAILED, "watcher FILE FIRST LAST [GATE]");
	(void)snprintf(w.file, sizeof(w.file), "%s.%d", argv[1],
	    (int)getpid());
	raw_open(&w.raw, 3);
	w.first = raw_pid(&w.raw, argv[2]);
	w.left = w.count = raw_pid(&w.raw, argv[3]).serial -
	    w.first.serial + 1;
	if ((w.seen = calloc(w.count, sizeof(*w.seen))) == NULL)
		err(RAW_FAILED, NULL);
	monitor_all(&w);
	if (argc > 5)
		go(&w);
	while (argc > 4 && *argv[4] != '\0' && access(argv[4], F_OK) == -1)
		usleep(10000);
	while (raw_next(&w.raw, &f, -1))
		if (f.h.op == WIRE_DOWN)
			on_down(&w, &f);
		else if (f.h.op != WIRE_SEND)
			continue;
		else if ((s = seen_of(&w, f.h.from)) != NULL)
			on_note(s, &f);
		else {
			report(&w);
			return 0;
		}
	return RAW_FAILED;
}
