/*
 * mesh.h - what nodes tell each other about third ones.
 */
#ifndef MESH_H
#define MESH_H
#include "others.h"

/*
 * Looks for the node of an id that nobody here knows; its lanes take frames
 * meanwhile.  NULL: it is dead, was just looked for in vain, or ENOMEM.
 */
struct peer	*mesh_ask(struct node *, uint64_t id);

/* A session has begun, or ended: the others are told. */
void		 mesh_begun(struct peer *);
void		 mesh_ended(struct peer *);

/* N_NODES, N_WHOIS, N_IS of a peer.  NULL, or why it is broken. */
const char	*mesh_nodes(struct peer *, const struct frame *);
const char	*mesh_whois(struct peer *, const struct frame *);
const char	*mesh_is(struct peer *, const struct frame *);

#endif /* MESH_H */
