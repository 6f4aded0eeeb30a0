/*
 * clash.c - two nodes of one name: which of them is let in.
 *
 * A node that was restarted comes back under its name before its old session
 * has run out: where it has the address of the old one, and that one does not
 * answer, the old one is dead.  Two that both answer are a mistake of people:
 * who was there first stays, and where two halves of a network meet, in each of
 * which one was first, the smaller id stays, everywhere.
 *
 * Owns:    nothing.
 * Errors:  none.
 */
#include "clash.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "peer.h"
#include "session.h"
#include "settings.h"
#include "trunk.h"

/* The one that is there is silent, or has no connection. */
static enum clash
silent(struct trunk *t, struct peer *there, char text[WHY_SIZE])
{
	char	address[HOST_SIZE];

	trunk_address(t, address);
	if (address[0] != '\0' && strcmp(address, there->address) == 0) {
		log_info(t->node->log, "node %s was restarted", there->name);
		session_end(there, "restarted", true);
		return CLASH_NONE;
	}
	(void)snprintf(text, WHY_SIZE, "another node %s, at %.60s, may be "
	    "alive", there->name, there->address[0] != '\0' ?
	    there->address : "an unknown address");
	return CLASH_WAIT;
}

enum clash
clash_decide(struct trunk *t, bool again, char text[WHY_SIZE])
{
	struct node	*n = t->node;
	struct peer	*there = peer_named(n, t->hello.name);

	if (strcmp(t->hello.name, n->conf->node.name) == 0) {
		(void)snprintf(text, WHY_SIZE, "two nodes have the name %s",
		    t->hello.name);
		return CLASH_REFUSED;
	}
	if (there == NULL || there->id == t->hello.id)
		return CLASH_NONE;
	if (there->session.state != SESSION_UP)
		return silent(t, there, text);
	if (!again) {
		t->asked = n->acts->clock(n);
		session_probe(there);
		return CLASH_ASKED;
	}
	if (there->session.heard.ns < t->asked.ns)
		return silent(t, there, text);
	if (t->hello.established && t->hello.id < there->id) {
		session_end(there, "conflict", false);
		return CLASH_NONE;
	}
	(void)snprintf(text, WHY_SIZE, "another node %s is there, at %.60s",
	    there->name, there->address[0] != '\0' ? there->address :
	    "an unknown address");
	return CLASH_REFUSED;
}
