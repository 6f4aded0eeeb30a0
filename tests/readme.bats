#!/usr/bin/env bats
# readme.bats - README.md tells the truth: what it shows is compiled and run.

load helper

# block LANGUAGE [N] - the first, or N-th, block of README.md in that language.
block() {
	awk -v fence="\`\`\`$1" -v nth="${2:-1}" '
	    $0 == "```" { if (inside) exit }
	    inside
	    $0 == fence { inside = ++n == nth }' "$ROOT/README.md"
}

setup() {
	brood_setup
	cd "$T" || return
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$ROOT" install \
	    BUILD="$BROOD_BUILD" BIN="$BROOD_BIN" PREFIX="$T/inst" \
	    SYSCONFDIR="$T/etc" >/dev/null
	PATH=$T/inst/bin:$T/inst/sbin:${PATH#"$BROOD_BIN":}
	export PKG_CONFIG_PATH=$T/inst/lib/pkgconfig
	export LD_LIBRARY_PATH=$T/inst/lib LIBRARY_PATH=$T/inst/lib
	block c >greeter.c
	block sh >ask.sh
}

# A worker gets nothing of our environment: where libmsg.so is not in a place
# the loader knows, the program has to say it.
cc() {
	! sanitized ||
	    set -- "$@" -fsanitize=address,undefined
	command "${CC:-cc}" "$@" -Wl,-rpath,"$T/inst/lib"
}

@test "README.md: the worker in C, at most 30 lines and no warning" {
	[ "$(wc -l <greeter.c)" -le 30 ]
	# shellcheck disable=SC2046	# flags are words
	cc -std=c11 -Wall -Wextra -Werror -c -o /dev/null greeter.c \
	    $(pkg-config --cflags libmsg)
}

@test "README.md: the server of a channel, no warning" {
	{
		echo '#include <msg.h>'
		block c 2
		echo 'int main(int argc, char **argv)'
		echo '{ return msg_main(argc, argv, MSG_TABLE(server)); }'
	} >server.c
	# shellcheck disable=SC2046	# flags are words
	cc -std=c11 -Wall -Wextra -Werror -o server server.c \
	    $(pkg-config --cflags --libs libmsg)
}

@test "README.md: the worker in shell, nothing for shellcheck to say" {
	command -v shellcheck >/dev/null || skip "shellcheck is not installed"
	shellcheck ask.sh
}

@test "README.md: the session it shows, word for word" {
	local line

	while IFS= read -r line; do
		case $line in
		'$ '*)	eval "${line#\$ }" >>output 2>&1 </dev/null 3>&- ;;
		*)	echo "$line" >>shown ;;
		esac
	done < <(block console)
	diff shown output
}
