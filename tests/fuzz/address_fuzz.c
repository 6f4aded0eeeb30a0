/*
 * address_fuzz.c - addresses: what parses is printed again and means the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bug.h"
#include "pid.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_pid(const struct address *a)
{
	struct address	 again;
	struct pid	 p = { a->incarnation, a->serial };
	char		 text[ADDRESS_SIZE];

	pid_print(text, p, a->node[0] == '\0' ? "n" : a->node,
	    a->incarnation != 0, a->ref);
	BUG_ON(address_parse(text, &again) == -1);
	BUG_ON(again.serial != a->serial || again.ref != a->ref ||
	    again.incarnation != a->incarnation || again.name[0] != '\0');
	BUG_ON(a->node[0] != '\0' && strcmp(again.node, a->node) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct address	 zero;
	struct address			 a;
	char				*text = malloc(size + 1);
	int				 rc;

	BUG_ON(text == NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	rc = address_parse(text, &a);
	if (rc == -1)
		BUG_ON(memcmp(&a, &zero, sizeof(a)) != 0);
	else if (a.serial != 0) {
		BUG_ON(a.name[0] != '\0');
		check_pid(&a);
	} else
		BUG_ON(!name_valid(a.name) || a.ref != 0);
	BUG_ON(rc == 0 && a.node[0] != '\0' && !name_valid(a.node));
	BUG_ON(name_valid(text) && (rc == -1 || strcmp(a.name, text) != 0));
	free(text);
	return 0;
}
