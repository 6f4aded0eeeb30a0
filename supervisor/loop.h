/*
 * loop.h - the relay's event loop; the one place that knows the loop library.
 */
#ifndef LOOP_H
#define LOOP_H
#include <stdbool.h>

#include "mono.h"

struct loop;
struct loop_io;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_CLOSED = 4 };

typedef void loop_io_fn(void *arg, int what);	/* of the bits above */
typedef void loop_timer_fn(void *arg);

struct loop		*loop_new(void);	/* NULL: ENOMEM */
void			 loop_free(struct loop *);

/*
 * Waits for events, calls back for them, then calls turn(arg): until
 * loop_stop(). -1 and errno: the loop itself failed.
 */
int			 loop_run(struct loop *, void (*turn)(void *),
			    void *arg);
void			 loop_stop(struct loop *);

/* How long it looks for events before it sleeps, while that pays; 0: never,
   the default.  A sleep spared is some microseconds less of every delay. */
void			 loop_spin(struct loop *, int64_t ns);

/*
 * A descriptor, watched for nothing yet; it stays the caller's.  LOOP_CLOSED
 * tells of the other end's close while nothing is read; where the system cannot
 * tell, it is never called and the close is seen at the next read.
 * NULL: ENOMEM.
 */
struct loop_io		*loop_io_new(struct loop *, int fd, loop_io_fn *,
			    void *arg);
void			 loop_io_free(struct loop_io *);
int			 loop_io_want(struct loop_io *, int what);

/* Calls back once at the deadline; set again with another one.  NULL:
   ENOMEM. */
struct loop_timer	*loop_timer_new(struct loop *, loop_timer_fn *,
			    void *arg);
void			 loop_timer_set(struct loop_timer *, struct mono when);
void			 loop_timer_free(struct loop_timer *);

#endif /* LOOP_H */
