/*
 * loop.h - one thread that waits for sockets, for messages and for time.
 */
#ifndef CHAT_LOOP_H
#define CHAT_LOOP_H
#include <stdbool.h>
#include <stdint.h>

struct loop;
struct watch;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop_acts {
	/* Takes one message that has come; false: there was none. */
	bool	(*message)(void *ctx);
	/* All is taken that was there.  True: again in LOOP_TICK ms. */
	bool	(*turn)(void *ctx);
};

#define LOOP_TICK	50

struct loop	*loop_new(const struct loop_acts *, void *ctx);	/* errno */
void		 loop_free(struct loop *);
/* Until turn says so by loop_end; a signal, TERM or INT, is kept. */
void		 loop_run(struct loop *);
void		 loop_end(struct loop *);
bool		 loop_signalled(const struct loop *);

/* NULL: no memory.  Waits for nothing at first. */
struct watch	*loop_watch(struct loop *, int fd,
		    void (*)(void *arg, unsigned int what), void *arg);
void		 loop_want(struct watch *, unsigned int what);
void		 loop_unwatch(struct watch **);

uint64_t	 loop_ms(void);		/* monotonic */
uint64_t	 loop_calendar(void);	/* microseconds of the calendar */

#endif /* CHAT_LOOP_H */
