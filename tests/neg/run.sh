#!/bin/sh
# run.sh - programs that must not compile: the mistakes msg.h finds for you.
#
#	tests/neg/run.sh [-v]		TAP; -v shows what the compilers say
#
# A row is a title, a word that the complaint must contain, and code: stands()
# takes declarations, does() statements.  Rows that begin with fine_ are the
# controls, and do compile.  Each is tried with gcc and clang, where present.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd)
verbose=${1:-}
flags="-std=c11 -D_GNU_SOURCE -fsyntax-only -x c -I$root/libmsg -Wall -Wextra
    -Wpedantic -Wshadow -Wconversion -Wwrite-strings -Wmissing-prototypes
    -Wstrict-prototypes -Werror"
compilers=
for cc in gcc clang; do
	command -v $cc >/dev/null && compilers="$compilers $cc"
done
[ -n "$compilers" ] || { echo "1..0 # SKIP neither gcc nor clang"; exit 0; }

# Without the lines of source, so that the word is the compiler's own.
compile()			# compile CC CODE
{
	case $1 in
	gcc)	caret=-fno-diagnostics-show-caret ;;
	*)	caret=-fno-caret-diagnostics ;;
	esac
	# shellcheck disable=SC2086
	printf '%s' "$2" | $1 $flags $caret - 2>&1
}

count=0
failed=0

# What every row may use.
prelude='
#include "msg.h"
MSG_TYPE(stop);
MSG_TYPE(ping, (pid, from));
MSG_TYPE(pong, (pid, from), (str, note), (strs, names), (blob, data),
    (i64s, xs), (port(ping), reply));
MSG_TYPE(many, (i32, n), (bool, b), (f64, x), (port(pong), to),
    (ports(pong), all));
int use(struct msg_pid, struct ping_sendport, struct pong_sendport,
    struct pong_recvport);
'
open='
int
use(struct msg_pid pid, struct ping_sendport ping_port,
    struct pong_sendport pong_port, struct pong_recvport pong_in)
{
	struct ping	 ping = { .from = pid };
	struct pong	 pong = { .from = pid };
	int64_t		 big = 1;
	void		*any = &pong;

	(void)ping, (void)pong, (void)big, (void)any;
	(void)ping_port, (void)pong_port, (void)pong_in;
'
close='	return 0;
}
'

result()			# result HELD TITLE OUTPUT
{
	count=$((count + 1))
	if [ "$1" = yes ]; then
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
	fi
	if [ "$1" = no ] || [ "$verbose" = -v ]; then
		printf '%s\n' "$3" | sed -n '1,12s/^/# /p'
	fi
}

fine()				# fine TITLE CODE
{
	for cc in $compilers; do
		if said=$(compile "$cc" "$2"); then
			result yes "$cc takes: $1" "$said"
		else
			result no "$cc takes: $1" "$said"
		fi
	done
}

refused()			# refused TITLE WORD CODE
{
	for cc in $compilers; do
		held=no
		if ! said=$(compile "$cc" "$3"); then
			case $said in
			*"$2"*)	held=yes ;;
			esac
		fi
		result $held "$cc refuses: $1" "$said"
	done
}

fine_stands()
{
	fine "$1" "$prelude$2
"
}

fine_does()
{
	fine "$1" "$prelude$open$2
$close"
}

stands()
{
	refused "$1" "$2" "$prelude$3
"
}

does()
{
	refused "$1" "$2" "$prelude$open$3
$close"
}

for table in "$root"/tests/neg/*.rows; do
	# shellcheck source=/dev/null
	. "$table"
done
echo "1..$count"
[ $failed -eq 0 ]
