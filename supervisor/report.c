/*
 * report.c - what the relay is told.
 *
 * Owns:    the frames of the order link that leave, and the debts.
 * Not here: when the link is flushed (parent.c).
 * Errors:  -1 and ENOMEM.  A relay that is gone is no error: its death is seen
 *          by waitpid.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "conf.h"
#include "conf_print.h"
#include "log.h"
#include "rundir.h"

#define OWED_TIME	MONO_MS(100)	/* between tries for memory */
#define FD_FLOOR	10		/* below it is for workers */

static void
begin(struct buf *b)
{
	buf_init(b, WIRE_MAX);
	(void)buf_room(b, WIRE_HEAD);
}

static int
end(struct parent *p, struct buf *b, enum wire_op op, uint64_t serial,
    const int *fds, size_t nfds)
{
	struct wire_head	h = { .op = (uint8_t)op };
	size_t			i;
	int			rc = -1;

	h.len = (uint32_t)b->len;
	h.to.serial = serial;
	if (op == WIRE_O_INIT)
		h.ref = geteuid();	/* whose supervisor this is */
	if (b->error == 0) {
		wire_put(b->p, &h);
		rc = nfds != 0 ?
		    conn_put_fds(&p->link, b->p, b->len, fds, nfds) :
		    conn_write(&p->link, b->p, b->len);
		if (nfds != 0 && rc == 0)
			(void)conn_flush(&p->link);
	} else {
		for (i = 0; i < nfds; i++)
			close(fds[i]);
		errno = b->error;
	}
	buf_release(b);
	return rc;
}

static void
add_conf(struct buf *b, const struct conf *conf)
{
	char	*text = NULL;
	size_t	 len = 0;
	FILE	*f;
	int	 rc;

	if ((f = open_memstream(&text, &len)) == NULL) {
		b->error = ENOMEM;
		return;
	}
	rc = conf_print(conf, f);
	if (fclose(f) == EOF || rc == -1)
		b->error = ENOMEM;
	else
		buf_add(b, text, len);
	free(text);
}

static bool
log_is_file(const struct parent *p)
{
	return *p->conf->node.log == '/' && log_fd(p->log) != -1;
}

/* A descriptor more for the relay; -1: none is left. */
static int
lend(int *fds, size_t *n, int fd)
{
	int	copy = fcntl(fd, F_DUPFD_CLOEXEC, FD_FLOOR);

	if (copy == -1) {
		while (*n > 0)
			close(fds[--*n]);
		return -1;
	}
	fds[(*n)++] = copy;
	return 0;
}

int
report_keys(struct parent *p)
{
	struct buf	b;
	int		fd;
	size_t		n = 0;

	if (p->net.key == -1)
		return 0;
	/* The place in the file is shared: an earlier relay read it, too. */
	if (lseek(p->net.key, 0, SEEK_SET) == -1 ||
	    lend(&fd, &n, p->net.key) == -1)
		return -1;
	begin(&b);
	return end(p, &b, WIRE_O_KEYS, 0, &fd, n);
}

int
report_net(struct parent *p)
{
	const struct listen	*l = &p->net;
	struct buf		 b;
	int			 fds[2];
	size_t			 n = 0;

	if ((l->tcp != -1 && lend(fds, &n, l->tcp) == -1) ||
	    (l->udp != -1 && lend(fds, &n, l->udp) == -1))
		return -1;
	begin(&b);
	buf_add_u8(&b, l->tcp != -1);
	buf_add_u8(&b, l->udp != -1);
	buf_add_str8(&b, l->address);
	return end(p, &b, WIRE_O_NET, 0, fds, n);
}

int
report_init(struct parent *p)
{
	struct buf	b;
	int		fds[2];
	size_t		n = 0;

	if (lend(fds, &n, p->run->listener) == -1 ||
	    (log_is_file(p) && lend(fds, &n, log_fd(p->log)) == -1))
		return -1;
	begin(&b);
	add_conf(&b, p->conf);
	if (end(p, &b, WIRE_O_INIT, 0, fds, n) == -1)
		return -1;
	return report_keys(p) == -1 ? -1 : report_net(p);
}

