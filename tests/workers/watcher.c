/*
 * watcher.c - monitors a range of processes and keeps account of all it hears.
 *
 *	watcher FILE FIRST LAST [GATE [go]]
 *
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
	uint64_t	 first, count, left, base;
	struct seen	*seen;
};

static void
monitor_all(struct watcher *w)
{
	struct wire_head	h;
	struct frame		f;
	uint64_t		i;

	w->base = w->raw.ref;
	for (i = 0; i < w->count; i++) {
		h = (struct wire_head){ .op = WIRE_MONITOR,
		    .to = raw_peer(&w->raw, w->first + i),
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
		raw_note(&b, &w->raw, w->first + i, 1, 0);
		raw_bytes(w->raw.conn.fd, b.p, b.len);
	}
	buf_release(&b);
}

static void
on_note(struct watcher *w, const struct frame *f)
{
	struct seen	*s = &w->seen[f->h.from.serial - w->first];
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
	if (f->h.from.serial != w->first + (f->h.ref - w->base - 1))
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
		    (unsigned long long)(w->first + i), s->notices,
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

	if (argc < 4)
		errx(RAW_FAILED, "watcher FILE FIRST LAST [GATE]");
	(void)snprintf(w.file, sizeof(w.file), "%s.%d", argv[1],
	    (int)getpid());
	w.first = raw_number(argv[2]);
	w.left = w.count = raw_number(argv[3]) - w.first + 1;
	if ((w.seen = calloc(w.count, sizeof(*w.seen))) == NULL)
		err(RAW_FAILED, NULL);
	raw_open(&w.raw, 3);
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
		else if (f.h.from.serial - w.first < w.count)
			on_note(&w, &f);
		else {
			report(&w);
			return 0;
		}
	return RAW_FAILED;
}
