/*
 * chorus.c - many clients of chat servers, who all speak, and all listen.
 *
 *	chorus CLIENTS LINES PORT...
 *
 * Client I is one of the server on port I modulo their number, and is called
 * uI.  When all see all, each says LINES lines; each must be shown every line
 * of everybody exactly once, those of one author in their order.  Exit 0 and
 * one line, or 1 and what was wrong.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MOST	1000
#define SILENCE_MS	30000
#define BUFFER_SIZE	65536

struct client {
	int	 fd;
	size_t	 said;			/* lines, of its own */
	size_t	 connected;		/* notices */
	size_t	 seen;			/* lines, of all */
	size_t	*next;			/* by author: the line due */
	size_t	 n;
	char	 in[BUFFER_SIZE];
};

static struct client	clients[CLIENTS_MOST];
static struct pollfd	fds[CLIENTS_MOST];
static size_t		nclients, nlines;

static size_t
number(const char *text, size_t least, size_t most)
{
	char		*end;
	unsigned long	 n = strtoul(text, &end, 10);

	if (*end != '\0' || n < least || n > most)
		errx(100, "%s: not between %zu and %zu", text, least, most);
	return n;
}

static void
say(struct client *c, const char *text)
{
	size_t	n = strlen(text);

	if (send(c->fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
		err(1, "u%td: send", c - clients);
}

static void
enter(struct client *c, size_t port)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	char			name[32];

	sin.sin_port = htons((in_port_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "port %zu", port);
	if ((c->next = calloc(nclients, sizeof(*c->next))) == NULL)
		err(1, "calloc");
	snprintf(name, sizeof(name), "u%td\n", c - clients);
	say(c, name);
}

static void
on_line(struct client *c, const char *line)
{
	size_t	author, serial;

	if (sscanf(line, "<u%zu>: line %zu", &author, &serial) != 2) {
		if (strstr(line, " has connected") != NULL)
			c->connected++;
		else if (strcmp(line, "What is your name?") != 0)
			errx(1, "u%td is shown: %s", c - clients, line);
		return;
	}
	if (author >= nclients || serial != c->next[author])
		errx(1, "u%td is shown: %s, and not line %zu", c - clients,
		    line, author < nclients ? c->next[author] : 0);
	c->next[author]++;
	c->seen++;
}

static void
take(struct client *c)
{
	char	*start = c->in, *lf;
	ssize_t	 r;

	r = recv(c->fd, c->in + c->n, sizeof(c->in) - c->n, MSG_DONTWAIT);
	if (r <= 0)
		err(1, "u%td: closed", c - clients);
	c->n += (size_t)r;
	while ((lf = memchr(start, '\n', c->n - (size_t)(start - c->in))) !=
	    NULL) {
		*lf = '\0';
		on_line(c, start);
		start = lf + 1;
	}
	c->n -= (size_t)(start - c->in);
	memmove(c->in, start, c->n);
}

/* Once through all; true while done says no for somebody. */
static bool
go_round(bool (*done)(const struct client *))
{
	size_t	i;
	bool	waiting = false;

	if (poll(fds, nclients, SILENCE_MS) <= 0)
		errx(1, "nothing came for %d s", SILENCE_MS / 1000);
	for (i = 0; i < nclients; i++)
		if (fds[i].revents != 0)
			take(&clients[i]);
	for (i = 0; i < nclients; i++)
		if (!done(&clients[i]))
			waiting = true;
	return waiting;
}

/* Who comes later does not see who was there. */
static bool
sees_all(const struct client *c)
{
	return c->connected >= nclients - (size_t)(c - clients);
}

static bool
heard_all(const struct client *c)
{
	return c->seen == nclients * nlines;
}

int
main(int argc, char **argv)
{
	char	line[64];
	size_t	i, k, nports;

	if (argc < 4)
		errx(100, "usage: chorus CLIENTS LINES PORT...");
	nclients = number(argv[1], 1, CLIENTS_MOST);
	nlines = number(argv[2], 1, 1000000);
	nports = (size_t)argc - 3;
	for (i = 0; i < nclients; i++) {
		enter(&clients[i], number(argv[3 + i % nports], 1, 65535));
		fds[i] = (struct pollfd){ .fd = clients[i].fd,
		    .events = POLLIN };
		/* So that the next one is seen to come after it. */
		while (clients[i].connected == 0) {
			if (poll(&fds[i], 1, SILENCE_MS) <= 0)
				errx(1, "u%zu is not let in", i);
			take(&clients[i]);
		}
	}
	while (go_round(sees_all))
		continue;
	for (k = 0; k < nlines; k++)
		for (i = 0; i < nclients; i++) {
			snprintf(line, sizeof(line), "line %zu\n", k);
			say(&clients[i], line);
		}
	while (go_round(heard_all))
		continue;
	printf("%zu lines, each once and in order\n",
	    nclients * nclients * nlines);
	return 0;
}
