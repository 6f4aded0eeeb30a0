/*
 * discover_acts.h - what discovery asks of the world.
 */
#ifndef DISCOVER_ACTS_H
#define DISCOVER_ACTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mono.h"

enum discover_source {
	DISCOVER_STATIC, DISCOVER_DNS, DISCOVER_BROADCAST, DISCOVER_NSOURCES
};

struct discover_acts {
	/* Dial this; a name is looked up anew at each dial.  Said again for
	   the same address when a node has just started there: dial now, if it
	   is not connected. */
	void		(*suggest)(void *, enum discover_source,
			    const char *host, uint16_t port);
	/* This source does not know it any more; others may. */
	void		(*withdraw)(void *, enum discover_source,
			    const char *host, uint16_t port);
	/* A datagram to discovery-port of every broadcast address; on loopback
	   only if so. */
	void		(*broadcast)(void *, bool loopback, const void *,
			    size_t);
	/* Looks a dns-name up; one call of discover_answer() follows, later,
	   never from within.  -1 and errno: it does not. */
	int		(*ask)(void *, const char *name);
	/* discover_tick() is wanted then, no more at the time said before. */
	void		(*wake)(void *, struct mono);
	/* At random, from 0 to below - 1. */
	uint32_t	(*random)(void *, uint32_t below);
};

/* ms from now, jitter more or less: nodes that started together spread. */
static inline struct mono
discover_about(const struct discover_acts *acts, void *arg, struct mono now,
    uint32_t ms, uint32_t jitter)
{
	return mono_after(now, MONO_MS(ms - jitter +
	    acts->random(arg, 2 * jitter + 1)));
}

#endif /* DISCOVER_ACTS_H */