int
report_conf(struct parent *p, const struct conf *conf)
{
	struct buf	b;

	begin(&b);
	add_conf(&b, conf);
	return end(p, &b, WIRE_O_CONF, 0, NULL, 0);
}

int
report_stop(struct parent *p)
{
	struct buf	b;

	begin(&b);
	return end(p, &b, WIRE_O_STOP, 0, NULL, 0);
}

int
report_reopened(struct parent *p)
{
	struct buf	b;
	int		fd;

	if (!log_is_file(p))
		return 0;
	if ((fd = fcntl(log_fd(p->log), F_DUPFD_CLOEXEC, FD_FLOOR)) == -1)
		return -1;
	begin(&b);
	return end(p, &b, WIRE_O_REOPENED, 0, &fd, 1);
}

int
report_answer(struct parent *p, int error, const char *text)
{
	size_t		most = wire_rule(WIRE_O_ANSWER)->most - 4;
	struct buf	b;
	size_t		n = strlen(text);

	begin(&b);
	buf_add_u32(&b, (uint32_t)error);
	buf_add(&b, text, n > most ? most : n);
	return end(p, &b, WIRE_O_ANSWER, 0, NULL, 0);
}

/* ---- children ---- */

int
report_failed(struct parent *p, uint64_t serial, const char *stage, int error)
{
	struct buf	b;

	begin(&b);
	buf_add_u32(&b, (uint32_t)error);
	buf_add_str8(&b, stage);
	return end(p, &b, WIRE_O_FAILED, serial, NULL, 0);
}

static int
report_spawned(struct parent *p, const struct kid *k)
{
	struct buf	b;

	begin(&b);
	buf_add_u32(&b, (uint32_t)k->birth.pid);
	return end(p, &b, WIRE_O_SPAWNED, k->serial, NULL, 0);
}

static int
report_exited(struct parent *p, const struct kid *k)
{
	struct buf	b;

	begin(&b);
	buf_add_u32(&b, (uint32_t)k->status);
	buf_add_u8(&b, k->ordered);
	return end(p, &b, WIRE_O_EXITED, k->serial, NULL, 0);
}

/* 0: nothing is due any more, or not yet; -1: it could not be told. */
static int
tell(struct parent *p, struct kid *k)
{
	if (p->link.out_bytes > PARENT_LINK_HIGH)
		return -1;
	if (k->stage != NULL)
		return report_failed(p, k->serial, k->stage, k->error);
	if (!k->told && report_spawned(p, k) == -1)
		return -1;
	k->told = true;
	return k->exited ? report_exited(p, k) : 0;
}

/* Without another event nobody would come back to it. */
static void
owed_later(struct parent *p)
{
	struct mono	when = mono_after(mono_now(), OWED_TIME);

	if (when.ns < p->retry.ns)
		p->retry = when;
}

void
report_kid(struct parent *p, struct kid *k)
{
	if (k->awaited)
		return;			/* nothing is known yet */
	if (tell(p, k) == -1) {
		kids_owe(&p->kids, k);
		owed_later(p);
	} else if (k->exited || k->stage != NULL)
		kids_drop(&p->kids, k);
	else
		kids_paid(&p->kids, k);
}

/* Until one cannot be told: the rest would not fare better. */
void
report_owed(struct parent *p)
{
	struct kid	*k, *next;

	for (k = TAILQ_FIRST(&p->kids.owed); k != NULL; k = next) {
		next = TAILQ_NEXT(k, entry);
		if (p->link.out_bytes > PARENT_LINK_HIGH)
			return;
		report_kid(p, k);
		if (TAILQ_FIRST(&p->kids.owed) == k) {
			owed_later(p);
			return;
		}
	}
}
