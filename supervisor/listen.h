/*
 * listen.h - what of the network only the parent may open.
 *
 * The relay gets duplicates of all of it.  The sockets are kept when a relay
 * dies, so the port stays the same.
 */
#ifndef LISTEN_H
#define LISTEN_H
#include <stdbool.h>

#define LISTEN_ADDRESS_SIZE	256	/* fits a str8 */
#define LISTEN_WHY_SIZE		512

struct conf_node;

struct listen {				/* -1: there is none */
	int	 key;		/* the key file */
	int	 tcp;
	int	 udp;		/* for announcements */
	char	 address[LISTEN_ADDRESS_SIZE];	/* of tcp, with its real port;
						   * stands for all of ours */
};

void	 listen_init(struct listen *);
void	 listen_close(struct listen *);

/*
 * Opens what the settings ask for.  What is there already, opened for the
 * settings was, is the same socket again, not another one; both may be NULL.
 * -1, errno, the reason for people, and nothing is open: EINVAL when it is for
 * the administrator to correct, else what the system said.
 */
int	 listen_open(struct listen *, const struct conf_node *,
	    const struct listen *old, const struct conf_node *was,
	    char why[LISTEN_WHY_SIZE]);

/* Whether the sockets for both settings are the same. */
bool	 listen_same(const struct conf_node *, const struct conf_node *);

#endif /* LISTEN_H */
