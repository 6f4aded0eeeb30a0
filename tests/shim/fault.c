/*
 * fault.c - preloaded into the supervisor: calls that fail when a test says so.
 *
 *	FAULT_FILE	names a file of one line, WHAT FROM COUNT: the FROMth
 *			call of that kind on, counted from when the file was
 *			last written, COUNT calls fail.  No file: none fail.
 *	FAULT_IN	the program it is for, as in /proc/self/comm
 *
 *	fork		fork, clone: EAGAIN
 *	socketpair pipe accept	EMFILE
 *	memory		malloc, calloc, realloc: ENOMEM
 *	descriptors	recvmsg: those that came are lost: the table is full
 *
 * What it did goes to FAULT_FILE.done, a dot a failure.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void	*__libc_malloc(size_t);
extern void	*__libc_calloc(size_t, size_t);
extern void	*__libc_realloc(void *, size_t);

static struct {
	const char	*file;		/* NULL: not for this program */
	bool		 ready, inside;
	struct timespec	 written;
	ino_t		 inode;
	char		 what[32];
	unsigned long	 from, count, calls;
} fault;

static void
find_out(void)
{
	const char	*program = getenv("FAULT_IN");
	char		 comm[32] = "";
	int		 fd;

	fault.ready = true;
	fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	if (fd == -1 || program == NULL)
		return;
	if (read(fd, comm, sizeof(comm) - 1) > 0)
		comm[strcspn(comm, "\n")] = '\0';
	close(fd);
	if (strcmp(comm, program) == 0)
		fault.file = getenv("FAULT_FILE");
}

/* The file, if it was written since; without a byte of the heap. */
static bool
armed(void)
{
	struct stat	st;
	char		line[96] = "", *p;
	int		fd;

	if ((fd = open(fault.file, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	if (fstat(fd, &st) == 0 && (st.st_ino != fault.inode ||
	    memcmp(&st.st_mtim, &fault.written, sizeof(st.st_mtim)) != 0) &&
	    read(fd, line, sizeof(line) - 1) > 0) {
		fault.inode = st.st_ino;
		fault.written = st.st_mtim;
		p = strchr(line, ' ');
		*p = '\0';
		memcpy(fault.what, line, sizeof(fault.what) - 1);
		fault.from = strtoul(p + 1, &p, 10);
		fault.count = strtoul(p, NULL, 10);
		fault.calls = 0;
	}
	close(fd);
	return true;
}

static void
tell(void)
{
	char	path[256];
	int	fd;

	(void)snprintf(path, sizeof(path), "%s.done", fault.file);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd != -1) {
		(void)!write(fd, ".", 1);
		close(fd);
	}
}

/* Whether this call of that kind is to fail. */
static bool
fails(const char *what)
{
	bool	hit = false;
	int	saved = errno;

	if (fault.inside)
		return false;
	fault.inside = true;
	if (!fault.ready)
		find_out();
	if (fault.file != NULL && armed() && strcmp(what, fault.what) == 0) {
		fault.calls++;
		hit = fault.calls >= fault.from &&
		    fault.calls - fault.from < fault.count;
		if (hit)
			tell();
	}
	fault.inside = false;
	errno = saved;
	return hit;
}

#define NEXT(name)	((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

#define FAIL(what, error)						\
	if (fails(what)) {						\
		errno = (error);					\
		return -1;						\
	}

/* ---- processes ---- */

pid_t
fork(void)
{
	FAIL("fork", EAGAIN)
	return NEXT(fork)();
}

int
clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	FAIL("fork", EAGAIN)
	return NEXT(clone)(fn, stack, flags, arg);
}

/* ---- descriptors ---- */

int
socketpair(int domain, int type, int protocol, int sv[2])
{
	FAIL("socketpair", EMFILE)
	return NEXT(socketpair)(domain, type, protocol, sv);
}

int
pipe2(int fds[2], int flags)
{
	FAIL("pipe", EMFILE)
	return NEXT(pipe2)(fds, flags);
}

int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	FAIL("accept", EMFILE)
	return NEXT(accept4)(fd, addr, len, flags);
}

/* As the kernel does it where there is no room in the table. */
ssize_t
recvmsg(int s, struct msghdr *m, int flags)
{
	ssize_t		 n = NEXT(recvmsg)(s, m, flags);
	struct cmsghdr	*h;
	size_t		 i;
	int		 fd;

	if (n <= 0 || (h = CMSG_FIRSTHDR(m)) == NULL ||
	    h->cmsg_type != SCM_RIGHTS || !fails("descriptors"))
		return n;
	for (i = 0; CMSG_LEN((i + 1) * sizeof(fd)) <= h->cmsg_len; i++) {
		memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
	m->msg_controllen = 0;
	m->msg_flags |= MSG_CTRUNC;
	return n;
}

/* ---- memory ---- */

static bool
no_memory(void)
{
	if (!fails("memory"))
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}
