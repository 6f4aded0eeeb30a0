/*
 * wire_doc.c - prints docs/wire.md from the table of frames in wire.h.
 *
 * Run by `make docs/wire.md`; tests/unit/wire_test.c holds the page to it.
 */
#include <stdio.h>

#include "wire.h"

static const char	head[] =
"# Frames\n"
"\n"
"Printed from `libmsg/wire.h` by `make docs/wire.md`; not to be edited.\n"
"What the frames do is told in `protocol.md`.\n"
"\n"
"A frame is a header of %d bytes and a body. All integers are big-endian.\n"
"A pid is two u64: the id of its node's incarnation and the serial;\n"
"serial 0 is nobody. The version of all this, said in HELLO and WELCOME,\n"
"is %d.\n"
"\n"
"| at | what | |\n"
"|---|---|---|\n"
"| 0 | u32 | length of the whole frame, header included |\n"
"| 4 | u8 | number of the operation |\n"
"| 5 | u8 | flags; what an operation does not define is 0 |\n"
"| 6 | u16 | 0 |\n"
"| 8 | pid | to |\n"
"| 24 | pid | from; must be the sender's own |\n"
"| 40 | u64 | ref |\n"
"| 48 | | body |\n"
"\n"
"Flags: %d NORMAL (DOWN, EXITED: the end was normal), %d LINK and %d\n"
"MONITOR (SPAWN), %d ON (TRAP, NODES), %d MAILBOX (MONITOR). Refs with the\n"
"highest bit set are minted by attached streams.\n"
"\n"
"Bodies: str8 and str16 are a u8 or u16 length and as many bytes. MESSAGE\n"
"is a u64 tag, u8 length of the name, u8 length of the format, name,\n"
"format, and the image of the value. What is only called text, name,\n"
"address or cause goes to the end of the frame.\n"
"\n"
"Who may send: W a worker on its fd 3, A a stream attached to a worker, G\n"
"a guest, R the relay to any of them; O the relay to the parent, P the\n"
"parent to the relay; N the relay of another node. Least and most are\n"
"bytes of the body; no bound means that of the whole frame, `max-message`\n"
"(%u MiB at most). A frame outside these bounds, or from one who may not\n"
"send it, ends the connection.\n"
"\n"
"Numbers are never used again: a new meaning is a new number.\n";

static const struct {
	unsigned int	 first;
	const char	*title;
} groups[] = {
	{ 1, "Beginning and end" },
	{ 10, "Messages" },
	{ 20, "Deaths" },
	{ 40, "Names" },
	{ 50, "Spawn" },
	{ 60, "Flow, and the mailbox of a shell worker" },
	{ 70, "Questions and orders of the command line" },
	{ 100, "From the parent to the relay" },
	{ 120, "From the relay to the parent" },
	{ 140, "Between nodes: connections" },
	{ 150, "Between nodes: in a session" },
	{ 160, "Between nodes: who there is" },
};
#define NGROUPS	(sizeof(groups) / sizeof(groups[0]))

static void
print_row(unsigned int op, const struct wire_rule *r)
{
	static const char	 letters[] = "WAGROPN";
	char			 who[16];
	size_t			 i, n = 0;

	for (i = 0; letters[i] != '\0'; i++)
		if ((r->who >> i & 1) != 0) {
			who[n++] = letters[i];
			who[n++] = ' ';
		}
	who[n - 1] = '\0';		/* wire_test: nobody's is no frame */
	printf("| %u | %s | %s | %u | ", op, r->name, who, r->least);
	if (r->most == WIRE_NO_MAX)
		printf("| %s |\n", r->body);
	else
		printf("%u | %s |\n", r->most, r->body);
}

int
main(void)
{
	const struct wire_rule	*r;
	unsigned int		 op;
	size_t			 group = 0;

	printf(head, WIRE_HEAD, WIRE_VERSION, WIRE_F_NORMAL, WIRE_F_LINK,
	    WIRE_F_MONITOR, WIRE_F_ON, WIRE_F_MAILBOX, WIRE_MAX >> 20);
	for (op = 0; op < WIRE_OP_LIMIT; op++) {
		r = wire_rule(op);
		if (r->name == NULL)
			continue;
		if (group < NGROUPS && op >= groups[group].first) {
			printf("\n## %s\n\n| number | name | who | least | "
			    "most | body |\n|---|---|---|---|---|---|\n",
			    groups[group].title);
			while (group < NGROUPS && op >= groups[group].first)
				group++;
		}
		print_row(op, r);
	}
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
