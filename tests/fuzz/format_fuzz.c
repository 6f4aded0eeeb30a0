/*
 * format_fuzz.c - formats and values as people and frames bring them.
 *
 * Input: FORMAT, then its values, each after a newline.  What can be encoded
 * must come back as words that encode to the same image.  Behind a NUL an
 * image may follow, which is decoded as that format.
 */
#include <stdint.h>

#include "bug.h"
#include "../unit/message.h"

#define WORDS_MAX	64

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_format(const char *format)
{
	enum msg_kind	 kinds[MSG_FIELDS_MAX];
	char		 image[FORMAT_IMAGE_MAX];
	size_t		 n;

	if (format_parse(format, kinds, &n) == -1)
		return;
	BUG_ON(n > MSG_FIELDS_MAX || strlen(format) >= MSG_FORMAT_MAX);
	format_image(kinds, n, image);
	BUG_ON(strlen(image) >= FORMAT_IMAGE_MAX || strlen(image) < n);
}

/* Words we printed are taken again, and mean the same. */
static void
check_return(const char *format, const void *image, size_t len)
{
	struct rtformat_words	 words;
	char			 why[128];
	void			*again;
	size_t			 n;

	BUG_ON(rtformat_decode(format, image, len, &test_pids, &words) != 0);
	BUG_ON(rtformat_encode(format, words.v, words.n, &test_pids, &again,
	    &n, why, sizeof(why)) != 0);
	/* The sign and payload of a NaN are not text. */
	BUG_ON(n != len || (strchr(format, 'f') == NULL &&
	    memcmp(again, image, n) != 0));
	free(again);
	rtformat_release(&words);
}

static void
check_image(const char *format, const uint8_t *data, size_t size)
{
	struct rtformat_words	 words;
	void			*image = malloc(size > 0 ? size : 1);

	BUG_ON(image == NULL);
	if (size > 0)
		memcpy(image, data, size);
	rtformat_decode(format, image, size, &test_pids, &words);
	rtformat_release(&words);
	free(image);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char		*text = malloc(size + 1), *rest = text, *format;
	char		*words[WORDS_MAX], why[16];
	size_t		 n = 0, used, len;
	void		*image;

	BUG_ON(text == NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	used = strlen(text);
	format = strsep(&rest, "\n");
	while (rest != NULL && n < WORDS_MAX)
		words[n++] = strsep(&rest, "\n");
	check_format(format);
	type_name_ok(format);
	if (rtformat_encode(format, words, n, &test_pids, &image, &len, why,
	    sizeof(why)) == 0)
		check_return(format, image, len);
	free(image);
	if (used < size)
		check_image(format, data + used + 1, size - used - 1);
	free(text);
	return 0;
}
