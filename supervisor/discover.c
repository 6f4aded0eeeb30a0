/*
 * discover.c - where other nodes may be: known-hosts, dns-name, announcements.
 *
 * The configuration and DNS say all they know at once: what they no longer name
 * is withdrawn.  While DNS cannot be asked, what it said before stays.
 *
 * Owns:    struct discover, the places of known-hosts and dns-name, when DNS is
 *          asked.
 * Not here: announcements (beacon.c); DNS and dialling (discover_acts.h).
 * Errors:  logged, once as long as they stay the same.
 */
#include "discover.h"

#include <stdlib.h>
#include <string.h>

#include "beacon.h"
#include "log.h"
#include "node.h"
#include "places.h"
#include "settings.h"

#define FAILED_MS	5000		/* until DNS is asked again */
#define SPREAD		10		/* a tenth earlier or later */
#define TROUBLE_SIZE	160

struct discover {
	struct node			*node;
	const struct discover_acts	*acts;
	void				*arg;
	struct beacon			 beacon;
	struct places			 places[DISCOVER_BROADCAST]; /* it has
							its own */
	struct mono			 ask_at;
	bool				 asking;
	bool				 outdated;	/* for another name */
	char				 dns_name[CONF_HOST_SIZE];
	size_t				 answered;	/* places, last time */
	char				 trouble[TROUBLE_SIZE];
};

const char *
discover_source_name(enum discover_source source)
{
	static const char *const	 names[DISCOVER_NSOURCES] = {
		[DISCOVER_STATIC] = "static", [DISCOVER_DNS] = "dns",
		[DISCOVER_BROADCAST] = "broadcast"
	};

	return names[source];
}

struct discover *
discover_new(struct node *n, const struct discover_acts *acts, void *arg)
{
	struct discover	*d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return NULL;
	d->node = n;
	d->acts = acts;
	d->arg = arg;
	d->ask_at = MONO_NEVER;
	beacon_init(&d->beacon, n, acts, arg);
	return d;
}

void
discover_free(struct discover *d)
{
	int	i;

	if (d == NULL)
		return;
	for (i = 0; i < DISCOVER_BROADCAST; i++)
		places_release(&d->places[i]);
	beacon_release(&d->beacon);
	free(d);
}

static void
wake(struct discover *d)
{
	struct mono	next = d->beacon.next;

	d->acts->wake(d->arg, next.ns < d->ask_at.ns ? next : d->ask_at);
}

/* ---- sources that say all they know at once ---- */

static void
set_begin(struct discover *d, enum discover_source source)
{
	struct place	*p, *next;

	NODE_EACH(d->places[source].table, p, next)
		p->marked = false;
}

/* False: there is no room for it. */
static bool
set_add(struct discover *d, enum discover_source source, const char *host,
    uint16_t port)
{
	struct places	*s = &d->places[source];
	struct place	*p = places_find(s, host, port);

	if (p == NULL) {
		if ((p = places_add(s, host, port, NULL)) == NULL)
			return false;
		d->acts->suggest(d->arg, source, p->host, p->port);
	}
	p->marked = true;
	return true;
}

static void
set_end(struct discover *d, enum discover_source source)
{
	struct place	*p, *next;

	NODE_EACH(d->places[source].table, p, next) {
		if (p->marked)
			continue;
		d->acts->withdraw(d->arg, source, p->host, p->port);
		places_remove(&d->places[source], p);
	}
}

static void
left_out(struct discover *d, enum discover_source source, size_t n)
{
	if (n > 0)
		log_warnx(d->node->log, "discovery %s: left-out=%zu most=%d",
		    discover_source_name(source), n, PLACES_MOST);
}

/* ---- known-hosts ---- */

static void
static_configure(struct discover *d, bool on)
{
	const struct conf_node	*c = &d->node->conf->node;
	char			 host[CONF_HOST_SIZE], **text;
	size_t			 lost = 0;
	int			 port;

	set_begin(d, DISCOVER_STATIC);
	if (on && (c->discover & CONF_DISCOVER_STATIC) != 0)
		for (text = c->known_hosts; *text != NULL; text++)
			if (conf_host_parse(*text, host, &port) != NULL ||
			    !set_add(d, DISCOVER_STATIC, host, port > 0 ?
			    (uint16_t)port : DISCOVER_PORT))
				lost++;
	set_end(d, DISCOVER_STATIC);
	left_out(d, DISCOVER_STATIC, lost);
}

