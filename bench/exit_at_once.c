/*
 * exit_at_once.c - ends at once: the program of the exit figure.
 *
 * Owns:    nothing.  brood, raw_process and Erlang all start this one file.
 */
int
main(void)
{
	return 0;
}
