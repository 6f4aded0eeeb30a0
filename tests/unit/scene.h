/*
 * scene.h - discovery whose time, network and chance are the test's.
 *
 *	struct scene	s;
 *
 *	scene_open(&s, "known-hosts = a\n");
 *	configure(&s, "127.0.0.1:38813");
 *	is_str(said(&s), "+static a 38813", "what was suggested, withdrawn");
 *	pass(&s, 10 * S);		so much later
 *	scene_close(&s);
 */
#ifndef UNIT_SCENE_H
#define UNIT_SCENE_H
#include "tap.h"

#include <stdlib.h>

#include "announce.h"
#include "bug.h"
#include "conf.h"
#include "discover.h"
#include "node.h"
#include "places.h"

#define ID	77			/* of the node */
#define S	1000			/* ms */

struct scene {
	struct node	 n;
	struct conf	*conf;
	struct discover	*d;
	struct mono	 wake;
	char		 said[4096];	/* what the acts were told */
	unsigned int	 sends, asks, suggests, withdraws;
	struct mono	 sent;
	uint8_t		 packet[ANNOUNCE_MAX];
	size_t		 len;
	bool		 loopback;
	uint32_t	 dice;		/* what random() gives, if it may */
	bool		 deaf;		/* ask() fails */
};

static const struct announce_tag scene_tags[] = { { "ours" }, { "old" } };

/* ---- the acts ---- */

TAP_FN void
say(struct scene *s, char sign, enum discover_source source, const char *host,
    uint16_t port)
{
	size_t	n = strlen(s->said);

	(void)snprintf(s->said + n, sizeof(s->said) - n, "%s%c%s %s %u",
	    n > 0 ? "; " : "", sign, discover_source_name(source), host, port);
}

TAP_FN void
on_suggest(void *arg, enum discover_source source, const char *host,
    uint16_t port)
{
	struct scene	*s = arg;

	s->suggests++;
	say(s, '+', source, host, port);
}

TAP_FN void
on_withdraw(void *arg, enum discover_source source, const char *host,
    uint16_t port)
{
	struct scene	*s = arg;

	s->withdraws++;
	say(s, '-', source, host, port);
}

TAP_FN void
on_broadcast(void *arg, bool loopback, const void *p, size_t n)
{
	struct scene	*s = arg;

	s->sends++;
	s->sent = s->n.now;
	s->loopback = loopback;
	memcpy(s->packet, p, n);
	s->len = n;
}

TAP_FN int
on_ask(void *arg, const char *name)
{
	struct scene	*s = arg;

	s->asks++;
	is_str(name, s->conf->node.dns_name, "the name that is configured");
	return s->deaf ? -1 : 0;
}

TAP_FN void
on_wake(void *arg, struct mono when)
{
	((struct scene *)arg)->wake = when;
}

TAP_FN uint32_t
on_random(void *arg, uint32_t below)
{
	struct scene	*s = arg;

	BUG_ON(below == 0);
	return s->dice < below ? s->dice : below - 1;
}

static const struct discover_acts	 scene_acts = {
	on_suggest, on_withdraw, on_broadcast, on_ask, on_wake, on_random
};

/* ---- a scene ---- */

/* The settings of these lines, from the next discover_configure() on. */
TAP_FN void
settings(struct scene *s, const char *lines)
{
	struct conf_sink	 none = { 0 };
	char			 text[1024];

	conf_free(s->conf);
	(void)snprintf(text, sizeof(text), "[node]\nname = alpha\n%s", lines);
	BUG_ON(conf_parse_text(&s->conf, text, strlen(text), &none) == -1);
	s->n.conf = s->conf;
}

#define KEYED	"listen = 0.0.0.0:38813\nkey-file = /k\n"

TAP_FN void
scene_open(struct scene *s, const char *lines)
{
	static const struct node_acts	 none;

	memset(s, 0, sizeof(*s));
	settings(s, lines);
	node_init(&s->n, s->conf, NULL, &none, ID,
	    mono_after((struct mono){ 0 }, MONO_MS(3600 * S)));
	s->d = discover_new(&s->n, &scene_acts, s);
	s->wake = MONO_NEVER;
}

TAP_FN void
scene_close(struct scene *s)
{
	discover_free(s->d);
	node_release(&s->n);
	conf_free(s->conf);
}

TAP_FN void
configure(struct scene *s, const char *listen)
{
	discover_configure(s->d, &(struct discover_self){ listen,
	    scene_tags, 2 });
}

/* What was said since the last call. */
TAP_FN const char *
said(struct scene *s)
{
	static char	copy[sizeof(s->said)];

	memcpy(copy, s->said, sizeof(copy));
	s->said[0] = '\0';
	return copy;
}

/* So much later; on the way it ticks whenever that is wanted. */
TAP_FN void
pass(struct scene *s, int64_t ms)
{
	struct mono	end = mono_after(s->n.now, MONO_MS(ms));
	int		ticks = 0;

	while (mono_reached(s->wake, end) && ticks++ < 100000) {
		if (s->wake.ns > s->n.now.ns)
			s->n.now = s->wake;
		discover_tick(s->d);
	}
	if (ticks >= 100000)
		ok(false, "it ticks for ever");
	s->n.now = end;
}

#endif /* UNIT_SCENE_H */
