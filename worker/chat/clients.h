/*
 * clients.h - the connections of this server.
 */
#ifndef CHAT_CLIENTS_H
#define CHAT_CLIENTS_H
#include <stdbool.h>
#include <stddef.h>

struct clients;
struct loop;
struct room;
struct settings;

struct clients	*clients_new(const struct settings *, struct loop *);
void		 clients_free(struct clients *);
void		 clients_room(struct clients *, struct room *);
void		 clients_add(void *, int fd);	/* takes the descriptor */
/* Everyone is told that the server ends, and has so long to hear it. */
void		 clients_end(struct clients *);
bool		 clients_none(const struct clients *);

/*
 * Writes what there is for each, in one write; those that cannot keep up go.
 * With pressed, or when a client falls behind, those who write much are read
 * slowly.  True: time matters.
 */
bool		 clients_turn(struct clients *, bool pressed);

/* Acts of the room. */
void	 client_show(void *, const char *, size_t n);
void	 client_end(void *);
void	 client_settled(void *);

#endif /* CHAT_CLIENTS_H */
