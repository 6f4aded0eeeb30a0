/*
 * brood_codec.c - a message with a pid, a string and an int through libmsg.
 *
 *	brood_codec COUNT		the figures encode and decode
 *	brood_codec --frame SIZE	size of the frame of a blob of SIZE
 *
 * Owns:    libmsg's own cost for one message, beside libtpl's (peer_tpl.c),
 *          and the size of the frames that the raw programs imitate.  CPU
 *          time of one process; decoding includes the release.  The one
 *          program here that looks below <msg.h>: nothing else is in it.
 * Errors:  exit 1.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "body.h"
#include "common.h"
#include "type.h"
#include "wire.h"

#define IMAGE_SIZE	128

MSG_TYPE(greeting, (pid, from), (str, text), (i32, number));
MSG_TYPE(note, (blob, data));

static size_t
frame_size(size_t size)
{
	struct note	note = { .data = { size, bench_memory(size) } };
	size_t		image = body_write(&msg_type_note, &note, NULL, 0);

	if (image == 0)
		err(1, "body_write");
	return WIRE_HEAD + sizeof(uint64_t) + 1 + 1 + strlen("note") +
	    strlen(msg_type_note.format) + image;
}

static void
print(const char *figure, uint64_t ns, size_t count)
{
	bench_print(figure, "brood", (double)ns / (double)count, "ns");
}

int
main(int argc, char **argv)
{
	struct greeting	 sent = { .from = { 1, 2 }, .text = "hello, world",
			    .number = 7 }, got;
	unsigned char	 image[IMAGE_SIZE];
	uint64_t	 start;
	size_t		 count, size = 0;

	if (argc == 3 && strcmp(argv[1], "--frame") == 0) {
		printf("%zu\n", frame_size((size_t)bench_argument(argc, argv,
		    2, 0, 1 << 24)));
		return 0;
	}
	count = (size_t)bench_argument(argc, argv, 1, 1, 1 << 30);
	start = bench_cpu();
	for (size_t i = 0; i < count; i++)
		size = body_write(&msg_type_greeting, &sent, image,
		    sizeof(image));
	print("encode", bench_cpu() - start, count);

	start = bench_cpu();
	for (size_t i = 0; i < count; i++) {
		if (body_read(&msg_type_greeting, image, size, &got) == -1)
			err(1, "body_read");
		body_release(&msg_type_greeting, &got);
	}
	print("decode", bench_cpu() - start, count);
	return 0;
}
