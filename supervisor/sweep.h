/*
 * sweep.h - nobody stays behind: what is left of a supervisor is killed.
 *
 * Where there is no /proc only what the caller knows and has killed itself is
 * waited for.
 */
#ifndef SWEEP_H
#define SWEEP_H
#include <sys/types.h>

#include "mono.h"

#define SWEEP_TIME	MONO_MS(10000)	/* for what the kernel cannot end yet */

/* Orphans of what this process started become its own children. */
int	 sweep_adopt(void);

/*
 * Kills and reaps everything below this process, generation by generation: the
 * children of the dead are ours at once (sweep_adopt).  Blocks until none is
 * left, or until the deadline; how many were left then.
 */
size_t	 sweep_below(struct mono deadline);

/*
 * Kills what carries BROOD_RUN=run_dir in its environment, wherever it is,
 * until none is left or the deadline is reached.  Spares this process and one
 * other (0: none).  The number killed; *left what lives on.
 */
size_t	 sweep_run(const char *run_dir, pid_t spare, struct mono deadline,
	    size_t *left);

#endif /* SWEEP_H */
