/*
 * post.h - frames to other nodes: which lane they go to, and into it.
 */
#ifndef POST_H
#define POST_H
#include "others.h"

/*
 * The lane to this process of another node, or with serial 0 to that node.  An
 * id that is not known is asked for, and takes frames meanwhile.  NULL: frames
 * to it are lost: it is gone, or (ENOMEM) there is no memory.
 */
struct lane	*post_lane(struct node *, struct pid to);

/* The same, but nobody is asked for, and NULL where there is no lane. */
struct lane	*post_lane_known(struct node *, struct pid to);

/* Whole frames in a row.  Where they cannot be kept the session is
   doomed: nothing is ever left out of its middle. */
void		 post(struct lane *, const void *, size_t n, bool data);

/* One frame, made of a header and a body; to nowhere: it is lost, and counted.
   False then. */
bool		 post_frame(struct node *, struct wire_head *,
		    const void *body, size_t len, bool data);

/* A request, in the node's own lane whatever its `to`. */
void		 post_request(struct peer *, struct wire_head *,
		    const void *body, size_t n);

/* To a peer, ahead of all lanes. */
void		 post_urgent(struct peer *, struct wire_head *,
		    const void *body, size_t n);

/* Its session cannot go on: nothing is written any more, and the end of this
   turn ends it.  why is not copied. */
void		 post_doom(struct peer *, const char *why);

/* Its connection has something to write. */
void		 post_push(struct peer *);

#endif /* POST_H */
