#!/usr/bin/env bats
# project.bats - the tree as a user finds it: what is built, what is installed.

load helper

# make, free of what the make that runs these tests passes on.
plain_make() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
	    make -s -C "$ROOT" BUILD="$BROOD_BUILD" BIN="$BROOD_BIN" "$@"
}

# The installed tree is $T/inst; nothing of bin/ is found by accident.
install_tree() {
	plain_make install PREFIX="$T/inst" SYSCONFDIR="$T/etc" >/dev/null
	PATH=$T/inst/bin:$T/inst/sbin:${PATH#"$BROOD_BIN":}
	export PKG_CONFIG_PATH=$T/inst/lib/pkgconfig
	export LD_LIBRARY_PATH=$T/inst/lib
}

# compile OUT IN FLAG... - as a user would; beside sanitized libraries with
# sanitizers.
compile() {
	local out=$1 in=$2

	shift 2
	! sanitized ||
	    set -- -fsanitize=address,undefined "$@"
	"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -o "$out" "$in" "$@"
}

@test "project: the two commands of README.md, both are there" {
	grep -q '\./scripts/demo' "$ROOT/README.md"
	grep -q '\./scripts/check' "$ROOT/README.md"
	[ -x "$ROOT/scripts/demo" ]
	[ -x "$ROOT/scripts/check" ]
	[ -x "$ROOT/scripts/setup" ]
}

@test "project: files that README.md and CONTRIBUTING.md name, all exist" {
	local name missing=
	local folder='libmsg|supervisor|ctl|worker|scripts|etc|tests|docs|man'

	while read -r name; do
		[[ $name == */NAME* || -e $ROOT/$name ]] || missing+=" $name"
	done < <(grep -ohP "(?<![\w/])(\./)?($folder|bench|mk)/[\w./-]*\w" \
	    "$ROOT"/{README,CONTRIBUTING,SECURITY}.md)
	assert_equal "$missing" ""
}

@test "build: the programs, all below bin" {
	local program
	for program in broodd brood relay workers/ping workers/ping_fail \
	    workers/echo.sh; do
		[ -x "$BROOD_BIN/$program" ] || fail "no $program"
	done
}

@test "version: broodd, brood and the Makefile, the same" {
	local version
	version=$(sed -n 's/^VERSION[[:blank:]]*= *//p' "$ROOT/Makefile")
	run -0 broodd --version
	assert_output "broodd $version"
	run -0 brood --version
	assert_output "brood $version"
	run -0 plain_make -f Makefile "$BROOD_BUILD/libmsg.pc"
	run -0 pkg-config --modversion "$BROOD_BUILD/libmsg.pc"
	assert_output "$version"
}

@test "demo: shows the lecture's programs, in an empty environment, exit 0" {
	run -0 env -i PATH="$PATH" HOME="$T" "$ROOT/scripts/demo"
	assert_line --regexp '^process [0-9]+@master died: error: wanted a ping'
	assert_line 'pong.'
}

@test "demo --chat: three people over three supervisors, in an empty environment, exit 0" {
	run -0 env -i PATH="$PATH" HOME="$T" "$ROOT/scripts/demo" --chat
	assert_line 'alice  reads  <alice>: hello from the first server'
	assert_line 'bob    reads  You have been kicked: by carol'
}

@test "install: DESTDIR and PREFIX, exactly the documented files" {
	plain_make install DESTDIR="$T/stage" PREFIX=/usr SYSCONFDIR=/etc \
	    >/dev/null
	cd "$T/stage"
	{
		cat <<-'LIST'
		etc/brood/brood.conf
		etc/brood/workers.d/example.conf
		usr/bin/brood
		usr/include/msg.h
		usr/include/msg_type.h
		usr/lib/brood/gen-key
		usr/lib/brood/relay
		usr/lib/libmsg.a
		usr/lib/libmsg.so
		usr/lib/libmsg.so.0
		usr/lib/pkgconfig/libmsg.pc
		usr/sbin/broodd
		usr/share/man/man1/brood.1
		usr/share/man/man3/libmsg.3
		usr/share/man/man5/brood.conf.5
		usr/share/man/man7/brood-worker.7
		usr/share/man/man8/broodd.8
		LIST
		for worker in "$ROOT"/worker/*.c "$ROOT"/worker/*.sh; do
			basename "$worker" .c |
			    sed 's|^|usr/lib/brood/workers/|'
		done
	} | sort >"$T/want"
	find . -type f -o -type l | sed 's|^\./||' | sort >"$T/got"
	diff "$T/want" "$T/got"
	[ -d etc/brood/workers.d ]
	# Nothing in them is of the place they were staged or built in.
	run ! grep -rlF -e "$T" -e "$ROOT/bin" .
}

@test "install: a configuration that is there, kept" {
	mkdir -p "$T/etc/brood"
	echo "# mine" >"$T/etc/brood/brood.conf"
	install_tree
	assert_equal "$(cat "$T/etc/brood/brood.conf")" "# mine"
}

@test "install: an installed tree, its programs find each other" {
	install_tree
	assert_equal "$(command -v broodd)" "$T/inst/sbin/broodd"
	mkdir -p "$T/empty"
	cd "$T/empty"
	start_supervisor
	run -0 brood ps
	assert_equal "$(realpath "/proc/$(relay_pid)/exe")" \
	    "$T/inst/lib/brood/relay"
	run -0 brood spawn ping:ping_server
	assert_output --regexp '^[0-9]+@'
	stop_supervisor
	run -0 brood run ping:master
	assert_output --partial "pong."
}

@test "install: bin/ from another folder, its programs find each other" {
	cd /
	run -0 brood run ping:master
	assert_output --partial "pong."
}

@test "pkg-config: a worker of a few lines, compiled against the installed tree" {
	install_tree
	cat >"$T/tiny.c" <<-'C'
	#include <msg.h>
	MSG_REMOTABLE(hello);
	static void hello(void) { msg_say("hello of %s", msg_node_text(msg_self_node())); }
	int main(int n, char **v) { return msg_main(n, v, MSG_TABLE(hello)); }
	C
	mkdir "$T/workers"
	# shellcheck disable=SC2046	# flags are words
	compile "$T/workers/tiny" "$T/tiny.c" \
	    $(pkg-config --cflags --libs libmsg) -Wl,-rpath,"$T/inst/lib"
	ldd "$T/workers/tiny" | grep -F "$T/inst/lib/libmsg.so"
	run -0 brood run "$T/workers/tiny:hello"
	assert_output --partial "hello of "
}

@test "pkg-config: --static, a worker that holds libmsg itself" {
	install_tree
	rm "$T"/inst/lib/libmsg.so*
	cat >"$T/tiny.c" <<-'C'
	#include <msg.h>
	MSG_REMOTABLE(hello);
	static void hello(void) { msg_say("hello"); }
	int main(int n, char **v) { return msg_main(n, v, MSG_TABLE(hello)); }
	C
	mkdir "$T/workers"
	# shellcheck disable=SC2046
	compile "$T/workers/tiny" "$T/tiny.c" \
	    $(pkg-config --cflags --libs --static libmsg)
	run -0 brood run "$T/workers/tiny:hello"
	assert_output --partial "hello"
}

@test "helper: a test without a place of its own knows no processes, and its end ends none" {
	run ! processes_of ""
	T='' run -0 brood_teardown
}

@test "tap: a skipped point that is not ok counts, and so does a program without a plan" {
	printf '#!/bin/sh\necho 1..2; echo ok 1; echo "not ok 2 # skip"\n' \
	    >"$T/skips"
	printf '#!/bin/sh\necho ok 1\n' >"$T/planless"
	chmod 755 "$T/skips" "$T/planless"
	run -1 "$ROOT/scripts/tap" "$T/skips"
	assert_line 'not ok 2 - skips: # skip'
	run -1 "$ROOT/scripts/tap" "$T/planless"
	assert_line 'not ok 2 - planless: ended with 0 and without a plan'
}
