/*
 * bug.h - what must never happen.
 *
 * BUG_ON is for faults of our own, in every build, and leaves a core.  No input
 * of a worker, guest, peer or file may reach it: those get an error return.
 */
#ifndef BUG_H
#define BUG_H

#define BUG_ON(cond)							\
	do {								\
		if (cond)						\
			bug(__FILE__, __LINE__, __func__, #cond);	\
	} while (0)

_Noreturn void	 bug(const char *file, int line, const char *func,
		    const char *cond);

#endif /* BUG_H */
