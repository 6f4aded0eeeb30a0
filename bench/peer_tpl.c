/*
 * peer_tpl.c - a message with a pid, a string and an int through libtpl itself.
 *
 *	peer_tpl COUNT
 *
 * Owns:    what encoding and decoding cost when libtpl does them: map, pack,
 *          dump and map, load, unpack, as its manual says.  CPU time.
 * Not here: a guard in front of tpl_load: libmsg's strict reader is one too,
 *          so the comparison is kind to libtpl.
 * Errors:  exit 1.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <tpl.h>

#include "common.h"

#define FORMAT		"UUsi"
#define IMAGE_SIZE	128

struct greeting {
	uint64_t	 node, serial;
	char		*text;
	int32_t		 number;
};

static tpl_node *
greeting_map(struct greeting *g)
{
	char		 format[] = FORMAT;	/* tpl_map takes no const */
	tpl_node	*t;

	t = tpl_map(format, &g->node, &g->serial, &g->text, &g->number);
	if (t == NULL)
		errx(1, "tpl_map");
	return t;
}

static size_t
image_size(struct greeting *g)
{
	tpl_node	*t = greeting_map(g);
	size_t		 size;

	if (tpl_pack(t, 0) == -1 || tpl_dump(t, TPL_GETSIZE, &size) == -1)
		errx(1, "tpl_dump");
	tpl_free(t);
	return size;
}

static void
encode(struct greeting *g, unsigned char *image)
{
	tpl_node	*t = greeting_map(g);

	if (tpl_pack(t, 0) == -1 ||
	    tpl_dump(t, TPL_MEM | TPL_PREALLOCD, image,
	    (size_t)IMAGE_SIZE) == -1)
		errx(1, "tpl_dump");
	tpl_free(t);
}

static void
decode(struct greeting *g, unsigned char *image, size_t size)
{
	tpl_node	*t = greeting_map(g);

	if (tpl_load(t, TPL_MEM, image, size) == -1 || tpl_unpack(t, 0) == -1)
		errx(1, "tpl_load");
	tpl_free(t);
	free(g->text);
}

int
main(int argc, char **argv)
{
	size_t		 count, size;
	unsigned char	 image[IMAGE_SIZE];
	char		 text[] = "hello, world";
	struct greeting	 sent = { 1, 2, text, 7 }, got;
	uint64_t	 start;

	count = (size_t)bench_argument(argc, argv, 1, 1, 1 << 30);
	size = image_size(&sent);
	start = bench_cpu();
	for (size_t i = 0; i < count; i++)
		encode(&sent, image);
	bench_print("encode", "tpl",
	    (double)(bench_cpu() - start) / (double)count, "ns");
	start = bench_cpu();
	for (size_t i = 0; i < count; i++)
		decode(&got, image, size);
	bench_print("decode", "tpl",
	    (double)(bench_cpu() - start) / (double)count, "ns");
	return 0;
}