/* ---- dns-name ---- */

static void
dns_configure(struct discover *d, bool on)
{
	const struct conf_node	*c = &d->node->conf->node;
	const char		*name = "";

	if (on && (c->discover & CONF_DISCOVER_DNS) != 0)
		name = c->dns_name;
	if (strcmp(d->dns_name, name) == 0)
		return;
	set_begin(d, DISCOVER_DNS);
	set_end(d, DISCOVER_DNS);
	d->answered = 0;
	d->trouble[0] = '\0';
	(void)strlcpy(d->dns_name, name, sizeof(d->dns_name));
	d->outdated = d->asking;
	d->ask_at = *name != '\0' && !d->asking ? d->node->now : MONO_NEVER;
}

static void
dns_failed(struct discover *d, const char *why)
{
	d->ask_at = discover_about(d->acts, d->arg, d->node->now, FAILED_MS,
	    FAILED_MS / SPREAD);
	if (strncmp(d->trouble, why, sizeof(d->trouble) - 1) == 0)
		return;
	(void)strlcpy(d->trouble, why, sizeof(d->trouble));
	log_warnx(d->node->log, "discovery dns: name=%s error=%s", d->dns_name,
	    d->trouble);
}

static void
dns_ask(struct discover *d)
{
	d->ask_at = MONO_NEVER;
	if (d->acts->ask(d->arg, d->dns_name) == 0)
		d->asking = true;
	else
		dns_failed(d, "the question could not be asked");
}

static void
dns_replace(struct discover *d, const struct host *hosts, size_t n)
{
	size_t	i, lost = 0, were = d->answered;

	set_begin(d, DISCOVER_DNS);
	for (i = 0; i < n; i++)
		if (hosts[i].port == 0 || !host_valid(hosts[i].name) ||
		    !set_add(d, DISCOVER_DNS, hosts[i].name, hosts[i].port))
			lost++;
	set_end(d, DISCOVER_DNS);
	d->answered = places_count(&d->places[DISCOVER_DNS]);
	if (d->answered == were && d->trouble[0] == '\0')
		return;
	d->trouble[0] = '\0';
	left_out(d, DISCOVER_DNS, lost);
	log_info(d->node->log, "discovery dns: name=%s addresses=%zu",
	    d->dns_name, d->answered);
}

/* An answer for a name that is no longer configured only makes room for the
   question after it. */
void
discover_answer(struct discover *d, const struct host *hosts, size_t n,
    const char *why)
{
	uint32_t	ms;

	ms = (uint32_t)(d->node->conf->node.dns_interval / 1000);
	d->asking = false;
	if (d->dns_name[0] == '\0')
		d->ask_at = MONO_NEVER;
	else if (d->outdated)
		d->ask_at = d->node->now;
	else if (why != NULL)
		dns_failed(d, why);
	else {
		dns_replace(d, hosts, n);
		d->ask_at = discover_about(d->acts, d->arg, d->node->now, ms,
		    ms / SPREAD);
	}
	d->outdated = false;
	wake(d);
}

const char *
discover_trouble(const struct discover *d)
{
	return d->trouble[0] != '\0' ? d->trouble : NULL;
}

/* ---- all of them ---- */

void
discover_configure(struct discover *d, const struct discover_self *self)
{
	bool	on = self != NULL;

	static_configure(d, on);
	dns_configure(d, on);
	if (on && (d->node->conf->node.discover & CONF_DISCOVER_BROADCAST) != 0)
		beacon_start(&d->beacon, self->listen, self->tags, self->ntags);
	else
		beacon_stop(&d->beacon);
	wake(d);
}

void
discover_tick(struct discover *d)
{
	beacon_tick(&d->beacon);
	if (mono_reached(d->ask_at, d->node->now))
		dns_ask(d);
	wake(d);
}

void
discover_packet(struct discover *d, const char *origin, const void *p,
    size_t n)
{
	beacon_packet(&d->beacon, origin, p, n);
	wake(d);
}
