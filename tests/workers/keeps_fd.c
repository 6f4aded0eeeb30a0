/*
 * keeps_fd.c - a worker of libmsg whose children have its descriptor, too.
 *
 *	keeps_fd	runs `brood recv` and ends as that does
 */
#include <sys/wait.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "msg.h"

MSG_REMOTABLE(keeps_fd);

static void
keeps_fd(void)
{
	int	status = 0;
	pid_t	pid;

	/* libmsg has closed it for those who are executed; we open it. */
	if (fcntl(msg_fd(), F_SETFD, 0) == -1 || (pid = fork()) == -1)
		msg_die("no child");
	if (pid == 0) {
		execlp("brood", "brood", "recv", (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		exit(WEXITSTATUS(status));
	msg_die("the child was killed");
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(keeps_fd));
}
