/*
 * common.h - what every program of bench/ shares: time, samples, pipes, output.
 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The message all messaging figures are made with: one blob of this size. */
#define BENCH_BLOB	64
#define BENCH_BLOB_BIG	65536

uint64_t bench_now(void);		/* monotonic, nanoseconds */
uint64_t bench_cpu(void);		/* CPU time of this process, too */

/* A line of result: NAME VALUE UNIT.  NAME is FIGURE.SIDE. */
void	 bench_print(const char *figure, const char *side, double value,
	    const char *unit);
void	 bench_print_rate(const char *figure, const char *side, size_t count,
	    size_t size, uint64_t ns);	/* msg/s; MB/s from 4 KiB on */

/* Latencies; printed as FIGURE.SIDE (the median) and FIGURE.SIDE.p99. */
struct bench_samples {
	uint64_t	*ns;
	size_t		 n, max;
};
void	 bench_samples_init(struct bench_samples *, size_t max);
void	 bench_samples_add(struct bench_samples *, uint64_t ns);
void	 bench_samples_print(struct bench_samples *, const char *figure,
	    const char *side);		/* sorts them; releases them */

/* These end the program when they fail: a bench has nothing to rescue. */
int	 bench_argument(int argc, char **argv, int at, int least, int most);
void	*bench_memory(size_t);		/* zeroed */
void	 bench_pair(int [2]);		/* close-on-exec, above 9 */
void	 bench_touch(size_t mb);		/* so much memory is used */
void	 bench_read(int fd, void *, size_t);
void	 bench_write(int fd, const void *, size_t);
pid_t	 bench_fork(void);		/* the child dies with its parent */
void	 bench_end(pid_t);		/* SIGKILL and wait */

/*
 * clone(CLONE_VM | CLONE_VFORK) and exec of argv with FD as descriptor 3: the
 * least a program can be started with; what broodd's own spawn is held against.
 */
pid_t	 bench_spawn(char *const argv[], int fd);

#endif /* BENCH_COMMON_H */
