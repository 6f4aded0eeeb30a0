/* paths.h - where the supervisor's socket and the programs beside us are. */
#ifndef PATHS_H
#define PATHS_H
#include <sys/un.h>

#define PATHS_SOCKET	sizeof(((struct sockaddr_un *)0)->sun_path)

/*
 * The control socket: given (may be NULL), else $BROOD_SOCKET, else sock in
 * broodd's run directory.  -1 ENAMETOOLONG: no socket can have that path.
 */
int	 paths_socket(const char *given, char out[PATHS_SOCKET]);

/* broodd: beside this program, else ../sbin/broodd.  Allocated, or NULL and
   errno. */
char	*paths_broodd(void);

#endif /* PATHS_H */
