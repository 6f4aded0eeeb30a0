/*
 * many.c - what a test would need a thousand commands for.
 *
 *	many:many PROGRAM COUNT FILE N WORD...	spawns COUNT of them one after
 *		another; FILE gets the first serial and the last
 *	many:aim_all FIRST LAST N PID...	tells whom to aim at; FIRST and
 *		LAST are pids of one node
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "msg.h"

#define WORDS_MAX	16

MSG_TYPE(aim, (pids, at));
MSG_REMOTABLE(many, (str, program), (i32, count), (str, file), (strs, words));
MSG_REMOTABLE(aim_all, (pid, first), (pid, last), (pids, at));

static void
many(const struct many *a)
{
	const char	*words[WORDS_MAX + 1] = { NULL };
	struct msg_pid	 pid = { 0, 0 };
	uint64_t	 first = 0;
	FILE		*f;
	int32_t		 i;
	size_t		 k;

	for (k = 0; k < a->words.n && k < WORDS_MAX; k++)
		words[k] = a->words.v[k];
	for (i = 0; i < a->count; i++) {
		pid = msg_spawn_program(msg_self_node(), a->program, NULL,
		    words);
		if (pid.serial == 0)
			msg_die("%s", msg_why());
		if (i == 0)
			first = pid.serial;
	}
	if ((f = fopen(a->file, "w")) == NULL)
		msg_die("%s", a->file);
	fprintf(f, "%llu %llu\n", (unsigned long long)first,
	    (unsigned long long)pid.serial);
	if (fclose(f) != 0)
		msg_die("%s", a->file);
}

static void
aim_all(const struct aim_all *a)
{
	struct msg_pid	pid = a->first;

	for (; pid.serial <= a->last.serial; pid.serial++)
		msg_send(pid, aim, .at = a->at);
}

int
main(int argc, char **argv)
{
	return msg_main(argc, argv, MSG_TABLE(many, aim_all));
}
