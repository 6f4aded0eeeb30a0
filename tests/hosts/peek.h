/*
 * peek.h - which supervisor of this machine holds the other end of a TCP
 * connection over loopback.
 *
 * The kernel tells the inode of the other end, /proc tells the descriptors of
 * each relay below a guard; they are compared.
 */
#ifndef PEEK_H
#define PEEK_H
#include <sys/socket.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The inode of the socket whose own port is that and whose other end is ours;
   0: there is none. */
static unsigned long
peek_inode(uint16_t theirs, uint16_t ours)
{
	char		 line[256];
	unsigned int	 from, to;
	unsigned long	 inode = 0;
	FILE		*f;

	if ((f = fopen("/proc/self/net/tcp", "r")) == NULL)
		return 0;
	while (inode == 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %*x:%x %*x:%x %*x %*s %*s %*s %*s %*s "
		    "%lu", &from, &to, &inode) != 3 || from != theirs ||
		    to != ours)
			inode = 0;
	fclose(f);
	return inode;
}

static bool
peek_holds(pid_t pid, unsigned long inode)
{
	char		 path[64], want[64], link[64];
	struct dirent	*e;
	DIR		*d;
	ssize_t		 n;
	bool		 found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	(void)snprintf(want, sizeof(want), "socket:[%lu]", inode);
	if ((d = opendir(path)) == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL) {
		n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = strcmp(link, want) == 0;
	}
	closedir(d);
	return found;
}

static bool
peek_is_relay(pid_t pid)
{
	char	 path[64], comm[32] = "";
	FILE	*f;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	(void)!fgets(comm, sizeof(comm), f);
	fclose(f);
	return strcmp(comm, "relay\n") == 0;
}

/* Whether the socket is that of a relay so many levels below a process. */
static bool
peek_below(pid_t pid, unsigned long inode, int levels)
{
	char	 path[64];
	bool	 found = false;
	FILE	*f;
	int	 child;

	if (levels == 0)
		return peek_is_relay(pid) && peek_holds(pid, inode);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)pid, (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	while (!found && fscanf(f, "%d", &child) == 1)
		found = peek_below(child, inode, levels - 1);
	fclose(f);
	return found;
}

/* The number, from 1, of the guard below which the other end of fd lies: the
   relay is the child of a child; 0: of none. */
static size_t
peek_dialler(int fd, const pid_t *guards, size_t n)
{
	struct sockaddr_in	theirs, ours;
	socklen_t		len = sizeof(theirs), len2 = sizeof(ours);
	unsigned long		inode;
	size_t			i;

	if (getpeername(fd, (struct sockaddr *)&theirs, &len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&ours, &len2) == -1)
		return 0;
	inode = peek_inode(ntohs(theirs.sin_port), ntohs(ours.sin_port));
	for (i = 0; inode != 0 && i < n; i++)
		if (guards[i] != 0 && peek_below(guards[i], inode, 2))
			return i + 1;
	return 0;
}

#endif /* PEEK_H */
