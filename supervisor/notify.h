/*
 * notify.h - tells the init that started us how we do.
 *
 * The protocol of sd_notify(3): a datagram of VARIABLE=VALUE lines to the
 * socket named by NOTIFY_SOCKET, where '@' begins an abstract name.
 */
#ifndef NOTIFY_H
#define NOTIFY_H
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct notify {
	int			 fd;		/* -1: nobody asked */
	struct sockaddr_un	 to;
	socklen_t		 len;
	int64_t			 watchdog;	/* microseconds; 0: none */
};

/*
 * From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID in the environment; pid
 * is the process init knows, which need not be this one.  0 (also where nobody
 * asked), or -1 and errno; then notify_send does nothing.
 */
int	 notify_init(struct notify *, pid_t pid);
void	 notify_release(struct notify *);

/* "READY=1\nSTATUS=..."; 1 sent, 0 nobody asked, -1 and errno. Never waits. */
int	 notify_send(const struct notify *, const char *state);

/* How often WATCHDOG=1 is to be sent, in microseconds; 0: never. */
int64_t	 notify_interval(const struct notify *);

#endif /* NOTIFY_H */
