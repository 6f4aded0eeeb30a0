/*
 * pid.c - process ids, names, and addresses as people write them.
 *
 * Owns:    the text form of addresses, both ways.
 * Not here: who an address means now (the relay's names and processes).
 * Errors:  -1 and EINVAL for text that is no address.
 */
#include "pid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Not isalnum(): names mean the same in every locale. */
static bool
is_name_char(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
}

/* Takes a name from *at, up to anything that cannot be in one. */
static bool
take_name(const char **at, char name[NAME_SIZE])
{
	size_t	n;

	if (!is_letter(**at))
		return false;
	for (n = 0; is_name_char((*at)[n]); n++)
		if (n == NAME_SIZE - 1)
			return false;
	memcpy(name, *at, n);
	name[n] = '\0';
	*at += n;
	return true;
}

static int
digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;			/* no digit of any base */
}

/* A number without sign or blanks that fits 64 bits and is not 0. */
static bool
take_number(const char **at, unsigned int base, uint64_t *out)
{
	uint64_t	v = 0;
	unsigned int	d;
	size_t		n;

	for (n = 0; (d = (unsigned int)digit_value((*at)[n])) < base; n++) {
		if (v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*at += n;
	*out = v;
	return n > 0 && v != 0;
}

bool
name_valid(const char *text)
{
	char	name[NAME_SIZE];

	return take_name(&text, name) && *text == '\0';
}

int
address_parse(const char *text, struct address *out)
{
	const char	*at = text;

	memset(out, 0, sizeof(*out));
	if (is_digit(*at)) {
		if (!take_number(&at, 10, &out->serial))
			goto bad;
	} else if (!take_name(&at, out->name))
		goto bad;
	if (*at == '@') {
		at++;
		/* 12@#5f3a9c0177e2b410: its node's name is not known. */
		if (*at != '#' && !take_name(&at, out->node))
			goto bad;
	}
	if (*at == '#') {
		at++;
		if (!take_number(&at, 16, &out->incarnation))
			goto bad;
	}
	if (*at == '!' && out->serial != 0) {	/* only a process has calls */
		at++;
		if (!take_number(&at, 10, &out->ref))
			goto bad;
	}
	if (*at == '\0')
		return 0;
 bad:
	memset(out, 0, sizeof(*out));
	errno = EINVAL;
	return -1;
}

char *
pid_print(char text[ADDRESS_SIZE], struct pid pid, const char *node,
    bool full, uint64_t ref)
{
	char	inc[32] = "", call[32] = "";

	if (full)
		(void)snprintf(inc, sizeof(inc), "#%016" PRIx64, pid.node);
	if (ref != 0)
		(void)snprintf(call, sizeof(call), "!%" PRIu64, ref);
	(void)snprintf(text, ADDRESS_SIZE, "%" PRIu64 "@%.63s%s%s", pid.serial,
	    node, inc, call);
	return text;
}

bool
pid_none(struct pid pid)
{
	return pid.serial == 0;
}
